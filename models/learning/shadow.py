"""A card in shadow: what it would say of the enterprises of a day beside the card that codes them."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from models.coding.card import FittedCard, with_card
from models.coding.timeline import with_interval
from models.coding.verdicts import assign_codes
from models.learning.effects import RED
from models.policy import PolicyOnDay
from models.scorecard import Scorecard

Points = tuple[str, int, int]
"""A feature, and its points under both cards."""
MOST_FEATURES = 5
"""Features that are told of an enterprise that is RED under one card alone."""
PAIRS = {"from_code": pl.String, "to_code": pl.String, "enterprises": pl.Int64}
APART = {
    "enterprise_id": pl.String,
    "from_code": pl.String,
    "to_code": pl.String,
    "score": pl.Int64,
    "red_from": pl.Int64,
    "shadow_score": pl.Int64,
    "shadow_red_from": pl.Int64,
    "points": pl.String,
}


def in_shadow(
    features: pl.DataFrame, *, in_force: PolicyOnDay, champion: FittedCard | None, card: FittedCard
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Codes of enterprises by the facts of a day, under the card in force (``from_code``) and another (``to_code``).

    Two frames: ``PAIRS``, one row per pair of codes with how many enterprises have it; and ``APART``, one row per
    enterprise that is RED under one of the two alone, sorted by id, with both scores, the least score of RED under
    both, and ``points``: a JSON list of features with their points under both, those that do most to make it RED under
    the one and not the other first.
    """
    then = with_card(in_force, card)
    points = {
        side: policy.scorecard.contributions(features) for side, policy in (("from", in_force), ("to", then))
    }
    codes = [
        assign_codes(with_interval(features, of), points[side], policy=policy).select(
            "enterprise_id", pl.col("code").alias(f"{side}_code"), pl.col("score").alias(f"{side}_score")
        )
        for side, policy, of in (("from", in_force, champion), ("to", then, card))
    ]
    both = codes[0].join(codes[1], on="enterprise_id").sort("enterprise_id")
    pairs = both.group_by("from_code", "to_code").agg(enterprises=pl.len().cast(pl.Int64))
    apart = both.filter((pl.col("from_code") == RED) != (pl.col("to_code") == RED))
    limits = in_force.codes.thresholds.red, then.codes.thresholds.red
    told = _told(apart, points, (in_force.scorecard, then.scorecard), limits)
    return pairs.sort("from_code", "to_code"), pl.DataFrame(list(told), schema=APART, orient="row")


def _told(
    apart: pl.DataFrame,
    points: dict[str, pl.DataFrame],
    cards: tuple[Scorecard, Scorecard],
    limits: tuple[int, int],
) -> Iterator[dict[str, Any]]:
    wanted = apart["enterprise_id"].implode()
    found = [
        {row["enterprise_id"]: _by_feature(card, row) for row in frame.iter_rows(named=True)}
        for card, frame in zip(
            cards,
            (points[side].filter(pl.col("enterprise_id").is_in(wanted)) for side in ("from", "to")),
            strict=True,
        )
    ]
    for row in apart.iter_rows(named=True):
        now, then = (of[row["enterprise_id"]] for of in found)
        yield {
            "enterprise_id": row["enterprise_id"],
            "from_code": row["from_code"],
            "to_code": row["to_code"],
            "score": row["from_score"],
            "red_from": limits[0],
            "shadow_score": row["to_score"],
            "shadow_red_from": limits[1],
            "points": json.dumps(_apart(now, then, limits, is_red_now=row["from_code"] == RED)),
        }


def _by_feature(card: Scorecard, points: dict[str, Any]) -> Counter[str]:
    """Points of an enterprise by the feature they are given for."""
    found: Counter[str] = Counter()
    for factor in card.factors:
        found[factor.feature] += points[factor.name]
    return found


def _apart(
    now: Counter[str], then: Counter[str], limits: tuple[int, int], *, is_red_now: bool
) -> list[Points]:
    """Features that make an enterprise RED under the one card and not under the other, those that do most first.

    A point is worth more where fewer make RED: points are held against the least score of RED.
    """
    least_now, least_then = (max(limit, 1) for limit in limits)

    def push(feature: str) -> int:
        more = then[feature] * least_now - now[feature] * least_then
        return -more if is_red_now else more

    features = sorted({*now, *then}, key=lambda one: (-push(one), one))
    return [(one, now[one], then[one]) for one in features[:MOST_FEATURES] if push(one) > 0]
