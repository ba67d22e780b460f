"""A process that is killed, or finds no space, before its n-th change of a file below a folder."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worlds.runs import ended, process

KILLED, TORN, FULL = "killed", "torn", "full"
"""What happens to a process: it is killed before a change, or half-way through it, or no space is left from then on."""

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

    def run(self, home: Path, below: Path, *command: str, at: int = 0, how: str = KILLED) -> Ended:
        """Run a command to which something happens at its ``at``-th change below a folder (0: never)."""
        return self.python(home, below, "-m", "pipelines", *command, at=at, how=how)

    def python(self, home: Path, below: Path, *arguments: str, at: int = 0, how: str = KILLED) -> Ended:
        """The same for Python with any arguments."""
        return self.over(self.begun(home, below, *arguments, at=at, how=how), at)

    def begun(
        self, home: Path, below: Path, *arguments: str, at: int = 0, how: str = KILLED
    ) -> subprocess.Popen[str]:
        """The process, while it runs: for one that others ask."""
        self._count.unlink(missing_ok=True)
        told = {
            "LD_PRELOAD": str(self._library),
            "DOOM_BELOW": str(below),
            "DOOM_AT": str(at),
            "DOOM_COUNT": str(self._count),
            "DOOM_HOW": how,
        }
        return process(home, *arguments, **told)

    def over(self, begun: subprocess.Popen[str], at: int = 0) -> Ended:
        """How it ended."""
        done = ended(begun)
        changes = int(self._count.read_text()) if self._count.exists() else at
        return Ended(done.returncode == -signal.SIGKILL, changes, done.returncode, done.stderr)
