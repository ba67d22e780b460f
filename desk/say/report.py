"""What is measured of a model, as the report calls, explains and writes it."""

from dataclasses import dataclass

from desk.say import numbers
from desk.say.numbers import Form
from desk.words.words import Words
from models.learning.resampling import CAPACITY
from models.messages import N_, NC_

TOP = f"{CAPACITY:.0%}"
"""Part of the list that can be visited."""
SCORE = NC_("whole score", "points")
"""The sum of the points of all factors."""


@dataclass(frozen=True)
class Metric:
    """What a measure is called and says, how it is written, and which way is better: 1 more, -1 less, 0 neither."""

    title: str
    about: str
    form: Form
    better: int = 1

    @property
    def gap(self) -> Form:
        """How a difference of two values is written."""
        return numbers.percentage_points if self.form == numbers.share else numbers.signed(self.form)


METRICS: dict[str, Metric] = {
    "auc": Metric(
        N_("AUC"),
        N_("Chance that a hit is ranked above a non-hit: 0.5 is a coin, 1 is perfect."),
        numbers.three,
    ),
    "within_auc": Metric(
        N_("AUC within team"),
        N_(
            "The same, among firms seen by the same inspection team: what is left when who inspects "
            "cannot help."
        ),
        numbers.three,
    ),
    "average_precision": Metric(
        N_("average precision"),
        N_("Hit rate down to each hit, averaged over the hits; guessing gives the overall rate."),
        numbers.three,
    ),
    "chicago_first_half": Metric(
        N_("found in first half"),
        N_(
            "Share of the hits met in the first half of the visits made, when only their order changes "
            "(City of Chicago)."
        ),
        numbers.share,
    ),
    "chicago_days_earlier": Metric(
        N_("days earlier"),
        N_("The same: how many days earlier a hit is met on average; negative is later."),
        numbers.days,
    ),
    "chicago_share_later": Metric(
        N_("met later"),
        N_("The same: share of the hits met later than they were; every new order puts somebody back."),
        numbers.share,
        -1,
    ),
    "brier": Metric(
        N_("Brier score"),
        N_("Mean squared distance of the probability from what happened; less is better."),
        numbers.four,
        -1,
    ),
    "log_loss": Metric(
        N_("log-loss"), N_("Punishes confident mistakes heavily; less is better."), numbers.four, -1
    ),
    "calibration_error": Metric(
        N_("calibration error"),
        N_("Mean distance of the predicted from the observed share; less is better."),
        numbers.four,
        -1,
    ),
    "precision_worst": Metric(
        N_("hit rate, worst"),
        N_("Hit rate of the first {top}, firms with equal scores in the least lucky order."),
        numbers.share,
    ),
    "precision_expected": Metric(
        N_("hit rate, expected"),
        N_("The same, averaged over all orders of firms with equal scores."),
        numbers.share,
    ),
    "precision_best": Metric(
        N_("hit rate, best"),
        N_("The same in the luckiest order. Far apart, best and worst say that the scores are coarse."),
        numbers.share,
    ),
    "precision_2pct": Metric(
        N_("hit rate, first 2%"),
        N_("Hit rate of the first 2% of the list, averaged over all orders of firms with equal scores."),
        numbers.share,
    ),
    "recall_expected": Metric(
        N_("share found"), N_("Share of all hits that stand in the first {top} of the list."), numbers.share
    ),
    "lift": Metric(N_("lift"), N_("Hit rate of the first {top} over that of all."), numbers.times),
    "labelled_at_k": Metric(
        N_("outcome known"),
        N_(
            "Firms of the first {top} whose outcome is known; those not visited use up places and "
            "count as neither."
        ),
        numbers.count,
        0,
    ),
}

KINDS = {
    "card": N_("cards (integer points, explained item by item)"),
    "expert": N_("expert points"),
    "float": N_("models before rounding"),
    "black_box": N_("black boxes (for comparison only)"),
    "baseline": N_("simple rules"),
    "reported": N_("what no card may use (reported only)"),
}
"""Kinds of contestants in the order in which they are listed."""

FAMILIES = {
    "boosted": N_("additive boosting"),
    "logistic_bins": N_("logistic regression on bins"),
    "boosted_rounded": N_("additive boosting, only rounded"),
    "logistic_bins_rounded": N_("logistic on bins, only rounded"),
    "boosted_visits": N_("additive boosting on visits"),
    "logistic_visits": N_("logistic on bins, on visits"),
}
"""Families of models, by the key that fits them."""


def measure(name: str) -> Metric:
    """A measure by its key; one there is no text for is called by it."""
    return METRICS.get(name) or Metric(name, "", numbers.three, 0)


def family(name: str, words: Words) -> str:
    """What a family of models is called, with its key."""
    if name not in FAMILIES:
        return name
    title = words(FAMILIES[name])
    return f"{title} ({name})"
