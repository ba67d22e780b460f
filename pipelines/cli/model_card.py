"""``./riskcode model card``: the model card of a fitted card, and where it lies."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from desk.files.tables import as_json
from desk.words.catalogue import languages
from desk.words.words import STORED, Words
from models.policy import load_policy
from pipelines.cli.options import Json, WrongUse
from pipelines.settings import Settings, load_settings
from warehouse.rules.dossier import dossier


def card(
    card: Annotated[str | None, typer.Argument(help="card id; default: the champion")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "--lang", help="language, e.g. zh or en; default: every one")
    ] = None,
    json: Json = False,
) -> None:
    """Write the model card of a card: use, data, results by group, limits, fairness, who decided; tells the files."""
    if language not in (None, *languages()):
        raise WrongUse("--lang {asked}: choose {known}", asked=language, known=" / ".join(languages()))
    settings = load_settings()
    paths = write_model_cards(settings, [card], languages=[language] if language else STORED)
    typer.echo(as_json([str(path) for path in paths]) if json else "\n".join(map(str, paths)))


def write_model_cards(
    settings: Settings, cards: Iterable[str | None], *, languages: Iterable[str] = STORED
) -> list[Path]:
    """Write the model cards of some cards, of the champion where one is ``None``.  Returns their files."""
    # It imports what learns, for the titles of the rules that a card was held against.
    from desk.pages.model_card import write_model_card

    asked, written = [*languages], list[Path]()
    for one in cards:
        told = dossier(settings.home, one)
        fitted_for = date.fromisoformat(told.card.origin.fitted_for)
        label = load_policy(settings.pack).on(fitted_for).learning.label(told.card.origin.label)
        written += [write_model_card(told, label, settings.home, language=each) for each in asked]
    return written


def model_card_told(settings: Settings, card_id: str, words: Words) -> str:
    """Where the model card of a card lies, in the language of the reader; or how it is written."""
    path = settings.home.model_card(card_id, words.language)
    if path.exists():
        return f"{words('Model card')}{words.colon}{path}"
    return words("Model card: ./riskcode model card {card} writes it", card=card_id)
