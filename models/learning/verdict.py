"""The verdict: whether the card is better than the best simple rule, by how much, and what to expect of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from models.learning.comparison import RANDOM, Contestant
from models.learning.measures import Period
from models.learning.opponent import only_count
from models.messages import N_, Message, joined

ALIKE = -0.01
"""Least lower end of the difference of precision with which a card that orders better is called better outright."""
IN_A_ROW = N_("{said} {more}")
NO_VIOLATIONS = N_("There are no violations to count; the simplest rival is {opponent}.")
ALL_ALIKE = N_(
    "All enterprises have the same number of violations, so counting tells nobody apart; the simplest rival is "
    "{opponent}."
)


@dataclass(frozen=True)
class Measured:
    """What a verdict rests on: tables of an ``Evaluation``, and its final periods."""

    contestants: Sequence[Contestant]
    opponent: str
    metrics: pl.DataFrame
    differences: pl.DataFrame
    forecast: pl.DataFrame
    final: Sequence[Period]

    @property
    def verdict(self) -> Message:
        """Conclusion, what was measured, what is expected; and where there was nothing to count."""
        sentences = [self._conclusion(), self._measured(), *self._head(), self._expected()]
        if (count := only_count(self.final)) is not None:
            said = NO_VIOLATIONS if count == 0 else ALL_ALIKE
            sentences.append(Message(said, {"opponent": self._title}))
        return joined(sentences, IN_A_ROW)

    @property
    def _title(self) -> Message:
        return next(one.title for one in self.contestants if one.name == self.opponent)

    def _conclusion(self) -> Message:
        (_, low, high), (_, least, most) = self._gap("auc"), self._gap("precision_expected")
        facts = {"opponent": self._title}
        if low > 0 and least > ALIKE and most >= 0:
            return Message("The card is better than the best simple rule ({opponent}).", facts)
        if low > 0:
            return Message(
                "The card puts the whole list in a better order than the best simple rule ({opponent}), but is not "
                "shown to find more at its top.",
                facts,
            )
        if least > 0:
            return Message(
                "The card finds more at the top of the list than the best simple rule ({opponent}), but is not shown "
                "to put the whole list in a better order.",
                facts,
            )
        if high < 0 or most < 0:
            return Message(
                "The card is WORSE than the best simple rule ({opponent}). That rule would do.", facts
            )
        return Message(
            "The card is NOT shown to be better than the best simple rule ({opponent}). That rule would do.",
            facts,
        )

    def _measured(self) -> Message:
        return Message(
            "Measured on the last {periods} periods: among the riskiest tenth, {card} of 100 are hits by the card, "
            "{rule} by that rule, {random} at random (difference {found}); AUC difference {span}.",
            {
                **self._hits("precision_expected"),
                "periods": len(self.final),
                "found": hundredths(*self._gap("precision_expected")),
                "span": signed(*self._gap("auc")),
            },
        )

    def _head(self) -> list[Message]:
        """What the tenth does not tell: that the rule finds more at the very head of the list."""
        ahead, behind = self._gap("precision_expected")[0], self._gap("precision_2pct")
        if behind[0] >= 0 or ahead <= 0:
            return []
        return [
            Message(
                "Among the first 2 %, however, {card} of 100 are hits by the card, {rule} by that rule (difference "
                "{found}).",
                {**self._hits("precision_2pct"), "found": hundredths(*behind)},
            )
        ]

    def _hits(self, metric: str) -> dict[str, str]:
        """Hits of a hundred by the card, by the opponent and at random."""
        pooled = self.metrics.filter(pl.col("test_as_of").is_null(), pl.col("metric") == metric)
        rate = dict(pooled.select("contestant", "value").iter_rows())
        names = {"card": "card", "rule": self.opponent, "random": RANDOM}
        return {blank: f"{100 * rate[name]:.1f}" for blank, name in names.items()}

    def _expected(self) -> Message:
        foretold = {row["metric"]: row for row in self.forecast.iter_rows(named=True)}
        area, found = foretold["auc"], foretold["precision_expected"]
        if area["expected"] is None or found["expected"] is None:
            return Message(
                "What to expect of the next period, the first of its use, cannot be told from {n} periods.",
                {"n": area["periods"]},
            )
        ends = ("expected", "low", "high")
        told = Message(
            "Expected of the next period, the first of its use ({level} % sure): AUC difference {span}, more hits "
            "among 100 at the top {found}.",
            {
                "level": f"{100 * area['level']:.0f}",
                "span": signed(*(area[name] for name in ends)),
                "found": hundredths(*(found[name] for name in ends)),
            },
        )
        if self._gap("auc")[1] > 0 >= area["low"]:
            return joined([told, Message("That it stays better is not sure.")], IN_A_ROW)
        return told

    def _gap(self, metric: str) -> tuple[float, float, float]:
        """The card less the opponent, with its interval."""
        of = self.differences.filter(pl.col("contestant") == self.opponent, pl.col("metric") == metric)
        return of.select("difference", "low", "high").row(0)


def signed(value: float, low: float, high: float) -> str:
    """A difference with its interval."""
    return f"{value:+.3f} ({low:+.3f} … {high:+.3f})"


def hundredths(value: float, low: float, high: float) -> str:
    """A difference of shares as so many of 100, with its interval."""
    return f"{100 * value:+.1f} ({100 * low:+.1f} … {100 * high:+.1f})"
