"""What time will do: the facts of every enterprise as step functions, its coming codes, and when each point goes.

``risk.steps`` holds what the facts say on every day from as far back as the change rules remember to as far ahead as
anything on record still counts; ``risk.forecast`` the codes that follow, from the coded day on; ``risk.point_steps``
every coming change of a factor's points.  All three say what happens if nothing new is learnt.
"""

from datetime import date, timedelta

import polars as pl

from models.coding.path import Path, code_path, deciding, on_day
from models.coding.stretches import changed, until
from models.coding.verdicts import code_name
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.engines import read_events
from warehouse.coding.overrides import standing_overrides
from warehouse.coding.rows import put
from warehouse.database.frames import Connection, log

FORESEEN_DAYS = 2200
"""Six years: by then no event of today weighs anything any more, and the change rules have caught up."""


def compute_timelines(connection: Connection, coding: Coding) -> int:
    """``risk.steps``, ``risk.forecast``, ``risk.point_steps``.  Returns the number of forecast rows."""
    log.info("foreseeing codes")
    path = path_of(connection, coding, days=FORESEEN_DAYS)
    put(connection, "risk.steps", _stamped(facts(path), coding), coding)
    put(connection, "risk.point_steps", _stamped(point_steps(path, coding.as_of), coding), coding)
    return put(connection, "risk.forecast", _stamped(forecast(path), coding), coding)


def path_of(connection: Connection, coding: Coding, *, days: int = 0) -> Path:
    """The path of the codes from the coded day over some more days; writes nothing."""
    return code_path(
        read_events(connection, coding.extract),
        first=coding.as_of,
        last=coding.as_of + timedelta(days=days),
        known_at=coding.known_at,
        rules=coding.in_force,
        overrides=standing_overrides(connection, coding),
    )


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
    today = day_number(as_of)
    factors = [name for name in path.steps.columns if name.startswith("points:")]
    rows = pl.concat(
        [
            on_day(path.steps, today).select("enterprise_id", "as_of", *factors),
            path.steps.filter(pl.col("as_of") > today).select("enterprise_id", "as_of", *factors),
        ]
    ).sort("enterprise_id", "as_of")
    parts: list[pl.DataFrame] = []
    for name in factors:
        # A factor that a later rule book no longer has gives nothing from then on.
        points = rows.select("enterprise_id", "as_of", points=pl.col(name).fill_null(0))
        is_change = ~pl.col("enterprise_id").is_first_distinct()
        moved = changed(points, "points").filter(is_change)
        parts.append(moved.with_columns(factor=pl.lit(name.removeprefix("points:"))))
    return (
        pl.concat(parts)
        .select(
            "enterprise_id",
            "factor",
            changes_on=pl.from_epoch("as_of", "d"),
            points="points",
        )
        .sort("enterprise_id", "factor", "changes_on")
    )


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``valid_from`` and ``valid_to`` (the day the next one begins) instead of ``as_of``."""
    begins = pl.from_epoch("as_of", "d")
    ends = pl.from_epoch(until("as_of", day_number(date.max)), "d")
    told = pl.exclude("enterprise_id", "as_of")
    return rows.select("enterprise_id", begins.alias("valid_from"), ends.alias("valid_to"), told)


def _stamped(frame: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    return frame.with_columns(as_of=pl.lit(coding.as_of))
