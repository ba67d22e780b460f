"""Scenarios: what becomes of a code when some acts are done today.

Nothing is folded a second time: an act is a change of levels on the coming days.  Acts of different kinds change
different levels, so what each adds is added up; only findings are counted, because several of them make one level.
Before today all scenarios of an enterprise are the enterprise itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.changes import Waiting, paths
from models.coding.path import overridden
from models.coding.stretches import until
from models.coding.timeline import Book, InForce, Span
from models.coding.verdicts import SCORE
from models.counterfactuals.acts import CLOSE
from models.features.acts import CHANGED, RECHECK, Slot
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
    """The coded day, the day of knowledge, the rules by day, and standing overrides: as ``folded_path``."""

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


Ints = NDArray[np.int64]
_MOST = 20_000
"""Scenarios that are judged at once."""


@dataclass(frozen=True)
class Window:
    """The coming days under one rule book, of enterprises in their order.

    ``score``, ``mask``: of everything but findings, if nothing is done (enterprises × days).  ``done``: by act, what it
    adds to both.  ``counts``: of every slot (``models.features.acts``), without and with a clean visit today
    (2 × enterprises × slots × days).  ``closings``: of one finding of each block, what putting it right adds to those
    counts (2 × blocks × slots × days).
    """

    book: Book
    slots: Sequence[Slot]
    score: Ints
    mask: Ints
    done: Mapping[str, tuple[Ints, Ints]]
    counts: Ints
    closings: Ints

    def judged(self, firms: Ints, does: Mapping[str, NDArray[np.bool_]], closed: "Closed") -> pl.DataFrame:
        """What the facts say of scenarios, one row per scenario (``f``) and day on which any number changes."""
        score, mask = self.score[firms], self.mask[firms]
        for act, (more, bits) in self.done.items():
            score += np.where(does[act][:, None], more[firms], 0)
            mask += np.where(does[act][:, None], bits[firms], 0)
        visited = does[RECHECK].astype(np.int64)
        counts = self.counts[visited, firms]
        if len(closed.scenario):
            more = self.closings[visited[closed.scenario], closed.block] * closed.count[:, None, None]
            np.add.at(counts, closed.scenario, more)
        reading, values = self.book.reading, self._values(counts)
        turns = np.zeros(score.shape, bool)
        turns[:, 0] = True
        for one in (score, mask, *values.values()):
            turns[:, 1:] |= one[:, 1:] != one[:, :-1]
        at, day = np.nonzero(turns)
        rows = pl.DataFrame({"f": at, "day": self.book.first + day, SCORE: score[turns], "mask": mask[turns]})
        told = pl.DataFrame({name: value[turns] for name, value in values.items()})
        for name in values:
            said = told.select(reading.said(name))
            points = [factor.name for factor in reading.factors(name)]
            rows = rows.with_columns(
                (
                    pl.col(SCORE)
                    + said.select(pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *points)).to_series()
                ).alias(SCORE),
                pl.col("mask") + said["mask"],
            )
        return reading.judged(rows).with_columns(rules=pl.lit(self.book.position, dtype=pl.Int64))

    def _values(self, counts: Ints) -> dict[str, Ints]:
        """The features of findings, from the counts of their slots (scenarios × slots × days)."""
        values: dict[str, Ints] = {}
        for at, slot in enumerate(self.slots):
            mine = counts[:, at]
            part = mine if slot.worth is None else (mine > 0) * slot.worth
            values[slot.feature] = values[slot.feature] + part if slot.feature in values else part
        return values


@dataclass(frozen=True)
class Closed:
    """Findings that are put right: in which scenario, of which block, and how many."""

    scenario: Ints
    block: Ints
    count: Ints


@dataclass(frozen=True)
class Scenarios:
    """What it takes to run scenarios of some enterprises.

    ``today``: ``enterprise_id``, sorted, ``rank`` of the code today, ``target`` (days since 1970-01-01).  ``blocks``:
    of each enterprise by the number of a block, the act, and where it is a finding the number of it in ``closings``.
    ``before``: what the change rules remember of the evening before.  ``windows``: the coming days.
    """

    asked: Asked
    today: pl.DataFrame
    blocks: Mapping[str, Sequence[tuple[str, int]]]
    before: Waiting | None
    windows: Sequence[Window]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {enterprise: at for at, enterprise in enumerate(self.today["enterprise_id"])}

    def promises(self, sets: Collection[ActSet]) -> dict[ActSet, Promise | None]:
        """What each set of acts brings; ``None`` where it does not work."""
        listed = sorted(set(sets))
        found: dict[ActSet, Promise | None] = {}
        for at in range(0, len(listed), _MOST):
            found |= self._promises(listed[at : at + _MOST])
        return found

    def waiting_promises(self) -> dict[str, Promise]:
        """Enterprises for which waiting is enough."""
        idle = self.promises(
            [(one, (0,) * len(self.blocks.get(one, ()))) for one in self.today["enterprise_id"]]
        )
        return {enterprise: promise for (enterprise, _), promise in idle.items() if promise}

    def _promises(self, listed: Sequence[ActSet]) -> dict[ActSet, Promise | None]:
        firms = np.array([self._place[enterprise] for enterprise, _ in listed], np.int64)
        does = {act: np.zeros(len(listed), bool) for act in CHANGED}
        closed: list[tuple[int, int, int]] = []
        for number, (enterprise, counts) in enumerate(listed):
            for (act, block), count in zip(self.blocks.get(enterprise, ()), counts, strict=True):
                if count and act == CLOSE:
                    closed.append((number, block, count))
                elif count:
                    does[act][number] = True
        each = Closed(*np.array(closed, np.int64).reshape(-1, 3).T)
        steps = pl.concat(one.judged(firms, does, each) for one in self.windows).rename(
            {"f": "enterprise_id"}
        )
        codes = self._codes(steps.sort("enterprise_id", "as_of"), firms)
        scenarios = self.today[firms].with_columns(scenario=pl.int_range(pl.len(), dtype=pl.Int64))
        found = kept(codes.rename({"enterprise_id": "scenario"}), scenarios, self.asked)
        by_scenario = {number: Promise(day, rank) for number, day, rank in found.iter_rows()}
        return {one: by_scenario.get(number) for number, one in enumerate(listed)}

    def _codes(self, steps: pl.DataFrame, firms: Ints) -> pl.DataFrame:
        """Paths of scenarios: ``enterprise_id`` (of the scenario), ``as_of``, ``rank``."""
        asked, before = self.asked, self.before
        of = before and Waiting(before.code[firms], before.better[firms], before.clearly[firms])
        held = paths(steps, asked.changes, last=day_number(asked.span.last), before=of)
        given = None
        if asked.overrides is not None:
            mine = self.today[firms].select("enterprise_id", scenario=pl.int_range(pl.len(), dtype=pl.Int64))
            given = asked.overrides.join(mine, on="enterprise_id").drop("enterprise_id")
            given = given.rename({"scenario": "enterprise_id"})
        return overridden(held, steps, given).select("enterprise_id", "as_of", "rank")


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


def code_of(rank: int) -> str:
    """Lower-case name of the code of a rank."""
    return CODE_KEYS[rank]
