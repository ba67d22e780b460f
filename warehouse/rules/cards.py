"""Cards and what became of them: stored cards, evaluations, promotions, and the champion of a day.

A card never changes once stored.  Which card is in force is the last decision (promotion or rollback) that takes
effect by the day coded: a later decision overrules an earlier one even where that was to begin later.  Before the
first one the expert pack is in force.  Readers ask ``warehouse.rules.shelf``.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from models.coding.card import FittedCard
from models.errors import ModelError
from models.learning.gate import GateResult, Say
from warehouse.connection import writing
from warehouse.database.copies import Copy, copy_tables
from warehouse.database.frames import Connection, insert, shown_as, transaction
from warehouse.database.meta import value
from warehouse.database.reading import Row
from warehouse.database.runs import rules_changed
from warehouse.home import Home
from warehouse.rules.decisions import Decisions, first_free_day

if TYPE_CHECKING:
    # At run time it would bring scikit-learn into every nightly run.
    from models.learning.evaluation import Evaluation

EVALUATION_TABLES = (
    "periods",
    "metrics",
    "differences",
    "curve",
    "calibration",
    "parity",
    "drawn",
    "leak",
    "stability",
    "tradeoff",
    "feedback",
    "gains",
    "forecast",
    "reported",
    "reported_parity",
)
"""Tables of an ``Evaluation`` kept in ``model.*``, each row with its ``evaluation_id``."""
_PROMOTIONS = Decisions("model.promotions", chosen="card_id", noted="promoted_at")
COPIED = ("cards", "promotions", "evaluations", "shadow_codes", "shadow_red", *EVALUATION_TABLES)


def save_card(connection: Connection, card: FittedCard, *, fitted_on: date) -> str:
    """Store a card; the same card again changes nothing.  Returns its id."""
    origin = card.origin
    kept = (
        "label",
        "family",
        "first_cohort",
        "last_cohort",
        "rows",
        "positives",
        "data_watermark",
        "code_version",
    )
    insert(
        connection,
        "model.cards",
        if_there="ignore",
        card_id=card.card_id,
        fitted_on=fitted_on,
        fingerprint=card.scorecard.fingerprint,
        card=card.to_json(),
        **{name: getattr(origin, name) for name in kept},
    )
    return card.card_id


def save_evaluation(
    connection: Connection,
    evaluation: "Evaluation",
    *,
    run_id: str,
    against: str | None,
    evaluated_on: date,
    report: str,
    say: Say,
) -> None:
    """Store the tables of an evaluation under its run; ``against`` is the card in force (``None``: expert).

    ``say`` tells the verdict in the languages its columns keep.
    """
    with transaction(connection):
        insert(
            connection,
            "model.evaluations",
            if_there="replace",
            evaluation_id=run_id,
            label=evaluation.label.name,
            card_id=evaluation.card.card_id,
            known_at=evaluation.known_at,
            evaluated_on=evaluated_on,
            opponent=evaluation.opponent,
            **{f"verdict_{language}": text for language, text in say(evaluation.verdict).items()},
            gate_inputs=json.dumps(
                {**evaluation.gate_inputs.to_dict(), "against": against}, ensure_ascii=False
            ),
            report=report,
        )
        for name in EVALUATION_TABLES:
            measured: pl.DataFrame = getattr(evaluation, name)
            with shown_as(connection, "measured", measured.with_columns(evaluation_id=pl.lit(run_id))):
                connection.execute(f"CREATE TABLE IF NOT EXISTS model.{name} AS FROM measured LIMIT 0")
                connection.execute(f"DELETE FROM model.{name} WHERE evaluation_id = ?", [run_id])
                connection.execute(f"INSERT INTO model.{name} BY NAME FROM measured")


def publish_models(connection: Connection, home: Home) -> None:
    """Replace the readers' copy of the ``model`` tables."""
    present = {
        row[0]
        for row in connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'model'"
        ).fetchall()
    }
    tables = {f"model.{name}": f"FROM model.{name} ORDER BY ALL" for name in COPIED if name in present}
    _write_cards(connection, home)
    copy_tables(connection, home.published_models, tables)
    MODELS.note(connection, home)


MODELS = Copy(
    "models.duckdb",
    "SELECT cards || ' ' || evaluated || ' ' || decided || ' ' || shadowed "
    "FROM (SELECT count(*) AS cards FROM model.cards), "
    "(SELECT count(*) || coalesce(max(as_of)::VARCHAR, '') AS shadowed FROM model.shadow_codes), "
    "(SELECT count(*) || coalesce(max(evaluation_id), '') AS evaluated FROM model.evaluations), "
    "(SELECT count(*) AS decided FROM model.promotions) WHERE cards > 0",
)


def _write_cards(connection: Connection, home: Home) -> None:
    """The JSON files of all cards, as far as they are not there."""
    home.cards.mkdir(parents=True, exist_ok=True)
    for card_id, text in connection.execute("SELECT card_id, card FROM model.cards").fetchall():
        path = home.cards / f"{card_id}.json"
        if not path.exists():
            building = path.with_suffix(".building")
            building.write_text(text + "\n", encoding="utf-8")
            building.replace(path)


def champion(connection: Connection, as_of: date) -> FittedCard | None:
    """The card in force on a day, or ``None`` while the expert pack is."""
    card_id = _PROMOTIONS.in_force(connection, as_of)
    if card_id is None:
        return None
    text = value(connection, "SELECT card FROM model.cards WHERE card_id = ?", [card_id])
    if text is None:
        raise ModelError(
            "Card {card_id} is in force on {as_of} but is not stored. Roll back, or restore it.",
            card_id=card_id,
            as_of=as_of,
        )
    return FittedCard.from_dict(json.loads(text))


def promotion_days(connection: Connection, first: date, last: date) -> list[date]:
    """Days after ``first``, up to ``last``, on which another card may come into force."""
    return _PROMOTIONS.days(connection, first, last)


def promote(
    home: Home,
    card_id: str,
    *,
    approved_by: str,
    reason: str,
    effective_from: date | None,
    gate: GateResult,
    override: bool,
    say: Say,
) -> date:
    """Put a card in force from a day on (default: the day after the last one coded).  Returns that day.

    ``say`` tells what the gate found in the languages that are kept.
    Raises ModelError when the gate refuses and nobody overrides it, or when the day was coded already.
    """
    if not gate.passed and not override:
        raise ModelError(
            "The gate refuses card {card_id}: {failed}. Fit another, or override with a reason.",
            card_id=card_id,
            failed=gate.refusal,
        )
    with writing(home) as connection:
        if value(connection, "SELECT count(*) FROM model.cards WHERE card_id = ?", [card_id]) == 0:
            raise ModelError(
                "There is no card {card_id}. ./riskcode model list shows what there is.", card_id=card_id
            )
        found = [one.to_dict(say) for one in gate.findings]
        return _record(
            connection, home, "promote", card_id, approved_by, reason, effective_from, found, override
        )


def promote_again(home: Home, card_id: str, *, approved_by: str, reason: str) -> date:
    """Carry the promotion decided last through, for who asks for it again.  Returns the day from which it holds.

    Raises ModelError where another one was decided last: the card is in force already.
    """
    with writing(home) as connection:
        if not _PROMOTIONS.is_last(
            connection, action="promote", card_id=card_id, approved_by=approved_by, reason=reason
        ):
            raise in_force_already(card_id)
        publish_models(connection, home)
        return value(connection, "SELECT max_by(effective_from, number) FROM model.promotions")


def in_force_already(card_id: str) -> ModelError:
    """The error that a card which is in force cannot be put in force."""
    return ModelError(
        "Card {card_id} is in force already. ./riskcode model list shows the others.", card_id=card_id
    )


def roll_back(home: Home, *, approved_by: str, reason: str, effective_from: date | None) -> str | None:
    """Put the card before the present one in force again.  Returns its id, ``None`` for the expert pack.

    Every rollback takes back one more promotion; what was taken back does not come again by itself.  The same person
    with the same reason and day is one who asks again, and is told what came of it.
    Raises ModelError when no card was ever promoted, or when the day was coded already.
    """
    with writing(home) as connection:
        standing = _standing(connection)
        if (done := _rolled_back(connection, approved_by, reason, effective_from)) is not None:
            publish_models(connection, home)
            return done[0]
        if not standing:
            raise ModelError("The expert pack is in force; there is nothing to roll back.")
        previous = standing[-2] if len(standing) > 1 else None
        _record(connection, home, "rollback", previous, approved_by, reason, effective_from, [], False)
        return previous


def _rolled_back(
    connection: Connection, approved_by: str, reason: str, effective_from: date | None
) -> tuple[str | None] | None:
    """What the last decision went back to, where it is the rollback that is asked for again."""
    day = effective_from or first_free_day(connection)
    last = connection.execute(
        "SELECT card_id FROM (FROM model.promotions ORDER BY number DESC LIMIT 1) WHERE action = 'rollback' "
        "AND approved_by = $by AND reason = $reason AND effective_from = coalesce($day, effective_from)",
        {"by": approved_by, "reason": reason, "day": day},
    ).fetchall()
    return last[0] if last else None


def _standing(connection: Connection) -> list[str]:
    """Promoted cards, oldest first, that no rollback has taken back."""
    standing: list[str] = []
    decisions = connection.execute("SELECT action, card_id FROM model.promotions ORDER BY number").fetchall()
    for action, card_id in decisions:
        if action == "promote":
            standing.append(card_id)
        else:
            standing.pop()
    return standing


def _record(
    connection: Connection,
    home: Home,
    action: str,
    card_id: str | None,
    approved_by: str,
    reason: str,
    effective_from: date | None,
    gate: Sequence[Row],
    override: bool,
) -> date:
    free = first_free_day(connection)
    day = effective_from or free or value(connection, "SELECT current_date")
    if free and day < free:
        raise ModelError(
            "{coded} is coded already and codes are not rewritten: a card can take effect from "
            "{first_free} on.",
            coded=free - timedelta(days=1),
            first_free=free,
        )
    decision: Row = {
        "action": action,
        "card_id": card_id,
        "approved_by": approved_by,
        "reason": reason,
        "effective_from": day,
    }
    if not _PROMOTIONS.is_last(connection, **decision):
        with transaction(connection):
            _PROMOTIONS.record(
                connection,
                **decision,
                previous_id=_PROMOTIONS.in_force(connection, date.max),
                overridden=override,
                gate=json.dumps(gate, ensure_ascii=False),
            )
            rules_changed(connection)
    publish_models(connection, home)
    return day
