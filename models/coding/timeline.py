"""Points as step functions of time: what each enterprise scores on every day of a span, if nothing new is learnt.

A code changes by itself when an event grows old, a deadline passes or a rule book changes.  Those days are few and
known (``Catalogue.steps``), so the fold runs on them only: every pair of enterprise and day becomes a row of
its own in the very same expressions that code one day.  Each table of events is folded on the days on which its own
events matter; in between its ages grow, and all else stays.  Nothing is simulated day by day.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw
import polars as pl

from models.coding.card import FittedCard
from models.coding.shrinkage import interval_permille, shrunk_rates
from models.coding.verdicts import INTERVAL, judge, tested_features
from models.features import CATALOGUE, Events
from models.features.asof import AS_OF, Moment
from models.features.feature import Feature
from models.features.fold import PARTS, finished, part_features, register_features
from models.features.measures import Spells
from models.policy import PolicyOnDay
from models.validity import is_known
from models.vocabulary import day_number

MOST_ROWS = 2_000_000
"""Events times days, about, that are folded at once; what is more is done in portions of enterprises."""

MOMENT = "moment"


@dataclass(frozen=True)
class InForce:
    """The rules from one day on: policy (with the points of the champion card, where there is one) and that card."""

    since: date
    policy: PolicyOnDay
    card: FittedCard | None = None


@dataclass(frozen=True)
class Span:
    """Days that are judged, both inclusive, and the day of knowledge, which stays the same for all of them."""

    first: date
    last: date
    known_at: date


def judged_steps(events: Events, span: Span, rules: Sequence[InForce]) -> pl.DataFrame:
    """What the events say about every enterprise, from the first to the last day of a span.

    ``events`` are Polars frames in integer form; ``rules`` begin no later than the span and ascend.
    Grain: one row per ``enterprise_id`` and day (``as_of``, days since 1970-01-01) on which anything asked for can
    change, the first day of the span included; each row holds until the next one.  Columns ``rules`` (position in
    ``rules``), those of ``models.coding.verdicts.judge``, and the points of every factor as ``points:<factor>``.
    """
    portions = list(_portions(known_in_memory(events, span.known_at), (span.last - span.first).days + 1))
    parts: list[pl.DataFrame] = []
    for at, one in enumerate(rules):
        first = max(day_number(span.first), day_number(one.since))
        last = day_number(rules[at + 1].since) - 1 if at + 1 < len(rules) else day_number(span.last)
        last = min(last, day_number(span.last))
        if first > last:
            continue
        parts += [
            _judged(
                portion, change_days(portion, one, span.known_at, first, last), span.known_at, one
            ).with_columns(rules=pl.lit(at, dtype=pl.Int64))
            for portion in portions
        ]
    return pl.concat(parts, how="diagonal").sort("enterprise_id", AS_OF)


def asked_of(rules: InForce) -> dict[str, set[int]]:
    """Features that the rules read, each with the values at which they change their mind."""
    asked: dict[str, set[int]] = {}
    for factor in rules.policy.scorecard.factors:
        bins = [one.least for one in factor.bins] if factor.is_numeric else []
        asked.setdefault(factor.feature, set()).update(bins)
    for condition in tested_features(rules.policy.codes):
        values = [value for value in (condition.at_least, condition.at_most) if value is not None]
        asked.setdefault(condition.feature, set()).update(values)
    if rules.card and rules.card.priors:
        for feature in ("inspections_36m", "serious_visits_36m"):
            asked.setdefault(feature, set())
    return asked


Days = dict[str, pl.DataFrame]
"""For each table of events the days on which its events can change something: ``enterprise_id``, ``as_of``."""


def change_days(events: Events, rules: InForce, known_at: date, first: int, last: int) -> Days:
    """Days on which something can change, by table of events; for every enterprise the first day is one of them."""
    asked = asked_of(rules)
    frames: Mapping[str, pl.LazyFrame] = vars(events)
    begins = frames["enterprises"].select("enterprise_id", pl.lit(first, dtype=pl.Int64).alias(AS_OF))
    found: dict[str, list[pl.LazyFrame]] = {name: [begins] for name in PARTS}
    for step in CATALOGUE.steps(rules.policy.features, asked):
        day = pl.sql_expr(step.day).cast(pl.Int64)
        days = pl.concat_list([day + offset for offset in step.offsets])
        rows = frames[step.table].filter(day.is_not_null()).select("enterprise_id", days.alias(AS_OF))
        found[step.table].append(
            rows.explode(AS_OF).filter((pl.col(AS_OF) > first) & (pl.col(AS_OF) <= last))
        )
    for feature in CATALOGUE:
        if feature.name in asked and isinstance(feature.measure, Spells):
            days = _days_of_spells(events, feature, rules, known_at, asked[feature.name], first, last)
            found[feature.table].append(days)
    known = frames["enterprises"].select("enterprise_id")
    lazy = [
        pl.concat(several).unique().join(known, on="enterprise_id", how="semi") for several in found.values()
    ]
    return dict(zip(found, pl.collect_all(lazy), strict=True))


def _days_of_spells(
    events: Events,
    feature: Feature,
    rules: InForce,
    known_at: date,
    values: Iterable[int],
    first: int,
    last: int,
) -> pl.LazyFrame:
    """Days on which the days of spells cross a value that matters.

    They grow day by day while a spell lasts, and shrink day by day as it leaves the window.
    """
    name, spell, policy = feature.name, feature.measure, rules.policy.features
    assert isinstance(spell, Spells)
    rows: pl.LazyFrame = getattr(events, feature.table)
    spells: pl.LazyFrame = nw.from_native(rows).filter(*spell.kind()).to_native()
    if _is_empty(spells):
        return spells.select("enterprise_id", pl.lit(first, dtype=pl.Int64).alias(AS_OF))
    window = spell.ends(policy)[0]
    edges = [pl.col(column) // 1440 for column in spell.edges]
    ranges = [
        spells.select(
            "enterprise_id",
            pl.int_ranges(
                pl.max_horizontal(edge - 1, pl.lit(first)),
                pl.min_horizontal(edge + window, pl.lit(last)) + 1,
                dtype=pl.Int64,
            ).alias(AS_OF),
        ).explode(AS_OF)
        for edge in edges
    ]
    days = pl.concat(ranges).drop_nulls().unique().collect().with_columns(_numbered())
    moment = Moment(None, day_number(known_at))
    spread = nw.from_native(_spread(spells, days, CATALOGUE.tables[feature.table].day))
    silent: pl.LazyFrame = part_features(feature.table, spread, moment, policy).to_native()
    limits = sorted({limit for value in values for limit in (value, value + 1)})
    reached = pl.sum_horizontal(pl.col(name).fill_null(0) >= limit for limit in limits)
    told = (
        days.lazy()
        .join(silent.select(pl.col("enterprise_id").alias(MOMENT), name), on=MOMENT, how="left")
        .select("enterprise_id", AS_OF, reached=reached)
        .sort("enterprise_id", AS_OF)
    )
    # A day after a gap has no neighbour to compare with, so it is kept.
    same = pl.all_horizontal(
        pl.col("enterprise_id") == pl.col("enterprise_id").shift(),
        pl.col(AS_OF) == pl.col(AS_OF).shift() + 1,
        pl.col("reached") == pl.col("reached").shift(),
    )
    return told.filter(~same.fill_null(value=False), pl.col(AS_OF) > first).select("enterprise_id", AS_OF)


def _numbered() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int64).alias(MOMENT)


def known_in_memory(events: Events, known_at: date, only: Collection[str] | None = None) -> Events:
    """The events as known on a day, of some enterprises (default: all), in memory: they are read several times."""
    lazy: Mapping[str, pl.LazyFrame] = vars(events)
    known = [frame.filter(is_known(pl.col, day_number(known_at))) for frame in lazy.values()]
    if only is not None:
        named = pl.LazyFrame({"enterprise_id": sorted(only)}, schema={"enterprise_id": pl.String})
        known = [frame.join(named, on="enterprise_id", how="semi") for frame in known]
    frames = pl.collect_all(known)
    return Events(**{name: frame.lazy() for name, frame in zip(lazy, frames, strict=True)})


def _portions(events: Events, days: int) -> Iterator[Events]:
    """The events in portions of whole enterprises, each small enough to be folded at once; at least one.

    An enterprise is judged on about as many days as it has events, and on no more than there are: ``days``.
    """
    frames: Mapping[str, pl.LazyFrame] = vars(events)
    counted = [
        frames[name]
        .group_by("enterprise_id")
        # A count has 32 bits, which the square of 65,536 overflows.
        .agg(rows=pl.len().cast(pl.Int64) * pl.len().cast(pl.Int64).clip(upper_bound=days))
        for name in PARTS
    ]
    firms = frames["enterprises"].select("enterprise_id", rows=pl.lit(1, dtype=pl.Int64))
    sizes = pl.concat([firms, *counted]).group_by("enterprise_id").agg(pl.col("rows").sum())
    ordered = (
        sizes.sort("enterprise_id").with_columns(portion=pl.col("rows").cum_sum() // MOST_ROWS).collect()
    )
    if ordered["portion"].n_unique() < 2:
        yield events
        return
    for _, part in ordered.group_by("portion", maintain_order=True):
        chosen = [frame.join(part.lazy(), on="enterprise_id", how="semi") for frame in frames.values()]
        collected = zip(frames, pl.collect_all(chosen), strict=True)
        yield Events(**{name: frame.lazy() for name, frame in collected})


def _judged(events: Events, days: Days, known_at: date, rules: InForce) -> pl.DataFrame:
    moments = pl.concat(days.values()).unique().sort("enterprise_id", AS_OF).with_columns(_numbered())
    features = with_interval(_features(events, days, moments, known_at, rules.policy), rules.card)
    points = rules.policy.scorecard.contributions(features)
    said = judge(features, points, rules.policy)
    factors = [factor.name for factor in rules.policy.scorecard.factors]
    spoken = said.join(
        points.select("enterprise_id", *(pl.col(name).alias(f"points:{name}") for name in factors)),
        on="enterprise_id",
    )
    return moments.join(spoken.rename({"enterprise_id": MOMENT}), on=MOMENT).drop(MOMENT)


def _features(
    events: Events, days: Days, moments: pl.DataFrame, known_at: date, policy: PolicyOnDay
) -> pl.DataFrame:
    """Features of every moment (enterprise and day), whose number stands in the place of the enterprise."""
    moment = Moment(None, day_number(known_at))
    register = nw.from_native(_spread(events.enterprises, moments, None))
    joined: pl.LazyFrame = register_features(register, moment, policy.features).to_native()
    for name in PARTS:
        rows: pl.LazyFrame = getattr(events, name)
        part = _part(name, rows, days[name], moments, moment, policy)
        joined = joined.join(part, on="enterprise_id", how="left")
    folded: pl.LazyFrame = finished(nw.from_native(joined), policy.features).to_native()
    return folded.collect().sort("enterprise_id")


def _part(
    name: str,
    rows: pl.LazyFrame,
    days: pl.DataFrame,
    moments: pl.DataFrame,
    moment: Moment,
    policy: PolicyOnDay,
) -> pl.LazyFrame:
    """What a table says at every moment: what it said on its own last day, its ages grown since."""
    if _is_empty(rows):
        return _silent(name, moments)
    numbered = days.with_columns(_numbered())
    spread = nw.from_native(_spread(rows, numbered, CATALOGUE.tables[name].day))
    folded: pl.LazyFrame = part_features(name, spread, moment, policy.features).to_native()
    told = numbered.lazy().join(folded.rename({"enterprise_id": MOMENT}), on=MOMENT, how="left").drop(MOMENT)
    told = told.with_columns(told_on=pl.col(AS_OF)).sort(AS_OF).collect()
    since = pl.col(AS_OF) - pl.col("told_on")
    ages = [feature.name for feature in CATALOGUE.of(name) if feature.measure.grows]
    return (
        moments.sort(AS_OF)
        .join_asof(told, on=AS_OF, by="enterprise_id", check_sortedness=False)
        .with_columns(pl.col(age) + since for age in ages)
        .drop("enterprise_id", AS_OF, "told_on")
        .rename({MOMENT: "enterprise_id"})
        .lazy()
    )


def _is_empty(rows: pl.LazyFrame) -> bool:
    return rows.limit(1).collect().is_empty()


def _silent(name: str, moments: pl.DataFrame) -> pl.LazyFrame:
    """What a table without events says: nothing at any moment.  Spares the fold where few enterprises are judged."""
    nothing = [
        pl.lit(None, dtype=pl.String if one.is_text else pl.Int64).alias(one.name)
        for one in CATALOGUE.of(name)
    ]
    return moments.lazy().select(pl.col(MOMENT).alias("enterprise_id"), *nothing)


def _spread(frame: pl.LazyFrame, moments: pl.DataFrame, day: str | None) -> pl.LazyFrame:
    """Every row once for each day its enterprise is judged on; the pair takes the enterprise's place."""
    spread = frame.join(moments.lazy(), on="enterprise_id").drop("enterprise_id")
    spread = spread.rename({MOMENT: "enterprise_id"})
    return spread if day is None else spread.filter(pl.sql_expr(day) <= pl.col(AS_OF))


def with_interval(features: pl.DataFrame, card: FittedCard | None) -> pl.DataFrame:
    """The features, with the width of the shrunk serious rate's interval where a fitted card brings priors."""
    if card is None or card.priors is None:
        return features
    rates = shrunk_rates(features, card.priors)
    width = rates.select("enterprise_id", interval_permille(rates).alias(INTERVAL))
    return features.join(width, on="enterprise_id", how="left", maintain_order="left")
