"""Everything that is stored of a card, in one place: what its model card is written from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.coding.card import FittedCard
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, open_copy, rows
from warehouse.home import Home
from warehouse.rules.cards import EVALUATION_TABLES
from warehouse.rules.shelf import Measured, load_card, measured


@dataclass(frozen=True)
class Dossier:
    """A card, its last evaluation, and the decisions that put it in force or out of it.

    ``evaluation``: row of ``model.evaluations``; ``tables``: rows of the tables of that evaluation by name, empty where
    nothing was kept.  ``decisions``: rows of ``model.promotions``, oldest first.
    """

    card: FittedCard
    state: str
    fitted_on: date
    evaluation: Row | None
    measured: Measured | None
    tables: Mapping[str, pl.DataFrame]
    decisions: tuple[Row, ...]


def dossier(home: Home, card_id: str | None) -> Dossier:
    """What is stored of a card, named by id or the beginning of one; ``None`` for the champion.

    Raises ModelError where there is no such card.
    """
    stored = load_card(home, card_id)
    found = measured(home, stored.card_id)
    with open_copy(home.published_models) as connection:
        asked: Row = {"card": stored.card_id}
        decisions = rows(connection, _DECISIONS, asked)
        evaluation = next(iter(rows(connection, _EVALUATION, asked)), None)
        tables = _tables(connection, evaluation["evaluation_id"]) if evaluation else {}
    card = FittedCard.from_dict(stored.card)
    told = tuple({**one, "gate": json.loads(one["gate"] or "[]")} for one in decisions)
    return Dossier(card, stored.state, stored.fitted_on, evaluation, found, tables, told)


def _tables(connection: Connection, run: str) -> dict[str, pl.DataFrame]:
    there = {row["table_name"] for row in rows(connection, _THERE)}
    query = "SELECT * EXCLUDE (evaluation_id) FROM model.{name} WHERE evaluation_id = $run"
    return {
        name: connection.sql(query.format(name=name), params={"run": run}).pl()
        for name in EVALUATION_TABLES
        if name in there
    }


_DECISIONS = "FROM model.promotions WHERE card_id = $card OR previous_id = $card ORDER BY number"
_EVALUATION = """
SELECT * EXCLUDE (gate_inputs) FROM model.evaluations WHERE card_id = $card
ORDER BY evaluated_on DESC, evaluation_id DESC LIMIT 1
"""
_THERE = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'model'"
