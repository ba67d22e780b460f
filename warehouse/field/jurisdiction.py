"""Whose visits somebody sees, and for which authority somebody acts (P1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, true

from models.places import LONGER, place_of

READERS: Final = frozenset({"inspector", "leader", "analyst", "auditor"})
"""Roles that see visits; who keeps users alone does not."""


@dataclass(frozen=True)
class Authority:
    """An authority: its level, and its division, district or town by its code; none for the city."""

    level: str
    division: str = ""

    def __post_init__(self) -> None:
        # One authority has one spelling; what is within a district is told by the beginning of its code.
        division = "" if self.level == "city" else self.division.strip()
        if self.level in LONGER:
            division = place_of(self.level, division)
        object.__setattr__(self, "division", division)

    def covers(self, other: "Authority") -> bool:
        """Whether the other is this one, or one below it."""
        if self.level == "city":
            return True
        if self.level == "district":
            return (other.level == "district" and other.division == self.division) or (
                other.level == "town" and bool(self.division) and other.division.startswith(self.division)
            )
        return self == other


@dataclass(frozen=True)
class Jurisdiction:
    """What somebody with some roles at an authority may see and do."""

    authority: Authority | None
    roles: frozenset[str]

    @property
    def reads(self) -> bool:
        """Whether there is anything to see at all."""
        return self.authority is not None and not self.roles.isdisjoint(READERS)

    def sees(self, other: Authority) -> bool:
        """Whether visits of an authority are there for them."""
        return self.reads and self.authority is not None and self.authority.covers(other)

    def acts_for(self, other: Authority) -> bool:
        """Whether they may act for an authority: their own alone."""
        return self.reads and self.authority == other

    def where(self, table: FromClause) -> ColumnElement[bool]:
        """The same as ``sees`` as a condition on a table with the columns ``level`` and ``division``."""
        own = self.authority
        if own is None or not self.reads:
            return false()
        if own.level == "city":
            return true()
        level, division = table.c.level, table.c.division
        here = and_(level == own.level, division == own.division)
        if own.level == "district" and own.division:
            return or_(here, and_(level == "town", division.startswith(own.division, autoescape=True)))
        return here


def authority_of(level: str | None, division: str) -> Authority | None:
    """The authority of a row; none where it has no level."""
    return Authority(level, division) if level else None


def known_roles(roles: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Roles as a set.  Raises ValueError for one that there is not, or none at all."""
    given = frozenset(roles)
    if not given or not given <= set(known):
        raise ValueError(", ".join(sorted(given - set(known))) or "–")
    return given
