"""What a verdict says is what was measured, in both languages."""

import numpy as np
import polars as pl
import pytest

from desk.words.words import kept
from models.learning.comparison import Contestant, Prediction
from models.learning.forecast import forecast_rows
from models.learning.measures import Period
from models.learning.resampling import MEASURES
from models.learning.splits import Split
from models.learning.verdict import Measured
from models.messages import Message
from models.vocabulary import as_date

Ends = tuple[float, float, float]
TITLES = {"card": "card", "mean_score": "mean past check-list score", "random": "random draw"}
BETTER, EVEN, WORSE = (0.04, 0.02, 0.06), (0.01, -0.02, 0.04), (-0.04, -0.06, -0.02)
STEADY = (0.04, 0.05, 0.04, 0.05)


def never(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
    raise AssertionError("a verdict measures nothing")


def measured(
    auc: Ends,
    precision: Ends,
    gains: tuple[float, ...] = STEADY,
    counts: tuple[int, ...] = (0, 1),
    head: Ends = BETTER,
) -> Measured:
    """What was measured of a card against the mean score: differences with their intervals, gains by period."""
    test = pl.DataFrame({"violations_36m": counts, "label": [0, 1]})
    rates = {"card": 0.3, "mean_score": 0.26, "random": 0.1}
    rows = [
        (name, None, metric, rate)
        for name, rate in rates.items()
        for metric in ("precision_expected", "precision_2pct")
    ]
    by_day = [
        (as_date(20_000 + 91 * number), metric, gain)
        for number, gain in enumerate(gains)
        for metric in MEASURES
    ]
    return Measured(
        contestants=[Contestant(name, "baseline", Message(title), never) for name, title in TITLES.items()],
        opponent="mean_score",
        metrics=pl.DataFrame(
            rows,
            schema={"contestant": pl.String, "test_as_of": pl.Date, "metric": pl.String, "value": pl.Float64},
            orient="row",
        ),
        differences=pl.DataFrame(
            [
                ("mean_score", "auc", *auc),
                ("mean_score", "precision_expected", *precision),
                ("mean_score", "precision_2pct", *head),
            ],
            schema=["contestant", "metric", "difference", "low", "high"],
            orient="row",
        ),
        forecast=forecast_rows(
            pl.DataFrame(by_day, schema=["test_as_of", "metric", "gain"], orient="row"),
            used_from=as_date(20_000),
        ),
        final=[Period(Split((0,), 9), test, test, {"card": Prediction(np.zeros(2))})] * 2,
    )


@pytest.mark.parametrize(
    ("auc", "precision", "zh", "en"),
    [
        (BETTER, BETTER, "评分卡优于最佳简单规则（", "The card is better than"),
        (BETTER, (0.0, -0.005, 0.01), "评分卡优于最佳简单规则（", "The card is better than"),
        (BETTER, EVEN, "评分卡对全部企业的排序优于", "is not shown to find more at its top"),
        (
            BETTER,
            (-0.005, -0.009, -0.001),
            "评分卡对全部企业的排序优于",
            "is not shown to find more at its top",
        ),
        (EVEN, BETTER, "评分卡在名单前部找到的多于", "is not shown to put the whole list in a better order"),
        (EVEN, EVEN, "没有证据表明评分卡优于", "NOT shown to be better than"),
        (WORSE, EVEN, "评分卡不如", "WORSE than"),
        (EVEN, WORSE, "评分卡不如", "WORSE than"),
    ],
)
def test_the_conclusion_follows_the_intervals_of_both_measures(auc: Ends, precision: Ends, zh: str, en: str):
    told = kept(measured(auc, precision).verdict)
    assert told["zh"].startswith(zh) and en in told["en"].split("Measured on")[0]
    assert "（历次检查平均评分）" in told["zh"] and "(mean past check-list score)" in told["en"]


def test_what_was_measured_and_what_is_expected_stand_with_their_intervals():
    told = kept(measured(BETTER, EVEN).verdict)["en"]
    assert "30.0 of 100 are hits by the card, 26.0 by that rule, 10.0 at random" in told
    assert "(difference +1.0 (-2.0 … +4.0)); AUC difference +0.040 (+0.020 … +0.060)" in told
    # Levels 0.04, 0.045, 0.0425, 0.04625; errors 0.01, -0.005, 0.0075; 1.638 times their root mean square.
    assert "(80 % sure): AUC difference +0.046 (+0.034 … +0.059)" in told
    assert "to count" not in told and "not sure" not in told


def test_a_card_that_finds_more_in_the_tenth_but_fewer_at_the_head_says_so():
    told = kept(measured(BETTER, BETTER, head=WORSE).verdict)
    assert "Among the first 2 %, however, 30.0 of 100" in told["en"] and "(difference -4.0 (" in told["en"]
    assert "但最前2%中" in told["zh"]
    for other in (measured(BETTER, BETTER), measured(WORSE, WORSE, head=WORSE)):
        assert "first 2 %" not in kept(other.verdict)["en"]


def test_a_gain_that_swings_is_not_sure_to_stay():
    for text, said in zip(
        kept(measured(BETTER, BETTER, gains=(0.04, -0.03, 0.08)).verdict).values(),
        ("不能肯定今后仍然更好", "That it stays better is not sure"),
        strict=True,
    ):
        assert said in text


def test_two_periods_foretell_nothing():
    told = kept(measured(BETTER, BETTER, gains=(0.04, 0.05)).verdict)
    assert "cannot be told from 2 periods" in told["en"] and "无法预计下一期" in told["zh"]


@pytest.mark.parametrize(
    ("counts", "zh", "en"),
    [
        ((0, 0), "没有违法违规记录可数", "There are no violations to count; the simplest rival is mean past"),
        ((2, 2), "违法违规数都相同", "counting tells nobody apart; the simplest rival is mean past"),
    ],
)
def test_where_there_is_nothing_to_count_the_verdict_says_so(counts: tuple[int, ...], zh: str, en: str):
    told = kept(measured(EVEN, EVEN, counts=counts).verdict)
    assert zh in told["zh"] and en in told["en"]
