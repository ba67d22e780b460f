"""Which run counts: three nights, an update within the second day, and a replay of the first, which issues nothing."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.warehouse.intake.delivering import warehouse
from warehouse.connection import Connection
from warehouse.database.frames import insert
from warehouse.database.runs import issued_for, known_for, last_issued, stored_by, would_issue

# Day coded, day of knowledge, last write seen, whether it issued codes; in the order in which they ran.
RUNS = [(1, 1, 10, True), (2, 2, 20, True), (2, 2, 25, True), (1, 3, 27, False), (3, 3, 30, True)]


def day(number: int) -> date:
    return date(2026, 6, number)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with warehouse() as opened:
        for number, (as_of, known_at, stored_no, is_issued) in enumerate(RUNS, start=1):
            insert(
                opened,
                "ops.runs",
                run_id=f"r{number}",
                as_of=day(as_of),
                known_at=day(known_at),
                stored_no=stored_no,
                is_issued=is_issued,
                number=number,
            )
        yield opened


@pytest.mark.parametrize(
    ("as_of", "known_at", "wanted"),
    [
        (1, 1, 10),
        (1, 2, 25),
        (1, 3, 30),
        (2, 1, 10),
        (2, 2, 25),
        (2, 3, 30),
        (3, 1, 10),
        (3, 2, 25),
        (3, 3, None),
        (3, 4, None),
        (4, 4, None),
    ],
)
def test_a_past_day_uses_what_its_run_saw_or_the_last_that_knew_no_more_and_the_day_issued_last_all_there_is(
    connection: Connection, as_of: int, known_at: int, wanted: int | None
) -> None:
    assert stored_by(connection, day(as_of), day(known_at)) == wanted


def test_what_nobody_had_issued_by_then_uses_all_that_was_taken_in_since(connection: Connection) -> None:
    assert stored_by(connection, date(2026, 5, 31), date(2026, 5, 31)) is None


def test_codes_are_issued_for_the_last_day_again_and_for_later_ones_and_never_for_what_is_past(
    connection: Connection,
) -> None:
    days = [(as_of, known_at) for as_of in range(1, 5) for known_at in range(as_of, 5)]
    issued = [one for one in days if would_issue(connection, day(one[0]), day(one[1]))]
    assert issued == [(3, 3), (3, 4), (4, 4)]


def test_the_last_run_of_a_day_issued_it_and_a_replay_issues_nothing(connection: Connection) -> None:
    last, own = last_issued(connection), [issued_for(connection, day(number)) for number in range(1, 5)]
    assert last is not None and last.run_id == "r5"
    assert [run.run_id if run else None for run in own] == ["r1", "r3", "r5", None]


def test_coding_the_last_day_again_unlearns_nothing_that_was_told_within_it(connection: Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("UPDATE ops.runs SET known_at = $day WHERE run_id IN ('r3', 'r5')", {"day": day(4)})
    assert [known_for(connection, day(number)) for number in (2, 3, 5)] == [day(2), day(4), day(5)]
    connection.execute("ROLLBACK")
