"""``python -m tests.kills.large --kills 30 --full 12``: kill the night of a large city, or let it find no space.

The city is that of the benchmarks.  Its second night (a delivery taken in, everybody coded anew in portions, planned,
published) dies at points spread over all that it changes on the disk; readers must find the night before or the new
one, whole, and whoever comes next must go on to the tables of a night that nothing happened to.
"""

import argparse
import logging
import random
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.bulk import AS_OF, Size, write_bulk
from models.policy import load_policy
from tests.kills.doom import FULL, KILLED, TORN, Doom, Ended
from tests.kills.harness import state_of
from tests.worlds.documented import differing_documents
from warehouse.coding import extract
from warehouse.coding.order import STAGES, code_enterprises
from warehouse.connection import writing
from warehouse.database.places import open_place
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import begin_with

SECOND = AS_OF + timedelta(days=1)
PORTION = 100_000
"""Events of the enterprises that are coded at once: the night dies between portions, and in the middle of them."""
TABLES = tuple(
    dict.fromkeys(table for steps in STAGES.values() for one in steps for table in one.tables if one.whom)
)


def night(root: Path, folder: Path, mapping: Path, day: date) -> None:
    """A night without Dagster and Great Expectations."""
    extract.MOST_ROWS = PORTION
    home, pack = Home(root).prepare(), load_policy()
    with writing(home) as connection:
        take_in_all(connection, home, folder=str(folder), mapping=str(mapping), received_on=day, today=day)
        begin_with(connection, home, pack)
        coding = coding_on(connection, pack, day)
        with open_place(connection, home, day):
            code_enterprises(connection, coding, is_full=True)
            compute_plan(connection, coding, seeds=seeds_from("large"))
            publish_run(connection, home, coding, run_id=f"night {day}")


def told_of(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the warehouse holds, of the tables of the coding a hash."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        hashed = {
            table: connection.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {table} t").fetchall()
            for table in TABLES
        }
    return state_of(home) | hashed


def published_days(home: Path) -> set[str]:
    """Days of the codes and of the plan that readers find; every byte of the copy is read."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        for (table,) in tables:
            connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} t").fetchall()
        days = "SELECT DISTINCT as_of::VARCHAR FROM risk.codes UNION SELECT DISTINCT as_of::VARCHAR FROM plan.visits"
        return {day for (day,) in connection.execute(days).fetchall()}


class Nights:
    """The home after the first night, what the second one comes to, and what was found wrong of those that died."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.dice, self.doom = folder, random.Random(size.seed), Doom(folder)
        self.wrong: list[str] = []
        self.died = self.went_on = 0
        self.bulk, self.base = write_bulk(folder / "deliveries", size), folder / "base"
        night(self.base, self.bulk.first, self.bulk.mapping, AS_OF)
        whole = self._copied("whole")
        done = self._run(whole)
        assert done.returncode == 0, done.said
        self.changes, self.after = done.changes, told_of(whole)
        shutil.rmtree(whole)

    def _copied(self, name: str) -> Path:
        return Path(shutil.copytree(self.base, self.folder / name))

    def _run(self, home: Path, at: int = 0, how: str = KILLED) -> Ended:
        told = (home, self.bulk.night, self.bulk.mapping, SECOND)
        return self.doom.python(
            home, home, "-m", "tests.kills.large", "--night", *map(str, told), at=at, how=how
        )

    def one(self, how: str, number: int, of: int) -> None:
        """Let a night die in that part of its changes, look, and go on."""
        begins = 1 + self.changes * number // of
        at = self.dice.randint(begins, max(begins, self.changes * (number + 1) // of))
        home, where = self._copied("killed"), f"change {at} of {self.changes}, {how}"
        met = self._run(home, at, how)
        self.died += met.is_killed or met.returncode != 0
        if how == FULL and met.returncode not in (0, 1):
            self.wrong.append(f"{where}: exit code {met.returncode}: {met.said[-500:]}")
        if len(days := published_days(home)) != 1:
            self.wrong.append(f"{where}: readers find {sorted(days)}")
        again = self._run(home)
        self.went_on += "going on after part" in again.said
        if again.returncode:
            self.wrong.append(f"{where}: run again: {again.said[-500:]}")
        else:
            told = told_of(home)
            differing = [name for name in self.after if told[name] != self.after[name]]
            documents = differing_documents(Home(home), one_in=100)
            if differing or documents or published_days(home) != {f"{SECOND}"}:
                self.wrong.append(f"{where}: run again it comes to other {differing} {documents}")
        shutil.rmtree(home)


def main() -> int:
    """Exit code 1 where anything was lost, half done or not told."""
    asked = argparse.ArgumentParser(prog="python -m tests.kills.large", description=__doc__)
    asked.add_argument("--enterprises", type=int, default=20_000)
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--kills", type=int, default=30)
    asked.add_argument("--full", type=int, default=12, help="so often no space is left instead")
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--night", nargs=4, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.night:
        logging.basicConfig(level="INFO")
        home, folder, mapping, day = options.night
        night(Path(home), Path(folder), Path(mapping), date.fromisoformat(day))
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="riskcode-large-") as folder:
        tried = Nights(Path(folder), Size(options.enterprises, options.events, options.seed))
        kinds = [((KILLED, TORN)[number % 2], number, options.kills) for number in range(options.kills)]
        kinds += [(FULL, number, options.full) for number in range(options.full)]
        for how, number, of in kinds:
            tried.one(how, number, of)
            print(f"{how}: {number + 1} of {of}, {len(tried.wrong)} wrong", file=sys.stderr, flush=True)
    print("\n".join(tried.wrong))
    print(
        f"{tried.died} nights of {options.enterprises:,} enterprises died, each at one of {tried.changes:,} changes; "
        f"{tried.went_on} went on with portions; {len(tried.wrong)} wrong; {time.monotonic() - began:.0f} s"
    )
    return 1 if tried.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
