"""Fitting a scorecard on labelled history: boost, take apart, prune, merge, round.

Families (``FAMILIES``) give the starting values, and say whether points are searched for or only rounded; bins and
limits are the same for all, so they are compared like for like.  The boosted one is the default; the report shows what
the others reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.errors import ModelError
from models.learning.additive import AdditiveModel, Levels, Steps
from models.learning.binning import choose_bins, start_values
from models.learning.families import FAMILIES
from models.learning.rounding import Points, round_points, search_points, tidy
from models.policy import Candidate, LearningPolicy, directions_of
from models.scorecard import Factor, Scorecard

Floats = NDArray[np.float64]
LEAST_POSITIVES = 30
"""Fewer positive labels than this say nothing about eighteen factors."""


@dataclass(frozen=True)
class Fitted:
    """A card, the float model it was rounded from, and the family of that model."""

    card: Scorecard
    model: AdditiveModel
    family: str


def fit_card(
    rows: pl.DataFrame,
    *,
    learning: LearningPolicy,
    name: str,
    version: str,
    reference: str,
    weights: Floats | None = None,
    family: str = "boosted",
    model: AdditiveModel | None = None,
) -> Fitted:
    """Fit one card.

    ``rows``: one row per enterprise and cohort day with the candidate features and ``label``; rows with
    unknown label carry nothing and are left out.  ``weights``: one per row (default 1).  The order of the
    rows does not matter.  ``model``: the float model of the same rows, where another family has fitted it.
    Raises ModelError when there are too few labels of either kind.
    """
    given = np.ones(rows.height) if weights is None else weights
    # Sums and drawn rows depend on the order, so it is always the same.
    order = rows.select(pl.arg_sort_by("as_of", "enterprise_id")).to_series()
    known = order.filter(rows["label"].is_not_null()[order])
    labelled, mass = rows[known], given[known.to_numpy()]
    _require_labels(labelled)
    of = FAMILIES[family]
    model = model or of.start(labelled, mass, learning.candidates, learning.fitting)
    points = _rounded(model, labelled, mass, learning, is_searched=of.is_searched)
    return Fitted(_card(points, learning, name, version, reference), model, family)


def card_of(
    model: AdditiveModel, labelled: pl.DataFrame, *, learning: LearningPolicy, family: str
) -> Scorecard:
    """A card of a family from a given float model."""
    of = FAMILIES[family]
    points = _rounded(model, labelled, np.ones(labelled.height), learning, is_searched=of.is_searched)
    return _card(points, learning, "trial", "-", "-")


def _card(
    points: Sequence[Points], learning: LearningPolicy, name: str, version: str, reference: str
) -> Scorecard:
    titles = {candidate.feature: candidate for candidate in learning.candidates}
    factors = tuple(_factor(one, titles[one.binning.part.feature], reference) for one in points)
    return Scorecard(name, version, factors)


def _rounded(
    model: AdditiveModel, labelled: pl.DataFrame, mass: Floats, learning: LearningPolicy, *, is_searched: bool
) -> list[Points]:
    binnings = choose_bins(model, labelled, mass, directions_of(learning.candidates), learning.fitting)
    if not binnings:
        raise ModelError(
            "No feature tells the labels apart, so there is no card to fit. Take in more history."
        )
    values = [start_values(one, labelled, mass) for one in binnings]
    found = round_points(binnings, values, learning.fitting)
    if is_searched:
        found = search_points(found, labelled, mass, learning.fitting)
    return [neat for one in found if (neat := tidy(one)) is not None]


def can_learn(rows: pl.DataFrame) -> bool:
    """Whether there are enough known labels of either kind."""
    positives, labelled = int(rows["label"].sum() or 0), int(rows["label"].count())
    return min(positives, labelled - positives) >= LEAST_POSITIVES


def _require_labels(labelled: pl.DataFrame) -> None:
    positives = int(labelled["label"].sum()) if labelled.height else 0
    if not can_learn(labelled):
        raise ModelError(
            "{positives} of {height} known labels are positive; at least {least_positives} of each "
            "kind are needed. Choose another label, or take in more history.",
            positives=positives,
            height=labelled.height,
            least_positives=LEAST_POSITIVES,
        )


def _factor(points: Points, candidate: Candidate, reference: str) -> Factor:
    part = points.binning.part
    table = _level_points(points) if isinstance(part, Levels) else _bin_points(points, part)
    return Factor(
        name=candidate.feature,
        feature=candidate.feature,
        points=table,
        missing=points.points[-1],
        title_zh=candidate.title.zh,
        title_en=candidate.title.en,
        basis="proposal",
        reference=reference,
    )


def _bin_points(points: Points, part: Steps) -> dict[int, int]:
    """Least value of every bin; the first bin reaches down to any value, and is shown from 0."""
    starts = [min(0, part.cuts[0] - 1) if part.cuts else 0, *part.cuts]
    table: dict[int, int] = {}
    for start, group in zip(starts, points.binning.groups, strict=True):
        if points.points[group] not in list(table.values())[-1:]:
            table[start] = points.points[group]
    return table


def _level_points(points: Points) -> dict[str, int]:
    groups = zip(points.binning.part.levels, points.binning.groups, strict=True)  # pyright: ignore
    return {level: points.points[group] for level, group in groups}
