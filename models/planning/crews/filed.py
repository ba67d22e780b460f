"""What is really filed (D1): which visits stand on which day with whom, and which authorities file at all.

An authority of which no filing is on record is taken to have filed what was planned for the next working days, as
``policy.visiting.filed_working_days`` says; of one that files only what it filed stands.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from models.planning.crews.bench import Bench
from models.planning.crews.crews import Authority, at_division, at_level
from models.planning.situation import Situation
from models.policy import PlanningPolicy

CANCELLED = "cancelled"
_HOME = ["at_level", "at_division"]


def with_filings(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits (``at_level``, ``at_division``) with what is filed of them.

    ``filed_on`` and ``sent``: day and people as filed, empty where nothing stands; ``is_called_off``: all that was
    filed of it was cancelled; ``files``: its authority files.  Of several filings of a visit that stand, the one for
    the latest day counts.
    """
    told = now.filings.drop_nulls("visit_id").with_columns(stands=pl.col("state") != CANCELLED)
    of_visits = (
        told.sort("stands", "planned_on", pl.col("officers").list.join(";"), descending=True)
        .unique(["enterprise_id", "visit_id"], keep="first", maintain_order=True)
        .select(
            "enterprise_id",
            "visit_id",
            filed_on=pl.when("stands").then("planned_on"),
            sent=pl.when("stands").then("officers"),
            is_called_off=~pl.col("stands"),
        )
    )
    firms = now.firms.select("enterprise_id", at_level(policy), at_division(policy))
    files = (
        now.filings.select("enterprise_id").unique().join(firms, on="enterprise_id").select(_HOME).unique()
    )
    return (
        visits.join(of_visits, on=["enterprise_id", "visit_id"], how="left", maintain_order="left")
        .join(files.with_columns(files=True), on=_HOME, how="left", maintain_order="left")
        .with_columns(pl.col("files", "is_called_off").fill_null(value=False))
    )


def kept_as_filed(visits: pl.DataFrame, own: Mapping[Authority, Bench], now: Situation) -> pl.DataFrame:
    """Visits that are filed on their day (``filed_day``, an index), with the crew of the bench that holds who is sent.

    Neither the days the law leaves nor the crew drawn move what is filed.  Where nobody of the bench is that crew, the
    visit keeps its day if it can.
    """
    if visits["filed_day"].is_null().all():
        return visits.drop("filed_day", "sent")
    names = _names(now)
    crews = [
        None if day is None else _crew_of(own[level, division], day, _people(sent, names))
        for level, division, day, sent in visits.select(*_HOME, "filed_day", "sent").iter_rows()
    ]
    found, day = pl.Series("found", crews, dtype=pl.String), pl.col("filed_day")
    is_found = pl.col("found").is_not_null()
    return (
        visits.with_columns(found)
        .with_columns(
            kept_crew=pl.coalesce("found", "kept_crew"),
            crew_id=pl.when(~is_found).then("crew_id"),
            first=pl.when(is_found).then(pl.min_horizontal("first", day)).otherwise("first"),
            last=pl.when(is_found).then(pl.max_horizontal("last", day)).otherwise("last"),
        )
        .drop("found", "filed_day", "sent")
    )


def _crew_of(bench: Bench, day: int, sent: set[str]) -> str | None:
    """The crew of a day that those who are sent belong to."""
    return next((crew.crew_id for crew in bench.crews[day] if sent and sent <= {*crew.officers}), None)


def filed_crews(now: Situation, policy: PlanningPolicy) -> dict[tuple[Authority, date], list[list[str]]]:
    """People who are filed to go out together, by authority of the enterprise and day still to come."""
    if now.filings.is_empty():
        return {}
    names = _names(now)
    firms = now.firms.select("enterprise_id", at_level(policy), at_division(policy))
    ahead = now.filings.filter((pl.col("state") != CANCELLED) & (pl.col("planned_on") > now.as_of))
    found: dict[tuple[Authority, date], set[tuple[str, ...]]] = {}
    for level, division, day, sent in (
        ahead.join(firms, on="enterprise_id").select(*_HOME, "planned_on", "officers").iter_rows()
    ):
        people = tuple(sorted(_people(sent, names)))
        found.setdefault(((level, division), day), set()).add(people)
    return {place: [list(one) for one in sorted(sent)] for place, sent in found.items()}


def _people(sent: Iterable[str], names: Mapping[str, str]) -> set[str]:
    return {names.get(one) or one for one in sent}


def _names(now: Situation) -> dict[str, str]:
    """Numbers of persons by their name, where one person alone has it and nobody's number is written so."""
    alone = now.officers.filter(
        pl.col("name").is_unique() & ~pl.col("name").is_in(pl.col("officer_id").implode())
    )
    return dict(alone.select("name", "officer_id").iter_rows())
