"""What time will do: the facts of every enterprise as step functions, its coming codes, and when each point goes.

``risk.steps`` holds what the facts say on every day from as far back as the change rules remember to as far ahead as
anything on record still counts; ``risk.forecast`` the codes that follow, from the coded day on; ``risk.point_steps``
every coming change of a factor's points.  All three say what happens if nothing new is learnt.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from models.coding.path import Path, code_path, deciding, remembered
from models.coding.stretches import changed, until
from models.coding.timeline import InForce
from models.coding.verdicts import code_name
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.levels import portions
from warehouse.coding.overrides import standing_overrides
from warehouse.coding.rows import put_in_portions
from warehouse.database.frames import Connection, log

FORESEEN_DAYS = 2200
"""Six years: by then no event of today weighs anything any more, and the change rules have caught up."""


def compute_timelines(connection: Connection, coding: Coding) -> int:
    """``risk.steps``, ``risk.forecast``, ``risk.point_steps``.  Returns the number of forecast rows."""
    log.info("foreseeing codes")

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        path = path_of(connection, portion, days=FORESEEN_DAYS)
        tables = forecast(path), facts(path), point_steps(path, coding.as_of)
        return tuple(_stamped(table, coding) for table in tables)

    return put_in_portions(connection, ("risk.forecast", "risk.steps", "risk.point_steps"), coding, made)


def path_of(connection: Connection, coding: Coding, *, days: int = 0) -> Path:
    """The path of the codes from the coded day over some more days; writes nothing."""
    parts = list(paths_of(connection, coding, days=days))
    return Path(*(pl.concat(getattr(one, name) for one in parts) for name in ("steps", "points", "codes")))


def paths_of(connection: Connection, coding: Coding, *, days: int = 0) -> Iterator[Path]:
    """The same in portions of enterprises, in their order."""
    last = coding.as_of + timedelta(days=days)
    return paths_between(connection, coding, coding.as_of, last, coding.in_force)


def paths_between(
    connection: Connection, coding: Coding, first: date, last: date, rules: Sequence[InForce]
) -> Iterator[Path]:
    """The paths of the codes over some days, by the rules of those days, in portions of enterprises."""
    span = remembered(first, last, coding.known_at, rules)
    overrides = standing_overrides(connection, coding)
    for rows in portions(connection, coding.extract):
        yield code_path(rows.judged(span, rules), first=first, last=last, rules=rules, overrides=overrides)


def facts(path: Path) -> pl.DataFrame:
    """What the facts say by themselves, one row per stretch of days on which they say the same."""
    said = ("score", "rank", "is_provisional", "decided_by")
    rows = path.steps.select("enterprise_id", "as_of", *said)
    return _spans(changed(rows, *said)).with_columns(code_name(pl.col("rank")).alias("code")).drop("rank")


def forecast(path: Path) -> pl.DataFrame:
    """The code from the coded day on, one row per change, and what decides it on the day it begins."""
    said = path.steps.select("enterprise_id", "as_of", "score", fact="rank", by="decided_by").sort("as_of")
    codes = path.codes.sort("as_of")
    rows = codes.join_asof(said, on="as_of", by="enterprise_id", check_sortedness=False)
    rows = rows.sort("enterprise_id", "as_of").with_columns(decided_by=deciding())
    shown = changed(rows.select("enterprise_id", "as_of", "rank", "score", "decided_by"), "rank")
    return _spans(shown).with_columns(code_name(pl.col("rank")).alias("code")).drop("rank")


def point_steps(path: Path, as_of: date) -> pl.DataFrame:
    """Every coming change of a factor's points: ``enterprise_id``, ``factor``, ``changes_on``, ``points``."""
    coming = path.points.filter(pl.col("as_of") > day_number(as_of))
    return coming.select("enterprise_id", "factor", changes_on=pl.from_epoch("as_of", "d"), points="points")


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``valid_from`` and ``valid_to`` (the day the next one begins) instead of ``as_of``."""
    begins = pl.from_epoch("as_of", "d")
    ends = pl.from_epoch(until("as_of", day_number(date.max)), "d")
    told = pl.exclude("enterprise_id", "as_of")
    return rows.select("enterprise_id", begins.alias("valid_from"), ends.alias("valid_to"), told)


def _stamped(frame: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    return frame.with_columns(as_of=pl.lit(coding.as_of))
