"""The stages of a nightly rescoring: each reads tables, calls one pure function and replaces one table.

The ``risk`` and ``serve`` tables hold the day coded last; ``risk.code_history`` (``history``) keeps what was
issued.  A stage replaces its table, or the rows of the enterprises it codes, in one transaction, so a run that dies
between stages can simply be run again.
"""

import polars as pl

from models.coding.card import FittedCard
from models.coding.explain import explain_codes, factor_texts
from models.coding.shrinkage import among_worst, shrunk_rates
from models.coding.timeline import with_interval
from models.coding.verdicts import judge
from models.errors import ScoreError
from models.vocabulary import CODE_KEYS
from warehouse.coding.coding import Coding, data_watermark
from warehouse.coding.levels import rows_of
from warehouse.coding.rows import among_coded, put_in_portions, read_rows, require_day
from warehouse.coding.turning import turns_query
from warehouse.database.frames import Connection, log, replace_table
from warehouse.database.meta import FOREVER
from warehouse.schema.catalogue import OWN


def compute_features(connection: Connection, coding: Coding) -> int:
    """``risk.features`` and ``risk.turns``: one row per enterprise.  Returns the number of enterprises."""
    log.info("computing features")
    day, known_at, policy = coding.as_of, coding.known_at, coding.policy.features

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        rows = rows_of(connection, portion.extract)
        levels = rows.levels_on(day, known_at, policy)
        return levels.with_columns(as_of=pl.lit(day)), rows.turns(turns_query(coding))

    return put_in_portions(connection, ("risk.features", "risk.turns"), coding, made)


def compute_scores(connection: Connection, coding: Coding) -> int:
    """``risk.scores``: one row per enterprise, the points of every factor and their sum."""
    log.info("scoring")
    card = coding.policy.scorecard
    told = {"as_of": coding.as_of, "scorecard": card.name, "fingerprint": card.fingerprint}

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        points = card.contributions(read_rows(connection, portion, "risk.features"))
        return (points.with_columns(**{name: pl.lit(one) for name, one in told.items()}),)

    return put_in_portions(connection, ("risk.scores",), coding, made)


def compute_probabilities(connection: Connection, coding: Coding) -> int:
    """``risk.probabilities``: what the points mean, in numbers and words; ``risk.rates``: serious visits, shrunk.

    Both are empty while the expert pack is in force: its points are calibrated on nothing.
    """
    log.info("turning points into probabilities")
    said, rates = OWN["risk.probabilities"].frame(), OWN["risk.rates"].frame()
    if coding.card:
        said = _foretold(read_rows(connection, coding, "risk.scores", every=True), coding.card).with_columns(
            as_of=pl.lit(coding.as_of)
        )
    if coding.card and coding.card.priors:
        shrunk = shrunk_rates(read_rows(connection, coding, "risk.features", every=True), coding.card.priors)
        worst = among_worst(shrunk, coding.card.priors, max(1, round(shrunk.height * WORST_SHARE)))
        rates = shrunk.with_columns(worst, as_of=pl.lit(coding.as_of))
    replace_table(connection, "risk.probabilities", said.select(*OWN["risk.probabilities"].columns))
    return replace_table(connection, "risk.rates", rates)


def _foretold(scores: pl.DataFrame, card: FittedCard) -> pl.DataFrame:
    """Probability of every label the card is calibrated for, one row per enterprise and label."""
    return pl.concat(
        scores.select(
            "enterprise_id",
            label=pl.lit(one.label),
            card_id=pl.lit(card.card_id),
            base_rate=pl.lit(one.base_rate),
            **one.columns(),
        )
        for one in card.calibrations.values()
    )


WORST_SHARE = 0.02
"""Share of the city that counts as its worst when the chance of being among them is told."""


def compute_codes(connection: Connection, coding: Coding) -> int:
    """``risk.codes``: exactly one code per enterprise: what the facts say, through the change rules and overrides.

    Returns the number of enterprises.  Raises ScoreError when an enterprise would get none or two.
    """
    log.info("assigning codes")
    require_day(connection, "risk.forecast", coding)
    policy = coding.policy
    watermark = pl.lit(data_watermark(connection, coding.known_at), dtype=pl.Date)

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        facts = judge(_judged(connection, portion), read_rows(connection, portion, "risk.scores"), policy)
        shown = read_rows(connection, portion, "risk.forecast", where="valid_from = as_of").select(
            "enterprise_id", "code", "decided_by"
        )
        codes = facts.drop("decided_by").join(shown, on="enterprise_id", how="inner", maintain_order="left")
        _require_one_code_each(facts, codes)
        told = codes.select(
            "enterprise_id",
            pl.lit(coding.as_of).alias("as_of"),
            *("code", "score", "is_provisional", "decided_by"),
            pack=pl.lit(policy.pack),
            pack_version=pl.lit(policy.version),
            pack_hash=pl.lit(policy.pack_hash),
            fingerprint=pl.lit(policy.scorecard.fingerprint),
            data_watermark=watermark,
        )
        return (told,)

    return put_in_portions(connection, ("risk.codes",), coding, made)


def compute_explanations(connection: Connection, coding: Coding) -> int:
    """``risk.explanations``: one row per reason.

    Raises ScoreError when the points of an enterprise do not add up to its score.
    """
    log.info("explaining")
    day = pl.lit(coding.as_of).alias("as_of")

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        scores = read_rows(connection, portion, "risk.scores")
        reasons = explain_codes(
            _judged(connection, portion),
            scores,
            as_of=coding.as_of,
            policy=coding.policy,
            given=read_rows(connection, portion, "risk.codes").select("enterprise_id", "code", "decided_by"),
            ends=connection.sql(_ENDS.format(among=among_coded(portion))).pl(),
        )
        _require_exact_sums(scores, reasons)
        return (reasons.select("enterprise_id", day, pl.exclude("enterprise_id")),)

    return put_in_portions(connection, ("risk.explanations",), coding, made)


def compute_wordings(connection: Connection, coding: Coding) -> int:
    """``risk.factors``: what reasons are about, with wording and provenance; ``risk.cut_offs``: points of each code."""
    limits = coding.policy.codes.thresholds
    least = [(code, int(getattr(limits, code))) for code in CODE_KEYS[1:]]
    replace_table(connection, "risk.cut_offs", OWN["risk.cut_offs"].frame(least))
    return replace_table(connection, "risk.factors", factor_texts(coding.policy))


# The day a factor's points first fall; the day a code that is held or given by a person is first another one.
_ENDS = f"""
SELECT p.enterprise_id, p.factor, min(p.changes_on) AS expires_on
FROM risk.point_steps p JOIN (
    UNPIVOT (SELECT * EXCLUDE (as_of, score, scorecard, fingerprint) FROM risk.scores WHERE {{among}})
    ON COLUMNS(* EXCLUDE enterprise_id) INTO NAME factor VALUE points) s USING (enterprise_id, factor)
WHERE p.points < s.points AND {{among}} GROUP BY ALL
UNION ALL
SELECT enterprise_id, decided_by, valid_to FROM risk.forecast
WHERE valid_from = as_of AND decided_by IN ('held', 'override') AND valid_to < {FOREVER} AND {{among}}
"""


def _judged(connection: Connection, coding: Coding) -> pl.DataFrame:
    """Features, with the width of the shrunk rate's interval where a fitted card brings priors."""
    return with_interval(read_rows(connection, coding, "risk.features"), coding.card)


def _require_one_code_each(facts: pl.DataFrame, codes: pl.DataFrame) -> None:
    expected = facts.height
    if codes.height != expected or codes["enterprise_id"].n_unique() != expected:
        raise ScoreError(
            "{expected} enterprises but {height} codes. Nothing was published; compare risk.features "
            "with risk.forecast.",
            expected=expected,
            height=codes.height,
        )
    if codes["code"].null_count() or not set(codes["code"].unique()) <= set(CODE_KEYS):
        raise ScoreError("An enterprise got no code or an unknown one. Nothing was published.")


def _require_exact_sums(all_scores: pl.DataFrame, reasons: pl.DataFrame) -> None:
    sums = reasons.group_by("enterprise_id").agg(total=pl.col("points").sum())
    scores = all_scores.select("enterprise_id", "score").join(sums, on="enterprise_id", how="left")
    wrong = scores.filter(pl.col("total").ne_missing(pl.col("score")))
    if not wrong.is_empty():
        raise ScoreError(
            "The reasons of {height} enterprises do not add up to their score, first: "
            "{enterprise_id}. Nothing was published.",
            height=wrong.height,
            enterprise_id=wrong["enterprise_id"][0],
        )
