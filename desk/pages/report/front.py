"""What stands on page one: whether the card helps, by how much, and for whom it errs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from desk.pages.report.comparison import Contest
from desk.pages.report.tables import Cell, Record, Row, Table, largest, ranged, records
from desk.say import numbers
from desk.say.groups import KINDS, group
from desk.say.numbers import Form, is_known
from desk.say.report import TOP
from desk.words.words import Words
from models.learning.comparison import Contestant
from models.learning.evaluation import Evaluation
from models.messages import N_

LEAST_HITS = 30
"""Hits a group needs before its miss rate says anything; as many as a fit needs."""
WORST = 5


@dataclass(frozen=True)
class BigNumber:
    """A number in large type, its interval, what it says, and what the others reach."""

    value: str
    interval: str
    caption: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WorstGroups:
    """The groups whose hits are missed most, next to the average."""

    sentence: str
    table: Table


def facts(contest: Contest) -> list[tuple[str, str]]:
    """For which day, learnt on what, tried on what, known when."""
    evaluation, words = contest.evaluation, contest.words
    origin = evaluation.card.origin
    final = evaluation.periods.filter(pl.col("is_final"))
    days = [words.day(day) for day in final["test_as_of"].sort().to_list()]
    tried = words(
        "days it had not seen, {days}: {labelled} rows with a known outcome, {hits} of them hits",
        days=words.listing(days),
        labelled=f"{final['labelled'].sum():,}",
        hits=f"{final['positives'].sum():,}",
    )
    learnt = words(
        "as-of days {first} to {last}: {firms} enterprises, {rows} rows, {hits} of them hits",
        first=origin.first_cohort,
        last=origin.last_cohort,
        rows=f"{origin.rows:,}",
        firms=f"{origin.enterprises:,}",
        hits=f"{origin.positives:,}",
    )
    return [
        (words("Fitted for"), origin.fitted_for),
        (words("Learnt on"), learnt),
        (words("Tried on"), tried if days else words("No test days: there are too few complete outcomes.")),
        (words("Held against"), _held_against(contest)),
        (words("Data as known on"), words.day(evaluation.known_at)),
    ]


def _held_against(contest: Contest) -> str:
    """The opponent, and what it was chosen on."""
    words = contest.words
    title = contest.title(contest.opponent) if contest.opponent else numbers.DASH
    before = contest.evaluation.periods.filter(~pl.col("is_final")).height
    if before:
        return words("{rule}: the best simple rule on the {n} test days before", rule=title, n=before)
    return words(
        "{rule}: the best simple rule on the days learnt from, as there is no test day before", rule=title
    )


OF_VISITS = N_("of 100 visits to the top of the list are hits (first {top} of the list)")
OF_FIRMS = N_("of 100 enterprises at the top of the list are hits (first {top} of the list)")
BIG: dict[str, tuple[str, Form]] = {
    "recall_expected": (
        N_("of all hits are found by visiting the first {top} of the list"),
        numbers.rounded_share,
    ),
    "auc": (
        N_("of 100 pairs of a hit and a non-hit are put in the right order (AUC; a coin gets 50)"),
        numbers.of_hundred,
    ),
    "chicago_days_earlier": (
        N_("days earlier a hit is met on average, with as many visits a day, only in another order"),
        numbers.days,
    ),
    "lift": (
        N_("as many hits in the first {top} of the list as visiting at random would give"),
        numbers.times,
    ),
}
"""What each number in large type says, and how it is written."""


def big_numbers(contest: Contest) -> list[BigNumber]:
    """Hits of a hundred, share of all hits in the first tenth, pairs put right, and days earlier or lift."""
    is_visit = contest.evaluation.label.spec.outcome == "next_visit"
    has_days = contest.value(contest.card, "chicago_days_earlier") is not None
    wanted = {"precision_expected": (OF_VISITS if is_visit else OF_FIRMS, numbers.of_hundred), **BIG}
    del wanted["lift" if has_days else "chicago_days_earlier"]
    return [
        _big_number(contest, name, caption, form)
        for name, (caption, form) in wanted.items()
        if contest.value(contest.card, name) is not None
    ]


def _big_number(contest: Contest, name: str, caption: str, form: Form) -> BigNumber:
    row = contest.measured(contest.card, name)
    compared = [
        one for one in (contest.random, contest.opponent, contest.black_box) if _has(contest, one, name)
    ]
    others = [(contest.short(one), form(contest.value(one, name))) for one in compared if one is not None]
    if name == "precision_expected" and not _has(contest, contest.random, name):
        others.insert(0, (contest.words("visiting at random"), form(base_rate(contest.evaluation))))
    return BigNumber(
        form(row["value"]),
        numbers.interval(form, row.get("low"), row.get("high")),
        contest.words(caption, top=TOP),
        tuple(others),
    )


def _has(contest: Contest, one: Contestant | None, metric: str) -> bool:
    return contest.value(one, metric) is not None


def base_rate(evaluation: Evaluation) -> float | None:
    """Hits among known outcomes of the final periods: what visiting at random finds."""
    final = evaluation.periods.filter(pl.col("is_final"))
    labelled = int(final["labelled"].sum())
    return int(final["positives"].sum()) / labelled if labelled else None


ABOVE_AVERAGE = N_(
    "On the last test day {average} of all hits lie beyond the first {top} of the list. These "
    "groups are missed most; in red: clearly more than average (the whole interval lies above "
    "it, {n} of the groups shown)."
)
ALIKE = N_(
    "On the last test day {average} of all hits lie beyond the first {top} of the list. No "
    "group is clearly missed more than that; the highest are:"
)


def worst_groups(parity: pl.DataFrame, words: Words) -> WorstGroups:
    """The groups of any kind, with enough hits, whose hits the card misses most."""
    rows = [row for row in records(parity) if is_known(row["miss_rate"])]
    judged = [row for row in rows if row["positives"] >= LEAST_HITS]
    average = _average_miss(rows)
    worst = sorted(judged, key=lambda row: (-row["miss_rate"], row["kind"], str(row["group"])))[:WORST]
    above = [row for row in worst if average is not None and row["miss_low"] > average]
    said = ABOVE_AVERAGE if above else ALIKE
    sentence = words(said, average=numbers.rounded_share(average), n=len(above), top=TOP) if worst else ""
    most = largest([row["miss_high"] for row in worst])
    shown = [_group_row(row, average, most, words) for row in worst]
    if shown:
        everyone = (Cell(words("average (grey line)")), Cell(numbers.rounded_share(average)), Cell(""))
        shown.append(Row(everyone, "average"))
    head = (words("group"), words("hits missed"), words("hits"))
    return WorstGroups(
        sentence,
        Table(
            head,
            tuple(shown),
            words(
                "No group has {least} hits or more, so it cannot be said yet for whom the card errs.",
                least=LEAST_HITS,
            ),
        ),
    )


def _group_row(row: Record, average: float | None, most: float, words: Words) -> Row:
    name = Cell(group(row["kind"], row["group"], words), words(KINDS[row["kind"]]))
    is_worse = average is not None and row["miss_low"] > average
    ends = ("miss_rate", "miss_low", "miss_high")
    missed = ranged(numbers.rounded_share, row, ends, most, mark=average, tone="worse" if is_worse else "")
    return Row((name, missed, Cell(numbers.count(row["positives"]))))


def _average_miss(rows: Sequence[Record]) -> float | None:
    """Misses over all hits, from the kind of group that covers most of them."""
    hits: dict[str, int] = {}
    for row in rows:
        hits[row["kind"]] = hits.get(row["kind"], 0) + row["positives"]
    widest = max(sorted(hits), key=lambda kind: hits[kind], default="")
    if not hits.get(widest):
        return None
    return sum(row["miss_rate"] * row["positives"] for row in rows if row["kind"] == widest) / hits[widest]


def leak_sentence(leak: pl.DataFrame, words: Words) -> str:
    """What GREEN still holds, or why that is unknown."""
    green: dict[str, Any] = next((row for row in records(leak) if row["code"] == "green"), {})
    if not is_known(green.get("share_of_positives")):
        return words("No GREEN firm has a known outcome yet, so what GREEN lets through is unknown.")
    labelled = sum(row["labelled"] for row in records(leak))
    return words(
        "GREEN firms still hold {share} of all hits. They are {firms} of the firms with a known "
        "outcome, and {rate} of them are hits (95% interval {low} … {high}). GREEN does not mean safe.",
        share=numbers.rounded_share(green["share_of_positives"]),
        firms=numbers.rounded_share(green["labelled"] / labelled if labelled else None),
        rate=numbers.share(green.get("rate")),
        low=numbers.share(green.get("low")),
        high=numbers.share(green.get("high")),
    )
