"""Which nights were issued, which were late, and which never were."""

from datetime import date, datetime, timedelta
from pathlib import Path

from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm, warehouse
from tests.worlds.warehouses import night
from warehouse.connection import writing
from warehouse.database.frames import insert
from warehouse.database.meta import CLOSED_ON, set_meta
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.questions.nights import Night, last_night, nights

FIRST = date(2026, 7, 1)


def test_every_day_since_the_first_is_issued_late_or_missed() -> None:
    connection = warehouse()
    told = {0: 2, 1: 56, 3: 2}
    for later, hours in told.items():
        day = FIRST + timedelta(days=later)
        finished = datetime.combine(day, datetime.min.time()) + timedelta(hours=hours)
        for number, is_issued in enumerate((True, False)):
            insert(
                connection,
                "ops.runs",
                run_id=f"{day} {number}",
                as_of=day,
                known_at=day,
                finished_at=finished,
                is_issued=is_issued,
                number=later * 2 + number,
            )
    days = [FIRST + timedelta(days=later) for later in range(5)]
    states = ("issued", "late", "missed", "issued", "missed")
    expected = [Night(day, state) for day, state in zip(days, states, strict=True)]
    assert nights(connection, days[-1]) == expected[::-1]
    assert [one.day for one in nights(connection, FIRST + timedelta(days=60))][-1] > FIRST
    # An archive that goes on is bound to no clock: its nights are the days that were coded, however late.
    set_meta(connection, CLOSED_ON, "2026-07-04")
    issued = [Night(days[later], "issued") for later in (3, 1, 0)]
    assert nights(connection, days[-1]) == nights(connection, FIRST + timedelta(days=90)) == issued
    assert nights(connection, FIRST) == [], "one day alone is an archive, not a night"


def test_before_the_first_codes_there_is_no_night(home: Home) -> None:
    assert nights(warehouse(), FIRST) == []
    assert last_night(home) is None


def test_the_last_night_is_the_day_issued_last_and_a_closed_archive_has_none(coded: Path, home: Home) -> None:
    register = csv_bytes(firm(number) for number in range(4))
    deliver(home.inbox / "bureau", {"mapping.yaml": MAPPING.encode(), "register.csv": register})
    with writing(home) as connection:
        take_in_all(connection, home, folder=None, mapping=None, received_on=FIRST, today=FIRST)
    night(home, FIRST)
    assert last_night(home) == FIRST
    night(home, FIRST - timedelta(days=3))
    assert last_night(home) == FIRST, "a day that is coded again is no night"
    assert last_night(Home(coded)) is None
