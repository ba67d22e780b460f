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
    end: date = date(2026, 6, 30),
    years: int = 4,
    seed: int = 2026,
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
    write_parquet(folder / "alerts.parquet", *of("alerts"))
    _write_inspections(folder, *of("inspections"))
    write_json(folder / "accidents.json", *of("accidents"))
    write_csv(folder / "自查报告.csv", "self_reports", *of("self_reports"), encoding="utf-8")
    for name, file in ROSTER_FILES.items():
        write_csv(folder / file, name, *of(name), encoding="utf-8")


def _write_violations(
    folder: Path, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    """One file per year of discovery; every other year the days are written with slashes."""
    for (year,), part in frame.group_by(pl.col("occurred_on").dt.year(), maintain_order=True):
        write_csv(
            folder / f"违法行为_{year}.csv",
            "violations",
            part,
            [item for item in dirty if item.day.year == year],
            rng,
            encoding="utf-8",
            day_format=SLASHES if int(str(year)) % 2 else ISO,
            mark=BYTE_ORDER_MARK,
        )


def _write_inspections(
    folder: Path, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    if len(frame) > MOST_SHEET_ROWS:
        write_csv(folder / "检查记录.csv", "inspections", frame, dirty, rng, encoding="utf-8")
    else:
        write_workbook(folder / "检查记录.xlsx", "inspections", frame, dirty, rng)
