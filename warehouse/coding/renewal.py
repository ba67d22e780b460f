"""A night that codes anew whom something may have changed for, and keeps what was made of all others.

Kept is what holds by itself until the day that ``risk.turns`` names: levels, points, a code, what it foretells.  Ages
are a day older, what lies behind the memory of the change rules is cut off, and what an act of today brings comes as
many days later.  Of those who are kept a random sample is coded anew all the same: where anything of it comes out
otherwise than it was kept, the whole city is coded anew, and the run says so.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from models.coding.path import memory_days
from models.errors import ScoreError
from models.features.turns import AGES, DELAYS
from warehouse.coding.coding import Coding, data_watermark, watermark_said
from warehouse.coding.extract import ONLY, Extract, name_only
from warehouse.coding.program import program
from warehouse.coding.timelines import FORESEEN_DAYS
from warehouse.coding.touched import touched
from warehouse.coding.turning import BY_CODE, dwell_of
from warehouse.database.frames import Connection, transaction
from warehouse.database.kept import Today
from warehouse.database.meta import FOREVER, get_meta, set_meta, value
from warehouse.database.places import PLACE, forget_begun, forget_made, live, tables_of
from warehouse.database.runs import forecasts_are_old, last_issued, would_issue
from warehouse.schema.catalogue import OWN

Whom = Literal["levels", "codes", "ways", "any"]
"""Enterprises coded anew: whose features may have changed, whose code may have, whose ways to a better one, or any."""

_DECIDED_BY = "codes_decided_by"
"""Key of what decided the codes that stand, besides what is known of the enterprises."""


@dataclass(frozen=True)
class Renewal:
    """What the open place keeps: the rows of the codes issued last, for the day ``since``."""

    since: date

    def days(self, coding: Coding) -> int:
        """How much older what is kept has become."""
        return (coding.as_of - self.since).days


# ---- may anything be kept? ---------------------------------------------------------------------------------


def remember(connection: Connection, coding: Coding, stages: set[str]) -> None:
    """Remember what decides the codes of the whole city that are issued now; ``stages``: those that are made."""
    set_meta(connection, _DECIDED_BY, json.dumps(_decided_by(coding) | {"stages": sorted(stages)}))


def _decided_by(coding: Coding) -> dict[str, Any]:
    rules = [
        (
            f"{one.since}",
            one.policy.pack,
            one.policy.version,
            one.policy.pack_hash,
            one.policy.planning_hash,
            one.policy.scorecard.fingerprint,
            one.card.card_id if one.card else None,
        )
        for one in coding.in_force
    ]
    return {"program": program(), "rules": rules}


def _may_keep(connection: Connection, coding: Coding, stages: set[str]) -> bool:
    """Whether the codes issued last were decided by what decides now, but for what is known of the enterprises."""
    last, told = last_issued(connection), get_meta(connection, _DECIDED_BY)
    if (
        last is None
        or not told
        or coding.stored_by is not None
        or coding.as_of <= last.as_of
        or coding.known_at < last.known_at
        or forecasts_are_old(connection)
        or not would_issue(connection, coding.as_of, coding.known_at)
    ):
        return False
    then = json.loads(told)
    if then["program"] != program() or not stages <= {*then["stages"]}:
        return False
    return _same_rules(then["rules"], _decided_by(coding)["rules"], last.as_of, coding) and _are_of(
        connection, last.as_of
    )


def _same_rules(then: list[list[Any]], now: list[tuple[Any, ...]], since: date, coding: Coding) -> bool:
    """Whether the rules of all days are as they were, and none begins today or before an act of today tells.

    Nor since the day kept, whose evening is remembered by its rules; nor did the first ones leave the memory.  And no
    others will count by other windows, under which something else turns.
    """
    begins = now[0][0]
    before = [one for one in then if one[0] <= begins]
    if len(before) != 1 or any(
        one.policy.features != coding.policy.features for one in coding.in_force if one.since > coding.as_of
    ):
        return False
    held = [(begins, *before[-1][1:]), *(tuple(one) for one in then if one[0] > begins)]
    told = coding.as_of + timedelta(days=max(dwell_of(coding).values()))
    return held == now and not any(f"{since}" <= day <= f"{told}" for day, *_ in now[1:])


def _are_of(connection: Connection, day: date) -> bool:
    """Whether all tables that would be kept are of a day."""
    warehouse = live(connection)
    there = tables_of(connection, warehouse)
    return all(
        name in there
        and (
            "as_of" not in OWN[name].columns
            or value(connection, f"SELECT count(*) FROM {warehouse}.{name} WHERE as_of <> ?", [day]) == 0
        )
        for name in _KEPT
    )


# ---- who is coded anew -------------------------------------------------------------------------------------


def begin(connection: Connection, coding: Coding, stages: set[str]) -> None:
    """Settle in the open place, which is empty, whom the coding is about: everybody, where nothing can be kept."""
    last = last_issued(connection)
    if last is None or not _may_keep(connection, coding, stages):
        return
    name_only(connection, Extract(touched(connection, known_at=coding.known_at)))
    connection.execute(_renewed(connection, coding, last.as_of))
    connection.execute(f"INSERT INTO {PLACE}.main.kept VALUES (?, ?)", [last.run_id, last.as_of])


def held(connection: Connection) -> Renewal | None:
    """What the open place keeps, if it keeps anything of the codes that still stand."""
    found = connection.execute(f"SELECT since, as_of FROM {PLACE}.main.kept").fetchall()
    last = last_issued(connection)
    return Renewal(found[0][1]) if found and last and last.run_id == found[0][0] else None


def let_go(connection: Connection) -> None:
    """Keep nothing more, beside tables that are filled, where the codes kept from were followed by others since."""
    if value(connection, f"SELECT count(*) FROM {PLACE}.main.kept") and held(connection) is None:
        forget_begun(connection)


def end(connection: Connection, wrong: "KeptWronglyError | None" = None) -> None:
    """Keep nothing: every stage is still to be made, of everybody.  ``wrong``: why."""
    with transaction(connection):
        forget_made(connection)
        if wrong:
            connection.execute(f"INSERT INTO {PLACE}.main.kept_wrongly VALUES (?)", [str(wrong)])


def kept_wrongly(connection: Connection) -> list[str]:
    """What the sample showed to be kept wrongly, in words."""
    return [told for (told,) in connection.execute(f"SELECT told FROM {PLACE}.main.kept_wrongly").fetchall()]


def enterprises(connection: Connection, whom: Whom) -> tuple[str, ...]:
    """Those who are coded anew."""
    found = connection.execute(f"{_WHO.format(whom=_anew(whom))} ORDER BY 1").fetchall()
    return tuple(enterprise for (enterprise,) in found)


def _anew(whom: Whom) -> str:
    return "true" if whom == "any" else f"{whom} OR is_sampled"


def _kept_and_sampled(whom: Whom) -> str:
    return "is_sampled AND NOT (is_old OR ways OR levels)" if whom == "any" else f"is_sampled AND NOT {whom}"


def _renewed(connection: Connection, coding: Coding, since: date) -> str:
    warehouse, dwell = live(connection), dwell_of(coding)
    passed = {
        code: f"coalesce({column} <= DATE '{coding.as_of}' + {dwell[code]}, false)"
        for code, column in BY_CODE.items()
    }
    return _RENEWED.format(
        place=PLACE,
        touched=ONLY,
        warehouse=warehouse,
        since=f"DATE '{since}'",
        day=f"DATE '{coding.as_of}'",
        beyond=f"DATE '{coding.as_of + timedelta(days=FORESEEN_DAYS)}'",
        forever=FOREVER,
        dwell=_dwell(coding),
        promised=" ".join(f"WHEN '{code}' THEN {one}" for code, one in passed.items()),
        ahead=" OR ".join(passed.values()),
        permille=coding.policy.review.monitoring.recomputed_permille,
    )


_WHO = f"SELECT enterprise_id FROM {PLACE}.main.renewed WHERE {{whom}}"
# Ways also change after a day on which facts or code did, for the rules remember that evening; and of what is held when
# the end of the hold comes near enough that waiting is one of them, or facts turn before an act would tell.  A code
# that is still held on the last day foreseen gets better on a day that comes into sight without any turn.
_RENEWED = """
INSERT INTO {place}.main.renewed
WITH turned AS (
    SELECT enterprise_id, coalesce(level_on <= {day}, false) AS levels,
           coalesce(read_on <= {day}, false) OR coalesce(beyond_on <= {beyond}, false) AS codes,
           coalesce(CASE code {promised} END, false) AS ways, {ahead} AS is_old
    FROM {warehouse}.risk.turns JOIN {warehouse}.risk.codes USING (enterprise_id)),
held AS (
    SELECT enterprise_id, valid_to, {dwell} AS dwell FROM {warehouse}.risk.forecast
    WHERE valid_from = {since} AND decided_by = 'held'),
asked AS (
    FROM turned WHERE levels OR codes OR ways OR is_old UNION ALL
    SELECT enterprise_id, true, true, true, true FROM {touched} UNION ALL
    SELECT enterprise_id, true, true, true, true FROM dispute.overrides WHERE last_day >= {since} UNION ALL
    SELECT enterprise_id, false, true, true, false FROM (
        FROM {warehouse}.risk.forecast SELECT enterprise_id, valid_from UNION ALL
        FROM {warehouse}.risk.steps SELECT enterprise_id, valid_from)
    WHERE valid_from > {since} AND valid_from <= {day} UNION ALL
    SELECT enterprise_id, false, true, true, false FROM {warehouse}.risk.forecast f
    JOIN {warehouse}.risk.steps s USING (enterprise_id)
    WHERE f.valid_to = {forever} AND s.valid_to = {forever} AND f.code <> s.code UNION ALL
    SELECT enterprise_id, false, false, true, false FROM {warehouse}.risk.codes SEMI JOIN (
        SELECT enterprise_id FROM {warehouse}.risk.steps WHERE valid_from = {since} UNION ALL
        SELECT enterprise_id FROM {warehouse}.risk.code_history WHERE valid_from >= {since} UNION ALL
        SELECT enterprise_id FROM held LEFT JOIN {warehouse}.risk.turns USING (enterprise_id)
        WHERE valid_to > {since} + dwell AND valid_to <= {day} + dwell OR read_on <= {day} + dwell
    ) USING (enterprise_id) WHERE code <> 'green'),
sampled AS (
    SELECT enterprise_id, false, false, false, false, true FROM {warehouse}.risk.codes
    WHERE md5_number_lower(enterprise_id || {day}) % 1000 < {permille})
SELECT enterprise_id, bool_or(levels) OR bool_or(codes), bool_or(codes), bool_or(ways) OR bool_or(codes),
       bool_or(is_old), bool_or(is_sampled)
FROM (SELECT *, false AS is_sampled FROM asked UNION ALL FROM sampled) GROUP BY enterprise_id ORDER BY 1
"""

# ---- what is kept ------------------------------------------------------------------------------------------


def keep(connection: Connection, coding: Coding, renewal: Renewal, table: str, whom: Whom) -> None:
    """Let a table of the open place hold what is kept, as it is today; ``whom``: those who are coded anew."""
    among = _WHO.format(whom=_anew(whom))
    query = _kept(connection, coding, renewal, table, f"ANTI JOIN ({among}) USING (enterprise_id)")
    connection.execute(f"CREATE OR REPLACE TABLE {PLACE}.{table} AS {query}")


def _kept(connection: Connection, coding: Coding, renewal: Renewal, table: str, among: str) -> str:
    rows = _KEPT[table](_Kept(connection, coding, renewal.days(coding)))
    return rows.format(kept=f"(FROM {live(connection)}.{table} {among})")


def require_as_kept(connection: Connection, coding: Coding, renewal: Renewal, table: str, whom: Whom) -> None:
    """Raise ScoreError where anything of the sample came out otherwise than it would have been kept."""
    among = _WHO.format(whom=_kept_and_sampled(whom))
    kept = _kept(connection, coding, renewal, table, f"SEMI JOIN ({among}) USING (enterprise_id)")
    columns = ", ".join(
        name for name, *_ in connection.execute(f"DESCRIBE {live(connection)}.{table}").fetchall()
    )
    kept = f"SELECT {columns} FROM ({kept})"
    coded = f"SELECT {columns} FROM {PLACE}.{table} SEMI JOIN ({among}) USING (enterprise_id)"
    other = f"(({kept}) EXCEPT ALL ({coded})) UNION ALL (({coded}) EXCEPT ALL ({kept}))"
    differing, first = connection.execute(
        f"SELECT count(DISTINCT enterprise_id), min(enterprise_id) FROM ({other})"
    ).fetchall()[0]
    if differing:
        raise KeptWronglyError(
            "{table} of {enterprise_id} would have been kept, and comes out otherwise (of the sample: {differing}).",
            table=table,
            enterprise_id=first,
            differing=differing,
        )


class KeptWronglyError(ScoreError):
    """What was kept is not what is computed."""


class _Kept(NamedTuple):
    """What the rows that are kept are to become: those of a coding, so many days later."""

    connection: Connection
    coding: Coding
    days: int

    @property
    def today(self) -> str:
        """SQL of the column of the day."""
        return f"DATE '{self.coding.as_of}' AS as_of"


Rows = Callable[[_Kept], str]
"""SQL of the rows of a table that are ``{kept}``."""


def _as_they_are(one: _Kept) -> str:
    return f"SELECT * REPLACE ({one.today}) FROM {{kept}}"


def _features(one: _Kept) -> str:
    older = ", ".join(
        f"CASE WHEN {name} > 0 THEN {name} + {one.days} ELSE {name} END AS {name}" for name in DELAYS
    )
    aged = ", ".join(f"{name} + {one.days} AS {name}" for name in AGES)
    return f"SELECT * REPLACE ({one.today}, {aged}, {older}) FROM {{kept}}"


def _codes(one: _Kept) -> str:
    watermark = watermark_said(one.connection, one.coding.known_at)
    return f"SELECT * REPLACE ({one.today}, {watermark} AS data_watermark) FROM {{kept}}"


def _spans(first: Callable[[Coding], date]) -> Rows:
    """What holds from a day on at the earliest."""

    def rows(one: _Kept) -> str:
        day = f"DATE '{first(one.coding)}'"
        begins = f"greatest(valid_from, {day}) AS valid_from"
        return f"SELECT * REPLACE ({one.today}, {begins}) FROM {{kept}} WHERE valid_to > {day}"

    return rows


def _coming(one: _Kept) -> str:
    return f"{_as_they_are(one)} WHERE changes_on > DATE '{one.coding.as_of}'"


def _reasons(one: _Kept) -> str:
    """Data that are ages are those of today."""
    older = _older(one.coding)
    if not older:
        return _as_they_are(one)
    cases = " ".join(f"WHEN '{name}' THEN {feature}::VARCHAR" for name, feature in older.items())
    needed = ", ".join(dict.fromkeys(older.values()))
    return (
        f"SELECT k.* REPLACE ({one.today}, CASE factor {cases} ELSE value END AS value) FROM {{kept}} k "
        f"JOIN (SELECT enterprise_id, {needed} FROM {PLACE}.risk.features) USING (enterprise_id)"
    )


def _older(coding: Coding) -> dict[str, str]:
    """Factors and rules whose datum is an age or a delay, with that feature."""
    policy = coding.policy
    rests_on = {factor.name: factor.feature for factor in policy.scorecard.factors}
    rests_on |= {rule.name: rule.when[0].feature for rule in policy.codes.rules}
    return {name: feature for name, feature in rests_on.items() if feature in (*AGES, *DELAYS)}


def today(connection: Connection, coding: Coding) -> Today:
    """What documents that are kept come to."""
    older = _older(coding)
    return Today(
        coding.as_of,
        data_watermark(connection, coding.known_at),
        _first_remembered(coding),
        tuple(name for name, feature in older.items() if feature in AGES),
        tuple(name for name, feature in older.items() if feature in DELAYS),
        dwell_of(coding),
    )


def _first_remembered(coding: Coding) -> date:
    return coding.as_of - timedelta(days=memory_days(coding.in_force))


def _ways(one: _Kept) -> str:
    """What an act of today brings after the dwell of the code comes later; what a hold ends by itself, when it does."""
    is_of_today = "reached_on = as_of + dwell AND len(acts) > 0"
    comes = f"CASE WHEN {is_of_today} THEN reached_on + {one.days} ELSE reached_on END AS reached_on"
    return (
        f"SELECT k.* REPLACE ({one.today}, {comes}) FROM {{kept}} k "
        f"JOIN (SELECT enterprise_id, {_dwell(one.coding)} AS dwell FROM {PLACE}.risk.codes) USING (enterprise_id)"
    )


def _dwell(coding: Coding) -> str:
    """SQL: the dwell of a code."""
    each = " ".join(f"WHEN '{code}' THEN {days}" for code, days in dwell_of(coding).items())
    return f"CASE code {each} ELSE 0 END"


def _open_findings(one: _Kept) -> str:
    return f"SELECT * REPLACE (rectify_due_on < DATE '{one.coding.as_of}' AS is_overdue) FROM {{kept}}"


_KEPT: dict[str, Rows] = {
    "risk.features": _features,
    "risk.turns": _as_they_are,
    "risk.scores": _as_they_are,
    "risk.steps": _spans(_first_remembered),
    "risk.point_steps": _coming,
    "risk.forecast": _spans(lambda coding: coding.as_of),
    "risk.codes": _codes,
    "risk.explanations": _reasons,
    "risk.ways": _ways,
    "risk.near_red": _as_they_are,
    "serve.open_findings": _open_findings,
    "serve.alike_findings": _as_they_are,
}
