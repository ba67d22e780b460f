"""Replay: a past day again, as it was known then, and as it should have been.

Two days tell what is meant: the day coded, and the day of knowledge.  For a day of knowledge on which codes were
issued only what was stored by then is used, so that what came in later, dated back, does not change what was known.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from models.coding.explain import explain_codes, factor_texts
from models.coding.path import deciding, memory_days
from models.coding.stretches import changed, until
from models.coding.timeline import with_interval
from models.coding.verdicts import code_name, code_rank, judge
from models.errors import WarehouseError
from models.features.events import EVENT_COLUMNS
from models.policy import Policy
from models.tables.canonical import TABLES
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.levels import features_on
from warehouse.coding.timelines import path_of, paths_between
from warehouse.database.frames import Connection, shown_as
from warehouse.database.meta import value
from warehouse.database.reading import Row, rows
from warehouse.database.runs import IS_ISSUED, issued_for, last_issued, stored_by
from warehouse.database.validity import known, standing, told_by, withdrawn
from warehouse.rules.in_force import coding_on, rules_between


def past_coding(
    connection: Connection,
    pack: Policy,
    as_of: date,
    known_at: date,
    *,
    only: tuple[str, ...] | None = None,
) -> Coding:
    """What it takes to code a past day as it was known on another."""
    return coding_on(
        connection,
        pack,
        as_of,
        known_at=known_at,
        only=only,
        stored_by=stored_by(connection, as_of, known_at),
    )


def past_codes(connection: Connection, coding: Coding) -> pl.DataFrame:
    """The codes of a past day; writes nothing.  Grain: one row per ``enterprise_id``; ``code``, ``rank``."""
    return path_of(connection, coding).codes.select(
        "enterprise_id", code_name(pl.col("rank")).alias("code"), "rank", "held_rank"
    )


def past_explanation(connection: Connection, coding: Coding) -> list[Row]:
    """Code and reasons of the enterprises of ``coding.only`` on a past day; writes nothing.

    Raises WarehouseError when an enterprise was not known then.
    """
    told = features_on(connection, coding.as_of, coding.known_at, coding.policy.features, coding.extract)
    features = with_interval(pl.concat(told), coding.card)
    if features.is_empty():
        raise WarehouseError(
            "Not known on {known_at}: {only}. Give a later --known-at.",
            known_at=coding.known_at,
            only=", ".join(coding.only or ()),
        )
    points = coding.policy.scorecard.contributions(features)
    facts = judge(features, points, coding.policy).select(
        "enterprise_id", "score", fact="rank", by="decided_by"
    )
    shown = past_codes(connection, coding).join(facts, on="enterprise_id")
    given = shown.select("enterprise_id", "code", "score", decided_by=deciding())
    reasons = explain_codes(
        features, points, as_of=coding.as_of, policy=coding.policy, given=given.drop("score")
    ).join(factor_texts(coding.policy).drop("kind"), on="factor", how="left", maintain_order="left")
    return [
        {
            **one,
            "as_of": coding.as_of,
            "known_at": coding.known_at,
            "pack": coding.policy.pack,
            "pack_version": coding.policy.version,
            "pack_hash": coding.policy.pack_hash,
            "reasons": reasons.filter(pl.col("enterprise_id") == one["enterprise_id"])
            .drop("enterprise_id")
            .to_dicts(),
        }
        for one in given.to_dicts()
    ]


# ---- did a day come out again as it was issued? ------------------------------------------------------------


def issued_on(connection: Connection, day: date) -> pl.DataFrame:
    """The codes that stood at the end of a day.  Grain: one row per ``enterprise_id``; ``code``."""
    return connection.sql(
        "SELECT enterprise_id, code FROM risk.code_history WHERE valid_from <= $day AND $day < valid_to "
        "ORDER BY enterprise_id",
        params={"day": day},
    ).pl()


def differences(connection: Connection, pack: Policy, day: date) -> list[Row]:
    """Enterprises whose code, replayed as it was known then, is not the one that was issued: none, if all is well.

    Raises WarehouseError when nothing was issued on that day.
    """
    run = issued_for(connection, day)
    if run is None:
        raise WarehouseError(
            "No codes were issued for {day}. ./riskcode replay days lists those that were.", day=day
        )
    coding = coding_on(connection, pack, day, known_at=run.known_at, stored_by=run.stored_no)
    again = past_codes(connection, coding).select("enterprise_id", replayed="code")
    both = issued_on(connection, day).join(again, on="enterprise_id", how="full", coalesce=True)
    return both.filter(pl.col("code").ne_missing(pl.col("replayed"))).sort("enterprise_id").to_dicts()


def issued_days(connection: Connection) -> list[Row]:
    """Days whose codes were issued: the last run of each."""
    return rows(
        connection,
        f"""
        SELECT as_of, arg_max(known_at, number) AS known_at, max(finished_at) AS finished_at, count(*) AS runs,
               arg_max(pack, number) AS pack, arg_max(pack_version, number) AS pack_version
        FROM (SELECT * REPLACE (coalesce(number, 0) AS number) FROM ops.runs WHERE {IS_ISSUED})
        GROUP BY as_of ORDER BY as_of
        """,
    )


# ---- what relied on what was wrong -------------------------------------------------------------------------


@dataclass(frozen=True)
class Impact:
    """What relied on data that were withdrawn or corrected since: codes, visits made, visits planned, penalties."""

    codes: list[Row]
    visits: list[Row]
    planned: list[Row]
    penalties: list[Row]


def impact(
    connection: Connection, pack: Policy, *, known_at: date, enterprise_id: str | None = None
) -> Impact:
    """Codes that were issued and would not have been on what is known now, and what was done because of them.

    A code counts from the day it was issued to the day it was put right.  Visits and penalties are those of the
    enterprise from the wrong code's first day to two weeks after its last, as a visit may be made until then;
    a penalty for a finding that was itself withdrawn counts whenever it was decided.
    """
    first = value(connection, "SELECT min(valid_from) FROM risk.code_history")
    issued = last_issued(connection)
    last = issued.as_of if issued else None
    concerned = _corrected(connection, enterprise_id, known_at)
    if first is None or last is None or not concerned or known_at < first:
        return Impact([], [], [], [])
    last = min(last, known_at)
    wrong = _wrong_codes(connection, pack, concerned, first=first, last=last, known_at=known_at)
    with shown_as(connection, "wrong_codes", wrong):
        return Impact(
            rows(connection, _CODES, {"known_at": known_at}),
            rows(connection, _VISITS, {"known_at": known_at}),
            rows(connection, _PLANNED),
            rows(connection, _PENALTIES, {"known_at": known_at, "one": enterprise_id}),
        )


def _corrected(connection: Connection, enterprise_id: str | None, known_at: date) -> tuple[str, ...]:
    """Enterprises with a datum that has more than one version or was withdrawn."""
    found = connection.execute(_CORRECTED, {"one": enterprise_id, "known_at": known_at}).fetchall()
    return tuple(str(one) for (one,) in found)


def _wrong_codes(
    connection: Connection,
    pack: Policy,
    only: tuple[str, ...],
    *,
    first: date,
    last: date,
    known_at: date,
) -> pl.DataFrame:
    """Stretches of days on which the issued code is not what is known now to be right."""
    coding = coding_on(connection, pack, last, known_at=known_at, only=only)
    memory = timedelta(days=memory_days(coding.in_force))
    rules = rules_between(connection, pack, first - memory, last)
    codes = pl.concat(path.codes for path in paths_between(connection, coding, first, last, rules))
    right = codes.select("enterprise_id", day=pl.col("as_of"), right="rank")
    issued = connection.sql(
        "SELECT enterprise_id, valid_from - DATE '1970-01-01' AS day, code FROM risk.code_history "
        "WHERE valid_from < valid_to ORDER BY enterprise_id, valid_from"
    ).pl()
    told = issued.join(right.select("enterprise_id").unique(), on="enterprise_id", how="semi").select(
        "enterprise_id",
        pl.col("day").cast(pl.Int64),
        issued=code_rank(pl.col("code")),
    )
    days = pl.concat([right.select("enterprise_id", "day"), told.select("enterprise_id", "day")]).unique()
    for frame in (right, told):
        days = days.sort("day").join_asof(
            frame.sort("day"), on="day", by="enterprise_id", check_sortedness=False
        )
    days = days.filter(pl.col("issued").is_not_null(), pl.col("day") <= day_number(last))
    days = days.sort("enterprise_id", "day")
    stretches = changed(days, "right", "issued").with_columns(until=until("day", day_number(last) + 1))
    wrong = stretches.filter(pl.col("right") != pl.col("issued"))
    return wrong.select(
        "enterprise_id",
        first_day=pl.from_epoch("day", "d"),
        last_day=pl.from_epoch(pl.col("until") - 1, "d"),
        issued=code_name(pl.col("issued")),
        right=code_name(pl.col("right")),
    )


_CORRECTED = (
    "SELECT DISTINCT enterprise_id FROM ("
    + " UNION ALL ".join(
        f"SELECT enterprise_id FROM core.{name} WHERE version > 1"
        + ("" if name == "enterprises" else f" OR {withdrawn()}")
        for name in EVENT_COLUMNS
    )
    + ") WHERE $one IS NULL OR enterprise_id = $one ORDER BY 1"
)

# Data of the enterprise that were told differently after the wrong code began: what it relied on.
_RELIED_ON = " UNION ALL ".join(
    f"""SELECT enterprise_id, '{name}' AS table_name, source, {TABLES[name].key[-1]} AS key,
        greatest(known_from, withdrawn_on) AS told_on, {withdrawn()} AS is_withdrawn
        FROM core.{name} WHERE (version > 1 OR {withdrawn()}) AND {told_by()}"""
    for name in EVENT_COLUMNS
    if name != "enterprises"
)
_CODES = f"""
WITH told AS (
    SELECT *, table_name || ' ' || source || '/' || key
              || CASE WHEN is_withdrawn THEN ' (withdrawn)' ELSE '' END AS label FROM ({_RELIED_ON}))
SELECT w.enterprise_id, any_value(e.name) AS name, w.first_day, w.last_day, w.issued, w.right AS should_be,
       coalesce(list(DISTINCT t.label ORDER BY t.label)
                FILTER (t.told_on > w.first_day), []) AS data
FROM wrong_codes w LEFT JOIN core.current_enterprises e USING (enterprise_id)
LEFT JOIN told t USING (enterprise_id)
GROUP BY w.enterprise_id, w.first_day, w.last_day, w.issued, w.right ORDER BY w.first_day, w.enterprise_id
"""
_VISITS = f"""
SELECT i.enterprise_id, i.source, i.inspection_id, i.inspected_on, i.kind, i.result, w.issued, w.right AS should_be
FROM core.inspections i JOIN wrong_codes w USING (enterprise_id)
WHERE {standing("i")} AND i.kind IN ('special', 'recheck')
  AND i.inspected_on BETWEEN w.first_day AND w.last_day + 14
ORDER BY i.inspected_on, i.enterprise_id
"""
_PLANNED = """
SELECT v.enterprise_id, v.visit_id, v.channel, v.planned_on, w.issued, w.right AS should_be
FROM plan.visits v JOIN wrong_codes w USING (enterprise_id)
WHERE v.channel IN ('red', 'red_overdue') AND v.state = 'scheduled' AND v.planned_on >= w.first_day
ORDER BY v.planned_on, v.enterprise_id
"""
_PENALTIES = f"""
SELECT DISTINCT v.enterprise_id, v.source, v.violation_id, v.decided_on, v.penalty_unit, v.penalty_person,
       {withdrawn("v")} AS is_withdrawn
FROM core.violations v LEFT JOIN wrong_codes w
  ON w.enterprise_id = v.enterprise_id AND v.occurred_on BETWEEN w.first_day AND w.last_day + 14
WHERE {known("v")}
  AND (v.penalty_unit > 0 OR v.penalty_person > 0 OR v.disposal = 'case')
  AND (w.enterprise_id IS NOT NULL OR {withdrawn("v")})
  AND ($one IS NULL OR v.enterprise_id = $one)
ORDER BY v.decided_on, v.enterprise_id, v.violation_id
"""
