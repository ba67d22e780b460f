"""The catalogue: every feature, declared once, in the order of the columns of ``risk.features``.

A feature of one table of events is declared beside that table; what several tables give together, here.  The fold,
the days of the forecast, the acts, the lint, what may be learnt and the data dictionary all read the catalogue, so a
new feature is one declaration.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import narwhals as nw

from models.features.accidents import ACCIDENT_COUNTS, ACCIDENTS, SINCE_ACCIDENTS
from models.features.alerts import ALERT_COUNTS, ALERTS
from models.features.enterprise import (
    CATEGORIES,
    ENTERPRISES,
    INHERENT,
    REPORT_COUNTS,
    SELF_REPORTS,
    SINCE_REPORTS,
)
from models.features.feature import Acts, EventTable, Feature
from models.features.inspections import (
    CLEAN_VISIT,
    INSPECTION_COUNTS,
    INSPECTIONS,
    LAST_SCORE,
    LAST_VISIT,
    SEEN_OFF_SITE,
    SINCE_INSPECTIONS,
)
from models.features.measures import Combined, Inherent, Spells, Thresholds
from models.features.violations import (
    CLEARED_MAJOR,
    SINCE_VIOLATIONS,
    UNSETTLED,
    VIOLATION_COUNTS,
    VIOLATIONS,
)
from models.features.windows import TWO_YEARS, FeaturePolicy, Step
from models.vocabulary import RESULT_RANK

COMBINED = ""
"""Stands in the place of the table where a feature comes of several."""
_feature = partial(Feature, COMBINED)


def _severity_mean(points: str, visits: str) -> Combined:
    """Severity points per ten visits, shrunk towards the prior so that one bad visit is not a fate."""

    def says(policy: FeaturePolicy) -> nw.Expr:
        total = nw.col(points) + policy.prior_points
        return total * 10 // (nw.col(visits) + policy.prior_visits)

    return Combined({points: (), visits: ()}, says)


def _score_mean(policy: FeaturePolicy) -> nw.Expr:
    return nw.when(nw.col("scored_visits") > 0).then(nw.col("score_sum") // nw.col("scored_visits"))


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def _unsettled(policy: FeaturePolicy) -> nw.Expr:
    age, clean = nw.col("newest_unsettled_age"), nw.col("days_since_clean_visit")
    return _flag((age <= TWO_YEARS) & (clean.is_null() | (clean >= age)))


def _unchecked(policy: FeaturePolicy) -> nw.Expr:
    age, clean = nw.col("newest_cleared_major_age"), nw.col("days_since_clean_visit")
    return _flag(~age.is_null() & (clean.is_null() | (clean > age)))


def _last_result(policy: FeaturePolicy) -> nw.Expr:
    """What the last visit left, and what off-site checks have found since, if that is graver."""
    left, since = nw.col("result_of_last_visit"), nw.col("days_since_last_visit")
    result = left
    for rank, seen in sorted(SEEN_OFF_SITE.items()):
        is_newer = since.is_null() | (nw.col(seen.name) <= since)
        is_graver = left.is_null() | (left < rank)
        result = (
            nw.when(~nw.col(seen.name).is_null() & is_newer & is_graver).then(nw.lit(rank)).otherwise(result)
        )
    return result


def _track_record(policy: FeaturePolicy) -> nw.Expr:
    """Counts are 0 both for the blameless and for the unknown; this keeps the two apart."""
    others = (nw.col("violations_60m") > 0) | (nw.col("accidents_60m") > 0) | (nw.col("alert_points") > 0)
    records = nw.when(others).then(nw.lit("records")).otherwise(nw.lit("none"))
    return nw.when(nw.col("inspections_window") > 0).then(nw.lit("visited")).otherwise(records)


_TRACK_RECORD = _feature(
    "track_record",
    Combined(
        dict.fromkeys(("inspections_window", "violations_60m", "accidents_60m", "alert_points"), ()),
        _track_record,
    ),
    acts="either",
    is_text=True,
).told(
    "",
    "What is on record",
    "`visited` in the long window, else `records` (findings, accidents or alerts), else `none`",
)
_LAST_RESULT = _feature(
    "last_result",
    Combined(
        dict.fromkeys((one.name for one in (*LAST_VISIT, *SEEN_OFF_SITE.values())), ()),
        _last_result,
    ),
    "up",
    "lower",
    most=RESULT_RANK["refused"],
).told(
    "rank",
    "Result of the last visit",
    "result of the last counted visit, or what an off-site check has found since that is serious and graver: "
    "0 clean, 1 unknown, 2 findings, 3 serious, 4 stopped, 5 refused; an off-site check is a last visit only where "
    "`off_site_settles` has refusal",
)
_MEANS = (
    _feature("severity_mean", _severity_mean("severity_points", "inspections_window"), "up", "lower").told(
        "points / 10 visits",
        "Severity per ten visits, shrunk (long memory)",
        "(severity points + prior points) × 10 ÷ (visits + prior visits), whole number",
    ),
    _feature(
        "severity_mean_12m", _severity_mean("severity_points_12m", "inspections_12m"), "up", "lower"
    ).told(
        "points / 10 visits",
        "Severity per ten visits of 12 months, shrunk",
        "the same over the findings and visits of 365 days",
    ),
    _feature("score_mean", Combined({"score_sum": (), "scored_visits": ()}, _score_mean), "up").told(
        "points",
        "Mean check-list score",
        "score_sum ÷ scored_visits, rounded down; empty without a scored visit",
    ),
)
_UNFINISHED = (
    _feature(
        "unsettled_findings",
        Combined({"newest_unsettled_age": (TWO_YEARS,), "days_since_clean_visit": ()}, _unsettled),
        "up",
        "lower",
    ).told(
        "0/1",
        "Unsettled findings",
        "1 while the newest finding of 730 days not known to be rectified has no later clean visit",
    ),
    _feature(
        "unchecked_major_hazards",
        Combined({"newest_cleared_major_age": (), "days_since_clean_visit": ()}, _unchecked),
        "up",
        "either",
    ).told(
        "0/1",
        "Major hazards put right, not yet checked",
        "1 while a major hazard found within 730 days was put right but no clean visit has followed",
    ),
)


@dataclass
class Catalogue:
    """Features, and the tables they are folded from."""

    features: tuple[Feature, ...]
    tables: Mapping[str, EventTable]

    def __iter__(self) -> Iterator[Feature]:
        return iter(self.features)

    def __contains__(self, name: str) -> bool:
        return any(feature.name == name for feature in self.features)

    def __getitem__(self, name: str) -> Feature:
        return next(feature for feature in self.features if feature.name == name)

    def of(self, table: str) -> tuple[Feature, ...]:
        """Features folded from one table."""
        return tuple(feature for feature in self.features if feature.table == table)

    @property
    def told(self) -> tuple[Feature, ...]:
        """Features that are columns of ``risk.features``, in order."""
        return tuple(feature for feature in self.features if feature.is_own)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of ``risk.features``, in order."""
        return tuple(feature.name for feature in self.told)

    @property
    def integers(self) -> tuple[str, ...]:
        """Features that are numbers."""
        return tuple(feature.name for feature in self.told if not feature.is_text)

    @property
    def counts(self) -> tuple[str, ...]:
        """Features that are 0 when nothing is on record.  Whether that silence is good news is decided elsewhere."""
        return tuple(feature.name for feature in self.told if feature.measure.blank == 0)

    def moved(self, acts: Acts) -> frozenset[str]:
        """Features that acts move this way."""
        return frozenset(feature.name for feature in self.told if feature.acts == acts)

    def steps(self, policy: FeaturePolicy, asked: Thresholds) -> tuple[Step, ...]:
        """Where the features that are asked for can change by the mere passing of time.

        Between two such days every one of them stays what it is.  ``asked`` names the features somebody reads, each
        with the values that matter to the reader: an age changes every day, but only these matter.  Register features
        never change by themselves; spells may change on any day and are left to the timeline.
        """
        found = (step for name, values in asked.items() for step in self._steps(name, values, policy))
        return tuple(dict.fromkeys(found))

    def _steps(self, name: str, values: Iterable[int], policy: FeaturePolicy) -> Iterator[Step]:
        if name not in self:
            return
        feature = self[name]
        if isinstance(feature.measure, Combined):
            for part, of_part in feature.measure.of.items():
                yield from self._steps(part, of_part, policy)
        elif not isinstance(feature.measure, Inherent | Spells):
            yield from feature.measure.steps(feature.table, self.tables[feature.table].day, policy, values)

    @property
    def barred(self) -> dict[str, str]:
        """Features no points may be given for in what is learnt, and why."""
        return {feature.name: feature.barred for feature in self.told if feature.barred}


CATALOGUE = Catalogue(
    features=(
        *CATEGORIES,
        _TRACK_RECORD,
        *INHERENT,
        *VIOLATION_COUNTS,
        *INSPECTION_COUNTS,
        *ALERT_COUNTS,
        *ACCIDENT_COUNTS,
        *REPORT_COUNTS,
        *SINCE_INSPECTIONS,
        _LAST_RESULT,
        LAST_SCORE,
        *SINCE_VIOLATIONS,
        *SINCE_ACCIDENTS,
        *SINCE_REPORTS,
        *_MEANS,
        *_UNFINISHED,
        UNSETTLED,
        CLEARED_MAJOR,
        CLEAN_VISIT,
        *LAST_VISIT,
        *SEEN_OFF_SITE.values(),
    ),
    tables={
        table.name: table for table in (ENTERPRISES, VIOLATIONS, ALERTS, INSPECTIONS, ACCIDENTS, SELF_REPORTS)
    },
)
