"""The register of the demo city: what an authority has on file about each firm, in one or two versions."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.vocabulary import JINAN_DIVISIONS
from pipelines.demo.period import Days, Flags, Floats, Period
from pipelines.demo.trades import BRAND_FIRST, BRAND_SECOND, DISTRICTS, TRADES

PRODUCERS = ("2614", "2641", "2661", "5942")
"""Industries in which major hazard sources of GB 18218 are common."""


def first_versions(
    rng: np.random.Generator,
    period: Period,
    trade: Days,
    district: Days,
    quality: Floats,
    opened: Days,
) -> pl.DataFrame:
    """First register version of every firm, without its id; ``employees_true`` has no gaps."""
    count = len(trade)
    employees = np.array([item.people for item in TRADES])[trade] * rng.lognormal(0, 0.8, count)
    employees = np.clip(np.rint(employees), 1, 20_000).astype(np.int64)
    sources, processes = _hazards(rng, trade)
    frame = pl.DataFrame(
        {
            "employees_true": employees,
            "major_hazard_source": sources,
            "hazardous_processes": processes,
            "opened": opened,
        }
    )
    sector = np.array([item.sector for item in TRADES])[trade]
    lag = np.where(opened == 0, -rng.integers(30, 3000, count), rng.integers(0, 10, count))
    gaps = rng.random((6, count))
    return frame.with_columns(
        _names(rng, trade, district),
        pl.Series("industry", np.array([item.industry for item in TRADES])[trade]),
        pl.Series("sector", np.where((sector == "general") & (gaps[0] < 0.007), "", sector)).replace(
            {"": None}
        ),
        pl.Series("division", np.array([item.code for item in DISTRICTS])[district]),
        _levels(rng, sector, employees, sources),
        pl.Series("employees", employees).set(pl.Series(gaps[1] < 0.02), None),
        _graded(
            "standardisation",
            ("level_1", "level_2", "level_3", "none"),
            (-2.6, -1.3, 0.1),
            quality + gaps[2],
        ),
        _graded("credit", ("a", "b", "c", "d"), (0.2, 1.6, 2.9), quality + gaps[3]).set(
            pl.Series(gaps[4] < 0.1), None
        ),
        *_coordinates(rng, district, gaps[5] < 0.03),
        pl.Series("status", np.where(rng.random(count) < 0.012, "suspended", "active")),
        period.dates(opened + lag).alias("recorded_at"),
    )


def _hazards(rng: np.random.Generator, trade: Days) -> tuple[Days, Days]:
    """Grade of the worst hazard source (0 = none) and number of supervised processes per firm."""
    industry = np.array([item.industry for item in TRADES])[trade]
    sector = np.array([item.sector for item in TRADES])[trade]
    chance = np.select(
        [
            np.isin(industry, PRODUCERS),
            sector == "ammonia_refrigeration",
            sector == "metal_smelting",
            sector == "hazardous_chemicals",
        ],
        [0.40, 0.15, 0.10, 0.03],
    )
    grade = rng.choice([1, 2, 3, 4], len(trade), p=[0.06, 0.16, 0.33, 0.45])
    supervised = np.isin(industry, ("2614", "2661")) & (rng.random(len(trade)) < 0.45)
    processes = np.where(supervised, 1 + rng.poisson(0.8, len(trade)), 0)
    return np.where(rng.random(len(trade)) < chance, grade, 0), processes


def _names(rng: np.random.Generator, trade: Days, district: Days) -> pl.Series:
    """Registered names such as 济南章丘鲁泰机械有限公司."""
    first = rng.integers(0, len(BRAND_FIRST), len(trade))
    second = rng.integers(0, len(BRAND_SECOND), len(trade))
    local = rng.random(len(trade)) < 0.5
    places = [JINAN_DIVISIONS[item.code][0].rstrip("区县") for item in DISTRICTS]
    forms = rng.choice(["有限公司", "有限责任公司", "股份有限公司"], len(trade), p=[0.9, 0.07, 0.03])
    columns = zip(trade, district, first, second, local, forms, strict=True)
    return pl.Series(
        "name",
        [
            f"济南{places[d] if near else ''}{BRAND_FIRST[a]}{BRAND_SECOND[b]}{TRADES[t].word}{form}"
            for t, d, a, b, near, form in columns
        ],
    )


def _levels(rng: np.random.Generator, sector: NDArray[np.str_], employees: Days, sources: Days) -> pl.Series:
    """City for the gravest sources and the largest works, town for most small shops, else district."""
    chance = rng.random(len(sector))
    city = (sources > 0) | ((employees > 150) & (sector != "general") & (chance < 0.7))
    town = (sector == "general") & (employees < 15) & (chance < 0.75)
    return pl.Series("enforcing_level", np.select([city, town], ["city", "town"], "district"))


def _graded(name: str, grades: tuple[str, ...], cuts: tuple[float, ...], value: Floats) -> pl.Series:
    return pl.Series(name, np.array(grades)[np.searchsorted(cuts, value)])


def _coordinates(rng: np.random.Generator, district: Days, unknown: Flags) -> list[pl.Series]:
    """WGS 84 degrees around the centre of the district; both empty where unknown."""
    centre = np.array([(item.longitude, item.latitude) for item in DISTRICTS])[district]
    spread = np.where(np.array([item.hazard_share > item.share for item in DISTRICTS])[district], 0.07, 0.03)
    place = np.round(centre + rng.standard_normal(centre.shape) * spread[:, None], 6)
    mask = pl.Series(unknown)
    return [
        pl.Series(name, place[:, axis]).set(mask, None) for axis, name in enumerate(("longitude", "latitude"))
    ]


def all_versions(
    rng: np.random.Generator, period: Period, firms: pl.DataFrame, opened: Days, closes: Days
) -> pl.DataFrame:
    """Both versions of every firm, one row each; a second one tells a new head count or status."""
    count = len(firms)
    fate = rng.random(count)
    closing = (closes >= 0) & (closes < period.last)
    day = np.where(closing, closes + rng.integers(1, 20, count), rng.integers(30, period.last, count))
    changed = (closing | (fate < 0.035)) & (day > opened + 20) & (day <= period.last)
    people = np.maximum(1, np.rint(firms["employees_true"].to_numpy() * rng.lognormal(0, 0.4, count)))
    status = np.select([closing, fate < 0.007], ["closed", "suspended"], "active")
    before = firms.with_columns(
        pl.when(pl.Series(closes < 0)).then(pl.lit("closed")).otherwise("status").alias("status")
    )
    after = before.with_columns(
        pl.Series("employees", people.astype(np.int64)),
        pl.Series("status", status),
        period.dates(day).alias("recorded_at"),
    ).filter(pl.Series(changed & (closes >= 0)))
    return pl.concat([before, after]).drop("employees_true", "opened")
