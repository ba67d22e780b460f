"""Reading and checking a policy pack, and the values in force on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from models.features.windows import FeaturePolicy
from models.policy.desk import DeskFile, DeskPolicy, desk_on
from models.policy.in_force import histories, in_force
from models.policy.learning import LearningFile, LearningPolicy, learning_on
from models.policy.papers import PapersFile, PapersPolicy, papers_on
from models.policy.planning import CapFile, PlanningFile, PlanningPolicy, planning_on
from models.policy.review import ReviewFile, ReviewPolicy, review_on
from models.policy.shape import (
    CardFile,
    ChangeRules,
    CodeFile,
    Condition,
    DatedValue,
    Expiry,
    FactorEntry,
    FactorValue,
    FeatureFile,
    OffSiteMatter,
    Provenance,
    RuleEntry,
    RuleValue,
    Shrinkage,
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
    """How points become codes, on one day.  ``provenance`` is that of each dated field, by its name."""

    thresholds: Thresholds
    sufficiency: Sufficiency
    sufficiency_title: Words
    sufficiency_clearing: Words
    rules: tuple[Rule, ...]
    change: ChangeRules
    change_title: Words
    change_clearing: Words
    provenance: Mapping[str, Provenance]


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
    desk: DeskPolicy
    papers: PapersPolicy


@dataclass(frozen=True)
class PackFiles:
    """The files of a pack besides ``pack.yaml``, as written: every value with its days and sources."""

    features: FeatureFile
    scorecard: CardFile
    codes: CodeFile
    learning: LearningFile
    planning: PlanningFile
    caps: CapFile
    review: ReviewFile
    desk: DeskFile
    papers: PapersFile


@dataclass(frozen=True)
class Policy:
    """A pack, read and checked.

    ``hash`` is the SHA-256 of what decides codes and is stored with every code; ``planning_hash`` that of what
    decides visits, and is stored with every plan; ``content_hash`` that of all values, whatever they decide.
    ``texts`` are the files as read, by name without ending: from them the very same pack is read again.
    ``files`` are those texts understood, for who asks about all days at once.
    """

    name: str
    version: str
    title: Words
    note: Words
    hash: str
    planning_hash: str
    content_hash: str
    texts: Mapping[str, str] = field(repr=False)
    files: PackFiles = field(repr=False)

    def on(self, as_of: date) -> PolicyOnDay:
        """Values in force on a day.  Raises PolicyGapError where the pack has none."""
        files = self.files
        settles = off_site_on(files.codes, files.planning, as_of)
        features = features_on(files.features, as_of, off_site_settles=settles)
        scorecard = self.scorecard_on(as_of)
        codes, queue = codes_on(files.codes, as_of)
        return PolicyOnDay(
            pack=self.name,
            version=self.version,
            pack_hash=self.hash,
            planning_hash=self.planning_hash,
            features=features,
            scorecard=scorecard,
            codes=codes,
            queue=queue,
            learning=learning_on(files.learning, as_of),
            planning=planning_on(
                files.planning,
                files.caps,
                as_of,
                red_visit_working_days=queue.red_visit_working_days,
                off_site_settles=settles,
            ),
            review=review_on(files.review, as_of),
            desk=desk_on(files.desk, as_of),
            papers=papers_on(files.papers, as_of),
        )

    def scorecard_on(self, day: date) -> Scorecard:
        """The expert card on a day, under the version of the pack.  Raises PolicyGapError."""
        values, _ = in_force(self.files.scorecard, day)
        factors = tuple(_factor(entry, points) for entry, points in values["factors"])
        return Scorecard(name=values["name"], version=self.version, factors=factors)

    def changes_between(self, first: date, last: date) -> list[date]:
        """Days after ``first``, up to ``last``, on which a value that decides codes changes, ascending."""
        files = (self.files.features, self.files.codes, self.files.scorecard)
        days = {day for file in files for _, history in histories(file) for day in history.values}
        return sorted(day for day in days if first < day <= last)


BEFORE_IT_WAS_SAID: tuple[OffSiteMatter, ...] = ("refusal", "clean_visit", "sufficiency")
"""What an off-site check settles by packs without ``off_site_settles``, besides what their old switch says."""


def off_site_on(codes: CodeFile, planning: PlanningFile, day: date) -> frozenset[OffSiteMatter]:
    """What an off-site check settles on a day.  Raises PolicyGapError."""
    if codes.off_site_settles is not None:
        return frozenset(codes.off_site_settles.on(day, name="off_site_settles").value)
    is_full = planning.switches.on(day, name="switches").value.off_site_satisfies_annual
    return frozenset((*BEFORE_IT_WAS_SAID, *(("annual_full",) if is_full else ())))


def features_on(file: FeatureFile, day: date, *, off_site_settles: frozenset[OffSiteMatter]) -> FeaturePolicy:
    """The numbers of the features on a day.  Raises PolicyGapError."""
    values, _ = in_force(file, day)
    mean: Shrinkage = values.pop("severity_mean")
    for name in ("violation_bands", "alert_bands"):
        values[name] = tuple(sorted((band.upto_days, band.weight) for band in values[name]))
    return FeaturePolicy(
        **values,
        severity_window_days=mean.window_days,
        severity_mean_points=mean.points,
        prior_points=mean.prior_points,
        prior_visits=mean.prior_visits,
        off_site_settles=off_site_settles,
    )


def codes_on(file: CodeFile, day: date) -> tuple[CodePolicy, QueuePolicy]:
    """How points become codes on a day, and the deadlines that follow.  Raises PolicyGapError."""
    values, provenance = in_force(file, day)
    name = "red_visit_working_days"
    del values["off_site_settles"]
    queue = QueuePolicy(values.pop(name), provenance.pop(name))
    values["rules"] = tuple(_rule(entry, dated) for entry, dated in values["rules"])
    return CodePolicy(**values, provenance=provenance), queue


def _rule(entry: RuleEntry, dated: DatedValue[RuleValue]) -> Rule:
    said = dated.value
    return Rule(
        name=entry.name,
        kind=entry.kind,
        title=entry.title,
        clearing=entry.clearing,
        check=entry.check,
        when=tuple(said.when),
        code=said.code,
        expires=said.expires,
        provenance=dated,
    )


def _factor(entry: FactorEntry, value: FactorValue) -> Factor:
    return Factor(
        name=entry.name,
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
