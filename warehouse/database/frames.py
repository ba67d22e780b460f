"""Frames in and out of the warehouse, and the names every module here uses for the connection and the log."""

import logging
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import polars as pl

Connection = duckdb.DuckDBPyConnection
log = logging.getLogger("riskcode")


def replace_table(connection: Connection, name: str, frame: "pl.DataFrame") -> int:
    """Replace a table by a frame, atomically.  Returns the number of rows."""
    # Polars takes a second to import; who only reads the published copy needs the name of the connection alone.
    import polars as pl

    enums = [column for column, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    connection.register("replacement", frame.with_columns(pl.col(enums).cast(pl.String)).to_arrow())
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM replacement")
    finally:
        connection.unregister("replacement")
    return frame.height
