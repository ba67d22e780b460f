"""One year of nightly replanning on the demo city: do the visits we plan keep the rules, and do they find more?

``python -m benchmarks.year --enterprises 5000 --output FILE``: see benchmarks/README.md.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from benchmarks.year_city import VISIT_COLUMNS, LivingCity
from models.calendar import working_days
from models.policy import Policy, PolicyOnDay, load_policy
from models.tables.canonical import TABLES
from models.vocabulary import HIGH_HAZARD_SECTORS
from warehouse.coding.coding import Coding
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.issue import issue
from warehouse.coding.order import STAGES
from warehouse.database.opening import prepare_schema
from warehouse.intake.accepted import write_versions
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan

YEAR = 2025
HISTORY_YEARS = 4
"""Years of the city, the simulated one included."""

NOT_MADE_PERMILLE = 20
"""Scheduled visits that are not made, and of which nobody ever hears."""

RED = ("red", "red_overdue")
LEVELS = ("city", "district", "town")


@dataclass(frozen=True)
class Options:
    """What to simulate; ``nights`` cuts the year short."""

    enterprises: int = 5000
    seed: int = 2026
    nights: int | None = None
    pack: str = "starter"


@dataclass
class Log:
    """What was seen, one frame per night and subject; ``all`` puts the nights of a subject together."""

    frames: defaultdict[str, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))

    def add(self, subject: str, frame: pl.DataFrame, **columns: Any) -> None:
        """Remember a frame with columns that hold one value each."""
        self.frames[subject].append(
            frame.with_columns(**{name: pl.lit(one) for name, one in columns.items()})
        )

    def all(self, subject: str) -> pl.DataFrame:
        """Everything seen of a subject."""
        return pl.concat(self.frames[subject], how="vertical_relaxed")


# ------------------------------------------------------------------------------------------ the year


def planned_nights(year: int, most: int | None) -> list[tuple[date, date]]:
    """Nights before a working day of the year, each with that day."""
    days = working_days(date(year, 1, 1), date(year, 12, 31))[:most]
    nights = [date(year - 1, 12, 31), *(day - timedelta(days=1) for day in days[1:])]
    return list(zip(nights, days, strict=True))


def simulate(options: Options, tell: Callable[[str], None] = lambda _: None) -> tuple[Log, LivingCity]:
    """Live through the year: every night deliver, code and plan; every working day visit."""
    year = planned_nights(YEAR, options.nights)
    city = LivingCity(
        options.enterprises, date(YEAR, 1, 1), date(YEAR, 12, 31), years=HISTORY_YEARS, seed=options.seed
    )
    log, policy, since = Log(), load_policy(options.pack), None
    connection = duckdb.connect()
    prepare_schema(connection)
    for number, (night, day) in enumerate(year):
        took = _night(connection, city, policy, since, night, options.seed)
        log.add("nights", pl.DataFrame([took]), night=night)
        _see(log, connection, night, day)
        made = _day(log, connection, city, night, day)
        since = night
        tell(f"{number + 1:3} of {len(year)} {night} {took['planning']:5.1f} s, visits made {made}")
    _see_end(log, connection, policy.on(year[-1][0]), year[-1][0])
    connection.close()
    return log, city


def _night(
    connection: duckdb.DuckDBPyConnection,
    city: LivingCity,
    policy: Policy,
    since: date | None,
    night: date,
    seed: int,
) -> dict[str, float]:
    """Deliver, code and plan; seconds of each."""
    at = [time.perf_counter()]
    for name, rows in city.delivery(since, night).items():
        write_versions(connection, TABLES[name], rows, received_on=night)
    at.append(time.perf_counter())
    coding = Coding(night, night, policy.on(night), "duckdb")
    for stage in STAGES:
        if stage is not compute_passports:  # nobody asks what would change a code
            stage(connection, coding)
    at.append(time.perf_counter())
    compute_plan(connection, coding, seeds=seeds_from(f"year {seed}"))
    issue(connection, coding, run_id=f"{night}")
    at.append(time.perf_counter())
    return {
        name: after - before
        for name, before, after in zip(("delivery", "coding", "planning"), at, at[1:], strict=False)
    }


SEEN = {
    "plan": """SELECT visit_id, enterprise_id, channel, channels, item_ids, state, reason, change, planned_on, opens_on,
        due_on, first_on, last_on, is_overdue, is_planned, mode, quarter_days, level, division, crew_id, form, made_on
        FROM plan.visits""",
    "urgent": """SELECT item_id, enterprise_id, channel, opens_on, due_on, visit_id, waived_by, is_later
        FROM plan.visit_items
        WHERE channel IN ('red', 'red_overdue', 'immediate', 'department')""",
    "waived": """SELECT channel, waived_by, is_later, count(*) AS items FROM plan.visit_items
        GROUP BY ALL ORDER BY ALL""",
    "shortfalls": """SELECT scope, rule, level, division, channel, enterprise_id, visit_id, count, person_days
        FROM plan.shortfalls""",
    "red": "SELECT enterprise_id, red_since, due_on, visited_on, state FROM serve.red_queue",
    "changes": "SELECT visit_id, change, because FROM plan.changes",
    "codes": "SELECT code, count(*) AS firms FROM risk.codes GROUP BY code ORDER BY code",
    "findings": "SELECT count(*) AS open, count(*) FILTER (is_overdue) AS overdue FROM serve.open_findings",
    "loans": "SELECT planned_on, crew_id, form FROM plan.visits WHERE form IS NOT NULL AND state = 'scheduled'",
}
"""What is remembered of every night."""


def _see(log: Log, connection: duckdb.DuckDBPyConnection, night: date, day: date) -> None:
    for subject, query in SEEN.items():
        log.add(subject, connection.sql(query).pl(), night=night)
    capacity = connection.sql("SELECT * FROM plan.capacity WHERE day = ?", params=[day]).pl()
    log.add("capacity", capacity.drop("as_of"), night=night)


_TODAY = """
SELECT v.*, c.code, f.sector
FROM plan.visits v JOIN risk.codes c USING (enterprise_id) JOIN risk.features f USING (enterprise_id)
WHERE v.state = 'scheduled' AND v.planned_on = ? ORDER BY v.visit_id
"""

_CREWS = """
SELECT visit_id, name FROM plan.assignments WHERE planned_on = ? AND role = 'officer' ORDER BY visit_id, officer_id
"""

_OPEN = """
SELECT i.enterprise_id, i.item_id, i.channel, i.opens_on, i.mode, i.visit_id, i.waived_by, i.is_later
FROM plan.visit_items i
WHERE i.enterprise_id IN (SELECT enterprise_id FROM plan.visits WHERE state = 'scheduled' AND planned_on = ?)
"""


def _day(log: Log, connection: duckdb.DuckDBPyConnection, city: LivingCity, night: date, day: date) -> int:
    """Make what is scheduled for a day, but for the few that are not made.  Returns the number made."""
    names = connection.sql(_CREWS, params=[day]).pl()
    names = names.group_by("visit_id", maintain_order=True).agg(names=pl.col("name").str.join(";"))
    due = connection.sql(_TODAY, params=[day]).pl().drop("as_of")
    due = due.join(names, on="visit_id", how="left", maintain_order="left")
    random = np.random.default_rng([city.city.seed, 200, city.number(day)])
    is_made = pl.Series(random.integers(0, 1000, due.height) >= NOT_MADE_PERMILLE)
    log.add("failed", due.filter(~is_made).select("visit_id", "enterprise_id", "item_ids"), day=day)
    log.add("open", connection.sql(_OPEN, params=[day]).pl(), day=day)
    made = due.filter(is_made)
    told = city.visit(day, made.select(VISIT_COLUMNS))
    found = told.select("visit_id", "kind", "result", "risk", "found", "serious", "major", "recorded")
    log.add("made", made.join(found, on="visit_id", maintain_order="left"), night=night, day=day)
    return made.height


def _see_end(log: Log, connection: duckdb.DuckDBPyConnection, policy: PolicyOnDay, night: date) -> None:
    """What only the last night tells."""
    log.add("floors", connection.sql("FROM plan.floors").pl().drop("as_of"), night=night)
    log.add("caps", connection.sql("FROM plan.caps").pl().drop("as_of"), night=night)
    log.add("targets", connection.sql("FROM plan.targets").pl(), night=night)
    log.add("items", connection.sql("FROM plan.visit_items").pl().drop("as_of"), night=night)
    log.add("done", connection.sql("FROM plan.done_items").pl(), night=night)
    overdue = """SELECT 'recheck:' || enterprise_id || ':' || source || '/' || violation_id AS item_id, rectify_due_on
        FROM serve.open_findings WHERE is_overdue"""
    log.add("overdue", connection.sql(overdue).pl(), night=night)
    firms = """SELECT c.enterprise_id, c.code, c.is_provisional, f.sector, f.status, f.enforcing_level AS level,
        f.division FROM risk.codes c JOIN risk.features f USING (enterprise_id)"""
    log.add("firms", connection.sql(firms).pl(), gap=policy.planning.visiting.min_gap_days)


# ------------------------------------------------------------------------------------------ the figures

Rows = Iterator[tuple[str, Any]]


def figures(log: Log, city: LivingCity) -> dict[str, dict[str, Any]]:
    """Every figure, by section."""
    return {
        "volume": dict(_volume(log)),
        "reds within 5 working days (C3)": dict(_reds(log)),
        "high-hazard coverage (P2)": dict(_coverage(log)),
        "draw share (P3)": dict(_draws(log)),
        "caps and duplicates": dict(_duplicates(log)),
        "merging (P6)": dict(_merging(log)),
        "lift": dict(_lift(log, city)),
        "people": dict(_people(log)),
        "stability and time": dict(_stability(log)),
        "backlog": dict(_backlog(log)),
        "visits that failed": dict(_failed(log)),
        "certificate": dict(_certificate(log)),
    }


def _counted(made: pl.DataFrame) -> pl.DataFrame:
    return made.filter(pl.col("result") != "refused")


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _tally(frame: pl.DataFrame, *columns: str) -> dict[str, int]:
    """Rows by the values of columns, most frequent first."""
    counts = frame.group_by(columns).len().sort("len", *columns, descending=[True, *[False] * len(columns)])
    return {" ".join(str(one) for one in row[:-1]): row[-1] for row in counts.iter_rows()}


def _volume(log: Log) -> Rows:
    made, firms = log.all("made"), log.all("firms")
    on_site = made.filter(pl.col("mode") == "on_site")
    yield "nights planned", log.all("nights").height
    yield "visits made", made.height
    yield "on site", on_site.height
    yield "by lead channel", _tally(made, "channel")
    yield "by mode and lead channel", _tally(made.filter(pl.col("mode") == "off_site"), "mode", "channel")
    per_firm = on_site.group_by("enterprise_id").len()["len"].value_counts().sort("len").rows()
    never = firms.height - on_site["enterprise_id"].n_unique()
    yield "enterprises by on-site visits", {"0": never} | {str(count): number for count, number in per_firm}
    yield (
        "on-site visits to GREEN by lead channel",
        _tally(on_site.filter(pl.col("code") == "green"), "channel"),
    )
    first, last = log.frames["codes"][0], log.frames["codes"][-1]
    yield "codes on the first night", dict(first.select("code", "firms").iter_rows())
    yield "codes on the last night", dict(last.select("code", "firms").iter_rows())
    yield "results", _tally(made, "result")


def _red_spells(log: Log) -> pl.DataFrame:
    """One row per RED spell whose deadline has come: when it was visited, named, over."""
    red, made, short = log.all("red"), log.all("made"), log.all("shortfalls")
    first, last = red["night"].min(), made["day"].max()
    spells = red.group_by("enterprise_id", "red_since", "due_on").agg(
        until=pl.col("night").max(), is_closed=(pl.col("state") == "closed").all()
    )
    seen = _counted(made).filter(pl.col("mode") == "on_site").select("enterprise_id", "day")
    visited = (
        spells.join(seen, on="enterprise_id")
        .filter(pl.col("day") > pl.col("red_since"))
        .group_by("enterprise_id", "red_since")
        .agg(visited=pl.col("day").min())
    )
    named = short.filter(pl.col("channel").is_in(RED)).select("enterprise_id", named="night", rule="rule")
    named = (
        spells.join(named, on="enterprise_id")
        .filter((pl.col("named") >= pl.col("red_since")) & (pl.col("rule") != "overdue"))
        .group_by("enterprise_id", "red_since")
        .agg(pl.col("named").min(), pl.col("rule").sort_by("named").first())
    )
    key = ["enterprise_id", "red_since"]
    failed = spells.join(log.all("failed").select("enterprise_id", "day"), on="enterprise_id")
    failed = (
        failed.filter(pl.col("day").is_between("red_since", "due_on"))
        .select(*key, has_failed=pl.lit(value=True))
        .unique()
    )
    spells = spells.join(failed, on=key, how="left").with_columns(pl.col("has_failed").fill_null(value=False))
    joined = spells.join(visited, on=key, how="left").join(named, on=key, how="left")
    return joined.filter((pl.col("due_on") <= last) & ~pl.col("is_closed")).with_columns(
        in_time=(pl.col("visited") <= pl.col("due_on")).fill_null(value=False),
        is_over=pl.col("until") < pl.col("due_on"),
        is_first=pl.col("red_since") == first,
    )


def _reds(log: Log) -> Rows:
    spells = _red_spells(log)
    for name, own in (
        ("of the first night", spells.filter("is_first")),
        ("later", spells.filter(~pl.col("is_first"))),
    ):
        late = own.filter(~pl.col("in_time"))
        still = late.filter(~pl.col("is_over"))
        yield f"{name}: spells", own.height
        yield f"{name}: visited in time", own["in_time"].sum()
        yield f"{name}: share in time", _share(own["in_time"].sum(), own.height)
        yield f"{name}: no longer RED before the deadline, not visited", late.height - still.height
        yield (
            f"{name}: share in time of those RED until then",
            _share(own["in_time"].sum(), own.height - late.height + still.height),
        )
        yield f"{name}: late", still.height
        yield f"{name}: late, named by the deadline", (still["named"] <= still["due_on"]).sum()
        yield f"{name}: late, first rule named", _tally(still, "rule")
        yield f"{name}: late, a scheduled visit was not made", still["has_failed"].sum()
        yield f"{name}: late, visited afterwards", still["visited"].count()


def _coverage(log: Log) -> Rows:
    firms = log.all("firms").filter(pl.col("sector").is_in(HIGH_HAZARD_SECTORS))
    owed = firms.filter(pl.col("status").fill_null("active") != "closed")
    full = _counted(log.all("made")).filter(pl.col("channels").list.contains("annual_full"))
    left = owed.join(full, on="enterprise_id", how="anti")
    yield "owed", owed.height
    yield "visited in full", owed.height - left.height
    yield "share", _share(owed.height - left.height, owed.height)
    items = log.all("items").filter(pl.col("channel") == "annual_full")
    why = left.join(
        items.select("enterprise_id", "waived_by", "is_later", "visit_id"), on="enterprise_id", how="left"
    )
    states = log.frames["plan"][-1].select("visit_id", "state", "reason")
    why = why.join(states, on="visit_id", how="left")
    yield "the rest on the last night", _tally(why, "status", "waived_by", "state", "reason")
    month = full.group_by(pl.col("day").dt.month().alias("month")).len().sort("month").rows()
    yield "by month", {str(one): count for one, count in month}


def _draws(log: Log) -> Rows:
    floors = log.all("floors").filter(pl.col("channel") == "random").sort("level", "division")
    made, firms = _counted(log.all("made")), log.all("firms")
    drawn = made.filter(pl.col("channels").list.contains("random")).select("enterprise_id").unique()
    general = firms.filter(
        ~pl.col("sector").is_in(HIGH_HAZARD_SECTORS).fill_null(value=False)
        & (pl.col("status").fill_null("active") != "closed")
    )
    by_draw = general.join(drawn, on="enterprise_id", how="semi").height
    yield "general enterprises", general.height
    yield "drawn by 双随机 and visited", by_draw
    yield "share", _share(by_draw, general.height)
    yield "share as the floors count it", _share(floors["done"].sum(), floors["base"].sum())
    yield "authorities", floors.height
    yield "authorities with the share", floors.filter(pl.col("done") >= pl.col("required")).height
    lacking = floors.filter(pl.col("done") < pl.col("required"))
    certified = lacking.filter(
        pl.max_horizontal(
            pl.lit(0), pl.col("required") - pl.col("done") - pl.col("planned") - pl.col("available")
        )
        > 0
    )
    yield "authorities without it that are certified", certified.height
    yield (
        "by authority (done/required/base, still planned, available)",
        {
            f"{row['level']} {row['division']}": f"{row['done']}/{row['required']}/{row['base']}, "
            f"{row['planned']}, {row['available']}"
            for row in floors.iter_rows(named=True)
        },
    )
    targets = log.all("targets").filter(pl.col("channel") == "random")
    open_draws = targets.join(drawn, on="enterprise_id", how="anti")
    last = log.all("items").filter(pl.col("channel") == "random")
    why = open_draws.join(
        last.select("enterprise_id", "waived_by", "is_later"), on="enterprise_id", how="left"
    )
    yield "drawn in all", targets.height
    yield "drawn, not visited, on the last night", _tally(why, "waived_by", "is_later")


def _duplicates(log: Log) -> Rows:
    made, gap = log.all("made"), log.all("firms")["gap"][0]
    on_site = made.filter(pl.col("mode") == "on_site").sort("enterprise_id", "day", "visit_id")
    caps = on_site.filter("in_cap").group_by("enterprise_id").len().join(log.all("caps"), on="enterprise_id")
    yield "enterprises over the cap", caps.filter(pl.col("len") > pl.col("cap")).height
    yield "visits over the cap", int((caps["len"] - caps["cap"]).clip(lower_bound=0).sum())
    yield "two on-site visits on one day", on_site.height - on_site.unique(["enterprise_id", "day"]).height
    after = (pl.col("day") - pl.col("day").shift(1).over("enterprise_id")).dt.total_days()
    dated = on_site.with_columns(after=after)
    too_soon = dated.filter(pl.col("is_planned") & (pl.col("after") < gap))
    planned = on_site.filter("is_planned").with_columns(after=after)
    yield "planned visits within the gap after a planned one", planned.filter(pl.col("after") < gap).height
    yield "planned visits within the gap after any", too_soon.height
    yield "second visits whose items the first could have settled", missed(log).height
    yield "the same, by channel of the second", _tally(missed(log), "channel")
    yield "items settled twice", settled_twice(log).height
    yield "items taken for done that no visit made carried", ghosts(log).height
    yield "visits by somebody recused for the visit before", recused(log).height
    booked = made.explode("officers").group_by("day", "officers").agg(pl.col("crew_id").n_unique())
    yield "officers in two crews on a day", booked.filter(pl.col("crew_id") > 1).height
    load = made.group_by("day", "level", "division", "crew_id").agg(pl.col("quarter_days").sum())
    yield "crews with more than a day's work", load.filter(pl.col("quarter_days") > 4).height


def missed(log: Log) -> pl.DataFrame:
    """Second visits with an item that was open, standing and not on the enterprise's visit before."""
    made, known = log.all("made"), log.all("open")
    on_site = made.filter(pl.col("mode") == "on_site").sort("enterprise_id", "day")
    pairs = on_site.with_columns(before=pl.col("day").shift(1).over("enterprise_id")).drop_nulls("before")
    items = pairs.select("enterprise_id", "visit_id", "day", "before", "channel", item_id="item_ids").explode(
        "item_id"
    )
    could = known.filter((pl.col("opens_on") <= pl.col("day")) & pl.col("waived_by").is_null())
    first = on_site.select("enterprise_id", "day", settled="item_ids")
    told = items.join(
        could.select("enterprise_id", "item_id", "opens_on", before="day"),
        on=["enterprise_id", "item_id", "before"],
    ).join(first, left_on=["enterprise_id", "before"], right_on=["enterprise_id", "day"])
    return told.filter(~pl.col("item_id").is_in(pl.col("settled")))


def settled_twice(log: Log) -> pl.DataFrame:
    """Items on two visits that were made and counted."""
    made = (
        _counted(log.all("made"))
        .select("visit_id", "day", "channel", "result", "mode", item="item_ids")
        .explode("item")
    )
    return made.filter(pl.len().over("item") > 1).sort("item", "day")


def ghosts(log: Log) -> pl.DataFrame:
    """Items the plan holds for done although no visit that was made was to settle them."""
    carried = log.all("made").select(item_id="item_ids").explode("item_id")
    return log.all("done").join(carried, on="item_id", how="anti")


def recused(log: Log) -> pl.DataFrame:
    """Visits to which somebody went who had made the counted visit before, as far as it was on record."""
    made = _counted(log.all("made")).sort("enterprise_id", "day")
    told = made.select(
        "enterprise_id", "visit_id", "day", "night", "channel", "form", "names", "recorded", "crew_id"
    )
    pairs = told.with_columns(
        pl.col("names", "recorded", "day").shift(1).over("enterprise_id").name.prefix("last_")
    ).drop_nulls("last_names")
    both = pl.col("names").str.split(";").list.set_intersection(pl.col("last_names").str.split(";"))
    return pairs.filter(both.list.len() > 0)


def _merging(log: Log) -> Rows:
    made = log.all("made")
    items = made.explode("item_ids").with_columns(of=pl.col("item_ids").str.split(":").list.first())
    by_item = items.group_by("of").len().sort("of")
    lead = made.group_by(of=pl.col("channel").replace({"red_overdue": "red"})).agg(visits=pl.len())
    joined = by_item.join(lead, on="of", how="left").with_columns(pl.col("visits").fill_null(0))
    yield "items settled", items.height
    yield "visits saved", items.height - made.height
    yield "visits with more than one item", made.filter(pl.col("item_ids").list.len() > 1).height
    yield "visits with more than one channel", made.filter(pl.col("channels").list.len() > 1).height
    yield (
        "by channel (items, visits led, saved)",
        {of: f"{count}, {visits}, {count - visits}" for of, count, visits in joined.iter_rows()},
    )


def _lift(log: Log, city: LivingCity) -> Rows:
    made = _counted(log.all("made")).filter(pl.col("mode") == "on_site")
    lead = pl.col("channel").replace({"red_overdue": "red"})
    groups = {
        "red, immediate and recheck": lead.is_in(["red", "immediate", "recheck"]),
        "red": lead == "red",
        "immediate": lead == "immediate",
        "recheck": lead == "recheck",
        "annual_full": lead == "annual_full",
        "department": lead == "department",
        "drawn (random)": lead == "random",
        "audit (on site)": lead == "audit",
        "all on site": pl.lit(value=True),
    }
    for name, chosen in groups.items():
        own = made.filter(chosen)
        yield (
            name,
            {
                "visits": own.height,
                "with a serious finding": _mean(own["serious"]),
                "with a major hazard": _mean(own["major"]),
                "findings per visit": _mean(own["found"]),
                "mean latent risk": _mean(own["risk"]),
            },
        )
    every, days = len(city.city.trade), [city.number(date(YEAR, month, 15)) for month in range(1, 13)]
    risk = [city.likely(np.arange(every), np.full(every, day)).mean() for day in days]
    yield "all enterprises, mean latent risk", round(float(np.mean(risk)), 4)


def _mean(series: pl.Series) -> float | None:
    mean = series.cast(pl.Float64).fill_null(0.0).mean()
    return None if mean is None else round(float(mean), 4)


def _people(log: Log) -> Rows:
    capacity, made = log.all("capacity"), log.all("made")
    lent = made.filter(pl.col("form").is_not_null())
    yield "visits by a borrowed crew", lent.height
    yield "borrowed by form", _tally(lent, "form")
    yield "planned visits by working day of the month", _by_place_in_month(made.filter("is_planned"))
    yield (
        "visits outside the plan by working day of the month",
        _by_place_in_month(made.filter(~pl.col("is_planned"))),
    )
    for level in LEVELS:
        own = capacity.filter(pl.col("level") == level)
        planned = made.filter((pl.col("level") == level) & pl.col("is_planned"))
        yield (
            level,
            {
                "person-days of crews": round(own["person_days"].sum()),
                "person-days of visits": round(own["load_days"].sum()),
                "share": _share(own["load_days"].sum(), own["person_days"].sum()),
                "of planned channels": _share(
                    planned["quarter_days"].sum() * _per_quarter(own), own["person_days"].sum()
                ),
            },
        )


def _by_place_in_month(made: pl.DataFrame) -> dict[str, int]:
    """Visits by working day of the month: first three, fourth to tenth, later."""
    days = working_days(date(YEAR, 1, 1), date(YEAR, 12, 31))
    place = {day: 1 + sum(one.month == day.month and one < day for one in days) for day in days}
    at = made["day"].replace_strict(place, return_dtype=pl.Int64)
    return {"1-3": (at <= 3).sum(), "4-10": at.is_between(4, 10).sum(), "11-": (at > 10).sum()}


def _per_quarter(capacity: pl.DataFrame) -> float:
    """Person-days of a quarter-day of a crew."""
    some = capacity.filter(pl.col("crews") > 0)
    return float(some["person_days"][0] / some["crews"][0] / 4) if some.height else 0.0


def _stability(log: Log) -> Rows:
    plan, changes, took = log.all("plan"), log.all("changes"), log.all("nights")
    nights = plan["night"].unique().sort()[1:]
    carried = plan.filter(
        (pl.col("state") != "awaiting")
        & (pl.col("change") != "new")
        & pl.col("night").is_in(nights.implode())
    )
    cancelled = changes.filter((pl.col("change") == "cancelled") & pl.col("night").is_in(nights.implode()))
    by = carried.group_by("night").agg(
        kept=(pl.col("change") == "kept").sum(),
        moved=(pl.col("change") == "moved").sum(),
        all=pl.len(),
    )
    by = by.join(cancelled.group_by("night").agg(cancelled=pl.len()), on="night", how="left").fill_null(0)
    yield "share of nights with moved visits", _share((by["moved"] > 0).sum(), by.height)
    yield "mean share of kept visits", _mean(by["kept"] / (by["all"] + by["cancelled"]))
    yield "moved visits a night, median", by["moved"].median()
    yield "changes", _tally(changes.filter(pl.col("night").is_in(nights.implode())), "change", "because")
    moves = carried.filter(pl.col("change") == "moved").group_by("visit_id").len()
    yield "most moves of one visit", moves["len"].max()
    yield "visits moved more than ten times", moves.filter(pl.col("len") > 10).height
    for name in ("delivery", "coding", "planning"):
        yield (
            f"seconds of {name}, median and 95 %",
            [round(float(took[name].quantile(part) or 0), 2) for part in (0.5, 0.95)],
        )


def _backlog(log: Log) -> Rows:
    plan = log.all("plan").filter(pl.col("state") != "awaiting")
    late = plan.filter("is_overdue").group_by("night", "channel").len()
    for at, night in _milestones(log):
        own = late.filter(pl.col("night") == night).sort("channel")
        states = plan.filter(pl.col("night") == night)
        yield f"{at}: overdue visits by channel", dict(own.select("channel", "len").iter_rows())
        yield f"{at}: visits by state", _tally(states, "state")
    findings = log.all("findings")
    yield "open findings, first and last night", [findings["open"][0], findings["open"][-1]]
    yield "overdue findings, first and last night", [findings["overdue"][0], findings["overdue"][-1]]
    forgotten = log.all("overdue").join(log.all("done"), on="item_id", how="semi")
    yield "overdue findings whose re-check is held for done, last night", forgotten.height
    waits = plan.filter("is_overdue").group_by("visit_id", "channel").agg(nights=pl.len())
    longest = waits.group_by("channel").agg(pl.col("nights").max()).sort("channel")
    yield "most nights overdue of one visit", dict(longest.iter_rows())


def _milestones(log: Log) -> list[tuple[str, date]]:
    nights = log.all("nights")["night"].to_list()
    return [(f"{nights[at]}", nights[at]) for at in sorted({0, *range(20, len(nights), 40), len(nights) - 1})]


def _failed(log: Log) -> Rows:
    failed, made = log.all("failed"), log.all("made")
    items = failed.select("enterprise_id", "item_ids", failed_on="day", visit="visit_id").explode("item_ids")
    later = made.select("enterprise_id", "item_ids", "day").explode("item_ids")
    again = items.join(later, on=["enterprise_id", "item_ids"]).filter(pl.col("day") > pl.col("failed_on"))
    days = again.group_by("visit", "failed_on").agg(
        wait=(pl.col("day").min() - pl.col("failed_on").min()).dt.total_days()
    )
    early = failed.filter(pl.col("day") < made["day"].max() - timedelta(days=30))
    yield "not made", failed.height
    yield "not made more than 30 days before the end", early.height
    yield (
        "of these made later",
        early.join(days, left_on=["visit_id", "day"], right_on=["visit", "failed_on"], how="semi").height,
    )
    yield "days until then, least and median", [days["wait"].min(), days["wait"].median()]


def _certificate(log: Log) -> Rows:
    short = log.all("shortfalls").filter(pl.col("scope") != "note")
    yield "rows by scope and rule", _tally(short, "scope", "rule")
    named = short.filter(pl.col("enterprise_id").is_not_null())
    named = named.unique(["scope", "rule", "channel", "enterprise_id"])
    yield "enterprises by scope, rule and channel", _tally(named, "scope", "rule", "channel")
    by_night = short.group_by("night").len()
    yield "rows a night, median", by_night["len"].median()


# ------------------------------------------------------------------------------------------ the command


def as_markdown(found: dict[str, dict[str, Any]]) -> str:
    """A table for each section."""
    lines: list[str] = []
    for section, rows in found.items():
        lines += [f"### {section}", "", "| figure | value |", "|---|---|"]
        lines += [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
        lines.append("")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def main(arguments: list[str] | None = None) -> int:
    """Simulate, print the tables, write them to ``--output`` (``.json`` or Markdown)."""
    parser = argparse.ArgumentParser("python -m benchmarks.year", description=str(__doc__).splitlines()[0])
    parser.add_argument("--enterprises", type=int, default=Options.enterprises)
    parser.add_argument("--seed", type=int, default=Options.seed)
    parser.add_argument("--nights", type=int, help="only so many nights")
    parser.add_argument("--output", type=Path, help="write the figures here, as JSON or as Markdown")
    parser.add_argument(
        "--keep", type=Path, help="write what was seen every night into this folder, as Parquet"
    )
    given = parser.parse_args(arguments)
    options = Options(given.enterprises, given.seed, given.nights)
    log, city = simulate(options, tell=lambda text: print(text, file=sys.stderr, flush=True))
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        for subject in log.frames:
            log.all(subject).write_parquet(given.keep / f"{subject}.parquet")
    found = figures(log, city)
    text = as_markdown(found)
    print(text)
    if given.output:
        is_json = given.output.suffix == ".json"
        content = json.dumps(found, ensure_ascii=False, indent=1, default=str) if is_json else text
        given.output.write_text(content + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
