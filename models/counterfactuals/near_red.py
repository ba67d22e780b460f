"""Which single event of everyday business would make a code RED today.

Each event of the policy's list is one row more on the coded day:

- ``complaint``: a complaint comes in, at the lowest level;
- ``red_alert``: monitoring reports a limit exceeded, at the highest level;
- ``general_finding``, ``serious_finding``: a finding of that severity, open, no order given;
- ``overdue_order``: a general finding of the day before, ordered to be put right by then, and open;
- ``accident``: an accident that killed and injured nobody.

Codes get worse at once, so an enterprise that is not RED becomes RED exactly if the facts of the day say so; where a
person decided, only if a veto does.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from models.coding.timeline import Span, judged_steps, known_in_memory
from models.counterfactuals.acts import added, replicated
from models.counterfactuals.scenarios import Asked, overridden_among
from models.features import Events
from models.vocabulary import RiskCode, day_number

NEAR_RED_SCHEMA = {"enterprise_id": pl.String, "event": pl.String}


def near_red(events: Events, asked: Asked, *, only: Collection[str] | None = None) -> pl.DataFrame:
    """The events each of which alone would make an enterprise RED on the coded day.

    ``events`` are Polars frames in integer form; ``only`` names enterprises that are not RED (default: all).
    Grain: one row per ``enterprise_id`` and ``event``, sorted.
    """
    known = known_in_memory(events, asked.known_at, only)
    tried = pl.DataFrame({"event": list(asked.policy.review.ordinary_events)}, schema={"event": pl.String})
    enterprises = known.enterprises.select("enterprise_id").unique().collect()
    scenarios = enterprises.join(tried, how="cross").with_columns(
        scenario=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    if scenarios.is_empty():
        return pl.DataFrame(schema=NEAR_RED_SCHEMA)
    worlds = _with_events(replicated(known, scenarios), scenarios, day_number(asked.as_of))
    span = Span(asked.as_of, asked.as_of, asked.known_at)
    facts = judged_steps(worlds, span, asked.rules).select("rank", "veto_rank", scenario="enterprise_id")
    is_given = pl.col("enterprise_id").is_in(_overridden_today(asked).implode())
    decides = pl.when(is_given).then("veto_rank").otherwise("rank")
    becomes = scenarios.join(facts, on="scenario").filter(decides == int(RiskCode.RED))
    return becomes.select(*NEAR_RED_SCHEMA).sort(*NEAR_RED_SCHEMA)


def _overridden_today(asked: Asked) -> pl.Series:
    today = pl.lit(day_number(asked.as_of))
    holding = asked.overrides
    if holding is not None:
        holding = holding.filter(today.is_between("first_day", "last_day"))
    return overridden_among(holding)["enterprise_id"]


def _with_events(events: Events, scenarios: pl.DataFrame, today: int) -> Events:
    """The events of every scenario and the one more that it tries."""
    frames: dict[str, pl.LazyFrame] = dict(vars(events))
    for event, (table, row) in _rows(today).items():
        concerned = scenarios.lazy().filter(pl.col("event") == event).select(enterprise_id="scenario")
        frames[table] = added(frames[table], concerned, row)
    return replace(events, **frames)


def _rows(today: int) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """Table and content of the row each event adds."""
    alert = {"raised_at": today * 1440, "is_false_alarm": 0}
    finding = {
        "source": "",
        "violation_id": "",
        "occurred_on": today,
        "severity": "general",
        "is_major_hazard": 0,
        "quantity": 1,
    }
    ordered = {"occurred_on": today - 1, "rectify_due_on": today - 1}
    accident = {"occurred_on": today, "deaths": 0, "serious_injuries": 0, "grade": "ungraded"}
    return {
        "complaint": ("alerts", {**alert, "kind": "complaint", "level": "blue"}),
        "red_alert": ("alerts", {**alert, "kind": "exceedance", "level": "red"}),
        "general_finding": ("violations", finding),
        "serious_finding": ("violations", {**finding, "severity": "serious"}),
        "overdue_order": ("violations", {**finding, **ordered}),
        "accident": ("accidents", accident),
    }
