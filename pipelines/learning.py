"""Learning on request: fit and evaluate cards from the command line.

The warehouse is held only while history is read and while results are written, not while trees grow: a nightly
run need not wait for a fit.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from desk.pages.report import write_report
from desk.words.words import kept
from models.coding.card import FittedCard
from models.learning.comparison import Contestant
from models.learning.evaluation import Evaluation
from models.policy import FAMILY_NAMES, load_policy
from pipelines.settings import Settings
from warehouse.clock import local_today
from warehouse.connection import writing
from warehouse.learning import lessons as learning
from warehouse.learning.lessons import Lesson
from warehouse.publish import published_as_of


def fit(settings: Settings, label: str, *, as_of: date | None = None, family: str = "boosted") -> FittedCard:
    """Fit a card for a label on everything known at ``as_of`` (default: the day published last) and store it."""
    lesson = _lesson(settings, label, as_of, [family], to_judge=False)
    card = learning.fit(lesson, family=family)
    with writing(settings.home) as connection:
        learning.store_card(connection, settings.home, card, today=local_today())
    return card


def evaluate(
    settings: Settings,
    label: str,
    *,
    as_of: date | None = None,
    families: Sequence[str] = FAMILY_NAMES,
    more: Sequence[Contestant] = (),
) -> tuple[Evaluation, Path]:
    """Evaluate walk-forward, store card, tables and report.  Returns the evaluation and the report's path."""
    lesson = _lesson(settings, label, as_of, families)
    evaluation = learning.measure(lesson, families=families, more=more)
    with writing(settings.home) as connection:
        path = learning.store_evaluation(
            connection,
            settings.home,
            lesson,
            evaluation,
            today=local_today(),
            language=settings.language,
            write_report=partial(write_report, language=settings.language),
            say=kept,
        )
    return evaluation, path


def _lesson(
    settings: Settings, label: str, as_of: date | None, families: Sequence[str], *, to_judge: bool = True
) -> Lesson:
    home = settings.home.prepare()
    day = as_of or published_as_of(home) or local_today()
    with writing(home) as connection:
        return learning.prepare(
            connection,
            load_policy(settings.pack),
            label=label,
            as_of=day,
            to_judge=to_judge,
            families=families,
        )
