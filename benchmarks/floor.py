"""The scan floor: what DuckDB needs just to read the columns a stage uses.  No stage can be faster than that."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from models.features.events import EVENT_COLUMNS
from warehouse.connection import writing
from warehouse.home import Home

DELIVERY, WAREHOUSE = "a", "b"
TIMES = 3


@dataclass(frozen=True)
class Floor:
    """The repeated scan: wall ``seconds`` of each, least ``cpu`` seconds; ``columns`` read in all tables."""

    key: str
    about: str
    columns: int
    rows: int
    seconds: tuple[float, ...]
    cpu: float

    @property
    def least(self) -> float:
        """The fastest of the scans."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The scan in the middle."""
        return statistics.median(self.seconds)


def delivery_floor(folder: Path) -> Floor:
    """Read every column of every delivered Parquet file."""
    with duckdb.connect() as connection:
        sources = {}
        for file in sorted(folder.glob("*.parquet")):
            relation = f"read_parquet('{file}')"
            sources[relation] = connection.sql(f"FROM {relation}").columns
        return _floor(connection, DELIVERY, "the delivery", sources)


def warehouse_floor(home: Home) -> Floor:
    """Read the columns that features are made of, and the two that say when a version counts."""
    sources = {
        f"core.{name}": [*dict.fromkeys((*EVENT_COLUMNS[name], "known_from", "known_to"))]
        for name in EVENT_COLUMNS
    }
    with writing(home) as connection:
        return _floor(connection, WAREHOUSE, "the warehouse", sources)


def _floor(
    connection: duckdb.DuckDBPyConnection, key: str, about: str, sources: dict[str, list[str]]
) -> Floor:
    # A hash over all columns cannot be answered from statistics or zone maps: every value is decoded.
    queries = [
        f"SELECT bit_xor(hash({', '.join(columns)})), count(*) FROM {source}"
        for source, columns in sources.items()
    ]
    seconds, cpu, rows = [], [], 0
    for _ in range(TIMES):
        started, spent = time.perf_counter(), time.process_time()
        rows = sum(connection.execute(query).fetchall()[0][1] for query in queries)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - spent)
    return Floor(key, about, sum(map(len, sources.values())), rows, tuple(seconds), min(cpu))
