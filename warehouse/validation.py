"""Great Expectations on DuckDB: suites go in, results and Data Docs come out.

GX has no DuckDB dialect and closes its connection before it fetches; the adapter below gives it a cursor of the
run's own connection that ignores begin, commit and rollback (decision record 0004).  GX is imported inside the
functions: it takes seconds, and reading commands must not wait for it.
"""

import logging
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.database.frames import Connection, log
from warehouse.database.places import cursor_of

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


SAMPLE_ROWS = 10
"""Rows of a failed check that are shown with it."""


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
    """Result of one suite: what failed, in words, where its Data Docs page is, and the first rows that failed."""

    suite: Suite
    passed: bool
    failures: tuple[str, ...]
    observed: dict[str, str]
    docs: Path
    sample: tuple[dict[str, Any], ...] = ()


def run_suites(connection: Connection, suites: Sequence[Suite], *, docs: Path) -> list[Outcome]:
    """Run suites on the connection's own view of the warehouse; each result becomes a page below ``docs``."""
    log.info("checking %s", ", ".join(sorted({suite.table for suite in suites})))
    # GX asks the network for nothing when analytics are off, and draws no progress bars of its own.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # It imports Spark where that is installed, which has something to say about pandas.
        warnings.simplefilter("ignore", FutureWarning)
        # Great Expectations takes ten seconds to import; only checks need it.
        import great_expectations as gx
        from great_expectations.render import renderer, view

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    cursor = cursor_of(connection)
    source = _duckdb_source(context, cursor)
    # Its modules name what they offer nowhere, which the type checker takes for private.
    layout = renderer.ValidationResultsPageRenderer(data_context=context)  # pyright: ignore[reportPrivateImportUsage]
    # One for all pages: it keeps its templates.
    html = view.DefaultJinjaPageView()  # pyright: ignore[reportPrivateImportUsage]
    docs.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for suite in suites:
        with warnings.catch_warnings():
            # SQLAlchemy does not know the lists of DuckDB; their columns are checked all the same.
            warnings.filterwarnings("ignore", "Did not recognize type")
            result = _result(gx, source, suite)
        page = docs / f"{suite.name}.html"
        page.write_text(_readable_offline(html.render(layout.render(result))), encoding="utf-8")
        outcomes.append(_outcome(suite, result, page))
    # Left open, it would hold the place of the day that is checked.
    cursor.close()
    return outcomes


def _duckdb_source(context: Any, cursor: Connection) -> Any:
    import duckdb_engine
    from sqlalchemy.pool import StaticPool

    class Borrowed(duckdb_engine.ConnectionWrapper):
        """The run's own connection; transactions belong to the run, not to GX."""

        def begin(self) -> None: ...
        def commit(self) -> None: ...
        def rollback(self) -> None: ...
        def close(self) -> None: ...

    return context.data_sources.add_sql(
        "warehouse",
        connection_string="duckdb:///:memory:",
        kwargs={"creator": lambda: Borrowed(cursor), "poolclass": StaticPool},
    )


def _result(gx: Any, source: Any, suite: Suite) -> Any:
    schema, table = suite.table.split(".")
    asset = source.add_table_asset(suite.name, table_name=table, schema_name=schema)
    expectations = [getattr(gx.expectations, kind)(**arguments) for kind, arguments in suite.expectations]
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    result = batch.validate(gx.ExpectationSuite(name=suite.name, expectations=expectations))
    # What the page says of the run, in its heading and below.
    result.meta["run_id"] = {
        "run_name": suite.about,
        "run_time": result.meta["batch_markers"]["ge_load_time"],
    }
    return result


def _outcome(suite: Suite, result: Any, page: Path) -> Outcome:
    failures = tuple(_failure(each) for each in result.results if not each.success)
    observed = {_label(each): str(each.result.get("observed_value", "")) for each in result.results}
    return Outcome(suite, bool(result.success), failures, observed, page, _sample(result))


def _sample(result: Any) -> tuple[dict[str, Any], ...]:
    """The first rows of the first expectation that failed on rows."""
    for each in result.results:
        rows = (each.result.get("details") or {}).get("unexpected_rows")
        if not each.success and rows:
            return tuple({str(name): value for name, value in row.items()} for row in rows[:SAMPLE_ROWS])
    return ()


def _readable_offline(html: str) -> str:
    """A page of Great Expectations without what a closed network could not load, in a dress of its own."""
    return _REMOTE.sub("", html).replace("</head>", f"<style>{_STYLE}</style></head>", 1)


def _label(result: Any) -> str:
    config = result.expectation_config
    return str(config.description or f"{config.type} {config.kwargs.get('column', '')}".strip())


def _failure(result: Any) -> str:
    found = result.result.get("observed_value", result.result.get("unexpected_count", ""))
    error = (result.exception_info or {}).get("exception_message")
    return f"{_label(result)}: {error or found}"
