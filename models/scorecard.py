"""The scorecard: an integer-points table that takes every score apart exactly.

The expert pack and, later, fitted cards are instances of the same class; only where the points come from
differs.  A numeric factor lists the least value of each bin; a categorical factor lists its categories.  What
is missing, and a category the card has never heard of, get the ``missing`` points of the factor.  A code of digits lies
in the branches it begins with (industries): it gets the points of the narrowest one that is listed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from models.bins import Bin, bins_of
from models.errors import PolicyError
from models.industries import IS_BRANCH, is_branch


@dataclass(frozen=True)
class Factor:
    """One line of the card: a feature, its bins or categories, and their points.

    ``points`` maps the least value of each bin (integers) or each category (strings) to integer points.
    """

    name: str
    feature: str
    points: Mapping[int, int] | Mapping[str, int]
    missing: int
    title_zh: str
    title_en: str
    check_zh: str = ""
    check_en: str = ""
    basis: str = "proposal"
    reference: str = ""

    def __post_init__(self) -> None:
        if not self.points:
            raise PolicyError("factor {name} has no points. Give it at least one bin.", name=self.name)

    @property
    def is_numeric(self) -> bool:
        """Whether the factor bins integers rather than naming categories."""
        return all(isinstance(key, int) for key in self.points)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Bins of a numeric factor, ascending."""
        return bins_of(self.points)

    def expression(self) -> pl.Expr:
        """Points of this factor for each row, as Int64."""
        column = pl.col(self.feature)
        if not self.is_numeric:
            return self._of_category(column)
        first, *further = self.bins
        result = pl.when(column.is_not_null()).then(first.points).otherwise(self.missing)
        for one in further:
            result = pl.when(column >= one.least).then(one.points).otherwise(result)
        return result.cast(pl.Int64)

    def _of_category(self, column: pl.Expr) -> pl.Expr:
        points = {str(key): value for key, value in self.points.items()}
        branches = sorted(filter(is_branch, points), key=len)
        if not branches:
            return column.replace_strict(points, default=self.missing, return_dtype=pl.Int64)
        result = column.replace_strict(points, default=None, return_dtype=pl.Int64)
        within = pl.lit(self.missing, dtype=pl.Int64)
        for branch in branches:
            within = pl.when(column.str.starts_with(branch)).then(points[branch]).otherwise(within)
        is_code = column.str.contains(IS_BRANCH)
        return pl.coalesce(result, pl.when(is_code).then(within).otherwise(self.missing))


@dataclass(frozen=True)
class Scorecard:
    """A named, versioned set of factors whose points add up to the score."""

    name: str
    version: str
    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        names = [factor.name for factor in self.factors]
        if len(set(names)) != len(names):
            raise PolicyError(
                "scorecard {name} names a factor twice: {names}. Rename one.", name=self.name, names=names
            )

    @property
    def features(self) -> list[str]:
        """Features the card reads."""
        return [factor.feature for factor in self.factors]

    def contributions(self, features: pl.DataFrame) -> pl.DataFrame:
        """Points of every factor.

        Grain: one row per row of ``features``; columns ``enterprise_id``, one Int64 per factor name, and
        ``score`` (points), which is their sum.
        Raises PolicyError when the card reads a feature that does not exist.
        """
        unknown = sorted(set(self.features) - set(features.columns))
        if unknown:
            raise PolicyError(
                "scorecard {name} reads {unknown}, which no feature is called. Correct the name; "
                "docs/data-dictionary.md lists all features.",
                name=self.name,
                unknown=", ".join(unknown),
            )
        points = features.select(
            "enterprise_id", *(factor.expression().alias(factor.name) for factor in self.factors)
        )
        return points.with_columns(score=pl.sum_horizontal(factor.name for factor in self.factors))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the points alone: two cards that score alike share it, whatever their wording."""
        core = [
            (factor.name, factor.feature, sorted(factor.points.items()), factor.missing)
            for factor in self.factors
        ]
        return hashlib.sha256(json.dumps(core, ensure_ascii=False).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The card as plain data, readable as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "fingerprint": self.fingerprint,
            "factors": [
                {
                    **asdict(factor),
                    "points": {str(k): v for k, v in factor.points.items()},
                    "kind": "numeric" if factor.is_numeric else "category",
                }
                for factor in self.factors
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Scorecard":
        """Read a card back.  Raises PolicyError when its content no longer fits its fingerprint."""
        factors: list[Factor] = []
        for raw in data["factors"]:
            fields = dict(raw)
            numeric = fields.pop("kind") == "numeric"
            fields["points"] = {
                (int(key) if numeric else key): value for key, value in fields["points"].items()
            }
            factors.append(Factor(**fields))
        card = cls(name=data["name"], version=data["version"], factors=tuple(factors))
        if data.get("fingerprint") != card.fingerprint:
            raise PolicyError(
                "scorecard {name} was changed after it was saved: its points do not give the fingerprint "
                "it carries. Restore the file, or save it anew under a new version.",
                name=card.name,
            )
        return card
