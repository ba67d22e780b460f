"""A night that keeps what cannot have changed gives what a night gives that codes everybody anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from models.coding.timeline import InForce
from models.policy import PolicyOnDay, load_policy
from tests.worlds.dying import Noted, dying
from tests.worlds.edges import edgy_policy, edgy_world
from tests.worlds.effort import EVERYTHING
from tests.worlds.homes import copy_of
from tests.worlds.once import once
from tests.worlds.warehouses import fill
from warehouse.coding import renewal
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import STAGES, begin, code_enterprises
from warehouse.connection import Connection, writing
from warehouse.database.places import PLACE, open_place
from warehouse.home import Home

START = date(2026, 6, 30)
STARTER = load_policy().on(START)
TABLES = tuple(
    dict.fromkeys(
        (*(table for steps in STAGES.values() for one in steps for table in one.tables), "serve.red_queue")
    )
)
LONG_AGO = date(1990, 1, 1)


def rules_of(seed: int) -> PolicyOnDay:
    """The starter pack, at times with other windows, other bands and another patience."""
    chance = Random(f"rules {seed}")
    policy = STARTER if chance.random() < 0.3 else replace(STARTER, features=edgy_policy(seed))
    monitoring = policy.review.monitoring.model_copy(update={"recomputed_permille": chance.choice((0, 200))})
    dwell = {code: chance.choice((0, 1, 10, 30)) for code in ("blue", "yellow", "red")}
    change = policy.codes.change
    patient = change.model_copy(
        update={
            "dwell_days": change.dwell_days.model_copy(update=dwell),
            "hold_at_most_days": change.hold_at_most_days.model_copy(
                update={code: days + chance.choice((0, 5, 60)) for code, days in dwell.items()}
            ),
        }
    )
    return replace(
        policy,
        review=replace(policy.review, monitoring=monitoring),
        codes=replace(policy.codes, change=patient) if chance.random() < 0.5 else policy.codes,
    )


def coding_of(policy: PolicyOnDay, day: date) -> Coding:
    return Coding(day, day, policy, rules=(InForce(LONG_AGO, policy),))


def tables_of(connection: Connection) -> dict[str, pl.DataFrame]:
    return {
        name: connection.sql(f"FROM {name} ORDER BY ALL").pl() for name in TABLES if name != "risk.ways"
    } | {"risk.ways": connection.sql("FROM risk.ways ORDER BY enterprise_id, option").pl()}


def some_of(world: dict[str, pl.DataFrame], chance: Random, day: date) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows that are told anew on a day: of some enterprises, in another version."""
    for name, frame in world.items():
        if name != "enterprises" and frame.height and chance.random() < 0.5:
            at = chance.randrange(frame.height)
            yield name, frame[at : at + 1].with_columns(recorded_at=pl.lit(day))


def nights(root: Path, seed: int) -> Iterator[tuple[date, list[str], int]]:
    """Nights of a small world: the day, the tables that differ from those of a whole run, and how many are kept."""
    chance, policy = Random(f"nights {seed}"), rules_of(seed)
    home, beside = Home(root / "home").prepare(), Home(root / "beside").prepare()
    around = START - timedelta(days=chance.choice((0, 1, 30)))
    world = edgy_world(seed, around, firms=30, most_events=60)
    day = START
    with writing(home) as connection:
        connection.execute("SET threads = 1")
        fill(connection, world, received_on=day)
        for number in range(4):
            coding = coding_of(policy, day)
            with open_place(connection, home, day):
                code_enterprises(connection, coding)
                ours = tables_of(connection)
                kept = 30 - len(renewal.enterprises(connection, "codes")) if renewal.held(connection) else 0
            with open_place(connection, beside, day):
                code_enterprises(connection, coding, is_full=True)
                whole = tables_of(connection)
            yield day, [name for name in TABLES if not ours[name].equals(whole[name])], kept
            with open_place(connection, home, day):
                issue(connection, coding, run_id=f"{number}")
            day += timedelta(days=chance.choice((1, 1, 1, 2, 9)))
            fill(connection, dict(some_of(world, chance, day)), received_on=day)


@pytest.mark.parametrize("seed", range(12 if EVERYTHING else 1))
def test_a_night_that_keeps_is_a_night_that_codes_everybody(seed: int, tmp_path: Path) -> None:
    told = list(nights(tmp_path, seed))
    assert [(day, differing) for day, differing, _ in told if differing] == []
    assert any(kept for *_, kept in told), "nothing was kept"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a small world after two nights: on the day after a first code ways are looked for anew."""

    def make(root: Path) -> None:
        home = Home(root).prepare()
        with writing(home) as connection:
            connection.execute("SET threads = 1")
            fill(connection, edgy_world(3, START, firms=20, most_events=25), received_on=START)
            for days in (0, 1):
                night(connection, home, coding_of(watched(1000), START + timedelta(days=days)))

    return once(tmp_path_factory, "renewal", make)


@pytest.fixture
def city(begun: Path, tmp_path: Path) -> Iterator[tuple[Home, Connection, Coding]]:
    """That world, and the coding of the night after, which codes everybody anew to compare."""
    home = Home(copy_of(begun, tmp_path / "home"))
    with writing(home) as connection:
        connection.execute("SET threads = 1")
        yield home, connection, coding_of(watched(1000), START + timedelta(days=2))


def watched(permille: int) -> PolicyOnDay:
    """The starter pack with a sample of so many."""
    monitoring = STARTER.review.monitoring.model_copy(update={"recomputed_permille": permille})
    return replace(STARTER, review=replace(STARTER.review, monitoring=monitoring))


def night(connection: Connection, home: Home, coding: Coding) -> list[str]:
    """Code and issue; gives what was found to be kept wrongly."""
    with open_place(connection, home, coding.as_of):
        code_enterprises(connection, coding)
        wrong = renewal.kept_wrongly(connection)
        issue(connection, coding, run_id=f"{coding.as_of}")
    return wrong


PLANTED = {
    "risk.features": "violations_12m = coalesce(violations_12m, 0) + 1",
    "risk.forecast": "score = score + 1",
    "risk.explanations": "points = points + 1",
}


@pytest.mark.parametrize("table", list(PLANTED) if EVERYTHING else ["risk.features"])
def test_what_the_sample_finds_kept_wrongly_is_told_and_the_whole_city_is_coded_anew(
    city: tuple[Home, Connection, Coding], table: str
) -> None:
    home, connection, coding = city
    connection.execute(f"UPDATE {table} SET {PLANTED[table]}")
    assert any(one.startswith(f"{table} ") for one in night(connection, home, coding))
    [(renewed, wrongly)] = connection.sql(
        "SELECT renewed, kept_wrongly FROM ops.runs WHERE run_id LIKE '%02'"
    ).fetchall()
    assert renewed is None
    assert table in wrongly
    ours = tables_of(connection)
    with open_place(connection, Home(home.root / "beside").prepare(), coding.as_of):
        code_enterprises(connection, replace(coding, stored_by=10**6), is_full=True)
        assert [name for name, frame in tables_of(connection).items() if not frame.equals(ours[name])] == []


def test_an_ordinary_night_says_how_many_it_coded_anew(city: tuple[Home, Connection, Coding]) -> None:
    home, connection, coding = city
    policy = watched(0)
    assert night(connection, home, coding_of(policy, coding.as_of)) == []
    [(renewed, wrongly)] = connection.sql(
        "SELECT renewed, kept_wrongly FROM ops.runs WHERE run_id LIKE '%02'"
    ).fetchall()
    assert 0 < renewed < 20
    assert wrongly is None


def test_nothing_is_kept_by_other_rules_or_another_program_or_where_a_day_is_missing(
    city: tuple[Home, Connection, Coding], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city

    def keeps(one: Coding) -> bool:
        with open_place(connection, home, one.as_of):
            connection.execute(f"DELETE FROM {PLACE}.main.coding")
            begin(connection, one)
            return renewal.held(connection) is not None

    assert keeps(coding)
    assert not keeps(coding_of(replace(coding.policy, version="other"), coding.as_of))
    tomorrow = InForce(coding.as_of + timedelta(days=10), coding.policy)
    assert not keeps(replace(coding, rules=(*coding.rules, tomorrow)))
    with monkeypatch.context() as patched:
        patched.setattr(renewal, "program", lambda: "other")
        assert not keeps(coding)
    connection.execute("UPDATE risk.codes SET as_of = as_of - 1")
    assert not keeps(coding)


@pytest.mark.whole
def test_a_night_comes_to_the_same_in_portions(
    city: tuple[Home, Connection, Coding], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, connection, coding = city
    found: list[dict[str, pl.DataFrame]] = []
    for few, rows in ((10**6, 10**6), (0, 60)):
        monkeypatch.setattr("warehouse.coding.extract.FEW", few)
        monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", rows)
        with open_place(connection, Home(home.root / f"{few}").prepare(), coding.as_of):
            code_enterprises(connection, coding)
            assert renewal.held(connection)
            found.append(tables_of(connection))
    assert [name for name, frame in found[0].items() if not frame.equals(found[1][name])] == []


@pytest.mark.parametrize("is_full", [False, True] if EVERYTHING else [False])
def test_who_died_between_portions_is_followed_by_one_who_goes_on_after_the_last(
    city: tuple[Home, Connection, Coding], monkeypatch: pytest.MonkeyPatch, *, is_full: bool
) -> None:
    home, connection, coding = city
    coding = coding_of(watched(0), coding.as_of)
    monkeypatch.setattr("warehouse.coding.extract.FEW", 0)
    monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", 40)

    def dies_at_every(number: int) -> tuple[dict[str, pl.DataFrame], list[Noted]]:
        """The tables, made by those who went on after one another, and what was noted."""
        with dying(lambda noted: len(noted) % number == 0) as noted:
            while True:
                with open_place(connection, Home(home.root / f"{number}").prepare(), coding.as_of):
                    try:
                        code_enterprises(connection, coding, is_full=is_full and not noted)
                        return tables_of(connection), noted
                    except KeyboardInterrupt:
                        continue

    undisturbed, noted = dies_at_every(10**6)
    once = len(noted)
    assert once >= 12
    assert len({*noted}) == once
    ours, noted = dies_at_every(3)
    assert len(noted) == once + len(noted) // 3, "what was made is made again"
    assert [name for name, frame in undisturbed.items() if not frame.equals(ours[name])] == []
