"""Fitted cards next to simple rules and black boxes on real records.

Every pair of a real set and a label is taken in, evaluated walk-forward as ``riskcode`` does it, and shown as one
table over the final test days, with the targets as checked lines.  The final days decide: nothing is tuned on them,
and ``--hold-back 2`` keeps them unseen while something is tried out.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.black_boxes import BLACK_BOXES, black_boxes
from benchmarks.report import machine
from desk.say.markdown import table
from docs.markers import fill
from models.learning.comparison import FAMILY_TITLES, Contestant, Prediction
from models.learning.evaluation import Evaluation, usable_splits
from models.policy import FAMILY_NAMES, load_policy
from warehouse.clock import local_today
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping
from warehouse.learning.lessons import Lesson, measure, prepare

LIBRARIES = ("polars", "scikit-learn", "lightgbm", "interpret-core")
STEPS = ("intake", "panel", "evaluation")
PAGE = Path(__file__).parents[1] / "docs" / "modelling-results.md"
REFERENCES = (*BLACK_BOXES, "logistic")
MOST_AUC_BEHIND, MOST_PRECISION_BEHIND = 0.01, 0.03
MOST_AUC_ROUNDED, MOST_LOSS_ROUNDED = 0.005, 0.01
Line = tuple[bool | None, str]
"""A target, reached or not (``None``: nothing to reach), and the figures."""


@dataclass(frozen=True)
class Pair:
    """A real set and a label that is learnt from it."""

    set: str
    label: str


PAIRS = (
    Pair("tw_osh", "penalty"),
    Pair("tw_osh", "accident"),
    Pair("msha_quarterly", "lost_time_injury"),
    Pair("nyc_restaurants", "bad_score"),
)


@dataclass(frozen=True)
class Tried:
    """An evaluation of one pair.  ``seconds``: wall time by what took it."""

    pair: Pair
    as_of: date
    held_back: int
    lesson: Lesson
    evaluation: Evaluation
    seconds: dict[str, float]

    @cached_property
    def pooled(self) -> dict[str, dict[str, float]]:
        """Metrics over the final days by contestant."""
        found: dict[str, dict[str, float]] = {}
        for name, metric, value in self._final.select("contestant", "metric", "value").iter_rows():
            found.setdefault(name, {})[metric] = value
        return found

    @property
    def _final(self) -> pl.DataFrame:
        return self.evaluation.metrics.filter(pl.col("test_as_of").is_null())

    def span(self, name: str, metric: str) -> str:
        """The interval of a contestant's metric."""
        of = self._final.filter(pl.col("contestant") == name, pl.col("metric") == metric)
        return _span(*of.select("low", "high").row(0))

    def gap(self, name: str, metric: str) -> tuple[float, float]:
        """The interval of the card less another contestant."""
        rows = self.evaluation.differences
        of = rows.filter(pl.col("contestant") == name, pl.col("metric") == metric)
        return of.select("low", "high").row(0)


class Stopwatch:
    """Wall seconds of whatever was under way between two reports of an evaluation."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._tell, self._what, self._since = tell, "", time.perf_counter()

    def __call__(self, message: str) -> None:
        """What begins now: the part after the day."""
        self._tell(message)
        self.stop()
        self._what = message.split(": ", 1)[-1]

    def stop(self) -> None:
        """Close what is under way."""
        now = time.perf_counter()
        if self._what:
            self.seconds[self._what] = self.seconds.get(self._what, 0.0) + now - self._since
        self._what, self._since = "", now


def compare(pair: Pair, home: Home, delivery: Path, *, hold_back: int, tell: Callable[[str], None]) -> Tried:
    """Take in (a delivery that is there already is not taken in again), learn, rank, measure."""
    as_of = load_mapping(pair.set).archive_ends or local_today()
    started = time.perf_counter()
    with writing(home) as connection:
        tell(f"{pair.set}: taking the delivery in")
        take_in_all(
            connection, home, folder=str(delivery), mapping=pair.set, received_on=as_of, today=local_today()
        )
        intake = time.perf_counter() - started
        tell(f"{pair.set} × {pair.label}: panel")
        lesson = prepare(connection, load_policy(), label=pair.label, as_of=as_of)
    seconds = {"intake": intake, "panel": time.perf_counter() - started - intake}
    lesson, watch, began = without_last(lesson, hold_back), Stopwatch(tell), time.perf_counter()
    days = final_days(lesson)
    more = [on_days(one, days) for one in black_boxes(lesson.policy.learning)]
    with warnings.catch_warnings():
        # EBM remarks that its pictures leave missing values out; nobody draws any here.
        warnings.filterwarnings("ignore", message="Missing values detected")
        evaluation = measure(lesson, families=FAMILY_NAMES, more=more, report=watch)
    watch.stop()
    seconds |= {"evaluation": time.perf_counter() - began}
    names = {str(one.title): one.name for one in evaluation.contestants}
    # While they play, no family is the card yet.
    names[str(FAMILY_TITLES[evaluation.card.origin.family])] = "card"
    seconds |= {names.get(what, what): spent for what, spent in watch.seconds.items()}
    return Tried(pair, as_of, hold_back, lesson, evaluation, seconds)


def without_last(lesson: Lesson, count: int) -> Lesson:
    """The lesson without the last labelled cohort days and whatever lies after them."""
    if not count:
        return lesson
    panel = lesson.material.panel
    days = panel.filter(pl.col("label").is_not_null())["as_of"].unique().sort()
    kept = panel.filter(pl.col("as_of") < days[-count])
    return replace(lesson, material=replace(lesson.material, panel=kept))


def final_days(lesson: Lesson) -> frozenset[int]:
    """The test days that decide; the ones before them only choose the family of the card."""
    learning = lesson.policy.learning
    splits = usable_splits(lesson.material.panel, label=lesson.material.label, learning=learning)
    return frozenset(split.test for split in splits[-learning.gate.periods :])


def on_days(one: Contestant, days: frozenset[int]) -> Contestant:
    """A contestant that says nothing on other days: the table shows none of them, and EBM takes its time."""

    def predict(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
        if test["as_of"][0] not in days:
            return Prediction(np.zeros(test.height))
        return one.predict(train, test)

    return replace(one, predict=predict)


# ------------------------------------------------------------------------------------------- showing


HEAD = (
    *(
        "contestant",
        "kind>",
        "AUC [95 %]>",
        "within>",
        "AP>",
        "P@10 worst / expected / best>",
        "[95 %]>",
        "P@2>",
    ),
    *("recall>", "lift>", "known@10>", "Brier>", "log-loss>", "cal. error>"),
)
CHICAGO = {
    "first half>": ("chicago_first_half", 3),
    "as made>": ("chicago_first_half_actual", 3),
    "days earlier>": ("chicago_days_earlier", 1),
    "later>": ("chicago_share_later", 3),
}
"""Columns where visits were made: metric and decimals."""


def standings(found: Tried) -> str:
    """One row per contestant, best AUC first."""
    chicago = CHICAGO if "chicago_first_half" in found.pooled["card"] else {}
    order = sorted(found.pooled, key=lambda name: -found.pooled[name]["auc"])
    kinds = {one.name: one.kind for one in found.evaluation.contestants}
    rows: list[list[str]] = []
    for name in order:
        value = found.pooled[name]
        more = [_number(value.get(metric), places) for metric, places in chicago.values()]
        row = [name, kinds[name], *_row(found, name), *more, _number(found.seconds.get(name), 1)]
        rows.append([f"**{one}**" for one in row] if name == "card" else row)
    return table((*HEAD, *chicago, "s>"), rows)


def _row(found: Tried, name: str) -> list[str]:
    value = found.pooled[name]
    precision = [value[f"precision_{which}"] for which in ("worst", "expected", "best")]
    return [
        f"{value['auc']:.3f} {found.span(name, 'auc')}",
        _number(value["within_auc"]),
        _number(value["average_precision"]),
        " / ".join(_number(one) for one in precision),
        found.span(name, "precision_expected"),
        _number(value["precision_2pct"]),
        _number(value["recall_expected"]),
        _number(value["lift"], 2),
        _number(value["labelled_at_k"], 0),
        *(_number(value.get(metric), 4) for metric in ("brier", "log_loss", "calibration_error")),
    ]


def _number(value: float | None, places: int = 3) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _span(low: float, high: float) -> str:
    return f"[{low:.3f}, {high:.3f}]"


def checked(found: Tried) -> list[Line]:
    """The targets and the facts."""
    facts: list[Line] = [(None, text) for text in _facts(found)]
    return [*_against_black_boxes(found), *_margins(found), *_rounding(found), *facts]


def _against_black_boxes(found: Tried) -> list[Line]:
    lines: list[Line] = []
    present = [name for name in REFERENCES if name in found.pooled]
    for metric, title in (("auc", "AUC"), ("precision_expected", "precision@10 %")):
        best = max(present, key=lambda name, metric=metric: found.pooled[name][metric])
        card, theirs = found.pooled["card"][metric], found.pooled[best][metric]
        low, high = found.gap(best, metric)
        if metric == "auc":
            is_met, target = card >= theirs - MOST_AUC_BEHIND, f"at most {MOST_AUC_BEHIND} AUC behind"
        else:
            is_met = card >= theirs * (1 - MOST_PRECISION_BEHIND)
            target = f"at most {MOST_PRECISION_BEHIND:.0%} of precision@10 % behind"
        text = (
            f"{target} the best black box: card {card:.4f}, best {best} {theirs:.4f}, difference "
            f"{card - theirs:+.4f} [{low:+.4f}, {high:+.4f}]"
        )
        if metric != "auc":
            text += f", ratio {card / theirs:.3f}"
        others = ", ".join(f"{name} {found.pooled[name][metric]:.4f}" for name in present if name != best)
        lines.append((is_met, f"{text}; {title} of the others: {others}"))
    return lines


TITLES = {
    "auc": "AUC",
    "precision_expected": "precision@10 %",
    "precision_2pct": "precision@2 %",
    "average_precision": "average precision",
}


def _margins(found: Tried) -> list[Line]:
    lines: list[Line] = []
    opponent = found.evaluation.opponent
    for rule in dict.fromkeys((opponent, "count_36m")):
        parts: list[str] = []
        for metric, title in TITLES.items():
            base = found.pooled[rule][metric]
            ours, theirs = (found.pooled[name][metric] - base for name in ("card", "lightgbm"))
            low, high = found.gap(rule, metric)
            parts.append(
                f"{title} {base:.4f}: card {ours:+.4f} [{low:+.4f}, {high:+.4f}], LightGBM {theirs:+.4f}"
            )
        who = "the best simple rule of the days before" if rule == opponent else "counting"
        above = found.gap(rule, "auc")[0] > 0
        lines.append((above, f"better than {who} ({rule}), interval of the AUC above 0: {'; '.join(parts)}"))
    return lines


def _rounding(found: Tried) -> list[Line]:
    rounded, exact = found.pooled["card"], found.pooled["float"]
    pooled = ((rounded["auc"], rounded["log_loss"]), (exact["auc"], exact["log_loss"]))
    lines = [_rounded("the calibrated card against the float model, final days", *pooled)]
    fitting, tried = found.lesson.policy.learning.fitting, found.evaluation.tradeoff
    shipped = (pl.col("logit_per_point") == fitting.logit_per_point) & (
        pl.col("max_bins") == fitting.max_bins
    )
    card, exact = (
        tried.filter(which).select("auc", "log_loss")
        for which in (shipped, pl.col("logit_per_point").is_null())
    )
    if card.height and exact.height:
        about = "points and float model of the last day, intercept of both from the training rows"
        lines.append(_rounded(about, card.row(0), exact.row(0)))
    return lines


def _rounded(about: str, card: tuple[float, float], exact: tuple[float, float]) -> Line:
    lost, dearer = exact[0] - card[0], card[1] / exact[1] - 1
    # The points are searched anew on the log-loss, so they can beat what they were rounded from.
    hollow = (
        "; the float model is the worse of the two, so no price of rounding shows"
        if lost < 0 > dearer
        else ""
    )
    return (
        lost <= MOST_AUC_ROUNDED and dearer <= MOST_LOSS_ROUNDED,
        f"rounding costs at most {MOST_AUC_ROUNDED} AUC and {MOST_LOSS_ROUNDED:.0%} of log-loss ({about}): "
        f"AUC {exact[0]:.4f} → {card[0]:.4f} ({-lost:+.4f}), log-loss {exact[1]:.4f} → {card[1]:.4f} "
        f"({dearer:+.2%}){hollow}",
    )


def _facts(found: Tried) -> list[str]:
    spent, evaluation, scorecard = found.seconds, found.evaluation, found.evaluation.card.scorecard
    titles = {one.name: str(one.title) for one in evaluation.contestants}
    several = ", ".join(
        f"{titles.get(name, name)} {seconds:.0f}"
        for name, seconds in spent.items()
        if seconds >= 0.5 and name not in STEPS
    )
    return [
        _choice(evaluation),
        f"size of the card fitted last: {len(scorecard.factors)} factors, "
        f"{sum(len(factor.points) for factor in scorecard.factors)} numbers",
        f"features that alone tell the label: {', '.join(evaluation.suspicious) or 'none'}",
        f"seconds: intake {spent['intake']:.0f}, panel {spent['panel']:.0f}, evaluation "
        f"{spent['evaluation']:.0f} (of it: {several}; black boxes on the final days only)",
        str(evaluation.verdict),
    ]


def _choice(evaluation: Evaluation) -> str:
    """Which family the card is of, and what that was chosen on."""
    family, before = evaluation.card.origin.family, evaluation.periods.filter(~pl.col("is_final")).height
    if before:
        return f"family of the card: {family}, best mean AUC on the {before} test days before"
    return f"family of the card: {family}, the first, as there is no earlier test day to choose on"


def about(found: Tried) -> str:
    """What was tried on what."""
    days = "; ".join(
        f"test day {one['test_as_of']}: {one['test_rows']:,} enterprises, {one['labelled']:,} labelled, "
        f"{one['positives']:,} positive ({one['positives'] / one['labelled']:.1%}), learnt from "
        f"{one['train_rows']:,} rows of {one['cohorts']} cohorts {one['first_cohort']} to {one['last_cohort']}"
        for one in found.evaluation.periods.filter("is_final").iter_rows(named=True)
    )
    held = f"  The last {found.held_back} labelled days are held back." if found.held_back else ""
    return f"Known on {found.as_of}; {days}.{held}"


def markdown(found: Tried) -> str:
    """The table, the targets, and what they were measured with."""
    marks = {None: "", True: "**yes**: ", False: "**no**: "}
    lines = [f"- {marks[is_met]}{text}" for is_met, text in checked(found)]
    on, origin = machine(LIBRARIES), found.evaluation.card.origin
    versions = " · ".join(f"{name} {number}" for name, number in on["versions"].items())
    foot = (
        f"Measured {on['day']}, pack {origin.pack_hash}, code {origin.code_version}, {on['cores']} shared cores, "
        f"Python {on['python']}, {versions}."
    )
    return "\n".join([about(found), "", standings(found), "", *lines, "", foot])


def write(found: Tried, page: Path = PAGE) -> None:
    """Put the pair's block into the page."""
    fill(page, {f"{found.pair.set}.{found.pair.label}": markdown(found)})
