"""The stages of a nightly rescoring: each reads tables, calls one pure function and replaces one table.

The ``risk`` and ``serve`` tables hold the day coded last; ``risk.code_history`` (``warehouse.history``) keeps what was
issued.  A stage replaces its table, or the rows of the enterprises it codes, in one transaction, so a run that dies
between stages can simply be run again.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from models.card import FittedCard
from models.codes import judge
from models.errors import ScoreError
from models.explain import explain_codes, factor_texts
from models.planning.red_queue import build_red_queue
from models.policy import PolicyOnDay
from models.shrinkage import among_worst, shrunk_rates
from models.timeline import InForce, with_interval
from models.vocabulary import CODE_KEYS
from warehouse.database.frames import Connection, log
from warehouse.engines import ONLY, Extract, fold
from warehouse.runs import begin_coding
from warehouse.schema import CARD_TABLES, value


@dataclass(frozen=True)
class Coding:
    """What is coded: the day, the day of knowledge, the policy in force, and the champion card if there is one.

    With a champion, ``policy`` already carries its points and cut-offs.  ``rules``: those of the days the change rules
    remember and of the days to come (default: the same on all days).  ``only``: code these enterprises and leave the
    others as they are.  ``stored_by``: use what was stored by that write (default: everything).
    """

    as_of: date
    known_at: date
    policy: PolicyOnDay
    engine: str = "polars"
    card: FittedCard | None = None
    rules: tuple[InForce, ...] = ()
    only: tuple[str, ...] | None = None
    stored_by: int | None = None

    @property
    def in_force(self) -> tuple[InForce, ...]:
        """The rules by day."""
        return self.rules or (InForce(date.min, self.policy, self.card),)

    @property
    def extract(self) -> Extract:
        """Which rows are read."""
        return Extract(self.only, self.stored_by)


def put(connection: Connection, name: str, frame: pl.DataFrame, coding: Coding) -> int:
    """Replace a table by a frame, or only the rows of the enterprises that are coded.  Returns the frame's rows."""
    if coding.only is None:
        return replace_table(connection, name, frame)
    connection.register("replacement", frame.to_arrow())
    connection.begin()
    try:
        connection.execute(f"DELETE FROM {name} WHERE enterprise_id IN (SELECT enterprise_id FROM {ONLY})")
        connection.execute(f"INSERT INTO {name} BY NAME FROM replacement")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("replacement")
    return frame.height


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
    if coding.only is None:
        begin_coding(connection)
    features = fold(
        connection,
        as_of=coding.as_of,
        known_at=coding.known_at,
        policy=coding.policy.features,
        engine=coding.engine,
        extract=coding.extract,
    )
    return put(connection, "risk.features", features.with_columns(as_of=pl.lit(coding.as_of)), coding)


def compute_scores(connection: Connection, coding: Coding) -> int:
    """``risk.scores``: one row per enterprise, the points of every factor and their sum."""
    log.info("scoring")
    card = coding.policy.scorecard
    contributions = card.contributions(_features(connection, coding)).with_columns(
        as_of=pl.lit(coding.as_of), scorecard=pl.lit(card.name), fingerprint=pl.lit(card.fingerprint)
    )
    return put(connection, "risk.scores", contributions, coding)


def compute_probabilities(connection: Connection, coding: Coding) -> int:
    """``risk.probabilities``: what the points mean, in numbers and words; ``risk.rates``: serious visits, shrunk.

    Both are empty while the expert pack is in force: its points are calibrated on nothing.
    """
    log.info("turning points into probabilities")
    said, rates = (pl.DataFrame(schema=CARD_TABLES[name]) for name in ("risk.probabilities", "risk.rates"))
    if coding.card:
        said = _foretold(_scores(connection, coding, every=True), coding.card).with_columns(
            as_of=pl.lit(coding.as_of)
        )
    if coding.card and coding.card.priors:
        shrunk = shrunk_rates(_features(connection, coding, every=True), coding.card.priors)
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
    """``risk.codes``: exactly one code per enterprise: what the facts say, through the change rules and overrides.

    Returns the number of enterprises by code, of those that were coded.  Raises ScoreError when an enterprise would
    get none or two.
    """
    log.info("assigning codes")
    facts = judge(_judged(connection, coding), _scores(connection, coding), coding.policy)
    require_day(connection, "risk.forecast", coding)
    shown = _read(connection, coding, "risk.forecast", where="valid_from = as_of").select(
        "enterprise_id", "code", "decided_by"
    )
    codes = facts.drop("decided_by").join(shown, on="enterprise_id", how="inner", maintain_order="left")
    _require_one_code_each(facts, codes)
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
    put(connection, "risk.codes", stamped, coding)
    found = dict(codes.group_by("code").len().iter_rows())
    return {code: found.get(code, 0) for code in reversed(CODE_KEYS)}


def compute_explanations(connection: Connection, coding: Coding) -> int:
    """``risk.explanations``: one row per reason, and ``risk.factors`` with their wording and provenance.

    Raises ScoreError when the points of an enterprise do not add up to its score.
    """
    log.info("explaining")
    scores = _scores(connection, coding)
    reasons = explain_codes(
        _judged(connection, coding),
        scores,
        as_of=coding.as_of,
        policy=coding.policy,
        given=_read(connection, coding, "risk.codes").select("enterprise_id", "code", "decided_by"),
        ends=connection.sql(_ENDS.format(among=_among(coding))).pl(),
    )
    _require_exact_sums(scores, reasons)
    replace_table(connection, "risk.factors", factor_texts(coding.policy))
    stamped = reasons.select(
        "enterprise_id",
        as_of=pl.lit(coding.as_of),
        **{name: pl.col(name) for name in reasons.columns if name != "enterprise_id"},
    )
    return put(connection, "risk.explanations", stamped, coding)


# The day a factor's points first fall; the day a code that is held or given by a person is first another one.
_ENDS = """
SELECT p.enterprise_id, p.factor, min(p.changes_on) AS expires_on
FROM risk.point_steps p JOIN (
    UNPIVOT (SELECT * EXCLUDE (as_of, score, scorecard, fingerprint) FROM risk.scores WHERE {among})
    ON COLUMNS(* EXCLUDE enterprise_id) INTO NAME factor VALUE points) s USING (enterprise_id, factor)
WHERE p.points < s.points AND {among} GROUP BY ALL
UNION ALL
SELECT enterprise_id, decided_by, valid_to FROM risk.forecast
WHERE valid_from = as_of AND decided_by IN ('held', 'override') AND valid_to < DATE '9999-12-31' AND {among}
"""


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
    _write_open_findings(connection, coding)
    return replace_table(connection, "serve.red_queue", queue.with_columns(as_of=pl.lit(coding.as_of)))


def _write_open_findings(connection: Connection, coding: Coding) -> None:
    arguments = {"as_of": coding.as_of, "known_at": coding.known_at}
    if coding.only is None:
        query = _OPEN_FINDINGS.format(among="true")
        connection.execute(f"CREATE OR REPLACE TABLE serve.open_findings AS {query}", arguments)
        return
    among = f"v.enterprise_id IN (SELECT enterprise_id FROM {ONLY})"
    put(
        connection,
        "serve.open_findings",
        connection.sql(_OPEN_FINDINGS.format(among=among), params=arguments).pl(),
        coding,
    )


def require_day(connection: Connection, table: str, coding: Coding) -> None:
    """Raise ScoreError unless a table holds the day that is coded: stages run one by one must not mix days."""
    held = [row[0] for row in connection.execute(f"SELECT DISTINCT as_of FROM {table}").fetchall()]
    if held and held != [coding.as_of]:
        raise ScoreError(
            f"{table} holds {held[0]}, not {coding.as_of}. Materialise what lies upstream for {coding.as_of} first."
        )


def _among(coding: Coding) -> str:
    """SQL condition: the row is about an enterprise that is coded."""
    return "true" if coding.only is None else f"enterprise_id IN (SELECT enterprise_id FROM {ONLY})"


def _read(
    connection: Connection, coding: Coding, table: str, *, where: str = "true", every: bool = False
) -> pl.DataFrame:
    """Rows of a table for the enterprises that are coded (or ``every`` one), sorted by enterprise."""
    require_day(connection, table, coding)
    among = "true" if every else _among(coding)
    return connection.sql(f"FROM {table} WHERE {where} AND {among} ORDER BY enterprise_id").pl()


def _features(connection: Connection, coding: Coding, *, every: bool = False) -> pl.DataFrame:
    return _read(connection, coding, "risk.features", every=every)


def _judged(connection: Connection, coding: Coding) -> pl.DataFrame:
    """Features, with the width of the shrunk rate's interval where a fitted card brings priors."""
    return with_interval(_features(connection, coding), coding.card)


def _scores(connection: Connection, coding: Coding, *, every: bool = False) -> pl.DataFrame:
    return _read(connection, coding, "risk.scores", every=every)


def _require_one_code_each(facts: pl.DataFrame, codes: pl.DataFrame) -> None:
    expected = facts.height
    if codes.height != expected or codes["enterprise_id"].n_unique() != expected:
        raise ScoreError(
            f"{expected} enterprises but {codes.height} codes. Nothing was published; "
            "compare risk.features with risk.forecast."
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


# Since when a RED code was issued without a break; the coded day itself counts where it begins on it.
_RED_SINCE = """
WITH issued AS (
    SELECT enterprise_id, code, valid_from, valid_to FROM risk.code_history
    WHERE valid_from < $as_of AND valid_to > valid_from
)
SELECT c.enterprise_id,
       coalesce((SELECT min(h.valid_from) FROM issued h
                 WHERE h.enterprise_id = c.enterprise_id
                   AND h.valid_from >= coalesce((SELECT max(least(o.valid_to, $as_of)) FROM issued o
                                                 WHERE o.enterprise_id = c.enterprise_id AND o.code <> 'red'),
                                                DATE '0001-01-01')), $as_of::DATE) AS red_since,
       c.score, c.decided_by, f.status
FROM risk.codes c JOIN risk.features f USING (enterprise_id) WHERE c.code = 'red' ORDER BY c.enterprise_id
"""

_VISITS_OF_RED = """
SELECT i.enterprise_id, i.inspected_on FROM core.inspections i
WHERE i.enterprise_id IN (SELECT enterprise_id FROM risk.codes WHERE code = 'red')
  AND i.kind <> 'assistance' AND i.mode = 'on_site' AND i.result <> 'refused' AND i.inspected_on <= $as_of
  AND (i.withdrawn_on IS NULL OR i.withdrawn_on > $known_at)
  AND i.known_from <= $known_at AND i.known_to > $known_at
"""

_OPEN_FINDINGS = """
SELECT v.enterprise_id, v.source, v.violation_id, v.item_code, v.description, v.severity, v.is_major_hazard,
       v.occurred_on, v.rectify_due_on, v.rectify_due_on < $as_of::DATE AS is_overdue
FROM core.violations v
WHERE v.known_from <= $known_at AND v.known_to > $known_at AND v.occurred_on <= $as_of
  AND (v.withdrawn_on IS NULL OR v.withdrawn_on > $known_at)
  AND (v.rectified_on IS NULL OR v.rectified_on > $as_of)
  AND (v.is_major_hazard OR v.rectify_due_on IS NOT NULL) AND {among}
ORDER BY v.enterprise_id, v.is_major_hazard DESC, v.rectify_due_on, v.violation_id
"""
