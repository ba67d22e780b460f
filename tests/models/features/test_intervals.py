"""Qualities and pieces by themselves: from which day on an event counts, and until which."""

import duckdb
import pytest

from models.features.intervals import ALWAYS, NEVER, Piece, Quality, pieces_of, plus


def test_qualities_that_must_both_hold_ask_for_everything_once():
    one = Quality(("a", "b"), ("c",), ("d",), (("e", "g"),))
    other = Quality(("b", "h"), ("c", "i"), ("j",))
    assert one & other == Quality(("a", "b", "h"), ("c", "i"), ("d", "j"), (("e", "g"),))
    assert one & one == one & ALWAYS == ALWAYS & one == one


def test_an_event_counts_from_the_last_of_its_begins_to_the_first_of_its_ends():
    [piece] = pieces_of(ALWAYS, [(0, NEVER, 1)])
    assert piece == Piece("day", str(NEVER))
    [piece] = pieces_of(Quality(("a",), ("b",), ("c",)), [(3, 9, 2)], amount="n")
    assert piece == Piece(
        "greatest(day + 3, b)", f"least(c, day + 9, {NEVER})", ("a", "b IS NOT NULL"), "(n) * 2"
    )
    [piece] = pieces_of(Quality(begins=("b",)), [(0, 9, 1)], day="d")
    known = ("b IS NOT NULL", "d IS NOT NULL")
    assert piece == Piece("greatest(day, d, b)", f"least(d + 9, {NEVER})", known)
    assert [plus("day", 0), plus("day", 3)] == ["day", "day + 3"]


@pytest.mark.parametrize(
    ("rest", "days"),
    [
        (("3", "5"), [1, 2, 5, 6]),
        (("0", "2"), [2, 3, 4, 5, 6]),
        (("5", "99"), [1, 2, 3, 4]),
        (("0", "99"), []),
        (("4", "4"), [1, 2, 3, 4, 5, 6]),
        (("5", "3"), [1, 2, 3, 4, 5, 6]),
        (("NULL", "3"), [1, 2, 3, 4, 5, 6]),
        (("3", "NULL"), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_an_interval_holds_on_its_days_but_for_those_it_rests_in_parts_or_whole(
    rest: tuple[str, str], days: list[int]
):
    piece = Piece("1", "7", amount="4", slope=2, rest=rest)
    with duckdb.connect(config={"threads": 1}) as connection:

        def on(one: Piece, day: int) -> bool:
            return connection.sql(f"SELECT 1 WHERE {one.on(day)}").fetchall() == [(1,)]

        connection.execute("CREATE TABLE events AS SELECT 0::INTEGER AS f")
        assert [day for day in range(9) if on(piece, day)] == days
        assert [day for day in range(9) if sum(on(one, day) for one in piece.whole()) == 1] == days
        selects = " UNION ALL ".join(one.select("events", 5, 0, 8) for one in piece.whole())
        intervals = connection.sql(f"SELECT k, s, e, a, b FROM ({selects})").fetchall()
    assert sorted(day for _, s, e, _, _ in intervals for day in range(s, e)) == days
    assert {(k, a, b) for k, _, _, a, b in intervals} <= {(5, 4, 2)}


@pytest.mark.parametrize(
    ("first", "last", "is_there"), [(0, 0, 0), (0, 1, 1), (6, 9, 1), (7, 9, 0), (3, 3, 1)]
)
def test_only_intervals_that_reach_into_a_span_are_read(first: int, last: int, is_there: int):
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE events AS SELECT 0::INTEGER AS f")
        select = Piece("1", "7").select("events", 0, first, last)
        assert len(connection.sql(select).fetchall()) == is_there
