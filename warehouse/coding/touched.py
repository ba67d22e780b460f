"""Enterprises about which something is known now that was not when codes were issued last."""

from datetime import date

from models.errors import ScoreError
from models.features.events import EVENT_COLUMNS
from models.tables.canonical import TABLES
from warehouse.database.frames import Connection
from warehouse.database.runs import last_issued
from warehouse.database.validity import changed_between, told_between, withdrawn_between


def touched(connection: Connection, *, known_at: date | None = None) -> tuple[str, ...]:
    """Enterprises about which something was stored since the codes of the day were issued, sorted.

    ``known_at``: the day of knowledge now; versions that begin or end to count between that of the last run and this
    one concern their enterprises too.
    """
    last = last_issued(connection)
    if last is None:
        raise ScoreError("Nothing is coded yet. Code the whole city first: ./riskcode run")
    told = {
        "since": last.stored_no,
        "known": last.known_at,
        "now": max(known_at or last.known_at, last.known_at),
    }
    return tuple(str(enterprise) for (enterprise,) in connection.execute(_TOUCHED, told).fetchall())


def _withdrawn(name: str) -> str:
    return f"OR {withdrawn_between('$known', '$now')}" if "withdrawn_on" in EVENT_COLUMNS[name] else ""


# A version whose successor is about another enterprise concerns the one it was about, too: when that one comes, and
# when it is undone.
_TOUCHED = (
    " UNION ".join(
        f"SELECT enterprise_id FROM core.{name} WHERE stored_no > $since OR undone_no > $since "
        f"OR {changed_between('$known', '$now')} {_withdrawn(name)} UNION "
        f"SELECT o.enterprise_id FROM core.{name} o JOIN core.{name} n USING ({', '.join(TABLES[name].key)}) "
        "WHERE (n.stored_no > $since OR n.undone_no > $since) AND n.version > 1"
        for name in EVENT_COLUMNS
    )
    # With which sources share their numbers, what is one finding changes wherever these report.
    + " UNION SELECT v.enterprise_id FROM core.violations v JOIN ("
    "SELECT DISTINCT unnest(list_append(shares_with, source)) AS source FROM ops.number_pools WHERE EXISTS ("
    f"SELECT 1 FROM ops.number_pools WHERE stored_no > $since OR {told_between('$known', '$now')})) USING (source)"
    + " UNION SELECT enterprise_id FROM dispute.overrides WHERE stored_no > $since OR ended_stored_no > $since"
    + " ORDER BY 1"
)
