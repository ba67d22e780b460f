"""Threads through a year of plans: RED spells, and visits and items that should not be there."""

import polars as pl

from benchmarks.year import Log

RED = ("red", "red_overdue")


def counted(made: pl.DataFrame) -> pl.DataFrame:
    """Visits that count: nobody was turned away."""
    return made.filter(pl.col("result") != "refused")


def red_spells(log: Log) -> pl.DataFrame:
    """One row per RED spell whose deadline has come: when it was visited, named, over."""
    red, made, short = log.all("red"), log.all("made"), log.all("shortfalls")
    first, last = red["night"].min(), made["day"].max()
    spells = red.group_by("enterprise_id", "red_since", "due_on").agg(
        until=pl.col("night").max(), is_closed=(pl.col("state") == "closed").all()
    )
    seen = counted(made).filter(pl.col("mode") == "on_site").select("enterprise_id", "day")
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
        counted(log.all("made"))
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
    made = counted(log.all("made")).sort("enterprise_id", "day")
    told = made.select(
        "enterprise_id", "visit_id", "day", "night", "channel", "form", "names", "recorded", "crew_id"
    )
    pairs = told.with_columns(
        pl.col("names", "recorded", "day").shift(1).over("enterprise_id").name.prefix("last_")
    ).drop_nulls("last_names")
    both = pl.col("names").str.split(";").list.set_intersection(pl.col("last_names").str.split(";"))
    return pairs.filter(both.list.len() > 0)
