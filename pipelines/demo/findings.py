"""Violations: what a visit finds, how grave it is, and when it is put right."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.vocabulary import JINAN_DIVISIONS
from pipelines.demo.city import City, pick
from pipelines.demo.history import versions
from pipelines.demo.items import EVERYWHERE, ITEMS, PLACES
from pipelines.demo.period import Days, Flags, Floats
from pipelines.demo.trades import TRADES
from pipelines.demo.visits import inspection_ids, strictness

PER_VISIT = 0.82
"""Findings of an average team on site at log-risk 0."""

CUTS = (-0.15, 1.45, 2.55)
"""Badness above which a finding is general, serious, critical."""

MAJOR_CUT, MAJOR_ITEM = 2.0, 0.6
"""A finding is a major hazard above this badness, and only on items at least this grave."""

KIND_FACTOR = {"assistance": 0.0, "recheck": 0.0, "immediate": 1.6, "special": 1.2}
"""Findings per visit relative to a random draw; re-checks only find again what was not put right."""

FINE = {"minor": 2_000, "general": 12_000, "serious": 30_000, "critical": 90_000}
"""Median fine on the enterprise in yuan once a case is opened."""


def draw_findings(city: City, visits: pl.DataFrame) -> pl.DataFrame:
    """One row per finding of a first visit: visit, firm, day, item, badness and all of ``judged``."""
    return found_at(city, city.rng(8), visits, strictness(city)[visits["team"]])


def found_at(
    city: City,
    rng: np.random.Generator,
    visits: pl.DataFrame,
    strict: Floats,
    factors: Mapping[str, float] = KIND_FACTOR,
    habits: Days | None = None,
) -> pl.DataFrame:
    """Findings as in ``draw_findings``.

    ``strict`` is how much the team of each visit finds relative to the average one, ``factors`` is as
    ``KIND_FACTOR``, and ``habits`` are two items per firm that it is found at fault with again and again
    (drawn where they are not given).
    """
    firm, day = visits["firm"].to_numpy(), visits["day"].to_numpy()
    kind = visits["kind"].replace_strict(factors, default=1.0, return_dtype=pl.Float64)
    remote = np.where(visits["mode"].to_numpy() == "off_site", 0.5, 1.0)
    expected = PER_VISIT * np.exp(0.75 * city.risk_on(firm, day)) * strict
    mood = rng.gamma(1.5, 1 / 1.5, len(visits))
    count = np.minimum(rng.poisson(expected * kind.to_numpy() * remote * mood), 25)
    found = visits.select("visit", "firm", "day")[np.repeat(np.arange(len(visits)), count)]
    habits = fresh_habits(city, rng) if habits is None else habits
    item = _items(city, rng, found["firm"].to_numpy(), found["day"].to_numpy(), habits)
    return judged(city, rng, found.with_columns(item=pl.Series(item), boost=pl.lit(0.0)))


def fresh_habits(city: City, rng: np.random.Generator) -> Days:
    """Two items for each firm."""
    return np.stack([_fresh_items(city, rng, np.arange(len(city.trade))) for _ in range(2)], axis=1)


def draw_repeats(city: City, rechecks: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """What re-checks find again: same item, graver, because it was not put right by then."""
    rng = city.rng(11)
    left = (
        rechecks.select("visit", "firm", "day", "after")
        .join(
            findings.select(pl.col("visit").alias("after"), "item", "rectified"),
            on="after",
            maintain_order="left_right",
        )
        .filter(pl.col("rectified").is_null() | (pl.col("rectified") > pl.col("day")))
    )
    left = left.filter(pl.Series(rng.random(len(left)) < 0.6))
    again = left.select("visit", "firm", "day", "item", boost=pl.lit(0.5))
    return judged(city, rng, again).with_columns(is_major_hazard=pl.lit(value=False))


FACTS = {
    "rectified": ("rectified_on",),
    "decided": ("decided_on", "penalty_unit", "penalty_person"),
    "withdrawn": ("withdrawn_on",),
}
"""Facts of a finding that become known later, and the columns of the canonical table that tell each."""


def finding_rows(city: City, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings as delivered, one row per version: columns of the canonical table without ``source``."""
    date_of = city.period.to_date
    frame = numbered(city, findings).select(
        "violation_id",
        recorded_at=date_of(pl.col("recorded")),
        enterprise_id="enterprise_id",
        inspection_id="inspection_id",
        occurred_on=date_of(pl.col("day")),
        item_code="item_code",
        description="description",
        severity="severity",
        is_major_hazard="is_major_hazard",
        quantity="quantity",
        rectify_due_on=date_of(pl.col("due")),
        rectified_on=date_of(pl.col("rectified")),
        disposal="disposal",
        penalty_unit="penalty_unit",
        penalty_person="penalty_person",
        decided_on=date_of(pl.col("decided")),
        department="department",
        withdrawn_on=date_of(pl.col("withdrawn")),
        **{f"{fact}_known": date_of(pl.col(f"{fact}_known")) for fact in FACTS},
    )
    known = {f"{fact}_known": columns for fact, columns in FACTS.items()}
    return versions(frame, known, end=city.until)


def numbered(city: City, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings as ``described``, with the ids under which they are delivered."""
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(8)
    return described(city, city.rng(12), findings).with_columns(violation_id=pl.format("WF{}", number))


def described(city: City, rng: np.random.Generator, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with all that is written of them and the days (as numbers) on which it becomes known.

    ``recorded`` is drawn where ``findings`` do not have it.
    """
    count = len(findings)
    if "recorded" not in findings.columns:
        recorded = findings["day"].to_numpy() + np.minimum(rng.geometric(0.2, count) - 1, 20)
        findings = findings.with_columns(recorded=pl.Series(recorded))
    homes = pl.Series([f"{JINAN_DIVISIONS[code][0]}应急管理局" for code in city.firms["division"]])
    spots = pick(PLACES, rng.integers(0, len(PLACES), count))
    at_once = (findings["disposal"] == "on_the_spot").to_numpy()
    delay = pl.Series(np.where(at_once, 0, rng.integers(0, 8, count)), dtype=pl.Int64)
    return findings.with_columns(
        enterprise_id=city.firms["enterprise_id"].gather(findings["firm"]),
        inspection_id=inspection_ids(pl.col("visit")),
        item_code=pick([item.code for item in ITEMS], findings["item"].to_numpy()),
        description=pick([item.text for item in ITEMS], findings["item"].to_numpy()) + "（" + spots + "）",
        quantity=pl.Series(1 + (rng.random(count) < 0.03) * rng.integers(1, 4, count), dtype=pl.Int64),
        department=homes.gather(findings["firm"]),
        **{
            # A horizontal maximum skips what is empty: what never happens is never known.
            f"{fact}_known": pl.when(pl.col(fact).is_not_null()).then(
                pl.max_horizontal(pl.col(fact) + delay, "recorded")
            )
            for fact in FACTS
        },
    )


def _items(city: City, rng: np.random.Generator, firm: Days, day: Days, habits: Days) -> Days:
    """Items by position: of the trade's own group, of a group for everybody, or an old habit of the firm."""
    habit = habits[firm, rng.integers(0, 2, len(firm))]
    stubborn = 0.12 + 0.4 / (1 + np.exp(-1.5 * city.risk_on(firm, day)))
    return np.where(rng.random(len(firm)) < stubborn, habit, _fresh_items(city, rng, firm))


def _fresh_items(city: City, rng: np.random.Generator, firm: Days) -> Days:
    groups = [item.group for item in ITEMS]
    names = list(dict.fromkeys(groups))
    own = np.array([names.index(item.items) for item in TRADES])[city.trade[firm]]
    common = rng.choice([names.index(name) for name in EVERYWHERE], len(firm), p=[0.6, 0.22, 0.18])
    group = np.where(rng.random(len(firm)) < 0.5, own, common)
    first = np.array([groups.index(name) for name in names])[group]
    length = np.array([groups.count(name) for name in names])[group]
    return first + (rng.random(len(firm)) * length).astype(np.int64)


def judged(city: City, rng: np.random.Generator, found: pl.DataFrame) -> pl.DataFrame:
    """``found`` (visit, firm, day, item, boost) with severity, disposal and what follows, days as numbers."""
    gravity = np.array([item.gravity for item in ITEMS])[found["item"]]
    risk = city.risk_on(found["firm"].to_numpy(), found["day"].to_numpy())
    badness = rng.standard_normal(len(found)) + 0.5 * gravity + 0.25 * risk + found["boost"].to_numpy()
    major = (badness > MAJOR_CUT) & (gravity >= MAJOR_ITEM) & (rng.random(len(found)) < 0.60)
    level = np.maximum(np.searchsorted(CUTS, badness), 2 * major)
    severity = pl.Series(np.array(["minor", "general", "serious", "critical"])[level])
    unsaid = pl.Series((rng.random(len(found)) < 0.03) & ~major)
    disposal = _disposals(rng, level, major)
    due, rectified = _remedy(rng, found["day"].to_numpy(), disposal, major, risk)
    return found.select(
        "visit",
        "firm",
        "day",
        "item",
        severity=severity.set(unsaid, "ungraded"),
        is_major_hazard=pl.Series(major),
        disposal=pl.Series(disposal),
        due=pl.Series(due),
        rectified=pl.Series(rectified).fill_nan(None).cast(pl.Int64),
        withdrawn=pl.Series(
            _sometimes(rng, 0.005, found["day"].to_numpy() + rng.integers(20, 120, len(found)))
        ),
    ).with_columns(_penalties(rng, found["day"].to_numpy(), severity, disposal))


def _disposals(rng: np.random.Generator, level: Days, major: Flags) -> np.ndarray:
    """D5: an order alone does not settle a major hazard, though now and then it is tried."""
    chance = rng.random(len(level))
    spot = np.array([0.70, 0.18, 0.02, 0.0])[level]
    case = np.where(major, 0.95, np.array([0.0, 0.04, 0.30, 0.65])[level])
    spot = np.where(major, 0.0, spot)
    return np.select([chance < spot, chance > 1 - case], ["on_the_spot", "case"], "order")


def _remedy(
    rng: np.random.Generator, day: Days, disposal: np.ndarray, major: Flags, risk: Floats
) -> tuple[Days, Floats]:
    """Last day to rectify and the day it was done (NaN: never)."""
    count = len(day)
    allowed = np.where(major, rng.integers(30, 61, count), rng.choice([7, 10, 15, 30], count))
    due = day + np.where(disposal == "on_the_spot", 0, allowed)
    tardy = np.where(major, 0.18, np.clip(0.045 * np.exp(0.7 * risk), 0, 0.5))
    fate = rng.random(count)
    in_time = day + np.ceil((due - day) * rng.beta(2.5, 1.2, count))
    late = due + np.ceil(rng.exponential(np.where(major, 50, 25)))
    missed = (fate < tardy) & (disposal != "on_the_spot")
    never = missed & (fate < np.where(major, 0.5, 0.35) * tardy)
    return due, np.where(never, np.nan, np.where(missed, late, in_time))


def _penalties(
    rng: np.random.Generator, day: Days, severity: pl.Series, disposal: np.ndarray
) -> list[pl.Series]:
    """Fines in yuan and the day of the decision, for cases only; 40 % also fine the person in charge."""
    median = severity.replace_strict(FINE, return_dtype=pl.Float64).to_numpy()
    unit = np.rint(median * rng.lognormal(0, 0.5, len(day)) / 100) * 100
    person = np.where(rng.random(len(day)) < 0.4, np.rint(unit * 0.2 / 100) * 100, np.nan)
    no_case = pl.Series(disposal != "case")
    columns = {
        "penalty_unit": unit,
        "penalty_person": person,
        "decided": day + rng.integers(15, 90, len(day)).astype(float),
    }
    return [
        pl.Series(name, values).fill_nan(None).cast(pl.Int64).set(no_case, None)
        for name, values in columns.items()
    ]


def _sometimes(rng: np.random.Generator, chance: float, values: Days) -> pl.Series:
    return pl.Series(values).set(pl.Series(rng.random(len(values)) >= chance), None)
