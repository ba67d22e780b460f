"""Take the measures of a coding, beside its publication: ``risk.monitoring``, and the history behind the charts.

Compared are the codes of the run with those issued last, and its spread of scores with the one of about four weeks ago.
A replay of an earlier day is measured like any other, in its place; it leaves history and last measures as they were.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import polars as pl

from models.features.events import EVENT_COLUMNS
from models.policy.review import Monitoring
from models.supervision import drift
from models.supervision.announced import calendar
from models.supervision.drift import Acknowledged, Key, Measured
from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.renewal import kept_wrongly
from warehouse.coding.rows import require_day
from warehouse.database.frames import Connection, log, replace_table, transaction
from warehouse.database.meta import value
from warehouse.database.places import is_open, live
from warehouse.database.runs import IS_ISSUED, LAST_ISSUED, last_issued
from warehouse.database.validity import known, told_between
from warehouse.intake.inbox import closed_on
from warehouse.questions.nights import nights
from warehouse.schema.catalogue import OWN
from warehouse.schema.monitoring import MEASURED_OF_DAY
from warehouse.supervision.groups import deliveries, disputes, fairness, flip_flops

BASELINE_DAYS = 28
"""How far back a spread is compared: whole weeks, so that habits of the week play no part."""
SCORE_BAND = 10
"""Points of one bin of the score: a few dozen bins in all, most of them well filled."""


Titles = dict[str, tuple[str, str]]
"""Chinese and English title of every factor, from the pack."""
Speaker = Callable[[Sequence[Measured], Titles], pl.DataFrame]
"""Puts measures into sentences: one row each, the text columns of ``risk.monitoring``."""


def measure(connection: Connection, coding: Coding, *, say: Speaker) -> list[Measured]:
    """Fill ``risk.monitoring`` and ``risk.migrations`` for the coded day; see ``keep_measures`` for what lives.

    Grain: one row per metric and group; ``say`` gives the sentences of its text columns.
    Raises ScoreError when codes, features or scores are of another day.
    """
    log.info("measuring the system itself")
    for table in ("risk.codes", "risk.features", "risk.scores"):
        require_day(connection, table, coding)
    known = _acknowledged(connection)
    limits = coding.policy.review.monitoring
    found = [
        *_movement(connection, coding, known),
        *_spreads(connection, coding, known),
        *_streams(connection, coding, limits),
        *fairness(connection, coding),
        flip_flops(connection, coding),
        *disputes(connection, coding),
        deliveries(connection, coding),
        calendar(coding.as_of, coding.policy),
        *_nights(connection, coding, known),
        drift.kept(kept_wrongly(connection) if is_open(connection) else ()),
    ]
    found += drift.disappeared(found, _seen(connection, coding, known))
    found = drift.settled(found, known, as_of=coding.as_of)
    _store(connection, coding, found, say)
    return found


# ------------------------------------------------------------------------------------------ movement


def _movement(connection: Connection, coding: Coding, known: Sequence[Acknowledged]) -> list[Measured]:
    """How many codes moved since the run before; how long nothing moved."""
    limits = coding.policy.review.monitoring
    last = value(connection, f"{LAST_ISSUED} AND as_of < $as_of", {"as_of": coding.as_of})
    matrix = _write_migrations(connection, coding, last)
    if last is None:
        first = Measured("codes_moved", None, "unknown", limit_high=float(limits.most_moved_permille_a_day))
        still = drift.still_codes(0, 0, since=coding.as_of, limits=limits)
        return [first, still, _still_data(connection, coding, known)]
    found = drift.moved(matrix, days=(coding.as_of - last).days, limits=limits)
    return [found, _still_codes(connection, coding, found, known), _still_data(connection, coding, known)]


def _write_migrations(connection: Connection, coding: Coding, last: date | None) -> pl.DataFrame:
    """``risk.migrations`` against the run before and against the baseline.  Returns the one against the run before."""
    now = connection.sql("SELECT enterprise_id, code FROM risk.codes").pl()
    baseline = value(connection, _BASELINE_RUN, {"as_of": coding.as_of, "latest": _latest_baseline(coding)})
    days = sorted({day for day in (last, baseline) if day is not None})
    parts = {
        day: drift.migration(connection.sql(_CODES_ON, params={"day": day}).pl(), now).select(
            pl.lit(coding.as_of).alias("as_of"), pl.lit(day).alias("before_as_of"), pl.all()
        )
        for day in days
    }
    nothing = OWN["risk.migrations"].frame()
    replace_table(connection, "risk.migrations", pl.concat([nothing, *parts.values()]))
    return nothing if last is None else parts[last]


def _latest_baseline(coding: Coding) -> date:
    return coding.as_of - timedelta(days=BASELINE_DAYS)


_CODES_ON = "SELECT enterprise_id, code FROM risk.code_history WHERE valid_from <= $day AND valid_to > $day"

_BASELINE_RUN = f"""
SELECT coalesce(max(as_of) FILTER (as_of <= $latest), min(as_of))
FROM ops.runs WHERE {IS_ISSUED} AND as_of < $as_of
"""


def _still_codes(
    connection: Connection, coding: Coding, moved: Measured, known: Sequence[Acknowledged]
) -> Measured:
    if moved.facts["changed"]:
        since = coding.as_of
    else:
        last = value(connection, _LAST_CHANGE, {"as_of": coding.as_of})
        since = max([last, *_days(known, "quiet_codes")])
    arguments = {"since": since, "known_at": coding.known_at}
    tables = " UNION ALL ".join(
        f"SELECT count(*) AS n FROM core.{name} WHERE {told_between('$since', '$known_at')}"
        for name in EVENT_COLUMNS
    )
    events = int(value(connection, f"SELECT sum(n) FROM ({tables})", arguments))
    limits = coding.policy.review.monitoring
    return drift.still_codes((coding.as_of - since).days, events, since=since, limits=limits)


_LAST_CHANGE = f"""
SELECT coalesce((SELECT max(valid_from) FROM risk.code_history WHERE previous_code IS NOT NULL AND valid_from < $as_of),
                (SELECT min(as_of) FROM ops.runs WHERE {IS_ISSUED}))
"""


def _still_data(connection: Connection, coding: Coding, known: Sequence[Acknowledged]) -> Measured:
    watermark = value(connection, "SELECT max(data_watermark) FROM risk.codes")
    since = max([date.min, *_days(known, "quiet_data")])
    return drift.still_data(watermark, coding.known_at, since=since, limits=coding.policy.review.monitoring)


def _nights(connection: Connection, coding: Coding, known: Sequence[Acknowledged]) -> Sequence[Measured]:
    """Nights before the coded day that were missed or late; that of the day itself is under way.

    They are the same in a replay: once a day is issued, none before it is.  Those that led to an alarm which was
    acknowledged are no longer counted.  A closed archive has none.
    """
    if closed_on(connection):
        return ()
    found = nights(connection, coding.as_of - timedelta(days=1))
    days: dict[str, list[date]] = {}
    for state in ("missed", "late"):
        since = [day for day in _days(known, f"nights_{state}") if day < coding.as_of]
        counted = [one.day for one in found if one.state == state]
        days[state] = [day for day in counted if day >= max(since, default=date.min)]
    return drift.nights(days["missed"], days["late"], len(found), limits=coding.policy.review.monitoring)


# ------------------------------------------------------------------------------------------- spreads


def _spreads(connection: Connection, coding: Coding, known: Sequence[Acknowledged]) -> list[Measured]:
    """The spread of the score and of every factor's points against their baselines."""
    limits = coding.policy.review.monitoring
    now = _by_measure(connection.sql(_DISTRIBUTION, params={"band": SCORE_BAND}).pl())
    rows = connection.sql(
        "SELECT as_of, measure, bin, enterprises FROM ops.distributions WHERE as_of < $as_of",
        params={"as_of": coding.as_of},
    ).pl()
    before = {day: _by_measure(part) for (day,), part in rows.group_by("as_of")}
    found: list[Measured] = []
    for name, bins in sorted(now.items()):
        metric, kind, group = ("psi_score", "", "") if name == "score" else ("psi", "factor", name)
        days = [day for day, held in before.items() if name in held]
        day = _baseline(days, _latest_baseline(coding), _days(known, metric, group))
        if day is None:
            most = limits.most_psi_permille / 1000
            found.append(Measured(metric, None, "unknown", kind, group, limit_high=most))
        else:
            found.append(drift.shifted(name, before[day][name], bins, since=day, limits=limits))
    return found


def _baseline(days: Sequence[date], latest: date, acknowledged: Sequence[date]) -> date | None:
    """The newest day that is old enough, else the first; never one before a shift that was acknowledged."""
    after = sorted(day for day in days if day >= max([date.min, *acknowledged]))
    if not after:
        return max(days, default=None)
    return max((day for day in after if day <= latest), default=after[0])


def _by_measure(rows: pl.DataFrame) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for measured, edge, enterprises in rows.select("measure", "bin", "enterprises").iter_rows():
        found.setdefault(measured, {})[edge] = enterprises
    return found


_DISTRIBUTION = """
SELECT measure, CASE WHEN measure = 'score' THEN (floor(points / $band::DOUBLE) * $band)::BIGINT ELSE points END AS bin,
       count(*) AS enterprises
FROM (UNPIVOT (SELECT * EXCLUDE (as_of, scorecard, fingerprint) FROM risk.scores)
      ON COLUMNS(* EXCLUDE enterprise_id) INTO NAME measure VALUE points)
GROUP BY ALL ORDER BY ALL
"""


# ------------------------------------------------------------------------------------------- streams


def _streams(connection: Connection, coding: Coding, limits: Monitoring) -> list[Measured]:
    """Events of every table that happened lately, against what is usual and the same days a year ago."""
    days, end = limits.quiet_days, min(coding.as_of, coding.known_at)
    arguments = {"end": end, "known_at": coding.known_at, "days": days, "year": drift.YEAR}
    found: list[Measured] = []
    for name in EVENT_COLUMNS:
        happened = TABLES[name].happened
        if happened is None:
            continue
        [row] = connection.execute(_STREAM.format(table=name, day=f"{happened}::DATE"), arguments).fetchall()
        now, before, year_ago, first = row
        reach = 0 if first is None else (end - first).days - days
        usual = before * days / min(reach, drift.YEAR) if reach > 0 else 0.0
        season = year_ago if reach >= drift.YEAR else None
        found.append(drift.stopped(name, now, usual, season, limits=limits))
    return found


_STREAM = f"""
SELECT count(*) FILTER ({{day}} > $end::DATE - $days), count(*) FILTER ({{day}} <= $end::DATE - $days
                                                                       AND {{day}} > $end::DATE - $days - $year),
       count(*) FILTER ({{day}} <= $end::DATE - $year AND {{day}} > $end::DATE - $year - $days), min({{day}})
FROM core.{{table}} WHERE {known()} AND {{day}} <= $end
"""


# --------------------------------------------------------------------- what is known, what is stored


def _acknowledged(connection: Connection) -> list[Acknowledged]:
    return [
        Acknowledged((metric, kind, group), day, low, high)
        for metric, kind, group, day, low, high in connection.execute(
            "SELECT metric, group_kind, group_value, as_of, low, high FROM ops.acknowledged ORDER BY as_of"
        ).fetchall()
    ]


def _days(known: Sequence[Acknowledged], metric: str, group: str = "") -> list[date]:
    """Days on which a metric of a group was acknowledged."""
    return [one.as_of for one in known if (one.key[0], one.key[2]) == (metric, group)]


def _seen(connection: Connection, coding: Coding, known: Sequence[Acknowledged]) -> dict[Key, date]:
    """What ever had a value before, and when last; less what was acknowledged to be gone."""
    held = _by_key(connection, _SEEN, coding)
    gone = {(one.key[1], one.key[2]): one.as_of for one in known if one.key[0] == "missing"}
    named = {key: (key[0], "/".join(part for part in key[1:] if part)) for key in held}
    return {key: day for key, day in held.items() if gone.get(named[key], date.min) < day}


_SEEN = """
SELECT metric, group_kind, group_value, max(as_of) FROM ops.monitoring_history
WHERE value IS NOT NULL AND as_of < $as_of GROUP BY ALL
"""


def _store(connection: Connection, coding: Coding, found: Sequence[Measured], say: Speaker) -> None:
    numbers = _frame(coding.as_of, found)
    told = _with_since(connection, coding, found, numbers).hstack(say(found, _factor_titles(connection)))
    replace_table(connection, "risk.monitoring", told)


def is_measured(connection: Connection, day: date) -> bool:
    """Whether the tables at hand hold what was measured of a day."""
    return value(connection, "SELECT max(as_of) FROM risk.monitoring") == day


def keep_measures(connection: Connection, coding: Coding) -> bool:
    """Let what was measured of a day live and enter the history, once the day is issued and measured.

    Called after either, whichever comes first.  Returns whether it was so.  Nothing is half stored.
    """
    last, day = last_issued(connection), {"as_of": coding.as_of}
    is_issued = last is not None and (last.as_of, last.known_at) == (coding.as_of, coding.known_at)
    if not is_issued or not is_measured(connection, coding.as_of):
        return False
    with transaction(connection):
        for table in MEASURED_OF_DAY if is_open(connection) else ():
            connection.execute(f"CREATE OR REPLACE TABLE {live(connection)}.{table} AS FROM {table}")
        for table in ("ops.monitoring_history", "ops.distributions"):
            connection.execute(f"DELETE FROM {table} WHERE as_of = $as_of", day)
        kept = ", ".join(OWN["ops.monitoring_history"].columns)
        connection.execute(f"INSERT INTO ops.monitoring_history BY NAME SELECT {kept} FROM risk.monitoring")
        connection.execute(
            f"INSERT INTO ops.distributions BY NAME SELECT $as_of::DATE AS as_of, * FROM ({_DISTRIBUTION})",
            day | {"band": SCORE_BAND},
        )
    return True


def _frame(as_of: date, found: Sequence[Measured]) -> pl.DataFrame:
    rows = [
        (as_of, *one.key, one.value, one.low, one.high, one.limit_low, one.limit_high, one.state)
        for one in found
    ]
    return OWN["ops.monitoring_history"].frame(rows)


def _with_since(
    connection: Connection, coding: Coding, found: Sequence[Measured], numbers: pl.DataFrame
) -> pl.DataFrame:
    """The measures with since when they alarm."""
    since = _by_key(connection, _SINCE, coding)
    begun = [since.get(one.key, coding.as_of) if one.state == "alarm" else None for one in found]
    return numbers.with_columns(since=pl.Series(begun, dtype=pl.Date))


def _factor_titles(connection: Connection) -> Titles:
    found = connection.execute("SELECT factor, title_zh, title_en FROM risk.factors").fetchall()
    return {factor: (zh, en) for factor, zh, en in found}


def _by_key(connection: Connection, query: str, coding: Coding) -> dict[Key, date]:
    """Days by metric and group, as a query gives them for the coded day."""
    found = connection.execute(query, {"as_of": coding.as_of}).fetchall()
    return {(metric, kind, group): day for metric, kind, group, day in found}


# First day of the alarms that stood on the day measured before, without a break.
_SINCE = """
WITH days AS (FROM ops.monitoring_history WHERE as_of < $as_of),
quiet AS (SELECT metric, group_kind, group_value, max(as_of) AS day FROM days WHERE state <> 'alarm' GROUP BY ALL)
SELECT d.metric, d.group_kind, d.group_value, min(d.as_of)
FROM days d LEFT JOIN quiet q USING (metric, group_kind, group_value)
WHERE d.state = 'alarm' AND (q.day IS NULL OR d.as_of > q.day) GROUP BY ALL
"""
