"""A clock that can be set, for all processes that are started by it."""

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from warehouse.clock import LOCAL

_SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """The time of day that processes see: the machine's, moved by as many seconds as stand in a file of ``folder``.

    What lasts is measured as ever.  The test is skipped where there is no C compiler.
    """

    def __init__(self, folder: Path) -> None:
        self._file, self._library = folder / "clock", folder / "clock.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None or os.uname().sysname != "Linux":
            pytest.skip("there is no C compiler here: a clock that can be set is made of clock.c, for Linux")
        make = [compiler, "-shared", "-fPIC", "-O1", "-o", self._library, _SOURCE, "-ldl", "-lpthread"]
        subprocess.run(make, check=True)
        self._away = 0
        self._write()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process finds in its environment to go by this clock."""
        return {"LD_PRELOAD": str(self._library), "RISKCODE_CLOCK": str(self._file)}

    def set(self, to: datetime) -> None:
        """Set it: for every process that goes by it, at once."""
        self._away = round(to.timestamp() - time.time())
        self._write()

    def now(self) -> datetime:
        """What it shows."""
        return datetime.fromtimestamp(time.time() + self._away, LOCAL)

    def _write(self) -> None:
        # In place: processes hold the file itself, not its name.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", self._away))
