"""Tables of what the system measures in itself."""

from warehouse.database.frames import Connection

_NUMBERS = (
    "as_of DATE, metric VARCHAR, group_kind VARCHAR, group_value VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, "
    "limit_low DOUBLE, limit_high DOUBLE, state VARCHAR"
)


_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS risk;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE TABLE IF NOT EXISTS risk.monitoring (
    {_NUMBERS}, since DATE, group_zh VARCHAR, group_en VARCHAR,
    text_zh VARCHAR, text_en VARCHAR, look_zh VARCHAR, look_en VARCHAR);
CREATE TABLE IF NOT EXISTS risk.migrations (
    as_of DATE, before_as_of DATE, from_code VARCHAR, to_code VARCHAR, enterprises BIGINT);
CREATE TABLE IF NOT EXISTS ops.monitoring_history ({_NUMBERS});
CREATE TABLE IF NOT EXISTS ops.distributions (as_of DATE, measure VARCHAR, bin BIGINT, enterprises BIGINT);
CREATE TABLE IF NOT EXISTS ops.acknowledged (
    metric VARCHAR, group_kind VARCHAR, group_value VARCHAR, as_of DATE, value DOUBLE, low DOUBLE, high DOUBLE,
    given_by VARCHAR, reason VARCHAR, given_at TIMESTAMP);
"""


def prepare(connection: Connection) -> None:
    """Create the tables."""
    connection.execute(_TABLES)
