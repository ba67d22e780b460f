"""The events of a city in bulk: visits, findings in one or two versions, alerts, self-reports, accidents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.vocabulary import ACCIDENT_GRADE
from pipelines.demo.items import ITEMS, PLACES

SECOND_VERSIONS = 0.05
"""Share of finding rows that are a later version of another finding row."""
PLANNED, PLAN_DAYS = 0.04, (40, 200)
"""Share of the orders whose rectification plan was approved, and for how many days from the finding."""
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

Ints = np.ndarray


@dataclass(frozen=True)
class Span:
    """Days (numbers since 1970-01-01) in which something happens; ``end`` is the last day of recording.

    ``prefix`` and the two numbers keep the ids of several parts and deliveries apart.
    """

    start: int
    end: int
    prefix: str
    first_firm: int = 0
    first_event: int = 0


def ids(numbers: Ints, prefix: str, width: int) -> pl.Series:
    return prefix + pl.Series(numbers).cast(pl.String).str.zfill(width)


def firm_ids(firm: Ints, span: Span) -> pl.Series:
    # As long as a credit code, so that strings cost what they cost in practice.
    return ids(firm + span.first_firm, "91370100MA", 8)


def days(numbers: Ints) -> pl.Series:
    return pl.Series(numbers.astype(np.int32)).cast(pl.Date)


def days_if(numbers: Ints, condition: Ints) -> pl.Series:
    both = pl.DataFrame({"day": days(numbers), "keep": condition})
    return both.select(pl.when("keep").then("day"))["day"]


def pick(rng: np.random.Generator, values: Sequence[str], count: int, shares: Sequence[float] | None = None):
    """Values drawn with their shares, or evenly."""
    total = None if shares is None else np.asarray(shares) / sum(shares)
    drawn = rng.choice(len(values), count, p=total)
    return pl.Series(list(values), dtype=pl.String).gather(drawn)


def _drawn(rng: np.random.Generator, weights: np.ndarray, count: int) -> Ints:
    """Positions drawn by weight, with repetition."""
    ends = np.cumsum(weights)
    return np.minimum(np.searchsorted(ends, rng.random(count) * ends[-1]), len(weights) - 1)


def events_of(
    seed: Sequence[int], weights: np.ndarray, counts: dict[str, int], span: Span, *, stream: int
) -> dict[str, pl.DataFrame]:
    """Clean event tables in the order they were recorded."""
    rngs = [np.random.default_rng([*seed, stream + offset]) for offset in range(5)]
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


def _visits(rng: np.random.Generator, weights: np.ndarray, count: int, span: Span) -> _Visits:
    # Who is inspected much is not who is alerted much: weights are flattened towards even attention.
    firm = _drawn(rng, weights**0.6, count)
    day = np.sort(rng.integers(span.start, span.end + 1, count))
    kinds = ("special", "annual_full", "random", "immediate", "recheck", "joint", "assistance", "other")
    kind = pick(rng, kinds, count, (6, 10, 32, 6, 20, 6, 5, 15))
    before = np.where((kind == "immediate").to_numpy(), -rng.integers(0, 2, count), rng.integers(1, 6, count))
    officers = pick(rng, NAMES, count) + ";" + pick(rng, NAMES, count)
    frame = pl.DataFrame(
        {
            "inspection_id": ids(np.arange(count) + span.first_event, f"JC{span.prefix}", 9),
            "recorded_at": days(np.minimum(day + rng.integers(0, 6, count), span.end)),
            "enterprise_id": firm_ids(firm, span),
            "inspected_on": days(day),
            "kind": kind,
            "mode": pick(rng, ("on_site", "off_site"), count, (90, 10)),
            "level": pick(rng, ("city", "district", "town"), count, (8, 47, 45)),
            "departments": pick(rng, OFFICES, count),
            "officers": officers,
            "filed_on": days(np.minimum(day - before, span.end)),
        }
    )
    return _Visits(firm, day, kind, frame)


def _findings(
    rng: np.random.Generator, visits: _Visits, count: int, span: Span
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of the visits (some in two versions), and the visits with the result that follows."""
    again = int(count * SECOND_VERSIONS)
    single = count - again
    lucky = rng.random(len(visits.firm)) < 0.45
    weights = rng.gamma(0.8, 1.0, len(visits.firm)) * ~lucky * (visits.kind != "assistance").to_numpy()
    visit = np.sort(_drawn(rng, weights, single))
    day = visits.day[visit]
    severity = pick(rng, ("minor", "general", "serious", "critical", "ungraded"), single, (48, 36, 10, 3, 3))
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
    planned = ordered & (rng.random(single) < PLANNED) & (day + 10 <= recorded)
    item = rng.integers(0, len(ITEMS), single)
    place = pick(rng, PLACES, single)
    items = pl.Series([each.code for each in ITEMS])
    texts = pl.Series([each.text for each in ITEMS])
    frame = pl.DataFrame(
        {
            "violation_id": ids(np.arange(single) + span.first_event, f"WF{span.prefix}", 9),
            "recorded_at": days(recorded),
            "enterprise_id": firm_ids(visits.firm[visit], span),
            "inspection_id": ids(visit + span.first_event, f"JC{span.prefix}", 9),
            "occurred_on": days(day),
            "item_code": items.gather(item),
            "description": texts.gather(item) + "（" + place + "）",
            "severity": severity,
            "is_major_hazard": is_major,
            "quantity": 1 + (rng.random(single) < 0.03) * rng.integers(1, 4, single),
            "rectify_due_on": days_if(day + rng.choice([15, 30, 60], single), ordered),
            "rectified_on": days_if(rectified, is_done),
            "disposal": pl.Series(["on_the_spot", "order", "case"]).gather(disposal),
            "penalty_unit": (rng.lognormal(9.5, 0.8, single) * case).astype(np.int64),
            "penalty_person": (rng.lognormal(7.5, 0.5, single) * case).astype(np.int64),
            "decided_on": days_if(decided, case & (decided <= recorded)),
            "department": pick(rng, OFFICES, single),
            "plan_approved_on": days_if(day + 10, planned),
            "plan_until": days_if(day + rng.integers(*PLAN_DAYS, single), planned),
            "withdrawn_on": days_if(recorded, rng.random(single) < 0.004),
        }
    )
    later = np.sort(rng.choice(np.flatnonzero(recorded > day), again, replace=False))
    # The earlier version of a finding: recorded when found, not yet rectified, decided or withdrawn.
    earlier = frame[later].with_columns(
        pl.lit(None, dtype=pl.Date).alias(name)
        for name in ("rectified_on", "decided_on", "plan_approved_on", "plan_until", "withdrawn_on")
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


def _alerts(rng: np.random.Generator, weights: np.ndarray, count: int, span: Span) -> pl.DataFrame:
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
            "alert_id": ids(np.arange(count) + span.first_event, f"YJ{span.prefix}", 9),
            "recorded_at": days(raised // 1440),
            "enterprise_id": firm_ids(firm, span),
            "source_system": pick(rng, systems, count),
            "kind": pick(rng, kinds, count, (60, 15, 8, 8, 4, 5)),
            "level": pick(rng, ("red", "orange", "yellow", "blue"), count, (2, 9, 31, 58)),
        }
    )
    tail = pl.DataFrame(
        {"is_false_alarm": rng.random(count) < 0.15, "description": pick(rng, ALERT_TEXTS, count)}
    )
    return pl.concat([head, times, tail], how="horizontal")


def _minutes(name: str) -> pl.Expr:
    return (pl.col(name) * 60_000_000).cast(pl.Datetime("us"))


def _self_reports(rng: np.random.Generator, weights: np.ndarray, count: int, span: Span) -> pl.DataFrame:
    firm = rng.integers(0, len(weights), count)
    filed = np.sort(rng.integers(span.start, span.end + 1, count))
    found = rng.poisson(1.8, count)
    return pl.DataFrame(
        {
            "report_id": ids(np.arange(count) + span.first_event, f"ZC{span.prefix}", 9),
            "recorded_at": days(filed),
            "enterprise_id": firm_ids(firm, span),
            "period_start": days(filed - 33),
            "period_end": days(filed - 3),
            "filed_on": days(filed),
            "hazards_found": found,
            "hazards_fixed": rng.binomial(found, 0.93),
        }
    )


def _accidents(rng: np.random.Generator, weights: np.ndarray, count: int, span: Span) -> pl.DataFrame:
    firm = _drawn(rng, weights, count)
    day = np.sort(rng.integers(span.start, span.end + 1, count))
    deaths = rng.poisson(0.15, count)
    grade = np.where(deaths > 2, 1, 0)
    return pl.DataFrame(
        {
            "accident_id": ids(np.arange(count) + span.first_event, f"SG{span.prefix}", 9),
            "recorded_at": days(np.minimum(day + rng.integers(0, 5, count), span.end)),
            "enterprise_id": firm_ids(firm, span),
            "occurred_on": days(day),
            "deaths": deaths,
            "serious_injuries": rng.poisson(0.5, count),
            "loss": rng.lognormal(12.0, 1.0, count).astype(np.int64),
            "grade": pl.Series(ACCIDENT_GRADE.keys).gather(grade),
            "description": pick(rng, ACCIDENT_TEXTS, count),
        }
    )
