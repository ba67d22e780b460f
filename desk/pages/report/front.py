"""What stands on page one: whether the card helps, by how much, and for whom it errs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from desk.pages.report.comparison import Contest
from desk.pages.report.tables import Cell, Record, Row, Table, largest, ranged, records
from desk.say import numbers
from desk.say.numbers import Form, is_known
from desk.say.report import Texts
from models.learning.comparison import Contestant
from models.learning.evaluation import Evaluation

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
    evaluation, texts = contest.evaluation, contest.texts
    origin = evaluation.card.origin
    final = evaluation.periods.filter(pl.col("is_final"))
    days = [texts.day(day) for day in final["test_as_of"].sort().to_list()]
    tried = texts(
        "tried_value",
        days=texts("comma").join(days),
        labelled=f"{final['labelled'].sum():,}",
        hits=f"{final['positives'].sum():,}",
    )
    learnt = texts(
        "learnt_on_value",
        first=origin.first_cohort,
        last=origin.last_cohort,
        rows=f"{origin.rows:,}",
        firms=f"{origin.enterprises:,}",
        hits=f"{origin.positives:,}",
    )
    return [
        (texts("fitted_for"), origin.fitted_for),
        (texts("learnt_on"), learnt),
        (texts("tried_on"), tried if days else texts("empty_periods")),
        (texts("known_at"), texts.day(evaluation.known_at)),
    ]


def big_numbers(contest: Contest) -> list[BigNumber]:
    """Hits of a hundred, share of all hits in the first tenth, pairs put right, and days earlier or lift."""
    visit = "visits" if contest.evaluation.label.spec.outcome == "next_visit" else "firms"
    last = "chicago_days_earlier"
    if contest.value(contest.card, last) is None:
        last = "lift"
    wanted: list[tuple[str, str, Form]] = [
        ("precision_expected", f"big_precision_{visit}", numbers.of_hundred),
        ("recall_expected", "big_recall", numbers.rounded_share),
        ("auc", "big_auc", numbers.of_hundred),
        (last, f"big_{last}", contest.form(last).form),
    ]
    return [
        _big_number(contest, metric, key, form)
        for metric, key, form in wanted
        if contest.value(contest.card, metric) is not None
    ]


def _big_number(contest: Contest, metric: str, caption: str, form: Form) -> BigNumber:
    row = contest.measured(contest.card, metric)
    compared = [
        one for one in (contest.random, contest.counting, contest.black_box) if _has(contest, one, metric)
    ]
    others = [(contest.short(one), form(contest.value(one, metric))) for one in compared if one is not None]
    if metric == "precision_expected" and not _has(contest, contest.random, metric):
        others.insert(0, (contest.texts("chance"), form(base_rate(contest.evaluation))))
    return BigNumber(
        form(row["value"]),
        numbers.interval(form, row.get("low"), row.get("high")),
        contest.texts(caption),
        tuple(others),
    )


def _has(contest: Contest, one: Contestant | None, metric: str) -> bool:
    return contest.value(one, metric) is not None


def base_rate(evaluation: Evaluation) -> float | None:
    """Hits among known outcomes of the final periods: what visiting at random finds."""
    final = evaluation.periods.filter(pl.col("is_final"))
    labelled = int(final["labelled"].sum())
    return int(final["positives"].sum()) / labelled if labelled else None


def worst_groups(parity: pl.DataFrame, texts: Texts) -> WorstGroups:
    """The groups of any kind, with enough hits, whose hits the card misses most."""
    rows = [row for row in records(parity) if is_known(row["miss_rate"])]
    judged = [row for row in rows if row["positives"] >= LEAST_HITS]
    average = _average_miss(rows)
    worst = sorted(judged, key=lambda row: (-row["miss_rate"], row["kind"], str(row["group"])))[:WORST]
    above = [row for row in worst if average is not None and row["miss_low"] > average]
    key = "worst_above" if above else "worst_alike"
    sentence = texts(key, average=numbers.rounded_share(average), n=len(above)) if worst else ""
    most = largest([row["miss_high"] for row in worst])
    shown = [_group_row(row, average, most, texts) for row in worst]
    if shown:
        everyone = (Cell(texts("average")), Cell(numbers.rounded_share(average)), Cell(""))
        shown.append(Row(everyone, "average"))
    head = (texts("group"), texts("miss_rate"), texts("hits"))
    return WorstGroups(sentence, Table(head, tuple(shown), texts("empty_worst", least=LEAST_HITS)))


def _group_row(row: Record, average: float | None, most: float, texts: Texts) -> Row:
    name = Cell(texts.group(row["kind"], row["group"]), texts.group_kind(row["kind"]))
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


def leak_sentence(leak: pl.DataFrame, texts: Texts) -> str:
    """What GREEN still holds, or why that is unknown."""
    green: dict[str, Any] = next((row for row in records(leak) if row["code"] == "green"), {})
    if not is_known(green.get("share_of_positives")):
        return texts("empty_leak")
    labelled = sum(row["labelled"] for row in records(leak))
    return texts(
        "leak",
        share=numbers.rounded_share(green["share_of_positives"]),
        firms=numbers.rounded_share(green["labelled"] / labelled if labelled else None),
        rate=numbers.share(green.get("rate")),
        low=numbers.share(green.get("low")),
        high=numbers.share(green.get("high")),
    )
