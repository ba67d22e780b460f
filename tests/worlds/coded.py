"""What a run computes of worlds that are frames: features, paths of codes, and what would change them."""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl

from models.coding.path import Path, code_path, remembered
from models.coding.timeline import InForce, Span
from models.coding.verdicts import code_name
from models.counterfactuals import Asked
from models.counterfactuals.acts import offered
from models.features import Events
from models.features.windows import FeaturePolicy
from warehouse.coding.counterfactuals import nearness, options_of
from warehouse.coding.levels import in_memory


def features_on(
    events: Events, *, as_of: date, known_at: date | None = None, policy: FeaturePolicy
) -> pl.DataFrame:
    """Features of a day, sorted by enterprise."""
    with in_memory(events) as rows:
        return rows.levels_on(as_of, known_at or as_of, policy)


def judged_steps(events: Events, span: Span, rules: Sequence[InForce]) -> pl.DataFrame:
    """What the facts say over a span, one row per day on which anything changes."""
    with in_memory(events) as rows:
        return rows.judged(span, rules).steps


def points_on_days(events: Events, span: Span, rules: Sequence[InForce]) -> pl.DataFrame:
    """Every change of a factor's points after the first day of a span."""
    with in_memory(events) as rows:
        return rows.judged(span, rules).points


def path_of(
    events: Events,
    *,
    first: date,
    last: date,
    known_at: date,
    rules: Sequence[InForce],
    overrides: pl.DataFrame | None = None,
) -> Path:
    """The code of every enterprise from ``first`` to ``last``, as known at ``known_at``."""
    with in_memory(events) as rows:
        judged = rows.judged(remembered(first, last, known_at, rules), rules)
    return code_path(judged, first=first, last=last, rules=rules, overrides=overrides)


def codes_on(
    events: Events,
    *,
    as_of: date,
    known_at: date,
    rules: Sequence[InForce],
    overrides: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The code of every enterprise on one day.  Grain: one row per ``enterprise_id``; ``held_rank``, ``rank``."""
    path = path_of(events, first=as_of, last=as_of, known_at=known_at, rules=rules, overrides=overrides)
    return path.codes.select("enterprise_id", "held_rank", "rank")


def _coded(events: Events, asked: Asked, only: Collection[str] | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Features and codes of the day that is asked about, of some enterprises."""
    features = features_on(events, as_of=asked.as_of, known_at=asked.known_at, policy=asked.policy.features)
    ranks = codes_on(
        events, as_of=asked.as_of, known_at=asked.known_at, rules=asked.rules, overrides=asked.overrides
    )
    codes = ranks.select("enterprise_id", code=code_name(pl.col("rank")))
    if only is not None:
        codes = codes.filter(pl.col("enterprise_id").is_in(list(only)))
    return features, codes


def offered_to(events: Events, asked: Asked) -> pl.DataFrame:
    """The acts open to every enterprise."""
    features, _ = _coded(events, asked, None)
    with in_memory(events) as rows:
        known = rows.events(asked.known_at)
        last = features.select("enterprise_id", "last_result")
        return offered(known, last, asked.span, asked.policy.features)


def ways_of(events: Events, asked: Asked, *, only: Collection[str] | None = None) -> pl.DataFrame:
    """What would better the codes of enterprises."""
    features, codes = _coded(events, asked, only)
    with in_memory(events) as rows:
        return options_of(rows, asked, codes, features)


def near_red_of(events: Events, asked: Asked, *, only: Collection[str] | None = None) -> pl.DataFrame:
    """Events that would make enterprises RED; those of ``only`` are not."""
    features, codes = _coded(events, asked, only)
    with in_memory(events) as rows:
        return nearness(rows, asked, features.join(codes, on="enterprise_id", how="semi"))
