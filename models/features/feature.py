"""What a feature and a table of events are, as declarations; the catalogue collects them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from models.features.measures import Combined, Inherent, Measure
from models.features.windows import FeaturePolicy

Direction = Literal["up", "down", "free"]
"""How points must move as a feature grows, in what is learnt."""
Acts = Literal["none", "lower", "raise", "either"]
"""Which way the acts that are open to an enterprise can move a feature."""


@dataclass(frozen=True)
class EventTable:
    """A table of events as features read it.

    ``day``: of an event in integer form, an SQL expression.  ``columns``: what is read; what is not there (names,
    officers, departments, owners) cannot reach a score.  ``prepared``: what qualities and measures read of an event,
    as SQL columns; ``day`` among them is the day it happened.  ``counted``: what must hold of a row to be an event.
    """

    name: str
    day: str
    columns: tuple[str, ...]
    prepared: Callable[[FeaturePolicy], str] = lambda policy: "*"
    counted: str = "true"


@dataclass(frozen=True, eq=False)
class Feature:
    """One feature.

    ``most``: its greatest value by definition.  ``barred``: why no points may be given for it.
    """

    table: str
    name: str
    measure: Measure | Inherent | Combined
    direction: Direction = "free"
    acts: Acts = "none"
    most: int | None = None
    barred: str = ""
    is_text: bool = False
    unit: str = ""
    title: str = ""
    meaning: str = ""

    def told(self, unit: str, title: str, meaning: str) -> "Feature":
        """The feature with its words: its unit, a short title for people, and its exact meaning."""
        return replace(self, unit=unit, title=title, meaning=meaning)
