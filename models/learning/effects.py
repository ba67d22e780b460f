"""What a card changes for today's enterprises before anybody puts it in force: work, and codes by sector and size."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from models.coding.shrinkage import cell
from models.coding.verdicts import all_hold
from models.planning.crews.capacity import Capacity
from models.policy import CodePolicy
from models.vocabulary import CODE_KEYS

RED = "red"
KINDS = ("sector", "size")
"""What enterprises are grouped by."""

Counts = Mapping[str, int]
"""Enterprises by code."""


@dataclass(frozen=True)
class GroupCodes:
    """Enterprises of a group by code, now and then."""

    kind: str
    group: str
    now: Counts
    then: Counts

    @property
    def enterprises(self) -> int:
        """How many enterprises the group has."""
        return sum(self.now.values())


@dataclass(frozen=True)
class Effects:
    """What would change on a day, were the card in force; codes are those of the facts, before the change rules.

    ``red_now``, ``red_then``: RED enterprises that operate, each owed a special inspection.  ``newly_red``,
    ``no_longer_red``: what leads from one to the other.  ``red_by_rule``: those a legal rule makes RED whatever the
    points.  ``capacity``: special inspections the crews can make in the days given for one; unknown without a roster.
    ``groups``: by sector and size class.
    """

    on: str
    red_now: int
    red_then: int
    newly_red: int
    no_longer_red: int
    red_by_rule: int
    capacity: Capacity | None
    groups: tuple[GroupCodes, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, readable as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Effects":
        """Read back what ``to_dict`` wrote."""
        plain: dict[str, Any] = {**data, "groups": tuple(GroupCodes(**one) for one in data["groups"])}
        plain["capacity"] = Capacity(**data["capacity"]) if data["capacity"] else None
        return cls(**plain)


def effects(
    rows: pl.DataFrame,
    now: pl.Series,
    then: pl.Series,
    *,
    codes: CodePolicy,
    closed: frozenset[str],
    capacity: Capacity | None,
    on: date,
) -> Effects:
    """Codes of the same enterprises (features of a day) under the card in force and under another one.

    ``closed``: enterprises that no longer operate, which nobody visits.
    """
    coded = rows.with_columns(
        now.alias("now"), then.alias("then"), by_rule(codes), size=cell().str.split("/").list.last()
    )
    operating = coded.filter(~pl.col("enterprise_id").is_in(sorted(closed)))
    was, is_ = pl.col("now") == RED, pl.col("then") == RED
    counted = operating.select(
        red_now=was.sum(),
        red_then=is_.sum(),
        newly_red=(is_ & ~was).sum(),
        no_longer_red=(was & ~is_).sum(),
        red_by_rule=pl.col(BY_RULE).sum(),
    ).row(0, named=True)
    groups = tuple(one for kind in KINDS for one in _groups(coded, kind))
    return Effects(on=str(on), **counted, capacity=capacity, groups=groups)


BY_RULE = "by_rule"


def by_rule(codes: CodePolicy) -> pl.Expr:
    """Whether a rule of the pack makes a row RED whatever its points."""
    held = [all_hold(rule.when) for rule in codes.rules if rule.code == RED]
    return pl.any_horizontal([pl.lit(value=False), *held]).alias(BY_RULE)


def _groups(coded: pl.DataFrame, kind: str) -> list[GroupCodes]:
    """Groups of a kind, the largest first."""
    parts = coded.with_columns(pl.col(kind).fill_null("unknown")).group_by(kind)
    found = [
        GroupCodes(kind, str(name), _counts(part["now"]), _counts(part["then"])) for (name,), part in parts
    ]
    return sorted(found, key=lambda one: (-one.enterprises, one.group))


def _counts(codes: pl.Series) -> Counts:
    return {key: int((codes == key).sum()) for key in CODE_KEYS}
