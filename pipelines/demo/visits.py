"""Inspections: who is visited, by which team, and the re-checks that follow orders."""

from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.vocabulary import JINAN_DIVISIONS
from pipelines.demo.city import City
from pipelines.demo.period import Days, Floats
from pipelines.demo.trades import DISTRICTS, GIVEN, SURNAMES

RANDOM_DRAW = 0.35
"""Part of the general firms drawn at random each year (clause P3 asks for at least 30 %)."""

TARGETED = {"special": 0.17, "joint": 0.06, "other": 0.10}
"""Visits a year by the authority's own choice to an average firm, by kind."""

ASSISTANCE = 0.05
"""Assistance visits a year and firm."""

TEAMS_PER_DISTRICT = 4
CITY_TEAMS = len(DISTRICTS) * TEAMS_PER_DISTRICT
TEAMS = CITY_TEAMS + TEAMS_PER_DISTRICT
"""Teams are numbered district by district; the last four are the city's own."""


def draw_visits(city: City, causes: pl.DataFrame) -> pl.DataFrame:
    """One row per visit before any re-check, by day: visit, firm, day, kind, team, mode.

    ``causes`` holds firm and day of complaints and accidents, most of which call for an immediate visit.
    """
    rng = city.rng(6)
    planned = [
        part
        for year, bounds in enumerate(city.period.year_bounds())
        for part in _year(city, rng, year, bounds)
    ]
    drawn = pl.concat([*planned, _immediate(city, rng, causes)]).sort("day", "firm", "kind")
    return staffed(city, rng, drawn, first=0)


def staffed(city: City, rng: np.random.Generator, visits: pl.DataFrame, *, first: int) -> pl.DataFrame:
    """``visits`` (firm, day, kind) with their number from ``first`` on, team and mode."""
    firm, count = visits["firm"].to_numpy(), len(visits)
    codes = {item.code: number for number, item in enumerate(DISTRICTS)}
    district = city.firms["division"].replace_strict(codes, return_dtype=pl.Int64).to_numpy()[firm]
    shift = rng.integers(0, TEAMS_PER_DISTRICT, count)
    by_city = (city.firms["enforcing_level"].to_numpy()[firm] == "city") | (
        (visits["kind"] == "joint").to_numpy() & (rng.random(count) < 0.4)
    )
    remote = ~visits["kind"].is_in(["immediate", "joint"]).to_numpy() & (rng.random(count) < 0.165)
    return visits.with_columns(
        visit=pl.int_range(first, first + pl.len()),
        team=pl.Series(np.where(by_city, CITY_TEAMS, district * TEAMS_PER_DISTRICT) + shift),
        mode=pl.Series(np.where(remote, "off_site", "on_site")),
    )


def draw_rechecks(city: City, findings: pl.DataFrame, *, first: int) -> pl.DataFrame:
    """Re-checks of visits that ended with an order or a case, soon after the last day to rectify.

    Same columns as ``draw_visits`` and ``after``, the visit that is checked again.
    """
    rng = city.rng(9)
    ordered = (
        findings.filter(pl.col("disposal") != "on_the_spot")
        .group_by("visit", "firm")
        .agg(pl.col("due").max())
        .sort("visit")
        .filter(pl.col("due") <= city.period.last)
    )
    ordered = ordered.filter(pl.Series(rng.random(len(ordered)) < 0.8))
    day = city.period.next_working_day(ordered["due"].to_numpy() + rng.integers(1, 8, len(ordered)))
    visits = ordered.select("firm", day=pl.Series(day), kind=pl.lit("recheck"), after="visit").filter(
        pl.Series(city.alive(ordered["firm"].to_numpy(), day))
    )
    return staffed(city, rng, visits, first=first)


def strictness(city: City) -> Floats:
    """Findings per visit of each team relative to the average one."""
    return city.rng(7).lognormal(0, 0.25, TEAMS)


def inspection_ids(visits: pl.Expr) -> pl.Expr:
    """Delivered number of each visit."""
    return pl.format("JC{}", visits.cast(pl.String).str.zfill(8))


def inspection_rows(city: City, visits: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Visits as delivered, one row each: columns of the canonical table without ``source``."""
    rng = city.rng(10)
    count, day = len(visits), visits["day"].to_numpy()
    urgent = (visits["kind"] == "immediate").to_numpy()
    filed = np.where(urgent, city.period.next_working_day(day + 1), day - rng.integers(0, 6, count))
    recorded = np.maximum(day + rng.integers(0, 6, count), filed)
    seen = visits.join(_worst(findings), on="visit", how="left", maintain_order="left")
    return seen.select(
        inspection_id=inspection_ids(pl.col("visit")),
        recorded_at=city.period.dates(recorded),
        enterprise_id=city.firms["enterprise_id"].gather(visits["firm"]),
        inspected_on=city.period.to_date(pl.col("day")),
        kind="kind",
        mode="mode",
        level=_levels(city, rng, visits),
        departments=_departments(rng, visits),
        officers=_officers(rng, visits["team"].to_numpy()),
        result=_results(rng, seen),
        filed_on=city.period.dates(filed),
    ).filter(pl.col("recorded_at") <= city.until)


def _year(city: City, rng: np.random.Generator, year: int, bounds: tuple[int, int]) -> list[pl.DataFrame]:
    """Planned visits of one year.  The plan is made from what the year before showed of each firm."""
    count = len(city.trade)
    seen = city.risk[:, year * 12] + rng.normal(0, 0.7, count)
    size = (city.firms["employees_true"].to_numpy() / 20) ** 0.15
    codes = {item.code: item.zeal for item in DISTRICTS}
    zeal = city.firms["division"].replace_strict(codes, return_dtype=pl.Float64).to_numpy()
    pull = np.exp(0.45 * seen) * size * zeal
    high = city.is_high_hazard()
    times = {kind: rng.poisson(rate * pull) for kind, rate in TARGETED.items()}
    times["assistance"] = rng.poisson(ASSISTANCE, count)
    times["random"] = (~high & (rng.random(count) < RANDOM_DRAW)).astype(np.int64)
    times["annual_full"] = high.astype(np.int64)
    return [_on_days(city, rng, kind, number, bounds) for kind, number in times.items()]


def _on_days(
    city: City, rng: np.random.Generator, kind: str, times: Days, bounds: tuple[int, int]
) -> pl.DataFrame:
    firm = np.repeat(np.arange(len(times)), times)
    first = np.maximum(city.opened[firm], bounds[0])
    # The yearly full coverage is finished early enough to be on record when the year ends.
    margin = 6 if kind == "annual_full" else 0
    last = np.minimum(city.closes[firm], bounds[1] - margin)
    possible = last > first
    firm = firm[possible]
    day = city.period.draw_days(rng, first[possible], last[possible])
    return pl.DataFrame({"firm": firm, "day": day}).with_columns(kind=pl.lit(kind))


def _immediate(city: City, rng: np.random.Generator, causes: pl.DataFrame) -> pl.DataFrame:
    answered = causes.filter(pl.Series(rng.random(len(causes)) < 0.75))
    day = answered["day"].to_numpy() + rng.integers(0, 4, len(answered))
    visits = answered.select("firm", day=pl.Series(day), kind=pl.lit("immediate"))
    return visits.filter(pl.Series(city.alive(answered["firm"].to_numpy(), day)))


def _worst(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.group_by("visit").agg(found=pl.len(), major=pl.col("is_major_hazard").any())


def _results(rng: np.random.Generator, seen: pl.DataFrame) -> pl.Series:
    """Outcome by what was found; an assistance visit has none to speak of."""
    chance = rng.random(len(seen))
    found, major = (
        seen["found"].fill_null(0).to_numpy() > 0,
        seen["major"].fill_null(value=False).to_numpy(),
    )
    helped = (seen["kind"] == "assistance").to_numpy()
    return pl.Series(
        np.select(
            [helped, major & (chance < 0.15), major, found, chance < 0.004, chance < 0.03],
            ["unknown", "stopped", "serious", "findings", "refused", "unknown"],
            "clean",
        )
    )


def _levels(city: City, rng: np.random.Generator, visits: pl.DataFrame) -> pl.Series:
    """Level that inspected: the city for its own teams, else the firm's own; empty for a superior one."""
    own = city.firms["enforcing_level"].to_numpy()[visits["firm"].to_numpy()]
    above = pl.Series(rng.random(len(visits)) < 0.008)
    by_city = visits["team"].to_numpy() >= CITY_TEAMS
    return pl.Series(np.where(by_city, "city", np.where(own == "city", "district", own))).set(above, None)


def _departments(rng: np.random.Generator, visits: pl.DataFrame) -> pl.Series:
    """The bureau of the team, with one or two others on a joint visit."""
    homes = [JINAN_DIVISIONS[item.code][0] for item in DISTRICTS for _ in range(TEAMS_PER_DISTRICT)]
    homes += ["济南市"] * TEAMS_PER_DISTRICT
    bureau = pl.Series([f"{home}应急管理局" for home in homes]).gather(visits["team"])
    others = ("消防救援支队", "消防救援支队;市场监督管理局", "住房和城乡建设局", "生态环境局")
    choice = pl.Series(others).gather(pl.Series(rng.integers(0, len(others), len(visits))))
    frame = pl.DataFrame({"bureau": bureau, "others": choice, "kind": visits["kind"]})
    joint = pl.concat_str("bureau", pl.lit(";"), "others")
    return frame.select(pl.when(pl.col("kind") == "joint").then(joint).otherwise("bureau")).to_series()


def _officers(rng: np.random.Generator, team: Days) -> pl.Series:
    """Two of the four officers of each team."""
    surname = rng.integers(0, len(SURNAMES), (TEAMS, 4))
    given = rng.integers(0, len(GIVEN), (TEAMS, 4))
    pairs: NDArray[np.int64] = np.array(list(combinations(range(4), 2)))
    names = [
        [SURNAMES[a] + GIVEN[b] for a, b in zip(*row, strict=True)]
        for row in zip(surname, given, strict=True)
    ]
    duos = [f"{crew[one]};{crew[two]}" for crew in names for one, two in pairs]
    return pl.Series(duos).gather(pl.Series(team * len(pairs) + rng.integers(0, len(pairs), len(team))))
