"""What calendars are told, night by night: a visit by hand, and who goes to it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from desk.files.calendar import write_calendar
from desk.words.words import Words
from tests.worlds.by_hand import world
from tests.worlds.warehouses import stored
from warehouse.connection import Connection
from warehouse.database.frames import insert
from warehouse.database.reading import Row
from warehouse.planning.appointments import KEPT_DAYS, keep_appointments
from warehouse.questions.appointments import appointments, people
from warehouse.questions.area import EVERYWHERE
from warehouse.questions.visits import ANYBODY, Sent
from warehouse.schema.catalogue import OWN

NIGHT = date(2026, 6, 30)
DAY = timedelta(days=1)
WANG, LI = Sent(officer="w"), Sent(officer="l")


@pytest.fixture(scope="module")
def stored_firm() -> Iterator[Connection]:
    """A warehouse that knows one enterprise."""
    firm = {"enterprise_id": "e1", "name": "一厂", "division": "370102"}
    with stored(world(register=[firm])) as connection:
        for name in (
            "risk.codes",
            "plan.assignments",
            "plan.changes",
            "plan.contacts",
            "plan.visit_checks",
            "serve.open_findings",
        ):
            connection.execute(OWN[name].ddl(name))
        yield connection


@pytest.fixture
def empty(stored_firm: Connection) -> Connection:
    """The same warehouse before anything was planned."""
    stored_firm.execute("DELETE FROM plan.appointments")
    return stored_firm


def plan(connection: Connection, as_of: date, *visits: Mapping[str, Any], because: str = "") -> None:
    """A night whose plan has some visits of ``e1``, by default in two quarters of Wang's next day."""
    for table in ("visits", "assignments", "changes"):
        connection.execute(f"DELETE FROM plan.{table}")
    for stop, told in enumerate(visits, start=1):
        row: Row = {
            "visit_id": "v",
            "day": as_of + DAY,
            "by": "w",
            "state": "scheduled",
            "quarters": 2,
            **told,
        }
        where: Row = {"visit_id": row["visit_id"], "enterprise_id": "e1", "planned_on": row["day"]}
        own: Row = {"level": "district", "division": "370102", "crew_id": f"K-{row['by']}", "stop": stop}
        sent: Row = {
            "file_by": None,
            "officers": [row["by"]],
            "channels": ["red"],
            "channel": "red",
            "mode": "on_site",
        }
        more: Row = {"state": row["state"], "quarter_days": row["quarters"], "as_of": as_of}
        insert(connection, "plan.visits", **where, **own, **sent, **more)
        insert(connection, "plan.assignments", **where, officer_id=row["by"], name=row["by"].upper())
    if because:
        insert(connection, "plan.changes", visit_id="v", because=because)
    keep_appointments(connection, as_of)


def told(connection: Connection, sent: Sent = ANYBODY, since: date = NIGHT) -> dict[str, tuple[Any, ...]]:
    """By visit: its day, whether it is taken back, since when it is told so."""
    found = appointments(connection, since - timedelta(days=99), since + timedelta(days=99), EVERYWHERE, sent)
    assert len({row["visit_id"] for row in found}) == len(found)
    return {row["visit_id"]: (row["planned_on"], row["is_cancelled"], row["changed_on"]) for row in found}


def test_what_stays_as_it_is_keeps_its_number_from_night_to_night(empty: Connection) -> None:
    day = NIGHT + 9 * DAY
    for night in range(3):
        plan(empty, NIGHT + night * DAY, {"day": day})
    assert told(empty) == {"v": (day, False, NIGHT)}


def test_a_visit_that_moves_keeps_its_identity_and_its_number_rises(empty: Connection) -> None:
    plan(empty, NIGHT, {"day": NIGHT + 5 * DAY})
    plan(empty, NIGHT + DAY, {"day": NIGHT + 7 * DAY})
    assert told(empty) == {"v": (NIGHT + 7 * DAY, False, NIGHT + DAY)}


def test_a_visit_that_leaves_the_plan_is_taken_back_and_comes_back_with_a_higher_number(
    empty: Connection,
) -> None:
    day = NIGHT + 20 * DAY
    plan(empty, NIGHT, {"day": day})
    plan(empty, NIGHT + DAY, because="no_longer_due")
    assert told(empty) == {"v": (day, True, NIGHT + DAY)}
    plan(empty, NIGHT + 2 * DAY, {"day": day})
    assert told(empty) == {"v": (day, False, NIGHT + 2 * DAY)}


def test_who_loses_a_visit_to_another_crew_is_told_and_who_gets_it_too(empty: Connection) -> None:
    day = NIGHT + 5 * DAY
    plan(empty, NIGHT, {"day": day})
    plan(empty, NIGHT + DAY, {"day": day, "by": "l"})
    assert told(empty, WANG) == {"v": (day, True, NIGHT + DAY)}
    assert told(empty, LI) == told(empty) == {"v": (day, False, NIGHT + DAY)}
    assert told(empty, Sent(team="k-W")) == told(empty, WANG)
    assert people(empty) == {"w": "W", "l": "L"}


def test_an_hour_that_moves_because_the_visit_before_is_gone_is_a_change(empty: Connection) -> None:
    day = NIGHT + 5 * DAY
    both = [{"visit_id": "a", "day": day}, {"visit_id": "b", "day": day}]
    plan(empty, NIGHT, *both)
    plan(empty, NIGHT + DAY, both[1])
    assert told(empty) == {"a": (day, True, NIGHT + DAY), "b": (day, False, NIGHT + DAY)}


def test_a_visit_whose_day_has_come_is_never_taken_back(empty: Connection) -> None:
    both = [{"visit_id": "a", "day": NIGHT + DAY}, {"visit_id": "b", "day": NIGHT + DAY}]
    plan(empty, NIGHT, *both)
    plan(empty, NIGHT + DAY, {**both[1], "state": "awaiting"})
    assert told(empty) == {"b": (NIGHT + DAY, False, NIGHT)}
    plan(empty, NIGHT + 2 * DAY)
    assert told(empty) == {}


def test_who_was_told_a_later_day_hears_that_it_was_made_before(empty: Connection) -> None:
    plan(empty, NIGHT, {"day": NIGHT + 20 * DAY})
    plan(empty, NIGHT + DAY, {"day": NIGHT + 2 * DAY})
    plan(empty, NIGHT + 3 * DAY)
    assert told(empty) == {"v": (NIGHT + 2 * DAY, False, NIGHT + DAY)}


def test_what_was_taken_back_is_told_for_some_weeks_and_then_forgotten(empty: Connection) -> None:
    plan(empty, NIGHT, {"day": NIGHT + 5 * DAY})
    plan(empty, NIGHT + DAY)
    plan(empty, NIGHT + KEPT_DAYS * DAY)
    assert told(empty)["v"][1]
    plan(empty, NIGHT + (KEPT_DAYS + 1) * DAY)
    assert told(empty) == {}


_NIGHTS = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.sampled_from("wl")), max_size=2),
    max_size=5,
)


@given(nights=_NIGHTS)
def test_calendars_filled_every_night_hold_what_the_plan_holds(
    stored_firm: Connection, nights: list[list[tuple[str, int, str]]]
) -> None:
    connection = stored_firm
    connection.execute("DELETE FROM plan.appointments")
    held: dict[str, dict[str, tuple[Any, ...]]] = {"w": {}, "l": {}}
    for number, night in enumerate(nights):
        as_of = NIGHT + number * DAY
        wanted = {visit: (visit, as_of + ahead * DAY, by) for visit, ahead, by in night}
        rows = [{"visit_id": visit, "day": day, "by": by} for visit, day, by in wanted.values()]
        for _ in range(2):
            plan(connection, as_of, *rows)
        for officer, calendar in held.items():
            for visit, one in told(connection, Sent(officer=officer)).items():
                # As a calendar does: what has a lower number is old, what has the same says the same.
                if visit not in calendar or calendar[visit][2] < one[2]:
                    calendar[visit] = one
                assert calendar[visit] == one
            coming = {visit: one[0] for visit, one in calendar.items() if not one[1] and one[0] > as_of}
            assert coming == {visit: day for visit, day, by in wanted.values() if by == officer}


def test_a_calendar_file_takes_back_and_the_same_plan_gives_the_same_bytes(
    empty: Connection, tmp_path: Path
) -> None:
    day = NIGHT + 5 * DAY
    plan(empty, NIGHT, {"day": day})
    files = [tmp_path / "1.ics", tmp_path / "2.ics", tmp_path / "3.ics"]
    write_calendar(appointments(empty, NIGHT, day), files[0], Words("zh"), as_of=NIGHT)
    plan(empty, NIGHT + DAY, because="no_longer_due")
    for file in files[1:]:
        write_calendar(appointments(empty, NIGHT, day), file, Words("zh"), as_of=NIGHT + DAY)
    assert files[1].read_bytes() == files[2].read_bytes()
    before, after = (Calendar.from_ical(file.read_bytes()) for file in files[:2])
    assert "method" not in after
    stood, gone = (
        {key: f"{value}" for key, value in one.walk("VEVENT")[0].items()} for one in (before, after)
    )
    assert (stood["UID"], stood["STATUS"]) == (gone["UID"], "CONFIRMED")
    assert (gone["STATUS"], gone["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert int(gone["SEQUENCE"]) == int(stood["SEQUENCE"]) + 1
    assert "一厂" in gone["SUMMARY"] and gone["SUMMARY"] != "一厂"
    starts = [one.walk("VEVENT")[0].decoded("dtstart") for one in (before, after)]
    assert starts[0] == starts[1]
    assert after.walk("VEVENT")[0].decoded("dtstamp").date() == NIGHT + DAY
