"""Who enforces in the demo city: the city, each of its twelve districts and each of their towns (P1).

The town of ``UNDERSTAFFED`` has too few people for its firms; firms of a town that the register does not name have
nobody.
"""

from dataclasses import dataclass

import polars as pl

from pipelines.demo.city import City
from pipelines.demo.period import Days
from pipelines.demo.towns import towns_of
from pipelines.demo.trades import DISTRICTS

CITY_DIVISION = "370100"
FIRMS_PER_OFFICER = {"city": 8, "district": 48, "town": 24}
"""Firms an officer looks after, by level; the city's are the largest works."""

LEAST_OFFICERS, INSPECTORS_PER_OFFICER = 3, 0.4
UNDERSTAFFED = ("town", "370112001")


@dataclass(frozen=True)
class Authority:
    """Who enforces at one level of one division, and the positions of the firms that are theirs."""

    level: str
    division: str
    firms: Days

    @property
    def district(self) -> str:
        """District it lies in; the city's own division for the city."""
        return self.division[: len(CITY_DIVISION)]

    @property
    def officers(self) -> int:
        """Officers it has."""
        if (self.level, self.division) == UNDERSTAFFED:
            return LEAST_OFFICERS
        return max(LEAST_OFFICERS, -(-len(self.firms) // FIRMS_PER_OFFICER[self.level]))

    @property
    def inspectors(self) -> int:
        """Technical inspectors it has (D2: one accompanies two officers)."""
        return max(1, round(self.officers * INSPECTORS_PER_OFFICER))

    def number(self, prefix: str, position: int) -> str:
        """Number of a person, such as ZF-370102-01."""
        return f"{prefix}-{self.division}-{position + 1:02d}"


def authorities(city: City) -> list[Authority]:
    """All authorities with people: the city, then each district and after it its towns."""
    level, division, town = city.firms.select("enforcing_level", "division", "town").get_columns()
    open_still = pl.Series(city.closes >= city.period.last)

    def theirs(name: str, code: str, of: pl.Series) -> Authority:
        return Authority(name, code, (open_still & (level == name) & (of == code)).arg_true().to_numpy())

    known = [Authority("city", CITY_DIVISION, (open_still & (level == "city")).arg_true().to_numpy())]
    for item in DISTRICTS:
        known.append(theirs("district", item.code, division))
        known += [theirs("town", code, town) for code in towns_of(item.code)]
    return known
