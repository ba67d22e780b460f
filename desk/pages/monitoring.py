"""The monitoring page: one HTML file without network or script, alarms first, then the pictures behind them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from desk.draw import monitoring as charts
from desk.pages.environment import page_environment
from desk.say import monitoring as sentences
from desk.say.complaints import complaint
from desk.say.groups import KINDS
from desk.words.words import Words
from models import vocabulary as vocab
from models.messages import N_
from warehouse.database.reading import Row
from warehouse.questions import monitoring as queries
from warehouse.questions.complaints import standing

_MOST_BARS = 13
"""Bars of the drift chart: beyond a dozen all are near 0."""

HEADS = {
    "shares": N_("Share of each code"),
    "moved": N_("Codes moved a day (‰, between two codings)"),
    "flips": N_("Flip-flops (‰ a year)"),
    "migration": N_("Who went from which code to which"),
    "parity": N_("Is RED spread alike?"),
    "drift": N_("Drift of spreads (PSI)"),
    "score_drift": N_("Drift of the score (PSI)"),
}
"""Heads of pictures, which name them too for who cannot see them."""


def write_page(connection: duckdb.DuckDBPyConnection, path: Path, *, language: str) -> Path:
    """Write the page from a published copy.  Returns ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(connection, language=language), encoding="utf-8", newline="\n")
    return path


def render(connection: duckdb.DuckDBPyConnection, *, language: str) -> str:
    """The page as HTML.  Raises WarehouseError when nothing was measured."""
    words = Words(language)
    found = queries.findings(connection)
    environment = page_environment()
    content = {
        "say": sentences,
        "words": words,
        "heads": HEADS,
        "run": queries.measured_coding(connection),
        "found": found,
        "verdict": sentences.verdict(found, words),
        "alarms": _alarms(found),
        "complaints": [(row, complaint(row, words)) for row in standing(connection)],
        "acknowledged": queries.acknowledgements(connection),
        **_over_time(connection, words),
        **_migration(connection, words),
        **_fairness(found, words),
        "drift": _drift(found, words),
    }
    return environment.get_template("monitor.html").render(content)


def _alarms(found: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Alarms by metric; what to look at is the same for all groups."""
    raised = [row for row in found if row["state"] == "alarm"]
    names = dict.fromkeys(row["metric"] for row in raised)
    return [(name, [row for row in raised if row["metric"] == name]) for name in names]


def _over_time(connection: duckdb.DuckDBPyConnection, words: Words) -> dict[str, Any]:
    shares = queries.shares(connection)
    drawn = charts.shares_chart(shares, _codes(words), title=words(HEADS["shares"])) if shares else None
    limited = {"moved": "codes_moved", "score_drift": "psi_score", "flips": "flip_flops"}
    return {
        "shares": drawn,
        **{name: _limited(connection, metric, HEADS[name], words) for name, metric in limited.items()},
    }


def _limited(connection: duckdb.DuckDBPyConnection, metric: str, head: str, words: Words) -> Markup | None:
    rows = queries.history(connection, metric)
    if not any(row["value"] is not None for row in rows):
        return None
    form, limit = "{:g}".format, words("limit")
    return charts.limit_chart(rows, title=words(head), form=form, limit_name=limit)


def _migration(connection: duckdb.DuckDBPyConnection, words: Words) -> dict[str, Any]:
    rows = queries.migration(connection)
    if not rows:
        return {"migration": None, "migration_note": ""}
    days = {"before": rows[0]["before_as_of"], "after": rows[0]["as_of"]}
    drawn = charts.migration_chart(
        rows,
        _codes(words),
        title=words(HEADS["migration"]),
        before=f"{days['before']} ↓",
        now=f"{days['after']} →",
    )
    note = words(
        "Rows: code on {before}; columns: on {after}. Green got better, red worse; per cent of the row.",
        **days,
    )
    return {"migration": drawn, "migration_note": note}


def _fairness(found: Sequence[Row], words: Words) -> dict[str, Any]:
    drawn: list[tuple[str, Markup]] = []
    for kind, title in KINDS.items():
        rows = [_named(row, words) for row in found if row["group_kind"] == kind]
        if rows:
            name, alike = words(title), words(HEADS["parity"])
            form = partial(sentences.number, "red_rate", words=words)
            drawn.append((name, charts.parity_chart(rows, title=f"{alike} {name}", form=form)))
    return {"parity": drawn}


def _drift(found: Sequence[Row], words: Words) -> Markup | None:
    known = [row for row in found if row["value"] is not None]
    score = [
        {**row, "name": sentences.title("psi_score", words)} for row in known if row["metric"] == "psi_score"
    ]
    factors = [_named(row, words) for row in known if row["metric"] == "psi"]
    most = sorted(factors, key=lambda row: -row["value"])[: _MOST_BARS - len(score)]
    if not score and not most:
        return None
    return charts.drift_chart(
        [*score, *most],
        title=words(HEADS["drift"]),
        form=lambda value: f"{value:.3f}",
        limit_name=words("limit"),
    )


def _named(row: Row, words: Words) -> Row:
    """A measure with the name of its group, as a chart writes it."""
    return {**row, "name": words.either(row, "group")}


def _codes(words: Words) -> dict[str, str]:
    return {key: words.label(vocab.CODE, key) for key in vocab.CODE_KEYS}
