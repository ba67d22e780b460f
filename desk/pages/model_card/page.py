"""The page of a model card: what is stored of a card, put into the template, written to a file."""

from pathlib import Path
from typing import Any

import polars as pl

from desk.pages.environment import page_environment
from desk.pages.model_card.results import forecast_table, result_table, title
from desk.pages.report import card as points
from desk.pages.report import front, sections
from desk.pages.report.effects import changes
from desk.pages.report.page import LIMITS
from desk.pages.report.tables import Cell, Row, Table
from desk.say.effects import red_bound
from desk.say.report import TOP
from desk.words.labels import CARD_STATE
from desk.words.words import Words
from models.messages import N_
from models.policy import FORBIDDEN, Label
from warehouse.home import Home
from warehouse.rules.dossier import Dossier

FOR = (
    N_(
        "Putting enterprises in order: who is visited first, and which code the points lead to, renewed every night."
    ),
    N_("Inspectors, planners and reviewers of the authority; each point leads to a record they can look up."),
    N_("Enterprises that are coded by this installation, with the records it takes in."),
)
NOT_FOR = (
    N_(
        "No ground for a penalty, a closure or a licence, and no finding: what an inspector finds is decided on site."
    ),
    N_("No measure of inspectors, teams or districts, and nobody's target."),
    N_("No statement that an enterprise is safe: GREEN still holds hits, and not visited is unknown."),
    N_(
        "No use for credit, insurance, hiring or publication, and none in another city without measuring it there."
    ),
)


def write_model_card(told: Dossier, label: Label | None, home: Home, *, language: str) -> Path:
    """Write the model card; the same stored content gives the same bytes.  Returns the path."""
    path = home.model_card(told.card.card_id, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(told, label, language=language), encoding="utf-8", newline="\n")
    return path


def render(told: Dossier, label: Label | None, *, language: str) -> str:
    """The model card as HTML; ``label`` is what the pack said of it on the day the card was fitted for."""
    words = Words(language)
    content = {
        "words": words,
        "top": TOP,
        "card": told.card,
        "state": words.label(CARD_STATE, told.state),
        "title": words.of(label.title) if label else told.card.origin.label,
        "meaning": words.of(label.meaning) if label else "",
        "verdict": words.either(told.evaluation or {"verdict_en": ""}, "verdict"),
        "intended": FOR,
        "not_intended": NOT_FOR,
        "limits": LIMITS,
    }
    content |= _data(told, label, words) | _results(told, words) | _groups(told, words)
    content |= _thresholds(told, words) | _decisions(told, words)
    return page_environment().get_template("model_card/template.html").render(content)


def _data(told: Dossier, label: Label | None, words: Words) -> dict[str, Any]:
    spec = label.spec if label else None
    facts = points.provenance(told.card, words)
    if label and spec:
        span = words(
            "{horizon} days, and up to {lag} more to be announced",
            horizon=spec.horizon_days,
            lag=spec.lag_days,
        )
        facts += [
            (words("outcome awaited"), span),
            (words("source of the label"), label.provenance.full_reference),
        ]
    periods = told.tables.get("periods", pl.DataFrame())
    table = sections.period_table(periods, spec.gap_days if spec else 0, words)
    return {"provenance": facts, "periods": table}


def _results(told: Dossier, words: Words) -> dict[str, Any]:
    opponent = told.evaluation.get("opponent") if told.evaluation else None
    return {
        "opponent": title(opponent, words) if opponent else "",
        "results": result_table(told.tables, opponent, words),
        "forecast": forecast_table(told.tables, words),
    }


def _groups(told: Dossier, words: Words) -> dict[str, Any]:
    """What was measured by group; nothing for a card that was not evaluated."""
    if not told.evaluation or not {"parity", "leak", "drawn", "feedback"} <= {*told.tables}:
        return {"is_evaluated": False}
    tables = told.tables
    return {
        "is_evaluated": True,
        "least_hits": front.LEAST_HITS,
        "parity": sections.parity_tables(tables["parity"], words),
        "worst": front.worst_groups(tables["parity"], words),
        "leak_sentence": front.leak_sentence(tables["leak"], words),
        "leak": sections.leak_table(tables["leak"], words),
        "drawn": sections.drawn_table(tables["drawn"], words),
        "feedback": sections.feedback_finding(tables["feedback"], words),
        "changes": changes(told.measured.inputs, words) if told.measured else None,
    }


def _thresholds(told: Dossier, words: Words) -> dict[str, Any]:
    return {
        "factor_blocks": points.factor_blocks(told.card, words),
        "cut_offs": points.cut_off_table(told.card, words),
        "probabilities": points.probability_table(told.card, words),
        "bound": red_bound(vars(told.card.origin), words),
        "forbidden": len(FORBIDDEN),
    }


def _decisions(told: Dossier, words: Words) -> dict[str, Any]:
    """Who put the card in force or out of it, when and why, and what the gate had found."""
    rows = [
        Row(
            (
                Cell(str(one["promoted_at"])[:16]),
                Cell(_act(one, told.card.card_id, words)),
                Cell(words.day(one["effective_from"])),
                Cell(one["approved_by"]),
                Cell(one["reason"]),
            )
        )
        for one in told.decisions
    ]
    head = tuple(words(name) for name in (N_("decided"), N_("what"), N_("from"), N_("by"), N_("reason")))
    promoted = [
        one for one in told.decisions if one["card_id"] == told.card.card_id and one["action"] == "promote"
    ]
    gate = promoted[-1]["gate"] if promoted else []
    return {
        "decisions": Table(head, tuple(rows), words("Nobody has put this card in force."), texts=5),
        "promotion": _promotion(promoted[-1], words) if promoted else "",
        "gate": [(one["passed"], words.either(_by_language(one), "said")) for one in gate],
    }


def _by_language(finding: dict[str, Any]) -> dict[str, Any]:
    return {f"said_{name}": text for name, text in finding.items() if isinstance(text, str)}


def _act(decision: dict[str, Any], card_id: str, words: Words) -> str:
    """What a decision did with the card."""
    if decision["card_id"] != card_id:
        return words("replaced by {card}", card=decision["card_id"] or words("expert pack"))
    if decision["action"] == "rollback":
        return words("put in force again")
    said = words("put in force")
    return words.aside(said, words("against the gate")) if decision["overridden"] else said


def _promotion(decision: dict[str, Any], words: Words) -> str:
    said = words(
        "Put in force by {name} on {day}, from {first} on: {reason}",
        name=decision["approved_by"],
        day=str(decision["promoted_at"])[:10],
        first=words.day(decision["effective_from"]),
        reason=decision["reason"],
    )
    return words.aside(said, words("against the gate")) if decision["overridden"] else said
