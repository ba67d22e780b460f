"""What is due: one item for each reason to visit an enterprise, from every channel (C3, P2-P4, P6, P8).

An item has the window the law leaves, ``opens_on`` to ``due_on``, and for planned channels the month it is
meant for, ``wanted_from`` to ``wanted_by``.  Items that a visit has settled are not listed.
"""

from datetime import date, timedelta

import polars as pl

from models.calendar import add_working_days, month_end
from models.planning.situation import Situation, by_own, counted, last_visits, on_site, own_on_site, settling
from models.policy import PlanningPolicy
from models.vocabulary import HIGH_HAZARD_SECTORS, RESULT_RANK

ITEMS = {
    "item_id": pl.String,
    "enterprise_id": pl.String,
    "channel": pl.String,
    "opens_on": pl.Date,
    "due_on": pl.Date,
    "wanted_from": pl.Date,
    "wanted_by": pl.Date,
    "mode": pl.String,
    "department": pl.String,
    "draw_id": pl.String,
}
"""Columns of an item.  ``item_id`` names channel and cause and stays the same from night to night."""

FORESEEN_DAYS = 400
"""How far ahead re-checks are foreseen; the plan itself looks two months ahead at most."""
_COMPLETE = [pl.col(name).cast(dtype) for name, dtype in ITEMS.items()]


def due_items(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Everything due or foreseen.  Grain: one row per item, columns ``ITEMS``, sorted by ``item_id``.

    An item whose day has passed is kept: it is overdue, not gone.
    """
    parts = [
        _red(now, policy),
        _immediate(now, policy),
        _open_findings(now, policy),
        _stopped(now, policy),
        _repeat_offenders(now, policy),
        _hazard_sources(now, policy),
        _annual(now, policy),
        _department(now),
        _drawn(now, policy),
    ]
    items = pl.concat(part.select(_COMPLETE) for part in parts)
    return items.join(now.done, on=["enterprise_id", "item_id"], how="anti").unique("item_id").sort("item_id")


def _item(
    *, key: pl.Expr, channel: str | pl.Expr, opens: pl.Expr, due: pl.Expr, **more: pl.Expr
) -> dict[str, pl.Expr]:
    """Columns of an item: on site, and not meant for a month of its own, unless ``more`` says so."""
    channel = pl.lit(channel) if isinstance(channel, str) else channel
    return {
        "item_id": pl.concat_str(channel, "enterprise_id", key, separator=":"),
        "enterprise_id": pl.col("enterprise_id"),
        "channel": channel,
        "opens_on": opens,
        "due_on": due,
        "wanted_from": opens,
        "wanted_by": due,
        "mode": pl.lit("on_site"),
        "department": pl.lit(None, dtype=pl.String),
        "draw_id": pl.lit(None, dtype=pl.String),
        **more,
    }


def _in_its_month() -> dict[str, pl.Expr]:
    return {"wanted_from": pl.col("month_on"), "wanted_by": pl.col("month_on").dt.month_end()}


def _working_days_after(column: str, frame: pl.DataFrame, days: int) -> pl.Expr:
    """The day so many working days after the day in a column."""
    starts = frame[column].drop_nulls().unique().sort().to_list()
    ends = [add_working_days(start, days)[0] for start in starts]
    # An explicit table instead of a formula: holidays are not arithmetic.
    return pl.col(column).replace_strict(
        pl.Series(starts, dtype=pl.Date), pl.Series(ends, dtype=pl.Date), default=None, return_dtype=pl.Date
    )


def _day_text(column: str) -> pl.Expr:
    return pl.col(column).dt.to_string("%Y-%m-%d")


def _named_day(name: str, column: str) -> pl.Expr:
    # One visit may give reason for both kinds of re-check, and no two items share an id.
    return pl.concat_str(pl.lit(f"{name}/"), _day_text(column))


def special_inspections(inspections: pl.DataFrame, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits on record that can be the special inspection of a RED (C3): own, of a kind that holds it."""
    own = by_own(settling(inspections, "red_visit", policy), policy)
    return own.filter(pl.col("kind").is_in(policy.red_satisfied_by))


def settled_red(red: pl.DataFrame, inspections: pl.DataFrame, policy: PlanningPolicy) -> pl.DataFrame:
    """RED enterprises whose special inspection was made: ``enterprise_id``, ``visited_on`` (the first one).

    ``red``: ``enterprise_id`` and ``red_since``.  The visit whose findings made the enterprise RED, which was on record
    no sooner than the RED began, counts where the policy says so.
    """
    made = special_inspections(inspections, policy).join(
        red.select("enterprise_id", "red_since"), on="enterprise_id"
    )
    counts = pl.col("inspected_on") > pl.col("red_since")
    if policy.switches.red_is_settled_by_its_cause:
        known = pl.coalesce("known_on", "inspected_on")
        counts = counts | ((pl.col("inspected_on") <= pl.col("red_since")) & (known >= pl.col("red_since")))
    return made.filter(counts).group_by("enterprise_id").agg(visited_on=pl.col("inspected_on").min())


def _red(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """One special inspection for every RED enterprise that had none since it became RED (C3)."""
    red = now.firms.filter((pl.col("code") == "red") & pl.col("red_since").is_not_null())
    open_red = red.join(
        settled_red(red, now.inspections, policy), on="enterprise_id", how="anti"
    ).with_columns(due=_working_days_after("red_since", red, policy.red_visit_working_days))
    rows = open_red.select(
        **_item(key=_day_text("red_since"), channel="red", opens=pl.col("red_since"), due=pl.col("due"))
    )
    is_late = pl.col("due_on") < add_working_days(now.as_of, 1)[0]
    return rows.with_columns(
        channel=pl.when(is_late).then(pl.lit("red_overdue")).otherwise("channel"),
    )


_NO_DAY = pl.lit(None, dtype=pl.Date).alias("asked")


def _immediate(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Alerts, complaints, transfers, accidents and urgent tasks nobody has gone to see yet (P4).

    Of a visit of the same day nobody knows whether it came first, so only one that was made as an immediate
    inspection has seen the matter.  What stays until it is answered is seen by an immediate inspection of a later day
    alone, or by the visit that was planned for it.
    """
    rule = policy.immediate
    since = now.as_of - timedelta(days=rule.lookback_days)
    is_recent = (pl.col("raised_on") >= since) | pl.col("kind").is_in(rule.until_answered)
    alerts = now.alerts.filter(
        is_recent
        & pl.col("closed_on").is_null()
        & (pl.col("level").is_in(rule.alert_levels) | pl.col("kind").is_in(rule.alert_kinds))
    ).select(
        "enterprise_id",
        _NO_DAY,
        ref=_ref("source", "alert_id"),
        since="raised_on",
        stays=pl.col("kind").is_in(rule.until_answered),
    )
    # Nobody can be sent before an accident is known.
    known = now.accidents.with_columns(since=pl.coalesce("known_on", "occurred_on"))
    accidents = known.filter(pl.lit(rule.accidents) & (pl.col("since") >= since)).select(
        "enterprise_id", _NO_DAY, ref=_ref("source", "accident_id"), since="since", stays=False
    )
    urgent = now.tasks.filter(
        ~pl.col("kind").is_in(["department", "assistance"])
        & pl.col("closed_on").is_null()
        & (pl.col("opens_on") <= now.as_of)
    ).select(
        "enterprise_id", asked=pl.col("due_on"), ref=_ref("source", "task_id"), since="opens_on", stays=False
    )
    causes = pl.concat([alerts, accidents, urgent])
    own = own_on_site(now, policy)
    on_call = last_visits(own.filter(pl.col("kind") == "immediate")).rename({"last_on": "on_call"})
    seen = causes.join(last_visits(own), on="enterprise_id", how="left")
    is_seen = (
        pl.when("stays")
        .then(pl.col("on_call") > pl.col("since"))
        .otherwise((pl.col("last_on") > pl.col("since")) | (pl.col("on_call") >= pl.col("since")))
    )
    unseen = seen.join(on_call, on="enterprise_id", how="left").filter(~is_seen.fill_null(value=False))
    days = policy.channels["immediate"].spec.within_working_days or 1
    # Whoever gives the task may set its day; without one it is the channel's.
    due = pl.coalesce("asked", _working_days_after("since", causes, days))
    return unseen.select(**_item(key=pl.col("ref"), channel="immediate", opens=pl.col("since"), due=due))


def _ref(*columns: str) -> pl.Expr:
    return pl.concat_str(*columns, separator="/")


def _open_findings(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """A re-check for every finding whose rectification day is over and that is not known to be put right (P8)."""
    # What falls due far ahead cannot be planned yet, and a date such as 9999-12-31 has no working days after it.
    ahead = now.as_of + timedelta(days=FORESEEN_DAYS)
    ordered = now.findings.filter(pl.col("rectify_due_on") <= ahead)
    own = own_on_site(now, policy)
    dated = ordered.join(last_visits(own), on="enterprise_id", how="left").with_columns(
        ripe=pl.col("rectify_due_on") + timedelta(days=1),
        again=pl.col("last_on") + timedelta(days=policy.recheck.again_after_days),
    )
    # Looked at after the day was over and still open: come again, but not at once, and as a new item.
    was_seen = (pl.col("last_on") >= pl.col("ripe")).fill_null(value=False)
    name = _ref("source", "violation_id")
    key = pl.when(was_seen).then(pl.concat_str(name, pl.lit("/after "), _day_text("last_on"))).otherwise(name)
    opens = pl.when(was_seen).then("again").otherwise("ripe")
    return _rechecks(dated.with_columns(opens=opens), policy, key=key)


def _rechecks(dated: pl.DataFrame, policy: PlanningPolicy, *, key: pl.Expr) -> pl.DataFrame:
    days = policy.channels["recheck"].spec.within_working_days or 1
    due = _working_days_after("opens", dated, days)
    return dated.select(**_item(key=key, channel="recheck", opens=pl.col("opens"), due=due))


REVIEWS = ("recheck", "special", "annual_full")
"""Kinds of visit that review an order to stop; work is resumed only after a review (安全生产法 65(1)3)."""


def _stopped(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """A re-check where a visit stopped work (责令停产、关闭) and nobody has come back to review the order."""
    gravity = pl.col("result").replace_strict(RESULT_RANK, default=0, return_dtype=pl.Int64)
    reviews = pl.col("kind").is_in(REVIEWS) | pl.col("result").is_in(policy.recheck.results)
    own = own_on_site(now, policy).filter(reviews)
    last = (
        own.sort("enterprise_id", "inspected_on", gravity)
        .group_by("enterprise_id", maintain_order=True)
        .last()
    )
    stopped = last.filter(pl.col("result").is_in(policy.recheck.results)).with_columns(opens="inspected_on")
    return _rechecks(stopped, policy, key=_named_day("stopped", "inspected_on"))


def _repeat_offenders(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Priority monitoring of repeat offenders (屡犯、屡查不改): seen at least every so many days."""
    rule = policy.recheck
    often = now.firms.filter(pl.col("repeat_items") >= rule.repeat_items_at_least)
    own = own_on_site(now, policy)
    seen = often.join(last_visits(own), on="enterprise_id", how="left").with_columns(
        opens=pl.coalesce(
            pl.col("last_on") + timedelta(days=rule.repeat_every_days), pl.lit(date(now.year, 1, 1))
        )
    )
    return _rechecks(seen, policy, key=pl.coalesce(_named_day("repeat", "last_on"), pl.lit("repeat/never")))


def full_coverage(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits of this year whose record says that they were the authority's full-coverage inspection (P2)."""
    seen = settling(now.inspections, "annual_full", policy)
    return by_own(seen, policy).filter(
        pl.col("kind").is_in(policy.annual_satisfied_by) & (pl.col("inspected_on").dt.year() == now.year)
    )


def _hazard_sources(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """A special inspection of every major hazard source in each round of the year, where the law asks for it."""
    if "hazard_source" not in policy.channels:
        return pl.DataFrame(schema=ITEMS)
    rule = policy.hazard_source
    made = own_on_site(now, policy).filter(pl.col("kind").is_in(rule.satisfied_by))
    sources = now.firms.filter(pl.col("major_hazard_source").is_in(rule.grades))
    parts: list[pl.DataFrame] = []
    coming, since = _round(now.next_day, rule.rounds_a_year), policy.channels["hazard_source"].since
    for key, first, last in (coming, _round(coming[1] - timedelta(days=1), rule.rounds_a_year)):
        # A round that went by is owed still, by whoever was a source then.
        owed = sources.filter(
            pl.lit(last >= since) & (pl.col("source_since").is_null() | (pl.col("source_since") <= last))
        ).join(made.filter(pl.col("inspected_on") >= first), on="enterprise_id", how="anti")
        due = {"opens": pl.lit(first), "due": pl.lit(last)}
        parts.append(owed.select(**_item(key=pl.lit(key), channel="hazard_source", **due)))
    return pl.concat(parts)


def _round(day: date, rounds: int) -> tuple[str, date, date]:
    """The round of the year that a day lies in: its name, first and last day."""
    months = 12 // rounds
    number = (day.month - 1) // months
    first = date(day.year, number * months + 1, 1)
    return f"{day.year}/{number + 1}", first, month_end(date(day.year, (number + 1) * months, 1))


def _annual(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """The yearly full-coverage inspection of the six sectors, unless one was made this year (P2)."""
    owed = now.firms.filter(pl.col("sector").is_in(HIGH_HAZARD_SECTORS)).join(
        full_coverage(now, policy), on="enterprise_id", how="anti"
    )
    month = now.targets_of("annual_full").select("enterprise_id", "month_on", "set_on")
    # Not in the year plan yet (new, or just found to be of these sectors): any day of the year will do.
    dated = owed.join(month, on="enterprise_id", how="left").with_columns(
        pl.col("month_on").fill_null(date(now.year, 1, 1))
    )
    first, last = date(now.year, 1, 1), date(now.year, 12, 31)
    key, opens, due = pl.lit(str(now.year)), pl.lit(first), pl.lit(last)
    return dated.select(**_item(key=key, channel="annual_full", opens=opens, due=due, **_in_its_month()))


def _department(now: Situation) -> pl.DataFrame:
    """Items of other departments and levels (P6); an assistance task is none (P11).

    Settled by a visit at which the department was, or that tells no department.
    """
    asked = now.tasks.filter((pl.col("kind") == "department") & pl.col("closed_on").is_null())
    seen = counted(now.inspections).filter(pl.col("kind") != "recheck")
    present = pl.col("departments").fill_null("")
    settled = asked.join(
        seen.select("enterprise_id", "inspected_on", "departments", was="mode"), on="enterprise_id"
    ).filter(
        (pl.col("inspected_on") >= pl.col("opens_on"))
        & ((pl.col("was") == "on_site") | (pl.col("mode") == "off_site"))
        & ((present.str.strip_chars() == "") | present.str.contains(pl.col("department"), literal=True))
    )
    tasks = asked.join(settled, on=["enterprise_id", "source", "task_id"], how="anti")
    year_end = pl.date(pl.col("opens_on").dt.year(), 12, 31)
    due = pl.coalesce("due_on", pl.max_horizontal(year_end, pl.col("opens_on") + timedelta(days=30)))
    return tasks.select(
        **_item(
            key=_ref("source", "task_id"),
            channel="department",
            opens=pl.col("opens_on"),
            due=due,
            department=pl.col("department"),
            mode=pl.col("mode"),
        )
    )


def _drawn(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Enterprises drawn at random, until they were inspected by the draw, and for audit, until anybody looked (P3)."""
    drawn = now.targets_of("random", "audit")
    own = counted(by_own(now.inspections, policy))
    by_draw = last_visits(on_site(own).filter(pl.col("kind") == "random"))
    anywhere = last_visits(own.filter(pl.col("kind") != "recheck")).rename({"last_on": "any_on"})
    last = by_draw.join(anywhere, on="enterprise_id", how="full", coalesce=True)
    settled = pl.when(pl.col("channel") == "audit").then("any_on").otherwise("last_on")
    open_draws = drawn.join(last, on="enterprise_id", how="left").filter(
        settled.is_null() | (settled <= pl.col("set_on"))
    )
    open_draws = open_draws.join(now.firms.select("enterprise_id"), on="enterprise_id", how="semi")
    return open_draws.select(
        **_item(
            key=pl.col("draw_id"),
            channel=pl.col("channel"),
            opens=pl.col("set_on") + timedelta(days=1),
            due=pl.lit(date(now.year, 12, 31)),
            draw_id=pl.col("draw_id"),
            **_in_its_month(),
        )
    )
