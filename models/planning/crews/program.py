"""An integer program, filled piece by piece and solved by HiGHS.

No clock decides when HiGHS stops, only gaps and node counts; it then does the same steps every time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Term = tuple[int, float]
"""A column and its coefficient."""
Limits = tuple[float, float]


@dataclass(frozen=True)
class Solution:
    """Column values rounded to integers (``None``: none found), and the least upper bound proven on the gain."""

    values: NDArray[np.int64] | None
    bound: float


class Program:
    """Columns from 0 to an upper limit, and rows between two limits."""

    def __init__(self) -> None:
        self.upper: list[float] = []
        self.is_whole: list[bool] = []
        self._row: list[int] = []
        self._column: list[int] = []
        self._factor: list[float] = []
        self._least: list[float] = []
        self._most: list[float] = []

    def column(self, upper: float, *, is_whole: bool = True) -> int:
        """A new column; its number."""
        self.upper.append(upper)
        self.is_whole.append(is_whole)
        return len(self.upper) - 1

    def row(self, terms: Iterable[Term], least: float, most: float) -> None:
        """A new row: ``least`` <= sum of the terms <= ``most``."""
        number = len(self._least)
        for column, factor in terms:
            self._row.append(number)
            self._column.append(column)
            self._factor.append(factor)
        self._least.append(least)
        self._most.append(most)

    def copy(self) -> "Program":
        """The same program, to be extended on its own."""
        other = Program()
        for name, own in vars(self).items():
            setattr(other, name, list(own))
        return other

    def solve(
        self, gain: Mapping[int, float], limits: Mapping[int, Limits], *, gap: float, nodes: int
    ) -> Solution:
        """The largest gain; ``limits`` replace those of single columns.  Columns not whole may come out cut."""
        from scipy import optimize, sparse  # a second to import, and only plans need it

        size = len(self.upper)
        lower, upper, cost = np.zeros(size), np.array(self.upper), np.zeros(size)
        for column, (least, most) in limits.items():
            lower[column], upper[column] = least, most
        for column, amount in gain.items():
            cost[column] = -amount
        shape = (len(self._least), size)
        matrix = sparse.csc_array((self._factor, (self._row, self._column)), shape=shape)
        found = optimize.milp(
            cost,
            integrality=np.array(self.is_whole, dtype=np.int64),
            bounds=(lower, upper),
            constraints=(matrix, np.array(self._least), np.array(self._most)),
            options={"mip_rel_gap": gap, "node_limit": nodes},
        )
        values = None if found.x is None else np.rint(found.x).astype(np.int64)
        bound = found.mip_dual_bound
        return Solution(values, np.inf if bound is None else -float(bound))
