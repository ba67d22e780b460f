"""What counts is said once in SQL and once for frames; the two agree, and nothing else says it again."""

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models import validity as frames
from models.tables.canonical import TABLES
from warehouse.database import validity

ROOT = Path(__file__).parents[3]
DAY, FOREVER = date(2026, 5, 10), date(9999, 12, 31)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


ROWS = pl.DataFrame(
    [
        ("stands", later(-9), FOREVER, None, "special", "clean", None),
        ("known today", DAY, FOREVER, None, "special", "findings", later(1)),
        ("known tomorrow", later(1), FOREVER, None, "special", "clean", DAY),
        ("superseded today", later(-9), DAY, None, "recheck", "clean", DAY),
        ("superseded tomorrow", later(-9), later(1), None, "recheck", "refused", None),
        ("withdrawn yesterday", later(-9), FOREVER, later(-1), "random", "clean", later(-1)),
        ("withdrawn today", later(-9), FOREVER, DAY, "random", "refused", None),
        ("withdrawn tomorrow", later(-9), FOREVER, later(1), "assistance", "unknown", later(-1)),
    ],
    schema={
        "row": pl.String,
        "known_from": pl.Date,
        "known_to": pl.Date,
        "withdrawn_on": pl.Date,
        "kind": pl.String,
        "result": pl.String,
        "rectified_on": pl.Date,
    },
    orient="row",
)
KNOWN = {"stands", "known today", "superseded tomorrow"} | {
    f"withdrawn {day}" for day in ("yesterday", "today", "tomorrow")
}
EVERY = set(ROWS["row"])
CASES = {
    "known": (validity.known("r"), frames.is_known, True, KNOWN),
    "standing": (
        validity.standing("r"),
        frames.stands,
        True,
        KNOWN - {"withdrawn yesterday", "withdrawn today"},
    ),
    "inspection": (validity.inspection("r"), frames.is_inspection, False, EVERY - {"withdrawn tomorrow"}),
    "counted visit": (
        validity.counted_visit("r"),
        frames.is_counted,
        False,
        EVERY - {"withdrawn tomorrow", "superseded tomorrow", "withdrawn today"},
    ),
    "open finding": (
        validity.open_finding("r", as_of="$known_at"),
        frames.is_open,
        True,
        {"stands", "known today", "superseded tomorrow", "withdrawn today"},
    ),
}


@pytest.mark.parametrize("said", CASES)
def test_sql_and_frames_say_the_same_of_rows_by_hand(said: str) -> None:
    sql, expression, has_day, wanted = CASES[said]
    argument = (DAY,) if has_day else ()
    with duckdb.connect() as connection:
        connection.register("r", ROWS.to_arrow())
        told = {"known_at": DAY} if has_day else None
        by_sql = {row for (row,) in connection.execute(f"SELECT row FROM r WHERE {sql}", told).fetchall()}
    by_polars = set(ROWS.filter(expression(pl.col, *argument))["row"])
    assert by_sql == by_polars == wanted


def test_a_withdrawal_that_lies_ahead_is_none_yet() -> None:
    with duckdb.connect() as connection:
        connection.register("r", ROWS.to_arrow())
        found = connection.execute(f"SELECT row FROM r WHERE {validity.withdrawn('r')}", {"known_at": DAY})
        assert {row for (row,) in found.fetchall()} == {"withdrawn yesterday", "withdrawn today"}


def test_versions_of_a_span_began_or_ceased_to_count_in_it() -> None:
    with duckdb.connect() as connection:
        connection.register("r", ROWS.to_arrow())
        span = {"since": later(-1), "until": DAY}
        asked = f"SELECT row FROM r WHERE {validity.changed_between('$since', '$until')}"
        assert {row for (row,) in connection.execute(asked, span).fetchall()} == {
            "known today",
            "superseded today",
        }


def test_what_is_told_after_a_day_comes_to_count_and_is_not_outranked_at_once() -> None:
    spans = {"today": (0, 9), "tomorrow": (1, 2), "outranked at once": (1, 1), "ended today": (-1, 0)}
    told = pl.DataFrame(
        [(name, later(first), later(last)) for name, (first, last) in spans.items()],
        schema=["row", "known_from", "known_to"],
        orient="row",
    )
    with duckdb.connect() as connection:
        connection.register("r", told.to_arrow())
        found = connection.execute(f"SELECT row FROM r WHERE {validity.told_after('$day')}", {"day": DAY})
        assert found.fetchall() == [("tomorrow",)]


@pytest.mark.parametrize(("by", "counted"), [(None, {1, 2, 3}), (1, {1}), (2, {1, 2}), (0, set())])
def test_what_the_very_write_stored_counts_and_a_later_one_does_not(
    by: int | None, counted: set[int]
) -> None:
    with duckdb.connect() as connection:
        asked = f"SELECT stored_no FROM (VALUES (1), (2), (3)) AS v(stored_no) WHERE {validity.stored_by()}"
        assert {number for (number,) in connection.execute(asked, {"by": by}).fetchall()} == counted


def test_as_stored_a_version_ends_where_the_next_one_of_those_begins() -> None:
    """Versions of one alert told on days 0, 10 and 5; the last was stored later, the second undone by write 4."""
    table = TABLES["alerts"]
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA core")
        connection.execute(
            f"CREATE TABLE core.alerts AS SELECT 'a' AS {table.key[0]}, 'b' AS {table.key[1]}, * FROM (VALUES "
            "(1, DATE '2026-01-01', DATE '2026-01-01', 1, NULL), (2, DATE '2026-01-11', DATE '2026-01-11', 2, 4), "
            "(3, DATE '2026-01-06', DATE '2026-01-06', 3, NULL)) "
            "v(version, recorded_at, known_from, stored_no, undone_no)"
        )
        connection.execute("ALTER TABLE core.alerts ADD COLUMN known_to DATE")
        asked = "SELECT known_to FROM ({}) ORDER BY version"
        ends = {
            by: [day for (day,) in connection.execute(asked.format(validity.as_stored(table, by))).fetchall()]
            for by in (1, 2, 3, 4)
        }
    assert ends == {
        1: [FOREVER],
        2: [date(2026, 1, 11), FOREVER],
        3: [date(2026, 1, 6), FOREVER, date(2026, 1, 11)],
        4: [date(2026, 1, 6), FOREVER],
    }


@pytest.mark.parametrize(
    ("ended_on", "ended_from", "day", "last"),
    [
        (None, None, DAY, later(20)),
        (later(3), later(2), later(2), later(20)),  # that it would be ended was not known yet
        (later(3), later(2), later(3), later(1)),
        (later(3), None, later(3), later(2)),  # rows of before the first day without it was noted
    ],
)
def test_an_override_that_is_ended_holds_to_the_day_before_once_that_is_known(
    ended_on: date | None, ended_from: date | None, day: date, last: date
) -> None:
    row = {"ended_on": ended_on, "ended_from": ended_from, "last_day": later(20), "day": day}
    with duckdb.connect() as connection:
        asked = (
            f"SELECT {validity.override_ends(day='$day')} FROM (SELECT $ended_on::DATE AS ended_on, "
            "$ended_from::DATE AS ended_from, $last_day::DATE AS last_day)"
        )
        assert connection.execute(asked, row).fetchall() == [(last,)]


SPELLINGS = re.compile(
    r"known_(from|to)\"?\)? *(<|>)"  # which version is known
    r"|withdrawn_on\"?\)? *(<|>|IS |\.is_)"  # what was withdrawn
    r"|known_to = "  # the newest version
    r"|'assistance'|!= \"assistance\"|(<>|!=) *['\"]refused"  # which visits count
    r"|rectified_on\"?\)? *(<|>|IS |\.is_)"  # which findings are open
    r"|ended_from\"?\)? *(<|>|IS |-)"  # how long an override holds
    r"|stored_no <= "  # what was stored by a write
)
ELSEWHERE = {
    "models/validity.py": "says it for frames, and some in SQL",
    "models/features/span.py": "looks for the clean visit that follows",
    "models/features/acts.py": "looks for it once one was made",
    "warehouse/database/validity.py": "says it in SQL",
    "warehouse/database/findings.py": "cuts versions into the stretches for which several are one finding",
    "warehouse/database/versions.py": "writes the ends of versions",
}


def again(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if SPELLINGS.search(line)]


def test_what_counts_is_spelt_nowhere_else() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {line}"
        for room in ("models", "warehouse")
        for path in (ROOT / room).rglob("*.py")
        if str(path.relative_to(ROOT)) not in ELSEWHERE
        for line in again(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        "WHERE v.known_from <= $day",
        'pl.col("known_to") > day',
        "(i.withdrawn_on IS NULL OR i.withdrawn_on > $known_at)",
        'pl.col("withdrawn_on").is_null()',
        "i.kind <> 'assistance'",
        'nw.col("kind") != "assistance"',
        "i.result <> 'refused'",
        "v.rectified_on > $as_of",
        "ended_from IS NULL",
        "$by IS NULL OR stored_no <= $by",
    ],
)
def test_a_line_that_spells_it_again_is_found(line: str) -> None:
    assert again(line)
