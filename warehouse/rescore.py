"""The stages of a nightly rescoring: each reads tables, calls one pure function and replaces one table.

The ``risk`` and ``serve`` tables hold the day coded last; ``risk.code_history`` keeps every day coded.  A stage
replaces its table in one transaction, so a run that dies between stages can simply be run again.
"""

import logging
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from models.card import FittedCard
from models.codes import INTERVAL, assign_codes
from models.errors import ScoreError
from models.explain import explain_codes, factor_texts
from models.planning.red_queue import build_red_queue
from models.policy import PolicyOnDay
from models.shrinkage import among_worst, interval_permille, shrunk_rates
from models.vocabulary import CODE_KEYS
from warehouse.engines import fold
from warehouse.schema import CARD_TABLES, value

Connection = duckdb.DuckDBPyConnection
log = logging.getLogger("riskcode")


@dataclass(frozen=True)
class Coding:
    """What is coded: the day, the day of knowledge, the policy in force, and the champion card if there is one.

    With a champion, ``policy`` already carries its points and cut-offs.
    """

    as_of: date
    known_at: date
    policy: PolicyOnDay
    engine: str = "polars"
    card: FittedCard | None = None


def replace_table(connection: Connection, name: str, frame: pl.DataFrame) -> int:
    """Replace a table by a frame, atomically.  Returns the number of rows."""
    enums = [column for column, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    connection.register("replacement", frame.with_columns(pl.col(enums).cast(pl.String)).to_arrow())
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM replacement")
    finally:
        connection.unregister("replacement")
    return frame.height


def data_watermark(connection: Connection, known_at: date) -> date | None:
    """Latest day on which anything that may count became known."""
    tables = ("enterprises", "violations", "alerts", "inspections", "accidents", "self_reports")
    union = " UNION ALL ".join(
        f"SELECT max(known_from) AS day FROM core.{table} WHERE known_from <= $day" for table in tables
    )
    return value(connection, f"SELECT max(day) FROM ({union})", {"day": known_at})


def compute_features(connection: Connection, coding: Coding) -> int:
    """``risk.features``: one row per enterprise.  Returns the number of enterprises."""
    log.info("computing features")
    features = fold(
        connection,
        as_of=coding.as_of,
        known_at=coding.known_at,
        policy=coding.policy.features,
        engine=coding.engine,
    )
    return replace_table(connection, "risk.features", features.with_columns(as_of=pl.lit(coding.as_of)))


def compute_scores(connection: Connection, coding: Coding) -> int:
    """``risk.scores``: one row per enterprise, the points of every factor and their sum."""
    log.info("scoring")
    card = coding.policy.scorecard
    contributions = card.contributions(_features(connection, coding)).with_columns(
        as_of=pl.lit(coding.as_of), scorecard=pl.lit(card.name), fingerprint=pl.lit(card.fingerprint)
    )
    return replace_table(connection, "risk.scores", contributions)


def compute_probabilities(connection: Connection, coding: Coding) -> int:
    """``risk.probabilities``: what the points mean, in numbers and words; ``risk.rates``: serious visits, shrunk.

    Both are empty while the expert pack is in force: its points are calibrated on nothing.
    """
    log.info("turning points into probabilities")
    said, rates = (pl.DataFrame(schema=CARD_TABLES[name]) for name in ("risk.probabilities", "risk.rates"))
    if coding.card:
        said = _foretold(_scores(connection, coding), coding.card).with_columns(as_of=pl.lit(coding.as_of))
    if coding.card and coding.card.priors:
        shrunk = shrunk_rates(_features(connection, coding), coding.card.priors)
        worst = among_worst(shrunk, coding.card.priors, max(1, round(shrunk.height * WORST_SHARE)))
        rates = shrunk.with_columns(worst, as_of=pl.lit(coding.as_of))
    replace_table(connection, "risk.probabilities", said.select(list(CARD_TABLES["risk.probabilities"])))
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


def compute_codes(connection: Connection, coding: Coding) -> dict[str, int]:
    """``risk.codes``: exactly one code per enterprise, and the same rows in ``risk.code_history``.

    Returns the number of enterprises by code.  Raises ScoreError when an enterprise would get none or two.
    """
    log.info("assigning codes")
    codes = assign_codes(_judged(connection, coding), _scores(connection, coding), policy=coding.policy)
    _require_one_code_each(connection, codes)
    policy = coding.policy
    stamped = codes.select(
        "enterprise_id",
        as_of=pl.lit(coding.as_of),
        code=pl.col("code"),
        score=pl.col("score"),
        is_provisional=pl.col("is_provisional"),
        decided_by=pl.col("decided_by"),
        pack=pl.lit(policy.pack),
        pack_version=pl.lit(policy.version),
        pack_hash=pl.lit(policy.pack_hash),
        fingerprint=pl.lit(policy.scorecard.fingerprint),
        data_watermark=pl.lit(data_watermark(connection, coding.known_at), dtype=pl.Date),
    )
    connection.begin()
    try:
        replace_table(connection, "risk.codes", stamped)
        connection.execute(_REMEMBER_CODES, {"as_of": coding.as_of})
        connection.execute("DELETE FROM risk.code_history WHERE as_of = ?", [coding.as_of])
        connection.execute("INSERT INTO risk.code_history BY NAME FROM temp.remembered")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    found = dict(codes.group_by("code").len().iter_rows())
    return {code: found.get(code, 0) for code in reversed(CODE_KEYS)}


def compute_explanations(connection: Connection, coding: Coding) -> int:
    """``risk.explanations``: one row per reason, and ``risk.factors`` with their wording and provenance.

    Raises ScoreError when the points of an enterprise do not add up to its score.
    """
    log.info("explaining")
    reasons = explain_codes(
        _judged(connection, coding), _scores(connection, coding), as_of=coding.as_of, policy=coding.policy
    )
    _require_exact_sums(_scores(connection, coding), reasons)
    replace_table(connection, "risk.factors", factor_texts(coding.policy))
    stamped = reasons.select(
        "enterprise_id",
        as_of=pl.lit(coding.as_of),
        **{name: pl.col(name) for name in reasons.columns if name != "enterprise_id"},
    )
    return replace_table(connection, "risk.explanations", stamped)


def compute_red_queue(connection: Connection, coding: Coding) -> int:
    """``serve.red_queue``: every RED enterprise, ranked; ``serve.open_findings``: what to check there."""
    log.info("building the red queue")
    require_day(connection, "risk.codes", coding)
    red = connection.execute(_RED_SINCE, {"as_of": coding.as_of})
    red_frame = pl.DataFrame(
        red.fetchall(),
        schema={
            "enterprise_id": pl.String,
            "red_since": pl.Date,
            "score": pl.Int64,
            "decided_by": pl.String,
            "status": pl.String,
        },
        orient="row",
    )
    visits = pl.DataFrame(
        connection.execute(_VISITS_OF_RED, {"as_of": coding.as_of, "known_at": coding.known_at}).fetchall(),
        schema={"enterprise_id": pl.String, "inspected_on": pl.Date},
        orient="row",
    )
    queue = build_red_queue(red_frame, visits, as_of=coding.as_of, policy=coding.policy.queue)
    connection.execute(_OPEN_FINDINGS, {"as_of": coding.as_of, "known_at": coding.known_at})
    return replace_table(connection, "serve.red_queue", queue.with_columns(as_of=pl.lit(coding.as_of)))


def require_day(connection: Connection, table: str, coding: Coding) -> None:
    """Raise ScoreError unless a table holds the day that is coded: stages run one by one must not mix days."""
    held = [row[0] for row in connection.execute(f"SELECT DISTINCT as_of FROM {table}").fetchall()]
    if held and held != [coding.as_of]:
        raise ScoreError(
            f"{table} holds {held[0]}, not {coding.as_of}. Materialise what lies upstream for {coding.as_of} first."
        )


def _features(connection: Connection, coding: Coding) -> pl.DataFrame:
    require_day(connection, "risk.features", coding)
    return connection.sql("FROM risk.features ORDER BY enterprise_id").pl()


def _judged(connection: Connection, coding: Coding) -> pl.DataFrame:
    """Features, with the width of the shrunk rate's interval where a fitted card brings priors."""
    features = _features(connection, coding)
    if coding.card is None or coding.card.priors is None:
        return features
    require_day(connection, "risk.rates", coding)
    rates = connection.sql("FROM risk.rates").pl()
    width = rates.select("enterprise_id", interval_permille(rates).alias(INTERVAL))
    judged = features.join(width, on="enterprise_id", how="left", maintain_order="left")
    if judged[INTERVAL].null_count():
        raise ScoreError("risk.rates does not hold every enterprise. Materialise the scores again first.")
    return judged


def _scores(connection: Connection, coding: Coding) -> pl.DataFrame:
    require_day(connection, "risk.scores", coding)
    return connection.sql("FROM risk.scores ORDER BY enterprise_id").pl()


def _require_one_code_each(connection: Connection, codes: pl.DataFrame) -> None:
    expected = value(connection, "SELECT count(*) FROM risk.features")
    if codes.height != expected or codes["enterprise_id"].n_unique() != expected:
        raise ScoreError(
            f"{expected} enterprises but {codes.height} codes. Nothing was published; "
            "compare risk.features with risk.scores."
        )
    if codes["code"].null_count() or not set(codes["code"].unique()) <= set(CODE_KEYS):
        raise ScoreError("An enterprise got no code or an unknown one. Nothing was published.")


def _require_exact_sums(all_scores: pl.DataFrame, reasons: pl.DataFrame) -> None:
    sums = reasons.group_by("enterprise_id").agg(total=pl.col("points").sum())
    scores = all_scores.select("enterprise_id", "score").join(sums, on="enterprise_id", how="left")
    wrong = scores.filter(pl.col("total").ne_missing(pl.col("score")))
    if not wrong.is_empty():
        raise ScoreError(
            f"The reasons of {wrong.height} enterprises do not add up to their score, first: "
            f"{wrong['enterprise_id'][0]}. Nothing was published."
        )


_RED_SINCE = """
WITH issued AS (
    SELECT enterprise_id, as_of, code FROM risk.code_history WHERE NOT is_backfill AND as_of < $as_of
)
SELECT c.enterprise_id,
       coalesce((SELECT min(h.as_of) FROM issued h
                 WHERE h.enterprise_id = c.enterprise_id
                   AND h.as_of > coalesce((SELECT max(o.as_of) FROM issued o
                                           WHERE o.enterprise_id = c.enterprise_id AND o.code <> 'red'),
                                          DATE '0001-01-01')), $as_of::DATE) AS red_since,
       c.score, c.decided_by, f.status
FROM risk.codes c JOIN risk.features f USING (enterprise_id) WHERE c.code = 'red' ORDER BY c.enterprise_id
"""


# A day issued once stays issued when it is coded again; a day first coded after a later one is a backfill.
_REMEMBER_CODES = """
CREATE OR REPLACE TEMP TABLE remembered AS
SELECT *, coalesce((SELECT bool_and(is_backfill) FROM risk.code_history WHERE as_of = $as_of),
                   $as_of < (SELECT max(as_of) FROM risk.code_history), false) AS is_backfill
FROM risk.codes
"""

_VISITS_OF_RED = """
SELECT i.enterprise_id, i.inspected_on FROM core.inspections i
WHERE i.enterprise_id IN (SELECT enterprise_id FROM risk.codes WHERE code = 'red')
  AND i.kind <> 'assistance' AND i.mode = 'on_site' AND i.result <> 'refused' AND i.inspected_on <= $as_of
  AND i.known_from <= $known_at AND i.known_to > $known_at
"""

_OPEN_FINDINGS = """
CREATE OR REPLACE TABLE serve.open_findings AS
SELECT v.enterprise_id, v.source, v.violation_id, v.item_code, v.description, v.severity, v.is_major_hazard,
       v.occurred_on, v.rectify_due_on, v.rectify_due_on < $as_of::DATE AS is_overdue
FROM core.violations v
WHERE v.known_from <= $known_at AND v.known_to > $known_at AND v.occurred_on <= $as_of
  AND (v.withdrawn_on IS NULL OR v.withdrawn_on > $as_of)
  AND (v.rectified_on IS NULL OR v.rectified_on > $as_of)
  AND (v.is_major_hazard OR v.rectify_due_on IS NOT NULL)
ORDER BY v.enterprise_id, v.is_major_hazard DESC, v.rectify_due_on, v.violation_id
"""
