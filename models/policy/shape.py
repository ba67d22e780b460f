"""What a policy pack's YAML files may say.

Shape of a dated value, everywhere in a pack::

    time_bands:
      values:
        1990-01-01: {basis: proposal, reference: "where the number comes from", value: ...}

OpenFisca's idea: the day a value starts is its key, so values of one name cannot overlap, and a gap can only
lie before the first one.  Where keys of one value rest on different things, ``parts`` says so::

    draw:
      values:
        2025-01-01:
          basis: policy
          cites: ["..."]
          value: {share_permille: 300, weights: {...}}
          parts:
            weights: {basis: proposal, reference: "ours"}
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import zip_longest
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from models.documents import Strict, Text, Words
from models.errors import PolicyGapError

Basis = Literal["law", "policy", "proposal", "unverified"]
"""``unverified``: a text is said to hold it, and nobody here has read that text."""
SURENESS: tuple[Basis, ...] = ("proposal", "unverified", "policy", "law")
"""Every basis, the one that binds least first."""
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


class Provenance(Strict):
    """Where a number comes from: law, policy of an authority, or our own proposal.

    ``cites``: places in the texts of ``models.law`` that it rests on.  ``reference``: the same for a reader, with what
    there is to say besides; where nothing is, it is what is cited.
    """

    basis: Basis
    cites: tuple[Text, ...] = ()
    reference: Text

    @model_validator(mode="before")
    @classmethod
    def _cited(cls, told: Any) -> Any:
        if isinstance(told, dict) and told.get("cites") and "reference" not in told:
            return told | {"reference": "; ".join(map(str, told["cites"]))}
        return told

    @property
    def said(self) -> Any:
        """What is said, wherever it comes from."""
        return self.model_dump(exclude=set(Provenance.model_fields))

    @property
    def in_parts(self) -> Mapping[str, "Provenance"]:
        """Keys of what is said that rest on something else than the whole; only a value with keys has such."""
        return {}

    @property
    def sources(self) -> Mapping[str, "Provenance"]:
        """The whole, under an empty name, and what rests on something else, by its key."""
        return {"": self, **self.in_parts}

    @property
    def weakest(self) -> Basis:
        """The basis that binds least, of the whole and of all parts: what a sum of them may be called."""
        return min(self.sources.values(), key=lambda one: SURENESS.index(one.basis)).basis

    @property
    def full_reference(self) -> str:
        """The reference, and after it those of the parts, each with its keys and its basis."""
        told = dict[tuple[Basis, str], list[str]]()
        for key, one in self.in_parts.items():
            told.setdefault((one.basis, one.reference), []).append(f"`{key}`")
        parts = (f"{', '.join(keys)} ({basis}): {text}" for (basis, text), keys in told.items())
        return "; ".join((self.reference, *parts))


def _parts_of(value: object) -> list[str]:
    """Names of the parts of a value: its keys, or the places in a list, from 1."""
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    if isinstance(value, list):
        return [str(place) for place in range(1, len(value) + 1)]
    return [str(key) for key in value] if isinstance(value, dict) else []


class DatedValue(Provenance, Generic[T]):
    """A value with the provenance it has from one day on.

    ``parts``: keys of it, or places in a list (from 1), that rest on something else than the whole.
    """

    value: T
    parts: dict[Text, Provenance] = Field(default_factory=dict[str, Provenance])

    @model_validator(mode="after")
    def _are_parts(self) -> "DatedValue[T]":
        known = _parts_of(self.value)
        if unknown := sorted(set(self.parts) - set(known)):
            raise ValueError(
                f"{', '.join(unknown)} is no part of the value; its parts: {', '.join(known) or 'none'}"
            )
        return self

    @property
    def said(self) -> T:
        """The value."""
        return self.value

    @property
    def in_parts(self) -> Mapping[str, Provenance]:
        """Keys of the value that rest on something else than the whole."""
        return self.parts


class History(Strict, Generic[P]):
    """What is said of one matter over time, each from its day on."""

    values: Annotated[dict[date, P], OneDayEach] = Field(min_length=1)

    @property
    def spans(self) -> Iterator[tuple[date, date | None]]:
        """First and last day of each value, in order; the last one is open."""
        days = sorted(self.values)
        for start, following in zip_longest(days, days[1:]):
            yield start, following - timedelta(days=1) if following else None

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
    """One of several matters of a kind, known by its name; what is said besides ``values`` holds always.

    ``may_begin_later``: days before its first value are days without it, not days that cannot be judged.
    """

    may_begin_later: ClassVar[bool] = False
    name: Text


class Band(Strict):
    """Weight of events up to an age, inclusive."""

    upto_days: int = Field(ge=0)
    weight: int = Field(ge=0)


SeverityPoints = dict[str, Annotated[int, Field(ge=0)]]
"""Points by severity; of several findings of one item the most counts, so none speaks for an enterprise."""


class Shrinkage(Strict):
    """Prior of the severity mean: as if so many visits had brought so many points."""

    window_days: int = Field(gt=0)
    points: SeverityPoints
    prior_points: int = Field(ge=0)
    prior_visits: int = Field(gt=0)


class FeatureFile(Strict):
    """``features.yaml``: the numbers features are computed with."""

    severity_points: Dated[SeverityPoints]
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

    may_begin_later: ClassVar[bool] = True
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
