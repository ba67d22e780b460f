"""The datum that is contested: as it stands, and as it would say something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.contract import PROBLEMS, ROW, judge
from models.errors import DisputeError
from models.features.events import EVENT_COLUMNS
from models.tables.canonical import Table
from warehouse.database.frames import Connection
from warehouse.database.meta import value
from warehouse.database.validity import known, told_after, told_by
from warehouse.disputes.what_if import Datum
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.conform import conform
from warehouse.intake.decided import RECORDED, Change, text_of
from warehouse.intake.files.raw import LINE, Raw
from warehouse.intake.mapping import Entry

DELIVERY = "objection"
"""``delivery_id`` of versions a decision made; their ``source_file`` is the number of the objection."""

WITHDRAWN = "withdrawn_on"


@dataclass(frozen=True)
class Standing:
    """A datum as it is known on a day: its canonical row, and the day the objectors' clock runs from."""

    datum: Datum
    row: pl.DataFrame
    known_on: date

    @property
    def recorded_at(self) -> date:
        """Day of the version that stands."""
        return self.row[RECORDED][0]


def find(connection: Connection, datum: Datum, enterprise_id: str, day: date) -> Standing:
    """A datum as it is known on a day.  Without a source, the number must be that of one source only.

    Raises DisputeError when it is unknown, about another enterprise, or withdrawn.
    """
    if datum.table not in EVENT_COLUMNS:
        raise DisputeError(
            "'{table}' cannot be contested. Choose one of {event_columns}.",
            table=datum.table,
            event_columns=", ".join(EVENT_COLUMNS),
        )
    exact = datum if datum.source or not datum.has_source else _one_source(connection, datum)
    condition, arguments = exact.condition()
    found = connection.sql(
        f"FROM core.{datum.table} WHERE {condition} AND {known(day='$day')}",
        params={**arguments, "day": day},
    ).pl()
    if found.is_empty():
        raise DisputeError(
            "{table} '{ident}' is not on record on {day}. The numbers of open findings: ./riskcode "
            "explain {enterprise_id} --json",
            table=datum.table,
            ident=datum.ident,
            day=day,
            enterprise_id=enterprise_id,
        )
    later = value(
        connection,
        f"SELECT min(known_from) FROM core.{datum.table} WHERE {condition} AND {told_after('$day')}",
        {**arguments, "day": day},
    )
    if later is not None:
        raise DisputeError(
            "{table} '{ident}' was told differently on {later}. Take that day or a later one: --on {later}",
            table=datum.table,
            ident=datum.ident,
            later=later,
        )
    _refuse_uncontestable(found, datum, enterprise_id)
    named = Datum(datum.table, found["source"][0] if datum.has_source else None, datum.ident)
    row = found.select(list(datum.kind.columns())).cast(dict(datum.kind.schema.create_empty().schema))
    since = value(
        connection,
        f"SELECT max(known_from) FROM core.{datum.table} WHERE {condition} AND {told_by('$day')} "
        "AND delivery_id <> $objection",
        {**arguments, "day": day, "objection": DELIVERY},
    )
    return Standing(named, row, since or found["known_from"][0])


def _refuse_uncontestable(found: pl.DataFrame, datum: Datum, enterprise_id: str) -> None:
    """Raise DisputeError for a datum about another enterprise, or one that is withdrawn."""
    if found["enterprise_id"][0] != enterprise_id:
        raise DisputeError(
            "{table} '{ident}' is about {enterprise_id}, not about {enterprise_id_2}. Object in the "
            "name of the enterprise it is about.",
            table=datum.table,
            ident=datum.ident,
            enterprise_id=found["enterprise_id"][0],
            enterprise_id_2=enterprise_id,
        )
    if WITHDRAWN in found.columns and found[WITHDRAWN][0] is not None:
        raise DisputeError(
            "{table} '{ident}' was withdrawn on {found} and counts for nothing; there is nothing to contest.",
            table=datum.table,
            ident=datum.ident,
            found=found[WITHDRAWN][0],
        )


def _one_source(connection: Connection, datum: Datum) -> Datum:
    found = connection.execute(
        f"SELECT DISTINCT source FROM core.{datum.table} WHERE {datum.kind.key[-1]} = ?", [datum.ident]
    ).fetchall()
    sources = sorted(str(source) for (source,) in found)
    if len(sources) > 1:
        raise DisputeError(
            "{table} '{ident}' is a number of {sources}. Say which one: --source NAME",
            table=datum.table,
            ident=datum.ident,
            sources=", ".join(sources),
        )
    return Datum(datum.table, sources[0] if sources else "", datum.ident)


def withdrawal(connection: Connection, standing: Standing, on: date) -> tuple[Change, ...]:
    """The change that withdraws a datum on a day.  Raises DisputeError for a table that knows no withdrawal."""
    if WITHDRAWN not in standing.row.columns:
        raise DisputeError(
            "{table} cannot be withdrawn, only corrected: --correct column=value", table=standing.datum.table
        )
    changes = (Change(WITHDRAWN, None, on.isoformat()),)
    require_valid(connection, standing.datum.kind, with_changes(standing, changes, standing.recorded_at), on)
    return changes


def corrections(
    connection: Connection, standing: Standing, told: Mapping[str, str], on: date
) -> tuple[Change, ...]:
    """What a datum should say, read as a delivery's cells are and held against the contract of its table.

    Columns may be named as in a delivery, in English or Chinese.  Raises DisputeError.
    """
    table = standing.datum.kind
    frame = pl.DataFrame({**{name: [text] for name, text in told.items()}, LINE: [0]})
    read = conform(Raw(DELIVERY, frame), Entry(files=["*"]), table, source=standing.datum.source or "").rows
    problems: list[str] = read[PROBLEMS][0].to_list()
    if problems:
        raise DisputeError(
            "A correction cannot be read: {problems}. Write it as in a delivery.",
            problems=", ".join(problems),
        )
    columns = [_column(table, name) for name in told]
    now, then = standing.row.row(0, named=True), read.row(0, named=True)
    changes = tuple(
        Change(name, text_of(now[name]), text_of(then[name])) for name in columns if now[name] != then[name]
    )
    if not changes:
        raise DisputeError("The datum says so already; there is nothing to correct.")
    require_valid(connection, table, with_changes(standing, changes, standing.recorded_at), on)
    return changes


def _column(table: Table, name: str) -> str:
    fixed = {*table.key, "source", RECORDED, WITHDRAWN}
    for column, kind in table.columns().items():
        spellings = (column, (kind.metadata or {})["zh"], *(kind.metadata or {})["also"])
        if name in spellings and column not in fixed:
            return column
    known = ", ".join(column for column in table.columns() if column not in fixed)
    raise DisputeError(
        "{name} has no column '{name_2}' that can be corrected. It has: {known}",
        name=table.name,
        name_2=name,
        known=known,
    )


def with_changes(standing: Standing, changes: tuple[Change, ...], recorded_at: date) -> pl.DataFrame:
    """The row as it will stand."""
    said = [one.value(standing.row.schema) for one in changes]
    return standing.row.with_columns(*said, pl.lit(recorded_at).alias(RECORDED))


def require_valid(connection: Connection, table: Table, row: pl.DataFrame, today: date) -> None:
    """Raise DisputeError, with the rules it breaks, for a row that the contract of its table refuses."""
    asked = row.select(
        *table.columns(),
        pl.lit(0, dtype=pl.Int64).alias(ROW),
        pl.lit([], dtype=pl.List(pl.String)).alias(PROBLEMS),
    )
    refused = judge(asked, table, known_enterprises=known_enterprises(connection), today=today).refused
    if not refused.is_empty():
        raise DisputeError(
            "{name} would refuse the row as it should be: {rules}. Correct the values; "
            "docs/data-dictionary.md says what they may be.",
            name=table.name,
            rules=", ".join(refused["rules"][0]),
        )


def as_it_stands(standing: Standing, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Changes that were asked for, against what the datum says by now."""
    now = standing.row.row(0, named=True)
    found = (Change(one.column, text_of(now[one.column]), one.becomes) for one in changes)
    return tuple(one for one in found if one.was != one.becomes)
