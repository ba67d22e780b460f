"""A stranger reads off page one whether the model helps, by how much and for whom it errs."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk.draw.canvas import clip, spread
from desk.pages.report import write_report
from desk.pages.report.page import render
from desk.say import numbers
from desk.say.effects import workload
from desk.words.words import Words as Speaker
from models.coding.calibration import Calibration, Step
from models.coding.card import FittedCard, Origin
from models.learning.comparison import Contestant, Prediction
from models.learning.evaluation import Evaluation
from models.learning.forecast import forecast_rows
from models.learning.gate import GateInputs
from models.learning.resampling import MEASURES
from models.messages import Message
from models.policy import Label, Thresholds, Words, load_policy
from models.scorecard import Factor, Scorecard
from tests.worlds.effects import CHANGED
from warehouse.rules.cards import EVALUATION_TABLES

REPOSITORY = Path(__file__).parents[3]
DAYS = [
    date(2023, 3, 31),
    date(2023, 6, 30),
    date(2023, 9, 30),
    date(2023, 12, 31),
    date(2024, 3, 31),
    date(2024, 6, 30),
]
METRICS = {
    "auc": (0.5, 0.13),
    "within_auc": (0.5, 0.11),
    "average_precision": (0.16, 0.09),
    "precision_expected": (0.158, 0.15),
    "precision_worst": (0.15, 0.13),
    "precision_best": (0.16, 0.17),
    "precision_2pct": (0.158, 0.2),
    "recall_expected": (0.1, 0.1),
    "lift": (1.0, 0.95),
    "brier": (0.133, -0.006),
    "log_loss": (0.436, -0.02),
    "chicago_first_half": (0.547, 0.1),
    "chicago_days_earlier": (0.0, 4.8),
    "labelled_at_k": (166.0, 0.0),
    "calibration_error": (0.03, -0.01),
    "chicago_first_half_actual": (0.547, 0.0),
    "chicago_share_later": (0.5, -0.11),
}
"""Of every measure: what chance gives, and what a contestant of skill 1 adds."""

CONTESTANTS = [
    ("card", "card", "Points card (boosted)", 0.93),
    ("card_woe", "card", "Points card (logistic on bins)", 0.85),
    ("float", "float", "Additive boosting, not rounded", 0.95),
    ("lightgbm", "black_box", "Gradient boosting, all features, with interactions", 1.0),
    ("forest", "black_box", "Random forest", 0.9),
    ("expert", "expert", "Expert points in force", 0.62),
    ("count_36m", "baseline", "Counting past violations", 0.55),
    ("severity_rule", "baseline", "Severity mean + 3 if high hazard + 2 if never seen", 0.8),
    ("oldest_visit", "baseline", "Oldest visit first", -0.2),
    ("random", "baseline", "Visiting at random", 0.0),
]


def contestants() -> tuple[Contestant, ...]:
    def never(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
        raise AssertionError("the report measures nothing")

    return tuple(Contestant(name, kind, Message(title), never) for name, kind, title, _ in CONTESTANTS)


def metrics() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    rows = []
    for name, kind, *_, skill in CONTESTANTS:
        for metric, (chance, gain) in METRICS.items():
            if metric in ("brier", "log_loss", "calibration_error") and kind in ("baseline", "expert"):
                continue
            value = chance + gain * skill
            wide = 0.02 * abs(gain) / 0.13 if metric != "labelled_at_k" else 0.0
            ends = (value - wide, value + wide) if metric in MEASURES else (None, None)
            rows.append((name, None, metric, value, *ends))
            rows += [(name, day, metric, value + rng.normal(0, wide), None, None) for day in DAYS]
    schema = {
        "contestant": pl.String,
        "test_as_of": pl.Date,
        "metric": pl.String,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def differences() -> pl.DataFrame:
    rows = [
        (
            name,
            metric,
            METRICS[metric][1] * (0.93 - skill),
            METRICS[metric][1] * (0.93 - skill) - 0.012,
            METRICS[metric][1] * (0.93 - skill) + 0.012,
        )
        for name, *_, skill in CONTESTANTS
        if name != "card"
        for metric in MEASURES
    ]
    return pl.DataFrame(rows, schema=["contestant", "metric", "difference", "low", "high"], orient="row")


def gains() -> pl.DataFrame:
    rows = [
        (day, "boosted", "severity_rule" if day > DAYS[0] else "count_36m", metric, gain, 0.0, gain)
        for day in DAYS
        for metric in MEASURES
        for gain in [METRICS[metric][1] * 0.13]
    ]
    names = ["test_as_of", "family", "opponent", "metric", "card", "rival", "gain"]
    return pl.DataFrame(rows, schema=names, orient="row")


def curve() -> pl.DataFrame:
    rows = [
        (name, visited / 50, (visited / 50) ** (1 - 0.32 * skill))
        for name, *_, skill in CONTESTANTS
        for visited in range(51)
    ]
    return pl.DataFrame(rows, schema=["contestant", "share_visited", "share_found"], orient="row")


MISSED = {
    "division": [0.75, 0.8, 0.77, 0.82, 0.78, 0.76, 0.96, 0.79, 0.74, None],
    "sector": [0.84, 0.6, 0.7, 0.65],
    "size": [0.87, 0.76, 0.69, 0.61, 0.8],
}
"""Miss rates of groups; Zhangqiu and micro firms are clearly above the rest, Pingyin has no hits."""
GROUPS = {
    "division": "370102 370103 370104 370105 370112 370113 370114 370115 370116 370124",
    "sector": "general hazardous_chemicals explosive_dust metal_smelting",
    "size": "micro small medium large unknown",
}


def parity() -> pl.DataFrame:
    rows = [
        (kind, group, miss, 20 + 23 * (at % 5) if miss else 0)
        for kind, groups in GROUPS.items()
        for at, (group, miss) in enumerate(zip(groups.split(), MISSED[kind], strict=True))
    ]
    table = pl.DataFrame(rows, schema=["kind", "group", "miss_rate", "positives"], orient="row")
    hits, miss, wide = pl.col("positives"), pl.col("miss_rate"), 0.7 / pl.col("positives").sqrt()
    return table.with_columns(
        n=hits * 14 + 30,
        flagged=hits,
        flagged_share=hits / (hits * 14 + 30),
        ratio=0.7 + hits / 100,
        labelled=hits * 6,
        precision=pl.when(hits > 0).then(0.31),
        precision_low=0.25,
        precision_high=0.38,
        miss_low=(miss - wide).clip(0, 1).fill_null(0.0),
        miss_high=(miss + wide).clip(0, 1).fill_null(1.0),
        false_positive_rate=pl.when(hits > 0).then(0.09),
    )


def factors() -> tuple[Factor, ...]:
    def factor(name: str, zh: str, en: str, points: dict, missing: int = 0) -> Factor:
        return Factor(name, name, points, missing, zh, en)

    return (
        factor(
            "severity_mean",
            "每次检查平均严重程度",
            "Severity per ten visits, shrunk (long memory)",
            {0: 0, 4: 3, 9: 6, 17: 10, 30: 15},
            9,
        ),
        factor("track_record", "履历", "What is on record", {"visited": 0, "records": 2, "none": 7}, 0),
        factor(
            "sector",
            "行业领域固有风险",
            "Inherent hazard of the sector",
            {
                "general": 0,
                "metal_smelting": 6,
                "hazardous_chemicals": 6,
                "explosive_dust": 9,
                "fireworks": 11,
            },
            3,
        ),
        factor("violations_36m", "近三年违法违规数", "Findings of 36 months", {0: 0, 1: 3, 2: 5, 4: 8}),
        factor(
            "days_since_inspection",
            "距上次检查天数",
            "Days since the last visit",
            {0: 2, 180: 0, 541: 3, 1096: 5},
            6,
        ),
        factor("employees", "从业人数规模", "Number of people exposed", {0: 0, 20: 1, 300: 4}, 1),
        factor("overdue_rectifications", "逾期未整改", "Overdue rectifications", {0: 0, 1: 6}),
        factor(
            "complaints_12m", "投诉举报与转办线索", "Complaints and transferred clues", {0: 0, 1: 2, 3: 5}
        ),
        factor("clean_streak", "连续无问题检查次数", "Clean visits in a row", {0: 4, 1: 2, 3: 0}),
        factor("credit", "公共信用等级", "Public credit grade", {"a": 0, "b": 1, "c": 3, "d": 6}, 1),
    )


def fitted_card() -> FittedCard:
    steps = [(0, 0.05), (8, 0.09), (14, 0.14), (19, 0.2), (27, 0.29), (36, 0.42)]
    made = tuple(
        Step(
            least,
            rate,
            rate - 0.02 - rate / 20,
            rate + 0.02 + rate / 20,
            2400 - 60 * least,
            int((2400 - 60 * least) * rate),
        )
        for least, rate in steps
    )
    return FittedCard(
        scorecard=Scorecard("serious_finding", "2024-06-30", factors()),
        thresholds=Thresholds(blue=10, yellow=19, red=33),
        logit_per_point=0.1,
        directions={"severity_mean": "up", "track_record": "free", "clean_streak": "down"},
        calibrations={"serious_finding": Calibration("serious_finding", 0.158, made)},
        priors=None,
        origin=Origin(
            "boosted",
            "serious_finding",
            "2024-09-30",
            "2020-06-30",
            "2023-06-30",
            12,
            118_412,
            17_904,
            12_661,
            "2024-09-28",
            "starter",
            "1.0",
            "4b1f0c9ad2e7",
            "9c11d0aa4b2f",
        ),
    )


def label() -> Label:
    return load_policy("starter").on(date(2024, 6, 30)).learning.labels["serious_finding"]


def periods() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "test_as_of": DAYS,
            "first_cohort": [date(2019, 3, 31)] * 6,
            "last_cohort": [
                date(2021, 12, 31),
                date(2022, 3, 31),
                date(2022, 6, 30),
                date(2022, 9, 30),
                date(2022, 12, 31),
                date(2023, 3, 31),
            ],
            "cohorts": [8, 9, 10, 11, 12, 12],
            "train_rows": [61_000, 69_500, 78_100, 86_900, 95_800, 96_400],
            "test_rows": [9_800, 9_870, 9_960, 10_040, 10_110, 10_190],
            "labelled": [1_640, 1_655, 1_610, 1_702, 1_665, 1_658],
            "positives": [251, 266, 248, 277, 263, 262],
            "is_final": [False] * 4 + [True] * 2,
        }
    )


def leak() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "code": ["blue", "green", "red", "yellow"],
            "labelled": [1003, 1390, 310, 620],
            "positives": [160, 130, 96, 139],
            "rate": [0.16, 0.094, 0.31, 0.224],
            "low": [0.139, 0.079, 0.261, 0.193],
            "high": [0.184, 0.11, 0.364, 0.259],
            "share_of_positives": [0.305, 0.248, 0.183, 0.265],
        }
    )


def evaluation() -> Evaluation:
    """Everything measured, as it might be on a city's records."""
    bins = np.array([0.05, 0.08, 0.11, 0.13, 0.16, 0.18, 0.22, 0.26, 0.33, 0.43])
    observed = bins + np.array([0.01, -0.01, 0.008, 0.0, -0.015, 0.02, -0.02, 0.01, 0.02, -0.05])
    tradeoff = [
        (None, None, 0.6215, 0.4171, 16, 412),
        *(
            (
                weight,
                most,
                0.6205 - 8 * (weight**2) / 40 - 0.06 / most,
                0.4178 + weight / 60 + 0.04 / most,
                12,
                most - 3,
            )
            for weight in (0.05, 0.1, 0.2)
            for most in (20, 40, 60)
        ),
    ]
    return Evaluation(
        label=label(),
        known_at=date(2024, 9, 28),
        contestants=contestants(),
        periods=periods(),
        metrics=metrics(),
        differences=differences(),
        curve=curve(),
        calibration=pl.DataFrame(
            {
                "mean_predicted": bins,
                "observed": observed,
                "low": observed - 0.04,
                "high": observed + 0.045,
                "labelled": [330] * 10,
            }
        ),
        parity=parity(),
        drawn=leak().select(
            "code", pl.col("rate") * 0.8, pl.col("low") * 0.6, pl.col("high"), visits=pl.lit(140)
        ),
        leak=leak(),
        stability=pl.DataFrame(
            {
                "before": DAYS[:-1],
                "after": DAYS[1:],
                "unchanged": [0.86, 0.88, 0.85, 0.89, 0.9],
                "two_bands": [0.012, 0.009, 0.014, 0.008, 0.007],
                "jaccard": [0.71, 0.74, 0.7, 0.76, 0.78],
            }
        ),
        tradeoff=pl.DataFrame(
            tradeoff,
            schema=["logit_per_point", "max_bins", "auc", "log_loss", "factors", "bins"],
            orient="row",
        ),
        feedback=pl.DataFrame({"slope": [0.013], "low": [0.007], "is_alarming": [True]}),
        suspicious=(),
        opponent="severity_rule",
        gains=gains(),
        forecast=forecast_rows(gains(), used_from=date(2024, 9, 30)),
        reported=pl.DataFrame(
            [("division", name, 0.6, 0.01, -0.01, 0.03) for name in MEASURES],
            schema=["kind", "metric", "value", "difference", "low", "high"],
            orient="row",
        ),
        reported_parity=pl.concat(
            parity().filter(kind="division").with_columns(knows=pl.lit(value=knows))
            for knows in (False, True)
        ),
        verdict=Message(
            "It helps: on days it had not seen, 29.8% of the first 10% of the list were hits, against 24.1% "
            "when counting past violations and 15.8% at random. No clear difference to the best black box.",
        ),
        card=fitted_card(),
        gate_inputs=GateInputs(
            *(0.04, 0.03, 0.05, 1.2, 0.2, 0.02),
            periods=2,
            moves={
                ("green", "green"): 700,
                ("green", "blue"): 150,
                ("red", "red"): 100,
                ("red", "yellow"): 50,
            },
            effects=CHANGED,
        ),
    )


def sparse() -> Evaluation:
    """The same where nothing optional could be measured."""
    whole = evaluation()
    empty = {name: getattr(whole, name).clear() for name in EVALUATION_TABLES}
    nothing = replace(whole.gate_inputs, moves={}, effects=None)
    return replace(whole, **empty, contestants=whole.contestants[:1], gate_inputs=nothing)


@cache
def whole_page(language: str) -> str:
    return render(evaluation(), language=language)


def page(what: Evaluation, folder: Path, language: str) -> str:
    return write_report(what, folder / "report.html", language=language).read_text(encoding="utf-8")


EMPTY = (
    "The data hold no random draws, so there are no rates free of selection; the table of all known "
    "outcomes leans towards the firms that were picked for a visit.",
    "No GREEN firm has a known outcome yet, so what GREEN lets through is unknown.",
    "No measures: no outcome is known on the final test days.",
    "No differences: there was only one method, or no outcome is known.",
    "No curve to draw: no outcome is known on the test day.",
    "No probabilities to compare: no outcome is known on the test days.",
    "No groups to compare: district, sector and size are unknown, or no outcome is known.",
    "There is only one test day, so nothing to compare.",
    "No other ways of rounding were tried.",
    "Cannot be told: like firms do not differ in how often they were visited, or visits are not on record.",
    "No test days: there are too few complete outcomes.",
    "There are no results by test day.",
    "No enterprise was coded by both.",
    "Work and groups were not measured then; ./riskcode model evaluate measures them.",
)
"""What is said where nothing could be measured; first of random draws, then of GREEN."""

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@LANGUAGES
def test_page_one_says_whether_it_helps_by_how_much_and_for_whom_it_errs(tmp_path: Path, language: str):
    text, words = whole_page(language), Speaker(language)
    start = text.index('<section class="page">')
    for said in (
        words.of(evaluation().verdict),
        words("For whom it errs"),
        words("What GREEN lets through"),
        words("How much is found, how far down the list"),
    ):
        assert 0 < text.index(escape(said)) < start
    assert '<p class="value">30</p>' in text[:start]


@LANGUAGES
def test_the_best_simple_rule_is_the_one_compared_with_and_what_to_expect_is_told(language: str):
    text, words = whole_page(language), Speaker(language)
    start = text.index('<section class="page">')
    rule = next(one for one in evaluation().contestants if one.name == evaluation().opponent)
    assert text[:start].count(f"<dt>{escape(words.of(rule.title))}</dt>") == 4, "beside every large number"
    assert (
        words("{rule}: the best simple rule on the {n} test days before", rule=rule.title, n=4)
        in text[:start]
    )
    assert "Counting past violations" not in text[:start].split('class="facts"')[0].split("<svg")[0]
    gained = text.index(escape(words("What the card gains on the best simple rule")))
    foretold = text.index(escape(words("next period, expected")), gained)
    table = text[text.rindex("<table", 0, foretold) : text.index("</table>", foretold)]
    assert table.count("<tr") == 1 + len(DAYS) + 1
    assert "+0.017" in table, "0.13 times 0.13, every day, and so expected"


@LANGUAGES
def test_every_contestant_and_every_factor_is_named(tmp_path: Path, language: str):
    text, words = whole_page(language), Speaker(language)
    for one in evaluation().contestants:
        assert escape(words.of(one.title)) in text
    for factor in factors():
        assert escape(factor.title_zh if language == "zh" else factor.title_en) in text


@LANGUAGES
def test_the_page_tells_what_the_card_would_change(language: str):
    text, words = whole_page(language), Speaker(language)
    part = text[text.index(escape(words("What would change the day it is put in force"))) :]
    part = part[: part.index("</section>")]
    for said in workload(CHANGED, words):
        assert escape(said) in part
    assert '<span class="v">150</span><small>15.0%</small>' in part, "of a thousand, GREEN to BLUE"
    assert part.count("<table") == 3, "moves, sectors, sizes"
    assert f'<span class="v">40.0%</span><small>{escape(words("now {n}", n="60.0%"))}</small>' in part


@LANGUAGES
def test_the_same_evaluation_gives_the_same_bytes(tmp_path: Path, language: str):
    first = write_report(evaluation(), tmp_path / "a" / "report.html", language=language)
    again = write_report(evaluation(), tmp_path / "b.html", language=language)
    assert first.read_bytes() == again.read_bytes()


@LANGUAGES
def test_what_could_not_be_measured_is_said_in_a_sentence(tmp_path: Path, language: str):
    text, words = page(sparse(), tmp_path, language), Speaker(language)
    for said in EMPTY:
        assert escape(words(said)) in text, said
    assert (
        escape(
            words(
                "No group has {least} hits or more, so it cannot be said yet for whom the card errs.",
                least=30,
            )
        )
        in text
    )
    assert "<tbody>\n</tbody>" not in text


@LANGUAGES
def test_words_from_outside_are_shown_and_never_obeyed(tmp_path: Path, language: str):
    hostile = '<script>alert(1)</script> $\\frac{1}{2}$ {0} & "'
    whole = evaluation()
    title, said = Words(zh=hostile, en=hostile), Message(hostile)
    fields = {"label": replace(whole.label, title=title), "verdict": said}
    first = replace(whole.contestants[0], title=said)
    told = replace(
        whole,
        **fields,
        contestants=(first, *whole.contestants[1:]),
        parity=whole.parity.with_columns(group=pl.lit(hostile)),
        suspicious=(hostile,),
    )
    text = page(told, tmp_path, language)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $\\frac{1}{2}$ {0} &amp;" in text


@LANGUAGES
def test_the_page_loads_nothing(tmp_path: Path, language: str):
    text = re.sub(r'xmlns(:xlink)?="[^"]*"', "", whole_page(language))
    assert not re.findall(r"https?://|<link|<script|<img|@import|src=", text)


@LANGUAGES
def test_what_is_null_or_not_a_number_is_a_dash(tmp_path: Path, language: str):
    whole = evaluation()
    gone = whole.metrics.with_columns(value=pl.lit(float("nan")), low=pl.lit(None, pl.Float64))
    text = page(replace(whole, metrics=gone), tmp_path, language)
    assert ">–<" in text
    assert not re.search(r">\s*(nan|None|NaN)", text)


def test_measures_without_a_name_are_shown_by_their_key(tmp_path: Path):
    whole = evaluation()
    odd = whole.metrics.with_columns(metric=pl.col("metric").replace("lift", "gini"))
    assert '<th class="n">gini</th>' in page(replace(whole, metrics=odd), tmp_path, "en")


def test_random_draws_speak_only_where_there_are_some(tmp_path: Path):
    whole = replace(evaluation(), drawn=evaluation().drawn.clear())
    text = page(whole, tmp_path, "en")
    assert escape(EMPTY[0]) in text
    assert escape(EMPTY[1]) not in text


def test_numbers_are_written_with_true_signs_and_dashes():
    assert [numbers.share(0.0834), numbers.share(None), numbers.three(float("nan"))] == ["8.3%", "–", "–"]
    assert [numbers.days(-2.31), numbers.days(4.6), numbers.days(-0.01)] == ["−2.3", "+4.6", "0.0"]
    assert [numbers.signed(numbers.three)(0.02), numbers.signed(numbers.three)(-0.02)] == ["+0.020", "−0.020"]
    assert numbers.signed(numbers.three)(0.0001) == "0.000"


def test_names_of_lines_keep_their_distance_and_their_order():
    assert spread([0.0, 10.0], 2.0) == [0.0, 10.0]
    assert spread([5.0, 5.0, 5.0], 2.0) == [3.0, 5.0, 7.0]
    assert spread([9.0, 1.0, 1.5], 1.0) == [9.0, 0.75, 1.75]


def test_a_chinese_character_takes_two_columns():
    assert clip("abcdef", 4) == "abcd…"
    assert clip("随机检查", 8) == "随机检查"
    assert clip("随机检查", 7) == "随机检…"


def test_the_package_is_imported_without_matplotlib():
    said = "import sys, desk.pages.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], cwd=REPOSITORY, check=False).returncode == 0
