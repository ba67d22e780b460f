"""Cards and what became of them, as readers find them in their own copy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.errors import ModelError
from models.learning.effects import Effects
from models.learning.gate import GateInputs, GroupShare
from models.messages import Message
from warehouse.database.reading import Row
from warehouse.home import Home
from warehouse.rules.decisions import copied


@dataclass(frozen=True)
class StoredCard:
    """A card as stored; ``card`` is the JSON of ``FittedCard.to_dict``."""

    card_id: str
    label: str
    family: str
    fitted_on: date
    state: str
    card: dict[str, Any]


def _rows(home: Home, query: str, arguments: Row | None = None) -> list[Row]:
    return copied(home.published_models, query, arguments)


_STATES = """
WITH latest AS (SELECT card_id FROM model.promotions ORDER BY number DESC LIMIT 1)
SELECT c.*, CASE WHEN c.card_id IN (FROM latest) THEN 'champion'
                 WHEN c.card_id IN (SELECT card_id FROM model.promotions) THEN 'retired'
                 ELSE 'challenger' END AS state
FROM model.cards c
"""


def list_cards(home: Home) -> list[dict[str, Any]]:
    """Stored cards, newest first, each with its state and, once evaluated, its AUC on the final periods."""
    cards = _rows(home, f"SELECT * EXCLUDE (card) FROM ({_STATES}) ORDER BY fitted_on DESC, card_id")
    areas = {row["card_id"]: row["auc"] for row in _pooled(home)} if cards else {}
    return [{**card, "auc": areas.get(card["card_id"])} for card in cards]


def _pooled(home: Home) -> list[dict[str, Any]]:
    has = _rows(home, "SELECT 1 FROM information_schema.tables WHERE table_name = 'metrics'")
    return _rows(home, _AREA) if has else []


_AREA = """
SELECT e.card_id, max(m.value) AS auc FROM model.evaluations e JOIN model.metrics m USING (evaluation_id)
WHERE m.contestant = 'card' AND m.metric = 'auc' AND m.test_as_of IS NULL GROUP BY e.card_id
"""


def load_card(home: Home, card_id: str | None) -> StoredCard:
    """A stored card by id or the beginning of one; ``None`` for the champion.

    Raises ModelError, listing what there is, when there is no such card or more than one.
    """
    cards = _rows(home, _STATES)
    wanted = (
        [row for row in cards if row["state"] == "champion"]
        if card_id is None
        else [row for row in cards if row["card_id"].startswith(card_id)]
    )
    known = ", ".join(sorted(row["card_id"] for row in cards)) or Message(
        "none; ./riskcode model fit makes one"
    )
    if not wanted and card_id is None:
        raise ModelError(
            "No card was promoted; the expert pack is in force. Stored cards: {known}.", known=known
        )
    if not wanted:
        raise ModelError("There is no card {card_id}. Stored cards: {known}.", card_id=card_id, known=known)
    if len(wanted) > 1:
        raise ModelError(
            "{count} cards begin with {card_id}, and one is meant. Stored cards: {known}.",
            count=len(wanted),
            card_id=card_id,
            known=known,
        )
    row = wanted[0]
    return StoredCard(
        row["card_id"], row["label"], row["family"], row["fitted_on"], row["state"], json.loads(row["card"])
    )


def card_in_force(home: Home) -> str | None:
    """Id of the champion, ``None`` for the expert pack."""
    return next((row["card_id"] for row in list_cards(home) if row["state"] == "champion"), None)


def list_promotions(home: Home) -> list[dict[str, Any]]:
    """Promotions and rollbacks, newest first, with who approved them and why."""
    return _rows(home, "FROM model.promotions ORDER BY number DESC")


@dataclass(frozen=True)
class Measured:
    """What the last evaluation of a card found; ``against`` is the card that was in force, ``None`` the expert pack."""

    inputs: GateInputs
    against: str | None


def measured(home: Home, card_id: str) -> Measured | None:
    """The last evaluation of a card, ``None`` where it was never evaluated."""
    found = _rows(
        home,
        "SELECT gate_inputs FROM model.evaluations WHERE card_id = $card ORDER BY evaluated_on DESC, "
        "evaluation_id DESC LIMIT 1",
        {"card": card_id},
    )
    if not found:
        return None
    raw = json.loads(found[0]["gate_inputs"])
    return Measured(inputs_from(raw), raw.get("against"))


def gate_inputs(home: Home, card_id: str) -> GateInputs:
    """What the last evaluation of a card found against the card in force.

    Raises ModelError when the card was not evaluated, or not against the card now in force.
    """
    found = measured(home, card_id)
    if found is None:
        raise ModelError(
            "Card {card_id} was never evaluated. Run ./riskcode model evaluate first.", card_id=card_id
        )
    standing = card_in_force(home)
    if found.against != standing:
        raise ModelError(
            "Card {card_id} was evaluated against {against}, but {standing} is in force. Run "
            "./riskcode model evaluate again.",
            card_id=card_id,
            against=found.against or "the expert pack",
            standing=standing or "the expert pack",
        )
    return found.inputs


def inputs_from(raw: Mapping[str, Any]) -> GateInputs:
    """Read back ``GateInputs.to_dict``."""
    nan = float("nan")
    plain: dict[str, Any] = {name: nan if item is None else item for name, item in raw.items()}
    shares: list[dict[str, Any]] = [
        {**one, "ratio": nan if one["ratio"] is None else one["ratio"]} for one in raw["parity"]
    ]
    plain["parity"] = tuple(GroupShare(**share) for share in shares)
    plain["monotonicity_breaches"] = tuple(raw["monotonicity_breaches"])
    # Evaluations of former versions have none.
    told = raw.get("effects")
    plain["effects"] = Effects.from_dict(told) if told else None
    plain["moves"] = {(row["from"], row["to"]): row["enterprises"] for row in raw["moves"]}
    return GateInputs(**plain)


@dataclass(frozen=True)
class ShadowDay:
    """What two cards said on a day: ``moves`` as in ``GateInputs``; ``apart``: rows of ``model.shadow_red``."""

    as_of: date
    against: str | None
    moves: Mapping[tuple[str, str], int]
    apart: tuple[Row, ...]


def shadow_days(home: Home, card_id: str, days: int) -> list[ShadowDay]:
    """The last so many days a card was in shadow, oldest first.  Raises ModelError where it never was."""
    has = _rows(home, "SELECT 1 FROM information_schema.tables WHERE table_name = 'shadow_codes'")
    asked: Row = {"card": card_id, "days": days}
    found = _rows(home, _SHADOWED.format(table="shadow_codes"), asked) if has else []
    if not found:
        raise ModelError(
            "Card {card_id} was not in shadow yet. Every night codes with the newest card of a label that was never "
            "put in force: ./riskcode run",
            card_id=card_id,
        )
    pairs: dict[date, list[Row]] = {}
    for row in found:
        pairs.setdefault(row["as_of"], []).append(row)
    apart: dict[date, list[Row]] = {}
    for row in _rows(home, _SHADOWED.format(table="shadow_red"), asked):
        told = {name: row[name] for name in row if name not in ("as_of", "card_id", "against")}
        apart.setdefault(row["as_of"], []).append({**told, "points": json.loads(row["points"])})
    return [
        ShadowDay(
            day,
            rows[0]["against"],
            {(row["from_code"], row["to_code"]): row["enterprises"] for row in rows},
            tuple(apart.get(day, ())),
        )
        for day, rows in pairs.items()
    ]


_SHADOWED = """
SELECT * FROM model.{table} WHERE card_id = $card AND as_of IN (
    SELECT DISTINCT as_of FROM model.shadow_codes WHERE card_id = $card ORDER BY as_of DESC LIMIT $days)
ORDER BY ALL
"""


def card_in_shadow(home: Home) -> str | None:
    """The card that was in shadow last; of several the first by id."""
    has = _rows(home, "SELECT 1 FROM information_schema.tables WHERE table_name = 'shadow_codes'")
    found = (
        _rows(home, "SELECT card_id FROM model.shadow_codes ORDER BY as_of DESC, card_id LIMIT 1")
        if has
        else []
    )
    return found[0]["card_id"] if found else None
