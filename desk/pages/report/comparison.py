"""Who competed, in which role, and what was measured of whom."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from desk.draw.canvas import Line
from desk.draw.charts import Dot
from desk.pages.report.tables import Cell, Record, Row, Table, records
from desk.say import numbers
from desk.say.numbers import is_known
from desk.say.report import KINDS, METRICS, TOP, Metric, family, measure
from desk.words.words import Words
from models.learning.comparison import Contestant
from models.learning.evaluation import Evaluation

AS_VISITED = "chicago_first_half_actual"
"""What the visits as they were made reach: the same for all, so a sentence and no column."""
AT_TOP = (
    "precision_worst",
    "precision_expected",
    "precision_best",
    "precision_2pct",
    "recall_expected",
    "lift",
    "labelled_at_k",
)
"""Measures of the first 10 % of the list; the others look at all of it."""

_ORDER = tuple(KINDS)
RANDOM = "random"
"""The baseline that plays chance."""


class Contest:
    """Contestants in the order of the page, their roles and their pooled measures."""

    def __init__(self, evaluation: Evaluation, words: Words) -> None:
        self.evaluation, self.words = evaluation, words
        pooled = [row for row in records(evaluation.metrics) if row["test_as_of"] is None]
        self._pooled = {(row["contestant"], row["metric"]): row for row in pooled}
        self.metrics = [*METRICS, *sorted({row["metric"] for row in pooled} - {*METRICS, AS_VISITED})]
        self.listed = sorted(evaluation.contestants, key=self._place)
        self.card = self._champion()
        self.random = self._first("baseline", lambda one: one.name == RANDOM)
        self.opponent = self._opponent()
        self.expert = self._first("expert")
        self.black_box = self._first("black_box")

    def measured(self, contestant: Contestant | None, metric: str) -> Record:
        """Value, low and high of a pooled measure; empty where it was not taken."""
        return self._pooled.get((contestant.name, metric), {}) if contestant else {}

    def value(self, contestant: Contestant | None, metric: str) -> float | None:
        """A pooled measure, None where it was not taken."""
        found = self.measured(contestant, metric).get("value")
        return found if is_known(found) else None

    def title(self, contestant: Contestant) -> str:
        """What the contestant is called in the reader's language."""
        return self.words.of(contestant.title)

    def short(self, contestant: Contestant) -> str:
        """What page one calls the contestant: the best black box by what it is."""
        return self.words("best black box") if contestant == self.black_box else self.title(contestant)

    def role(self, contestant: Contestant) -> str:
        """A key of the charts' styles."""
        if contestant == self.random:
            return "random"
        if contestant.kind == "card" and contestant != self.card:
            return "float"
        return contestant.kind if contestant.kind in KINDS else "other"

    @property
    def highlighted(self) -> list[Contestant]:
        """The few that charts tell apart, the card first."""
        few = (self.card, self.black_box, self.expert, self.opponent, self.random)
        return list(dict.fromkeys(one for one in few if one is not None))

    def _place(self, contestant: Contestant) -> tuple[int, float, str]:
        kind = _ORDER.index(contestant.kind) if contestant.kind in KINDS else len(KINDS)
        area = self.value(contestant, "auc")
        return kind, -(area if area is not None else -math.inf), contestant.name

    def _champion(self) -> Contestant:
        """The card all others are compared with: it alone stands in no difference."""
        others = set(self.evaluation.differences["contestant"].to_list())
        cards = [one for one in self.listed if one.kind == "card"]
        return next((one for one in cards if one.name not in others), (cards or self.listed)[0])

    def _first(self, kind: str, is_meant: Callable[[Contestant], bool] = lambda _: True) -> Contestant | None:
        return next((one for one in self.listed if one.kind == kind and is_meant(one)), None)

    def _opponent(self) -> Contestant | None:
        """The simple rule that the verdict speaks against."""
        return next((one for one in self.listed if one.name == self.evaluation.opponent), None)


def contest_tables(contest: Contest) -> list[Table]:
    """All contestants by the measures of the whole list, and by those of its first tenth."""
    found = [name for name in contest.metrics if any(contest.measured(one, name) for one in contest.listed)]
    whole = [name for name in found if name not in AT_TOP]
    top = [name for name in found if name in AT_TOP]
    return [_contest_table(contest, names) for names in (whole, top) if names] or [
        _contest_table(contest, [])
    ]


def _contest_table(contest: Contest, names: Sequence[str]) -> Table:
    words = contest.words
    best = {name: _best(contest, name) for name in names}
    rows: list[Row] = []
    kind = ""
    for one in contest.listed:
        if one.kind != kind:
            kind = one.kind
            rows.append(Row((Cell(words(KINDS.get(kind, kind))),), "group"))
        cells = [_measure(contest, one, name, best[name]) for name in names]
        rows.append(Row((Cell(contest.title(one)), *cells), "card" if one == contest.card else ""))
    head = (words("method"), *(words(measure(name).title) for name in names))
    return Table(
        head, tuple(rows) if names else (), words("No measures: no outcome is known on the final test days.")
    )


def _measure(contest: Contest, one: Contestant, name: str, best: str) -> Cell:
    form, row = measure(name).form, contest.measured(one, name)
    text = form(row.get("value"))
    is_best = text == best
    return Cell(text, numbers.interval(form, row.get("low"), row.get("high")), is_best=is_best)


def _best(contest: Contest, name: str) -> str:
    """The best value as written, so that what reads alike is marked alike."""
    metric = measure(name)
    values = [value for one in contest.listed if (value := contest.value(one, name)) is not None]
    if not metric.better or not values:
        return ""
    return metric.form(max(values) if metric.better > 0 else min(values))


def difference_table(contest: Contest) -> Table:
    """The card less every other contestant on the final periods."""
    words = contest.words
    rows = {(row["contestant"], row["metric"]): row for row in records(contest.evaluation.differences)}
    names = [name for name in contest.metrics if any(metric == name for _, metric in rows)]
    others = [one for one in contest.listed if any(name == one.name for name, _ in rows)]
    made: list[Row] = []
    for one in others:
        cells = [_difference(contest, rows.get((one.name, name), {}), name) for name in names]
        made.append(Row((Cell(contest.title(one)), *cells)))
    head = (words("card less …"), *(_gap_title(contest, name) for name in names))
    return Table(
        head, tuple(made), words("No differences: there was only one method, or no outcome is known.")
    )


def _gap_title(contest: Contest, name: str) -> str:
    title = contest.words(measure(name).title)
    is_share = measure(name).gap == numbers.percentage_points
    return contest.words("{metric} (percentage points)", metric=title) if is_share else title


def _difference(contest: Contest, row: Record, name: str) -> Cell:
    metric = measure(name)
    form = metric.gap
    low, high = row.get("low"), row.get("high")
    return Cell(form(row.get("difference")), numbers.interval(form, low, high), tone=_tone(metric, low, high))


def _tone(metric: Metric, low: Any, high: Any) -> str:
    """Whether the card is surely better or worse: 0 lies outside the interval."""
    if not is_known(low) or not is_known(high) or low <= 0 <= high:
        return ""
    return "better" if (low > 0) == (metric.better >= 0) else "worse"


def gain_table(contest: Contest) -> Table:
    """What the card gained on the best simple rule, test day by test day, and what is expected of the next period."""
    words, evaluation = contest.words, contest.evaluation
    titles = {one.name: contest.title(one) for one in contest.listed}
    rows: dict[Any, dict[str, Record]] = {}
    for row in records(evaluation.gains):
        rows.setdefault(row["test_as_of"], {})[row["metric"]] = row
    names = [name for name in contest.metrics if any(name in of for of in rows.values())]
    made: list[Row] = []
    for day, of in rows.items():
        one = next(iter(of.values()))
        rule, of_family = str(one["opponent"]), str(one["family"])
        who = Cell(titles.get(rule, rule), family(of_family, words))
        gains = (Cell(measure(name).gap(of.get(name, {}).get("gain"))) for name in names)
        made.append(Row((Cell(words.day(day)), who, *gains)))
    told = {row["metric"]: row for row in records(evaluation.forecast)}
    if made:
        expected = (_foretold(told.get(name, {}), name) for name in names)
        made.append(Row((Cell(words("next period, expected")), Cell(""), *expected), "card"))
    head = (words("test day"), words("card less …"), *(_gap_title(contest, name) for name in names))
    return Table(head, tuple(made), words("There are no results by test day."), texts=2)


def _foretold(row: Record, name: str) -> Cell:
    form = measure(name).gap
    return Cell(form(row.get("expected")), numbers.interval(form, row.get("low"), row.get("high")))


def explanations(contest: Contest) -> list[tuple[str, str]]:
    """Every measure in the tables with what it says."""
    found = [name for name in METRICS if any(contest.measured(one, name) for one in contest.listed)]
    return [
        (contest.words(measure(name).title), contest.words(METRICS[name].about, top=TOP)) for name in found
    ]


def dots(contest: Contest, metric: str) -> list[Dot]:
    """A pooled measure of every contestant with its interval."""
    form = measure(metric).form
    made: list[Dot] = []
    for one in contest.listed:
        row = contest.measured(one, metric)
        value, low, high = (row.get(name) for name in ("value", "low", "high"))
        if value is not None and is_known(value):
            made.append(Dot(contest.title(one), contest.role(one), value, low, high, form(value)))
    return made


def period_lines(contest: Contest, metric: str) -> tuple[list[Line], list[str]]:
    """The measure of every contestant on each test day, the highlighted ones last, and the days."""
    taken = contest.evaluation.metrics.filter(pl.col("metric") == metric, pl.col("test_as_of").is_not_null())
    rows = records(taken)
    days = sorted({row["test_as_of"] for row in rows})
    few = contest.highlighted
    lines: list[Line] = []
    for one in [*(each for each in contest.listed if each not in few), *few]:
        at = {row["test_as_of"]: row["value"] for row in rows if row["contestant"] == one.name}
        seen = [number for number, day in enumerate(days) if is_known(at.get(day))]
        if seen:
            role = contest.role(one) if one in few else "other"
            lines.append(Line(contest.title(one), role, seen, [float(at[days[number]]) for number in seen]))
    return lines, [contest.words.day(day) for day in days]


def found_lines(contest: Contest) -> list[Line]:
    """Share found by share visited of the highlighted contestants; chance where nobody played it."""
    rows = records(contest.evaluation.curve.sort("contestant", "share_visited"))
    lines: list[Line] = []
    for one in contest.highlighted:
        own: list[dict[str, Any]] = [
            row for row in rows if row["contestant"] == one.name and is_known(row["share_found"])
        ]
        if own:
            visited, found = [row["share_visited"] for row in own], [row["share_found"] for row in own]
            lines.append(Line(contest.short(one), contest.role(one), visited, found))
    if lines and not any(line.role == "random" for line in lines):
        lines.append(Line(contest.words("visiting at random"), "random", [0.0, 1.0], [0.0, 1.0]))
    return lines
