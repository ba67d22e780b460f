"""Which rows a coding reads, and in which form: days and minutes since 1970-01-01, flags as 0 and 1."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from models.features.events import EVENT_COLUMNS
from models.tables.canonical import TABLES, Table
from warehouse.database.findings import findings
from warehouse.database.frames import Connection, log, parts, shown_as
from warehouse.database.meta import value
from warehouse.database.validity import as_stored


@dataclass(frozen=True)
class Extract:
    """Which rows are read: of these enterprises only (``None``: all), as stored by that write (``None``: by now).

    ``between``: of enterprises from the first to the last of two ids.
    """

    only: tuple[str, ...] | None = None
    stored_by: int | None = None
    between: tuple[str, str] | None = None


EVERY_ROW = Extract()

ONLY = "temp.only_these"
"""Enterprises a coding is about, where it is not about all of them."""


def among(extract: Extract, of: str = "") -> str:
    """SQL condition: the row (of a table with the alias ``of``) is about an enterprise that is read."""
    column = f"{of}.enterprise_id" if of else "enterprise_id"
    tests = [] if extract.only is None else [f"{column} IN (SELECT enterprise_id FROM {ONLY})"]
    if extract.between is not None:
        first, last = (one.replace("'", "''") for one in extract.between)
        tests.append(f"{column} BETWEEN '{first}' AND '{last}'")
    return " AND ".join(tests) or "true"


FEW = 100
"""Enterprises that a statement names one by one: what is told to the database beforehand it asks of sorted rows too."""


def among_these(only: Sequence[str]) -> str:
    """SQL condition: the row is about one of these enterprises, which ``ONLY`` holds."""
    if len(only) > FEW:
        return f"enterprise_id IN (SELECT enterprise_id FROM {ONLY})"
    listed = ", ".join("'" + one.replace("'", "''") + "'" for one in only)
    return f"enterprise_id IN ({listed})" if only else "false"


def integer_query(table: Table, rows: str) -> str:
    """SQL of rows of a canonical table in integer form: the same shape as ``models.features.integer_form``."""
    columns = table.columns()
    parts = [_integer(name, columns[name].dtype) for name in EVENT_COLUMNS[table.name]]
    parts += [f"{name} - DATE '1970-01-01' AS {name}" for name in ("known_from", "known_to")]
    return f"SELECT {', '.join(parts)} FROM {rows}"


def rows_to_read(connection: Connection, table: Table, extract: Extract) -> str:
    """SQL of the rows that are read of a table; what is reported twice is one row of the findings."""
    rows = f"core.{table.name}" if extract.stored_by is None else f"({as_stored(table, extract.stored_by)})"
    if extract.only is not None or extract.between is not None:
        rows = f"(FROM {rows} WHERE {among(extract)})"
    return findings(connection, rows, by=extract.stored_by) if table.name == "violations" else rows


def queries(connection: Connection, extract: Extract) -> dict[str, str]:
    """SQL of the rows that are read of each table, in integer form."""
    tables = (TABLES[name] for name in EVENT_COLUMNS)
    return {table.name: integer_query(table, rows_to_read(connection, table, extract)) for table in tables}


def name_only(connection: Connection, extract: Extract) -> None:
    """Let ``ONLY`` hold the enterprises that are read, where they are not all."""
    if extract.only is not None:
        named = pl.DataFrame({"enterprise_id": list(extract.only)}, schema={"enterprise_id": pl.String})
        with shown_as(connection, "named", named):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {ONLY.split('.')[1]} AS FROM named")


def _integer(name: str, dtype: pl.DataType) -> str:
    if dtype == pl.Date:
        return f"{name} - DATE '1970-01-01' AS {name}"
    if dtype == pl.Datetime:
        return f"epoch_us({name}) // 60000000 AS {name}"
    return f"{name}::BIGINT AS {name}" if dtype == pl.Boolean else name


MOST_ROWS = 1_000_000
"""Events, about, of the enterprises that are coded at once."""


def in_portions(connection: Connection, extract: Extract, *, after: str | None = None) -> Iterator[Extract]:
    """What is read, in portions of whole enterprises by their order; at least one, which a portion itself is.

    ``after``: but those up to this enterprise, whatever was stored since and lies in other portions now.
    """
    if extract.between is not None:
        yield extract
        return
    name_only(connection, extract)
    held = " + ".join(f"(SELECT count(*) FROM core.{name})" for name in EVENT_COLUMNS)
    are_few = extract.only is not None and len(extract.only) <= FEW
    if after is None and (are_few or value(connection, f"SELECT {held}") <= MOST_ROWS):
        yield extract
        return
    query = _RANGES.format(numbered=numbered_portions(extract, MOST_ROWS))
    ranges, begun = connection.execute(query, {"after": after}).fetchall(), time.monotonic()
    if not ranges:
        yield extract
    done = sum(1 for first, _ in ranges if first is None)
    if done:
        log.info("going on after part %s of %s", done, len(ranges))
    for number, between in enumerate(ranges[done:], done):
        if number > done:
            left = (time.monotonic() - begun) / (number - done) * (len(ranges) - number)
            parts.info("part %s of %s, about %.0f s left", number + 1, len(ranges), left)
        yield replace(extract, between=between)


def numbered_portions(extract: Extract, most: int) -> str:
    """SQL of enterprises that are read with the number of their portion: so many events, about, of neighbours by id."""
    counted = " UNION ALL ".join(
        f"SELECT enterprise_id, count(*) AS n FROM core.{name} WHERE {among(extract)} GROUP BY enterprise_id"
        for name in EVENT_COLUMNS
    )
    return _NUMBERED.format(counted=counted, most=most)


_NUMBERED = """
SELECT enterprise_id, sum(sum(n)) OVER (ORDER BY enterprise_id) // {most} AS portion
FROM ({counted}) GROUP BY enterprise_id
"""
_RANGES = """
SELECT min(enterprise_id) FILTER ($after::VARCHAR IS NULL OR enterprise_id > $after), max(enterprise_id)
FROM ({numbered}) GROUP BY portion ORDER BY portion
"""
