"""What a policy pack's YAML files may say.

Shape of a dated value, everywhere in a pack::

    time_bands:
      values:
        1990-01-01: {basis: proposal, reference: "where the number comes from", value: ...}

OpenFisca's idea: the day a value starts is its key, so values of one name cannot overlap, and a gap can only
lie before the first one.
"""

from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from models.errors import PolicyGapError

Basis = Literal["law", "policy", "proposal"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
T = TypeVar("T")
P = TypeVar("P", bound="Provenance")


def one_day_each(values: Any) -> Any:
    """Refuse one day written in two ways (as a date and as text): the later would silently win."""
    if isinstance(values, dict):
        days = [str(day) for day in values]
        repeated = sorted({day for day in days if days.count(day) > 1})
        if repeated:
            raise ValueError(f"{', '.join(repeated)} stands twice")
    return values


OneDayEach = BeforeValidator(one_day_each)


class Strict(BaseModel):
    """A part of a pack: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Strict):
    """One text in both languages."""

    zh: Text
    en: Text

    def __str__(self) -> str:
        """The English text, as it stands in English sentences."""
        return self.en


class Provenance(Strict):
    """Where a number comes from: law, policy of an authority, or our own proposal."""

    basis: Basis
    reference: Text


class DatedValue(Provenance, Generic[T]):
    """A value with the provenance it has from one day on."""

    value: T


class History(Strict, Generic[P]):
    """What is said of one matter over time, each from its day on."""

    values: Annotated[dict[date, P], OneDayEach] = Field(min_length=1)

    def start_on(self, day: date) -> date | None:
        """The day from which what is in force on a day holds; none before the first one."""
        return max((start for start in self.values if start <= day), default=None)

    def on(self, day: date, *, name: str) -> P:
        """What is in force on a day.  Raises PolicyGapError before the first one."""
        start = self.start_on(day)
        if start is None:
            raise PolicyGapError(
                "The policy pack has no {name} for {day}; its first value starts {first}. Add a dated "
                "value, or code a day from {first} on.",
                name=name,
                day=day,
                first=min(self.values),
            )
        return self.values[start]


class Dated(History[DatedValue[T]], Generic[T]):
    """A value that changes over time."""


class Entry(History[P], Generic[P]):
    """One of several matters of a kind, known by its name; what is said besides ``values`` holds always."""

    name: Text


class Band(Strict):
    """Weight of events up to an age, inclusive."""

    upto_days: int = Field(ge=0)
    weight: int = Field(ge=0)


class Shrinkage(Strict):
    """Prior of the severity mean: as if so many visits had brought so many points."""

    window_days: int = Field(gt=0)
    points: dict[str, int]
    prior_points: int = Field(ge=0)
    prior_visits: int = Field(gt=0)


class FeatureFile(Strict):
    """``features.yaml``: the numbers features are computed with."""

    severity_points: Dated[dict[str, int]]
    violation_bands: Dated[list[Band]]
    severity_mean: Dated[Shrinkage]
    repeat_window_days: Dated[int]
    alert_points: Dated[dict[str, int]]
    alert_bands: Dated[list[Band]]
    slow_minutes: Dated[int]
    unanswered_minutes: Dated[int]
    longest_plan_days: Dated[Annotated[int, Field(gt=0)]]


class Condition(Strict):
    """A test on one feature: a least value, a most value, or one of several categories."""

    feature: Text
    at_least: int | None = None
    at_most: int | None = None
    one_of: Annotated[list[str], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.at_least is None and self.at_most is None and self.one_of is None:
            raise ValueError(f"condition on {self.feature} needs at_least, at_most or one_of")
        return self


class Expiry(Strict):
    """When a rule ends by itself: so many days after the event whose age a feature holds."""

    days_since: Text
    after_days: int = Field(gt=0)


class RuleValue(Strict):
    """What a rule tests and what it does.  All conditions must hold."""

    when: list[Condition] = Field(min_length=1)
    code: Literal["blue", "yellow", "red"]
    expires: Expiry | None = None


class RuleEntry(Entry[DatedValue[RuleValue]]):
    """A veto or floor with its wording and its dated values."""

    name: Text = Field(alias="rule")
    kind: Literal["veto", "floor"]
    title: Words
    clearing: Words
    check: Words


class Thresholds(Strict):
    """Least score of each code above GREEN."""

    blue: int
    yellow: int
    red: int

    @model_validator(mode="after")
    def _ascending(self) -> "Thresholds":
        if not self.blue < self.yellow < self.red:
            raise ValueError("thresholds must ascend: blue < yellow < red")
        return self


class Sufficiency(Strict):
    """When there is enough data to rate: any of several sets of conditions, each of which must hold whole.

    ``widest_interval_permille``: with a fitted card in force, an enterprise whose share of serious visits is
    known no better than this (width of the 90 % interval, per mille) is unrated too.
    """

    any_of: list[Annotated[list[Condition], Field(min_length=1)]] = Field(min_length=1)
    widest_interval_permille: int | None = Field(default=None, gt=0, le=1000)
    provisional_floor: Literal["blue", "yellow"]


class BandDays(Strict):
    """Days for each code that can get better."""

    red: int = Field(ge=0)
    yellow: int = Field(ge=0)
    blue: int = Field(ge=0)


class ChangeRules(Strict):
    """How a code gets better: one band at a time, when the facts have been clearly better for some days.

    ``dwell_days``: days for which the facts must be better by more than ``margin`` points.  ``hold_at_most_days``:
    after so many days of better facts the margin no longer matters, so what lies further back than the sum of the
    three cannot matter either.
    """

    dwell_days: BandDays
    margin: int = Field(ge=0)
    hold_at_most_days: BandDays

    @model_validator(mode="after")
    def _ends(self) -> "ChangeRules":
        for code in ("red", "yellow", "blue"):
            if getattr(self.hold_at_most_days, code) < getattr(self.dwell_days, code):
                raise ValueError(f"hold_at_most_days of {code} is shorter than its dwell_days")
        return self

    @property
    def memory_days(self) -> int:
        """Days after which every path has come to the same code, wherever it began."""
        longest = self.hold_at_most_days
        return longest.red + longest.yellow + longest.blue


OffSiteMatter = Literal["refusal", "clean_visit", "sufficiency", "red_visit", "annual_full"]
"""What an off-site check may settle as a visit on site does (P12).

``refusal``: it speaks as the last visit, so a better result ends what an earlier one left, a refusal too.
``clean_visit``: one that found nothing is a clean visit: it settles findings not known to be put right and major
hazards put right, and is part of a clean row.  ``sufficiency``: it counts as a visit, where visits are counted,
averaged over or dated.  ``red_visit``: it is the special inspection of a RED (C3).  ``annual_full``: it can be the
yearly full coverage (P2).
"""


class CodeFile(Strict):
    """``codes.yaml``: how points become codes.

    ``off_site_settles`` came later; ``models.policy.pack.off_site_on`` reads packs that lack it.
    """

    change: Dated[ChangeRules]
    change_title: Words
    change_clearing: Words
    thresholds: Dated[Thresholds]
    sufficiency: Dated[Sufficiency]
    sufficiency_title: Words
    sufficiency_clearing: Words
    rules: list[RuleEntry]
    red_visit_working_days: Dated[int]
    off_site_settles: Dated[list[OffSiteMatter]] | None = None


class FactorValue(Provenance):
    """Points of a factor from one day on."""

    points: dict[int, int] | dict[str, int] = Field(min_length=1)
    missing: int


class FactorEntry(Entry[FactorValue]):
    """A factor of the scorecard with its wording and its dated points."""

    name: Text = Field(alias="factor")
    feature: Text
    title: Words
    check: Words | None = None


class CardFile(Strict):
    """``scorecard.yaml``: the expert card."""

    name: Text
    factors: list[FactorEntry] = Field(min_length=1)


class PackFile(Strict):
    """``pack.yaml``: what the pack is called, what it must not be taken for, and which pack it changes."""

    name: Text
    version: Text
    title: Words
    note: Words
    extends: Text | None = None
