"""The published copy: what readers need of a good run, in one file that is replaced atomically.

Readers that hold the old file go on reading it; new readers get the new one.  A run that dies before the
replacement leaves the published copy as it was.
"""

import shutil
from datetime import date

import duckdb

from warehouse.coding.coding import Coding
from warehouse.coding.engines import ONLY
from warehouse.coding.issue import issue
from warehouse.coding.rows import require_day
from warehouse.database.copies import attach, copy_tables, create, put_in_place, under_construction
from warehouse.database.frames import log
from warehouse.database.meta import get_meta, set_meta, value
from warehouse.database.runs import last_issued, stale_because
from warehouse.home import Home
from warehouse.questions.disputes import EVIDENCE, OPEN

PUBLISHED: dict[str, str] = {
    "risk.codes": "FROM risk.codes ORDER BY enterprise_id",
    "risk.scores": "FROM risk.scores ORDER BY enterprise_id",
    "risk.probabilities": "FROM risk.probabilities ORDER BY enterprise_id, label",
    "risk.rates": "FROM risk.rates ORDER BY enterprise_id",
    "risk.features": "FROM risk.features ORDER BY enterprise_id",
    "risk.explanations": "FROM risk.explanations ORDER BY enterprise_id, rank",
    "risk.factors": "FROM risk.factors ORDER BY factor",
    "risk.code_history": "FROM risk.code_history ORDER BY enterprise_id, valid_from, issued_at",
    "risk.change_reasons": "FROM risk.change_reasons ORDER BY enterprise_id, valid_from, issued_at",
    "risk.steps": "FROM risk.steps ORDER BY enterprise_id, valid_from",
    "risk.forecast": "FROM risk.forecast ORDER BY enterprise_id, valid_from",
    "risk.point_steps": "FROM risk.point_steps ORDER BY enterprise_id, factor, changes_on",
    "risk.ways": "FROM risk.ways ORDER BY enterprise_id, option",
    "risk.near_red": "FROM risk.near_red ORDER BY enterprise_id, event",
    "risk.monitoring": "FROM risk.monitoring ORDER BY metric, group_kind, group_value",
    "risk.migrations": "FROM risk.migrations",
    "serve.red_queue": "FROM serve.red_queue ORDER BY rank",
    "serve.open_findings": "FROM serve.open_findings",
    "serve.inspection_queue": "FROM serve.inspection_queue ORDER BY rank",
    "serve.month_list": "FROM serve.month_list",
    "plan.visits": "FROM plan.visits ORDER BY visit_id",
    "plan.visit_items": "FROM plan.visit_items WHERE visit_id IS NOT NULL OR waived_by IS NOT NULL ORDER BY item_id",
    "plan.visit_checks": "FROM plan.visit_checks ORDER BY visit_id, rank",
    "plan.assignments": "FROM plan.assignments",
    "plan.shortfalls": "FROM plan.shortfalls",
    "plan.changes": "FROM plan.changes",
    "plan.budget": "FROM plan.budget ORDER BY level, division, month_on",
    "plan.floors": "FROM plan.floors ORDER BY level, division",
    "plan.outcomes": "FROM plan.outcomes ORDER BY level, division",
    "plan.capacity": "FROM plan.capacity ORDER BY level, division, day",
    "plan.targets": "FROM plan.targets ORDER BY enterprise_id, channel, month_on",
    "plan.draws": "FROM plan.draws ORDER BY draw_id",
    "dispute.objections": "FROM dispute.objections ORDER BY objection_id",
    "dispute.decisions": "FROM dispute.decisions ORDER BY objection_id",
    "dispute.overrides": EVIDENCE,
    "dispute.open": OPEN,
    "core.enterprises": (
        "SELECT e.* FROM core.enterprises e WHERE e.known_from <= $known_at AND e.known_to > $known_at "
        "ORDER BY e.enterprise_id"
    ),
    "raw.rejected_rows": "FROM raw.rejected_rows ORDER BY refused_on, source, file, line",
    "ops.activations": "FROM ops.activations ORDER BY number",
    "ops.monitoring_history": "FROM ops.monitoring_history ORDER BY as_of, metric, group_kind, group_value",
    "ops.acknowledged": "FROM ops.acknowledged ORDER BY as_of, metric, group_kind, group_value",
    "ops.runs": "FROM ops.runs ORDER BY finished_at",
    "ops.deliveries": "FROM ops.deliveries ORDER BY taken_in_at",
    "ops.delivery_files": "FROM ops.delivery_files ORDER BY delivery_id, table_name, file",
    "ops.meta": "FROM ops.meta ORDER BY key",
}
"""Tables of the published copy and the query that fills each, run on the warehouse."""


def published_as_of(home: Home) -> date | None:
    """Day of the published codes, or ``None`` when nothing is published."""
    if not home.published.exists():
        return None
    with duckdb.connect(str(home.published), read_only=True) as connection:
        return value(connection, "SELECT max(as_of) FROM risk.codes")


def publish(connection: duckdb.DuckDBPyConnection, home: Home, *, known_at: date) -> int:
    """Build the copy beside the published one, then put it in its place.  Returns its size in bytes."""
    log.info("publishing")
    size = copy_tables(connection, home.published, PUBLISHED, known_at=known_at)
    _note_published(connection)
    return size


_PUBLISHED_RUN = "published_run"


def _note_published(connection: duckdb.DuckDBPyConnection) -> None:
    last = last_issued(connection)
    is_current = last is not None and stale_because(connection) is None
    set_meta(connection, _PUBLISHED_RUN, last.run_id if last and is_current else "")


def is_behind(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the published copy is not that of the codes issued last: a run died in between, or a replay is shown."""
    last = last_issued(connection)
    return last is not None and get_meta(connection, _PUBLISHED_RUN) != last.run_id


def publish_run(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    coding: Coding,
    *,
    run_id: str,
    even_if_older: bool = False,
) -> int | None:
    """Record the run and publish it.  Returns the size of the copy in bytes, or ``None`` if it was kept back.

    A day older than the published one (a backfill) is kept back: inspectors must not find yesterday's codes
    replaced by last year's.
    """
    for table in ("risk.features", "risk.scores", "risk.codes", "risk.explanations", "serve.red_queue"):
        require_day(connection, table, coding)
    issue(connection, coding, run_id=run_id)
    published = published_as_of(home)
    if published is not None and coding.as_of < published and not even_if_older:
        log.info("%s is older than the published %s; the published copy stays", coding.as_of, published)
        return None
    return publish(connection, home, known_at=coding.known_at)


def publish_changed(connection: duckdb.DuckDBPyConnection, home: Home, coding: Coding) -> int:
    """Put the enterprises that were coded anew into the published copy.  Returns its size in bytes.

    The copy is copied, changed and put in its place like a new one.  Tables that do not say which enterprise a row is
    about are replaced whole; those of the plan stay as the night left them.
    """
    if not home.published.exists():
        return publish(connection, home, known_at=coding.known_at)
    building = under_construction(home.published)
    shutil.copyfile(home.published, building)
    attach(connection, building)
    try:
        there = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'copy'"
            ).fetchall()
        }
        for table, query in PUBLISHED.items():
            if table not in there or _has_other_columns(connection, table, query):
                # The copy is an earlier program's.
                connection.execute(f"DROP TABLE IF EXISTS copy.{table}")
                create(connection, table, query, coding.known_at)
            elif table in _BY_ENTERPRISE:
                _exchange(connection, table, query, coding.known_at)
            elif not table.startswith("plan.") and table not in _OF_THE_NIGHT:
                connection.execute(f"DROP TABLE copy.{table}")
                create(connection, table, query, coding.known_at)
        connection.execute("CHECKPOINT copy")
    finally:
        connection.execute("DETACH copy")
    size = put_in_place(building, home.published)
    _note_published(connection)
    return size


def _has_other_columns(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> bool:
    there = [row[0] for row in connection.execute(f"DESCRIBE copy.{table}").fetchall()]
    plain = query.replace("$known_at", "DATE '2000-01-01'")
    return there != [row[0] for row in connection.execute(f"DESCRIBE {plain}").fetchall()]


def _exchange(connection: duckdb.DuckDBPyConnection, table: str, query: str, known_at: date) -> None:
    """The rows of the enterprises that were coded anew."""
    among = f"enterprise_id IN (SELECT enterprise_id FROM {ONLY})"
    arguments = {"known_at": known_at} if "$known_at" in query else None
    connection.execute(f"DELETE FROM copy.{table} WHERE {among}")
    connection.execute(f"INSERT INTO copy.{table} BY NAME SELECT * FROM ({query}) WHERE {among}", arguments)


_BY_ENTERPRISE = frozenset(
    {
        "risk.codes",
        "risk.scores",
        "risk.probabilities",
        "risk.features",
        "risk.explanations",
        "risk.code_history",
        "risk.change_reasons",
        "risk.steps",
        "risk.forecast",
        "risk.point_steps",
        "risk.ways",
        "risk.near_red",
        "serve.open_findings",
        "core.enterprises",
    }
)
"""Tables of which only the rows of the enterprises coded anew change within the day."""

_OF_THE_NIGHT = frozenset({"serve.inspection_queue", "serve.month_list", "risk.factors"})
"""Tables that change with a full run only."""
