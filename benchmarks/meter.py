"""Wall time, CPU time and peak memory of a stage, and a fresh process for each group of stages."""

import gc
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import psutil
from rich.console import Console

EVERY_SECONDS = 0.02
PROGRESS = Console(stderr=True)
"""Every stage is told when it is over: a long benchmark that is stopped has said what it knew."""
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """One stage.  ``peak`` is the highest resident memory (bytes) of the whole process while it ran.

    ``floor`` names the scan floor the stage is compared with; ``in_chain`` says whether the stage is part of
    a first nightly run (the others are comparisons and repetitions).
    """

    group: str
    stage: str
    wall: float
    cpu: float
    peak: int
    rows: int
    floor: str = ""
    in_chain: bool = False


@dataclass
class Running:
    """A stage under way; it says how many rows it handled."""

    rows: int = 0


def resident() -> int:
    """Bytes of memory this process holds."""
    return psutil.Process().memory_info().rss


class Meter:
    """Collects the stages of one group; ``memory`` tells the bytes held at a moment."""

    def __init__(
        self,
        group: str,
        *,
        in_chain: bool = False,
        found: list[Measured] | None = None,
        memory: Callable[[], int] = resident,
    ) -> None:
        self.group = group
        self.in_chain = in_chain
        self.found = [] if found is None else found
        self.memory = memory

    @contextmanager
    def stage(self, name: str, *, floor: str = "") -> Iterator[Running]:
        """Measure what happens inside.  What earlier stages left in memory counts towards the peak."""
        gc.collect()
        running = Running()
        with _peak(self.memory) as peak:
            wall, cpu = time.perf_counter(), time.process_time()
            yield running
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.found.append(
            Measured(self.group, name, wall, cpu, peak[0], running.rows, floor, in_chain=self.in_chain)
        )
        PROGRESS.print(f"[dim]          {name}: {cpu:,.1f} CPU s, {peak[0] / 1e9:.1f} GB[/]")


@contextmanager
def _peak(memory: Callable[[], int]) -> Iterator[list[int]]:
    peak, done = [memory()], threading.Event()

    def watch() -> None:
        while not done.wait(EVERY_SECONDS):
            peak[0] = max(peak[0], memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak[0] = max(peak[0], memory())


def in_a_child(work: Callable[..., T], *arguments: object) -> T:
    """Run in a new process, so that memory and imports of one group do not help or burden the next."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        return pool.submit(work, *arguments).result()
