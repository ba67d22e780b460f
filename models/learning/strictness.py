"""How strict the recording teams are, and a count of findings with that taken out.

A reported option, never a feature: no score may know the inspector.  A team's strictness is its findings over
what visits to enterprises of the same sector bring on average, partially pooled (gamma-Poisson): a team with
few visits lies close to 1.
"""

import polars as pl

LEAST_SPREAD = 1e-6


def team_effects(visits: pl.DataFrame) -> pl.DataFrame:
    """Strictness of every team.

    ``visits``: one row per visit with ``team``, ``sector`` and ``findings`` (number).
    Grain: one row per team, sorted: ``visits``, ``findings``, ``expected`` (findings), ``strictness`` (1 is
    average) and its spread ``error`` (standard deviation).
    """
    mean = pl.col("findings").mean().over("sector")
    teams = (
        visits.filter(pl.col("team").is_not_null())
        .with_columns(expected=mean)
        .group_by("team")
        .agg(visits=pl.len(), findings=pl.col("findings").sum(), expected=pl.col("expected").sum())
        .filter(pl.col("expected") > 0)
        .sort("team")
    )
    prior = _prior_weight(teams)
    return teams.with_columns(
        strictness=(pl.col("findings") + prior) / (pl.col("expected") + prior),
        error=(pl.col("findings") + prior).sqrt() / (pl.col("expected") + prior),
    )


def _prior_weight(teams: pl.DataFrame) -> float:
    """Findings the prior is worth: small when teams differ much more than chance would have them differ."""
    if teams.height < 2:
        return 1.0
    raw = teams["findings"] / teams["expected"]
    weight = teams["expected"] / teams["expected"].sum()
    spread = float((weight * (raw - 1) ** 2).sum())
    chance = float((weight * teams["findings"] / teams["expected"] ** 2).sum())
    return 1.0 / max(spread - chance, LEAST_SPREAD)


def adjusted_counts(findings: pl.DataFrame, teams: pl.DataFrame) -> pl.DataFrame:
    """Findings of each enterprise, each divided by the strictness of the team that recorded it.

    ``findings``: ``enterprise_id``, ``team``, ``quantity``.  Grain: one row per enterprise with a finding:
    ``adjusted_36m``.  A finding of an unknown team counts as it is.
    """
    known = findings.join(teams.select("team", "strictness"), on="team", how="left")
    share = pl.col("quantity") / pl.col("strictness").fill_null(1.0)
    return known.group_by("enterprise_id").agg(adjusted_36m=share.sum()).sort("enterprise_id")
