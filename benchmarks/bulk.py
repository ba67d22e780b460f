"""A delivery in bulk: vectorised, seeded, with the shape of a real city and a per-mille of bad rows.

The demo city (``pipelines.demo``) tells a story and takes its time; here only the load has to be true to life:
skewed activity, findings that refer to visits, later versions, Chinese texts, ids of 18 characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.bulk_faults import spoilt
from models.tables.canonical import TABLES
from models.vocabulary import ACCIDENT_GRADE, HIGH_HAZARD_SECTORS, JINAN_DIVISIONS, day_number
from pipelines.demo.items import ITEMS, PLACES

AS_OF = date(2026, 6, 30)
YEARS = 6
SHARES = {"violations": 0.44, "inspections": 0.26, "alerts": 0.20, "self_reports": 0.098, "accidents": 0.002}
"""Of all events: 2.2 M findings, 1.3 M visits, 1 M alerts, 0.49 M self-reports and 10,000 accidents in 5 M."""

SECOND_VERSIONS = 0.05
"""Share of finding rows that are a later version of another finding row."""
NIGHT_NEW, NIGHT_CORRECTED = 0.001, 0.0001

NAMES = (
    "张伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨帆",
    "赵磊",
    "黄敏",
    "周涛",
    "吴霞",
    "徐刚",
    "孙丽",
    "朱军",
)
OFFICES = ("应急管理局", "消防救援大队", "市场监督管理局", "住房和城乡建设局", "生态环境局")
ALERT_TEXTS = (
    "可燃气体浓度超过一级报警限值",
    "储罐液位高高报警，现场已确认",
    "监测设备离线，数据中断",
    "市民反映厂区夜间有刺激性气味",
    "粉尘除尘器压差异常",
    "炉体冷却水温差超限",
    "无人机巡查发现物料露天堆放",
)
ACCIDENT_TEXTS = ("机械伤害事故", "高处坠落事故", "物体打击事故", "车间局部火灾", "有限空间中毒窒息事故")

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

Ints = np.ndarray


@dataclass(frozen=True)
class Size:
    """How much to generate."""

    enterprises: int = 100_000
    events: int = 5_000_000
    seed: int = 2026


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
class _Span:
    """Days (numbers since 1970-01-01) in which something happens; ``end`` is the last day of recording."""

    start: int
    end: int
    prefix: str


def write_bulk(folder: Path, size: Size) -> Bulk:
    """Write all deliveries.  The same size and seed write the same rows."""
    end = day_number(AS_OF)
    register = _register(size)
    weights = np.random.default_rng([size.seed, 1]).gamma(0.9, 1.0, size.enterprises) + 0.05
    counts = _counts(size.events)
    clean = _events(size, weights, counts, _Span(end - 365 * YEARS + 1, end, "B"), stream=10)
    tables = {name: spoilt(name, frame, AS_OF, size.seed) for name, frame in clean.items()}
    night = _night(size, weights, clean, end)
    first = _write(folder / "first", {"enterprises": register, **tables})
    reordered = {"enterprises": register, **tables}
    _write(folder / "reordered", {name: frame.reverse() for name, frame in reordered.items()})
    _write(folder / "night", night)
    mapping = folder / "bench_city.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    rows = {"enterprises": register.height, **{name: frame.height for name, frame in tables.items()}}
    night_rows = sum(frame.height for frame in night.values())
    return Bulk(mapping, first, folder / "reordered", folder / "night", rows, night_rows)


def _write(folder: Path, tables: dict[str, pl.DataFrame]) -> Path:
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def _counts(events: int) -> dict[str, int]:
    counts = {name: round(events * share) for name, share in SHARES.items()}
    counts["accidents"] = max(1, events - sum(counts.values()) + counts["accidents"])
    return counts


def _ids(numbers: Ints, prefix: str, width: int) -> pl.Series:
    return prefix + pl.Series(numbers).cast(pl.String).str.zfill(width)


def _firm_ids(firm: Ints) -> pl.Series:
    # As long as a credit code, so that strings cost what they cost in practice.
    return _ids(firm, "91370100MA", 8)


def _days(numbers: Ints) -> pl.Series:
    return pl.Series(numbers.astype(np.int32)).cast(pl.Date)


def _days_if(numbers: Ints, condition: Ints) -> pl.Series:
    days = pl.DataFrame({"day": _days(numbers), "keep": condition})
    return days.select(pl.when("keep").then("day"))["day"]


def _pick(rng: np.random.Generator, values: Sequence[str], count: int, shares: Sequence[float] | None = None):
    """Values drawn with their shares, or evenly."""
    total = None if shares is None else np.asarray(shares) / sum(shares)
    drawn = rng.choice(len(values), count, p=total)
    return pl.Series(list(values), dtype=pl.String).gather(drawn)


def _drawn(rng: np.random.Generator, weights: np.ndarray, count: int) -> Ints:
    """Positions drawn by weight, with repetition."""
    ends = np.cumsum(weights)
    return np.minimum(np.searchsorted(ends, rng.random(count) * ends[-1]), len(weights) - 1)


def _register(size: Size) -> pl.DataFrame:
    rng, count = np.random.default_rng([size.seed, 0]), size.enterprises
    firm = np.arange(count)
    sectors = (*HIGH_HAZARD_SECTORS, "general")
    places = list(JINAN_DIVISIONS)
    division = _pick(rng, places, count)
    return pl.DataFrame(
        {
            "enterprise_id": _firm_ids(firm),
            "recorded_at": _days(day_number(AS_OF) - 365 * YEARS - rng.integers(0, 2000, count)),
            "name": "济南第" + pl.Series(firm).cast(pl.String) + "号有限公司",
            "industry": _ids(rng.integers(100, 9800, count), "", 4),
            "sector": _pick(rng, sectors, count, (1, 4, 1, 3, 4, 2, 85)),
            "division": division,
            "enforcing_level": _pick(rng, ("city", "district", "town"), count, (5, 45, 50)),
            "employees": pl.Series(rng.lognormal(3.2, 1.1, count).astype(np.int64) + 1),
            "major_hazard_source": _pick(rng, "01234", count, (97, 0.2, 0.4, 1, 1.4)).cast(pl.Int64),
            "hazardous_processes": pl.Series(rng.poisson(0.05, count)),
            "standardisation": _pick(rng, ("level_1", "level_2", "level_3", "none"), count, (1, 9, 40, 50)),
            "credit": _pick(rng, "abcd", count, (30, 50, 17, 3)),
            "longitude": pl.Series(rng.uniform(116.2, 117.9, count)),
            "latitude": pl.Series(rng.uniform(36.0, 37.5, count)),
            "status": _pick(rng, ("active", "suspended", "closed"), count, (94, 4, 2)),
        }
    )


def _events(
    size: Size, weights: np.ndarray, counts: dict[str, int], span: _Span, *, stream: int
) -> dict[str, pl.DataFrame]:
    """Clean event tables in the order they were recorded."""
    rngs = [np.random.default_rng([size.seed, stream + offset]) for offset in range(5)]
    visits = _visits(rngs[0], weights, counts["inspections"], span)
    findings, inspections = _findings(rngs[1], visits, counts["violations"], span)
    tables = {
        "violations": findings,
        "inspections": inspections,
        "alerts": _alerts(rngs[2], weights, counts["alerts"], span),
        "self_reports": _self_reports(rngs[3], weights, counts["self_reports"], span),
        "accidents": _accidents(rngs[4], weights, counts["accidents"], span),
    }
    return {name: frame.sort("recorded_at", maintain_order=True) for name, frame in tables.items()}


@dataclass(frozen=True)
class _Visits:
    firm: Ints
    day: Ints
    kind: pl.Series
    frame: pl.DataFrame


def _visits(rng: np.random.Generator, weights: np.ndarray, count: int, span: _Span) -> _Visits:
    # Who is inspected much is not who is alerted much: weights are flattened towards even attention.
    firm = _drawn(rng, weights**0.6, count)
    day = np.sort(rng.integers(span.start, span.end + 1, count))
    kinds = ("special", "annual_full", "random", "immediate", "recheck", "joint", "assistance", "other")
    kind = _pick(rng, kinds, count, (6, 10, 32, 6, 20, 6, 5, 15))
    before = np.where((kind == "immediate").to_numpy(), -rng.integers(0, 2, count), rng.integers(1, 6, count))
    officers = _pick(rng, NAMES, count) + ";" + _pick(rng, NAMES, count)
    frame = pl.DataFrame(
        {
            "inspection_id": _ids(np.arange(count), f"JC{span.prefix}", 9),
            "recorded_at": _days(np.minimum(day + rng.integers(0, 6, count), span.end)),
            "enterprise_id": _firm_ids(firm),
            "inspected_on": _days(day),
            "kind": kind,
            "mode": _pick(rng, ("on_site", "off_site"), count, (90, 10)),
            "level": _pick(rng, ("city", "district", "town"), count, (8, 47, 45)),
            "departments": _pick(rng, OFFICES, count),
            "officers": officers,
            "filed_on": _days(np.minimum(day - before, span.end)),
        }
    )
    return _Visits(firm, day, kind, frame)


def _findings(
    rng: np.random.Generator, visits: _Visits, count: int, span: _Span
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of the visits (some in two versions), and the visits with the result that follows."""
    again = int(count * SECOND_VERSIONS)
    single = count - again
    lucky = rng.random(len(visits.firm)) < 0.45
    weights = rng.gamma(0.8, 1.0, len(visits.firm)) * ~lucky * (visits.kind != "assistance").to_numpy()
    visit = np.sort(_drawn(rng, weights, single))
    day = visits.day[visit]
    severity = _pick(rng, ("minor", "general", "serious", "critical", "ungraded"), single, (48, 36, 10, 3, 3))
    is_major = (severity == "critical").to_numpy() & (rng.random(single) < 0.1)
    shares = np.where(is_major, 0.0, 0.7)
    drawn = rng.random(single)
    disposal = np.where(drawn < shares, 1, np.where(drawn < shares + 0.15 * (shares > 0), 0, 2))
    ordered, case = disposal == 1, disposal == 2
    took = np.where(rng.random(single) < 0.02, 100_000, rng.geometric(1 / 18, single))
    rectified = day + np.where(disposal == 0, 0, took)
    is_done = rectified <= span.end
    seen = np.minimum(day + rng.integers(0, 10, single), span.end)
    recorded = np.where(is_done, np.maximum(seen, rectified), seen)
    decided = day + rng.integers(5, 60, single)
    item = rng.integers(0, len(ITEMS), single)
    place = _pick(rng, PLACES, single)
    items = pl.Series([each.code for each in ITEMS])
    texts = pl.Series([each.text for each in ITEMS])
    frame = pl.DataFrame(
        {
            "violation_id": _ids(np.arange(single), f"WF{span.prefix}", 9),
            "recorded_at": _days(recorded),
            "enterprise_id": _firm_ids(visits.firm[visit]),
            "inspection_id": _ids(visit, f"JC{span.prefix}", 9),
            "occurred_on": _days(day),
            "item_code": items.gather(item),
            "description": texts.gather(item) + "（" + place + "）",
            "severity": severity,
            "is_major_hazard": is_major,
            "quantity": 1 + (rng.random(single) < 0.03) * rng.integers(1, 4, single),
            "rectify_due_on": _days_if(day + rng.choice([15, 30, 60], single), ordered),
            "rectified_on": _days_if(rectified, is_done),
            "disposal": pl.Series(["on_the_spot", "order", "case"]).gather(disposal),
            "penalty_unit": (rng.lognormal(9.5, 0.8, single) * case).astype(np.int64),
            "penalty_person": (rng.lognormal(7.5, 0.5, single) * case).astype(np.int64),
            "decided_on": _days_if(decided, case & (decided <= recorded)),
            "department": _pick(rng, OFFICES, single),
            "withdrawn_on": _days_if(recorded, rng.random(single) < 0.004),
        }
    )
    later = np.sort(rng.choice(np.flatnonzero(recorded > day), again, replace=False))
    # The earlier version of a finding: recorded when found, not yet rectified, decided or withdrawn.
    earlier = frame[later].with_columns(
        pl.lit(None, dtype=pl.Date).alias(name) for name in ("rectified_on", "decided_on", "withdrawn_on")
    )
    earlier = earlier.with_columns(recorded_at=pl.col("occurred_on"), severity=pl.lit("ungraded"))
    found = np.bincount(visit, minlength=len(visits.firm))
    return pl.concat([frame, earlier]), visits.frame.with_columns(result=_results(rng, found))


def _results(rng: np.random.Generator, found: Ints) -> pl.Series:
    drawn = rng.random(len(found))
    grave = np.where(drawn < 0.03, 2, np.where(drawn < 0.033, 3, 1))
    quiet = np.where(drawn < 0.03, 5, np.where(drawn < 0.032, 4, 0))
    names = pl.Series(["clean", "findings", "serious", "stopped", "refused", "unknown"])
    return names.gather(np.where(found > 0, grave, quiet))


def _alerts(rng: np.random.Generator, weights: np.ndarray, count: int, span: _Span) -> pl.DataFrame:
    firm = _drawn(rng, weights**1.5, count)
    raised = np.sort(rng.integers(span.start * 1440, (span.end + 1) * 1440, count))
    last = (span.end + 1) * 1440 - 1
    answered = raised + rng.lognormal(3.5, 1.4, count).astype(np.int64)
    closed = answered + rng.lognormal(5.0, 1.2, count).astype(np.int64)
    is_answered = (rng.random(count) > 0.02) & (answered <= last)
    kinds = ("exceedance", "sensor_offline", "complaint", "observation", "transfer", "other")
    systems = ("hazardous_chemicals", "steel", "explosive_dust", "drone", "hotline_12345", "platform")
    times = pl.DataFrame(
        {"raised": raised, "answered": answered, "closed": closed, "a": is_answered, "c": closed <= last}
    ).select(
        raised_at=_minutes("raised"),
        acknowledged_at=pl.when("a").then(_minutes("answered")),
        closed_at=pl.when(pl.col("a") & pl.col("c")).then(_minutes("closed")),
    )
    head = pl.DataFrame(
        {
            "alert_id": _ids(np.arange(count), f"YJ{span.prefix}", 9),
            "recorded_at": _days(raised // 1440),
            "enterprise_id": _firm_ids(firm),
            "source_system": _pick(rng, systems, count),
            "kind": _pick(rng, kinds, count, (60, 15, 8, 8, 4, 5)),
            "level": _pick(rng, ("red", "orange", "yellow", "blue"), count, (2, 9, 31, 58)),
        }
    )
    tail = pl.DataFrame(
        {"is_false_alarm": rng.random(count) < 0.15, "description": _pick(rng, ALERT_TEXTS, count)}
    )
    return pl.concat([head, times, tail], how="horizontal")


def _minutes(name: str) -> pl.Expr:
    return (pl.col(name) * 60_000_000).cast(pl.Datetime("us"))


def _self_reports(rng: np.random.Generator, weights: np.ndarray, count: int, span: _Span) -> pl.DataFrame:
    firm = rng.integers(0, len(weights), count)
    filed = np.sort(rng.integers(span.start, span.end + 1, count))
    found = rng.poisson(1.8, count)
    return pl.DataFrame(
        {
            "report_id": _ids(np.arange(count), f"ZC{span.prefix}", 9),
            "recorded_at": _days(filed),
            "enterprise_id": _firm_ids(firm),
            "period_start": _days(filed - 33),
            "period_end": _days(filed - 3),
            "filed_on": _days(filed),
            "hazards_found": found,
            "hazards_fixed": rng.binomial(found, 0.93),
        }
    )


def _accidents(rng: np.random.Generator, weights: np.ndarray, count: int, span: _Span) -> pl.DataFrame:
    firm = _drawn(rng, weights, count)
    day = np.sort(rng.integers(span.start, span.end + 1, count))
    deaths = rng.poisson(0.15, count)
    grade = np.where(deaths > 2, 1, 0)
    return pl.DataFrame(
        {
            "accident_id": _ids(np.arange(count), f"SG{span.prefix}", 9),
            "recorded_at": _days(np.minimum(day + rng.integers(0, 5, count), span.end)),
            "enterprise_id": _firm_ids(firm),
            "occurred_on": _days(day),
            "deaths": deaths,
            "serious_injuries": rng.poisson(0.5, count),
            "loss": rng.lognormal(12.0, 1.0, count).astype(np.int64),
            "grade": pl.Series(ACCIDENT_GRADE.keys).gather(grade),
            "description": _pick(rng, ACCIDENT_TEXTS, count),
        }
    )


def _night(
    size: Size, weights: np.ndarray, clean: dict[str, pl.DataFrame], end: int
) -> dict[str, pl.DataFrame]:
    """A night's increment: new events of the last three days, and corrections of findings and visits."""
    counts = {name: max(1, round(count * NIGHT_NEW)) for name, count in _counts(size.events).items()}
    fresh = _events(size, weights, counts, _Span(end - 1, end + 1, "N"), stream=30)
    today, rng = pl.lit(AS_OF + timedelta(days=1)), np.random.default_rng([size.seed, 60])
    share = max(1, round(size.events * NIGHT_CORRECTED / 2))
    corrections = {
        "violations": {"rectified_on": today, "severity": pl.lit("general")},
        "inspections": {"result": pl.lit("findings"), "officers": pl.lit("张伟;王芳")},
    }
    for name, changes in corrections.items():
        whole = clean[name].unique(TABLES[name].key[-1], keep="last", maintain_order=True)
        mended = whole[rng.choice(whole.height, min(share, whole.height), replace=False)]
        fresh[name] = pl.concat([fresh[name], mended.with_columns(**changes)])
    return {name: frame.with_columns(recorded_at=today) for name, frame in fresh.items()}
