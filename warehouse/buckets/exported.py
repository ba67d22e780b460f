"""What a bucket of enterprises is coded from, as Parquet: their rows, and the small tables that rules are read from.

A bucket is a stretch of enterprise ids with so many events, as a portion is (``warehouse.coding.extract``): what is
made of one stretch after another comes home in the order of a run that codes the city at once, and no bucket is
larger than the others because its enterprises have more to tell.
"""

from pathlib import Path

import duckdb

from models.features.events import EVENT_COLUMNS
from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.extract import EVERY_ROW, numbered_portions
from warehouse.database.frames import Connection
from warehouse.database.meta import value
from warehouse.database.validity import as_stored, stored_by
from warehouse.schema.catalogue import OWN

MOST_EVENTS = 400_000
"""Of a bucket, about: 5,000 to 10,000 enterprises.  It costs 2 seconds before the first of them is coded."""

_SMALL = (
    "ops.meta",
    "ops.deliveries",
    "ops.packs",
    "ops.activations",
    "ops.number_pools",
    "model.cards",
    "model.promotions",
    "dispute.overrides",
)
"""Small tables, read whole: of which warehouse and write the rows are, which rules hold, what people decided."""
_AS_STORED = ("ops.number_pools", "dispute.overrides")
"""Those of which a coding reads what was stored by its write only, where it has one."""
_ENDED = ("ended_on", "ended_from", "ended_stored_no")

Counts = dict[str, dict[int, int]]
"""Rows of each table of events by bucket."""


def export(connection: Connection, coding: Coding, folder: Path, most: int = MOST_EVENTS) -> Counts:
    """Write what all buckets are coded from.  Gives how many rows each of them has."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE bucketed AS "
        f"SELECT enterprise_id, portion::INTEGER AS bucket FROM ({numbered_portions(EVERY_ROW, most)})"
    )
    by = coding.stored_by
    for name in _SMALL:
        _copy(connection, _small_rows(name, by), _small_file(folder, name))
    counts: Counts = {}
    for name in EVENT_COLUMNS:
        rows = f"core.{name}" if by is None else f"({as_stored(TABLES[name], by)})"
        told = f"SELECT {_columns(name)}, bucket FROM {rows} JOIN temp.bucketed USING (enterprise_id)"
        _copy(connection, told, folder / name, ", PARTITION_BY (bucket)")
        counted = (
            f"SELECT bucket, count(*) FROM {rows} JOIN temp.bucketed USING (enterprise_id) GROUP BY bucket"
        )
        counts[name] = dict(connection.execute(counted).fetchall())
    connection.execute("DROP TABLE temp.bucketed")
    return counts


def load(connection: Connection, folder: Path, bucket: int) -> dict[str, int]:
    """Let a new database hold what a bucket is coded from.  Gives how many rows of each table of events."""
    for name in _SMALL:
        connection.execute(f"DELETE FROM {name}")
        connection.execute(
            f"INSERT INTO {name} BY NAME FROM read_parquet(?)", [str(_small_file(folder, name))]
        )
    counts: dict[str, int] = {}
    for name in EVENT_COLUMNS:
        files = sorted(map(str, (folder / name / f"bucket={bucket}").glob("*.parquet")))
        if files:
            rows = f"SELECT {_columns(name)} FROM read_parquet(?, hive_partitioning = false)"
            connection.execute(f"CREATE OR REPLACE TABLE core.{name} AS {rows}", [files])
        counts[name] = int(value(connection, f"SELECT count(*) FROM core.{name}"))
    return counts


def write(connection: Connection, table: str, target: Path) -> int:
    """Write a table; it is there whole or not at all, however often and by whom it is written.  Gives its rows."""
    building = target.with_name(f".{target.name}.{value(connection, 'SELECT uuid()')}")
    _copy(connection, f"FROM {table}", building)
    building.replace(target)
    return int(value(connection, f"SELECT count(*) FROM {table}"))


def _small_rows(name: str, by: int | None) -> str:
    """SQL of a small table without what tells of persons, who decide no code."""
    columns = OWN[name].columns
    told = {column: "''" for column, one in columns.items() if one.personal and one.kind == "VARCHAR"}
    if by is None or name not in _AS_STORED:
        stored = "true"
    else:
        stored, ended = (stored_by(f"{by:d}", column=column) for column in ("stored_no", "ended_stored_no"))
        told |= {column: f"CASE WHEN {ended} THEN {column} END" for column in _ENDED if column in columns}
    replaced = ", ".join(f"{said} AS {column}" for column, said in told.items())
    return f"SELECT *{f' REPLACE ({replaced})' if told else ''} FROM {name} WHERE {stored}"


def _columns(name: str) -> str:
    """What of a table can reach a code; of findings also what says that two reports are of one, and its words."""
    if name == "violations":
        return ", ".join(OWN["core.violations"].columns)
    return ", ".join(dict.fromkeys((*EVENT_COLUMNS[name], "known_from", "known_to")))


def _small_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path, more: str = "") -> None:
    at = str(target).replace("'", "''")
    connection.execute(f"COPY ({query}) TO '{at}' (FORMAT parquet, COMPRESSION zstd{more})")
