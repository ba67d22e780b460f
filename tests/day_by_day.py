"""The code of every enterprise, day by day: the slow and obvious way, which everything quick must agree with."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from models.coding.verdicts import judge
from models.policy import ChangeRules, PolicyOnDay
from models.vocabulary import CODE_KEYS, RiskCode
from warehouse.coding.levels import in_memory

Day = tuple[int, int]
"""Rank and near rank on a day."""


def under_change_rules(facts: list[Day], rules: ChangeRules) -> list[int]:
    """The change rules as one would say them, one day after another."""
    codes: list[int] = []
    code, better, clearly = facts[0][0], 0, 0
    for rank, near in facts:
        while rank < code:
            name = RiskCode(code).key
            waited = near < code and clearly >= getattr(rules.dwell_days, name)
            if not waited and better < getattr(rules.hold_at_most_days, name):
                break
            code, better, clearly = code - 1, 0, 0
        if rank >= code:
            code, better, clearly = rank, 0, 0
        else:
            better, clearly = better + 1, clearly + 1 if near < code else 0
        codes.append(code)
    return codes


def facts_of_days(
    events: Any, first: date, last: date, *, known_at: date, policy: PolicyOnDay
) -> dict[str, list[Day]]:
    """What the features of each single day say, by enterprise."""
    found: dict[str, list[Day]] = {}
    with in_memory(events) as rows:
        for ahead in range((last - first).days + 1):
            features = rows.levels_on(first + timedelta(days=ahead), known_at, policy.features)
            said = judge(features, policy.scorecard.contributions(features), policy)
            for enterprise, rank, near in said.select("enterprise_id", "rank", "near_rank").iter_rows():
                found.setdefault(enterprise, []).append((rank, near))
    return found


def codes_of_days(
    events: Any, first: date, last: date, *, known_at: date, policy: PolicyOnDay
) -> Mapping[str, list[str]]:
    """The code of every enterprise on each day from ``first`` to ``last``."""
    rules = policy.codes.change
    begins = first - timedelta(days=rules.memory_days)
    told = facts_of_days(events, begins, last, known_at=known_at, policy=policy)
    return {
        enterprise: [CODE_KEYS[rank] for rank in under_change_rules(facts, rules)[rules.memory_days :]]
        for enterprise, facts in told.items()
    }


def spread(rows: pl.DataFrame, first: date, last: date) -> Mapping[str, list[str]]:
    """Spans (``valid_from``, ``valid_to`` exclusive, ``code``) as one code for each day.

    Raises AssertionError unless every day of every enterprise has exactly one.
    """
    found: dict[str, list[str]] = {}
    for enterprise, begins, ends, code in (
        rows.sort("enterprise_id", "valid_from")
        .select("enterprise_id", "valid_from", "valid_to", "code")
        .iter_rows()
    ):
        days = found.setdefault(enterprise, [])
        begins, ends = max(begins, first), min(ends, last + timedelta(days=1))
        if begins >= ends:
            continue
        assert (begins - first).days == len(days), f"{enterprise}: a gap or an overlap on {begins}"
        days.extend([code] * (ends - begins).days)
    assert all(len(days) == (last - first).days + 1 for days in found.values()), "a day without a code"
    return found
