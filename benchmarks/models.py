"""Fitted cards next to simple rules and black boxes on real records: ``python -m benchmarks.models``.

Every pair of a real set and a label is taken in, evaluated walk-forward as ``riskcode`` does it, and shown as one
table over the final test days, with the targets as checked lines.  The final days decide: nothing is tuned on them,
and ``--hold-back 2`` keeps them unseen while something is tried out.
"""

import argparse
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.black_boxes import BLACK_BOXES, black_boxes
from benchmarks.report import machine
from docs.markers import table, with_block
from models.learning.comparison import FAMILY_TITLES, Contestant, Prediction
from models.learning.evaluation import Evaluation, usable_splits
from models.policy import FAMILY_NAMES, PolicyOnDay, Words, load_policy
from pipelines.settings import load_settings
from warehouse.clock import local_today
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping
from warehouse.learning.lessons import Lesson, measure, prepare

LIBRARIES = ("polars", "scikit-learn", "lightgbm", "interpret-core")
STEPS = ("intake", "panel", "evaluation")
RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "modelling-results.md"
WIDTH = 200
REFERENCES = (*BLACK_BOXES, "logistic")
COUNTS = ("count_36m", "count_12m", "count_adjusted", "mean_score")
MOST_AUC_BEHIND, MOST_PRECISION_BEHIND = 0.01, 0.03
MOST_AUC_ROUNDED, MOST_LOSS_ROUNDED = 0.005, 0.01


@dataclass(frozen=True)
class Pair:
    """A real set and a label that is learnt from it; ``extra`` names further counting rules for it."""

    set: str
    label: str
    extra: tuple[str, ...] = ()


PAIRS = (
    Pair("tw_osh", "penalty"),
    Pair("tw_osh", "accident"),
    # The usual count of a mine is that of the last four quarters.
    Pair("msha_quarterly", "lost_time_injury", ("count_12m",)),
    # Scored visits have a simpler rule still: the mean of past scores.
    Pair("nyc_restaurants", "bad_score", ("mean_score",)),
)


def count_12m() -> Contestant:
    """Findings of twelve months, the other natural count."""
    title = Words(zh="近一年违法违规数", en="count of violations, 12 months")
    return Contestant(
        "count_12m",
        "baseline",
        title,
        lambda _, test: Prediction(test["violations_12m"].cast(pl.Float64).to_numpy()),
    )


def mean_score() -> Contestant:
    """Mean check-list score of past visits."""
    title = Words(zh="过去检查评分均值", en="mean past check-list score")
    return Contestant(
        "mean_score",
        "baseline",
        title,
        lambda _, test: Prediction(test["score_mean"].cast(pl.Float64).fill_null(-1).to_numpy()),
    )


EXTRA: dict[str, Callable[[], Contestant]] = {"count_12m": count_12m, "mean_score": mean_score}


@dataclass(frozen=True)
class Compared:
    """What came out for one pair, as plain data.

    ``values`` and ``intervals``: by contestant and metric, pooled over the final days.  ``gaps``: the card less
    each other contestant (difference, low, high) by metric.  ``trades``: the float model and the card of the last
    day, both with the intercept fitted on the same rows: AUC, log-loss.  ``seconds``: wall time by what took it.
    """

    set: str
    label: str
    as_of: str
    held_back: int
    values: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, tuple[float, float]]]
    gaps: dict[str, dict[str, tuple[float, float, float]]]
    kinds: dict[str, str]
    titles: dict[str, str]
    periods: list[dict[str, Any]]
    trades: dict[str, tuple[float, float]]
    family: str
    chosen_on: int
    factors: int
    numbers: int
    version: str
    suspicious: tuple[str, ...]
    verdict: str
    seconds: dict[str, float]
    machine: dict[str, Any]


# ------------------------------------------------------------------------------------------- measuring


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


def compare(
    pair: Pair, home: Home, delivery: Path, *, hold_back: int, tell: Callable[[str], None]
) -> Compared:
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
    more += [EXTRA[name]() for name in pair.extra]
    with warnings.catch_warnings():
        # EBM remarks that its pictures leave missing values out; nobody draws any here.
        warnings.filterwarnings("ignore", message="Missing values detected")
        evaluation = measure(lesson, families=FAMILY_NAMES, more=more, report=watch)
    watch.stop()
    seconds |= {"evaluation": time.perf_counter() - began}
    names = {one.title.en: one.name for one in evaluation.contestants}
    # While they play, no family is the card yet.
    names[FAMILY_TITLES[evaluation.card.origin.family].en] = "card"
    seconds |= {names.get(what, what): spent for what, spent in watch.seconds.items()}
    return boiled_down(pair, as_of, evaluation, lesson.policy, hold_back, seconds)


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


def boiled_down(
    pair: Pair,
    as_of: date,
    evaluation: Evaluation,
    policy: PolicyOnDay,
    hold_back: int,
    seconds: dict[str, float],
) -> Compared:
    """The evaluation as plain data."""
    card = evaluation.card.scorecard
    return Compared(
        set=pair.set,
        label=pair.label,
        as_of=str(as_of),
        held_back=hold_back,
        **_pooled(evaluation),
        gaps=_gaps(evaluation),
        kinds={one.name: one.kind for one in evaluation.contestants},
        titles={one.name: one.title.en for one in evaluation.contestants},
        periods=json.loads(json.dumps(evaluation.periods.filter("is_final").to_dicts(), default=str)),
        trades=_trades(evaluation, policy),
        family=evaluation.card.origin.family,
        chosen_on=evaluation.periods.filter(~pl.col("is_final")).height,
        factors=len(card.factors),
        numbers=sum(len(factor.points) for factor in card.factors),
        version=f"pack {evaluation.card.origin.pack_hash}, code {evaluation.card.origin.code_version}",
        suspicious=evaluation.suspicious,
        verdict=evaluation.verdict.en,
        seconds=seconds,
        machine={**machine(), "versions": {name: version(name) for name in LIBRARIES}},
    )


def _pooled(evaluation: Evaluation) -> dict[str, Any]:
    values: dict[str, dict[str, float]] = {}
    intervals: dict[str, dict[str, tuple[float, float]]] = {}
    rows = evaluation.metrics.filter(pl.col("test_as_of").is_null())
    for row in rows.iter_rows(named=True):
        values.setdefault(row["contestant"], {})[row["metric"]] = row["value"]
        if row["low"] is not None:
            intervals.setdefault(row["contestant"], {})[row["metric"]] = (row["low"], row["high"])
    return {"values": values, "intervals": intervals}


def _gaps(evaluation: Evaluation) -> dict[str, dict[str, tuple[float, float, float]]]:
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name, metric, *numbers in evaluation.differences.iter_rows():
        found.setdefault(name, {})[metric] = (numbers[0], numbers[1], numbers[2])
    return found


def _trades(evaluation: Evaluation, policy: PolicyOnDay) -> dict[str, tuple[float, float]]:
    fitting = policy.learning.fitting
    shipped = (pl.col("logit_per_point") == fitting.logit_per_point) & (
        pl.col("max_bins") == fitting.max_bins
    )
    rows = {"float": evaluation.tradeoff.filter(pl.col("logit_per_point").is_null())}
    rows["card"] = evaluation.tradeoff.filter(shipped)
    return {name: found.select("auc", "log_loss").row(0) for name, found in rows.items() if found.height}


# ------------------------------------------------------------------------------------------- showing


HEAD = (
    *("contestant", "kind>", "AUC [95 %]>", "within>", "AP>", "P@10 worst / expected / best>", "[95 %]>"),
    *("recall>", "lift>", "known@10>", "Brier>", "log-loss>", "cal. error>"),
)
CHICAGO_HEAD = ("first half>", "as made>", "days earlier>", "later>")
CHICAGO = ("first_half", "first_half_actual", "days_earlier", "share_later")


def head(found: Compared) -> tuple[str, ...]:
    """Columns of the table; the Chicago measures only where visits were made."""
    return (*HEAD, *(CHICAGO_HEAD if _has_chicago(found) else ()), "s>")


def _has_chicago(found: Compared) -> bool:
    return "chicago_first_half" in found.values["card"]


def rows_of(found: Compared) -> list[tuple[str, ...]]:
    """One row per contestant, best AUC first."""
    order = sorted(found.values, key=lambda name: -found.values[name]["auc"])
    return [(*_row(found, name), *_chicago(found, name), _seconds(found, name)) for name in order]


def _row(found: Compared, name: str) -> tuple[str, ...]:
    value, interval = found.values[name], found.intervals[name]
    precision = [value[f"precision_{which}"] for which in ("worst", "expected", "best")]
    probability = [_number(value.get(metric), 4) for metric in ("brier", "log_loss", "calibration_error")]
    return (
        name,
        found.kinds[name],
        f"{value['auc']:.3f} {_span(interval['auc'])}",
        _number(value["within_auc"]),
        _number(value["average_precision"]),
        " / ".join(_number(one) for one in precision),
        _span(interval["precision_expected"]),
        _number(value["recall_expected"]),
        _number(value["lift"], 2),
        _number(value["labelled_at_k"], 0),
        *probability,
    )


def _chicago(found: Compared, name: str) -> tuple[str, ...]:
    if not _has_chicago(found):
        return ()
    value = found.values[name]
    digits = (3, 3, 1, 3)
    return tuple(
        _number(value.get(f"chicago_{metric}"), places)
        for metric, places in zip(CHICAGO, digits, strict=True)
    )


def _seconds(found: Compared, name: str) -> str:
    return _number(found.seconds.get(name), 1)


def _number(value: float | None, places: int = 3) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _span(bounds: tuple[float, float]) -> str:
    return f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"


def checked(found: Compared) -> list[tuple[bool | None, str]]:
    """The targets: reached or not (``None``: nothing to reach), and the figures."""
    return [*_against_black_boxes(found), *_margins(found), *_rounding(found), *_facts(found)]


def _against_black_boxes(found: Compared) -> list[tuple[bool | None, str]]:
    lines: list[tuple[bool | None, str]] = []
    present = [name for name in REFERENCES if name in found.values]
    for metric, title in (("auc", "AUC"), ("precision_expected", "precision@10 %")):
        best = max(present, key=lambda name, metric=metric: found.values[name][metric])
        card, theirs = found.values["card"][metric], found.values[best][metric]
        _, low, high = found.gaps[best][metric]
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
        others = ", ".join(f"{name} {found.values[name][metric]:.4f}" for name in present if name != best)
        lines.append((is_met, f"{text}; {title} of the others: {others}"))
    return lines


def _margins(found: Compared) -> list[tuple[bool | None, str]]:
    lines: list[tuple[bool | None, str]] = []
    for count in (name for name in COUNTS if name in found.values):
        parts: list[str] = []
        for metric, title in (("auc", "AUC"), ("precision_expected", "precision@10 %")):
            base = found.values[count][metric]
            ours, theirs = (found.values[name][metric] - base for name in ("card", "lightgbm"))
            _, low, high = found.gaps[count][metric]
            parts.append(
                f"{title} {base:.4f}: card {ours:+.4f} [{low:+.4f}, {high:+.4f}], LightGBM {theirs:+.4f}"
            )
        above = found.gaps[count]["auc"][1] > 0
        lines.append(
            (above, f"better than counting ({count}), interval of the AUC above 0: {'; '.join(parts)}")
        )
    return lines


def _rounding(found: Compared) -> list[tuple[bool | None, str]]:
    rounded, exact = found.values["card"], found.values["float"]
    pooled = ((rounded["auc"], rounded["log_loss"]), (exact["auc"], exact["log_loss"]))
    lines = [_rounded("the calibrated card against the float model, final days", *pooled)]
    if {"card", "float"} <= set(found.trades):
        about = "points and float model of the last day, intercept of both from the training rows"
        lines.append(_rounded(about, tuple(found.trades["card"]), tuple(found.trades["float"])))
    return lines


def _rounded(about: str, card: tuple[float, float], exact: tuple[float, float]) -> tuple[bool | None, str]:
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


def _facts(found: Compared) -> list[tuple[bool | None, str]]:
    spent = found.seconds
    several = ", ".join(
        f"{found.titles.get(name, name)} {spent[name]:.0f}"
        for name in spent
        if spent[name] >= 0.5 and name not in STEPS
    )
    suspicious = ", ".join(found.suspicious) or "none"
    return [
        (None, _choice(found)),
        (None, f"size of the card fitted last: {found.factors} factors, {found.numbers} numbers"),
        (None, f"features that alone tell the label: {suspicious}"),
        (
            None,
            f"seconds: intake {spent['intake']:.0f}, panel {spent['panel']:.0f}, evaluation "
            f"{spent['evaluation']:.0f} (of it: {several}; black boxes on the final days only)",
        ),
        (None, found.verdict),
    ]


def _choice(found: Compared) -> str:
    """Which family the card is of, and what that was chosen on."""
    if found.chosen_on:
        return f"family of the card: {found.family}, best mean AUC on the {found.chosen_on} test days before"
    return (
        f"family of the card: {found.family}, CHOSEN ON THE FINAL DAYS THEMSELVES, as there is no earlier test "
        f"day: read the card's row as a little too good; the other families have rows of their own"
    )


def about(found: Compared) -> str:
    """What was tried on what."""
    days = "; ".join(
        f"test day {one['test_as_of']}: {one['test_rows']:,} enterprises, {one['labelled']:,} labelled, "
        f"{one['positives']:,} positive ({one['positives'] / one['labelled']:.1%}), learnt from "
        f"{one['train_rows']:,} rows of {one['cohorts']} cohorts {one['first_cohort']} to {one['last_cohort']}"
        for one in found.periods
    )
    held = f"  The last {found.held_back} labelled days are held back." if found.held_back else ""
    return f"Known on {found.as_of}; {days}.{held}"


def show(found: Compared, console: Console) -> None:
    """Print the table and the checked lines."""
    grid = Table(title=f"{found.set} × {found.label}", width=WIDTH, padding=(0, 0), collapse_padding=True)
    for name in head(found):
        grid.add_column(name.removesuffix(">"), justify="right" if name.endswith(">") else "left")
    for row in rows_of(found):
        grid.add_row(*row, style="bold" if row[0] == "card" else "")
    console.print(about(found))
    console.print(grid)
    for is_met, text in checked(found):
        console.print(f"{_mark(is_met)}{text}", highlight=False, markup=False)


def _mark(is_met: bool | None) -> str:
    return "" if is_met is None else "yes: " if is_met else "NO:  "


def markdown(found: Compared) -> str:
    """The same as Markdown."""
    rows = [tuple(f"**{one}**" if row[0] == "card" else one for one in row) for row in rows_of(found)]
    lines = [
        f"- {'' if is_met is None else '**yes**: ' if is_met else '**no**: '}{text}"
        for is_met, text in checked(found)
    ]
    return "\n".join([about(found), "", table(head(found), rows), "", *lines])


INTRODUCTION = """\
# Fitted cards on real records

Written by `python -m benchmarks.models --write`; nothing here is edited by hand. Every contestant learns from the
cohorts whose labels were complete on the test day and ranks that day's enterprises; numbers are means over the final
test days: the last two labelled ones (or the one there is), which settings are not tuned on. `[95 %]`: enterprises
resampled 200 times.

`within`: AUC over pairs seen by the same team, or in the same division where no team is known. `P@10`: share of hits
among the labelled of the tenth ranked highest; ties at the border in the worst, expected and best order. `known@10`:
labelled enterprises among them. `first half`: share of the hits met in the first half of the visits when ordered by
score, `as made` in their true order; `days earlier` and `later`: the Chicago measure. `s`: seconds to learn and rank,
families and rules on all test days, black boxes on the final ones. `card` is of the family that did best on the test
days before the final ones, `float` the same before rounding. The black boxes use the features that a card may use, on
at most 100,000 rows drawn with a fixed seed, with the settings in `benchmarks/black_boxes.py`.
"""


def write(found: Compared, page: Path = PAGE) -> None:
    """Put the pair's block into the page."""
    text = page.read_text(encoding="utf-8") if page.exists() else _empty_page()
    versions = " · ".join(f"{name} {number}" for name, number in found.machine["versions"].items())
    foot = (
        f"Measured {found.machine['day']}, {found.version}, {found.machine['cores']} shared cores, "
        f"Python {found.machine['python']}, {versions}."
    )
    page.write_text(
        with_block(text, _block(found.set, found.label), f"{markdown(found)}\n\n{foot}"), encoding="utf-8"
    )


def _block(set_: str, label: str) -> str:
    return f"{set_}.{label}"


def _empty_page() -> str:
    parts = [INTRODUCTION]
    for pair in PAIRS:
        name = _block(pair.set, pair.label)
        parts.append(f"## {pair.set} × {pair.label}\n\n<!-- begin {name} -->\n<!-- end {name} -->\n")
    return "\n".join(parts)


# ------------------------------------------------------------------------------------------- the command


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; exit code 1 when a target was missed."""
    chosen = _parser().parse_args(arguments)
    pairs = [pair for pair in PAIRS if chosen.set in (None, pair.set) and chosen.label in (None, pair.label)]
    if not pairs:
        known = ", ".join(f"{pair.set} × {pair.label}" for pair in PAIRS)
        sys.exit(f"No such pair. There are: {known}.")
    if chosen.write and chosen.hold_back:
        sys.exit("--write is for the final days; leave out --hold-back.")
    console = Console(width=WIDTH)
    if chosen.again:
        results = [show_again(chosen.json or RESULTS, pair, console) for pair in pairs]
    else:
        results = measure_all(chosen, pairs, console)
    for found in results if chosen.write else ():
        write(found)
    return 0 if all(is_met is not False for found in results for is_met, _ in checked(found)) else 1


def measure_all(chosen: argparse.Namespace, pairs: Sequence[Pair], console: Console) -> list[Compared]:
    """Measure the pairs whose set is there; results are saved before anything is made of them."""
    data, results, progress = load_settings().real_data, [], Console(stderr=True)
    started = time.perf_counter()

    def tell(what: str) -> None:
        progress.print(f"[dim]{time.perf_counter() - started:6.1f} s  {what} …[/]")

    folder = (
        tempfile.TemporaryDirectory(prefix="riskcode-models-")
        if not chosen.keep
        else nullcontext(chosen.keep)
    )
    with folder as root:
        for pair in pairs:
            if not (data / pair.set).is_dir():
                console.print(f"{pair.set} × {pair.label}: skipped, there is no {data / pair.set}.")
                continue
            home = Home(Path(root) / pair.set)
            found = compare(pair, home, data / pair.set, hold_back=chosen.hold_back, tell=tell)
            if chosen.json:
                save(chosen.json, found)
            show(found, console)
            results.append(found)
    return results


def show_again(folder: Path, pair: Pair, console: Console) -> Compared:
    """A result as it was saved."""
    path = _saved(folder, pair.set, pair.label)
    if not path.exists():
        sys.exit(f"There is no {path}; measure it first.")
    found = Compared(**json.loads(path.read_text(encoding="utf-8")))
    show(found, console)
    return found


def save(folder: Path, found: Compared) -> None:
    """Write a result as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _saved(folder, found.set, found.label)
    path.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _saved(folder: Path, set_: str, label: str) -> Path:
    return folder / f"models-{set_}-{label}.json"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.models", description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=sorted({pair.set for pair in PAIRS}))
    parser.add_argument("--label", choices=sorted({pair.label for pair in PAIRS}))
    parser.add_argument(
        "--hold-back", type=int, default=0, help="leave the last so many labelled days unseen"
    )
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")
    parser.add_argument(
        "--json", type=Path, nargs="?", const=RESULTS, help="save the numbers here (benchmarks/results)"
    )
    parser.add_argument("--again", action="store_true", help="show what was saved last, without measuring")
    parser.add_argument("--keep", type=Path, help="take deliveries in below this folder and leave them there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
