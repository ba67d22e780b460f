"""Why a code: the ordered reasons of every enterprise, whose points add up to its score.

What decides the code comes first (an override, the change rules, a veto …); then the other rules (vetoes and floors)
that apply, too little data, the points of the card, and the band the score falls into.  Only points count towards the
score; the others carry 0.
"""

from datetime import date

import polars as pl
import polars.selectors as cs

from models.coding.verdicts import HELD, OVERRIDE, SCORE, UNRATED, code_name, code_rank, verdicts
from models.policy import PolicyOnDay, Provenance, Rule, Words
from models.scorecard import Factor

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
        _decided_rows(shown, said),
    ]
    order = {OVERRIDE: 0, HELD: 1, "veto": 2, "floor": 3, UNRATED: 4, "points": 5, "band": 6}
    decisive = pl.col("code").replace_strict(
        {"red": 3, "yellow": 2, "blue": 1, "green": 0}, default=0, return_dtype=pl.Int64
    )
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
    """Rank of the code that is shown (``final``) and, where it is not the facts', what decided it."""
    facts = said.select("enterprise_id", facts=pl.max_horizontal(cs.starts_with("voice:")).cast(pl.Int64))
    if given is None:
        return facts.select("enterprise_id", final="facts", decided_by=pl.lit(None, dtype=pl.String))
    final = code_rank(pl.col("code"))
    return facts.join(given, on="enterprise_id").select("enterprise_id", "decided_by", final=final)


def _decided_rows(shown: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """The change rules or a person, where they decide."""
    decided = shown.filter(pl.col("decided_by").is_in([HELD, OVERRIDE])).join(
        said.select("enterprise_id", facts=pl.max_horizontal(cs.starts_with("voice:"))), on="enterprise_id"
    )
    rows = _reason(decided, HELD, HELD, value=code_name(pl.col("facts")), code=code_name(pl.col("final")))
    by = pl.Series("by", decided["decided_by"])
    return rows.with_columns(kind=by, factor=by)


def factor_texts(policy: PolicyOnDay) -> pl.DataFrame:
    """Wording and provenance of every factor and rule a reason may name.

    Grain: one row per ``factor``.  Columns ``kind``, titles, what to check and what clears it in zh and
    en, ``basis`` and ``reference``.
    """
    codes = policy.codes
    rows = [_factor_text(factor) for factor in policy.scorecard.factors]
    rows += [_rule_text(rule) for rule in codes.rules]
    limits = codes.thresholds
    spoken = f"BLUE {limits.blue}+, YELLOW {limits.yellow}+, RED {limits.red}+"
    rows.append(
        _text(
            "band",
            "band",
            f"得分区间（{spoken}）",
            f"Band of the score ({spoken})",
            codes.provenance["thresholds"].basis,
            codes.provenance["thresholds"].reference,
        )
    )
    rows.append(
        _worded(UNRATED, codes.sufficiency_title, codes.sufficiency_clearing, codes.provenance["sufficiency"])
    )
    rows.append(_worded(HELD, codes.change_title, codes.change_clearing, codes.provenance["change"]))
    rows.append(
        _text(
            OVERRIDE,
            OVERRIDE,
            "人工定码（具名、有理由、有期限）",
            "Override by a named person, with a reason and a last day",
            "proposal",
            "Accountable override; it ends by itself and is judged afterwards by what happened",
        )
    )
    return pl.DataFrame(rows, schema=dict.fromkeys(_text("", "", "", "", "", ""), pl.String))


def _text(
    factor: str, kind: str, title_zh: str, title_en: str, basis: str, reference: str, **more: str
) -> dict[str, str]:
    blank = dict.fromkeys(("check_zh", "check_en", "clearing_zh", "clearing_en"), "")
    return {
        "factor": factor,
        "kind": kind,
        "title_zh": title_zh,
        "title_en": title_en,
        "basis": basis,
        "reference": reference,
        **blank,
        **more,
    }


def _worded(factor: str, title: Words, clearing: Words, source: Provenance) -> dict[str, str]:
    """Texts of a reason that is its own kind."""
    told = {"clearing_zh": clearing.zh, "clearing_en": clearing.en}
    return _text(factor, factor, title.zh, title.en, source.basis, source.reference, **told)


def _factor_text(factor: Factor) -> dict[str, str]:
    return _text(
        factor.name,
        "points",
        factor.title_zh,
        factor.title_en,
        factor.basis,
        factor.reference,
        check_zh=factor.check_zh,
        check_en=factor.check_en,
    )


def _rule_text(rule: Rule) -> dict[str, str]:
    return _text(
        rule.name,
        rule.kind,
        rule.title.zh,
        rule.title.en,
        rule.provenance.basis,
        rule.provenance.reference,
        check_zh=rule.check.zh,
        check_en=rule.check.en,
        clearing_zh=rule.clearing.zh,
        clearing_en=rule.clearing.en,
    )


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
