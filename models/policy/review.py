"""What ``review.yaml`` may say: objections, overrides, foretelling, and what the system watches in itself."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.policy.in_force import in_force
from models.policy.shape import Dated, Strict

OrdinaryEvent = Literal[
    "complaint", "general_finding", "serious_finding", "overdue_order", "red_alert", "accident"
]
"""One adverse event of everyday business; what it means as data is in ``models.counterfactuals``."""


class ObjectionClocks(Strict):
    """Days to object, and to decide; the working days are for decisive objections."""

    file_within_days: int = Field(gt=0)
    decide_within_days: int = Field(gt=0)
    decisive_within_working_days: int = Field(gt=0)


class OverrideLimits(Strict):
    """How long an override may stand, and how long after its end it is judged by what happened."""

    longest_days: int = Field(gt=0)
    judged_after_days: int = Field(gt=0)


class Ratio(Strict):
    """Bounds of a ratio."""

    least: float = Field(gt=0)
    most: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> "Ratio":
        if self.least >= self.most:
            raise ValueError("least must be below most")
        return self


class Monitoring(Strict):
    """When the system raises an alarm about itself.

    ``most_moved_permille_a_day``: enterprises whose code changed, per mille and day between two runs.
    ``quiet_days`` and ``least_events_for_movement``: nothing moved for so many days although so many events came in.
    ``most_psi_permille``: population stability index of score or feature times 1000.  ``parity_ratio``: red rate of
    a group against enterprises alike elsewhere, for groups of at least ``least_group``.  ``most_feedback_permille``:
    of the city's enterprises that a code passes with each visit.  ``most_refused_permille`` and
    ``least_refused_rows``: a night counts as incomplete where more of a table was refused, and so many rows or all.
    ``most_missed_nights`` and ``most_late_nights``: of the last thirty; packs written before do not say, and then
    nights are only counted.  ``recomputed_permille``: of the enterprises for which a night keeps what was made before,
    so many are coded anew all the same, to see whether it comes out the same.
    """

    most_moved_permille_a_day: int = Field(gt=0)
    quiet_days: int = Field(gt=0)
    least_events_for_movement: int = Field(gt=0)
    most_psi_permille: int = Field(gt=0)
    parity_ratio: Ratio
    least_group: int = Field(gt=1)
    most_flip_flops_permille_a_year: int = Field(gt=0)
    most_feedback_permille: int = Field(default=0, ge=0)
    most_refused_permille: int = Field(ge=0, le=1000)
    least_refused_rows: int = Field(gt=0)
    most_missed_nights: int | None = Field(default=None, ge=0)
    most_late_nights: int | None = Field(default=None, ge=0)
    recomputed_permille: int = Field(default=10, ge=0, le=1000)


class ReviewFile(Strict):
    """``review.yaml``."""

    objections: Dated[ObjectionClocks]
    clock_rolls: Dated[bool]
    overrides: Dated[OverrideLimits]
    flip_flop_days: Dated[Annotated[int, Field(gt=0)]]
    ordinary_events: Dated[list[OrdinaryEvent]]
    monitoring: Dated[Monitoring]


@dataclass(frozen=True)
class ReviewPolicy:
    """``review.yaml`` on one day."""

    objections: ObjectionClocks
    clock_rolls: bool
    overrides: OverrideLimits
    flip_flop_days: int
    ordinary_events: tuple[OrdinaryEvent, ...]
    monitoring: Monitoring


def review_on(file: ReviewFile, day: date) -> ReviewPolicy:
    """Values in force on a day.  Raises PolicyGapError where there is none."""
    values, _ = in_force(file, day)
    return ReviewPolicy(**values)
