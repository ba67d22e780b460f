"""Panels made of numbers, with a truth that is known: what the tests of fitting and evaluation learn from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.splits import cohort_days
from models.learning.training import Material
from models.policy import Candidate, Label, LabelValue, LearningPolicy, PolicyOnDay, Words, load_policy
from models.policy.shape import Condition, Provenance
from models.vocabulary import day_number
from tests.worlds.by_hand import QUIET
from tests.worlds.strategies import FEATURE_SCHEMA

Floats = NDArray[np.float64]
LAST = date(2026, 6, 30)
POLICY = load_policy().on(LAST)
FIRST_COHORT, LAST_COHORT = date(2023, 3, 31), date(2025, 5, 15)
DAYS = [day_number(day) for day in cohort_days(FIRST_COHORT, LAST_COHORT, months=3)]
"""Nine quarter ends; by ``LAST`` the labels of all of them are complete."""
QUICK = {"boosting_rounds": 60, "learning_rate": 0.1, "least_leaf": 20}
"""Settings that fit a few thousand rows in a second."""


def learning(*candidates: tuple[str, str], policy: PolicyOnDay = POLICY, **fitting: Any) -> LearningPolicy:
    """The starter pack's learning, quick, with other candidates (feature, direction) where some are given."""
    told = tuple(
        Candidate(feature=feature, direction=direction, title=Words(zh=feature, en=feature))
        for feature, direction in candidates
    )
    return replace(
        policy.learning,
        candidates=told or policy.learning.candidates,
        fitting=policy.learning.fitting.model_copy(update=QUICK | fitting),
    )


def policy(*candidates: tuple[str, str], **fitting: Any) -> PolicyOnDay:
    """The starter pack with the learning above."""
    return replace(POLICY, learning=learning(*candidates, **fitting))


def label(
    outcome: str = "next_visit",
    *,
    horizon: int = 365,
    lag: int = 30,
    when: tuple[dict[str, Any], ...] = (),
    among: tuple[dict[str, Any], ...] = (),
) -> Label:
    """A label by its numbers."""
    spec = LabelValue(
        outcome=outcome,
        among=[Condition(**one) for one in among],
        when=[Condition(**one) for one in when],
        horizon_days=horizon,
        lag_days=lag,
        cohort=[[Condition(feature="status", one_of=["active"])]],
    )
    words = Words(zh="标签", en="label")
    return Label("trial", words, words, spec, Provenance(basis="proposal", reference="by hand"))


def by_findings(rows: pl.DataFrame) -> Floats:
    """Logit of a truth that only counts findings."""
    return rows["violations_36m"].to_numpy() * 0.6 - 3.0


def by_several(rows: pl.DataFrame) -> Floats:
    """Logit of a truth made of findings, the last result (missing is bad), people and sector."""
    result = rows["last_result"].fill_null(4).to_numpy()
    people = np.log1p(rows["employees"].fill_null(0).to_numpy())
    return (
        np.minimum(rows["violations_36m"].to_numpy(), 4) * 0.25
        + 0.6 * result
        + 0.35 * people
        + 0.9 * (rows["sector"] == "fireworks").to_numpy()
        - 4.6
    )


def by_chance(rows: pl.DataFrame) -> Floats:
    """Logit of a truth that knows nobody."""
    return np.full(rows.height, -1.7)


def features(firms: int, day: int, rng: np.random.Generator, quality: Floats) -> pl.DataFrame:
    """Features of one day: quiet firms but for a few columns that vary with lasting ``quality``."""
    count = len(quality)
    found = rng.poisson(np.exp(0.1 + 0.6 * quality))
    visits = rng.poisson(1.5, count)
    bad = rng.binomial(visits, 1 / (1 + np.exp(2.2 - quality)))
    seen = visits > 0
    result = np.where(bad > 0, 3, rng.choice([0, 2], count))
    people = rng.lognormal(3, 1, count).astype(np.int64)
    told = pl.DataFrame(
        {
            "enterprise_id": [f"e{n:05}" for n in range(firms)],
            "status": ["active"] * count,
            "sector": rng.choice(["general", "general", "fireworks", "hazardous_chemicals"], count),
            "division": [
                f"{district}{('', '001', '002000')[at % 3]}"
                for at, district in enumerate(rng.choice(["370102", "370103", "370104"], count))
            ],
            "track_record": np.where(seen, "visited", np.where(found > 0, "records", "none")),
            "violations_36m": found,
            "employees": pl.Series(people).set(pl.Series(rng.random(count) < 0.05), None),
            "inspections_24m": visits,
            "inspections_36m": visits,
            "inspections_window": visits,
            "serious_visits_36m": bad,
            "severity_mean": 12 + 3 * bad,
            "last_result": pl.Series(result).set(pl.Series(~seen), None),
            "days_since_inspection": pl.Series(rng.integers(1, 800, count)).set(pl.Series(~seen), None),
            "as_of": [day] * count,
        }
    ).with_columns(high_hazard=(pl.col("sector") != "general").cast(pl.Int64))
    quiet = [
        pl.lit(QUIET[name], dtype=dtype).alias(name)
        for name, dtype in FEATURE_SCHEMA.items()
        if name not in told.columns
    ]
    return told.with_columns(quiet)


def history(
    truth: Callable[[pl.DataFrame], Floats] = by_several,
    *,
    firms: int = 1500,
    days: list[int] = DAYS,
    seed: int = 7,
    visited: float = 0.8,
) -> Material:
    """Material of one label, ``serious_finding``, whose logit is ``truth`` of the features."""
    rng = np.random.default_rng(seed)
    quality = rng.standard_normal(firms)
    parts: list[pl.DataFrame] = []
    for day in days:
        rows = features(firms, day, rng, quality)
        hit = rng.random(firms) < 1 / (1 + np.exp(-truth(rows)))
        known = rng.random(firms) < visited
        parts.append(
            rows.with_columns(
                label=pl.Series(hit.astype(np.int8)).set(pl.Series(~known), None),
                outcome_day=pl.Series(day + rng.integers(1, 366, firms)).set(pl.Series(~known), None),
                team=pl.Series(rng.choice(["t1", "t2", "t3", "t4"], firms)).set(pl.Series(~known), None),
            ).with_columns(
                announced_day="outcome_day",
                drawn_label=pl.when(pl.Series(rng.random(firms) < 0.2)).then(pl.col("label")),
            )
        )
    current = features(firms, day_number(LAST), rng, quality).drop("as_of")
    return Material(
        panel=pl.concat(parts),
        current=current,
        label=POLICY.learning.labels["serious_finding"],
        fitted_for=LAST,
        data_watermark=LAST - timedelta(days=1),
    )
