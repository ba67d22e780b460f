"""What is killed: every act of a home, each from a home in which it can be done."""

import csv
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.pipelines.cli.test_objection_commands import COLUMNS, GROUNDS, REASONS, major_hazard
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, DAY_2, riskcode, run_arguments, with_news, write_city

FIRMS = 60

Prepare = Callable[[Path, "City"], None]


@dataclass(frozen=True)
class Act:
    """A command, and what must have been done before it.

    ``goes_on``: whoever comes next codes what it took in, or by the rules it changed, so ``watch`` is part of it;
    ``also``: it changes a folder beside the home.
    """

    name: str
    command: Callable[["City"], Sequence[str]]
    before: tuple[Prepare, ...] = ()
    goes_on: bool = False
    also: bool = False


@dataclass(frozen=True)
class City:
    """A small city: where it delivers, its home after the first night, and whom acts are about."""

    folder: Path
    home: Path
    firm: str
    visit: str

    @property
    def news(self) -> Path:
        """The delivery of the day after."""
        return self.folder / "news"


def city(folder: Path) -> City:
    """Found it."""
    delivery, home = write_city(folder / "delivery", FIRMS), folder / "city"
    (folder / "backup").mkdir()
    with_news(delivery, folder / "news")
    done = riskcode(home, *run_arguments(delivery, DAY_1))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(firm, visit)] = connection.execute(
            "SELECT i.enterprise_id, i.inspection_id FROM core.current_inspections i "
            "JOIN risk.codes c USING (enterprise_id) WHERE c.code = 'green' "
            "AND i.inspected_on > DATE '2026-05-01' ORDER BY i.inspected_on DESC, 1 LIMIT 1"
        ).fetchall()
    return City(folder, home, firm, visit)


def prepared(act: Act, of: City, target: Path) -> Path:
    """A home in which an act can be done."""
    home = copy_of(of.home, target)
    for step in act.before:
        step(home, of)
    return home


def arrives(home: Path, of: City, number: str = "X-1") -> None:
    """A finding comes into the inbox: a major hazard of a firm that was well."""
    folder = home / "inbox" / "demo_city"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"违法行为_{number}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow(major_hazard(of.firm, of.visit, number))


def _done(home: Path, *command: str) -> None:
    done = riskcode(home, *command)
    assert done.returncode == 0, done.stderr


def is_known(home: Path, of: City) -> None:
    """It is taken up."""
    arrives(home, of)
    _done(home, *WATCH)


def is_contested(home: Path, of: City) -> None:
    """It is objected to."""
    _done(home, *FILE(of))


def is_overridden(home: Path, of: City) -> None:
    """A person gave another code."""
    _done(home, *GIVE(of))


def is_committed(home: Path, _: City) -> None:
    """The draws of the next year are committed to."""
    _done(home, *COMMIT)


def has_a_card(home: Path, _: City) -> None:
    """A card was fitted."""
    from tests.pipelines.cli.test_model_commands import BETTER, store
    from warehouse.home import Home

    store(Home(home), BETTER)


def has_lost_its_copies(home: Path, _: City) -> None:
    """The readers' copies are gone."""
    shutil.rmtree(home / "published")
    (home / "published").mkdir()


WATCH = ("watch", "--once", "--interval", "0.05")
COMMIT = ("draw", "commit", "--year", "2027", "--public-source", "lottery of 2027-01-04")


def FILE(of: City) -> tuple[str, ...]:
    about = ("--table", "violations", "--key", "X-1", "--by", "厂长王某", "--grounds", GROUNDS)
    return ("objection", "file", of.firm, *about)


def GIVE(of: City) -> tuple[str, ...]:
    told = ("--code", "yellow", "--until", "2026-07-20", "--by", "孙复核", "--reason", REASONS)
    return ("override", "give", of.firm, *told)


def _decide(*outcome: str) -> Callable[[City], tuple[str, ...]]:
    told = ("--outcome", *outcome, "--by", "孙复核", "--reasons", REASONS)
    return lambda _: ("objection", "decide", "O-2026-0001", *told)


def _promote(_: City) -> tuple[str, ...]:
    from tests.pipelines.cli.test_model_commands import CARD_ID

    return ("model", "promote", CARD_ID, "--override", "--by", "王主任", "--reason", REASONS, "--yes")


ACTS = (
    Act("run", lambda of: run_arguments(of.news, DAY_2), goes_on=True),
    Act("watch", lambda _: WATCH, (arrives,), goes_on=True),
    Act("objection file", FILE, (is_known,)),
    Act("objection upheld", _decide("upheld"), (is_known, is_contested)),
    Act("objection rejected", _decide("rejected"), (is_known, is_contested)),
    Act(
        "objection withdrawn",
        lambda _: ("objection", "withdraw", "O-2026-0001", "--by", "厂长王某", "--reasons", REASONS),
        (is_known, is_contested),
    ),
    Act("override given", GIVE),
    Act(
        "override ended",
        lambda _: ("override", "end", "V-2026-0001", "--by", "孙复核", "--reason", REASONS),
        (is_overridden,),
    ),
    Act(
        "pack activated",
        lambda _: (
            *("policy", "activate", "shanxi", "--from", "2026-07-01", "--by", "王主任"),
            *("--reason", REASONS, "--without-diff", "--yes"),
        ),
    ),
    Act("card promoted", _promote, (has_a_card,), goes_on=True),
    Act("draws committed to", lambda _: COMMIT),
    Act(
        "draws revealed",
        lambda _: ("draw", "reveal", "--year", "2027", "--public-value", "3 14 15"),
        (is_committed,),
    ),
    Act("copies made anew", lambda _: ("doctor",), (has_lost_its_copies,)),
    Act(
        "backup",
        lambda of: ("backup", str(of.folder / "backup"), "--keep", "2"),
        # What was written stands in the log: a backup takes it into the file first.
        (is_overridden,),
        also=True,
    ),
)
