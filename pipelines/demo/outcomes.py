"""Accidents and the self-inspection reports of the enterprises."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.demo.city import City, pick
from pipelines.demo.period import Days, Flags, Floats

DAYS_OF_A_DEATH, DAYS_OF_AN_INJURY = 6000, 300
"""Working days lost (GB/T 15499 counts 6,000 for a death; a typical serious injury is ours)."""

ACCIDENTS_A_YEAR = 0.0025
"""Mean accidents per firm and year."""

FATAL = 0.10
"""Part of the accidents with at least one death."""

STORIES = (
    "机械伤害",
    "高处坠落",
    "物体打击",
    "触电",
    "起重伤害",
    "灼烫",
    "火灾",
    "中毒和窒息",
    "车辆伤害",
    "坍塌",
)


def draw_accidents(city: City) -> pl.DataFrame:
    """One row per accident, by day: firm and day."""
    rng = city.rng(3)
    expected = ACCIDENTS_A_YEAR * len(city.trade) * city.period.years
    weight = np.exp(1.1 * city.risk)
    place = rng.choice(weight.size, max(2, rng.poisson(expected)), p=(weight / weight.sum()).ravel())
    firm, month = np.divmod(place, city.period.months)
    length = (city.period.last + 1) / city.period.months
    day = ((month + rng.random(len(month))) * length).astype(np.int64)
    return pl.DataFrame({"firm": firm, "day": day}).filter(city.alive(firm, day)).sort("day", "firm")


def accident_rows(city: City, accidents: pl.DataFrame) -> pl.DataFrame:
    """Accidents as delivered, one row each: columns of the canonical table without ``source``."""
    rng = city.rng(4)
    count = len(accidents)
    deaths, injuries = _victims(rng, count)
    loss = np.rint(rng.lognormal(np.log(150_000), 0.9, count) * (1 + 5 * deaths)).astype(np.int64)
    silent = pl.Series(rng.random(count) < 0.05)
    recorded = accidents["day"].to_numpy() + rng.integers(1, 61, count)
    frame = accidents.select(
        accident_id=pl.format(
            "SG{}", (pl.int_range(pl.len()) + city.first_number).cast(pl.String).str.zfill(6)
        ),
        recorded_at=city.period.dates(recorded),
        enterprise_id=city.firms["enterprise_id"].gather(accidents["firm"]),
        occurred_on=city.period.to_date(pl.col("day")),
        deaths=pl.Series(deaths).set(silent, None),
        serious_injuries=pl.Series(injuries).set(silent, None),
        casualties=pl.Series(deaths + injuries).set(~silent, None),
        lost_days=pl.Series(deaths * DAYS_OF_A_DEATH + injuries * DAYS_OF_AN_INJURY).set(silent, None),
        loss=pl.Series(loss).set(silent, None),
        grade=pl.Series(_grades(deaths, injuries, loss)).set(silent, "ungraded"),
        description=pl.format("发生一起{}事故", pick(STORIES, rng.integers(0, len(STORIES), count))),
    )
    return frame.filter(pl.col("recorded_at") <= city.until)


def report_rows(city: City) -> pl.DataFrame:
    """Self-inspection reports, one row per firm and quarter reported on; about 65 % of firms take part."""
    lasting, rng = city.rngs(5)
    diligence = lasting.beta(1.9, 0.9, len(city.trade)) - 0.05 * city.risk[:, 0]
    diligence = np.clip(diligence + 0.2 * city.is_high_hazard(), 0, 1)
    parts = [_quarter(city, rng, diligence, first, last) for first, last in _quarters(city)]
    number = (pl.int_range(pl.len()) + city.first_number).cast(pl.String).str.zfill(8)
    reports = pl.concat(parts).with_columns(report_id=pl.format("ZC{}", number))
    return reports.filter(pl.col("recorded_at") <= city.until)


def _victims(rng: np.random.Generator, count: int) -> tuple[Days, Days]:
    """Deaths and serious injuries per accident.  The first draw decides who died, so the share is met."""
    fatal = np.zeros(count, dtype=bool)
    fatal[rng.permutation(count)[: max(1, round(FATAL * count))]] = True
    several = rng.choice([1, 2, 3, 4], count, p=[0.84, 0.10, 0.04, 0.02])
    injuries = rng.choice([0, 1, 2, 3], count, p=[0.5, 0.35, 0.1, 0.05])
    return np.where(fatal, several, 0), injuries


def _grades(deaths: Days, injuries: Days, loss: Days) -> NDArray[np.str_]:
    """Grade by article 3 of State Council Order 493; deaths, serious injuries or loss in yuan decide."""

    def reached(dead: int, hurt: int, yuan: int) -> Flags:
        return (deaths >= dead) | (injuries >= hurt) | (loss >= yuan)

    return np.select(
        [reached(30, 100, 100_000_000), reached(10, 50, 50_000_000), reached(3, 10, 10_000_000)],
        ["extraordinary", "major", "larger"],
        "ordinary",
    )


def _quarters(city: City) -> list[tuple[date, date]]:
    """First and last day of every calendar quarter that lies within the period."""
    starts = [
        date(year, month, 1)
        for year in range(city.period.start.year, city.period.end.year + 2)
        for month in (1, 4, 7, 10)
    ]
    spans = [(first, after - timedelta(days=1)) for first, after in pairwise(starts)]
    return [span for span in spans if city.period.start <= span[0] and span[1] <= city.period.end]


def _quarter(
    city: City, rng: np.random.Generator, diligence: Floats, first: date, last: date
) -> pl.DataFrame:
    closing = np.full(len(diligence), (last - city.period.start).days)
    present = city.alive(np.arange(len(closing)), closing)
    firm = np.flatnonzero(present & (rng.random(len(closing)) < diligence))
    filed = closing[firm] + rng.integers(1, 21, len(firm))
    found = rng.poisson(2.2 * np.exp(0.25 * city.risk_on(firm, closing[firm])))
    fixed = rng.binomial(found, np.clip(0.93 - 0.06 * city.risk_on(firm, closing[firm]), 0.3, 1.0))
    return pl.DataFrame(
        {
            "enterprise_id": city.firms["enterprise_id"].gather(firm),
            "hazards_found": found,
            "hazards_fixed": fixed,
        }
    ).with_columns(
        recorded_at=city.period.dates(filed + rng.integers(0, 4, len(firm))),
        period_start=pl.lit(first),
        period_end=pl.lit(last),
        filed_on=city.period.dates(filed),
    )
