"""What became of a delivery, and whether each difference to the good one is named with file and place."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polars as pl

from models.errors import RiskcodeError
from models.policy import PolicyOnDay, load_policy
from tests.mangling.city import TODAY, Delivery
from tests.worlds.deliveries import deliver, judged, warehouse
from warehouse.coding.coding import Coding
from warehouse.coding.timelines import path_of
from warehouse.intake.judged import Judged
from warehouse.intake.take_in import take_in

WHOLE = 0
"""The line of a refusal that is about a whole file."""


@dataclass(frozen=True)
class Damage:
    """Where a delivery was damaged, as a remark would have to say it.

    ``file`` is the name that must be told; ``words`` of which a remark must hold one (none: the name is enough).
    Refused rows count where they are about the enterprise in question; at ``lines`` they count for all: there a file
    breaks off.
    """

    file: str
    words: tuple[str, ...] = ()
    lines: frozenset[int] = frozenset()


@dataclass
class Outcome:
    """What a delivery came to: rank of the code and points of each enterprise, and what was said of it.

    Points are compared as well: they tell a changed fact where the code is the same by chance.
    """

    codes: dict[str, tuple[int, int]]
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)
    refused: set[tuple[str, int, str]] = field(default_factory=set)
    remarks: set[str] = field(default_factory=set)


def outcome_of(delivery: Delivery, folder: Path, known: Collection[Outcome] = ()) -> Outcome:
    """Judge, take in and code a delivery.  A ``known`` outcome with the same accepted rows has the same codes."""
    deliver(folder, delivery.written())
    try:
        found = judged(folder, delivery.mapping)
    except RiskcodeError as error:
        return Outcome({}, remarks={str(error)})
    rows = {name: _content(frame) for name, frame in found.accepted.items()}
    same = next((one for one in known if _are_same(one.rows, rows)), None)
    codes = same.codes if same else _codes(found)
    rejects = pl.concat([found.rejects, found.cells])
    refused = set(rejects.select("file", "line", "rules").iter_rows())
    return Outcome(codes, rows, refused, set(found.remarks()))


def _content(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows without where they stood, in an order of their own."""
    return frame.drop("delivery_id", "source_file", "source_line").sort(pl.all())


def _are_same(one: Mapping[str, pl.DataFrame], other: Mapping[str, pl.DataFrame]) -> bool:
    names = {name for rows in (one, other) for name, frame in rows.items() if frame.height}
    return all(name in one and name in other and one[name].equals(other[name]) for name in names)


def _codes(found: Judged) -> dict[str, tuple[int, int]]:
    connection = warehouse()
    take_in(connection, found, received_on=TODAY)
    path = path_of(connection, Coding(TODAY, TODAY, _policy()))
    connection.close()
    ranks = path.codes.filter(pl.col("as_of") == TODAY).select("enterprise_id", "rank")
    points = path.steps.filter(pl.col("as_of") <= TODAY).sort("as_of").group_by("enterprise_id").last()
    both = ranks.join(points.select("enterprise_id", "score"), on="enterprise_id")
    return {enterprise: (rank, score) for enterprise, rank, score in both.iter_rows()}


@cache
def _policy() -> PolicyOnDay:
    return load_policy().on(TODAY)


def silent_differences(
    good: Outcome, bad: Outcome, damage: Damage, lines: Mapping[str, Mapping[int, str | None]]
) -> list[str]:
    """Enterprises whose code is another one, or gone, and nothing new says why.

    ``lines``: by file, whom each line of the damaged delivery is about.
    """
    differs = {one for one in {*good.codes, *bad.codes} if good.codes.get(one) != bad.codes.get(one)}
    if not differs:
        return []
    refused = bad.refused - good.refused
    if any(file == damage.file and line in {WHOLE, *damage.lines} for file, line, _ in refused):
        return []
    if any(_names(remark, damage) for remark in bad.remarks - good.remarks):
        return []
    told = {lines.get(file, {}).get(line) for file, line, _ in refused}
    return sorted(differs - told)


def _names(remark: str, damage: Damage) -> bool:
    if damage.file not in remark:
        return False
    rest = remark.replace(damage.file, "")
    return not damage.words or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", rest) for word in damage.words)
