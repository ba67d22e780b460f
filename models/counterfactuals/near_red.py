"""Which single event of everyday business would make a code RED today.

Each event of the policy's list is one row more on the coded day.  What it adds to the levels of an enterprise is what
it makes of one of which nothing else is known:

- ``complaint``: a complaint comes in, at the lowest level;
- ``red_alert``: monitoring reports a limit exceeded, at the highest level;
- ``general_finding``, ``serious_finding``: a finding of that severity, open, no order given;
- ``overdue_order``: a general finding of the day before, ordered to be put right by then, and open;
- ``accident``: an accident that killed and injured nobody.

Codes get worse at once, so an enterprise that is not RED becomes RED exactly if the facts of the day say so; where a
person decided, only if a veto does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from models.coding.timeline import with_interval
from models.coding.verdicts import judge
from models.counterfactuals.scenarios import Asked
from models.features import CATALOGUE, Events, integer_form
from models.features.events import EVENT_COLUMNS
from models.features.intervals import NEVER
from models.features.measures import Age, Exists, Measure, Sum, Years, said
from models.tables.canonical import TABLES
from models.vocabulary import RiskCode, day_number

NEAR_RED_SCHEMA = {"enterprise_id": pl.String, "event": pl.String}
CLEAN_TODAY = "is_clean_today"
"""Whether a clean visit was made on the coded day: it settles a finding of the day before."""


def near_red(features: pl.DataFrame, lone: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """The events each of which alone would make an enterprise RED on the coded day.

    ``features``: of the day, of enterprises that are not RED, with ``CLEAN_TODAY``.  ``lone``: features of the day of
    ``lone_events``.  Grain: one row per ``enterprise_id`` and ``event``, sorted.
    """
    policy, today = asked.policy, day_number(asked.as_of)
    alone = {row["enterprise_id"]: row for row in lone.to_dicts()}
    worlds = [
        features.with_columns(_one_more(event, alone[event], today)).with_columns(event=pl.lit(event))
        for event in policy.review.ordinary_events
    ]
    if not worlds or features.is_empty():
        return pl.DataFrame(schema=NEAR_RED_SCHEMA)
    rows = pl.concat(worlds).with_columns(_combined(asked)).with_columns(firm="enterprise_id")
    rule = [one for one in asked.rules if one.since <= asked.as_of][-1]
    tried = with_interval(rows.with_columns(enterprise_id=pl.int_range(pl.len(), dtype=pl.Int64)), rule.card)
    facts = judge(tried, policy.scorecard.contributions(tried), policy)
    is_given = pl.col("firm").is_in(_overridden_today(asked).implode())
    decides = pl.when(is_given).then("veto_rank").otherwise("rank")
    told = tried.select("enterprise_id", "firm", "event").join(facts, on="enterprise_id")
    becomes = told.filter(decides == int(RiskCode.RED)).select("event", enterprise_id="firm")
    return becomes.select(*NEAR_RED_SCHEMA).sort(*NEAR_RED_SCHEMA)


def _one_more(event: str, alone: Mapping[str, Any], today: int) -> Iterator[pl.Expr]:
    """The levels of an enterprise once the event has come to what is known of it."""
    table, row = _rows(today)[event]
    is_of_today = row.get("occurred_on", today) == today
    for name, measure in CATALOGUE.measures(table).items():
        if (
            name in CATALOGUE.names
            and (level := _together(measure, pl.col(name), alone[name], is_of_today)) is not None
        ):
            yield level.alias(name)


def _together(measure: Measure, level: pl.Expr, alone: int | None, is_of_today: bool) -> pl.Expr | None:
    """The level of what is known and one event more; ``alone``: that of the event alone."""
    if isinstance(measure, Age):
        return pl.min_horizontal(level, pl.lit(alone, dtype=pl.Int64))
    if isinstance(measure, Years):
        return level + pl.when(pl.col(measure.youngest) == 0).then(alone).otherwise(0)
    if isinstance(measure, Exists):
        more = pl.max_horizontal(level, pl.lit(alone, dtype=pl.Int64))
        is_settled = pl.col(CLEAN_TODAY) & pl.lit(
            "next_clean_after" in measure.where.ends and not is_of_today
        )
        return pl.when(is_settled).then(level).otherwise(more)
    return level + alone if isinstance(measure, Sum) else None


def _combined(asked: Asked) -> list[pl.Expr]:
    """What several levels give, anew."""
    found: list[pl.Expr] = []
    for name, feature in CATALOGUE.combined.items():
        value = pl.sql_expr(said(feature.says, asked.policy.features)).cast(pl.Int64)
        if feature.categories:
            value = value.replace_strict(dict(enumerate(feature.categories)), return_dtype=pl.String)
        found.append(value.alias(name))
    return found


def _overridden_today(asked: Asked) -> pl.Series:
    today, holding = pl.lit(day_number(asked.as_of)), asked.overrides
    if holding is None:
        return pl.Series([], dtype=pl.String)
    return holding.filter(today.is_between("first_day", "last_day"))["enterprise_id"].unique()


def lone_events(today: int) -> Events:
    """Each event as an enterprise, named like it, of which nothing else is known; Polars frames in integer form."""
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in EVENT_COLUMNS}
    known = {"known_from": -NEVER, "known_to": NEVER}
    for event, (table, row) in _rows(today).items():
        told["enterprises"].append({"enterprise_id": event, **known})
        told[table].append({"enterprise_id": event, **known, **row})
    return Events(**{name: _frame(name, rows).lazy() for name, rows in told.items()})


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    empty = integer_form(TABLES[name].schema.create_empty()).select(EVENT_COLUMNS[name])
    schema = {**empty.schema, "known_from": pl.Int64, "known_to": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


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
