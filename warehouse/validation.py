"""Great Expectations on DuckDB: suites go in, results and Data Docs come out.

GX has no DuckDB dialect and closes its connection before it fetches; the adapter below gives it a cursor of the
run's own connection that ignores begin, commit and rollback (decision record 0004).  GX is imported inside the
functions: it takes seconds, and reading commands must not wait for it.
"""

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.database.frames import Connection, log

_REMOTE = re.compile(
    r"<script[^>]*src=[\"']https?:[^>]*>\s*</script>|<link[^>]*href=[\"']https?:[^>]*>|<img[^>]*src=[\"']https?:[^>]*>",
    re.IGNORECASE,
)
_STYLE = (
    "body{font:14px/1.5 sans-serif;max-width:1100px;margin:1em auto}table{border-collapse:collapse;margin:.5em 0}"
    "td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}nav,footer,.modal,"
    ".sticky-top,#stepsLabel,.btn,hr{display:none}ul{list-style:none;padding-left:0}.text-success{color:#197b30}"
    ".text-danger{color:#b00020}.fa-check-circle::before{content:'✓'}.fa-times::before{content:'✗'}"
    ".fa-exclamation-triangle::before{content:'!'}"
)
"""Great Expectations' pages take their looks from the network; this little is enough to read them without."""


@dataclass(frozen=True)
class Suite:
    """Expectations about one table or view.

    ``expectations`` are (GX class name, arguments) pairs.  ``is_blocking``: a failure stops the run before
    codes are issued; else it warns.
    """

    name: str
    table: str
    about: str
    expectations: tuple[tuple[str, dict[str, Any]], ...]
    is_blocking: bool = False


@dataclass(frozen=True)
class Outcome:
    """Result of one suite: what failed, in words, and where its Data Docs page is."""

    suite: Suite
    passed: bool
    failures: tuple[str, ...]
    observed: dict[str, str]
    docs: Path


def run_suites(connection: Connection, suites: Sequence[Suite], *, docs: Path) -> list[Outcome]:
    """Run suites on the connection's own view of the warehouse and rebuild the Data Docs."""
    log.info("checking %s", ", ".join(sorted({suite.table for suite in suites})))
    # GX asks the network for nothing when analytics are off, and draws no progress bars of its own.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    # Great Expectations takes ten seconds to import; only checks need it.
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site("site", _site(docs))
    source = _duckdb_source(context, connection)
    outcomes = [_run_suite(gx, context, source, suite, docs) for suite in suites]
    context.build_data_docs()
    for outcome in outcomes:
        _keep_page(outcome, docs)
    return outcomes


def _site(docs: Path) -> Any:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
    }


def _duckdb_source(context: Any, connection: Connection) -> Any:
    import duckdb_engine
    from sqlalchemy.pool import StaticPool

    class Borrowed(duckdb_engine.ConnectionWrapper):
        """The run's own connection; transactions belong to the run, not to GX."""

        def begin(self) -> None: ...
        def commit(self) -> None: ...
        def rollback(self) -> None: ...
        def close(self) -> None: ...

    cursor = connection.cursor()
    return context.data_sources.add_sql(
        "warehouse",
        connection_string="duckdb:///:memory:",
        kwargs={"creator": lambda: Borrowed(cursor), "poolclass": StaticPool},
    )


def _run_suite(gx: Any, context: Any, source: Any, suite: Suite, docs: Path) -> Outcome:
    schema, table = suite.table.split(".")
    asset = source.add_table_asset(suite.name, table_name=table, schema_name=schema)
    expectations = [getattr(gx.expectations, kind)(**arguments) for kind, arguments in suite.expectations]
    stored = context.suites.add(
        gx.ExpectationSuite(name=suite.name, expectations=expectations, notes=suite.about)
    )
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name, data=asset.add_batch_definition_whole_table("all"), suite=stored
        )
    )
    result = definition.run()
    failures = tuple(_failure(each) for each in result.results if not each.success)
    observed = {_label(each): str(each.result.get("observed_value", "")) for each in result.results}
    return Outcome(suite, bool(result.success), failures, observed, docs / f"{suite.name}.html")


def _keep_page(outcome: Outcome, docs: Path) -> None:
    """Copy a suite's result page to a name that stays, without what a closed network could not load."""
    for page in (docs / "validations" / outcome.suite.name).rglob("*.html"):
        html = _REMOTE.sub("", page.read_text(encoding="utf-8"))
        outcome.docs.write_text(
            html.replace("</head>", f"<style>{_STYLE}</style></head>", 1), encoding="utf-8"
        )


def _label(result: Any) -> str:
    config = result.expectation_config
    return str(config.description or f"{config.type} {config.kwargs.get('column', '')}".strip())


def _failure(result: Any) -> str:
    found = result.result.get("observed_value", result.result.get("unexpected_count", ""))
    error = (result.exception_info or {}).get("exception_message")
    return f"{_label(result)}: {error or found}"
