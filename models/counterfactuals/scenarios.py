"""Scenarios: what becomes of a code when some acts are done today.

A scenario takes an enterprise's place in the fold of many.  Only the days from today on are folded: before them all
scenarios of an enterprise are the enterprise itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from models.coding.changes import paths
from models.coding.path import Path, code_path, on_day
from models.coding.stretches import changed, until
from models.coding.timeline import InForce, Span, judged_steps
from models.counterfactuals.acts import done
from models.features import Events
from models.policy import ChangeRules, PolicyOnDay
from models.vocabulary import CODE_KEYS, day_number

Counts = tuple[int, ...]
"""How many acts of each block are done."""
ActSet = tuple[str, Counts]
"""Acts of one enterprise."""


class Promise(NamedTuple):
    """From ``day`` (days since 1970-01-01) the code is better, and has this rank."""

    day: int
    rank: int


@dataclass(frozen=True)
class Asked:
    """The coded day, the day of knowledge, the rules by day, and standing overrides: as ``code_path``."""

    as_of: date
    known_at: date
    rules: Sequence[InForce]
    overrides: pl.DataFrame | None = None

    @property
    def policy(self) -> PolicyOnDay:
        """Policy in force on the coded day."""
        return [one.policy for one in self.rules if one.since <= self.as_of][-1]

    @property
    def dwell_days(self) -> tuple[int, int, int, int]:
        """Dwell of each code, by rank; nothing is better than GREEN."""
        days = self.policy.codes.change.dwell_days
        return 0, days.blue, days.yellow, days.red

    @property
    def span(self) -> Span:
        """From the coded day to the latest target day."""
        return Span(self.as_of, self.as_of + timedelta(days=max(self.dwell_days)), self.known_at)

    @property
    def changes(self) -> list[ChangeRules]:
        """Change rules by position in ``rules``."""
        return [one.policy.codes.change for one in self.rules]


@dataclass(frozen=True)
class Scenarios:
    """What it takes to run scenarios of some enterprises.

    ``events``: theirs, known, in memory.  ``past``: what was judged before the coded day (``changes.paths``).
    ``today``: ``enterprise_id``, ``rank`` of the code today, ``target`` (days since 1970-01-01).  ``waiting``: the path
    of each if nothing is done.
    """

    asked: Asked
    events: Events
    acts: pl.DataFrame
    past: pl.DataFrame
    today: pl.DataFrame
    waiting: pl.DataFrame

    def promises(self, sets: Collection[ActSet]) -> dict[ActSet, Promise | None]:
        """What each set of acts brings; ``None`` where it does not work."""
        listed = sorted(set(sets))
        if not listed:
            return {}
        scenarios = _numbered(listed).join(self.today, on="enterprise_id", maintain_order="left")
        chosen = _chosen(listed, self.acts)
        given = overridden_among(self.asked.overrides)
        plain = scenarios.join(given, on="enterprise_id", how="anti")
        decided = scenarios.join(given, on="enterprise_id", how="semi")
        codes = pl.concat(
            way(part, chosen)
            for part, way in ((plain, self._codes), (decided, self._codes_under_overrides))
            if not part.is_empty()
        )
        found = kept(codes.rename({"enterprise_id": "scenario"}), scenarios, self.asked)
        by_scenario = {number: Promise(day, rank) for number, day, rank in found.iter_rows()}
        return {one: by_scenario.get(number) for number, one in enumerate(listed)}

    def waiting_promises(self) -> dict[str, Promise]:
        """Enterprises for which waiting is enough."""
        numbered = self.today.with_columns(scenario=pl.col("enterprise_id"))
        found = kept(self.waiting.rename({"enterprise_id": "scenario"}), numbered, self.asked)
        return {enterprise: Promise(day, rank) for enterprise, day, rank in found.iter_rows()}

    def _codes(self, scenarios: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
        """Paths of scenarios: ``enterprise_id`` (of the scenario), ``as_of``, ``rank``."""
        span, asked = self.asked.span, self.asked
        steps = judged_steps(self._done(scenarios, chosen), span, asked.rules).select(
            "enterprise_id", *_FACTS
        )
        past = self.past.join(scenarios, on="enterprise_id").select(
            pl.col("scenario").alias("enterprise_id"), *_FACTS
        )
        whole = pl.concat([past, steps]).sort("enterprise_id", "as_of")
        held = paths(whole, asked.changes, last=day_number(span.last))
        return held.rename({"held_rank": "rank"})

    def _codes_under_overrides(self, scenarios: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
        """As ``_codes`` where a person decided; so rare that the whole past may be folded again."""
        asked = self.asked
        assert asked.overrides is not None
        given = asked.overrides.join(scenarios.select("enterprise_id", "scenario"), on="enterprise_id")
        path = code_path(
            self._done(scenarios, chosen),
            first=asked.as_of,
            last=asked.span.last,
            known_at=asked.known_at,
            rules=asked.rules,
            overrides=given.drop("enterprise_id").rename({"scenario": "enterprise_id"}),
        )
        return path.codes.select("enterprise_id", "as_of", "rank")

    def _done(self, scenarios: pl.DataFrame, chosen: pl.DataFrame) -> Events:
        acts = chosen.join(scenarios.select("scenario"), on="scenario", how="semi")
        return done(self.events, scenarios, acts, self.asked.span)


_FACTS = ("as_of", "rank", "near_rank", "rules")


def overridden_among(overrides: pl.DataFrame | None) -> pl.DataFrame:
    """``enterprise_id`` of those a person decided about."""
    empty = pl.DataFrame(schema={"enterprise_id": pl.String})
    return empty if overrides is None else overrides.select("enterprise_id").unique()


def _numbered(sets: Sequence[ActSet]) -> pl.DataFrame:
    ids = [enterprise for enterprise, _ in sets]
    numbers = pl.Series("scenario", range(len(sets)), dtype=pl.Int64)
    return pl.DataFrame([numbers, pl.Series("enterprise_id", ids, dtype=pl.String)])


def _chosen(sets: Sequence[ActSet], acts: pl.DataFrame) -> pl.DataFrame:
    """The acts of every set: of a block the first ones, which stand for any others of it."""
    rows = [
        (number, enterprise, block, count)
        for number, (enterprise, counts) in enumerate(sets)
        for block, count in enumerate(counts)
        if count
    ]
    schema = {"scenario": pl.Int64, "enterprise_id": pl.String, "block": pl.Int64, "count": pl.Int64}
    wanted = pl.DataFrame(rows, schema=schema, orient="row")
    return acts.join(wanted, on=["enterprise_id", "block"]).filter(pl.col("place") < pl.col("count"))


def kept(codes: pl.DataFrame, scenarios: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Scenarios that work: ``scenario``, ``day`` and ``rank`` of what is promised.

    ``codes``: ``scenario``, ``as_of``, ``rank``, one row per change, sorted.  ``scenarios``: ``scenario``, the
    ``rank`` of the code today and the ``target`` day.
    """
    now = day_number(asked.as_of)
    ends = until("as_of", day_number(date.max), of="scenario")
    rows = codes.select("scenario", "as_of", "rank", ends=ends)
    rows = rows.join(scenarios.select("scenario", "target", today="rank"), on="scenario")
    rows = rows.filter(
        pl.col("as_of") <= pl.col("target"), pl.col("ends") > now, pl.col("rank") < pl.col("today")
    )
    lasts = (pl.col("ends") > pl.col("target")).any().over("scenario")
    better = (
        rows.filter(lasts).sort("scenario", "as_of").unique("scenario", keep="first", maintain_order=True)
    )
    return better.select("scenario", day=pl.max_horizontal("as_of", pl.lit(now)), rank="rank")


def prepare(events: Events, acts: pl.DataFrame, asked: Asked) -> Scenarios:
    """The past and present of the enterprises in ``events``, from which scenarios start."""
    path = code_path(
        events,
        first=asked.as_of,
        last=asked.span.last,
        known_at=asked.known_at,
        rules=asked.rules,
        overrides=asked.overrides,
    )
    now = day_number(asked.as_of)
    dwell = pl.col("rank").replace_strict(dict(enumerate(asked.dwell_days)), return_dtype=pl.Int64)
    today = on_day(path.codes, now).select("enterprise_id", "rank", target=now + dwell)
    return Scenarios(asked, events, acts, _past(path, now), today, path.codes)


def _past(path: Path, now: int) -> pl.DataFrame:
    rows = path.steps.filter(pl.col("as_of") < now).select("enterprise_id", *_FACTS)
    return changed(rows, "rank", "near_rank", "rules")


def code_of(rank: int) -> str:
    """Lower-case name of the code of a rank."""
    return CODE_KEYS[rank]
