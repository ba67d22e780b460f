"""What a year of nightly plans came to: do the visits we plan keep the rules, and do they find more?"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from benchmarks.year import YEAR, Log
from benchmarks.year_city import LivingCity
from benchmarks.year_traces import counted, ghosts, missed, recused, red_spells, settled_twice
from models.calendar import working_days
from models.vocabulary import HIGH_HAZARD_SECTORS

LEVELS = ("city", "district", "town")
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


def _reds(log: Log) -> Rows:
    spells = red_spells(log)
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
    full = counted(log.all("made")).filter(pl.col("channels").list.contains("annual_full"))
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
    made, firms = counted(log.all("made")), log.all("firms")
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
    barred = targets.filter(pl.col("draw_id").str.contains("random_barred"))
    yield "drawn although a rule forbade the visit", barred.height
    yield "share drawn that could be visited", _share(targets.height - barred.height, targets.height)
    yield "drawn, not visited, on the last night", _tally(why, "waived_by", "is_later")


def _duplicates(log: Log) -> Rows:
    made, gap = log.all("made"), log.all("firms")["gap"][0]
    on_site = made.filter(pl.col("mode") == "on_site").sort("enterprise_id", "day", "visit_id")
    beyond = on_site.filter(pl.col("in_cap") & (pl.col("used") >= pl.col("cap")))
    yield "planned visits over the cap", beyond.filter("is_planned").height
    yield "visits of other reasons beyond the cap", beyond.filter(~pl.col("is_planned")).height
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
    made = counted(log.all("made")).filter(pl.col("mode") == "on_site")
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
