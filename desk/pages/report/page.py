"""The page: what was measured, put into the template, written to a file."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from desk.draw import charts
from desk.draw.canvas import Axis, Line
from desk.pages.environment import page_environment
from desk.pages.report import card, front, sections
from desk.pages.report import comparison as contest
from desk.pages.report.comparison import Contest
from desk.pages.report.tables import records
from desk.say import numbers
from desk.say.report import Texts
from models.learning.evaluation import Evaluation
from models.learning.measures import CAPACITY

HALF = 0.5
"""How far down the list the chart of page one goes; beyond it all lines run together."""
LIMITS = ("selection", "target", "cut_offs", "person", "change")


def write_report(evaluation: Evaluation, path: Path, *, language: str) -> Path:
    """Write the model report as one HTML file that needs no network and no script.

    ``language``: ``zh``, else English.  The same evaluation gives the same bytes.  Returns ``path``; missing
    folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(evaluation, language=language), encoding="utf-8", newline="\n")
    return path


def render(evaluation: Evaluation, *, language: str) -> str:
    """The report as HTML."""
    texts = Texts(language)
    environment = page_environment()
    held = Contest(evaluation, texts)
    content = {"t": texts, "evaluation": evaluation, "limits": LIMITS, "least_hits": front.LEAST_HITS}
    content |= _front(held) | _contest(held) | _card(evaluation, texts) | _behind(evaluation, texts)
    return environment.get_template("report/template.html").render(content)


def _front(held: Contest) -> dict[str, Any]:
    evaluation, texts = held.evaluation, held.texts
    return {
        "facts": front.facts(held),
        "numbers": front.big_numbers(held),
        "found": _found(held),
        "black_box": held.title(held.black_box) if held.black_box else "",
        "worst": front.worst_groups(evaluation.parity, texts),
        "leak_sentence": front.leak_sentence(evaluation.leak, texts),
    }


def _found(held: Contest) -> Markup | None:
    lines, texts = contest.found_lines(held), held.texts
    if not lines:
        return None
    x, y = (Axis(texts(name), numbers.rounded_share) for name in ("share_visited", "share_found"))
    return charts.found_chart(lines, title=texts("found_title"), x=x, y=y, mark=CAPACITY, until=HALF)


def _contest(held: Contest) -> dict[str, Any]:
    texts = held.texts
    dots = contest.dots(held, "auc")
    visited = held.value(held.card, contest.AS_VISITED)
    axis = Axis("", lambda value: f"{value:.2f}")
    return {
        "dots": charts.dot_chart(dots, title=texts("auc_dots"), x=axis) if dots else None,
        "contest_tables": contest.contest_tables(held),
        "differences": contest.difference_table(held),
        "explanations": contest.explanations(held),
        "as_visited": numbers.share(visited) if numbers.is_known(visited) else "",
        "by_day": [one for name in ("auc", "precision_expected") if (one := _by_day(held, name))],
    }


def _by_day(held: Contest, metric: str) -> tuple[str, Markup] | None:
    lines, days = contest.period_lines(held, metric)
    title = held.texts.metric(metric)
    form = numbers.rounded_share if metric.startswith("precision") else lambda value: f"{value:.2f}"
    return (title, charts.period_chart(lines, days, title=title, y=Axis("", form))) if lines else None


def _card(evaluation: Evaluation, texts: Texts) -> dict[str, Any]:
    steps = evaluation.card.calibration.to_dict()["steps"]
    axes = {"x": Axis(texts("points"), lambda value: f"{value:.0f}"), "y": Axis("", numbers.rounded_share)}
    title = texts("probability_by_points")
    zones = card.zones(evaluation.card, texts)
    return {
        "factor_blocks": card.factor_blocks(evaluation.card, texts),
        "cut_offs": card.cut_off_table(evaluation.card, texts),
        "probabilities": card.probability_table(evaluation.card, texts),
        "staircase": charts.points_chart(steps, zones, title=title, **axes),
        "base_rate": numbers.share(evaluation.card.calibration.base_rate),
        "provenance": [
            *card.provenance(evaluation.card, texts),
            (texts("label_source"), evaluation.label.provenance.reference),
        ],
    }


def _behind(evaluation: Evaluation, texts: Texts) -> dict[str, Any]:
    spec = evaluation.label.spec
    return {
        "calibration": _calibration(evaluation, texts),
        "calibration_table": sections.calibration_table(evaluation.calibration, texts),
        "rounding": sections.rounding_table(evaluation.tradeoff, texts),
        "rounding_charts": [
            one for name in ("auc", "log_loss") if (one := _rounding(evaluation, name, texts)) is not None
        ],
        "leak": sections.leak_table(evaluation.leak, texts),
        "drawn": sections.drawn_table(evaluation.drawn, texts),
        "parity": sections.parity_tables(evaluation.parity, texts),
        "stability": sections.stability_table(evaluation.stability, texts),
        "feedback": sections.feedback_finding(evaluation.feedback, texts),
        "suspicious": sections.suspicious_finding(evaluation, texts),
        "periods": sections.period_table(evaluation, texts),
        "method": texts(
            "method_lead", horizon=spec.horizon_days, lag=spec.lag_days, gap=spec.horizon_days + spec.lag_days
        ),
    }


def _calibration(evaluation: Evaluation, texts: Texts) -> Markup | None:
    bins = records(evaluation.calibration)
    if not bins:
        return None
    x, y = (Axis(texts(name), numbers.rounded_share) for name in ("predicted", "observed"))
    title = texts("calibration_title")
    return charts.calibration_chart(bins, title=title, x=x, y=y, ideal=texts("ideal"))


def _rounding(evaluation: Evaluation, measure: str, texts: Texts) -> tuple[str, Markup] | None:
    lines: list[Line]
    lines, unrounded = sections.rounding_lines(evaluation.tradeoff, measure, texts)
    if not lines:
        return None
    title = texts.metric(measure)
    x, y = Axis(texts("bins"), lambda value: f"{value:.0f}"), Axis("", numbers.three)
    return title, charts.rounding_chart(lines, unrounded, title=title, x=x, y=y, named=texts("unrounded"))
