"""An invented province on the evening of a day: what a month is planned for.

1,000,000 enterprises in 50 divisions, about 60,000 visits due, 2,000 officers and 1,000 technical inspectors in 101
authorities (a city, 50 districts, 50 groups of towns).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.planning import situation as shape
from models.planning.situation import Situation

AS_OF = date(2026, 6, 30)
DIVISIONS = [f"37{number:04}" for number in range(100, 150)]
OFFICERS, INSPECTORS = 2_000, 1_000
CODES = {"red": 0.004, "yellow": 0.09, "blue": 0.306, "green": 0.6}
HIGH = ("non_coal_mine", "hazardous_chemicals", "fireworks", "metal_smelting", "explosive_dust")
DUE = {"annual_full": 0.0035, "random": 0.025, "audit": 0.0015, "alerts": 0.004, "findings": 0.025}
"""Part of all enterprises with something due this month, by cause; some have several."""


def ids(places: np.ndarray) -> pl.Series:
    """Enterprise ids by number."""
    return pl.Series([f"E{place:08}" for place in places], dtype=pl.String)


def world(enterprises: int, *, load: float = 1.0, seed: int = 2026) -> Situation:
    """The province.  ``load`` scales how much is due; at 1 it is nearly twice what the crews can do."""
    random = np.random.default_rng(seed)
    firms, due = _firms(enterprises, random), {cause: share * load for cause, share in DUE.items()}
    return Situation(
        AS_OF,
        firms,
        inspections=_inspections(enterprises, random),
        findings=_findings(enterprises, due["findings"], random),
        alerts=_alerts(enterprises, due["alerts"], random),
        officers=_officers(random),
        absences=_absences(random),
        conflicts=_conflicts(enterprises, random),
        targets=_targets(firms, due, random),
    )


def _whole(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """A frame with all columns of its kind, empty where it has none."""
    schema: shape.Schema = getattr(shape, name.upper())
    empty = [
        pl.lit(None, dtype=kind).alias(column)
        for column, kind in schema.items()
        if column not in frame.columns
    ]
    return frame.with_columns(empty).select(pl.col(column).cast(kind) for column, kind in schema.items())


def _firms(count: int, random: np.random.Generator) -> pl.DataFrame:
    sector = np.where(
        random.random(count) < 0.02, np.array(HIGH)[random.integers(0, len(HIGH), count)], "general"
    )
    level = np.select(
        [random.random(count) < 0.02, random.random(count) < 0.25], ["city", "town"], "district"
    )
    code = random.choice(list(CODES), count, p=list(CODES.values()))
    red_days = random.integers(0, 5, count)
    home = random.integers(0, len(DIVISIONS), count)
    return _whole(
        pl.DataFrame(
            {
                "enterprise_id": ids(np.arange(count)),
                "sector": sector,
                "division": np.array(DIVISIONS)[home],
                "level": level,
                "status": np.full(count, "active"),
                "code": code,
                "is_provisional": random.random(count) < 0.2,
                "red_since": pl.Series([AS_OF - timedelta(days=int(days)) for days in red_days]).set(
                    pl.Series(code != "red"), None
                ),
                "value": random.integers(0, 400_000, count),
                "repeat_items": np.zeros(count, dtype=np.int64),
                "longitude": 115 + home * 0.1 + random.normal(0, 0.1, count),
                "latitude": 35 + (home % 10) * 0.3 + random.normal(0, 0.1, count),
            }
        ),
        "firms",
    )


def _some(count: int, share: float, random: np.random.Generator) -> pl.Series:
    return ids(np.sort(random.choice(count, round(count * share), replace=False)))


def _days_back(count: int, most: int, random: np.random.Generator) -> pl.Series:
    return pl.Series(
        [AS_OF - timedelta(days=int(days)) for days in random.integers(1, most, count)], dtype=pl.Date
    )


def _inspections(count: int, random: np.random.Generator) -> pl.DataFrame:
    """Two visits per five enterprises within three years; names of officers for recusal."""
    seen = _some(count, 0.4, random)
    officers = [f"Z{one:05}" for one in random.integers(0, OFFICERS, len(seen))]
    kinds = np.array(["random", "annual_full", "special", "other"])[random.integers(0, 4, len(seen))]
    frame = pl.DataFrame(
        {"enterprise_id": seen, "inspected_on": _days_back(len(seen), 1000, random), "kind": kinds}
    )
    known = frame.with_columns(
        mode=pl.lit("on_site"),
        level=pl.lit("district"),
        result=pl.lit("findings"),
        officers=pl.Series(officers),
    )
    return _whole(known, "inspections")


def _findings(count: int, share: float, random: np.random.Generator) -> pl.DataFrame:
    firms = _some(count, share, random)
    due = [AS_OF + timedelta(days=int(days)) for days in random.integers(-5, 25, len(firms))]
    return _whole(
        pl.DataFrame(
            {
                "enterprise_id": firms,
                "source": np.full(len(firms), "s"),
                "violation_id": [f"V{place}" for place in range(len(firms))],
                "rectify_due_on": due,
                "is_major_hazard": random.random(len(firms)) < 0.05,
            }
        ),
        "findings",
    )


def _alerts(count: int, share: float, random: np.random.Generator) -> pl.DataFrame:
    firms = _some(count, share, random)
    return _whole(
        pl.DataFrame(
            {
                "enterprise_id": firms,
                "source": np.full(len(firms), "s"),
                "alert_id": [f"A{place}" for place in range(len(firms))],
                "kind": np.full(len(firms), "complaint"),
                "level": np.full(len(firms), "yellow"),
                "raised_on": _days_back(len(firms), 6, random),
            }
        ),
        "alerts",
    )


def _officers(random: np.random.Generator) -> pl.DataFrame:
    """Officers by authority: every district and town group has its share, the city more."""
    homes = [("city", "370000")] * 3 + [
        (level, one) for one in DIVISIONS for level in ("district", "district", "town")
    ]
    rows: list[dict[str, Any]] = []
    for place in range(OFFICERS + INSPECTORS):
        level, division = homes[place % len(homes)]
        role = "officer" if place < OFFICERS else "technical_inspector"
        rows.append(
            {
                "officer_id": f"Z{place:05}",
                "name": f"Z{place:05}",
                "division": division,
                "level": level,
                "role": role,
                "certified_until": AS_OF + timedelta(days=int(random.integers(200, 900))),
            }
        )
    return _whole(pl.DataFrame(rows), "officers")


def _absences(random: np.random.Generator) -> pl.DataFrame:
    people = random.integers(0, OFFICERS, OFFICERS)
    first = [AS_OF + timedelta(days=int(days)) for days in random.integers(1, 30, OFFICERS)]
    rows = [(f"Z{one:05}", day, day + timedelta(days=1)) for one, day in zip(people, first, strict=True)]
    return pl.DataFrame(rows, schema=dict(shape.ABSENCES), orient="row")


def _conflicts(count: int, random: np.random.Generator) -> pl.DataFrame:
    firms = ids(random.integers(0, count, 2 * OFFICERS))
    people = [f"Z{one:05}" for one in random.integers(0, OFFICERS, 2 * OFFICERS)]
    return pl.DataFrame({"enterprise_id": firms, "officer_id": people}, schema=dict(shape.CONFLICTS))


def _targets(
    firms: pl.DataFrame, due_shares: Mapping[str, float], random: np.random.Generator
) -> pl.DataFrame:
    """The year plan: this month's part and five more months of it."""
    months = [date(2026, month, 1) for month in range(7, 13)]
    parts: list[pl.DataFrame] = []
    high = pl.col("sector") != "general"
    for channel, rows in (
        ("annual_full", firms.filter(high)),
        ("random", firms.filter(~high & (pl.col("code") != "green"))),
        ("audit", firms.filter(pl.col("code") == "green")),
    ):
        wanted = min(rows.height, round(firms.height * due_shares[channel] * len(months)))
        chosen = rows.sample(wanted, seed=int(random.integers(2**31))).select("enterprise_id")
        month = [months[place % len(months)] for place in range(wanted)]
        parts.append(
            chosen.with_columns(
                channel=pl.lit(channel),
                month_on=pl.Series(month, dtype=pl.Date),
                set_on=pl.lit(AS_OF),
                draw_id=pl.lit(f"2026-{channel}", dtype=pl.String),
            )
        )
    return pl.concat(parts).unique(["enterprise_id", "channel"]).sort("enterprise_id")
