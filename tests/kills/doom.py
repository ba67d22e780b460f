"""A process that is killed before its n-th change of a file below a folder."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worlds.runs import ended, process

_SOURCE = Path(__file__).with_name("doom.c")


@dataclass(frozen=True)
class Ended:
    """How a process ended that was to be killed: whether it was, how many changes it made, and what it said."""

    is_killed: bool
    changes: int
    returncode: int
    said: str


class Doom:
    """Commands of the CLI that are killed; skipped where there is no C compiler."""

    def __init__(self, folder: Path) -> None:
        self._library, self._count = folder / "doom.so", folder / "count"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None or os.uname().sysname != "Linux":
            pytest.skip("there is no C compiler here: processes are killed by doom.c, for Linux")
        made = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(_SOURCE), "-ldl"]
        subprocess.run(made, check=True)

    def run(self, home: Path, below: Path, *command: str, at: int = 0, torn: bool = False) -> Ended:
        """Run a command that is killed before its ``at``-th change below a folder (0: never).

        ``torn``: where that is a write, half of it is written.
        """
        self._count.unlink(missing_ok=True)
        told = {
            "LD_PRELOAD": str(self._library),
            "DOOM_BELOW": str(below),
            "DOOM_AT": str(at),
            "DOOM_COUNT": str(self._count),
            **({"DOOM_TORN": "1"} if torn else {}),
        }
        done = ended(process(home, "-m", "pipelines", *command, **told))
        changes = int(self._count.read_text()) if self._count.exists() else at
        return Ended(done.returncode == -signal.SIGKILL, changes, done.returncode, done.stderr)
