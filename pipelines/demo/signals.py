"""Alerts: instruments of monitored plants, the 12345 hotline, transfers and drones."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.city import City, pick
from pipelines.demo.history import versions
from pipelines.demo.period import Days, Flags, Floats
from pipelines.demo.trades import TRADES

MONITORED = {
    "hazardous_chemicals": ("hazardous_chemicals", 0.6, "可燃气体浓度超限"),
    "non_coal_mine": ("non_coal_mine", 0.8, "边坡位移速率超限"),
    "metal_smelting": ("steel", 0.7, "煤气区域一氧化碳浓度超限"),
    "explosive_dust": ("explosive_dust", 0.6, "除尘器进出风口压差超限"),
    "ammonia_refrigeration": ("platform", 0.4, "氨气浓度超限"),
}
"""Sector: system that watches it, part of the firms connected, what the instrument says."""


@dataclass(frozen=True)
class Stream:
    """One kind of alert.

    ``rate`` per firm and year at log-risk 0, ``steep`` its growth with risk; medians of the minutes to an
    answer and of the hours to the end; ``never`` the part that is not answered, ``open_end`` not closed.
    ``system`` is empty for instruments, which report through the system of their sector.
    """

    kind: str
    system: str
    rate: float
    steep: float
    answer: float
    over: float
    never: float
    open_end: float
    false: float
    texts: tuple[str, ...]


STREAMS: tuple[Stream, ...] = (
    Stream("exceedance", "", 2.6, 0.7, 12, 1.5, 0.03, 0.01, 0.15, ()),
    Stream("sensor_offline", "", 0.7, 0.5, 90, 16, 0.10, 0.05, 0.02, ("监测设备离线",)),
    Stream(
        "complaint",
        "hotline_12345",
        0.045,
        0.6,
        900,
        150,
        0.02,
        0.03,
        0.2,
        (
            "反映企业夜间违规动火作业",
            "反映车间通道堵塞、安全出口上锁",
            "反映企业未发放劳动防护用品",
            "反映生产区域粉尘大、气味刺鼻",
            "反映工人无证操作叉车",
        ),
    ),
    Stream(
        "observation",
        "drone",
        0.020,
        0.4,
        600,
        240,
        0.03,
        0.05,
        0.1,
        ("无人机巡查发现厂区露天堆放可燃物", "无人机巡查发现屋面高处作业无防护"),
    ),
    Stream(
        "transfer",
        "transfer",
        0.018,
        0.4,
        1200,
        300,
        0.02,
        0.04,
        0.1,
        ("消防部门移交隐患线索", "市场监管部门移交特种设备线索", "上级督办转办事项"),
    ),
)


def draw_alerts(city: City) -> pl.DataFrame:
    """One row per alert: firm, day, and the position of its stream."""
    lasting, rng = city.rngs(1)
    connected = _connected(city, lasting)
    drawn = [
        _draw_stream(
            city,
            rng,
            np.where(connected | (stream.system != ""), stream.rate, 0.0),
            stream.steep,
            position,
        )
        for position, stream in enumerate(STREAMS)
    ]
    return pl.concat(drawn).sort("day", "firm", "stream")


def complaints(alerts: pl.DataFrame) -> pl.DataFrame:
    """Firm and day of the complaints among ``alerts``, which call for a visit."""
    position = [stream.kind for stream in STREAMS].index("complaint")
    return alerts.filter(pl.col("stream") == position).select("firm", "day")


def alert_rows(city: City, alerts: pl.DataFrame) -> pl.DataFrame:
    """Alerts as delivered, one row per version: columns of the canonical table without ``source``."""
    rng = city.rng(2)
    firm, day, stream = (alerts[name].to_numpy() for name in ("firm", "day", "stream"))
    risk = city.risk_on(firm, day)
    raised, answered, closed = _times(rng, stream, day, risk)
    false = rng.random(len(firm)) < _trait("false", stream)
    frame = alerts.select(
        alert_id=pl.format("YJ{}", (pl.int_range(pl.len()) + city.first_number).cast(pl.String).str.zfill(8)),
        recorded_at=city.period.to_date(pl.col("day") + pl.Series(rng.integers(0, 2, len(firm)))),
        enterprise_id=city.firms["enterprise_id"].gather(firm),
        source_system=_systems(city, firm, stream),
        kind=pick([item.kind for item in STREAMS], stream),
        level=_levels(rng, risk),
        raised_at=_moment(city, raised),
        acknowledged_at=_moment(city, answered),
        closed_at=_moment(city, closed),
        is_false_alarm=pl.Series(false),
        description=_texts(city, rng, firm, stream),
    ).with_columns(answer_known=pl.col("acknowledged_at").dt.date(), end_known=pl.col("closed_at").dt.date())
    facts = {"answer_known": ("acknowledged_at",), "end_known": ("closed_at", "is_false_alarm")}
    rows = versions(frame, facts, end=city.until)
    return rows.with_columns(pl.col("is_false_alarm").fill_null(value=False))


def monthly_events(city: City, rng: np.random.Generator, rate: Floats, steep: float) -> tuple[Days, Days]:
    """Firm and day of events that come by chance, ``rate`` a year per firm at log-risk 0."""
    some = np.flatnonzero(rate)
    expected = rate[some, None] / 12 * np.exp(steep * city.risk[some])
    row, month = np.nonzero(counts := rng.poisson(expected))
    times = counts[row, month]
    firm, part = np.repeat(some[row], times), np.repeat(month, times)
    length = (city.period.last + 1) / city.period.months
    day = np.minimum((part + rng.random(len(part))) * length, city.period.last).astype(np.int64)
    alive = city.alive(firm, day)
    return firm[alive], day[alive]


def _draw_stream(
    city: City, rng: np.random.Generator, rate: Floats, steep: float, position: int
) -> pl.DataFrame:
    firm, day = monthly_events(city, rng, rate, steep)
    return pl.DataFrame({"firm": firm, "day": day, "stream": np.full(len(firm), position)})


def _connected(city: City, rng: np.random.Generator) -> Flags:
    chance = [MONITORED[item.sector][1] if item.sector in MONITORED else 0.0 for item in TRADES]
    return rng.random(len(city.trade)) < np.array(chance)[city.trade]


def _trait(name: str, stream: Days) -> Floats:
    return np.array([getattr(item, name) for item in STREAMS])[stream]


def _times(rng: np.random.Generator, stream: Days, day: Days, risk: Floats) -> tuple[Floats, Floats, Floats]:
    """Seconds since the start of the period: raised, answered, over (NaN: has not happened)."""
    count = len(stream)
    by_people = np.array([item.system != "" for item in STREAMS])[stream]
    clock = np.where(by_people, rng.uniform(8, 20, count), rng.uniform(0, 24, count))
    raised = (day * 86_400 + np.floor(clock * 3600)).astype(np.float64)
    answer = 60 * _trait("answer", stream) * rng.lognormal(0, 1.0, count) * np.exp(0.4 * risk)
    over = 3600 * _trait("over", stream) * rng.lognormal(0, 1.3, count) * np.exp(0.2 * risk)
    answered = np.where(rng.random(count) < _trait("never", stream), np.nan, raised + np.rint(answer))
    still_open = rng.random(count) < _trait("open_end", stream) * np.exp(0.3 * risk)
    closed = np.where(still_open, np.nan, np.fmax(raised, answered) + np.rint(over))
    return raised, answered, closed


def _moment(city: City, seconds: Floats) -> pl.Series:
    first = np.datetime64(city.period.start, "s").astype(np.int64)
    whole = pl.Series(seconds).fill_nan(None).cast(pl.Int64)
    return ((whole + int(first)) * 1_000_000).cast(pl.Datetime("us"))


def _levels(rng: np.random.Generator, risk: Floats) -> pl.Series:
    badness = rng.standard_normal(len(risk)) + 0.5 * risk
    names = np.array(["blue", "yellow", "orange", "red"])
    return pl.Series(names[np.searchsorted([0.5, 1.6, 2.6], badness)])


def _systems(city: City, firm: Days, stream: Days) -> pl.Series:
    own = [MONITORED[item.sector][0] if item.sector in MONITORED else "platform" for item in TRADES]
    fixed = np.array([item.system for item in STREAMS])[stream]
    return pl.Series(np.where(fixed == "", np.array(own)[city.trade[firm]], fixed))


def _texts(city: City, rng: np.random.Generator, firm: Days, stream: Days) -> pl.Series:
    said = [MONITORED[item.sector][2] if item.sector in MONITORED else "" for item in TRADES]
    choice = rng.random(len(firm))
    columns = zip(stream, city.trade[firm], choice, strict=True)
    return pl.Series(
        [texts[int(u * len(texts))] if (texts := STREAMS[s].texts) else said[t] for s, t, u in columns]
    )
