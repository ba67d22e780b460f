"""What a feature and a table of events are, as declarations; the catalogue collects them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from models.features.asof import Frame, Moment
from models.features.measures import Measure
from models.features.windows import FeaturePolicy

Direction = Literal["up", "down", "free"]
"""How points must move as a feature grows, in what is learnt."""
Acts = Literal["none", "lower", "raise", "either"]
"""Which way the acts that are open to an enterprise can move a feature."""


@dataclass(frozen=True)
class EventTable:
    """A table of events as the fold reads it.

    ``day``: of an event in integer form, an SQL expression.  ``columns``: what the fold reads; what is not there
    (names, officers, departments, owners) cannot reach a score.  ``prepared``: its events that count, with ``age``.
    """

    name: str
    day: str
    columns: tuple[str, ...]
    prepared: Callable[[Frame, Moment, FeaturePolicy], Frame]


@dataclass(frozen=True, eq=False)
class Feature:
    """One feature.

    ``most``: its greatest value by definition.  ``barred``: why no points may be given for it.  ``is_own``: false
    where it only feeds other features and is not told.
    """

    table: str
    name: str
    measure: Measure
    direction: Direction = "free"
    acts: Acts = "none"
    most: int | None = None
    barred: str = ""
    is_text: bool = False
    is_own: bool = True
    unit: str = ""
    title: str = ""
    meaning: str = ""

    def told(self, unit: str, title: str, meaning: str) -> "Feature":
        """The feature with its words: its unit, a short title for people, and its exact meaning."""
        return replace(self, unit=unit, title=title, meaning=meaning)
