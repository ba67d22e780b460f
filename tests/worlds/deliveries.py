"""Small deliveries made by hand: rows, files of rows, and what must hold for any delivery whatever is in it."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from models.former_numbers import NO_FORMER
from models.tables.canonical import TABLES
from pipelines.demo.credit_codes import credit_codes
from warehouse.connection import Connection
from warehouse.database.opening import prepare_schema
from warehouse.intake.accepted import former_numbers, known_enterprises
from warehouse.intake.delivery import Judged, judge_delivery
from warehouse.intake.mapping import Mapping, parse_mapping
from warehouse.intake.take_in import TakenIn, take_in

TODAY = date(2026, 1, 31)
FIRMS = credit_codes(np.array(["370102"] * 5), seed=1)

MAPPING = """
mapping: bureau
id_scheme: uscc
tables:
  enterprises:
    - files: ["register*"]
  former_numbers:
    - files: ["former*"]
  violations:
    - files: ["v_*"]
  alerts:
    - files: ["alerts*"]
  inspections:
    - files: ["visits*"]
  accidents:
    - files: ["accidents*"]
  self_reports:
    - files: ["reports*"]
  officers:
    - files: ["officers*"]
  absences:
    - files: ["absences*"]
  conflicts:
    - files: ["conflicts*"]
  tasks:
    - files: ["tasks*"]
"""

Row = dict[str, Any]


def firm(number: int, **changes: Any) -> Row:
    return {
        "enterprise_id": FIRMS[number],
        "recorded_at": "2024-01-01",
        "name": f"企业{number}",
        "enforcing_level": "district",
        "employees": "12",
        "longitude": "117.0",
        "latitude": "36.6",
    } | changes


def former(number: str, now: int = 0, **changes: Any) -> Row:
    """An enterprise's number of before."""
    return {
        "former_number": number,
        "recorded_at": "2024-01-01",
        "enterprise_id": FIRMS[now],
        "kind": "registration_number",
    } | changes


def violation(ident: str, **changes: Any) -> Row:
    return {
        "violation_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "occurred_on": "2025-06-01",
        "severity": "一般",
        "is_major_hazard": "否",
        "quantity": "1",
        "rectified_on": "",
        "description": "通道堵塞",
    } | changes


def alert(ident: str, **changes: Any) -> Row:
    return {
        "alert_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "source_system": "steel",
        "level": "red",
        "raised_at": "2025-06-01 10:00:00",
        "acknowledged_at": "",
    } | changes


def visit(ident: str, **changes: Any) -> Row:
    return {
        "inspection_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "inspected_on": "2025-06-01",
        "result": "clean",
    } | changes


def accident(ident: str, **changes: Any) -> Row:
    return {
        "accident_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "occurred_on": "2025-06-01",
        "deaths": "0",
    } | changes


def report(ident: str, **changes: Any) -> Row:
    return {
        "report_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "filed_on": "2025-06-01",
        "hazards_found": "3",
        "hazards_fixed": "2",
    } | changes


def officer(ident: str, **changes: Any) -> Row:
    return {
        "officer_id": ident,
        "recorded_at": "2024-01-01",
        "name": "王伟",
        "division": "370102",
        "level": "区县级",
        "role": "执法人员",
        "certified_until": "2027-12-31",
    } | changes


def absence(ident: str, **changes: Any) -> Row:
    return {
        "absence_id": ident,
        "recorded_at": "2025-06-02",
        "officer_id": "p1",
        "first_day": "2026-07-01",
        "last_day": "2026-07-03",
    } | changes


def conflict(ident: str, **changes: Any) -> Row:
    return {
        "conflict_id": ident,
        "recorded_at": "2025-06-02",
        "officer_id": "p1",
        "enterprise_id": FIRMS[0],
        "reason": "近亲属在该企业任职",
    } | changes


def task(ident: str, **changes: Any) -> Row:
    return {
        "task_id": ident,
        "recorded_at": "2025-06-02",
        "enterprise_id": FIRMS[0],
        "kind": "部门检查事项",
        "department": "消防救援支队",
        "opens_on": "2025-06-02",
        "due_on": "2026-07-31",
        "closed_on": "",
    } | changes


def quoted(cell: Any) -> str:
    text = str(cell)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text


def csv_lines(rows: Iterable[Row]) -> list[str]:
    rows = list(rows)
    return [",".join(rows[0]), *(",".join(quoted(cell) for cell in row.values()) for row in rows)]


def csv_bytes(rows: Iterable[Row], *, encoding: str = "utf-8") -> bytes:
    return ("\n".join(csv_lines(rows)) + "\n").encode(encoding)


def deliver(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def warehouse(path: Path | str = ":memory:") -> Connection:
    connection = duckdb.connect(str(path))
    prepare_schema(connection)
    return connection


def judged(
    folder: Path | None, mapping: str | Mapping = MAPPING, connection: Connection | None = None
) -> Judged:
    known = (
        pl.Series("enterprise_id", [], dtype=pl.String)
        if connection is None
        else known_enterprises(connection)
    )
    former = NO_FORMER if connection is None else former_numbers(connection)
    mapping = parse_mapping(mapping) if isinstance(mapping, str) else mapping
    return judge_delivery(mapping, folder, known_enterprises=known, former=former, today=TODAY)


def taken(
    connection: Connection,
    folder: Path | None,
    mapping: str | Mapping = MAPPING,
    *,
    received_on: date = TODAY,
) -> TakenIn:
    return take_in(connection, judged(folder, mapping, connection), received_on=received_on)


def ids(outcome: Judged, table: str = "violations") -> set[str]:
    frame = outcome.accepted.get(table)
    return set() if frame is None else set(frame[TABLES[table].key[-1]])


def refusals(outcome: Judged, file: str) -> dict[int, str]:
    """Rules by line of one file."""
    mine = outcome.rejects.filter(pl.col("file") == file)
    return dict(mine.select("line", "rules").iter_rows())


def require_nothing_lost(outcome: Judged) -> None:
    """What holds for any delivery: every row delivered is accepted, refused with its whereabouts, or a repeat."""
    for count in outcome.files:
        assert count.delivered == count.accepted + count.refused, count
    rows = outcome.rejects.filter(pl.col("line") > 0)
    assert rows.height == outcome.refused
    stored = sum(frame.height for frame in outcome.accepted.values())
    assert outcome.delivered == stored + outcome.repeated + outcome.refused
    for file, line, rules, content in outcome.rejects.select("file", "line", "rules", "content").iter_rows():
        assert file and line >= 0 and rules
        assert content or rules == "empty_file"


def require_storable(outcome: Judged, connection: Connection | None = None) -> None:
    """The decision can be written, read back by Python, and retried."""
    connection = connection or warehouse()
    written = take_in(connection, outcome, received_on=TODAY)
    assert written.delivered == outcome.delivered
    for table, frame in outcome.accepted.items():
        assert len(connection.sql(f"FROM core.{table}").fetchall()) == frame.height
    kept = connection.sql("SELECT content, entry FROM raw.rejected_rows").fetchall()
    assert len(kept) == outcome.rejects.height
    for content, entry in kept:
        assert entry is None or isinstance(json.loads(content), dict)
