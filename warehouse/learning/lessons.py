"""Learning from history on a warehouse: fit a card, evaluate one, store what came out, write the report."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from models.coding.card import FittedCard, with_card
from models.learning.comparison import Contestant
from models.learning.evaluation import Evaluation, evaluate
from models.learning.gate import Say
from models.learning.training import Material, fit_finished
from models.planning.crews.capacity import special_visits
from models.policy import FAMILY_NAMES, Policy, PolicyOnDay
from warehouse.database.frames import Connection, log
from warehouse.database.validity import known
from warehouse.home import Home
from warehouse.learning.panel import build_material
from warehouse.planning.situation import read_people
from warehouse.rules.cards import champion, publish_models, save_card, save_evaluation
from warehouse.rules.packs import pack_on


@dataclass(frozen=True)
class Lesson:
    """What is learnt from: the material, the policy of the day, and the card in force."""

    material: Material
    policy: PolicyOnDay
    champion: FittedCard | None

    @property
    def in_force(self) -> PolicyOnDay:
        """The policy with the points that code today."""
        return with_card(self.policy, self.champion)


def prepare(
    connection: Connection,
    policy: Policy,
    *,
    label: str,
    as_of: date,
    to_judge: bool = True,
    families: Sequence[str] = FAMILY_NAMES,
) -> Lesson:
    """Read everything that learning needs, by the pack in force; afterwards the warehouse is free for others.

    ``policy`` holds in a home where no pack was activated.  ``families``: those that are to learn.
    """
    policy = pack_on(connection, policy, as_of)
    on_day = policy.on(as_of)
    material = replace(
        build_material(connection, policy, label=label, as_of=as_of, to_judge=to_judge, families=families),
        closed=frozenset(one for (one,) in connection.execute(_CLOSED, {"known_at": as_of}).fetchall()),
        capacity=special_visits(read_people(connection, as_of, known_at=as_of), on_day.planning),
    )
    return Lesson(material, on_day, champion(connection, as_of))


_CLOSED = f"SELECT enterprise_id FROM core.enterprises e WHERE {known('e')} AND status = 'closed'"


def fit(lesson: Lesson, *, family: str = "boosted") -> FittedCard:
    """Fit a card on everything that is complete."""
    log.info("fitting on %s rows", f"{lesson.material.panel.height:,}")
    return fit_finished(lesson.material, policy=lesson.policy, in_force=lesson.in_force, family=family)


def measure(
    lesson: Lesson,
    *,
    families: Sequence[str],
    more: Sequence[Contestant] = (),
    report: Callable[[str], None] = log.info,
) -> Evaluation:
    """Evaluate walk-forward, and fit the card of today."""
    return evaluate(
        lesson.material,
        policy=lesson.policy,
        in_force=lesson.in_force,
        families=families,
        more=more,
        report=report,
    )


def store_card(connection: Connection, home: Home, card: FittedCard, *, today: date) -> str:
    """Store a card.  Returns its id."""
    card_id = save_card(connection, card, fitted_on=today)
    publish_models(connection, home)
    return card_id


def store_evaluation(
    connection: Connection,
    home: Home,
    lesson: Lesson,
    evaluation: Evaluation,
    *,
    today: date,
    language: str,
    write_report: Callable[[Evaluation, Path], object],
    say: Say,
) -> Path:
    """Store card, tables and report of an evaluation; ``say`` tells its verdict.  Returns the path of the report."""
    card_id = save_card(connection, evaluation.card, fitted_on=today)
    # A variant's name has signs that file names do without.
    of = re.sub(r"[^a-z0-9_]+", "-", evaluation.label.name)
    run_id = f"{of}-{evaluation.known_at}-{card_id}-{datetime.now():%Y%m%d%H%M%S}"
    home.reports.mkdir(parents=True, exist_ok=True)
    path = home.reports / f"{of}-{evaluation.known_at}-{card_id}.{language}.html"
    write_report(evaluation, path)
    save_evaluation(
        connection,
        evaluation,
        run_id=run_id,
        against=lesson.champion.card_id if lesson.champion else None,
        evaluated_on=today,
        report=str(path),
        say=say,
    )
    publish_models(connection, home)
    return path
