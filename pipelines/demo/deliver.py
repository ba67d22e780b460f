"""The delivery folder of the demo city."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.demo.city import City, build_city, truth
from pipelines.demo.dirt import CHANGES, Dirty, soil
from pipelines.demo.events import clean_tables
from pipelines.demo.files import write_csv, write_json, write_parquet, write_workbook
from pipelines.demo.rendering import ISO, SLASHES

MOST_SHEET_ROWS = 500_000
"""Longest table still delivered as a workbook; a sheet holds about a million rows."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

END, YEARS, SEED = date(2026, 6, 30), 4, 2026
"""Of the built-in city: its last day, the years before it, and what it is drawn from."""

EVENT_FILES = {
    "alerts": "alerts.parquet",
    "inspections": "检查记录.xlsx",
    "accidents": "accidents.json",
    "self_reports": "自查报告.csv",
}
ROSTER_FILES = {
    "officers": "执法人员.csv",
    "absences": "请假.csv",
    "conflicts": "回避申报.csv",
    "tasks": "检查任务.csv",
}


@dataclass(frozen=True)
class DemoCity:
    """What was written.

    ``rows`` counts delivered rows per table, dirty ones included; ``dirty`` counts dirty rows per kind of
    fault; ``truth`` is the file with the latent risk per enterprise.
    """

    folder: Path
    rows: Mapping[str, int]
    dirty: Mapping[str, int]
    truth: Path


def write_demo_city(
    folder: Path,
    *,
    enterprises: int = 5000,
    end: date = END,
    years: int = YEARS,
    seed: int = SEED,
    dirty: bool = True,
) -> DemoCity:
    """Write the raw files of a city over the ``years`` that finish with ``end``, and the truth beside them.

    The same arguments write the same content.  Nothing good is recorded after ``end``.  With ``dirty``
    about 0.3 % of the rows are faulty, every kind of fault at least once; the roster and what belongs to it
    have none.
    """
    city = build_city(enterprises, end, years, seed)
    tables = clean_tables(city)
    rng, spare = city.rng(20), iter(city.spare)
    spoilt = {
        name: soil(name, frame, rng, spare) if dirty and name in CHANGES and len(frame) else []
        for name, frame in tables.items()
    }
    truth_file = _write_truth(folder, city)
    _write_tables(folder, tables, spoilt, rng)
    return DemoCity(
        folder,
        {name: len(frame) + len(spoilt[name]) for name, frame in tables.items()},
        Counter(item.kind for items in spoilt.values() for item in items),
        truth_file,
    )


def _write_truth(folder: Path, city: City) -> Path:
    # A folder of its own, so that no file pattern takes the truth for a delivery.
    path = folder / "truth" / "latent_risk.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    truth(city).write_parquet(path)
    return path


def _write_tables(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    spoilt: Mapping[str, Sequence[Dirty]],
    rng: np.random.Generator,
) -> None:
    def of(name: str) -> tuple[pl.DataFrame, Sequence[Dirty], np.random.Generator]:
        return tables[name], spoilt[name], rng

    write_csv(folder / "企业名册.csv", "enterprises", *of("enterprises"), encoding="gb18030")
    _write_violations(folder, *of("violations"))
    for name, file in EVENT_FILES.items():
        is_long = name == "inspections" and len(tables[name]) > MOST_SHEET_ROWS
        path = folder / file
        _write_events(path.with_suffix(".csv") if is_long else path, name, *of(name))
    for name, file in ROSTER_FILES.items():
        write_csv(folder / file, name, *of(name), encoding="utf-8")


def _write_violations(
    folder: Path, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    """One file per year of discovery."""
    for (year,), part in frame.group_by(pl.col("occurred_on").dt.year(), maintain_order=True):
        of_year = [item for item in dirty if item.day.year == year]
        _write_findings(folder / f"违法行为_{year}.csv", int(str(year)), part, of_year, rng)


def _write_findings(
    path: Path, year: int, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    """Findings as they are written down in a year; every other year with slashes in the days."""
    day_format = SLASHES if year % 2 else ISO
    write_csv(
        path,
        "violations",
        frame,
        dirty,
        rng,
        encoding="utf-8",
        day_format=day_format,
        mark=BYTE_ORDER_MARK,
    )


def _write_events(
    path: Path, name: str, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    if name == "alerts":
        write_parquet(path, frame, dirty, rng)
    elif name == "accidents":
        write_json(path, frame, dirty, rng)
    elif name == "inspections" and len(frame) <= MOST_SHEET_ROWS:
        write_workbook(path, name, frame, dirty, rng)
    else:
        write_csv(path, name, frame, dirty, rng, encoding="utf-8")


def write_day(folder: Path, day: date, news: Mapping[str, pl.DataFrame]) -> None:
    """Further files of a city that goes on: what became known on a day, keyed by table, without faults.

    Each is written beside and renamed; one that is there already stays as it is.
    """
    rng = np.random.default_rng()
    for name, frame in news.items():
        file = Path(
            EVENT_FILES.get(name) or {"violations": "违法行为.csv", "inspections": "检查记录.xlsx"}[name]
        )
        path = folder / f"{file.stem}_{day}{file.suffix}"
        if path.exists():
            continue
        part = path.with_suffix(f"{path.suffix}.part")
        if name == "violations":
            _write_findings(part, day.year, frame, (), rng)
        else:
            _write_events(part, name, frame, (), rng)
        part.replace(path)
