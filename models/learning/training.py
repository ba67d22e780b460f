"""A finished card: fitted on the latest cohorts, with cut-offs, calibrations and priors."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.calibration import Calibration
from models.coding.card import FittedCard, Origin, code_version
from models.coding.shrinkage import fit_priors
from models.errors import ModelError
from models.learning.comparison import calibrated, points_of
from models.learning.effects import by_rule
from models.learning.fit import fit_card
from models.learning.labels import latest_labelled
from models.learning.visits import VisitRows
from models.planning.crews.capacity import Capacity
from models.policy import VISIT_FAMILIES, CodePolicy, Label, LearningPolicy, PolicyOnDay, Thresholds
from models.scorecard import Scorecard
from models.vocabulary import as_date

Floats = NDArray[np.float64]
OTHER = "label:"
"""Prefix of the panel's columns for labels beside the one that is fitted."""


@dataclass(frozen=True)
class Material:
    """What a card is fitted on.

    ``panel``: one row per enterprise and cohort day (``as_of``, days since 1970-01-01) with features, ``label``
    (0, 1, null), ``outcome_day``, ``announced_day`` and ``team`` of what decided it, and ``label:<name>`` for
    further labels the card is calibrated for.  ``current``: the latest day's features of all enterprises, which
    the cut-offs are set on; ``closed`` of them operate no more.  ``capacity``: special inspections the crews can make
    from that day on; ``None`` where no crew is known.  ``visits``: rows of visits, of a label that is about visits.
    """

    panel: pl.DataFrame
    current: pl.DataFrame
    label: Label
    fitted_for: date
    data_watermark: date
    closed: frozenset[str] = frozenset()
    capacity: Capacity | None = None
    visits: VisitRows | None = None

    @property
    def operating(self) -> pl.DataFrame:
        """Today's enterprises that operate."""
        return self.current.filter(~pl.col("enterprise_id").is_in(sorted(self.closed)))

    @property
    def most_red(self) -> Fraction | None:
        """Share of the enterprises that operate that can be visited in time; ``None`` where it is unknown."""
        return Fraction(self.capacity.visits, max(self.operating.height, 1)) if self.capacity else None


def fit_finished(
    material: Material, *, policy: PolicyOnDay, in_force: PolicyOnDay, family: str = "boosted"
) -> FittedCard:
    """Fit on the latest ``train_cohorts`` complete cohorts.

    ``in_force`` is the policy with the card used so far: the cut-offs keep its share of each band, so a new
    card changes who is visited, not how many, but for RED that the crews could not visit in time (``cut_offs``).
    Raises ModelError when there is too little history.
    """
    learning, label = policy.learning, material.label
    cohorts = training_rows(material.panel, learning)
    rows, weights = cohorts, propensity_weights(material.panel, cohorts, learning)
    if family in VISIT_FAMILIES:
        rows, weights = _visits(material, family).beside(cohorts), None
    days = rows["as_of"].unique().sort().to_list()
    first, last = (as_date(days[0]), as_date(days[-1])) if days else (material.fitted_for,) * 2
    reference = f"fitted on {rows.height:,} rows, cohorts {first} to {last}, label {label.name}"
    fitted = fit_card(
        rows,
        learning=learning,
        name=f"fitted-{label.name}",
        version=str(material.fitted_for),
        reference=reference,
        weights=weights,
        family=family,
    )
    thresholds, bound = cut_offs(fitted.card, policy, in_force, material)
    used = {factor.feature for factor in fitted.card.factors}
    return FittedCard(
        scorecard=fitted.card,
        thresholds=thresholds,
        logit_per_point=learning.fitting.logit_per_point,
        directions={one.feature: one.direction for one in learning.candidates if one.feature in used},
        calibrations=_calibrations(fitted.card, material, cohorts),
        priors=fit_priors(material.current),
        origin=Origin(
            family=family,
            label=label.name,
            fitted_for=str(material.fitted_for),
            first_cohort=str(first),
            last_cohort=str(last),
            cohorts=len(days),
            rows=rows.height,
            positives=int(rows["label"].sum()),
            enterprises=rows["enterprise_id"].n_unique(),
            data_watermark=str(material.data_watermark),
            pack=policy.pack,
            pack_version=policy.version,
            pack_hash=policy.pack_hash,
            code_version=code_version(),
            red_bound=bound,
            red_capacity=material.capacity.visits if bound and material.capacity else None,
        ),
    )


def _visits(material: Material, family: str) -> VisitRows:
    if material.visits is None:
        raise ModelError(
            "{family} learns from visits, and the label '{label}' is not about them. Choose another family.",
            family=family,
            label=material.label.name,
        )
    return material.visits


def training_rows(panel: pl.DataFrame, learning: LearningPolicy) -> pl.DataFrame:
    """Labelled rows of the latest ``train_cohorts`` cohort days that have labels."""
    return latest_labelled(panel, learning.fitting.train_cohorts)


def _calibrations(card: Scorecard, material: Material, rows: pl.DataFrame) -> dict[str, Calibration]:
    found = {material.label.name: calibrated(card, rows, material.label.name)}
    for column in (name for name in material.panel.columns if name.startswith(OTHER)):
        name, other = column.removeprefix(OTHER), material.panel.with_columns(label=column)
        if 0 < other["label"].sum() < other["label"].count():
            found[name] = calibrated(card, other, name)
    return found


def cut_offs(
    card: Scorecard, policy: PolicyOnDay, in_force: PolicyOnDay, material: Material
) -> tuple[Thresholds, str | None]:
    """Cut-offs on today's enterprises, and what bounds RED (``Origin.red_bound``)."""
    kept = matched_thresholds(card, in_force, material.current)
    if not policy.learning.thresholds.red_within_capacity:
        return kept, None
    if material.most_red is None:
        return kept, "no_roster"
    least = least_red_cut(card, material.operating, policy.codes, material.most_red)
    if least <= kept.red:
        return kept, "share"
    return matched_thresholds(card, in_force, material.current, least_red=least), "capacity"


def least_red_cut(card: Scorecard, rows: pl.DataFrame, codes: CodePolicy, most_red: Fraction) -> int:
    """Least score that may be RED, so that RED are no more than a share ``most_red`` of ``rows``.

    Whom a rule makes RED whatever the score uses it up first; where they alone reach it, no score of today is RED.
    Equal scores are RED together or not at all.
    """
    ruled = rows.select(by_rule(codes)).to_series()
    room = max(int(most_red * rows.height) - int(ruled.sum()), 0)
    scores = np.sort(points_of(card, rows.filter(~ruled)))
    if room >= len(scores):
        return int(scores[0]) if len(scores) else 0
    return int(scores[len(scores) - room - 1]) + 1


def matched_thresholds(
    card: Scorecard, in_force: PolicyOnDay, current: pl.DataFrame, *, least_red: int | None = None
) -> Thresholds:
    """Cut-offs that give the new card the share of BLUE, YELLOW and RED by score that the present one has.

    ``least_red``: RED begins there at the earliest; whom this spares is YELLOW, so that BLUE and YELLOW or worse keep
    their shares.
    """
    old = points_of(in_force.scorecard, current)
    new = np.sort(points_of(card, current))
    limits = in_force.codes.thresholds
    cuts: list[int] = []
    # From the top: where the new card cannot tell bands apart, RED keeps its share.
    for limit, least in ((limits.red, 3), (limits.yellow, 2), (limits.blue, 1)):
        above = int((old >= limit).sum())
        cut = int(new[-above]) if above else int(new[-1]) + 1
        # Of the two neighbouring cut-offs the one whose share is nearer; ties go to fewer visits.
        if abs(int((new >= cut).sum()) - above) >= abs(int((new >= cut + 1).sum()) - above):
            cut += 1
        if not cuts and least_red is not None:
            cut = max(cut, least_red)
        cuts.append(max(min(cut, cuts[-1] - 1) if cuts else cut, least))
    return Thresholds(red=cuts[0], yellow=cuts[1], blue=cuts[2])


def propensity_weights(panel: pl.DataFrame, rows: pl.DataFrame, learning: LearningPolicy) -> Floats | None:
    """Inverse of the chance that an outcome is known, by code-blind strata, or ``None`` when switched off.

    Who is visited is no random sample.  Rows stand for the unvisited of the same sector, track record and
    cohort day; weights are capped at ``most_propensity_weight`` and average 1.
    """
    if not learning.fitting.propensity_weights:
        return None
    strata = ["as_of", "sector", "track_record"]
    chance = panel.group_by(strata).agg(known=pl.col("label").is_not_null().mean())
    weights = rows.join(chance, on=strata, how="left", maintain_order="left")["known"].to_numpy() ** -1.0
    capped = np.minimum(weights, learning.fitting.most_propensity_weight)
    return capped / capped.mean()
