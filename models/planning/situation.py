"""What the planner knows on the evening of a day: firms, what happened to them, people, and earlier promises."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, partial

import polars as pl

from models.policy.planning import PlanningPolicy
from models.policy.shape import OffSiteMatter
from models.validity import is_counted

Schema = Mapping[str, pl.DataType | type[pl.DataType]]

FIRMS: Schema = {
    "enterprise_id": pl.String,
    "sector": pl.String,
    "industry": pl.String,
    "division": pl.String,
    "level": pl.String,
    "standardisation": pl.String,
    "status": pl.String,
    "code": pl.String,
    "is_provisional": pl.Boolean,
    "red_since": pl.Date,
    "value": pl.Int64,
    "repeat_items": pl.Int64,
    "major_hazard_source": pl.Int64,
    "source_since": pl.Date,
    "longitude": pl.Float64,
    "latitude": pl.Float64,
}
"""One row per coded enterprise.  ``value``: serious findings expected at a visit, in millionths, or the score."""

INSPECTIONS: Schema = {
    "enterprise_id": pl.String,
    "inspected_on": pl.Date,
    "kind": pl.String,
    "mode": pl.String,
    "level": pl.String,
    "result": pl.String,
    "officers": pl.String,
    "departments": pl.String,
    "known_on": pl.Date,
}
"""One row per visit on record; an empty ``level`` stands for one above the city.

``departments``: who came, as delivered.  ``known_on``: the day it was first on record, empty = the day of the visit.
"""

FINDINGS: Schema = {
    "enterprise_id": pl.String,
    "source": pl.String,
    "violation_id": pl.String,
    "rectify_due_on": pl.Date,
    "is_major_hazard": pl.Boolean,
}
"""One row per open finding."""

ALERTS: Schema = {
    "enterprise_id": pl.String,
    "source": pl.String,
    "alert_id": pl.String,
    "kind": pl.String,
    "level": pl.String,
    "raised_on": pl.Date,
    "closed_on": pl.Date,
}
"""One row per alert that is no false alarm."""

ACCIDENTS: Schema = {
    "enterprise_id": pl.String,
    "source": pl.String,
    "accident_id": pl.String,
    "occurred_on": pl.Date,
    "known_on": pl.Date,
}
"""One row per accident; ``known_on`` is the day the authority first knew of it, empty = the day it happened."""

TASKS: Schema = {
    "enterprise_id": pl.String,
    "source": pl.String,
    "task_id": pl.String,
    "kind": pl.String,
    "department": pl.String,
    "opens_on": pl.Date,
    "due_on": pl.Date,
    "mode": pl.String,
    "closed_on": pl.Date,
}
"""One row per task another department or level gives."""

OFFICERS: Schema = {
    "officer_id": pl.String,
    "name": pl.String,
    "division": pl.String,
    "level": pl.String,
    "role": pl.String,
    "certified_until": pl.Date,
    "left_on": pl.Date,
}
"""One row per officer or technical inspector."""

ABSENCES: Schema = {"officer_id": pl.String, "first_day": pl.Date, "last_day": pl.Date}
"""One row per absence, both days included."""

CONFLICTS: Schema = {"enterprise_id": pl.String, "officer_id": pl.String}
"""One row per declared conflict that stands."""

CONTESTED: Schema = {"enterprise_id": pl.String}
"""Enterprises of which sources name two levels or districts; planned where what held before says (P1)."""

TARGETS: Schema = {
    "enterprise_id": pl.String,
    "channel": pl.String,
    "month_on": pl.Date,
    "set_on": pl.Date,
    "draw_id": pl.String,
}
"""The year plan, one row per enterprise and planned channel: the month (its first day) it is meant for."""

CREWS: Schema = {
    "month_on": pl.Date,
    "level": pl.String,
    "division": pl.String,
    "crew_id": pl.String,
    "officer_id": pl.String,
    "role": pl.String,
    "place": pl.Int64,
}
"""Drawn crews, one row per member; ``crew_id`` is empty for who was left over, ``place`` is the order drawn."""

TIES: Schema = {"month_on": pl.Date, "enterprise_id": pl.String, "crew_id": pl.String}
"""Which crew the draw gave a drawn enterprise, one row per enterprise and month."""

PREVIOUS: Schema = {
    "visit_id": pl.String,
    "enterprise_id": pl.String,
    "item_ids": pl.List(pl.String),
    "day": pl.Date,
    "crew_id": pl.String,
}
"""Visits that had a day in the plan before, one row each."""

FILINGS: Schema = {
    "enterprise_id": pl.String,
    "visit_id": pl.String,
    "planned_on": pl.Date,
    "officers": pl.List(pl.String),
    "state": pl.String,
}
"""What is filed (D1), one row per filing that stands, whatever its day; ``officers``: numbers of who goes."""

DONE: Schema = {"enterprise_id": pl.String, "item_id": pl.String}
"""Items that a delivered inspection has settled because its visit was planned to."""


def _none_of(schema: Schema) -> Callable[[], pl.DataFrame]:
    return partial(pl.DataFrame, schema=schema)


@dataclass(frozen=True)
class Situation:
    """Everything known at the end of ``as_of``; frames that are not given are empty.

    ``as_of`` has ended: the first day that can be planned is the next one.
    """

    as_of: date
    firms: pl.DataFrame
    inspections: pl.DataFrame = field(default_factory=_none_of(INSPECTIONS))
    findings: pl.DataFrame = field(default_factory=_none_of(FINDINGS))
    alerts: pl.DataFrame = field(default_factory=_none_of(ALERTS))
    accidents: pl.DataFrame = field(default_factory=_none_of(ACCIDENTS))
    tasks: pl.DataFrame = field(default_factory=_none_of(TASKS))
    officers: pl.DataFrame = field(default_factory=_none_of(OFFICERS))
    absences: pl.DataFrame = field(default_factory=_none_of(ABSENCES))
    conflicts: pl.DataFrame = field(default_factory=_none_of(CONFLICTS))
    contested: pl.DataFrame = field(default_factory=_none_of(CONTESTED))
    targets: pl.DataFrame = field(default_factory=_none_of(TARGETS))
    crews: pl.DataFrame = field(default_factory=_none_of(CREWS))
    ties: pl.DataFrame = field(default_factory=_none_of(TIES))
    previous: pl.DataFrame = field(default_factory=_none_of(PREVIOUS))
    filings: pl.DataFrame = field(default_factory=_none_of(FILINGS))
    done: pl.DataFrame = field(default_factory=_none_of(DONE))

    @property
    def next_day(self) -> date:
        """First day that can be planned."""
        return self.as_of + timedelta(days=1)

    @property
    def year(self) -> int:
        """Calendar year of the first day that can be planned: caps and floors are counted in it."""
        return self.next_day.year

    @cached_property
    def last_on_site(self) -> pl.DataFrame:
        """Last counted visit on site of each enterprise: ``enterprise_id``, ``last_on``."""
        return last_visits(on_site(self.inspections))

    @cached_property
    def own_on_site(self) -> dict[tuple[str, ...], pl.DataFrame]:
        """What ``own_on_site`` was asked for before, by how the authority is called."""
        return {}

    def targets_of(self, *channels: str) -> pl.DataFrame:
        """Targets of this year's plan, of some channels."""
        of_year = self.targets.filter(pl.col("month_on").dt.year() == self.year)
        return of_year.filter(pl.col("channel").is_in(channels))


def counted(inspections: pl.DataFrame) -> pl.DataFrame:
    """Visits that are inspections: no assistance (P11), and the inspectors were let in."""
    return inspections.filter(is_counted(pl.col))


def on_site(inspections: pl.DataFrame) -> pl.DataFrame:
    """Counted visits at the enterprise itself."""
    return counted(inspections).filter(pl.col("mode") == "on_site")


def blank_or_holding(words: Sequence[str]) -> str:
    """Regular expression of departments told of a visit: none at all, or one whose name holds one of these words.

    Without words it fits whatever is told.
    """
    return r"^\s*$|" + "|".join(re.escape(word) for word in words) if words else ""


def by_own(visits: pl.DataFrame, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits that the authority itself took part in (``own_departments``)."""
    if not policy.own_departments:
        return visits
    told = pl.col("departments").fill_null("")
    return visits.filter(told.str.contains(blank_or_holding(policy.own_departments)))


def own_on_site(now: "Situation", policy: PlanningPolicy) -> pl.DataFrame:
    """Counted visits on site that the authority itself took part in; they do not tell who made them."""
    known, asked = now.own_on_site, tuple(policy.own_departments)
    if asked not in known:
        known[asked] = by_own(on_site(now.inspections).drop("officers", "mode", "known_on"), policy)
    return known[asked]


def settling(inspections: pl.DataFrame, matter: OffSiteMatter, policy: PlanningPolicy) -> pl.DataFrame:
    """Counted visits that settle a matter: on site, and off site where the policy says so (P12)."""
    return counted(inspections) if matter in policy.off_site_settles else on_site(inspections)


def last_visits(inspections: pl.DataFrame) -> pl.DataFrame:
    """Last visit of each enterprise: ``enterprise_id``, ``last_on``."""
    return inspections.group_by("enterprise_id").agg(last_on=pl.col("inspected_on").max())
