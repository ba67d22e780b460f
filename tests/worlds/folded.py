"""Features counted the slow way: plain loops over the rows of a world, one enterprise and one day at a time.

The second witness of ``models.features``.  It shares windows, policy, and the names and types of the columns with it,
and nothing else: no SQL, no expressions, no intervals.  Days are ``date``, moments ``datetime``, as the tables hold
them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import polars as pl

from models.features.windows import FIVE_YEARS, HALF_YEAR, RECENT, THREE_YEARS, TWO_YEARS, YEAR, FeaturePolicy
from models.industries import industry_code
from models.tables.canonical import TABLES
from tests.worlds.strategies import FEATURE_SCHEMA, Row

Rows = list[Row]
EVENTS = ("violations", "alerts", "inspections", "accidents", "self_reports")
RANKS = {"clean": 0, "unknown": 1, "findings": 2, "serious": 3, "stopped": 4, "refused": 5}
FINDINGS, SERIOUS = 2, 3


@dataclass
class Firm:
    """What stands of one enterprise: its row of the register, and its events by table."""

    register: Row
    events: dict[str, Rows] = field(default_factory=dict[str, Rows])

    def until(self, table: str, day: date) -> Rows:
        """Events of a table that had happened by the end of a day."""
        column = str(TABLES[table].happened)
        return [row for row in self.events.get(table, []) if day_of(row[column]) <= day]


def day_of(moment: date | datetime) -> date:
    """The day of a moment, or the day itself."""
    return moment.date() if isinstance(moment, datetime) else moment


def known_versions(table: str, frame: pl.DataFrame, known_at: date) -> Iterator[Row]:
    """The version of every thing that was told last by the end of a day."""
    versions: dict[tuple[str, ...], Row] = {}
    for row in frame.iter_rows(named=True):
        key = tuple(row[column] for column in TABLES[table].key)
        is_later = key not in versions or row["recorded_at"] > versions[key]["recorded_at"]
        if is_later and row["recorded_at"] <= known_at:
            versions[key] = row
    yield from versions.values()


def standing(world: Mapping[str, pl.DataFrame], known_at: date) -> list[Firm]:
    """The enterprises known on a day, in order, with their events that were not known to be withdrawn."""
    register = list(known_versions("enterprises", world["enterprises"], known_at))
    firms = {
        row["enterprise_id"]: Firm(row) for row in sorted(register, key=lambda row: row["enterprise_id"])
    }
    for table in EVENTS:
        for row in known_versions(table, world[table], known_at):
            is_withdrawn = row["withdrawn_on"] is not None and row["withdrawn_on"] <= known_at
            if not is_withdrawn and row["enterprise_id"] in firms:
                firms[row["enterprise_id"]].events.setdefault(table, []).append(row)
    return list(firms.values())


def folded(
    world: Mapping[str, pl.DataFrame], *, as_of: date, known_at: date | None = None, policy: FeaturePolicy
) -> pl.DataFrame:
    """All features of a day, sorted by enterprise."""
    return frame_of(standing(world, known_at or as_of), as_of, policy)


def frame_of(firms: Iterable[Firm], as_of: date, policy: FeaturePolicy) -> pl.DataFrame:
    """Features of enterprises on a day, with the columns of the catalogue."""
    told = [features_of(firm, as_of, policy) for firm in firms]
    assert all(set(row) == set(FEATURE_SCHEMA) for row in told)
    return pl.DataFrame(told, schema=FEATURE_SCHEMA, orient="row")


def features_of(firm: Firm, as_of: date, policy: FeaturePolicy) -> Row:
    """All features of one enterprise on a day."""
    visits, findings = _Visits(firm, as_of, policy), firm.until("violations", as_of)
    told = {
        **_register(firm.register),
        **_findings(findings, as_of, policy),
        **_unfinished(findings, visits.newest_clean(), as_of),
        **visits.counts(),
        **visits.states(),
        **_alerts(firm.until("alerts", as_of), as_of, policy),
        **_accidents(firm.until("accidents", as_of), as_of),
        **_reports(firm.until("self_reports", as_of), as_of),
    }
    for name, points, number in (
        ("severity_mean", "severity_points", "inspections_window"),
        ("severity_mean_12m", "severity_points_12m", "inspections_12m"),
    ):
        told[name] = (told[points] + policy.prior_points) * 10 // (told[number] + policy.prior_visits)
    told["score_mean"] = told["score_sum"] // told["scored_visits"] if told["scored_visits"] else None
    records = told["violations_60m"] + told["accidents_60m"] + told["alert_points"]
    told["track_record"] = "visited" if told["inspections_window"] else "records" if records else "none"
    return told


def _within(rows: Iterable[Row], column: str, as_of: date, days: int) -> Rows:
    """Those of the last so many days, the oldest of them included."""
    return [row for row in rows if (as_of - day_of(row[column])).days <= days]


def _since(rows: Iterable[Row], column: str, as_of: date) -> int | None:
    """Days since the newest."""
    return min(((as_of - day_of(row[column])).days for row in rows), default=None)


def _weight(age: int, bands: Iterable[tuple[int, int]]) -> int:
    for last, weight in bands:
        if age <= last:
            return weight
    return 0


def _years(rows: Iterable[Row], column: str, as_of: date) -> int:
    """Of the last five years of 365 days, the youngest of which begins today, those with an event."""
    ages = [(as_of - row[column]).days for row in rows]
    return sum(
        any((0 if year == 1 else 365 * (year - 1) + 1) <= age <= 365 * year for age in ages)
        for year in range(1, 6)
    )


def _total(rows: Iterable[Row], column: str) -> int:
    return sum(row[column] or 0 for row in rows)


def _industry(said: str | None) -> str | None:
    """The digits of a GB/T 4754 code, else the text."""
    return None if said is None else industry_code(said) or said.strip()


def _activities(said: str | None) -> int | None:
    return None if said is None else sum(bool(one.strip()) for one in said.replace("；", ";").split(";"))


def _halved(rows: Iterable[Row], as_of: date, half_life: int) -> int:
    """Sixteen for each that is new, halved every half-life in quarters of it and rounded; nothing after five."""
    total = 0
    for row in rows:
        age = (as_of - row["occurred_on"]).days
        begun = [step for step in range(21) if step == 0 or age > step * half_life // 4]
        total += round(16 * 0.5 ** (max(begun) / 4)) * (row.get("quantity") or 1) if max(begun) < 20 else 0
    return total


def _register(row: Row) -> Row:
    return {
        **{name: said for name, said in row.items() if name in FEATURE_SCHEMA},
        "industry": _industry(row["industry"]),
        "licensed_activities": _activities(row["licensed_activities"]),
        "industry_division": None if row["industry"] is None else row["industry"][:2],
        "high_hazard": int(row["sector"] not in (None, "general")),
    }


def _is_open(row: Row, as_of: date) -> bool:
    return row["rectified_on"] is None or row["rectified_on"] > as_of


def _is_suspended(row: Row, as_of: date, policy: FeaturePolicy) -> bool:
    """A plan that was approved in time runs, and it is no major hazard."""
    approved, until, due = row["plan_approved_on"], row["plan_until"], row["rectify_due_on"]
    if row["is_major_hazard"] or approved is None or until is None:
        return False
    if due is not None and approved > due:
        return False
    return approved <= as_of <= until and (as_of - approved).days < policy.longest_plan_days


def _visit(row: Row) -> tuple[str, str]:
    return row["source"], row["violation_id"] if row["inspection_id"] is None else row["inspection_id"]


def _gravest(rows: Iterable[Row], points: Callable[[Row], int]) -> int:
    """Sum over the items of every visit, each at its gravest."""
    items: dict[tuple[str, str, str], int] = {}
    for row in rows:
        item = row["violation_id"] if row["item_code"] is None else row["item_code"]
        key = (*_visit(row), item)
        items[key] = max(items.get(key, 0), points(row))
    return sum(items.values())


def _repeated(rows: Iterable[Row]) -> int:
    """Items named in two visits or more."""
    visits: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        if row["item_code"] is not None:
            visits.setdefault(row["item_code"], set()).add(_visit(row))
    return sum(len(found) >= 2 for found in visits.values())


def _penalties(rows: Iterable[Row], as_of: date, days: int) -> int:
    """Days on which something was decided against the enterprise, and not against a person alone."""
    decided = set[date]()
    for row in rows:
        is_on_a_person_alone = (row["penalty_person"] or 0) > 0 and (row["penalty_unit"] or 0) == 0
        day = row["decided_on"]
        if day is not None and not is_on_a_person_alone and 0 <= (as_of - day).days <= days:
            decided.add(day)
    return len(decided)


def _findings(rows: Rows, as_of: date, policy: FeaturePolicy) -> Row:
    def weighed(row: Row) -> int:
        if _is_suspended(row, as_of, policy):
            return 0
        weight = _weight((as_of - row["occurred_on"]).days, policy.violation_bands)
        return policy.severity_points.get(row["severity"], 0) * weight * row["quantity"]

    def severe(row: Row) -> int:
        return policy.severity_mean_points.get(row["severity"], 0) * row["quantity"]

    def of(days: int) -> Rows:
        return _within(rows, "occurred_on", as_of, days)

    ordered = [
        row
        for row in rows
        if row["rectify_due_on"] is not None
        and _is_open(row, as_of)
        and not _is_suspended(row, as_of, policy)
    ]
    late = [(as_of - row["rectify_due_on"]).days for row in ordered if as_of > row["rectify_due_on"]]
    return {
        "violation_points": _gravest(rows, weighed),
        "severity_points": _gravest(of(policy.severity_window_days), severe),
        "severity_points_12m": _gravest(of(YEAR), severe),
        "violations_12m": _total(of(YEAR), "quantity"),
        "violations_36m": _total(of(THREE_YEARS), "quantity"),
        "violations_60m": _total(of(FIVE_YEARS), "quantity"),
        "serious_violations_36m": _total(
            (row for row in of(THREE_YEARS) if row["severity"] in ("serious", "critical")), "quantity"
        ),
        "violations_halved_1y": _halved(rows, as_of, YEAR),
        "violations_halved_2y": _halved(rows, as_of, TWO_YEARS),
        "finding_days_12m": len({row["occurred_on"] for row in of(YEAR)}),
        "finding_days_36m": len({row["occurred_on"] for row in of(THREE_YEARS)}),
        "finding_days": len({row["occurred_on"] for row in rows}),
        "items_found_36m": len({row["item_code"] for row in of(THREE_YEARS)} - {None}),
        "authorities_60m": len({row["department"] for row in of(FIVE_YEARS)} - {None}),
        "days_since_first_violation": max(((as_of - row["occurred_on"]).days for row in rows), default=None),
        "years_with_violations_60m": _years(rows, "occurred_on", as_of),
        "major_hazards_24m": sum(row["is_major_hazard"] for row in of(TWO_YEARS)),
        "open_major_hazards": sum(row["is_major_hazard"] and _is_open(row, as_of) for row in rows),
        "open_rectifications": len(ordered),
        "overdue_rectifications": len(late),
        "overdue_days": max(late, default=0),
        "repeat_items": _repeated(of(policy.repeat_window_days)),
        "penalties_180d": _penalties(rows, as_of, HALF_YEAR),
        "penalties_12m": _penalties(rows, as_of, YEAR),
        "days_since_violation": _since(rows, "occurred_on", as_of),
    }


def _unfinished(rows: Rows, clean: date | None, as_of: date) -> Row:
    """What waits for a clean visit.  ``clean``: the day of the newest one."""
    open_days = [row["occurred_on"] for row in rows if _is_open(row, as_of)]
    righted = [
        row["rectified_on"]
        for row in _within(rows, "occurred_on", as_of, TWO_YEARS)
        if row["is_major_hazard"] and not _is_open(row, as_of)
    ]
    is_unsettled = (
        bool(open_days)
        and (as_of - max(open_days)).days <= TWO_YEARS
        and (clean is None or clean <= max(open_days))
    )
    is_unchecked = bool(righted) and (clean is None or clean < max(righted))
    return {"unsettled_findings": int(is_unsettled), "unchecked_major_hazards": int(is_unchecked)}


class _Visits:
    """Inspections of one enterprise by a day; assistance is none."""

    def __init__(self, firm: Firm, as_of: date, policy: FeaturePolicy) -> None:
        self.as_of, self.policy = as_of, policy
        told = firm.until("inspections", as_of)
        self.rows = [row for row in told if row["kind"] != "assistance"]

    def _settles(self, row: Row, matter: str) -> bool:
        return row["mode"] != "off_site" or matter in self.policy.off_site_settles

    def _is_clean(self, row: Row) -> bool:
        return row["result"] == "clean" and self._settles(row, "clean_visit")

    def newest_clean(self) -> date | None:
        return max((row["inspected_on"] for row in self.rows if self._is_clean(row)), default=None)

    def counts(self) -> Row:
        visits = [row for row in self.rows if self._settles(row, "sufficiency")]
        scored = [row for row in visits if row["score"] is not None]

        def within(rows: Rows, days: int) -> Rows:
            return _within(rows, "inspected_on", self.as_of, days)

        window = self.policy.severity_window_days
        recent = within(scored, window)
        last = max((row["inspected_on"] for row in recent), default=None)
        return {
            "inspections_12m": len(within(visits, YEAR)),
            "inspections_24m": len(within(visits, TWO_YEARS)),
            "inspections_36m": len(within(visits, THREE_YEARS)),
            "inspections_window": len(within(visits, window)),
            "failed_rechecks_12m": sum(
                row["kind"] == "recheck" and RANKS[row["result"]] >= FINDINGS
                for row in within(self.rows, YEAR)
            ),
            "refusals_24m": sum(row["result"] == "refused" for row in within(self.rows, TWO_YEARS)),
            "serious_visits_36m": sum(RANKS[row["result"]] >= SERIOUS for row in within(visits, THREE_YEARS)),
            "score_sum": _total(recent, "score"),
            "scored_visits": len(recent),
            "last_score": max((row["score"] for row in recent if row["inspected_on"] == last), default=None),
            "days_since_inspection": _since(visits, "inspected_on", self.as_of),
        }

    def states(self) -> Row:
        return {"clean_streak": self._streak(), "last_result": self._last_result()}

    def _streak(self) -> int:
        """Clean visits after the last day that spoilt the row."""
        spoilt = date.min
        for row in self.rows:
            speaks = self._settles(row, "clean_visit")
            if RANKS[row["result"]] >= FINDINGS or (row["result"] == "unknown" and speaks):
                spoilt = max(spoilt, row["inspected_on"])
        return sum(self._is_clean(row) and row["inspected_on"] > spoilt for row in self.rows)

    def _last_result(self) -> int | None:
        """The gravest of the last day with a visit that speaks, or what was seen since that is graver."""
        speaking = [row for row in self.rows if self._settles(row, "refusal")]
        others = [row for row in self.rows if not self._settles(row, "refusal")]
        last = max((row["inspected_on"] for row in speaking), default=None)
        results = [RANKS[row["result"]] for row in speaking if row["inspected_on"] == last]
        since = (row for row in others if last is None or row["inspected_on"] >= last)
        results += [RANKS[row["result"]] for row in since if RANKS[row["result"]] >= SERIOUS]
        return max(results, default=None)


def _minute(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(second=0, microsecond=0)


def _alerts(rows: Rows, as_of: date, policy: FeaturePolicy) -> Row:
    now = datetime.combine(as_of, time(23, 59))
    window = now - timedelta(days=RECENT)
    told = dict.fromkeys(("alert_points", "unanswered_alerts", "slow_alerts"), 0)
    told |= dict.fromkeys(("complaints_12m", "complaints_upheld_12m"), 0)
    silent = timedelta()
    for row in rows:
        if row["is_false_alarm"]:
            continue
        raised, answered, closed = (
            _minute(row[f"{what}_at"]) for what in ("raised", "acknowledged", "closed")
        )
        assert raised is not None
        age = (as_of - raised.date()).days
        told["alert_points"] += policy.alert_points.get(row["level"], 0) * _weight(age, policy.alert_bands)
        if age <= RECENT:
            if answered is not None and answered <= now:
                told["slow_alerts"] += answered - raised > timedelta(minutes=policy.slow_minutes)
            else:
                told["unanswered_alerts"] += now - raised >= timedelta(minutes=policy.unanswered_minutes)
        if age <= YEAR:
            told["complaints_12m"] += row["kind"] in ("complaint", "transfer")
            is_over = closed is not None and closed <= now
            told["complaints_upheld_12m"] += row["kind"] == "complaint" and is_over
        if row["kind"] == "sensor_offline":
            spell = min(now, closed or now) - max(raised, window)
            silent += max(spell, timedelta())
    return {**told, "offline_days": silent // timedelta(days=1)}


def _grade(row: Row) -> int:
    """1 ordinary, 2 larger, 3 major, 4 extraordinary: as stated, or by the figures where they say worse."""
    stated = {"ordinary": 1, "larger": 2, "major": 3, "extraordinary": 4}.get(row["grade"], 0)
    deaths, injuries, loss = (row[name] or 0 for name in ("deaths", "serious_injuries", "loss"))
    if deaths >= 30 or injuries >= 100 or loss >= 100_000_000:
        return 4
    if deaths >= 10 or injuries >= 50 or loss >= 50_000_000:
        return max(stated, 3)
    if deaths >= 3 or injuries >= 10 or loss >= 10_000_000:
        return max(stated, 2)
    return stated


def _accidents(rows: Rows, as_of: date) -> Row:
    fatal = [row for row in rows if (row["deaths"] or 0) > 0]
    larger = [row for row in rows if _grade(row) >= 2]
    major = [row for row in rows if _grade(row) >= 3]
    costly = [row for row in rows if (row["lost_days"] or 0) > 0]
    told: Row = {
        "years_with_accidents_60m": _years(rows, "occurred_on", as_of),
        "accidents_halved_2y": _halved(rows, as_of, TWO_YEARS),
    }
    for name, counted, days in (
        ("accidents_12m", rows, YEAR),
        ("accidents_36m", rows, THREE_YEARS),
        ("accidents_60m", rows, FIVE_YEARS),
        ("lost_time_accidents_12m", costly, YEAR),
        ("lost_time_accidents_36m", costly, THREE_YEARS),
        ("fatal_accidents_12m", fatal, YEAR),
        ("larger_accidents_36m", larger, THREE_YEARS),
        ("major_accidents_36m", major, THREE_YEARS),
    ):
        told[name] = len(_within(counted, "occurred_on", as_of, days))
    for kind, rows_of in (("", rows), ("fatal_", fatal), ("larger_", larger), ("major_", major)):
        told[f"days_since_{kind}accident"] = _since(rows_of, "occurred_on", as_of)
    recent = _within(rows, "occurred_on", as_of, THREE_YEARS)
    return {
        **told,
        "casualties_36m": _total(recent, "casualties"),
        "lost_days_36m": _total(recent, "lost_days"),
        "serious_injuries_12m": _total(_within(rows, "occurred_on", as_of, YEAR), "serious_injuries"),
    }


def _reports(rows: Rows, as_of: date) -> Row:
    recent = _within(rows, "filed_on", as_of, YEAR)
    return {
        "self_reports_12m": len(recent),
        "unfixed_self_hazards": sum(row["hazards_found"] - row["hazards_fixed"] for row in recent),
        "days_since_self_report": _since(rows, "filed_on", as_of),
    }
