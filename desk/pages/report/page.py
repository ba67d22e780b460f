"""The page: what was measured, put into the template, written to a file."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from desk.draw import charts
from desk.draw.canvas import Axis, Line
from desk.pages.environment import page_environment
from desk.pages.report import card, front, reported, sections
from desk.pages.report import comparison as contest
from desk.pages.report.comparison import Contest
from desk.pages.report.effects import changes
from desk.pages.report.tables import records
from desk.say import numbers
from desk.say.plan import NO_TARGET
from desk.say.report import METRICS, SCORE, TOP
from desk.words.words import Words
from models.learning.evaluation import Evaluation
from models.learning.forecast import LEVEL
from models.learning.resampling import CAPACITY
from models.messages import N_

HALF = 0.5
"""How far down the list the chart of page one goes; beyond it all lines run together."""
LIMITS = (
    N_(
        "The data give P(found | inspected), not P(exists). Firms that were not visited are "
        "unknown, not clean."
    ),
    NO_TARGET,
    N_("Cut-offs and points are this project's proposals, not Jinan's official ones."),
    N_(
        "A score says where to look first. It is no ground for a penalty; each point leads to a "
        "record that can be corrected."
    ),
    N_(
        "When inspections, definitions or firms change, these numbers no longer hold and have to "
        "be measured anew."
    ),
)


def write_report(evaluation: Evaluation, path: Path, *, language: str) -> Path:
    """Write the model report as one HTML file that needs no network and no script.

    The same evaluation gives the same bytes.  Returns ``path``; missing
    folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(evaluation, language=language), encoding="utf-8", newline="\n")
    return path


def render(evaluation: Evaluation, *, language: str) -> str:
    """The report as HTML."""
    words = Words(language)
    environment = page_environment()
    held = Contest(evaluation, words)
    content = {
        "words": words,
        "top": TOP,
        "evaluation": evaluation,
        "limits": LIMITS,
        "least_hits": front.LEAST_HITS,
        "changes": changes(evaluation.gate_inputs, words),
    }
    content |= _front(held) | _contest(held) | _card(evaluation, words) | _behind(evaluation, words)
    return environment.get_template("report/template.html").render(content)


def _front(held: Contest) -> dict[str, Any]:
    evaluation, words = held.evaluation, held.words
    return {
        "facts": front.facts(held),
        "numbers": front.big_numbers(held),
        "found": _found(held),
        "black_box": held.title(held.black_box) if held.black_box else "",
        "worst": front.worst_groups(evaluation.parity, words),
        "leak_sentence": front.leak_sentence(evaluation.leak, words),
    }


def _found(held: Contest) -> Markup | None:
    lines, words = contest.found_lines(held), held.words
    if not lines:
        return None
    x, y = (
        Axis(words(name), numbers.rounded_share)
        for name in (N_("share of the list visited, riskiest first"), N_("share of all hits found"))
    )
    return charts.found_chart(
        lines, title=words("How much is found, how far down the list"), x=x, y=y, mark=CAPACITY, until=HALF
    )


def _contest(held: Contest) -> dict[str, Any]:
    words = held.words
    dots = contest.dots(held, "auc")
    visited = held.value(held.card, contest.AS_VISITED)
    axis = Axis("", lambda value: f"{value:.2f}")
    return {
        "dots": charts.dot_chart(dots, title=words("AUC with its 95% interval"), x=axis) if dots else None,
        "contest_tables": contest.contest_tables(held),
        "differences": contest.difference_table(held),
        "gains": contest.gain_table(held),
        "level": numbers.rounded_share(LEVEL),
        "explanations": contest.explanations(held),
        "as_visited": numbers.share(visited) if numbers.is_known(visited) else "",
        "by_day": [one for name in ("auc", "precision_expected") if (one := _by_day(held, name))],
    }


def _by_day(held: Contest, metric: str) -> tuple[str, Markup] | None:
    lines, days = contest.period_lines(held, metric)
    title = held.words(METRICS[metric].title)
    form = numbers.rounded_share if metric.startswith("precision") else lambda value: f"{value:.2f}"
    return (title, charts.period_chart(lines, days, title=title, y=Axis("", form))) if lines else None


def _card(evaluation: Evaluation, words: Words) -> dict[str, Any]:
    steps = evaluation.card.calibration.to_dict()["steps"]
    axes = {
        "x": Axis(words.within(*SCORE), lambda value: f"{value:.0f}"),
        "y": Axis("", numbers.rounded_share),
    }
    title = words("From points to probability")
    zones = card.zones(evaluation.card, words)
    return {
        "factor_blocks": card.factor_blocks(evaluation.card, words),
        "cut_offs": card.cut_off_table(evaluation.card, words),
        "probabilities": card.probability_table(evaluation.card, words),
        "staircase": charts.points_chart(steps, zones, title=title, **axes),
        "base_rate": numbers.share(evaluation.card.calibration.base_rate),
        "provenance": [
            *card.provenance(evaluation.card, words),
            (words("source of the label"), evaluation.label.provenance.full_reference),
        ],
    }


def _behind(evaluation: Evaluation, words: Words) -> dict[str, Any]:
    spec = evaluation.label.spec
    return {
        "calibration": _calibration(evaluation, words),
        "calibration_table": sections.calibration_table(evaluation.calibration, words),
        "rounding": sections.rounding_table(evaluation.tradeoff, words),
        "rounding_charts": [
            one for name in ("auc", "log_loss") if (one := _rounding(evaluation, name, words)) is not None
        ],
        "leak": sections.leak_table(evaluation.leak, words),
        "drawn": sections.drawn_table(evaluation.drawn, words),
        "parity": sections.parity_tables(evaluation.parity, words),
        "reported": reported.brought_table(evaluation.reported, words),
        "reported_parity": reported.parity_tables(evaluation.reported_parity, words),
        "stability": sections.stability_table(evaluation.stability, words),
        "feedback": sections.feedback_finding(evaluation.feedback, words),
        "suspicious": sections.suspicious_finding(evaluation, words),
        "periods": sections.period_table(evaluation.periods, spec.gap_days, words),
        "method": words(
            "Walk-forward: for each test day only as-of days whose outcomes were complete by then were "
            "learnt from. Outcomes are awaited {horizon} days and announced up to {lag} days later, so at "
            "least {gap} days lie between learning and trying. Days marked “final” give the numbers of "
            "this report.",
            horizon=spec.horizon_days,
            lag=spec.lag_days,
            gap=spec.horizon_days + spec.lag_days,
        ),
    }


def _calibration(evaluation: Evaluation, words: Words) -> Markup | None:
    bins = records(evaluation.calibration)
    if not bins:
        return None
    x, y = (
        Axis(words(name), numbers.rounded_share)
        for name in (N_("predicted probability"), N_("observed share of hits"))
    )
    title = words("Can the probabilities be believed")
    return charts.calibration_chart(bins, title=title, x=x, y=y, ideal=words("perfect"))


def _rounding(evaluation: Evaluation, measure: str, words: Words) -> tuple[str, Markup] | None:
    lines: list[Line]
    lines, unrounded = sections.rounding_lines(evaluation.tradeoff, measure, words)
    if not lines:
        return None
    title = words(METRICS[measure].title)
    x, y = Axis(words("bins"), lambda value: f"{value:.0f}"), Axis("", numbers.three)
    return title, charts.rounding_chart(lines, unrounded, title=title, x=x, y=y, named=words("not rounded"))
