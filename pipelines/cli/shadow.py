"""``./riskcode model shadow``: a month of two cards side by side, the one in force and one that codes nobody yet."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.terminal.models import named
from desk.terminal.shadow import agreement, apart_table, days_table
from desk.words.words import Words
from models.errors import ModelError
from models.policy import load_policy
from pipelines.cli.options import Json
from pipelines.settings import Settings, load_settings
from warehouse.rules import shelf
from warehouse.rules.shelf import ShadowDay

_MONTH = 31


def shadow(
    card: Annotated[str | None, typer.Argument(help="card id; default: the one in shadow last")] = None,
    days: Annotated[int, typer.Option(min=1, help="the last so many days it was in shadow")] = _MONTH,
    limit: Annotated[int, typer.Option(min=0, help="enterprises that are listed of the last day")] = 10,
    json: Json = False,
) -> None:
    """A card in shadow beside the one in force: codes by day, who is RED under one alone, and by which points."""
    settings = load_settings()
    card_id = shelf.load_card(settings.home, card).card_id if card else shelf.card_in_shadow(settings.home)
    if card_id is None:
        raise ModelError(
            "No card was in shadow yet. Every night codes with the newest card of a label that was never put in force: "
            "./riskcode model evaluate makes one, ./riskcode run codes."
        )
    found = shelf.shadow_days(settings.home, card_id, days)
    if json:
        typer.echo(as_json({"card": card_id, "days": [_plain(day) for day in found]}))
        return
    words, console, last = Words(settings.language), Console(), found[-1]
    against = words.listing(dict.fromkeys(named(day.against, words) for day in found))
    title = words("{card} in shadow beside {against}", card=card_id, against=against)
    console.print(f"[bold]{escape(title)}[/]", highlight=False)
    console.print(days_table(found, words))
    between = (last.as_of - found[0].as_of).days + 1 - len(found)
    if between:
        console.print(words("{n} days in between without a shadow", n=between), highlight=False)
    told = words(
        "RED under one alone on {day}: {n}; the first {shown}, scores as points / RED from",
        day=last.as_of,
        n=len(last.apart),
        shown=min(limit, len(last.apart)),
    )
    console.print(f"[bold]{escape(told)}[/]", highlight=False)
    if shown := last.apart[:limit]:
        console.print(apart_table(shown, _titles(settings, last, words), words))
    console.print(words("All of them, of all days: --json"), highlight=False)


def _plain(day: ShadowDay) -> dict[str, Any]:
    """A day as it is written for machines."""
    moves = [{"from": old, "to": new, "enterprises": n} for (old, new), n in day.moves.items()]
    apart = [
        {
            **row,
            "points": [dict(zip(("feature", "now", "shadow"), one, strict=True)) for one in row["points"]],
        }
        for row in day.apart
    ]
    return asdict(day) | {"agreement": agreement(day), "moves": moves, "apart": apart}


def _titles(settings: Settings, day: ShadowDay, words: Words) -> dict[str, str]:
    """What features are called by the pack: as candidates of fitted cards, else as factors of the expert's."""
    policy = load_policy(settings.pack).on(day.as_of)
    told = {one.feature: words.either(vars(one), "title") for one in policy.scorecard.factors}
    return told | {one.feature: words.of(one.title) for one in policy.learning.candidates}
