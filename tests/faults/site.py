"""A home to which something happens, and what it answers."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from tests.kills.acts import City
from tests.kills.harness import STATE, Rows, state_of
from tests.worlds.runs import DECIDED, REPOSITORY, Done, of_process, published

TOLD = (4, 5, 6)
"""Exit codes of what deliveries, files and other runs did; with a sentence that says so."""


class Skipped(Exception):
    """The fault cannot be made here."""


class Site:
    """A coded city of its own; ``told``: what was asked and what happened, ``wrong``: what should not have."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.home = city, folder / "home"
        self.told, self.wrong = list[tuple[str, str]](), list[str]()

    def __enter__(self) -> Self:
        shutil.copytree(self.city.home, self.home)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.home)

    def asks(
        self,
        *command: str,
        ends: Sequence[int] = (0,),
        says: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command in a process of its own; it is to end like that, and to say something like that."""
        return self.ended(command, self.begun(*command, settings=settings), ends=ends, says=says)

    def begun(self, *command: str, settings: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """A command that has begun."""
        return subprocess.Popen(
            [*unprivileged(), sys.executable, "-m", "pipelines", *command],
            env=of_process(self.home) | dict(settings or {}),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(
        self,
        command: Sequence[str],
        begun: subprocess.Popen[str],
        *,
        ends: Sequence[int] = (0,),
        says: str = "",
    ) -> Done:
        """Wait for it, and look at how it ended."""
        out, err = begun.communicate(timeout=600)
        done = Done(begun.returncode, out, err)
        name = " ".join(one for one in command[:2] if "/" not in one)
        said = " ".join(err.split("✗", 1)[-1].split()) if done.returncode else ""
        self.tell(name, f"{done.returncode}{': ' if said else ''}{said.replace(str(self.home), '…')[:120]}")
        if "Traceback" in err:
            self.wrong.append(f"{name}: {err[-1500:]}")
        if done.returncode not in ends or says not in " ".join((out + err).split()):
            self.wrong.append(
                f"{name}: {done.returncode}, not {ends} with “{says}”: {out[-300:]}{err[-900:]}"
            )
        return done

    def tell(self, what: str, outcome: str) -> None:
        """A line of the table; what is alike but for its numbers is told once."""
        if all((what, _numberless(outcome)) != (asked, _numberless(told)) for asked, told in self.told):
            self.told.append((what, outcome))

    def state(self) -> dict[str, Rows]:
        """What the warehouse holds."""
        return state_of(self.home)

    def is_alike(self, before: dict[str, Rows], what: str) -> None:
        """Nothing changed, and readers are told what the warehouse knows."""
        try:
            now = self.state()
        except duckdb.Error as error:
            self.wrong.append(f"{what}: {error}")
            return
        differ = [name for name in STATE if now[name] != before[name]]
        if differ:
            self.wrong.append(f"{what}: {differ} changed")
        if published(self.home) != {name: now[name] for name in DECIDED}:
            self.wrong.append(f"{what}: readers are not told")


def unprivileged() -> list[str]:
    """What lets root meet the modes of files as others do."""
    if os.getuid():
        return []
    if (setpriv := shutil.which("setpriv")) is None:
        raise Skipped("root meets no modes of files, and there is no setpriv")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def _numberless(text: str) -> str:
    return re.sub(r"\d{3,}", "…", text)[:100]
