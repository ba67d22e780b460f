"""Rows of a query, through SQLAlchemy: read, and nothing else.

A query may not write, nor reach files beside its database: SQLite opens its file read-only and may only select, DuckDB
opens read-only without its file functions, servers are asked in a transaction that cannot write.
"""

import sqlite3
from typing import Any
from urllib.parse import quote

import polars as pl

from models.errors import DeliveryError
from warehouse.intake.files.json_items import as_cell
from warehouse.intake.files.raw import LINE, Raw, numbered

READ_ONLY = {
    "sqlite": "",
    "duckdb": "SET enable_external_access = false",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "START TRANSACTION READ ONLY",
    "mariadb": "START TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "mssql": "",
}
"""Databases that may be asked, and what makes the connection one that reads; SQL Server knows no such word, so the user
it is asked as should have no right to write."""

_SELECTING = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
    }
)


def read_sql(url: str, query: str, name: str) -> Raw:
    """Rows of a query.

    Raises DeliveryError with the words of the database: a query that fails is no matter of single rows.
    """
    # Few deliveries come out of a database; the others need not wait.
    import sqlalchemy.exc

    try:
        engine = _engine(sqlalchemy, url, name)
        with engine.connect() as connection:
            if said := READ_ONLY[engine.dialect.name]:
                connection.exec_driver_sql(said)
            result = connection.execute(sqlalchemy.text(query))
            names = list(result.keys())
            rows = [[as_cell(cell) for cell in row] for row in result]
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = str(error).replace(url, "the url")
        raise DeliveryError(
            "{name} gave nothing: {said}. Correct url or query in the mapping.", name=name, said=said
        ) from error
    if len({*names, LINE}) != len(names) + 1:
        raise DeliveryError(
            "{name} gives columns of one name or called {line}: {names}. Name them with AS.",
            name=name,
            line=LINE,
            names=", ".join(names),
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Raw(name, numbered(frame))


def _engine(sqlalchemy: Any, url: str, name: str) -> Any:
    """An engine that opens files read-only.  Raises DeliveryError for a database nobody may ask."""
    asked = sqlalchemy.make_url(url)
    kind = asked.get_backend_name()
    if kind not in READ_ONLY:
        raise DeliveryError(
            "{name} asks '{kind}'. Known: {known}. Correct url or query in the mapping.",
            name=name,
            kind=kind,
            known=", ".join(READ_ONLY),
        )
    is_file = asked.database not in (None, "", ":memory:")
    if kind == "sqlite":
        return sqlalchemy.create_engine(
            "sqlite://", creator=lambda: _sqlite(asked.database if is_file else None)
        )
    if kind == "duckdb" and is_file:
        return sqlalchemy.create_engine(asked, connect_args={"read_only": True})
    return sqlalchemy.create_engine(asked)


def _sqlite(path: str | None) -> sqlite3.Connection:
    place = f"file:{quote(path)}?mode=ro" if path else ":memory:"
    opened = sqlite3.connect(place, uri=True)
    opened.set_authorizer(_only_selecting)
    return opened


def _only_selecting(action: int, first: Any, second: Any, *_: Any) -> int:
    # SQLAlchemy asks a new connection how it isolates.
    is_asked = action == sqlite3.SQLITE_PRAGMA and first == "read_uncommitted" and second is None
    allowed = is_asked or (action in _SELECTING and second != "load_extension")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
