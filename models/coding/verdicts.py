"""From points to codes: thresholds, vetoes, floors and the unrated.

A code is the worst of what the score, each rule and the lack of data say.  So a further reason can only
harden it, and what decides is always one of the reasons shown.  Too little data never gives GREEN: it gives
the provisional floor, marked as provisional.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import polars as pl

from models.errors import PolicyError, ScoreError
from models.policy import CodePolicy, Condition, PolicyOnDay
from models.vocabulary import CODE_KEYS, CODE_RANKS, RiskCode

SCORE = "score"
VOICE = "voice:"
"""Before the name of the rule, the score or the lack of data, a column with the rank it gives."""
UNRATED = "unrated"
HELD = "held"
"""Decided by the change rules: the facts are better already, but not for long enough."""
OVERRIDE = "override"
"""Decided by a person, who gave a reason and a last day."""


def holds(condition: Condition) -> pl.Expr:
    """Whether a condition holds; an unknown value holds no condition."""
    column = pl.col(condition.feature)
    tests: list[pl.Expr] = []
    if condition.at_least is not None:
        tests.append(column >= condition.at_least)
    if condition.at_most is not None:
        tests.append(column <= condition.at_most)
    if condition.one_of is not None:
        tests.append(column.is_in(condition.one_of))
    return pl.all_horizontal(tests).fill_null(value=False)


def all_hold(conditions: Sequence[Condition]) -> pl.Expr:
    """Whether every condition holds; none at all always do."""
    return pl.all_horizontal([holds(condition) for condition in conditions] or [pl.lit(value=True)])


def any_group_holds(groups: Sequence[Sequence[Condition]]) -> pl.Expr:
    """Whether at least one group of conditions holds whole."""
    return pl.any_horizontal([all_hold(group) for group in groups])


INTERVAL = "interval_permille"
"""Column with the width of the interval of the shrunk serious rate; only there with a fitted card in force."""


def is_rated(policy: CodePolicy, columns: Sequence[str]) -> pl.Expr:
    """Whether there is enough data to rate the enterprise."""
    rated = any_group_holds(policy.sufficiency.any_of)
    widest = policy.sufficiency.widest_interval_permille
    return rated & (pl.col(INTERVAL) <= widest) if widest and INTERVAL in columns else rated


def band(policy: CodePolicy, *, margin: int = 0) -> pl.Expr:
    """Rank of the code (RiskCode) that the score alone gives, with ``margin`` points added to it."""
    limits = policy.thresholds
    score = pl.col(SCORE) + margin
    return (
        pl.when(score >= limits.red)
        .then(int(RiskCode.RED))
        .when(score >= limits.yellow)
        .then(int(RiskCode.YELLOW))
        .when(score >= limits.blue)
        .then(int(RiskCode.BLUE))
        .otherwise(int(RiskCode.GREEN))
    )


def code_name(rank: pl.Expr) -> pl.Expr:
    """Lower-case name of a code rank."""
    return rank.replace_strict(dict(enumerate(CODE_KEYS)), return_dtype=pl.String)


def code_rank(code: pl.Expr) -> pl.Expr:
    """Rank of a code by its lower-case name; null where there is none."""
    return code.replace_strict(CODE_RANKS, default=None, return_dtype=pl.Int64)


Hold = Callable[[Sequence[Condition]], pl.Expr]
"""Whether all of several conditions hold."""


def voices(policy: CodePolicy, hold: Hold, rated: pl.Expr) -> dict[str, pl.Expr]:
    """The rank that each rule, the score and the lack of data give by themselves (0 = nothing against GREEN).

    A rule names the reason more precisely than the score, so it comes first, and is named when both agree.
    """
    rules = {
        rule.name: pl.when(hold(rule.when)).then(int(RiskCode[rule.code.upper()])).otherwise(0)
        for rule in policy.rules
    }
    provisional = int(RiskCode[policy.sufficiency.provisional_floor.upper()])
    return {**rules, SCORE: band(policy), UNRATED: pl.when(rated).then(0).otherwise(provisional)}


def facts(policy: CodePolicy, said: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    """What voices say together: ``rank``, ``near_rank``, ``veto_rank``, ``decided_by`` (as ``judge``)."""
    rank = pl.max_horizontal(said.values())
    decided_by = reduce(
        lambda otherwise, voice: pl.when(said[voice] == rank).then(pl.lit(voice)).otherwise(otherwise),
        reversed(list(said)),
        pl.lit(SCORE),
    )
    near = band(policy, margin=policy.change.margin)
    vetoes = [said[rule.name] for rule in policy.rules if rule.kind == "veto"]
    return {
        "rank": rank.cast(pl.Int64),
        "near_rank": pl.max_horizontal(rank, near).cast(pl.Int64),
        "veto_rank": pl.max_horizontal(pl.lit(0), *vetoes).cast(pl.Int64),
        "decided_by": pl.when(rank == 0).then(pl.lit(SCORE)).otherwise(decided_by),
    }


def verdicts(features: pl.DataFrame, scores: pl.DataFrame, policy: CodePolicy) -> pl.DataFrame:
    """What each voice says.

    Grain: one row per enterprise, sorted by ``enterprise_id``.  Columns ``score``; ``voice:score``,
    ``voice:unrated`` and ``voice:<rule>`` hold the rank each gives (0 = nothing against GREEN);
    ``is_provisional``.
    Raises PolicyError when the pack tests a feature that does not exist.
    """
    _require_features(features, policy)
    frame = features.join(
        scores.select("enterprise_id", SCORE), on="enterprise_id", how="inner", validate="1:1"
    )
    if frame.height != features.height:
        raise ScoreError(
            "{height} enterprises have features but no score. Run again; if it persists, compare "
            "risk.features with risk.scores.",
            height=features.height - frame.height,
        )
    rated = is_rated(policy, frame.columns)
    said = voices(policy, all_hold, rated)
    return frame.select(
        "enterprise_id",
        SCORE,
        *(voice.alias(f"{VOICE}{name}") for name, voice in said.items()),
        is_provisional=~rated,
    ).sort("enterprise_id")


def judge(features: pl.DataFrame, scores: pl.DataFrame, policy: PolicyOnDay) -> pl.DataFrame:
    """What the facts of one day say by themselves, before the change rules (``models.coding.changes``).

    Grain: one row per enterprise, sorted by ``enterprise_id``.  Columns ``enterprise_id``, ``score`` (points),
    ``is_provisional`` (too little data to rate), ``rank`` (of the code, RiskCode), ``near_rank`` (the same with the
    margin of the change rules added to the score: what is not better than this is not clearly better),
    ``veto_rank`` (what no override can better), ``decided_by`` (the rule that gave the rank, or ``score``, or
    ``unrated``).
    """
    said = verdicts(features, scores, policy.codes)
    spoken = {name.removeprefix(VOICE): pl.col(name) for name in said.columns if name.startswith(VOICE)}
    return said.select("enterprise_id", SCORE, "is_provisional", **facts(policy.codes, spoken))


def assign_codes(features: pl.DataFrame, scores: pl.DataFrame, *, policy: PolicyOnDay) -> pl.DataFrame:
    """Exactly one code for every enterprise, by the facts of one day alone.

    Grain: one row per enterprise, sorted by ``enterprise_id``.  Columns ``enterprise_id``, ``code``
    (green, blue, yellow, red), ``score`` (points), ``is_provisional`` (too little data to rate),
    ``decided_by`` (the rule that gave the code, or ``score``, or ``unrated``).
    """
    return judge(features, scores, policy).select(
        "enterprise_id", code_name(pl.col("rank")).alias("code"), SCORE, "is_provisional", "decided_by"
    )


def tested_features(policy: CodePolicy) -> list[Condition]:
    """Every condition that a rule or the sufficiency of the data tests."""
    conditions = [condition for rule in policy.rules for condition in rule.when]
    return conditions + [condition for group in policy.sufficiency.any_of for condition in group]


def _require_features(features: pl.DataFrame, policy: CodePolicy) -> None:
    tested = {condition.feature for condition in tested_features(policy)}
    unknown = sorted(tested - set(features.columns))
    if unknown:
        raise PolicyError(
            "codes.yaml tests {unknown}, which no feature is called. Correct the name; "
            "docs/data-dictionary.md lists all features.",
            unknown=", ".join(unknown),
        )
