"""The catalogue: every feature, declared once, in the order of the columns of ``risk.features``.

A feature of one table of events is declared beside that table; what several tables give together, here.  The levels of
a day and of a span, the acts, the lint, what may be learnt and the data dictionary all read the catalogue, so a new
feature is one declaration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

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
    INSPECTION_COUNTS,
    INSPECTIONS,
    LAST_RESULT,
    LAST_SCORE,
    SINCE_INSPECTIONS,
)
from models.features.measures import Combined, Inherent, Measure
from models.features.violations import SINCE_VIOLATIONS, UNFINISHED, VIOLATION_COUNTS, VIOLATIONS
from models.features.windows import FeaturePolicy

COMBINED = ""
"""Stands in the place of the table where a feature comes of several."""
_feature = partial(Feature, COMBINED)


def _severity_mean(points: str, visits: str) -> Combined:
    """Severity points per ten visits, shrunk towards the prior so that one bad visit is not a fate."""

    def says(policy: FeaturePolicy) -> str:
        return f"({points} + {policy.prior_points}) * 10 // ({visits} + {policy.prior_visits})"

    return Combined(of=(points, visits), says=says)


# Counts are 0 both for the blameless and for the unknown; this keeps the two apart.
_TRACK_RECORD = _feature(
    "track_record",
    Combined(
        of=("inspections_window", "violations_60m", "accidents_60m", "alert_points"),
        says="CASE WHEN inspections_window > 0 THEN 2 WHEN violations_60m > 0 OR accidents_60m > 0 OR alert_points > 0 "
        "THEN 1 ELSE 0 END",
        categories=("none", "records", "visited"),
    ),
    acts="either",
    is_text=True,
).told(
    "",
    "What is on record",
    "`visited` in the long window, else `records` (findings, accidents or alerts), else `none`",
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
    _feature(
        "score_mean",
        Combined(
            of=("score_sum", "scored_visits"),
            says="CASE WHEN scored_visits > 0 THEN score_sum // scored_visits END",
        ),
        "up",
    ).told(
        "points",
        "Mean check-list score",
        "score_sum ÷ scored_visits, rounded down; empty without a scored visit",
    ),
)


@cache
def _by_name(features: tuple[Feature, ...]) -> dict[str, Feature]:
    return {one.name: one for one in features}


@cache
def _measures(features: tuple[Feature, ...], table: str) -> dict[str, Measure]:
    return {
        one.name: one.measure for one in features if one.table == table and isinstance(one.measure, Measure)
    }


@cache
def _combined(features: tuple[Feature, ...]) -> dict[str, Combined]:
    return {one.name: one.measure for one in features if isinstance(one.measure, Combined)}


@dataclass
class Catalogue:
    """Features, and the tables they are made of."""

    features: tuple[Feature, ...]
    tables: Mapping[str, EventTable]

    def __iter__(self) -> Iterator[Feature]:
        return iter(self.features)

    def __contains__(self, name: str) -> bool:
        return name in _by_name(self.features)

    def __getitem__(self, name: str) -> Feature:
        return _by_name(self.features)[name]

    def of(self, table: str) -> tuple[Feature, ...]:
        """Features made of one table."""
        return tuple(feature for feature in self.features if feature.table == table)

    def measures(self, table: str) -> dict[str, Measure]:
        """By feature what is measured of the events of one table."""
        return _measures(self.features, table)

    @property
    def inherent(self) -> dict[str, str]:
        """By feature what the register says, as SQL."""
        return {one.name: one.measure.says or one.name for one in self if isinstance(one.measure, Inherent)}

    @property
    def combined(self) -> dict[str, Combined]:
        """Features that others give together."""
        return _combined(self.features)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of ``risk.features``, in order."""
        return tuple(feature.name for feature in self)

    @property
    def integers(self) -> tuple[str, ...]:
        """Features that are numbers."""
        return tuple(feature.name for feature in self if not feature.is_text)

    @property
    def counts(self) -> tuple[str, ...]:
        """Features that are 0 when nothing is on record.  Whether that silence is good news is decided elsewhere."""
        return tuple(feature.name for feature in self if feature.measure.blank == 0)

    def moved(self, acts: Acts) -> frozenset[str]:
        """Features that acts move this way."""
        return frozenset(feature.name for feature in self if feature.acts == acts)

    @property
    def barred(self) -> dict[str, str]:
        """Features no points may be given for in what is learnt, and why."""
        return {feature.name: feature.barred for feature in self if feature.barred}


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
        LAST_RESULT,
        LAST_SCORE,
        *SINCE_VIOLATIONS,
        *SINCE_ACCIDENTS,
        *SINCE_REPORTS,
        *_MEANS,
        *UNFINISHED,
    ),
    tables={
        table.name: table for table in (ENTERPRISES, VIOLATIONS, ALERTS, INSPECTIONS, ACCIDENTS, SELF_REPORTS)
    },
)
