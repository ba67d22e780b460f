"""Which nights were issued, which were late, and which never were."""

from datetime import date, datetime, timedelta

from tests.worlds.deliveries import warehouse
from warehouse.database.frames import insert
from warehouse.database.meta import CLOSED_ON, set_meta
from warehouse.questions.nights import Night, nights

FIRST = date(2026, 7, 1)


def test_every_day_since_the_first_is_issued_late_or_missed() -> None:
    connection = warehouse()
    told = {0: 26, 1: 80, 3: 26}
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
    set_meta(connection, CLOSED_ON, "2026-07-04")
    assert nights(connection, days[-1]) == []


def test_before_the_first_codes_there_is_no_night() -> None:
    assert nights(warehouse(), FIRST) == []
