"""What goes wrong in real deliveries, one recipe per table of events and kind of fault.

A dirty row starts as a copy of a good one, gets an id of its own and is then spoiled, so that refusing it
(or not) never touches a good row.  Ids of spoiled events read ``kind-number``; spoiled register rows carry a
valid credit code that no event uses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models.tables.canonical import TABLES
from models.tables.columns import TEXT
from pipelines.demo.credit_codes import spoiled
from pipelines.demo.rendering import Row

SHARE = 0.003
"""Dirty rows as a part of all rows of a table."""

Change = Callable[[Row, str], list[Row]]
"""A recipe: the copied row and a credit code nobody holds, to the rows delivered instead."""
Damage = Callable[[str, str], bytes]
"""A recipe for a line of text: the line and the encoding of its file, to the bytes delivered instead."""


@dataclass(frozen=True)
class Dirty:
    """A spoiled row.

    ``day`` is the day of the good row it was copied from, which decides the file; ``damage``, if any, is
    done to its line.
    """

    kind: str
    row: Row
    day: date
    damage: Damage | None = None


def _with(**changes: object) -> Change:
    return lambda row, spare: [row | changes]


def _twice(**changes: object) -> Change:
    """Two rows with one key and different content."""
    return lambda row, spare: [row, row | changes]


def _unchanged(row: Row, spare: str) -> list[Row]:
    return [row]


def _stranger(row: Row, spare: str) -> list[Row]:
    return [row | {"enterprise_id": spare}]


def _wrong_check_digit(row: Row, spare: str) -> list[Row]:
    return [row | {"enterprise_id": spoiled(spare)}]


def _before(column: str, other: str) -> Change:
    """``column`` becomes 40 days earlier than ``other``."""
    return lambda row, spare: [row | {column: row[other] - timedelta(days=40)}]


def _recorded_before(happened: str) -> Change:
    def change(row: Row, spare: str) -> list[Row]:
        day = row[happened].date() if isinstance(row[happened], datetime) else row[happened]
        return [row | {"recorded_at": day - timedelta(days=40)}]

    return change


def _future(happened: str) -> Change:
    return _with(**{happened: date(2099, 1, 1), "recorded_at": date(2099, 1, 2)})


LONG = "长" * (TEXT + 1)
LINK = '=HYPERLINK("http://example.invalid/x","点击查看")'
COMMAND = "@SUM(1+1)*cmd|' /C calc'!A0"
CONTROL = "设备\x00损坏\x07\x1b[31m"

CHANGES: Mapping[str, Mapping[str, Change]] = {
    "enterprises": {
        "exact_duplicate": _unchanged,
        "bad_check_digit": _wrong_check_digit,
        "unknown_code": _with(sector="未知行业"),
        "conflicting_duplicate": _twice(employees=77_777),
        "missing_id": _with(enterprise_id=None),
        "missing_name": _with(name=None),
        "over_long_text": _with(name=LONG),
        "formula_cell": _with(name=LINK),
        "negative_count": _with(employees=-5),
        "fractional_count": _with(employees=12.5),
        "control_characters": _with(name=CONTROL),
        "longitude_out_of_range": _with(longitude=999.0),
        "unreadable_date": _with(recorded_at="2025-02-30"),
        "future_date": _with(recorded_at=date(2099, 1, 1)),
    },
    "violations": {
        "exact_duplicate": _unchanged,
        "bad_check_digit": _wrong_check_digit,
        "unknown_enterprise": _stranger,
        "late_registration": _stranger,
        "future_date": _future("occurred_on"),
        "unreadable_date": _with(occurred_on="待定"),
        "rectified_before_found": _before("rectified_on", "occurred_on"),
        "unknown_code": _with(severity="巨大"),
        "conflicting_duplicate": _twice(quantity=99),
        "missing_id": _with(violation_id=None),
        "over_long_text": _with(description=LONG),
        "formula_cell": _with(description=COMMAND),
        "negative_count": _with(quantity=-1),
        "fractional_count": _with(quantity=1.5),
        "control_characters": _with(description=CONTROL),
        "recorded_before_it_happened": _recorded_before("occurred_on"),
    },
    "alerts": {
        "exact_duplicate": _unchanged,
        "bad_check_digit": _wrong_check_digit,
        "unknown_enterprise": _stranger,
        "late_registration": _stranger,
        "future_date": _with(raised_at=datetime(2099, 1, 1), recorded_at=date(2099, 1, 2)),
        "ended_before_it_began": _before("closed_at", "raised_at"),
        "unknown_code": _with(level="purple"),
        "conflicting_duplicate": _twice(description="同号不同内容"),
        "missing_id": _with(alert_id=None),
        "over_long_text": _with(description=LONG),
        "control_characters": _with(description=CONTROL),
        "recorded_before_it_happened": _recorded_before("raised_at"),
    },
    "inspections": {
        "exact_duplicate": _unchanged,
        "bad_check_digit": _wrong_check_digit,
        "unknown_enterprise": _stranger,
        "late_registration": _stranger,
        "future_date": _future("inspected_on"),
        "unreadable_date": _with(inspected_on="2025-02-30"),
        "unknown_code": _with(kind="突击"),
        "conflicting_duplicate": _twice(officers="另一人;又一人"),
        "missing_id": _with(inspection_id=None),
        "formula_cell": _with(departments=LINK),
        "recorded_before_it_happened": _recorded_before("inspected_on"),
    },
    "accidents": {
        "exact_duplicate": _unchanged,
        "unknown_enterprise": _stranger,
        "unreadable_date": _with(occurred_on="2025-02-30"),
        "unknown_code": _with(grade="巨大"),
        "negative_count": _with(deaths=-1),
        "fractional_count": _with(serious_injuries=0.5),
        "missing_id": _with(accident_id=None),
        "recorded_before_it_happened": _recorded_before("occurred_on"),
    },
    "self_reports": {
        "exact_duplicate": _unchanged,
        "unknown_enterprise": _stranger,
        "fixed_more_than_found": _with(hazards_found=2, hazards_fixed=9),
        "negative_count": _with(hazards_found=-3, hazards_fixed=-4),
        "fractional_count": _with(hazards_found=7.5),
        "unreadable_date": _with(filed_on="待定"),
        "future_date": _future("filed_on"),
        "conflicting_duplicate": _twice(hazards_found=999),
        "missing_id": _with(report_id=None),
    },
}


def _too_few_fields(line: str, encoding: str) -> bytes:
    return line.rsplit(",", 3)[0].encode(encoding)


def _too_many_fields(line: str, encoding: str) -> bytes:
    return f"{line},多出,两列".encode(encoding)


def _wrong_encoding(line: str, encoding: str) -> bytes:
    return f"{line}乱码".encode("gb18030")


def _unbalanced_quote(line: str, encoding: str) -> bytes:
    head, middle, tail = line.split(",", 2)
    return f'{head},{middle},"{tail}'.encode(encoding)


UNBALANCED = "unbalanced_quote"
"""Only once per delivery, as the last line of its file: a lenient reader would swallow what follows."""

DAMAGES: Mapping[str, Mapping[str, Damage]] = {
    "enterprises": {"too_few_fields": _too_few_fields, "too_many_fields": _too_many_fields},
    "violations": {
        "too_few_fields": _too_few_fields,
        "too_many_fields": _too_many_fields,
        "wrong_encoding": _wrong_encoding,
        UNBALANCED: _unbalanced_quote,
    },
    "self_reports": {"too_few_fields": _too_few_fields, "wrong_encoding": _wrong_encoding},
}

HARMLESS = ("exact_duplicate",)
"""Kinds that are collapsed by the intake, not refused."""


def soil(table: str, frame: pl.DataFrame, rng: np.random.Generator, spare: Iterator[str]) -> list[Dirty]:
    """Dirty rows for ``frame`` (sorted by the day recorded): each kind at least once, together ``SHARE``."""
    changes, damages = CHANGES[table], DAMAGES.get(table, {})
    each = max(1, round(SHARE * len(frame) / (len(changes) + len(damages))))
    return [
        dirty
        for kind in (*changes, *damages)
        for number in range(1 if kind == UNBALANCED else each)
        for dirty in _spoil(table, kind, number, _template(table, kind, frame, rng), next(spare))
    ]


def _template(table: str, kind: str, frame: pl.DataFrame, rng: np.random.Generator) -> Row:
    """A good row; what waits for a registration is recent."""
    recent = 30
    low = max(0, len(frame) - recent) if kind == "late_registration" else 0
    return frame.row(int(rng.integers(low, len(frame))), named=True)


def _spoil(table: str, kind: str, number: int, template: Row, spare: str) -> list[Dirty]:
    happened = TABLES[table].happened or "recorded_at"
    row = template if kind in HARMLESS else template | _own_id(table, kind, number, spare)
    change = CHANGES[table].get(kind, _unchanged)
    damage = DAMAGES.get(table, {}).get(kind)
    return [Dirty(kind, spoilt, template[happened], damage) for spoilt in change(row, spare)]


def _own_id(table: str, kind: str, number: int, spare: str) -> Row:
    key = TABLES[table].key[-1]
    return {key: spare if key == "enterprise_id" else f"{kind}-{number:05d}"}
