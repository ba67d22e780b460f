"""What every benchmark stands on: a folder, the stages measured so far, and what it tells while it runs.

No benchmark makes a folder, a process or a line of progress of its own.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.meter import Measured, Meter, in_a_child


@dataclass
class Bench:
    """Where a benchmark works.  ``execute`` runs a group of stages; a process of its own is what makes them fair."""

    folder: Path
    tell: Callable[[str], None] = lambda _: None
    execute: Callable[..., Any] = in_a_child
    stages: list[Measured] = field(default_factory=list)

    def measure(self, name: str, work: Callable[..., list[Measured]], *arguments: object) -> None:
        """Run a group of stages (a function of ``benchmarks.stages``) and keep what it measured."""
        self.tell(name)
        self.stages += self.execute(work, *arguments)

    def meter(self, group: str) -> Meter:
        """A meter for stages of this process, which are kept too."""
        return Meter(group, found=self.stages)


@contextmanager
def bench(keep: Path | None = None) -> Iterator[Bench]:
    """A bench in a folder that goes away afterwards, or in ``keep``."""
    progress, began = Console(stderr=True), time.perf_counter()

    def tell(what: str) -> None:
        progress.print(f"[dim]{time.perf_counter() - began:6.1f} s  {what} …[/]")

    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="riskcode-bench-") as folder:
        yield Bench(Path(folder), tell)
