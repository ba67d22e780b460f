"""The model card: everything that is stored of a card, and nothing that is not."""

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from markupsafe import escape

from desk.pages.model_card import render, write_model_card
from desk.pages.model_card.page import FOR, NOT_FOR
from desk.pages.report.page import LIMITS
from desk.words.words import Words, kept
from models.learning.comparison import RULES
from tests.desk.pages.test_report import evaluation
from warehouse.home import Home
from warehouse.rules.cards import EVALUATION_TABLES
from warehouse.rules.dossier import Dossier
from warehouse.rules.shelf import Measured

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
FINDING = {
    "name": "parity",
    "passed": False,
    "value": 1.6,
    "limit": 1.5,
    "zh": "小型偏多",
    "en": "small too often",
}


def decision(number: int, card: str | None, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "promoted_at": datetime(2026, 7, number, 9, 30),
        "action": "promote",
        "card_id": card,
        "previous_id": None,
        "approved_by": "Wang <Li>",
        "reason": "better on both periods",
        "effective_from": date(2026, 7, number + 1),
        "overridden": True,
        "gate": [FINDING],
        **more,
    }


def whole() -> Dossier:
    """A card that was evaluated, put in force against the gate, and replaced."""
    told = evaluation()
    verdict = {f"verdict_{language}": text for language, text in kept(told.verdict).items()}
    mine = told.card.card_id
    return Dossier(
        card=told.card,
        state="retired",
        fitted_on=date(2026, 6, 30),
        evaluation={"opponent": told.opponent, **verdict},
        measured=Measured(told.gate_inputs, None),
        tables={name: getattr(told, name) for name in EVALUATION_TABLES},
        decisions=(decision(1, mine), decision(2, "0123456789ab", previous_id=mine, overridden=False)),
    )


def bare() -> Dossier:
    """The same card, as it is fitted: never evaluated, never put in force."""
    return replace(whole(), state="challenger", evaluation=None, measured=None, tables={}, decisions=())


@LANGUAGES
def test_all_that_a_model_card_has_to_say_is_there(language: str):
    words, told, label = Words(language), whole(), evaluation().label
    text = render(told, label, language=language)
    heads = (
        *("What it is for", "What it is not for", "Data and periods", "How well it does", "For whom it errs"),
        *("What each code holds", "Points and cut-offs", "What would change the day it is put in force"),
        *("Fairness", "Who decided", "Limits"),
    )
    at = [text.index(f"<h2>{escape(words(head))}</h2>") for head in heads]
    assert at == sorted(at)
    for said in (*FOR, *NOT_FOR, *LIMITS):
        assert escape(words(said)) in text
    assert escape(words.of(evaluation().verdict)) in text
    assert told.card.card_id in text and told.card.origin.pack_hash in text
    assert escape(FINDING[language]) in text


@LANGUAGES
def test_results_stand_with_their_interval_beside_the_opponent(language: str):
    words, told = Words(language), whole()
    text = render(told, evaluation().label, language=language)
    table = text[text.index(escape(words("How well it does"))) :]
    table = table[: table.index("</table>")]
    assert escape(words.of(RULES[evaluation().opponent][0])) in table
    of_card = told.tables["metrics"].filter(pl.col("test_as_of").is_null(), contestant="card", metric="auc")
    row = of_card.row(0, named=True)
    assert f"{row['value']:.3f}" in table and f"{row['low']:.3f} … {row['high']:.3f}" in table


@LANGUAGES
def test_every_decision_about_the_card_is_told(language: str):
    words, told = Words(language), whole()
    text = render(told, evaluation().label, language=language)
    assert "Wang &lt;Li&gt;" in text, "words from outside are shown and never obeyed"
    assert words.aside(words("put in force"), words("against the gate")) in text
    assert escape(words("replaced by {card}", card="0123456789ab")) in text


@LANGUAGES
def test_what_is_not_known_of_a_card_is_said_and_not_made_up(language: str):
    words = Words(language)
    text = render(bare(), None, language=language)
    assert escape(words("This card was never evaluated: ./riskcode model evaluate")) in text
    assert escape(words("Nobody has put this card in force.")) in text
    assert escape(words("For whom it errs")) not in text
    assert not re.search(r">\s*(nan|None|NaN)\s*<", text)


@LANGUAGES
def test_the_same_content_gives_the_same_bytes_and_loads_nothing(tmp_path: Path, language: str):
    home = Home(tmp_path)
    path = write_model_card(whole(), evaluation().label, home, language=language)
    first = path.read_bytes()
    assert path == home.model_card(whole().card.card_id, language)
    assert write_model_card(whole(), evaluation().label, home, language=language).read_bytes() == first
    assert not re.findall(r"https?://|<link|<script|<img|@import|src=", first.decode())
