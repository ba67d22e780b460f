"""Where the event fold runs.  The fold is written once (``models.features``); an engine only brings the data.

Polars reads the columns it needs out of DuckDB and folds in memory; DuckDB folds where the data lies.  Both
give the same integers; ``benchmarks/`` measures them.
"""

from datetime import date

import duckdb
import polars as pl

from models.errors import PolicyError
from models.features import Events, fold_features
from models.features.fold import EVENT_COLUMNS
from models.policy import FeaturePolicy
from models.tables.canonical import TABLES, Table
from warehouse.coding.coding import EVERY_ROW, ONLY, Coding, Extract
from warehouse.database.findings import findings
from warehouse.database.frames import Connection, shown_as
from warehouse.database.validity import as_stored

ENGINES = ("polars", "duckdb")


def integer_query(table: Table, rows: str) -> str:
    """SQL of rows of a canonical table in integer form: the same shape as ``models.features.integer_form``."""
    columns = table.columns()
    parts = [_integer(name, columns[name].dtype) for name in EVENT_COLUMNS[table.name]]
    parts += [f"{name} - DATE '1970-01-01' AS {name}" for name in ("known_from", "known_to")]
    return f"SELECT {', '.join(parts)} FROM {rows}"


def rows_to_read(connection: Connection, table: Table, extract: Extract) -> str:
    """SQL of the rows that are read of a table; what is reported twice is one row of the findings."""
    rows = f"core.{table.name}" if extract.stored_by is None else f"({as_stored(table, extract.stored_by)})"
    if extract.only is not None:
        rows = f"(FROM {rows} WHERE enterprise_id IN (SELECT enterprise_id FROM {ONLY}))"
    return findings(connection, rows, by=extract.stored_by) if table.name == "violations" else rows


def read_events(connection: Connection, extract: Extract = EVERY_ROW) -> Events:
    """The six tables in integer form as Polars frames."""
    return Events(
        **{name: relation.pl().lazy() for name, relation in _relations(connection, extract).items()}
    )


def _relations(connection: Connection, extract: Extract) -> dict[str, duckdb.DuckDBPyRelation]:
    if extract.only is not None:
        named = pl.DataFrame({"enterprise_id": list(extract.only)}, schema={"enterprise_id": pl.String})
        with shown_as(connection, "named", named):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {ONLY.split('.')[1]} AS FROM named")
    tables = (TABLES[name] for name in EVENT_COLUMNS)
    return {
        table.name: connection.sql(integer_query(table, rows_to_read(connection, table, extract)))
        for table in tables
    }


def _integer(name: str, dtype: pl.DataType) -> str:
    if dtype == pl.Date:
        return f"{name} - DATE '1970-01-01' AS {name}"
    if dtype == pl.Datetime:
        return f"epoch_us({name}) // 60000000 AS {name}"
    return f"{name}::BIGINT AS {name}" if dtype == pl.Boolean else name


def features_of(connection: Connection, coding: Coding) -> pl.DataFrame:
    """Features of the enterprises that are coded, one row each, sorted by ``enterprise_id``."""
    return fold(
        connection,
        as_of=coding.as_of,
        known_at=coding.known_at,
        policy=coding.policy.features,
        engine=coding.engine,
        extract=coding.extract,
    )


def fold(
    connection: Connection,
    *,
    as_of: date,
    known_at: date,
    policy: FeaturePolicy,
    engine: str = "polars",
    extract: Extract = EVERY_ROW,
) -> pl.DataFrame:
    """Features of the enterprises known at ``known_at``, one row each, sorted by ``enterprise_id``."""
    if engine not in ENGINES:
        raise PolicyError(
            "There is no engine '{engine}'. Choose one of {engines}.",
            engine=engine,
            engines=", ".join(ENGINES),
        )
    if engine == "duckdb":
        relations = Events(**_relations(connection, extract))
        folded = fold_features(relations, as_of=as_of, known_at=known_at, policy=policy)
        features: pl.DataFrame = folded.pl()
    else:
        events = read_events(connection, extract)
        features = fold_features(events, as_of=as_of, known_at=known_at, policy=policy).collect()
    return features.sort("enterprise_id")
