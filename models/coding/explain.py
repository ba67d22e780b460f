"""Why a code: the ordered reasons of every enterprise, whose points add up to its score.

What decides the code comes first (an override, the change rules, a veto …); then the other rules (vetoes and floors)
that apply, too little data, the points of the card, and the band the score falls into.  Only points count towards the
score; the others carry 0.
"""

from datetime import date
from typing import NamedTuple

import polars as pl
import polars.selectors as cs

from models.coding.verdicts import HELD, OVERRIDE, SCORE, UNRATED, code_name, code_rank, verdicts
from models.policy import PolicyOnDay, Provenance, Rule, Words
from models.scorecard import Factor
from models.vocabulary import REASON

REASON_SCHEMA = {
    "enterprise_id": pl.String,
    "rank": pl.Int64,
    "kind": pl.String,
    "factor": pl.String,
    "value": pl.String,
    "points": pl.Int64,
    "code": pl.String,
    "expires_on": pl.Date,
}
"""Columns of a reason; ``code`` is the code the reason gives by itself, empty for points."""


def explain_codes(
    features: pl.DataFrame,
    contributions: pl.DataFrame,
    *,
    as_of: date,
    policy: PolicyOnDay,
    given: pl.DataFrame | None = None,
    ends: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """All reasons.

    ``given``: the codes shown (``enterprise_id``, ``code``, ``decided_by``) where the change rules or a person decided;
    default: what the facts say.  ``ends``: ``enterprise_id``, ``factor``, ``expires_on``, the day on which a factor's
    points first fall, or on which what decided ends, if nothing new is learnt.

    Grain: one row per enterprise and reason, sorted by ``enterprise_id``, ``rank`` (1 first).  ``value``
    is the datum the reason rests on, as text.  The points of an enterprise sum to its score exactly.
    """
    said = verdicts(features, contributions, policy.codes)
    shown = _shown(said, given)
    parts = [
        *(_rule_rows(rule, said, features, as_of) for rule in policy.codes.rules),
        _unrated_rows(said, features),
        *(_points_rows(factor, contributions, features) for factor in policy.scorecard.factors),
        _band_rows(said),
        _decided_rows(shown),
    ]
    order = {OVERRIDE: 0, HELD: 1, "veto": 2, "floor": 3, UNRATED: 4, "points": 5, "band": 6}
    decisive = code_rank(pl.col("code")).fill_null(0)
    rows = (
        pl.concat(parts)
        .join(shown.select("enterprise_id", "final", "decided_by"), on="enterprise_id")
        .with_columns(
            group=pl.col("kind").replace_strict(order, return_dtype=pl.Int64),
            gives=decisive,
            decides=pl.col("code").is_not_null() & (decisive == pl.col("final")),
        )
    )
    if ends is not None:
        known = ends.select("enterprise_id", "factor", ends="expires_on")
        rows = rows.join(known, on=["enterprise_id", "factor"], how="left").with_columns(
            expires_on=pl.coalesce("expires_on", "ends")
        )
    rows = rows.sort(
        ["enterprise_id", "decides", "group", "gives", "points", "factor"],
        descending=[False, True, False, True, True, False],
    )
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("enterprise_id")
    return rows.with_columns(rank=rank).select(*REASON_SCHEMA)


def _shown(said: pl.DataFrame, given: pl.DataFrame | None) -> pl.DataFrame:
    """Ranks by the ``facts`` and of the code that is shown (``final``), and, where they differ, what decided it."""
    facts = said.select("enterprise_id", facts=pl.max_horizontal(cs.starts_with("voice:")).cast(pl.Int64))
    if given is None:
        return facts.with_columns(final="facts", decided_by=pl.lit(None, dtype=pl.String))
    return facts.join(given, on="enterprise_id").with_columns(final=code_rank(pl.col("code")))


def _decided_rows(shown: pl.DataFrame) -> pl.DataFrame:
    """The change rules or a person, where they decide."""
    decided = shown.filter(pl.col("decided_by").is_in([HELD, OVERRIDE]))
    rows = _reason(decided, HELD, HELD, value=code_name(pl.col("facts")), code=code_name(pl.col("final")))
    by = pl.Series("by", decided["decided_by"])
    return rows.with_columns(kind=by, factor=by)


def factor_texts(policy: PolicyOnDay) -> pl.DataFrame:
    """Wording and provenance of every factor and rule a reason may name.

    Grain: one row per ``factor``.  Columns ``kind``, titles, what to check and what clears it in zh and
    en, ``basis`` (the one that binds least, of all parts) and ``reference``.
    """
    codes, sources = policy.codes, policy.codes.provenance
    limits = codes.thresholds
    spoken = f"BLUE {limits.blue}+, YELLOW {limits.yellow}+, RED {limits.red}+"
    rows = [
        *(
            _Text(
                one.name,
                "points",
                one.title_zh,
                one.title_en,
                one.basis,
                one.reference,
                one.check_zh,
                one.check_en,
            )
            for one in policy.scorecard.factors
        ),
        *(
            _told(one.name, one.kind, one.title, one.provenance, one.clearing, one.check)
            for one in codes.rules
        ),
        _Text(
            "band",
            "band",
            REASON.zh("band").format(limits=spoken),
            REASON.labels["band"].format(limits=spoken),
            sources["thresholds"].weakest,
            sources["thresholds"].full_reference,
        ),
        _told(UNRATED, UNRATED, codes.sufficiency_title, sources["sufficiency"], codes.sufficiency_clearing),
        _told(HELD, HELD, codes.change_title, sources["change"], codes.change_clearing),
        _Text(
            OVERRIDE,
            OVERRIDE,
            REASON.zh(OVERRIDE),
            REASON.labels[OVERRIDE],
            "proposal",
            "Accountable override; it ends by itself and is judged afterwards by what happened",
        ),
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(_Text._fields, pl.String), orient="row")


class _Text(NamedTuple):
    factor: str
    kind: str
    title_zh: str
    title_en: str
    basis: str
    reference: str
    check_zh: str = ""
    check_en: str = ""
    clearing_zh: str = ""
    clearing_en: str = ""


def _told(
    factor: str, kind: str, title: Words, source: Provenance, clearing: Words, check: Words | None = None
) -> _Text:
    checks = (check.zh, check.en) if check else ("", "")
    named = (factor, kind, title.zh, title.en, source.weakest, source.full_reference)
    return _Text(*named, *checks, clearing.zh, clearing.en)


def _reason(
    frame: pl.DataFrame,
    kind: str,
    factor: str,
    *,
    value: pl.Expr,
    points: pl.Expr | None = None,
    code: pl.Expr | None = None,
    expires: pl.Expr | None = None,
) -> pl.DataFrame:
    return frame.select(
        "enterprise_id",
        rank=pl.lit(0, dtype=pl.Int64),
        kind=pl.lit(kind),
        factor=pl.lit(factor),
        value=value.cast(pl.String),
        points=pl.lit(0, dtype=pl.Int64) if points is None else points,
        code=pl.lit(None, dtype=pl.String) if code is None else code,
        expires_on=pl.lit(None, dtype=pl.Date) if expires is None else expires,
    )


def _rule_rows(rule: Rule, said: pl.DataFrame, features: pl.DataFrame, as_of: date) -> pl.DataFrame:
    hit = said.filter(pl.col(f"voice:{rule.name}") > 0).join(features, on="enterprise_id")
    expires = None
    if rule.expires is not None:
        left = pl.lit(rule.expires.after_days) - pl.col(rule.expires.days_since)
        expires = pl.lit(as_of) + pl.duration(days=left)
    return _reason(
        hit,
        rule.kind,
        rule.name,
        value=pl.col(rule.when[0].feature),
        code=pl.lit(rule.code),
        expires=expires,
    )


def _unrated_rows(said: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    hit = said.filter("is_provisional").join(features, on="enterprise_id")
    return _reason(
        hit, UNRATED, UNRATED, value=pl.col("inspections_24m"), code=code_name(pl.col("voice:unrated"))
    )


def _points_rows(factor: Factor, contributions: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    scored = contributions.select("enterprise_id", earned=factor.name).filter(pl.col("earned") != 0)
    scored = scored.join(features.select("enterprise_id", datum=factor.feature), on="enterprise_id")
    return _reason(scored, "points", factor.name, value=pl.col("datum"), points=pl.col("earned"))


def _band_rows(said: pl.DataFrame) -> pl.DataFrame:
    return _reason(said, "band", "band", value=pl.col(SCORE), code=code_name(pl.col("voice:score")))
