"""What the system watches in itself: whether codes move too much, too little, or not for everybody alike.

A gate that only asks whether too much moved calls a frozen system healthy, so every measure here fails both ways: the
codes moved more than they ever truly do, or nothing moved although it must have.  What was measured before and is not
any more is an alarm too, never a pass.  Nothing here changes a code.  Source: domain.md sections 8.5, 8.7 and 8.9.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import polars as pl

from models.coding.changes import flip_flops
from models.estimates import wilson
from models.feedback import feedback_loop
from models.policy.review import Monitoring
from models.vocabulary import CODE_KEYS, CODE_RANKS, RiskCode, day_number

State = Literal["ok", "alarm", "unknown", "acknowledged"]
Key = tuple[str, str, str]
"""Metric, what firms or data are grouped by (empty: nothing), and the group."""

YEAR = 365
LEVELS = frozenset({"red_rate", "feedback", "flip_flops"})
"""Metrics that say how things are, not that something happened: acknowledged, they stay so until they move on."""


@dataclass(frozen=True)
class Measured:
    """One number the system took of itself.

    ``low`` and ``high`` are the 95 % interval of ``value``; ``limit_low`` and ``limit_high`` where the alarm
    begins.  ``state``: ``unknown`` where there is too little to say.  ``facts``: what else the sentence about it tells.
    """

    metric: str
    value: float | None
    state: State
    group_kind: str = ""
    group_value: str = ""
    low: float | None = None
    high: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> Key:
        """What is measured."""
        return self.metric, self.group_kind, self.group_value


@dataclass(frozen=True)
class Acknowledged:
    """An alarm a person has looked into and takes as it is: what was measured on ``as_of``."""

    key: Key
    as_of: date
    low: float | None
    high: float | None


def migration(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """How many enterprises went from which code to which.

    Both frames have one row per ``enterprise_id`` with ``code``.  Grain: one row per ``from_code`` and ``to_code``,
    from RED to GREEN, all 16 of them; ``enterprises`` that have a code on both days.
    """
    cells = pl.DataFrame({"from_code": CODE_KEYS}).join(pl.DataFrame({"to_code": CODE_KEYS}), how="cross")
    counted = (
        before.select("enterprise_id", from_code="code")
        .join(after.select("enterprise_id", to_code="code"), on="enterprise_id")
        .group_by("from_code", "to_code")
        .agg(enterprises=pl.len().cast(pl.Int64))
    )
    found = cells.join(counted, on=["from_code", "to_code"], how="left").with_columns(
        pl.col("enterprises").fill_null(0)
    )
    order = [
        pl.col(name).replace_strict(CODE_RANKS, return_dtype=pl.Int64) for name in ("from_code", "to_code")
    ]
    return found.sort(order, descending=True)


def moved(matrix: pl.DataFrame, *, days: int, limits: Monitoring) -> Measured:
    """Enterprises whose code changed, per mille and day between two runs; ``matrix`` as of ``migration``."""
    total = int(matrix["enterprises"].sum())
    changed = int(matrix.filter(pl.col("from_code") != pl.col("to_code"))["enterprises"].sum())
    most = float(limits.most_moved_permille_a_day)
    facts = {"changed": changed, "enterprises": total, "days": days}
    if not total:
        return Measured("codes_moved", None, "unknown", limit_high=most, facts=facts)
    value = 1000 * changed / total / max(1, days)
    return Measured("codes_moved", value, _above(value, most), limit_high=most, facts=facts)


def psi(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """Population stability index of two distributions over bins, given as numbers of enterprises.

    0 for equal shares; NaN where one of them is empty.  Half an enterprise is added to every bin, so that an empty
    one does not weigh without end.
    """
    bins = sorted({*before, *after})
    first, last = (sum(counts.values()) for counts in (before, after))
    if not first or not last:
        return math.nan
    total = 0.0
    for one in bins:
        was = (before.get(one, 0) + 0.5) / (first + 0.5 * len(bins))
        now = (after.get(one, 0) + 0.5) / (last + 0.5 * len(bins))
        total += (now - was) * math.log(now / was)
    return total


def shifted(
    name: str, before: Mapping[int, int], after: Mapping[int, int], *, since: date, limits: Monitoring
) -> Measured:
    """Whether the score, or the points of a factor, are spread over the enterprises as they were on ``since``."""
    most = limits.most_psi_permille / 1000
    metric, kind, value = ("psi_score", "", "") if name == "score" else ("psi", "factor", name)
    found = psi(before, after)
    small = min(sum(before.values()), sum(after.values())) < limits.least_group
    state: State = "unknown" if small else _above(found, most)
    known = None if math.isnan(found) else found
    return Measured(metric, known, state, kind, value, limit_high=most, facts={"baseline": since})


def still_codes(days: int, events: int, *, since: date, limits: Monitoring) -> Measured:
    """Days since any code last changed (on ``since``), and the events that came in meanwhile."""
    frozen = days >= limits.quiet_days and events >= limits.least_events_for_movement
    facts = {"since": since, "events": events, "least": limits.least_events_for_movement}
    state: State = "alarm" if frozen else "ok"
    return Measured("quiet_codes", float(days), state, limit_high=float(limits.quiet_days), facts=facts)


def still_data(watermark: date | None, known_at: date, *, since: date, limits: Monitoring) -> Measured:
    """Days since anything new became known; counted from ``since`` where that is later."""
    most = float(limits.quiet_days)
    if watermark is None:
        return Measured("quiet_data", None, "unknown", limit_high=most, facts={"watermark": None})
    days = (known_at - watermark).days
    counted = (known_at - max(watermark, since)).days
    state: State = "alarm" if counted >= limits.quiet_days else "ok"
    return Measured("quiet_data", float(days), state, limit_high=most, facts={"watermark": watermark})


def stopped(table: str, now: int, usual: float, year_ago: int | None, *, limits: Monitoring) -> Measured:
    """Whether a stream of events has dried up while others flow on.

    Events of the last ``quiet_days``; of as many days in the mean of the year before (so that a stream that has been
    dry for months still alarms); and of the same days a year ago (``None``: the records do not go back so far).
    What is rare, or rare in this season, may well be missing.
    """
    facts = {"usual": round(usual), "days": limits.quiet_days}
    if min(usual, usual if year_ago is None else year_ago) < limits.least_events_for_movement:
        return Measured("events_in", float(now), "unknown", "table", table, facts=facts)
    state: State = "alarm" if now == 0 else "ok"
    return Measured("events_in", float(now), state, "table", table, limit_low=1.0, facts=facts)


def shares(kind: str, firms: pl.DataFrame) -> list[Measured]:
    """Share of RED in groups that the rules themselves tell apart, as sector and size: told, and never an alarm.

    ``firms``: one row per enterprise, ``group`` (text) and ``is_red``.  Returns one measure per group, sorted.
    """
    counted = firms.group_by("group").agg(n=pl.len(), red=pl.col("is_red").sum()).sort("group")
    everybody, all_red = int(counted["n"].sum()), int(counted["red"].sum())
    found: list[Measured] = []
    for group, n, red in counted.iter_rows():
        rest = (all_red - red) / (everybody - n) if everybody > n else None
        facts = {"red": red, "enterprises": n, "rest": rest}
        found.append(
            Measured(
                "red_rate",
                red / n,
                "unknown" if rest is None else "ok",
                kind,
                group,
                *wilson(red, n),
                facts=facts,
            )
        )
    return found


def parity(kind: str, firms: pl.DataFrame, *, limits: Monitoring) -> list[Measured]:
    """Share of RED in every group against that of enterprises alike elsewhere.

    ``firms``: one row per enterprise, ``group``, ``alike`` (texts: enterprises of one ``alike`` are compared, as
    those of one sector and size) and ``is_red``.  What a group would have, if its enterprises were RED as often as
    those alike elsewhere, is its expected share (indirect standardisation); who has nobody alike elsewhere does not
    count.  An alarm needs ``least_group`` enterprises, a share outside ``parity_ratio`` times the expected one, and a
    Wilson interval that does not hold it, 95 % for all groups of the kind together (Bonferroni): so neither chance in
    a small group nor the number of groups raises one.  One measure per group, sorted.
    """
    own = firms.group_by("group", "alike").agg(
        n=pl.len().cast(pl.Int64), red=pl.col("is_red").sum().cast(pl.Int64)
    )
    whole = own.group_by("alike").agg(all_n=pl.col("n").sum(), all_red=pl.col("red").sum())
    beside = own.join(whole, on="alike").with_columns(
        rest_n=pl.col("all_n") - pl.col("n"), rest_red=pl.col("all_red") - pl.col("red")
    )
    counted = (
        beside.filter(pl.col("rest_n") > 0)
        .sort("alike")
        .group_by("group")
        .agg(
            pl.col("n", "red").sum(),
            expected=(pl.col("n") * pl.col("rest_red") / pl.col("rest_n")).sum(),
        )
    )
    groups = firms.select(pl.col("group").unique()).join(counted, on="group", how="left").sort("group")
    compared = max(1, counted.filter(pl.col("n") >= limits.least_group).height)
    return [
        _against(kind, group, n or 0, red or 0, expected or 0.0, limits, level=1 - 0.05 / compared)
        for group, n, red, expected in groups.iter_rows()
    ]


def _against(
    kind: str, group: str, n: int, red: int, expected: float, limits: Monitoring, *, level: float
) -> Measured:
    if not n:
        return Measured("red_rate", None, "unknown", kind, group)
    (low, high), share, elsewhere = wilson(red, n), red / n, expected / n
    facts = {"red": red, "enterprises": n, "rest": elsewhere, "alike": True}
    if n < limits.least_group:
        return Measured("red_rate", share, "unknown", kind, group, low, high, facts=facts)
    least, most = limits.parity_ratio.least * elsewhere, limits.parity_ratio.most * elsewhere
    lowest, highest = wilson(red, n, level)
    apart = not lowest <= elsewhere <= highest and not least <= share <= most
    state: State = "alarm" if apart else "ok"
    return Measured("red_rate", share, state, kind, group, low, high, least, most, facts)


def feedback(firms: pl.DataFrame, *, limits: Monitoring) -> Measured:
    """Whether firms that were visited more often have worse codes than others of their sector and size.

    ``firms``: one row per enterprise, ``code``, ``visits`` and ``stratum``.  ``value``: change of the code's rank
    among all firms (0 best to 1 worst) per past visit; an alarm where its whole interval is above
    ``most_feedback_permille``.  An alarm is no proof of a loop: rightly aimed visits raise it as well, so a limit of 0
    would alarm wherever visits are aimed at all.
    """
    most = limits.most_feedback_permille / 1000
    ranks = firms["code"].replace_strict(CODE_RANKS)
    visits = firms["visits"].cast(pl.Float64).to_numpy()
    found = feedback_loop(ranks.cast(pl.Float64).to_numpy(), visits, firms["stratum"].to_list())
    if math.isnan(found.slope):
        return Measured("feedback", None, "unknown", limit_high=most)
    state: State = "alarm" if found.low > most else "ok"
    return Measured("feedback", found.slope, state, "", "", found.low, found.high, None, most)


def flip_flop_rate(
    changes: pl.DataFrame,
    *,
    first: date,
    as_of: date,
    enterprises: int,
    within_days: int,
    limits: Monitoring,
) -> Measured:
    """Codes that went and came back within ``within_days``, per mille of the enterprises and year.

    ``changes``: ``enterprise_id``, ``as_of`` (days since 1970-01-01) and ``held_rank``, one row per change, sorted.
    The last 365 days count, or those since ``first``, the first day on record; fewer than ``within_days`` cannot tell.
    """
    most = float(limits.most_flip_flops_permille_a_year)
    days = min(YEAR, (as_of - first).days)
    begins = day_number(as_of) - days
    older = changes.filter(pl.col("as_of") <= begins)
    found = flip_flops(changes, within_days=within_days) - flip_flops(older, within_days=within_days)
    facts = {"flips": found, "days": days, "within": within_days}
    if days <= 0 or not enterprises:
        return Measured("flip_flops", None, "unknown", limit_high=most, facts=facts)
    scale = 1000 * YEAR / days
    low, high = (end * scale for end in wilson(min(found, enterprises), enterprises))
    value = found / enterprises * scale
    state: State = "unknown" if days < within_days else _above(value, most)
    return Measured("flip_flops", value, state, "", "", low, high, None, most, facts)


def counted(metric: str, number: int) -> Measured:
    """A number that is only told."""
    return Measured(metric, float(number), "ok")


def unread(complaints: int, grave: int, about: Sequence[str]) -> Measured:
    """Complaints about deliveries that nobody has settled: any is an alarm, for a code may rest on what is missing."""
    state: State = "alarm" if complaints else "ok"
    facts = {"grave": grave, "sources": ", ".join(about)}
    return Measured("complaints", float(complaints), state, limit_high=0.0, facts=facts)


def kept(wrongly: Sequence[str]) -> Measured:
    """Tables of which a night kept what a sample showed to be otherwise: each says which, and of whom."""
    state: State = "alarm" if wrongly else "ok"
    return Measured(
        "kept_wrongly", float(len(wrongly)), state, limit_high=0.0, facts={"told": "; ".join(wrongly) or "–"}
    )


def nights(
    missed: Sequence[date], late: Sequence[date], looked: int, *, limits: Monitoring
) -> tuple[Measured, Measured]:
    """Nights whose codes were never issued, and those whose codes came late, of so many that were looked at.

    Days newest first.  No value where there was none yet.
    """
    return (
        _nights("nights_missed", missed, looked, limits.most_missed_nights),
        _nights("nights_late", late, looked, limits.most_late_nights),
    )


_NAMED_NIGHTS = 5
"""Nights that a sentence names: one that names more is not read."""


def _nights(metric: str, days: Sequence[date], looked: int, most: int | None) -> Measured:
    limit = None if most is None else float(most)
    if not looked:
        return Measured(metric, None, "unknown", limit_high=limit)
    named = [f"{day}" for day in days[:_NAMED_NIGHTS]] + ["…"] * (len(days) > _NAMED_NIGHTS)
    facts = {"looked": looked, "days": ", ".join(named) or "–"}
    value = float(len(days))
    state: State = "ok" if limit is None else _above(value, limit)
    return Measured(metric, value, state, limit_high=limit, facts=facts)


def disappeared(now: Sequence[Measured], before: Mapping[Key, date]) -> list[Measured]:
    """An alarm for everything that was measured before (``before``: on which day last) and is not any more.

    A measure without a value counts as missing: a gate must not go green because its gauge fell off.
    """
    held = {one.key for one in now if one.value is not None}
    gone = sorted(key for key in before if key not in held)
    return [
        Measured("missing", None, "alarm", metric, "/".join(part for part in (kind, group) if part),
                 facts={"last": before[metric, kind, group], "kind": kind, "group": group})
        for metric, kind, group in gone
    ]  # fmt: skip


def settled(found: Iterable[Measured], known: Sequence[Acknowledged], *, as_of: date) -> list[Measured]:
    """Alarms that a person has acknowledged are marked so.

    A shift is acknowledged once, on its day; the next one raises an alarm again.  A level (``LEVELS``) stays
    acknowledged while it is inside the interval it had then.
    """
    return [
        replace(one, state="acknowledged")
        if one.state == "alarm" and any(_covers(entry, one, as_of) for entry in known)
        else one
        for one in found
    ]


def _covers(entry: Acknowledged, one: Measured, as_of: date) -> bool:
    if entry.key != one.key or entry.as_of > as_of:
        return False
    if entry.as_of == as_of:
        return True
    if one.metric not in LEVELS or None in (one.value, entry.low, entry.high):
        return False
    assert one.value is not None and entry.low is not None and entry.high is not None
    return entry.low <= one.value <= entry.high


def is_red(code: str = "code") -> pl.Expr:
    """Whether a row's code is RED."""
    return pl.col(code) == RiskCode.RED.key


def _above(value: float, most: float) -> State:
    return "alarm" if value > most else "ok"
