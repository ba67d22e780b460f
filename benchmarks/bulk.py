"""A delivery in bulk: vectorised, seeded, with the shape of a real city and a per-mille of bad rows.

The demo city (``pipelines.demo``) tells a story and takes its time; here only the load has to be true to life:
skewed activity, findings that refer to visits, later versions, Chinese texts, ids of 18 characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.bulk_events import Span, days, events_of, firm_ids, ids, pick
from benchmarks.bulk_faults import spoilt
from models.tables.canonical import TABLES
from models.vocabulary import HIGH_HAZARD_SECTORS, JINAN_DIVISIONS, day_number

AS_OF = date(2026, 6, 30)
YEARS = 6
SHARES = {"violations": 0.44, "inspections": 0.26, "alerts": 0.20, "self_reports": 0.098, "accidents": 0.002}
"""Of all events: 2.2 M findings, 1.3 M visits, 1 M alerts, 0.49 M self-reports and 10,000 accidents in 5 M."""
NIGHT_NEW, NIGHT_CORRECTED = 0.001, 0.0001
PART, EVENTS_OF_A_PART = 100_000, 10_000_000
"""A city is made in parts of at most so many enterprises, a file of each table a part, which bounds memory."""
WHALE_OF, WHALE = 50_000, 160.0
"""One enterprise in so many has some 20,000 alerts, where an enterprise has fifty events on the average."""

MAPPING = """\
mapping: bench_city
title: A city in bulk, for measuring
id_scheme: any
tables:
  enterprises: [{files: ["enterprises*.parquet"]}]
  violations: [{files: ["violations*.parquet"]}]
  alerts: [{files: ["alerts*.parquet"]}]
  inspections: [{files: ["inspections*.parquet"]}]
  accidents: [{files: ["accidents*.parquet"]}]
  self_reports: [{files: ["self_reports*.parquet"]}]
"""


@dataclass(frozen=True)
class Size:
    """How much to generate."""

    enterprises: int = 100_000
    events: int = 5_000_000
    seed: int = 2026


FULL = Size(1_000_000, 50_000_000)
"""The largest city that is measured."""


@dataclass(frozen=True)
class Bulk:
    """What was written: the first delivery, the same rows in another order, a night's increment."""

    mapping: Path
    first: Path
    reordered: Path
    night: Path
    rows: dict[str, int]
    night_rows: int


@dataclass(frozen=True)
class _Part:
    """So many enterprises and events of a city; ``span`` keeps their numbers apart from those of other parts."""

    number: int
    enterprises: int
    events: int
    seed: tuple[int, ...]
    span: Span


def write_bulk(folder: Path, size: Size) -> Bulk:
    """Write all deliveries.  The same size and seed write the same rows."""
    first, reordered, nights, rows = folder / "first", folder / "reordered", [], {}
    for part in _parts(size):
        weights = np.random.default_rng([*part.seed, 1]).gamma(0.9, 1.0, part.enterprises) + 0.05
        weights[: part.enterprises // WHALE_OF] = WHALE
        clean = events_of(part.seed, weights, _counts(part.events), part.span, stream=10)
        tables = {name: spoilt(name, frame, AS_OF, part.seed) for name, frame in clean.items()}
        tables = {"enterprises": _register(part), **tables}
        _write(first, tables, f"-{part.number:02}")
        _write(reordered, {name: frame.reverse() for name, frame in tables.items()}, f"-{part.number:02}")
        nights.append(_night(part, weights, clean))
        for name, frame in tables.items():
            rows[name] = rows.get(name, 0) + frame.height
    night = {name: pl.concat([each[name] for each in nights]) for name in nights[0]}
    _write(folder / "night", night)
    mapping = folder / "bench_city.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    night_rows = sum(frame.height for frame in night.values())
    return Bulk(mapping, first, reordered, folder / "night", rows, night_rows)


def _parts(size: Size) -> Iterator[_Part]:
    count = max(1, -(-size.enterprises // PART))
    end = day_number(AS_OF)
    for number in range(count):
        before, after = (size.enterprises * at // count for at in (number, number + 1))
        events = size.events * (number + 1) // count - size.events * number // count
        seed = (size.seed, number) if number else (size.seed,)
        span = Span(end - 365 * YEARS + 1, end, "B", before, number * EVENTS_OF_A_PART)
        yield _Part(number, after - before, events, seed, span)


def _write(folder: Path, tables: dict[str, pl.DataFrame], of: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}{of}.parquet")


def _counts(events: int) -> dict[str, int]:
    counts = {name: round(events * share) for name, share in SHARES.items()}
    counts["accidents"] = max(1, events - sum(counts.values()) + counts["accidents"])
    return counts


def _register(part: _Part) -> pl.DataFrame:
    rng, count = np.random.default_rng([*part.seed, 0]), part.enterprises
    firm = np.arange(count)
    sectors = (*HIGH_HAZARD_SECTORS, "general")
    places = list(JINAN_DIVISIONS)
    division = pick(rng, places, count)
    return pl.DataFrame(
        {
            "enterprise_id": firm_ids(firm, part.span),
            "recorded_at": days(day_number(AS_OF) - 365 * YEARS - rng.integers(0, 2000, count)),
            "name": "济南第" + pl.Series(firm + part.span.first_firm).cast(pl.String) + "号有限公司",
            "industry": ids(rng.integers(100, 9800, count), "", 4),
            "sector": pick(rng, sectors, count, (1, 4, 1, 3, 4, 2, 85)),
            "division": division,
            "enforcing_level": pick(rng, ("city", "district", "town"), count, (5, 45, 50)),
            "employees": pl.Series(rng.lognormal(3.2, 1.1, count).astype(np.int64) + 1),
            "major_hazard_source": pick(rng, "01234", count, (97, 0.2, 0.4, 1, 1.4)).cast(pl.Int64),
            "hazardous_processes": pl.Series(rng.poisson(0.05, count)),
            "standardisation": pick(rng, ("level_1", "level_2", "level_3", "none"), count, (1, 9, 40, 50)),
            "credit": pick(rng, "abcd", count, (30, 50, 17, 3)),
            "longitude": pl.Series(rng.uniform(116.2, 117.9, count)),
            "latitude": pl.Series(rng.uniform(36.0, 37.5, count)),
            "status": pick(rng, ("active", "suspended", "closed"), count, (94, 4, 2)),
        }
    )


def _night(part: _Part, weights: np.ndarray, clean: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """A night's increment: new events of the last three days, and corrections of findings and visits."""
    end = part.span.end
    span = replace(part.span, start=end - 1, end=end + 1, prefix="N")
    counts = {name: max(1, round(count * NIGHT_NEW)) for name, count in _counts(part.events).items()}
    fresh = events_of(part.seed, weights, counts, span, stream=30)
    today, rng = pl.lit(AS_OF + timedelta(days=1)), np.random.default_rng([*part.seed, 60])
    share = max(1, round(part.events * NIGHT_CORRECTED / 2))
    corrections = {
        "violations": {"rectified_on": today, "severity": pl.lit("general")},
        "inspections": {"result": pl.lit("findings"), "officers": pl.lit("张伟;王芳")},
    }
    for name, changes in corrections.items():
        whole = clean[name].unique(TABLES[name].key[-1], keep="last", maintain_order=True)
        mended = whole[rng.choice(whole.height, min(share, whole.height), replace=False)]
        fresh[name] = pl.concat([fresh[name], mended.with_columns(**changes)])
    return {name: frame.with_columns(recorded_at=today) for name, frame in fresh.items()}
