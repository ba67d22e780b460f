"""What became of a delivery, and whether each difference to the good one is named with file and place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import polars as pl

from models.errors import RiskcodeError
from models.policy import PolicyOnDay, load_policy
from tests.mangling.city import Delivery
from tests.worlds.deliveries import TODAY, deliver, judged, warehouse
from warehouse.coding.coding import Coding
from warehouse.coding.timelines import path_of
from warehouse.intake.judged import Judged
from warehouse.intake.take_in import take_in

WHOLE = 0
"""The line of a refusal that is about a whole file."""
Code = tuple[int, int]
"""Rank of the code, and points: they tell a changed fact where the code is the same by chance."""


@dataclass(frozen=True)
class Damage:
    """Where a delivery was damaged, as a remark would have to say it.

    ``file`` is the name that must be told, or the ``other`` of two; ``words`` of which a remark must hold one (none:
    the name is enough).  Refused rows count where they are about the enterprise in question; at ``lines`` they count
    for all: there a file breaks off.
    """

    file: str
    words: tuple[str, ...] = ()
    lines: frozenset[int] = frozenset()
    other: str = ""

    def told_by(self, remark: str) -> bool:
        """Whether a remark names file and place."""
        names = [name for name in (self.file, self.other) if name and name in remark]
        rest = remark.replace(self.file, "")
        return bool(names) and (
            not self.words or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", rest) for word in self.words)
        )


@dataclass
class Outcome:
    """What a delivery came to: the rows of each enterprise, its codes, and what was said.

    ``lines``: by file, whom each line is about.
    """

    found: Judged | None
    remarks: set[str]
    lines: Mapping[str, Mapping[int, str | None]] = field(default_factory=dict)

    @property
    def refused(self) -> set[tuple[str, int, str]]:
        """Refused rows and cells, so far: file, line and rules.  Taking in refuses what contradicts other rows."""
        if self.found is None:
            return set()
        rejects = pl.concat([self.found.rejects, self.found.cells])
        return set(rejects.select("file", "line", "rules").iter_rows())

    @cached_property
    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        """Accepted rows of each enterprise, without where they stood."""
        rows: dict[str, set[tuple[Any, ...]]] = {}
        for name, frame in (self.found.accepted if self.found else {}).items():
            told = frame.drop("delivery_id", "source_file", "source_line")
            for row in told.iter_rows(named=True):
                rows.setdefault(row["enterprise_id"], set()).add((name, *row.values()))
        return rows

    @cached_property
    def codes(self) -> dict[str, Code]:
        """The code of every enterprise: taken in and coded in a warehouse of its own."""
        if self.found is None:
            return {}
        connection = warehouse()
        take_in(connection, self.found, received_on=TODAY)
        path = path_of(connection, Coding(TODAY, TODAY, _policy()))
        connection.close()
        ranks = path.codes.filter(pl.col("as_of") == TODAY).select("enterprise_id", "rank")
        points = path.steps.filter(pl.col("as_of") <= TODAY).sort("as_of").group_by("enterprise_id").last()
        both = ranks.join(points.select("enterprise_id", "score"), on="enterprise_id")
        return {enterprise: (rank, score) for enterprise, rank, score in both.iter_rows()}


def outcome_of(delivery: Delivery, folder: Path) -> Outcome:
    """Judge a delivery; it is taken in and coded when its codes are asked for."""
    deliver(folder, delivery.written())
    try:
        found = judged(folder, delivery.mapping)
    except RiskcodeError as error:
        return Outcome(None, {str(error)})
    return Outcome(found, set(found.remarks()), {one.name: one.lines() for one in delivery.files.values()})


@cache
def _policy() -> PolicyOnDay:
    return load_policy().on(TODAY)


def silent_differences(good: Outcome, bad: Outcome, damage: Damage) -> list[str]:
    """Enterprises whose code is another one, or gone, and nothing new says why.

    The code of an enterprise follows from its own rows, so only where some of them changed unnamed are codes asked for.
    """
    changed = {one for one in {*good.rows, *bad.rows} if good.rows.get(one) != bad.rows.get(one)}
    if not changed or is_named(good, bad, damage):
        return []
    if not changed - named_enterprises(good, bad):
        return []
    differ = {one for one in changed if good.codes.get(one) != bad.codes.get(one)}
    return [] if is_named(good, bad, damage) else sorted(differ - named_enterprises(good, bad))


def is_named(good: Outcome, bad: Outcome, damage: Damage) -> bool:
    """Whether something that was not said of the good delivery names the damage with its file and place."""
    refused = {(file, line) for file, line, _ in bad.refused - good.refused}
    names, lines = (damage.file, damage.other), (WHOLE, *damage.lines)
    told = any((name, line) in refused for name in names for line in lines)
    return told or any(damage.told_by(remark) for remark in bad.remarks - good.remarks)


def named_enterprises(good: Outcome, bad: Outcome) -> set[str | None]:
    """Enterprises of rows that are refused as they were not in the good delivery."""
    return {bad.lines.get(file, {}).get(line) for file, line, _ in bad.refused - good.refused}
