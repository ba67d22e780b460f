"""What the terminal shows about cards and evaluations."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.terminal.layout import plain_table
from desk.words.labels import CARD_STATE
from desk.words.words import Words
from models import vocabulary as vocab
from models.learning.gate import GateInputs, GateResult
from models.messages import N_

EXPERT = "expert"
"""The expert's points, where a card would stand."""
MEASURES = {
    "auc": (N_("AUC"), ".3f"),
    "precision_expected": (N_("precision"), ".1%"),
    "precision_2pct": (N_("first 2%"), ".1%"),
    "average_precision": (N_("average precision"), ".3f"),
    "recall_expected": (N_("recall"), ".1%"),
    "lift": (N_("lift"), ".2f"),
    "calibration_error": (N_("calibration error"), ".3f"),
    "chicago_days_earlier": (N_("days earlier"), "+.1f"),
}
"""Measures a terminal has room for, what they are called and how they are written; the report has all."""
_FEW = 4
"""Of them, the first, which a narrow terminal has room for beside what a contestant is called."""
_BOUNDED = ("auc", "precision_expected")
"""Measures whose interval has room as well."""
_ACTIONS = {"promote": N_("promoted"), "rollback": N_("rolled back")}


def cards_table(cards: Iterable[Mapping[str, Any]], words: Words, *, wide: bool) -> Table:
    """Fitted cards, one row each; ``wide`` adds family, day and rows."""
    table = plain_table()
    numbers = {**({"rows": words("rows")} if wide else {}), "positives": words("positive")}
    heads = (words("card"), words("state"), words("label"), words("cohorts"))
    for head in (*heads, *((words("family"), words("fitted on")) if wide else ())):
        table.add_column(head, overflow="fold")
    for head in numbers.values():
        table.add_column(head, justify="right")
    table.add_column("AUC", justify="right")
    for card in cards:
        state = words.label(CARD_STATE, card["state"])
        table.add_row(
            card["card_id"],
            f"[bold green]{state}[/]" if card["state"] == "champion" else state,
            escape(card["label"]),
            # Cohort days are ends of months.
            f"{str(card['first_cohort'])[:7]}–{str(card['last_cohort'])[:7]}",
            *((escape(card["family"]), f"{card['fitted_on']}") if wide else ()),
            *(f"{card[key]:,}" for key in numbers),
            _number(card["auc"]),
        )
    return table


def promotion_line(promotion: Mapping[str, Any], words: Words) -> str:
    """One decision in a line: when, what, from which day, by whom, why, and whether against the gate."""
    return " · ".join(
        [
            f"[dim]{str(promotion['promoted_at'])[:16]}[/] {words(_ACTIONS[promotion['action']])} "
            f"{named(promotion['card_id'], words)}",
            words("from {day}", day=promotion["effective_from"]),
            escape(words("approved by {name}", name=promotion["approved_by"])),
            escape(promotion["reason"]),
            *([f"[red]{words('against the gate')}[/]"] if promotion["overridden"] else []),
        ]
    )


def metrics_table(
    pooled: Sequence[Mapping[str, Any]], titles: Mapping[str, str], words: Words, *, wide: bool
) -> Table:
    """Contestants by measure, each with its interval."""
    cells = {(row["contestant"], row["metric"]): _measured(row) for row in pooled}
    measures = [name for name in MEASURES if any(metric == name for _, metric in cells)]
    measures = measures if wide else measures[:_FEW]
    table = plain_table()
    table.add_column(words("contestant"), overflow="fold")
    for measure in measures:
        table.add_column(words(MEASURES[measure][0]), justify="right", no_wrap=measure in _BOUNDED)
    for contestant in dict.fromkeys(row["contestant"] for row in pooled):
        told = [cells.get((contestant, measure), "–") for measure in measures]
        table.add_row(escape(titles.get(contestant, contestant)), *told)
    return table


def _measured(row: Mapping[str, Any]) -> str:
    _, form = MEASURES.get(row["metric"], ("", ".3f"))
    known = row["metric"] in _BOUNDED and row["low"] is not None and not isnan(row["low"])
    interval = f"\n({row['low']:{form}}–{row['high']:{form}})" if known else ""
    return _number(row["value"], form) + interval


def _number(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None or isnan(value) else f"{value:{form}}"


def side_by_side(inputs: GateInputs, words: Words) -> Table:
    """Challenger and champion by measure, with the difference."""
    table = plain_table()
    table.add_column(words("measure"))
    for head in (
        words.label(CARD_STATE, "challenger"),
        words.label(CARD_STATE, "champion"),
        words("difference"),
    ):
        table.add_column(head, justify="right")
    for name, (title, form) in MEASURES.items():
        new, old = inputs.challenger.get(name), inputs.champion.get(name)
        if new is None or old is None:
            continue
        difference = _number(new - old, f"+{form.removeprefix('+')}")
        table.add_row(words(title), _number(new, form), _number(old, form), difference)
    return table


def moves_table(moves: Mapping[tuple[str, str], int], words: Words) -> Table:
    """Enterprises by code now (rows) and then (columns), worst first."""
    keys = tuple(reversed(vocab.CODE_KEYS))
    table = plain_table()
    table.add_column(words("now"))
    for key in keys:
        table.add_column(words.code(key), justify="right")
    table.add_column(words("sum"), justify="right")
    for old in keys:
        counts = [moves.get((old, new), 0) for new in keys]
        table.add_row(words.code(old), *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    totals = [sum(moves.get((old, new), 0) for old in keys) for new in keys]
    table.add_row(words("sum"), *(f"{total:,}" for total in totals), f"{sum(totals):,}")
    return table


def show_findings(result: GateResult, words: Words, console: Console) -> None:
    """What the gate found, one line a rule."""
    heading, colour = (words("Gate: passed"), "green") if result.passed else (words("Gate: refused"), "red")
    console.print(f"[bold {colour}]{heading}[/]")
    for finding in result.findings:
        mark = "[green]✓[/]" if finding.passed else "[red]✗[/]"
        console.print(f"{mark} {escape(words.of(finding.sentence))}", highlight=False)


def named(card_id: str | None, words: Words) -> str:
    """A card by its id; no card is the expert's points."""
    return card_id or words("expert pack")
