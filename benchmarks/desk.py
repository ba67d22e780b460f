"""The desk of a city in bulk: what a page costs the server, and how long people wait for one.

The desk runs as a process of its own (``./riskcode serve``), over a published copy and a ledger with people in it.
Each page is asked for by one browser first, which tells what it costs; then by many people who read for a while
between two pages, alone and while a whole run codes and publishes the city beside them.
"""

import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb
import httpx
import polars as pl
import psutil

from benchmarks.bench import Bench
from benchmarks.bulk import AS_OF, Size
from benchmarks.report import Report
from benchmarks.watch import REPOSITORY, prepare
from desk.web.asking import SESSION
from models.vocabulary import JINAN_DIVISIONS
from warehouse.clock import local_now
from warehouse.field.jurisdiction import Authority
from warehouse.field.opening import opened
from warehouse.field.sessions import log_in
from warehouse.field.users import add_user
from warehouse.home import Home

MOST_CPU_MS, MOST_WAIT_MS = 50.0, 150.0
"""Targets of a page: processor time of the server, and the wait of which one in a hundred is longer."""
READERS, THINK_SECONDS = 64, 10.0
"""People who read at once, and how long one looks at a page, on the average."""
ASKED, WARM = 20, 2
"""Times a page is asked for to tell what it costs, after some that open what stays open."""
OFFICERS_OF_AN_AUTHORITY = 30
PATIENCE = 60.0
DISTRICT = next(iter(JINAN_DIVISIONS))


def write_officers(folder: Path) -> str:
    """Officers of the city and of every district, as the register delivers them; the mapping's line."""
    rows = [
        {"officer_id": f"Z{place:02}{number:03}", "name": f"Z{place:02}{number:03}", "division": division}
        | {"level": "city" if place == 0 else "district", "role": "officer"}
        | {"certified_until": date(AS_OF.year + 3, 1, 1), "recorded_at": AS_OF}
        for place, division in enumerate(["370100", *JINAN_DIVISIONS])
        for number in range(OFFICERS_OF_AN_AUTHORITY)
    ]
    pl.DataFrame(rows).write_parquet(folder / "officers.parquet")
    return '  officers: [{files: ["officers*.parquet"]}]\n'


@contextmanager
def served(home: Home) -> Generator[tuple[str, psutil.Process]]:
    """The address of a desk that runs over a home, and its process."""
    environment = {**os.environ, "RISKCODE_HOME": str(home.root), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-u", "-m", "pipelines", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            address = found.group()
            limit = time.monotonic() + PATIENCE
            while not _answers(address):
                assert time.monotonic() < limit, "the desk does not answer"
                time.sleep(0.1)
            yield address, psutil.Process(server.pid)
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/login").status_code == 200
    except httpx.HTTPError:
        return False


def sessions(home: Home, officers: Sequence[str]) -> dict[str, str]:
    """People of one district, each logged in once: tokens of the leader and of inspectors."""
    # A home that was kept has the people of the last time.
    password, turn = uuid4().hex, uuid4().hex[:8]
    tokens = dict[str, str]()
    with opened(home) as ledger:
        for login, role, officer in (
            ("leader", "leader", None),
            *((one, "inspector", one) for one in officers),
        ):
            add_user(
                ledger,
                login=f"{login}-{turn}",
                name=login,
                password=password,
                roles=frozenset({role}),
                authority=Authority("district", DISTRICT),
                now=local_now(),
                by=None,
                officer_id=officer,
            )
            tokens[login] = log_in(
                ledger, f"{login}-{turn}", password, address="bench", now=local_now()
            ).token
    return tokens


def pages(ids: Sequence[str]) -> dict[str, list[str]]:
    """Addresses of each kind of page."""
    return {
        "my day": ["/day"],
        "queue of a district": ["/queue"],
        "queue of a district, page 5": ["/queue?page=5"],
        "RED queue of a district": ["/queue?code=red"],
        "enterprise": [f"/enterprises/{one}" for one in ids],
        "search": ["/search?q=机械", "/search?q=化工"],
        "ledger of visits": ["/visits"],
    }


def cost_ms(browser: httpx.Client, process: psutil.Process, paths: Sequence[str]) -> float:
    """Processor time of the server for a page, in milliseconds."""
    for number in range(WARM):
        browser.get(paths[number % len(paths)]).raise_for_status()
    before = _cpu(process)
    for number in range(ASKED):
        browser.get(paths[number % len(paths)]).raise_for_status()
    return (_cpu(process) - before) / ASKED * 1000


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@dataclass
class Crowd:
    """People who read at once: how long each page took (``waits``, ms), and what went wrong."""

    address: str
    tokens: Sequence[str]
    paths: Sequence[str]
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, number: int) -> None:
        """One of them: a page, a while, another page."""
        rng = random.Random(number)
        cookies = {SESSION: self.tokens[number % len(self.tokens)]}
        with httpx.Client(base_url=self.address, cookies=cookies, timeout=PATIENCE) as browser:
            # They do not begin in step.
            while not self.over.wait(rng.expovariate(1 / THINK_SECONDS)):
                path, began = rng.choice(self.paths), time.perf_counter()
                try:
                    status = browser.get(path).status_code
                except httpx.HTTPError as error:
                    self.errors.append(f"{path}: {error!r}")
                    continue
                self.waits.append((time.perf_counter() - began) * 1000)
                if status != 200:
                    self.errors.append(f"{path}: {status}")

    @contextmanager
    def reading(self) -> Generator[None]:
        """While this lasts they read."""
        people = [threading.Thread(target=self.read, args=(number,)) for number in range(READERS)]
        for one in people:
            one.start()
        try:
            yield
        finally:
            self.over.set()
            for one in people:
                one.join()

    def figures(self, when: str) -> dict[str, float | int]:
        """What they saw."""
        cut = statistics.quantiles(self.waits, n=100) if len(self.waits) > 1 else [0.0] * 99
        return {
            f"{when}: pages": len(self.waits),
            f"{when}: ms, median": round(cut[49], 1),
            f"{when}: ms, p99": round(cut[98], 1),
            f"{when}: errors": len(self.errors),
        }


def desk(bench: Bench, size: Size, seconds: int) -> Report:
    """Measure pages, then people, then people while a run publishes."""
    folder = bench.folder / "home"
    home = Home(folder)
    if not home.published.exists():
        prepare(bench, size, write_officers)
    ids = _ids(home)
    officers = [f"Z{1 + list(JINAN_DIVISIONS).index(DISTRICT):02}{number:03}" for number in range(8)]
    tokens = sessions(home, officers)
    known = pages(ids)
    costs = dict[str, float]()
    with served(home) as (address, process):
        for kind, paths in known.items():
            token = tokens[officers[0]] if kind == "my day" else tokens["leader"]
            with httpx.Client(base_url=address, cookies={SESSION: token}, timeout=PATIENCE) as browser:
                costs[kind] = cost_ms(browser, process, paths)
            bench.tell(f"{kind}: {costs[kind]:.0f} CPU ms")
        mixed = [
            path for kind in ("my day", "queue of a district", "enterprise") for path in known[kind][:20]
        ]
        alone = Crowd(address, [*tokens.values()], mixed)
        bench.tell(f"{READERS} people for {seconds} s")
        with alone.reading():
            time.sleep(seconds)
        beside = Crowd(address, [*tokens.values()], mixed)
        bench.tell(f"{READERS} people while a run codes and publishes")
        before = home.published.stat().st_ino
        with beside.reading():
            environment = {**os.environ, "RISKCODE_HOME": str(home.root), "PYTHONPATH": str(REPOSITORY)}
            subprocess.run(
                [sys.executable, "-m", "pipelines", "run"], env=environment, check=True, capture_output=True
            )
        assert home.published.stat().st_ino != before, "a new copy was published"
        memory = process.memory_info().rss
    report = Report({**vars(size), "readers": READERS, "seconds": seconds})
    report.figures = {f"CPU ms, {kind}": round(cost, 1) for kind, cost in costs.items()}
    report.figures |= alone.figures("alone") | beside.figures("while a run publishes")
    report.figures["memory of the desk, MB"] = round(memory / 1e6)
    for kind in ("my day", "queue of a district", "enterprise"):
        report.targets[f"{kind}: at most {MOST_CPU_MS:.0f} CPU ms"] = costs[kind] <= MOST_CPU_MS
    report.targets[f"p99 at most {MOST_WAIT_MS:.0f} ms"] = report.figures["alone: ms, p99"] <= MOST_WAIT_MS
    report.targets["no errors"] = not alone.errors and not beside.errors
    for one in (*alone.errors, *beside.errors)[:5]:
        bench.tell(one)
    return report


def _ids(home: Home) -> list[str]:
    """Enterprises of the district, some of every part of it."""
    some = """
    SELECT enterprise_id FROM core.enterprises WHERE left(division, 6) = ? ORDER BY hash(enterprise_id) LIMIT 50
    """
    with duckdb.connect(str(home.published), read_only=True) as copy:
        found = copy.execute(some, [DISTRICT]).fetchall()
    return [one for (one,) in found]
