"""What ``learning.yaml`` may say: what is predicted, from what, how cards are fitted, when one may be promoted."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from models.features import CATALOGUE
from models.features.feature import Direction
from models.policy.in_force import in_force
from models.policy.shape import Condition, Dated, DatedValue, Entry, Provenance, Strict, Text, Words

VISIT_FAMILIES = ("boosted_visits", "logistic_visits")
"""Families that learn from one row for every visit, with the features of the day before, instead of one for every
enterprise and cohort day; only labels about visits have such rows."""
FAMILY_NAMES = ("boosted", "boosted_rounded", "logistic_bins", "logistic_bins_rounded", *VISIT_FAMILIES)
"""Families a card may be rounded from (``models.learning.families``), named here for those who must not load them."""

FORBIDDEN = CATALOGUE.barred
"""Features no fitted card may use, and why."""


class LabelValue(Strict):
    """An outcome after the as-of day.

    ``next_visit`` looks at the first visit that fulfils ``among``; the others at any event of the horizon.
    The label is 1 when that event fulfils ``when``.  It stays unknown until ``lag_days`` after the horizon:
    what was found late is announced later still.
    """

    outcome: Literal["next_visit", "violation", "accident"]
    among: list[Condition] = Field(default_factory=list[Condition])
    when: list[Condition] = Field(default_factory=list[Condition])
    horizon_days: int = Field(gt=0)
    lag_days: int = Field(ge=0)
    cohort: list[Annotated[list[Condition], Field(min_length=1)]] = Field(min_length=1)

    @property
    def gap_days(self) -> int:
        """Days after the as-of day until the label is complete: horizon and announcement lag."""
        return self.horizon_days + self.lag_days


class LabelEntry(Entry[DatedValue[LabelValue]]):
    """A label with its wording and its dated definitions."""

    name: Text = Field(alias="label")
    title: Words
    meaning: Words


class Candidate(Strict):
    """A feature that a card may use; ``direction`` is how points must move as it grows."""

    feature: Text
    direction: Direction
    title: Words


def directions_of(candidates: Sequence[Candidate]) -> dict[str, Direction]:
    """Declared direction of every candidate's feature."""
    return {candidate.feature: candidate.direction for candidate in candidates}


class Fitting(Strict):
    """How a card is fitted.  Shares are parts of 1; ``logit_per_point`` is the weight of one point.

    ``prior_sd``: how far (logits) a bin is expected to lie from its factor's mean, where data say little.  A bin holds
    ``least_support`` of the rows or ``least_positives`` positives; packs that say nothing of the latter ask for rows,
    and those that say nothing of ``levels_per_factor`` do not limit categories.  ``reported``: what no card may use, of
    which an evaluation tells what it would bring and to whom.
    """

    cohort_months: int = Field(gt=0)
    train_cohorts: int = Field(gt=0)
    least_cohorts: int = Field(gt=0)
    test_periods: int = Field(gt=0)
    max_factors: int = Field(gt=0)
    max_bins: int = Field(gt=1)
    bins_per_factor: int = Field(gt=1)
    levels_per_factor: int = Field(gt=1, default=1_000)
    least_support: float = Field(ge=0, lt=1)
    least_positives: float = Field(gt=0, default=math.inf)
    logit_per_point: float = Field(gt=0)
    most_points: int = Field(gt=0)
    prior_sd: float = Field(gt=0)
    boosting_rounds: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    leaves: int = Field(gt=1)
    ridge: float = Field(ge=0)
    least_leaf: int = Field(gt=0)
    most_boosted_rows: int = Field(gt=0)
    propensity_weights: bool
    most_propensity_weight: float = Field(ge=1)
    reported: list[Literal["division", "legal_form"]] = Field(default_factory=list)


class CutOffs(Strict):
    """How cut-offs of fitted cards are set.

    ``red_within_capacity``: RED by score are no more than the crews can visit in time, beside those RED by a rule.
    """

    red_within_capacity: bool


def _kept_shares() -> "Dated[CutOffs]":
    """What held before packs said it."""
    said = {
        "basis": "proposal",
        "reference": "what held before packs said it",
        "value": {"red_within_capacity": False},
    }
    return Dated[CutOffs].model_validate({"values": {date.min: said}})


class Gate(Strict):
    """What a challenger has to reach before a person may promote it."""

    periods: int = Field(gt=0)
    least_auc_difference: float
    least_precision_ratio: float
    most_migration: float = Field(ge=0, le=1)
    most_two_band_moves: float = Field(ge=0, le=1)
    most_parity_ratio: float = Field(ge=1)
    least_group: int = Field(gt=0)


class LearningFile(Strict):
    """``learning.yaml``."""

    labels: list[LabelEntry] = Field(min_length=1)
    candidates: Dated[list[Candidate]]
    fitting: Dated[Fitting]
    thresholds: Dated[CutOffs] = Field(default_factory=_kept_shares)
    gate: Dated[Gate]


@dataclass(frozen=True)
class Label:
    """A label, on one day."""

    name: str
    title: Words
    meaning: Words
    spec: LabelValue
    provenance: Provenance


_VARIANT = re.compile(
    r"(?P<days>[1-9]\d{0,3})d|(?P<feature>[a-z_]+)(?P<sign>>=|<=)(?P<value>\d{1,6})", re.ASCII
)


def variant(label: Label, changes: Sequence[str]) -> Label | None:
    """A label of the pack with another horizon (``730d``) or threshold (``severity_rank>=3``).

    Thresholds take the place of its own; ``None`` where a change is neither.
    """
    spec, whens = label.spec, list[Condition]()
    for change in changes:
        found = _VARIANT.fullmatch(change)
        if found is None:
            return None
        if found["days"]:
            spec = spec.model_copy(update={"horizon_days": int(found["days"])})
        else:
            value, is_least = int(found["value"]), found["sign"] == ">="
            least, most = (value, None) if is_least else (None, value)
            whens.append(Condition(feature=found["feature"], at_least=least, at_most=most))
    told = ", ".join(changes)
    return replace(
        label,
        name=SEPARATOR.join((label.name, *changes)),
        title=Words(zh=f"{label.title.zh}（→ {told}）", en=f"{label.title.en} (changed: {told})"),
        # What is said of horizon and threshold is that of the pack; what is changed stands behind it.
        meaning=Words(zh=f"{label.meaning.zh}（→ {told}）", en=f"{label.meaning.en} (changed: {told})"),
        spec=spec.model_copy(update={"when": whens}) if whens else spec,
    )


SEPARATOR = ":"
"""Between the name of a label and what a variant of it changes."""


@dataclass(frozen=True)
class LearningPolicy:
    """How scorecards are learnt, on one day."""

    labels: Mapping[str, Label]
    candidates: tuple[Candidate, ...]
    fitting: Fitting
    thresholds: CutOffs
    gate: Gate

    def label(self, name: str) -> Label | None:
        """A label of the pack, or a variant of one: ``penalty:severity_rank>=3:730d``."""
        of, *changes = name.split(SEPARATOR)
        label = self.labels.get(of)
        return variant(label, changes) if label and changes else label


def learning_on(file: LearningFile, day: date) -> LearningPolicy:
    """Values in force on a day.  Raises PolicyGapError where there are none."""
    values, _ = in_force(file, day)
    values["labels"] = {
        entry.name: Label(entry.name, entry.title, entry.meaning, dated.value, dated)
        for entry, dated in values["labels"]
    }
    return LearningPolicy(**values)
