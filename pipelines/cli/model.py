"""Commands about scorecards: fit, evaluate, look at, compare, put in force, roll back.

Looking at cards reads their JSON only; what learns is imported by the two commands that need it.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from desk.files.tables import as_json
from desk.terminal.card import PAGE_LINES, PAGE_WIDTH, card_page
from desk.terminal.effects import effects_lines, show_effects
from desk.terminal.models import (
    EXPERT,
    cards_table,
    metrics_table,
    named,
    promotion_line,
    show_findings,
    side_by_side,
)
from desk.words.catalogue import languages
from desk.words.words import Words, kept
from models.errors import ModelError
from models.learning.gate import GateInputs, GateResult, judge
from models.policy import FAMILY_NAMES, load_policy
from pipelines.cli.model_card import card as model_card
from pipelines.cli.model_card import model_card_told, write_model_cards
from pipelines.cli.options import By, Json, Reason, WrongUse, date_of, day, on_a_terminal, said
from pipelines.cli.progress import Progress
from pipelines.cli.shadow import shadow
from pipelines.settings import Settings, load_settings
from warehouse.clock import local_today
from warehouse.rules import cards, shelf
from warehouse.rules.shelf import StoredCard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.coding.card import FittedCard
    from models.learning.evaluation import Evaluation

DEFAULT_LABEL = "serious_finding"
_PROMOTIONS_SHOWN = 5

Label = Annotated[
    str,
    typer.Option(
        help="what is predicted: a label of learning.yaml of the policy pack, or a variant of one with another "
        "horizon or threshold, e.g. penalty:730d:severity_rank>=3 or 'bad_score:score<=59'"
    ),
]
AsOf = Annotated[
    datetime | None,
    day("use what was known then; default: today", "--as-of"),
]
CardId = Annotated[str, typer.Argument(help="card id, or its first characters")]
From = Annotated[
    datetime | None,
    day("first day coded with it; default: the next one", "--from"),
]

app = typer.Typer(
    no_args_is_help=True,
)
app.command("shadow")(shadow)
app.command("card")(model_card)


@app.command("fit")
def fit(
    label: Label = DEFAULT_LABEL,
    as_of: AsOf = None,
    family: Annotated[str, typer.Option(help="how the starting values are found")] = "boosted",
    json: Json = False,
) -> None:
    """Fit a challenger on the history in the warehouse.  It codes nobody until it is promoted."""
    if family not in FAMILY_NAMES:
        raise WrongUse("'{text}' is not one of {known}", text=family, known=", ".join(FAMILY_NAMES))
    settings = load_settings()
    with Progress(settings.home, quiet=json):
        card = _learning().fit(settings, label, as_of=date_of(as_of), family=family)
    if json:
        typer.echo(card.to_json())
        return
    words, short = Words(settings.language), card.card_id
    typer.echo(
        words("Fitted scorecard {card}: {factors} factors", card=short, factors=len(card.scorecard.factors))
    )
    typer.echo(
        words(
            "See it: ./riskcode model show {card} · hold it against the champion: "
            "./riskcode model compare {card}",
            card=short,
        )
    )


@app.command("evaluate")
def evaluate(label: Label = DEFAULT_LABEL, as_of: AsOf = None, json: Json = False) -> None:
    """Try cards and simple rules on past days they never saw; writes a report."""
    settings = load_settings()
    with Progress(settings.home, quiet=json):
        found, report = _learning().evaluate(settings, label, as_of=date_of(as_of))
    pooled = _pooled(found)
    if json:
        told = {"label": label, "metrics": pooled, "opponent": found.opponent}
        told |= {name: getattr(found, name).fill_nan(None).to_dicts() for name in ("gains", "forecast")}
        typer.echo(as_json({**told, "verdict": kept(found.verdict), "report": str(report)}))
        return
    words, console = Words(settings.language), Console()
    titles = {each.name: words.of(each.title) for each in found.contestants}
    periods = found.periods["is_final"].sum()
    console.print(
        f"[bold]{words('Last {n} periods pooled, none of them learnt from (95% interval in brackets)', n=periods)}[/]",
        highlight=False,
    )
    console.print(metrics_table(pooled, titles, words, wide=console.width >= 110))
    against = escape(titles.get(found.opponent, found.opponent))
    console.print(f"[bold]{words('Best simple rule before')}[/] {against}", highlight=False)
    console.print(f"[bold]{words('Verdict')}[/] {escape(words.of(found.verdict))}")
    console.print(f"[bold]{words('Report')}[/] {escape(str(report))}", soft_wrap=True)


@app.command("list")
def list_(json: Json = False) -> None:
    """Every card there is, newest first, and what was put in force when."""
    settings = load_settings()
    known, promotions = shelf.list_cards(settings.home), shelf.list_promotions(settings.home)
    if json:
        typer.echo(as_json({"cards": known, "promotions": promotions}))
        return
    words, console = Words(settings.language), Console()
    console.print(
        cards_table(known, words, wide=console.width >= 110)
        if known
        else words("No scorecard yet; the expert pack is in force. Fit one: ./riskcode model fit")
    )
    for promotion in promotions[:_PROMOTIONS_SHOWN]:
        console.print(promotion_line(promotion, words), highlight=False, soft_wrap=True)


@app.command("show")
def show(
    card: Annotated[str | None, typer.Argument(help="card id; default: the champion")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="language, e.g. zh or en")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="every point and probability, however long")] = False,
    json: Json = False,
) -> None:
    """A card on one page: points, cut-offs, probabilities, where it comes from, what it would change."""
    settings = load_settings()
    stored = shelf.load_card(settings.home, card)
    found = shelf.measured(settings.home, stored.card_id) if stored.state == "challenger" else None
    if json:
        effects = found.inputs.effects.to_dict() if found and found.inputs.effects else None
        path = settings.home.model_card(stored.card_id, settings.language)
        told = {"effects": effects, "model_card": str(path) if path.exists() else None}
        typer.echo(as_json({"state": stored.state, **stored.card, **told}))
        return
    words, console = Words(_language(lang, settings)), Console()
    title, meaning = _label_texts(stored, settings, words)
    width = min(console.width, PAGE_WIDTH)
    page = card_page(
        stored.card,
        words,
        state=stored.state,
        title=title,
        meaning=meaning,
        more=[
            *(effects_lines(found, words) if found else ()),
            Text(model_card_told(settings, stored.card_id, words), overflow="fold"),
        ],
        lines=None if whole else PAGE_LINES,
        width=width,
    )
    console.print(page, width=width)


@app.command("compare")
def compare(
    card: CardId,
    other: Annotated[str | None, typer.Argument(help="what is in force: its id, or expert")] = None,
    json: Json = False,
) -> None:
    """A card against what is in force: measures, codes that would change, what the gate says."""
    settings = load_settings()
    stored = _challenger(shelf.load_card(settings.home, card))
    in_force = _require_in_force(settings, other)
    inputs = shelf.gate_inputs(settings.home, stored.card_id)
    result = _judge(inputs, settings)
    if json:
        against = {"card": stored.card_id, "against": in_force}
        typer.echo(as_json({**against, "inputs": inputs.to_dict(), "gate": result.to_dict(kept)}))
        return
    words, console = Words(settings.language), Console()
    console.print(
        f"[bold]{stored.card_id}[/] · {words('champion')}{words.colon}{named(in_force, words)}",
        highlight=False,
    )
    if inputs.challenger:
        console.print(side_by_side(inputs, words))
    show_effects(inputs, words, console)
    show_findings(result, words, console)


@app.command("promote")
def promote(
    card: CardId,
    by: By,
    reason: Reason,
    day: From = None,
    override: Annotated[
        bool, typer.Option("--override", help="put it in force although the gate refuses")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    json: Json = False,
) -> None:
    """Put a card in force, in the name of a person and if the gate lets it pass; shows first what would change."""
    name, why = said(by, "--by"), said(reason, "--reason")
    settings = load_settings()
    words, console = Words(settings.language), Console(quiet=json)
    stored = shelf.load_card(settings.home, card)
    if stored.state == "champion":
        day_of = cards.promote_again(settings.home, stored.card_id, approved_by=name, reason=why)
        _say_promoted(stored, day_of, words, {}, settings, json=json)
        return
    inputs = shelf.gate_inputs(settings.home, stored.card_id)
    result = _judge(inputs, settings)
    show_effects(inputs, words, console)
    show_findings(result, words, console)
    if not (result.passed or override):
        raise ModelError(
            "The gate refuses {card}: {why}. Fit a better card, or decide against the gate with --override and a "
            "--reason that says why.",
            card=stored.card_id,
            why=result.refusal,
        )
    if on_a_terminal() and not yes:
        typer.confirm(
            words("Put {card} in force in the name of {name}?", name=name, card=stored.card_id),
            abort=True,
            err=json,
        )
    effective = cards.promote(
        settings.home,
        stored.card_id,
        approved_by=name,
        reason=why,
        effective_from=date_of(day),
        gate=result,
        override=not result.passed,
        say=kept,
    )
    told = {"inputs": inputs.to_dict(), "gate": result.to_dict(kept)}
    _say_promoted(stored, effective, words, told, settings, json=json)


def _say_promoted(
    stored: StoredCard, day: date, words: Words, told: dict[str, Any], settings: Settings, *, json: bool
) -> None:
    """Tell of a promotion, once the model cards of what came into force and of what goes tell of it."""
    last = shelf.list_promotions(settings.home)[0]
    written = write_model_cards(settings, filter(None, (stored.card_id, last["previous_id"])))
    pages = [str(path) for path in written if stored.card_id in path.name]
    if json:
        typer.echo(as_json({"card": stored.card_id, "effective_from": day, **told, "model_cards": pages}))
        return
    typer.echo(model_card_told(settings, stored.card_id, words))
    typer.echo(
        words(
            "{card} is champion from {day}. Codes follow with the next run: ./riskcode run",
            card=stored.card_id,
            day=day,
        )
    )


@app.command("rollback")
def rollback(by: By, reason: Reason, day: From = None) -> None:
    """Go back to the card that was in force before, or to the expert pack."""
    name, why = said(by, "--by"), said(reason, "--reason")
    settings = load_settings()
    words = Words(settings.language)
    back = cards.roll_back(settings.home, approved_by=name, reason=why, effective_from=date_of(day))
    last = shelf.list_promotions(settings.home)[0]
    write_model_cards(settings, filter(None, (back, last["previous_id"])))
    typer.echo(
        words(
            "Rolled back to {card}. Codes follow with the next run: ./riskcode run", card=named(back, words)
        )
    )


class _Learning(NamedTuple):
    fit: "Callable[..., FittedCard]"
    evaluate: "Callable[..., tuple[Evaluation, Path]]"


def _learning() -> _Learning:
    """What learns: scikit-learn takes seconds to import, and nothing else needs it."""
    from pipelines.learning import evaluate, fit

    return _Learning(fit, evaluate)


def _language(asked: str | None, settings: Settings) -> str:
    if asked not in (None, *languages()):
        raise WrongUse("--lang {asked}: choose {known}", asked=asked, known=" / ".join(languages()))
    return asked or settings.language


def _label_texts(stored: StoredCard, settings: Settings, words: Words) -> tuple[str, str]:
    """Title and meaning of what a card predicts, as the pack said on the day it was fitted for."""
    fitted_for = date.fromisoformat(stored.card["origin"]["fitted_for"])
    label = load_policy(settings.pack).on(fitted_for).learning.label(stored.label)
    if label is None:
        return stored.label, ""
    return words.of(label.title), words.of(label.meaning)


def _judge(inputs: GateInputs, settings: Settings) -> GateResult:
    return judge(inputs, load_policy(settings.pack).on(local_today()).learning.gate)


def _challenger(stored: StoredCard) -> StoredCard:
    if stored.state == "champion":
        raise cards.in_force_already(stored.card_id)
    return stored


def _require_in_force(settings: Settings, other: str | None) -> str | None:
    """Id of the champion, ``None`` for the expert pack.  Raises ModelError when ``other`` is neither."""
    standing = shelf.card_in_force(settings.home)
    asked = (
        standing
        if other is None
        else None
        if other == EXPERT
        else shelf.load_card(settings.home, other).card_id
    )
    if asked != standing:
        raise ModelError(
            "Cards are compared with what is in force, {standing}, not with {other}. Leave the second "
            "name out.",
            standing=standing or EXPERT,
            other=other,
        )
    return standing


def _pooled(found: "Evaluation") -> list[dict[str, Any]]:
    """Rows of the measures over the final periods."""
    metrics = found.metrics
    return metrics.filter(metrics["test_as_of"].is_null()).drop("test_as_of").fill_nan(None).to_dicts()
