"""What is judged over a span, and the levels it is judged by, held against plain loops day by day."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from models.coding.timeline import InForce, Moments, Reading, Span, books, each_day
from models.features import CATALOGUE
from models.features.measures import Combined
from models.features.span import Levels, Stretch
from models.features.windows import FeaturePolicy
from models.policy import Condition
from models.scorecard import Factor
from models.vocabulary import as_date, day_number
from tests.worlds.folded import features_of, standing
from tests.worlds.strategies import World, as_events, integer_frames
from warehouse.coding.levels import in_memory

MOST_CHANGES = 12
"""Days of changes of a span that are tried, at most twice as many; and the day before each."""


def points_of(factor: Factor, value: Any) -> int:
    """Points of a value: those of its category, or of the last bin it reaches."""
    if not factor.is_numeric:
        return dict(factor.points).get(value, factor.missing)
    if value is None:
        return factor.missing
    bins = sorted(factor.points.items())
    return bins[max(0, bisect_right([least for least, _ in bins], value) - 1)][1]


def holds(condition: Condition, value: Any) -> bool:
    """What is unknown holds no condition."""
    if value is None:
        return False
    return (
        (condition.at_least is None or value >= condition.at_least)
        and (condition.at_most is None or value <= condition.at_most)
        and (condition.one_of is None or value in condition.one_of)
    )


def judged(
    of: World, span: Span, rules: Sequence[InForce]
) -> tuple[Moments, dict[int, tuple[int, Any, Any]]]:
    """What a span says, and by rule book its first day and the score and mask of every day."""
    dense = dict[int, tuple[int, Any, Any]]()
    with in_memory(as_events(integer_frames(of))) as rows:
        moments = rows.judged(span, rules)
        for book in books(span, rules):
            policy, reading = book.rules.policy.features, Reading(book.rules)
            rows.prepare(span.known_at, policy)
            sampled = rows.sampled(Levels(reading.levels, policy, Stretch(book.first, book.last)))
            for name, frame in sampled.items():
                assert frame.filter(~pl.col("day").is_between(book.first, book.last)).is_empty(), name
                assert not frame.select("f", "day").is_duplicated().any(), name
            dense[book.position] = book.first, *each_day(book, sampled, rows.register(), reading.features)
    return moments, dense


def last_by(rows: Sequence[tuple[int, int]], day: int) -> int | None:
    """What the last row up to a day says."""
    return next((said for at, said in reversed(rows) if at <= day), None)


def grouped(frame: pl.DataFrame, *key: str, said: str) -> dict[tuple[Any, ...], list[tuple[int, int]]]:
    found = dict[tuple[Any, ...], list[tuple[int, int]]]()
    for *of, day, value in frame.sort(*key, "as_of").select(*key, "as_of", said).iter_rows():
        found.setdefault(tuple(of), []).append((day, value))
    return found


def differences(of: World, span: Span, rules: Sequence[InForce], days: Sequence[int]) -> Iterator[Any]:
    """Where a span tells something else than loops do; ``days``: those that are tried besides those of changes."""
    (moments, dense), firms = judged(of, span, rules), standing(of, span.known_at)
    first, last = day_number(span.first), day_number(span.last)
    scores = grouped(moments.steps, "enterprise_id", said="score")
    points = grouped(moments.points, "enterprise_id", "factor", said="points")
    assert all(told[0][0] == first and told[-1][0] <= last for told in scores.values())
    assert all(told[0][0] > first and told[-1][0] <= last for told in points.values())
    assert all(one != other for told in points.values() for (_, one), (_, other) in pairwise(told))
    changes = moments.steps["as_of"].unique().sort().to_list()
    shown = changes[:: 1 + len(changes) // MOST_CHANGES]
    tried = {first, last, *days, *shown, *(day - 1 for day in shown)} & {*range(first, last + 1)}
    begun = dict[tuple[str, str], int]()
    for day in sorted(tried):
        place, rule = [(at, one) for at, one in enumerate(rules) if day_number(one.since) <= day][-1]
        since, score, mask = dense[place]
        for at, firm in enumerate(firms):
            name, features = (
                firm.register["enterprise_id"],
                features_of(firm, as_date(day), rule.policy.features),
            )
            own = {one.name: points_of(one, features[one.feature]) for one in rule.policy.scorecard.factors}
            if day == first:
                begun |= {(name, factor): said for factor, said in own.items()}
            for factor, said in own.items():
                told = last_by(points.get((name, factor), []), day)
                if (begun[name, factor] if told is None else told) != said:
                    yield as_date(day), name, factor, features[factor]
            total = sum(own.values())
            if (last_by(scores[name,], day), score[at, day - since]) != (total, total):
                yield as_date(day), name, "score"
            for bit, one in enumerate(Reading(rule).conditions):
                if bool(int(mask[at, day - since]) >> bit & 1) != holds(one, features[one.feature]):
                    yield as_date(day), name, one, features[one.feature]


def levels_apart(of: World, span: Span, policy: FeaturePolicy) -> Iterator[Any]:
    """Where the level of a feature is another than loops count: on every day of a span, whoever reads it."""
    days = range(day_number(span.first), day_number(span.last) + 1)
    counted = {
        (at, day): features_of(firm, as_date(day), policy)
        for at, firm in enumerate(standing(of, span.known_at))
        for day in days
    }
    names = [name for name in CATALOGUE.names if name not in CATALOGUE.inherent]
    said = {name: {row[name] for row in counted.values()} for name in names}
    # What grows by the day is told at the values that are asked for, and falls to them from those past.
    asked = {
        name: sorted({one + more for one in values if isinstance(one, int) for more in (0, 1)})
        for name, values in said.items()
    }
    with in_memory(as_events(integer_frames(of))) as rows:
        rows.prepare(span.known_at, policy)
        sampled = rows.sampled(Levels(asked, policy, Stretch(days[0], days[-1])))
    for name in names:
        measure, told = CATALOGUE[name].measure, dict[int, list[tuple[int, int]]]()
        words = measure.categories if isinstance(measure, Combined) else ()
        for at, day, level in sampled[name].iter_rows():
            told.setdefault(at, []).append((day, words[level] if words else level))
        for (at, day), row in counted.items():
            level = last_by(told[at], day) if at in told and told[at][0][0] <= day else measure.blank
            if level != row[name]:
                yield as_date(day), at, name, level, row[name]
