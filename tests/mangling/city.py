"""A good delivery of a small city: every enterprise owes its code to a few cells, so that damage to them shows."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from random import Random
from typing import Any

import numpy as np
import openpyxl
import polars as pl
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.demo.credit_codes import credit_codes

FIRMS = credit_codes(np.array(["370102"] * 18), seed=7)
KINDS = ("csv", "gb", "bom", "xlsx", "json", "jsonl", "parquet")
ENDINGS = {"gb": "csv", "bom": "csv"}
SHEET = "数据"

MAPPING = """
mapping: bureau
id_scheme: uscc
tables:
  enterprises:
    - files: ["register*"]
  violations:
    - files: ["v_*"]
      columns:
        severity: {column: 隐患级别, values: {A: 重大, B: 较重, C: 一般, D: 轻微}}
        is_major_hazard: 是否重大隐患
        quantity: {column: 问题条数}
  alerts:
    - files: ["alerts*"]
  inspections:
    - files: ["visits*"]
  accidents:
    - files: ["accidents*"]
  self_reports:
    - files: ["reports*"]
"""
STEMS = {
    "enterprises": "register",
    "violations": "v_2025",
    "alerts": "alerts",
    "inspections": "visits",
    "accidents": "accidents",
    "self_reports": "reports",
}
COLUMNS = {
    "enterprises": {
        "统一社会信用代码": "enterprise_id",
        "记录日期": "recorded_at",
        "企业名称": "name",
        "行业领域": "sector",
        "执法层级": "enforcing_level",
        "从业人数": "employees",
        "重大危险源等级": "major_hazard_source",
        "危险工艺数": "hazardous_processes",
        "经营状态": "status",
    },
    "violations": {
        "违法行为编号": "violation_id",
        "记录日期": "recorded_at",
        "统一社会信用代码": "enterprise_id",
        "发现日期": "occurred_on",
        "隐患级别": "severity",
        "是否重大隐患": "is_major_hazard",
        "问题条数": "quantity",
        "整改期限": "rectify_due_on",
        "整改完成日期": "rectified_on",
        "问题描述": "description",
        "撤销日期": "withdrawn_on",
    },
    "alerts": {
        "预警编号": "alert_id",
        "记录日期": "recorded_at",
        "统一社会信用代码": "enterprise_id",
        "来源系统": "source_system",
        "预警类型": "kind",
        "预警级别": "level",
        "预警时间": "raised_at",
        "响应时间": "acknowledged_at",
        "关闭时间": "closed_at",
        "误报": "is_false_alarm",
    },
    "inspections": {
        "检查编号": "inspection_id",
        "记录日期": "recorded_at",
        "统一社会信用代码": "enterprise_id",
        "检查日期": "inspected_on",
        "检查类型": "kind",
        "检查结果": "result",
    },
    "accidents": {
        "事故编号": "accident_id",
        "记录日期": "recorded_at",
        "统一社会信用代码": "enterprise_id",
        "发生日期": "occurred_on",
        "死亡人数": "deaths",
        "重伤人数": "serious_injuries",
        "伤亡人数": "casualties",
        "事故等级": "grade",
        "事故简况": "description",
    },
    "self_reports": {
        "自查报告编号": "report_id",
        "记录日期": "recorded_at",
        "统一社会信用代码": "enterprise_id",
        "上报日期": "filed_on",
        "发现隐患数": "hazards_found",
        "整改隐患数": "hazards_fixed",
    },
}
"""Header and canonical column, by table."""
DAYS = frozenset({"recorded_at", "occurred_on", "rectify_due_on", "rectified_on", "inspected_on", "filed_on"})
MOMENTS = frozenset({"raised_at", "acknowledged_at", "closed_at"})
COUNTS = frozenset(
    {"employees", "major_hazard_source", "hazardous_processes", "quantity", "deaths", "serious_injuries"}
    | {"casualties", "hazards_found", "hazards_fixed"}
)

Cells = list[str]


@dataclass
class File:
    """One file before it is written: cells as text, and the enterprise that each row is about.

    What a damage does to the written file stands in ``sheets`` (on the sheet of a workbook), ``items`` (on the objects
    of a JSON file) and ``after`` (on the bytes).
    """

    table: str
    kind: str
    header: Cells
    rows: list[Cells]
    about: list[str | None]
    name: str = ""
    above: list[Cells] = field(default_factory=list)
    delimiter: str = ","
    encoding: str = ""
    sheets: list[Callable[[openpyxl.Workbook, Worksheet], None]] = field(default_factory=list)
    items: list[Callable[[list[dict[str, Any]]], Any]] = field(default_factory=list)
    frames: list[Callable[[pl.DataFrame], pl.DataFrame]] = field(default_factory=list)
    after: list[Callable[[bytes], bytes]] = field(default_factory=list)
    is_delivered: bool = True

    def column(self, name: str) -> int:
        """Place of a canonical column."""
        return list(COLUMNS[self.table].values()).index(name)

    def names(self) -> list[str]:
        """Canonical columns in their order."""
        return list(COLUMNS[self.table].values())

    @property
    def is_text(self) -> bool:
        return self.kind in ("csv", "gb", "bom")

    def become(self, kind: str) -> None:
        """Be written as a file of another kind."""
        self.kind, self.name = kind, f"{STEMS[self.table]}.{ENDINGS.get(kind, kind)}"

    def copy(self) -> "File":
        return replace(
            self,
            header=list(self.header),
            rows=[list(row) for row in self.rows],
            about=list(self.about),
            **{name: list(getattr(self, name)) for name in ("above", "sheets", "items", "frames", "after")},
        )

    def lines(self) -> dict[int, str | None]:
        """Enterprise of each line, or item, as it stands in the written file."""
        if self.kind in ("json", "jsonl", "parquet"):
            return dict(enumerate(self.about, start=1))
        if self.kind == "xlsx":
            return dict(enumerate(self.about, start=len(self.above) + 2))
        found: dict[int, str | None] = {}
        at = 1 + sum(_height(row) for row in [*self.above, self.header])
        for row, enterprise in zip(self.rows, self.about, strict=True):
            height = _height(row)
            found |= dict.fromkeys(range(at, at + height), enterprise)
            at += height
        return found


def _height(row: Cells) -> int:
    return 1 + sum(cell.replace("\r\n", "\n").count("\n") for cell in row)


@dataclass
class Delivery:
    """The files of a delivery by table, files beside them, and the mapping."""

    files: dict[str, File]
    mapping: str = MAPPING
    beside: dict[str, bytes] = field(default_factory=dict)

    def written(self) -> dict[str, bytes]:
        """What lies in the folder."""
        mine = {one.name: content_of(one) for one in self.files.values() if one.is_delivered}
        return mine | self.beside

    def copy(self) -> "Delivery":
        return replace(
            self, files={name: one.copy() for name, one in self.files.items()}, beside=dict(self.beside)
        )


def good_delivery(chance: Random) -> Delivery:
    """The city, each table as a file of some kind."""
    tables = {name: [] for name in COLUMNS}
    for number, firm in enumerate(FIRMS):
        _firm(tables, number, firm)
    files: dict[str, File] = {}
    for table, rows in tables.items():
        columns = COLUMNS[table]
        kind = chance.choice(KINDS)
        cells = [[str(row.get(name, "")) for name in columns.values()] for row in rows]
        about = [row["enterprise_id"] for row in rows]
        files[table] = File(table, kind, list(columns), cells, about)
        files[table].become(kind)
    return Delivery(files)


def _firm(tables: dict[str, list[dict[str, Any]]], number: int, firm: str) -> None:
    """A quiet enterprise, and what makes it stand out."""
    counts = dict.fromkeys(tables, 0)

    def put(table: str, **cells: Any) -> None:
        key = next(iter(COLUMNS[table].values()))
        counts[table] += 1
        ident = (
            {} if key == "enterprise_id" else {key: f"{table[:2].upper()}-{number:03d}{counts[table]:02d}"}
        )
        tables[table].append({**ident, "enterprise_id": firm, **cells})

    def finding(**cells: Any) -> None:
        usual = {"occurred_on": "2025-06-13", "recorded_at": "2025-06-20", "severity": "D"}
        usual |= {"is_major_hazard": "否", "quantity": 1, "rectify_due_on": "2025-07-15"}
        usual |= {"rectified_on": "2025-07-14", "description": "通道堵塞"}
        put("violations", **{**usual, **cells})

    def alarm(**cells: Any) -> None:
        usual = {"recorded_at": "2026-01-21", "source_system": "钢铁", "kind": "超限报警", "level": "蓝色"}
        usual |= {"raised_at": "2026-01-20 10:30:00", "acknowledged_at": "2026-01-20 10:50:00"}
        usual |= {"closed_at": "2026-01-20 12:00:00", "is_false_alarm": "否"}
        put("alerts", **{**usual, **cells})

    def accident(**cells: Any) -> None:
        usual = {"recorded_at": "2025-10-20", "occurred_on": "2025-10-14", "deaths": 0, "serious_injuries": 0}
        put("accidents", **{**usual, "casualties": 0, "grade": "一般事故", "description": "车间", **cells})

    def visit(day: str = "2025-12-16", **cells: Any) -> None:
        put(
            "inspections",
            **{"recorded_at": day, "inspected_on": day, "kind": "专项检查", "result": "合格", **cells},
        )

    register: dict[str, Any] = {}
    odd: dict[int, Callable[[], Any]] = {
        1: lambda: finding(is_major_hazard="是", severity="A", rectify_due_on="2026-12-31", rectified_on=""),
        2: lambda: finding(
            severity="A",
            occurred_on="2025-12-20",
            recorded_at="2025-12-22",
            rectified_on="",
            rectify_due_on="2026-03-31",
        ),
        3: lambda: accident(deaths=1, casualties=1),
        4: lambda: accident(serious_injuries=3, casualties=3),
        5: lambda: visit("2026-01-20", result="拒绝检查"),
        6: lambda: finding(rectified_on="", rectify_due_on="2025-07-15"),
        7: lambda: alarm(level="红色", acknowledged_at="", closed_at=""),
        8: lambda: alarm(
            kind="设备离线",
            acknowledged_at="",
            closed_at="",
            raised_at="2026-01-02 08:00:00",
            recorded_at="2026-01-03",
        ),
        9: lambda: register.update(sector="危险化学品", major_hazard_source=1, hazardous_processes=4),
        10: lambda: finding(
            quantity=12,
            severity="B",
            occurred_on="2025-12-01",
            recorded_at="2025-12-02",
            rectify_due_on="2026-02-28",
            rectified_on="",
        ),
        11: lambda: [
            accident(grade="较大事故", occurred_on=day, recorded_at=day)
            for day in ("2024-03-14", "2025-03-17")
        ],
        12: lambda: visit("2026-01-20", result="停产停业"),
        13: lambda: [alarm(kind="投诉举报", source_system="12345热线") for _ in range(3)],
        14: lambda: accident(deaths="", serious_injuries="", casualties=4, grade="较大事故"),
        15: lambda: [finding(severity="B", rectified_on="2025-07-16") for _ in range(3)],
        16: lambda: finding(is_major_hazard="是", severity="A", rectify_due_on="2026-12-31", rectified_on=""),
        17: lambda: register.update(sector="烟花爆竹", status="停产"),
    }
    odd.get(number, lambda: None)()
    usual = {
        "recorded_at": "2024-01-15",
        "name": f"启明机械{number}厂",
        "sector": "一般",
        "employees": 940 + 10 * number,
    }
    usual |= {
        "enforcing_level": "区县级",
        "major_hazard_source": 0,
        "hazardous_processes": 0,
        "status": "在营",
    }
    put("enterprises", **{**usual, **register})
    finding(
        occurred_on="2024-12-20",
        recorded_at="2024-12-22",
        rectify_due_on="2025-02-28",
        rectified_on="2025-01-22",
    )
    visit("2025-03-18")
    if number != 5:
        visit()
    put("self_reports", recorded_at="2025-11-20", filed_on="2025-11-19", hazards_found=3, hazards_fixed=3)
    if number % 3 == 0:
        alarm()
        accident(occurred_on="2021-08-17", recorded_at="2021-08-19")


# ---- writing -------------------------------------------------------------------------------------------


def content_of(file: File) -> bytes:
    """A file as bytes."""
    if file.is_text:
        content = _csv(file)
    elif file.kind == "xlsx":
        content = _workbook(file)
    elif file.kind == "parquet":
        content = _parquet(file)
    else:
        content = _json(file)
    for change in file.after:
        content = change(content)
    return content


def _csv(file: File) -> bytes:
    memory = io.StringIO()
    writer = csv.writer(memory, delimiter=file.delimiter, lineterminator="\r\n")
    writer.writerows([*file.above, file.header, *file.rows])
    usual = {"csv": "utf-8", "gb": "gb18030", "bom": "utf-8-sig"}[file.kind]
    return memory.getvalue().encode(file.encoding or usual)


def typed(name: str, cell: str) -> Any:
    """What a program that knows the column would write; a text where the cell is none of it."""
    try:
        if cell == "":
            return None
        if name in DAYS:
            return date.fromisoformat(cell) if len(cell) == 10 else cell
        if name in MOMENTS:
            return datetime.fromisoformat(cell) if len(cell) == 19 else cell
        return int(cell) if name in COUNTS and cell.isascii() and cell.strip() == cell else cell
    except ValueError:
        return cell


def _workbook(file: File) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    names = [*file.names(), *[""] * 20]
    for row in [*file.above, file.header]:
        sheet.append([cell or None for cell in row])
    for at, row in enumerate(file.rows, start=len(file.above) + 2):
        for column, (name, cell) in enumerate(zip(names, row, strict=False), start=1):
            if cell != "":
                put_cell(sheet.cell(at, column), typed(name, cell))
    for change in file.sheets:
        change(book, sheet)
    memory = io.BytesIO()
    book.save(memory)
    content = repacked(
        memory.getvalue(),
        lambda xml: re.sub(rb">[^<>]*Z</dcterms", b">2026-01-31T00:00:00Z</dcterms", xml),
        r"docProps/core\.xml",
    )
    return _with_shared_texts(content)


def _with_shared_texts(content: bytes) -> bytes:
    """The workbook with its texts where spreadsheets keep them, apart from the cells."""
    texts: dict[bytes, int] = {}

    def share(cell: re.Match[bytes]) -> bytes:
        return b't="s"><v>%d</v>' % texts.setdefault(cell[1], len(texts))

    inline = rb't="inlineStr"><is>(.*?)</is>'
    shared = repacked(content, lambda xml: re.sub(inline, share, xml, flags=re.DOTALL), r"xl/worksheets/.*")
    items = b"".join(b"<si>%s</si>" % text for text in texts)
    spaces: list[bytes] = []

    def link(xml: bytes) -> bytes:
        start = re.search(rb'Type="([^"]*)/worksheet"', xml)
        assert start is not None
        one = b'<Relationship Id="rIdTexts" Type="%s/sharedStrings" Target="sharedStrings.xml"/>' % start[1]
        return xml.replace(b"</Relationships>", one + b"</Relationships>")

    def look(xml: bytes) -> bytes:
        spaces.extend(re.findall(rb'<worksheet xmlns="([^"]*)"', xml))
        return xml

    linked = repacked(shared, link, r"xl/_rels/workbook\.xml\.rels")
    repacked(linked, look, r"xl/worksheets/sheet1\.xml")
    with io.BytesIO(linked) as memory:
        with zipfile.ZipFile(memory, "a", zipfile.ZIP_DEFLATED) as book:
            table = b'<sst xmlns="%s">%s</sst>' % (spaces[0], items)
            book.writestr(zipfile.ZipInfo("xl/sharedStrings.xml"), table, zipfile.ZIP_DEFLATED)
        return memory.getvalue()


def repacked(content: bytes, change: Callable[[bytes], bytes], part: str) -> bytes:
    """A workbook with some of its parts changed, always the same bytes; a part that becomes empty is left out."""
    memory = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            data = old.read(info)
            if data := change(data) if re.fullmatch(part, info.filename) else data:
                new.writestr(zipfile.ZipInfo(info.filename), data, zipfile.ZIP_DEFLATED, 1)
    return memory.getvalue()


def put_cell(cell: Any, value: Any) -> None:
    """A value as a person would type it: what begins like a formula is text, an error is an error."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "e" if value in ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?") else "s"


def _parquet(file: File) -> bytes:
    columns: dict[str, pl.Series] = {}
    for at, (header, name) in enumerate(zip(file.header, file.names(), strict=False)):
        cells = [typed(name, row[at]) if at < len(row) else None for row in file.rows]
        kinds = {type(cell) for cell in cells if cell is not None}
        if len(kinds) > 1:
            cells = [None if cell is None else str(cell) for cell in cells]
        columns[header] = pl.Series(header, cells, strict=False)
    frame = pl.DataFrame(list(columns.values()))
    for change in file.frames:
        frame = change(frame)
    memory = io.BytesIO()
    frame.write_parquet(memory)
    return memory.getvalue()


def _json(file: File) -> bytes:
    items: Any = [
        {
            header: _plain(typed(name, cell))
            for header, name, cell in zip(file.header, file.names(), row, strict=False)
        }
        for row in file.rows
    ]
    for change in file.items:
        items = change(items) or items
    if file.kind == "jsonl":
        return "\n".join(json.dumps(one, ensure_ascii=False) for one in items).encode()
    return json.dumps(items, ensure_ascii=False, indent=1).encode()


def _plain(value: Any) -> Any:
    return (
        value.isoformat(sep=" ")
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, date)
        else value
    )
