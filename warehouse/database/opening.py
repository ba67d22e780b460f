"""A new warehouse gets its tables; one of another format is refused."""

from models.tables.canonical import TABLES
from warehouse.database.frames import Connection
from warehouse.database.meta import note_format, require_format, value
from warehouse.database.validity import NEWEST
from warehouse.schema.catalogue import OWN


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
    made += [f"CREATE VIEW {_current(name)}" for name in TABLES]
    connection.execute(";\n".join(made))
    note_format(connection)
    connection.commit()


def _current(name: str) -> str:
    return f"core.current_{name} AS FROM core.{name} WHERE {NEWEST}"


def _add_what_is_new(connection: Connection) -> None:
    """What came to the format since this warehouse was made; nothing that it holds gets lost."""
    held: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(_COLUMNS).fetchall():
        held.setdefault(table, {})[column] = kind
    for name, table in OWN.items():
        if not table.is_kept:
            continue
        if name not in held:
            connection.execute(table.ddl(name))
            if name in _NOTED:
                connection.execute(_NOTED[name])
            if (canonical := name.removeprefix("core.")) in TABLES:
                connection.execute(f"CREATE VIEW IF NOT EXISTS {_current(canonical)}")
            continue
        for column, spec in table.columns.items():
            if column not in held[name]:
                connection.execute(f'ALTER TABLE {name} ADD COLUMN "{column}" {spec.kind}')
            elif held[name][column] == "DATE" and spec.kind == "TIMESTAMP":
                # A moment of a day that was told without its hour.
                connection.execute(f'ALTER TABLE {name} ALTER "{column}" TYPE TIMESTAMP')


_NOTED = {
    "plan.current": """
INSERT INTO plan.current SELECT value::DATE FROM ops.meta WHERE key = 'planned_as_of' AND value <> ''
""",
    "risk.cut_offs": """
INSERT INTO risk.cut_offs
SELECT code, json_extract(value, '$.' || code)::BIGINT
FROM ops.meta, (VALUES ('blue'), ('yellow'), ('red')) codes(code) WHERE key = 'cut_offs'
""",
}
"""What earlier versions of the program noted elsewhere."""

_COLUMNS = """
SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns()
WHERE NOT internal AND database_name = current_database()
"""
