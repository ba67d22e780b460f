"""What no card may use, reported: what territory and legal form would bring, and to whom.

They say who somebody is or who inspects there, so no card is made of them.  An analyst who is asked what that costs
reads it here, beside the groups it would fall upon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from models.learning.comparison import FAMILY_TITLES, CardMaker, Contestant
from models.learning.error_analysis import parity_rows
from models.learning.measures import Period, Resampled
from models.learning.resampling import MEASURES
from models.messages import N_, Message
from models.policy import Candidate, LearningPolicy
from models.policy.shape import Words

FAMILY = "logistic_bins_rounded"
"""The family they are tried with, beside its card without them: what they bring is hardly a matter of the family."""
TITLES = {"division": N_("territory"), "legal_form": N_("legal form")}
KIND = "reported"


class Reported:
    """Cards that know what none may, on the final periods.

    ``without``: the contestant of the same family that does not; where it takes no part, nothing is reported.
    """

    def __init__(
        self, panel: pl.DataFrame, final: Sequence[Period], learning: LearningPolicy, without: str
    ) -> None:
        asked = learning.fitting.reported if without in final[0].predictions else []
        told = [one for one in asked if one in panel.columns and panel[one].n_unique() > 1]
        self._by_column = {name: _knowing(learning, name) for name in told}
        self._final, self._without = final, without
        for period in final:
            for one in self.contestants:
                period.predictions[one.name] = one.predict(period.train, period.test)

    @property
    def contestants(self) -> list[Contestant]:
        """One for every column that the pack has reported and the panel tells apart by."""
        return [*self._by_column.values()]

    def brought(self, resampled: Resampled) -> pl.DataFrame:
        """What each column would add.

        Grain: one row per column and measure of ``MEASURES``: ``kind`` (the column), ``metric``, ``value`` (knowing
        it), ``difference`` (to the card that does not), ``low``, ``high`` (95 %), means over the final periods.
        """
        rows = [
            (
                kind,
                metric,
                sum(period.measured(one.name)[metric] for period in self._final) / len(self._final),
                *resampled.difference(one.name, self._without, metric),
            )
            for kind, one in self._by_column.items()
            for metric in MEASURES
        ]
        types: Mapping[str, type[pl.DataType]] = {
            **dict.fromkeys(("kind", "metric"), pl.String),
            **dict.fromkeys(("value", "difference", "low", "high"), pl.Float64),
        }
        return pl.DataFrame(rows, schema=types, orient="row")

    @property
    def parity(self) -> pl.DataFrame:
        """Whom a card that knows a column would visit on the last day, beside one that does not, by that column.

        Grain: one row per column (``kind``), ``group`` and whether the card ``knows`` it; see ``parity_rows``.
        """
        last = self._final[-1]
        parts = [
            parity_rows(last, name, kinds=(kind,)).with_columns(knows=pl.lit(knows))
            for kind, one in self._by_column.items()
            for name, knows in ((self._without, False), (one.name, True))
        ]
        return (
            pl.concat(parts) if parts else parity_rows(last).clear().with_columns(knows=pl.lit(value=False))
        )


def _knowing(learning: LearningPolicy, name: str) -> Contestant:
    candidate = Candidate(feature=name, direction="free", title=Words(zh=name, en=name))
    more = replace(learning, candidates=(*learning.candidates, candidate))
    title = Message(
        "{family}, knowing {what}", {"family": FAMILY_TITLES[FAMILY], "what": Message(TITLES[name])}
    )
    return Contestant(f"with_{name}", KIND, title, CardMaker(more, FAMILY).predict)
