"""Reading and checking a policy pack, and the values in force on a day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel

from models.errors import PolicyGapError
from models.features.windows import FeaturePolicy
from models.policy.learning import Label, LearningFile, LearningPolicy
from models.policy.planning import CapFile, PlanningFile, PlanningPolicy, planning_on
from models.policy.review import ReviewFile, ReviewPolicy, review_on
from models.policy.shape import (
    Band,
    CardFile,
    ChangeRules,
    CodeFile,
    Condition,
    Expiry,
    FeatureFile,
    Provenance,
    RuleEntry,
    Sufficiency,
    Thresholds,
    Words,
)
from models.scorecard import Factor, Scorecard


@dataclass(frozen=True)
class Rule:
    """A veto or a floor, on one day."""

    name: str
    kind: str
    title: Words
    clearing: Words
    check: Words
    when: tuple[Condition, ...]
    code: str
    expires: Expiry | None
    provenance: Provenance


@dataclass(frozen=True)
class CodePolicy:
    """How points become codes, on one day."""

    thresholds: Thresholds
    thresholds_provenance: Provenance
    sufficiency: Sufficiency
    sufficiency_provenance: Provenance
    sufficiency_title: Words
    sufficiency_clearing: Words
    rules: tuple[Rule, ...]
    change: ChangeRules
    change_provenance: Provenance
    change_title: Words
    change_clearing: Words


@dataclass(frozen=True)
class QueuePolicy:
    """Deadlines of the red queue, on one day."""

    red_visit_working_days: int
    provenance: Provenance


@dataclass(frozen=True)
class PolicyOnDay:
    """Everything the method needs to know on one day."""

    pack: str
    version: str
    pack_hash: str
    planning_hash: str
    features: FeaturePolicy
    scorecard: Scorecard
    codes: CodePolicy
    queue: QueuePolicy
    learning: LearningPolicy
    planning: PlanningPolicy
    review: ReviewPolicy


@dataclass(frozen=True)
class Policy:
    """A pack, read and checked.

    ``hash`` is the SHA-256 of what decides codes and is stored with every code; ``planning_hash`` that of what
    decides visits, and is stored with every plan; ``content_hash`` that of all values, whatever they decide.
    ``texts`` are the files as read, by name without ending: from them the very same pack is read again.
    """

    name: str
    version: str
    title: Words
    note: Words
    hash: str
    planning_hash: str
    content_hash: str
    texts: Mapping[str, str] = field(repr=False)
    _features: FeatureFile
    _codes: CodeFile
    _card: CardFile
    _learning: LearningFile
    _planning: PlanningFile
    _caps: CapFile
    _review: ReviewFile

    def on(self, as_of: date) -> PolicyOnDay:
        """Values in force on a day.  Raises PolicyGapError where the pack has none."""
        queue = self._queue_on(as_of)
        return PolicyOnDay(
            pack=self.name,
            version=self.version,
            pack_hash=self.hash,
            planning_hash=self.planning_hash,
            features=self._features_on(as_of),
            scorecard=self._scorecard_on(as_of),
            codes=self._codes_on(as_of),
            queue=queue,
            learning=self._learning_on(as_of),
            planning=planning_on(
                self._planning, self._caps, as_of, red_visit_working_days=queue.red_visit_working_days
            ),
            review=review_on(self._review, as_of),
        )

    def changes_between(self, first: date, last: date) -> list[date]:
        """Days after ``first``, up to ``last``, on which a value that decides codes changes, ascending."""
        files = (self._features, self._codes, self._card)
        days = {day for file in files for day in _days_in(file.model_dump())}
        return sorted(day for day in days if first < day <= last)

    def _features_on(self, day: date) -> FeaturePolicy:
        file = self._features
        mean = file.severity_mean.on(day, name="severity_mean").value
        return FeaturePolicy(
            severity_points=file.severity_points.on(day, name="severity_points").value,
            violation_bands=_bands(file.violation_bands.on(day, name="violation_bands").value),
            severity_window_days=mean.window_days,
            severity_mean_points=mean.points,
            prior_points=mean.prior_points,
            prior_visits=mean.prior_visits,
            repeat_window_days=file.repeat_window_days.on(day, name="repeat_window_days").value,
            alert_points=file.alert_points.on(day, name="alert_points").value,
            alert_bands=_bands(file.alert_bands.on(day, name="alert_bands").value),
            slow_minutes=file.slow_minutes.on(day, name="slow_minutes").value,
            unanswered_minutes=file.unanswered_minutes.on(day, name="unanswered_minutes").value,
            longest_plan_days=file.longest_plan_days.on(day, name="longest_plan_days").value,
        )

    def _scorecard_on(self, day: date) -> Scorecard:
        factors: list[Factor] = []
        for entry in self._card.factors:
            value = _in_force(entry.values, day, name=f"factor {entry.factor}")
            factors.append(
                Factor(
                    name=entry.factor,
                    feature=entry.feature,
                    points=value.points,
                    missing=value.missing,
                    title_zh=entry.title.zh,
                    title_en=entry.title.en,
                    check_zh=entry.check.zh if entry.check else "",
                    check_en=entry.check.en if entry.check else "",
                    basis=value.basis,
                    reference=value.reference,
                )
            )
        return Scorecard(name=self._card.name, version=self.version, factors=tuple(factors))

    def _codes_on(self, day: date) -> CodePolicy:
        change = self._codes.change.on(day, name="change")
        thresholds = self._codes.thresholds.on(day, name="thresholds")
        sufficiency = self._codes.sufficiency.on(day, name="sufficiency")
        return CodePolicy(
            thresholds=thresholds.value,
            thresholds_provenance=thresholds,
            sufficiency=sufficiency.value,
            sufficiency_provenance=sufficiency,
            sufficiency_title=self._codes.sufficiency_title,
            sufficiency_clearing=self._codes.sufficiency_clearing,
            rules=tuple(_rule_on(entry, day) for entry in self._codes.rules),
            change=change.value,
            change_provenance=change,
            change_title=self._codes.change_title,
            change_clearing=self._codes.change_clearing,
        )

    def _queue_on(self, day: date) -> QueuePolicy:
        days = self._codes.red_visit_working_days.on(day, name="red_visit_working_days")
        return QueuePolicy(days.value, days)

    def _learning_on(self, day: date) -> LearningPolicy:
        file = self._learning
        labels: dict[str, Label] = {}
        for entry in file.labels:
            dated = _in_force(entry.values, day, name=f"label {entry.label}")
            labels[entry.label] = Label(entry.label, entry.title, entry.meaning, dated.value, dated)
        return LearningPolicy(
            labels=labels,
            candidates=tuple(file.candidates.on(day, name="candidates").value),
            fitting=file.fitting.on(day, name="fitting").value,
            gate=file.gate.on(day, name="gate").value,
        )


V = TypeVar("V")


def _days_in(told: Any) -> Iterator[date]:
    """Every day under which a dated value stands."""
    if isinstance(told, dict):
        yield from (key for key in told if isinstance(key, date))
        for item in told.values():
            yield from _days_in(item)
    elif isinstance(told, list):
        for item in told:
            yield from _days_in(item)


def _in_force(values: Mapping[date, V], day: date, *, name: str) -> V:
    starts = [start for start in values if start <= day]
    if not starts:
        raise PolicyGapError(
            "The policy pack has no {name} for {day}; its first value starts {values}. Add a dated "
            "value, or code a later day.",
            name=name,
            day=day,
            values=min(values),
        )
    return values[max(starts)]


def _rule_on(entry: RuleEntry, day: date) -> Rule:
    dated = _in_force(entry.values, day, name=f"rule {entry.rule}")
    return Rule(
        name=entry.rule,
        kind=entry.kind,
        title=entry.title,
        clearing=entry.clearing,
        check=entry.check,
        when=tuple(dated.value.when),
        code=dated.value.code,
        expires=dated.value.expires,
        provenance=dated,
    )


def _bands(bands: list[Band]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((band.upto_days, band.weight) for band in bands))


M = TypeVar("M", bound=BaseModel)
