"""A new warehouse gets its tables; one of another format is refused."""

from models.tables.canonical import TABLES
from warehouse.database.frames import Connection
from warehouse.database.meta import note_format, require_format, value
from warehouse.database.validity import NEWEST
from warehouse.schema.catalogue import OWN, REGISTER_COLUMNS


def prepare_schema(connection: Connection) -> None:
    """Make the tables of a new warehouse.  Raises WarehouseError where there are some of another format."""
    if value(connection, "SELECT count(*) FROM duckdb_tables()"):
        require_format(connection)
        _add_what_is_new(connection)
        return
    # All or nothing: what an error or a kill leaves unfinished goes when the connection does.
    connection.begin()
    schemas = dict.fromkeys(name.split(".")[0] for name in OWN)
    made = [f"CREATE SCHEMA {schema}" for schema in schemas]
    made += [table.ddl(name) for name, table in OWN.items() if table.is_kept]
    made += [f"CREATE VIEW core.current_{name} AS FROM core.{name} WHERE {NEWEST}" for name in TABLES]
    connection.execute(";\n".join(made))
    note_format(connection)
    connection.commit()


def _add_what_is_new(connection: Connection) -> None:
    """What came to the format since this warehouse was made; nothing that it holds changes."""
    there = {f"{schema}.{name}" for schema, name in connection.execute(_TABLES).fetchall()}
    for name, table in OWN.items():
        if table.is_kept and name not in there:
            connection.execute(table.ddl(name))
    for name, column in REGISTER_COLUMNS.items():
        connection.execute(f"ALTER TABLE core.enterprises ADD COLUMN IF NOT EXISTS {name} {column.kind}")


_TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary"
