"""Every canonical table, once.

A column carries its type, limits, key, meaning (en), Chinese header and unit.  From these classes come the
row contract (``models.contract``), the DuckDB tables (``warehouse.schema``), the Great Expectations suites
(``assets.suites``), the data dictionary (``docs/data-dictionary.md``), the headers a delivery may use
(``warehouse.sources``) and the samples of the tests.

Two days belong to every event: the day it happened and ``recorded_at``, the day it became known to the
authority.  Registers, and what is planned or asked for, only have the latter.  A row with the same key and a
later ``recorded_at`` is a new version; both stay in history.
Sources: table of canonical data in the mission digest, clauses S1-S5, P1, P4, P6, P10-P12, D1, D2, D5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from models import vocabulary as vocab

TEXT = 4000
"""Longest free text kept; longer ones are refused (a delivery with one is usually a shifted column)."""
SHORT = 200
ID = 100


def _meta(
    zh: str, *, unit: str = "", past: bool = False, also: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """Column metadata: Chinese header, unit, whether the day must lie in the past, further headers.

    ``codes`` is the code list of a category; ``blank`` the value an empty or absent cell stands for.
    """
    return {"zh": zh, "unit": unit, "past": past, "also": also, "codes": None, "blank": None, **more}


def _enum(
    codes: vocab.CodeList, zh: str, meaning: str, *, nullable: bool = False, blank: str | None = None
) -> dy.Enum:
    return dy.Enum(
        codes.keys,
        nullable=nullable,
        metadata=_meta(zh, codes=codes, blank=blank),
        description=meaning,
    )


def _day(
    zh: str, meaning: str, *, nullable: bool = True, past: bool = True, also: tuple[str, ...] = ()
) -> dy.Date:
    return dy.Date(nullable=nullable, metadata=_meta(zh, past=past, also=also), description=meaning)


def _recorded() -> dy.Date:
    return dy.Date(
        primary_key=True,
        metadata=_meta("记录日期", past=True, also=("公告日期", "公示日期")),
        description="day this version became known to the authority (knowledge date)",
    )


def _withdrawn() -> dy.Date:
    return _day("撤销日期", "day the row was withdrawn; what is withdrawn never stood; empty = stands")


def _source() -> dy.String:
    return dy.String(
        primary_key=True,
        max_length=ID,
        metadata=_meta("数据来源"),
        description="name of the mapping that delivered the row; ids are unique within it",
    )


def _id(zh: str, meaning: str) -> dy.String:
    return dy.String(primary_key=True, min_length=1, max_length=ID, metadata=_meta(zh), description=meaning)


def _enterprise() -> dy.String:
    return dy.String(
        nullable=False,
        min_length=1,
        max_length=ID,
        metadata=_meta("统一社会信用代码", also=("企业编号", "企业代码")),
        description="enterprise the row is about",
    )


def _officer() -> dy.String:
    return dy.String(
        nullable=False,
        min_length=1,
        max_length=ID,
        metadata=_meta("执法人员编号", also=("执法证号",)),
        description="person of the roster the row is about",
    )


def _text(
    zh: str, meaning: str, *, limit: int = SHORT, nullable: bool = True, also: tuple[str, ...] = ()
) -> dy.String:
    return dy.String(
        nullable=nullable,
        min_length=None if nullable else 1,
        max_length=limit,
        metadata=_meta(zh, also=also),
        description=meaning,
    )


def _count(
    zh: str,
    meaning: str,
    *,
    unit: str,
    least: int = 0,
    most: int = 10_000_000,
    nullable: bool = True,
    blank: int | None = None,
) -> dy.Int64:
    return dy.Int64(
        nullable=nullable,
        min=least,
        max=most,
        metadata=_meta(zh, unit=unit, blank=blank),
        description=meaning,
    )


def _flag(zh: str, meaning: str) -> dy.Bool:
    return dy.Bool(nullable=False, metadata=_meta(zh, blank=False), description=meaning)


def _not_before(later: str, earlier: str) -> pl.Expr:
    """``later`` is not before ``earlier``; an unknown day breaks nothing."""
    return pl.col(later).is_null() | pl.col(earlier).is_null() | (pl.col(later) >= pl.col(earlier))


class Enterprises(dy.Schema):
    enterprise_id = dy.String(
        primary_key=True,
        min_length=1,
        max_length=ID,
        metadata=_meta("统一社会信用代码", also=("企业编号", "企业代码")),
        description="18-character credit code where the mapping says so, else any stable id",
    )
    recorded_at = _recorded()
    source = dy.String(
        nullable=False,
        max_length=ID,
        metadata=_meta("数据来源"),
        description="name of the mapping that delivered the row",
    )
    name = _text("企业名称", "registered name; never used by a score", nullable=False)
    industry = _text("行业", "GB/T 4754 class code, or the source's own wording")
    sector = _enum(
        vocab.SECTOR,
        "行业领域",
        "one of the six high-hazard sectors (P2) or general; empty = unknown",
        nullable=True,
    )
    division = _text("行政区划", "GB/T 2260 code where delivered, else the source's district")
    enforcing_level = _enum(vocab.LEVEL, "执法层级", "the one level that enforces here (P1)")
    employees = _count("从业人数", "people employed", unit="people")
    major_hazard_source = _count(
        "重大危险源等级",
        "GB 18218 grade of the worst source: 1 worst to 4; 0 = has none",
        unit="grade",
        most=4,
    )
    hazardous_processes = _count(
        "危险工艺数", "number of supervised hazardous processes", unit="processes", most=1000
    )
    standardisation = _enum(
        vocab.STANDARDISATION, "标准化等级", "work-safety standardisation grade", nullable=True
    )
    credit = _enum(vocab.CREDIT, "信用等级", "public credit grade", nullable=True)
    longitude = dy.Float64(
        nullable=True,
        min=-180.0,
        max=180.0,
        metadata=_meta("经度", unit="degrees"),
        description="WGS 84 longitude",
    )
    latitude = dy.Float64(
        nullable=True,
        min=-90.0,
        max=90.0,
        metadata=_meta("纬度", unit="degrees"),
        description="WGS 84 latitude",
    )
    status = _enum(vocab.STATUS, "经营状态", "whether the enterprise operates", blank="active")


class Violations(dy.Schema):
    source = _source()
    violation_id = _id("违法行为编号", "finding number within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    inspection_id = _text("检查编号", "visit that found it", limit=SHORT)
    occurred_on = _day("发现日期", "day it was found", nullable=False)
    item_code = _text("检查事项代码", "item of the check-item catalogue or legal article")
    description = _text("问题描述", "what was found", limit=TEXT)
    severity = _enum(
        vocab.SEVERITY, "严重程度", "how grave; ungraded when the source does not say", blank="ungraded"
    )
    is_major_hazard = _flag("重大事故隐患", "judged a major accident hazard (C6: exact, not inflated)")
    quantity = _count(
        "数量",
        "findings the row stands for; 1 unless the source delivers totals",
        unit="findings",
        least=1,
        most=100_000,
        nullable=False,
        blank=1,
    )
    rectify_due_on = _day("整改期限", "last day to rectify", past=False)
    rectified_on = _day("整改完成日期", "day the rectification was accepted")
    disposal = _enum(vocab.DISPOSAL, "处置方式", "how it was disposed of (D5)", nullable=True)
    penalty_unit = _count("单位罚款", "fine on the enterprise", unit="yuan", most=10_000_000_000)
    penalty_person = _count(
        "个人罚款", "fine on the responsible person (一案双罚)", unit="yuan", most=10_000_000_000
    )
    decided_on = _day("处罚决定日期", "day of the penalty decision")
    department = _text("执法部门", "deciding department; never used by a score")
    plan_approved_on = _day(
        "整改方案批准日期",
        "first day an approved rectification plan covers the finding; its points rest meanwhile",
    )
    plan_until = _day("整改方案期限", "last day of that plan", past=False)
    withdrawn_on = _withdrawn()

    @dy.rule()
    def recorded_before_found(cls) -> pl.Expr:
        return _not_before("recorded_at", "occurred_on")

    @dy.rule()
    def rectified_before_found(cls) -> pl.Expr:
        return _not_before("rectified_on", "occurred_on")

    @dy.rule()
    def due_before_found(cls) -> pl.Expr:
        return _not_before("rectify_due_on", "occurred_on")

    @dy.rule()
    def decided_before_found(cls) -> pl.Expr:
        return _not_before("decided_on", "occurred_on")

    @dy.rule()
    def plan_before_found(cls) -> pl.Expr:
        return _not_before("plan_approved_on", "occurred_on")

    @dy.rule()
    def plan_ends_before_it_begins(cls) -> pl.Expr:
        return _not_before("plan_until", "plan_approved_on")

    @dy.rule()
    def withdrawn_before_found(cls) -> pl.Expr:
        return _not_before("withdrawn_on", "occurred_on")


class Alerts(dy.Schema):
    source = _source()
    alert_id = _id("预警编号", "alert number within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    source_system = _enum(vocab.ALERT_SYSTEM, "来源系统", "system that raised it (S2, S4)")
    kind = _enum(
        vocab.ALERT_KIND, "预警类型", "what it reports; sensor_offline opens an offline spell", blank="other"
    )
    level = _enum(vocab.ALERT_LEVEL, "预警级别", "national four-level scale, red worst")
    raised_at = dy.Datetime(
        nullable=False,
        time_unit="us",
        metadata=_meta("预警时间", past=True),
        description="when it was raised (local time)",
    )
    acknowledged_at = dy.Datetime(
        nullable=True,
        time_unit="us",
        metadata=_meta("响应时间", past=True),
        description="when somebody answered it",
    )
    closed_at = dy.Datetime(
        nullable=True,
        time_unit="us",
        metadata=_meta("关闭时间", past=True),
        description="when it was over; for an offline spell, back on line",
    )
    is_false_alarm = _flag("误报", "found to be a false alarm")
    description = _text("预警内容", "text of the alert", limit=TEXT)
    withdrawn_on = _withdrawn()

    @dy.rule()
    def recorded_before_raised(cls) -> pl.Expr:
        return pl.col("recorded_at") >= pl.col("raised_at").dt.date()

    @dy.rule()
    def acknowledged_before_raised(cls) -> pl.Expr:
        return _not_before("acknowledged_at", "raised_at")

    @dy.rule()
    def closed_before_raised(cls) -> pl.Expr:
        return _not_before("closed_at", "raised_at")


class Inspections(dy.Schema):
    source = _source()
    inspection_id = _id("检查编号", "visit number within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    inspected_on = _day("检查日期", "day of the visit or off-site check", nullable=False)
    kind = _enum(
        vocab.INSPECTION_KIND,
        "检查类型",
        "channel; an assistance visit is never counted (P11)",
        blank="other",
    )
    mode = _enum(vocab.INSPECTION_MODE, "检查方式", "on or off site (P12)", blank="on_site")
    level = _enum(vocab.LEVEL, "执法层级", "level that inspected; empty when above the city", nullable=True)
    departments = _text("检查部门", "departments present, separated by ;  never used by a score")
    officers = _text("执法人员", "officers, separated by ;  never used by a score")
    result = _enum(vocab.INSPECTION_RESULT, "检查结果", "outcome; unknown is not clean", blank="unknown")
    score = _count(
        "检查评分",
        "points of the authority's own check list, higher is worse; empty = not scored",
        unit="points",
    )
    filed_on = _day("报备日期", "day the visit was filed (D1)")
    withdrawn_on = _withdrawn()

    @dy.rule()
    def recorded_before_inspected(cls) -> pl.Expr:
        return _not_before("recorded_at", "inspected_on")


class Accidents(dy.Schema):
    source = _source()
    accident_id = _id("事故编号", "accident number within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    occurred_on = _day("发生日期", "day of the accident", nullable=False)
    deaths = _count("死亡人数", "people killed; empty = not stated", unit="people", most=100_000)
    serious_injuries = _count(
        "重伤人数", "people seriously injured; empty = not stated", unit="people", most=100_000
    )
    casualties = _count(
        "伤亡人数", "people harmed where the source does not split them", unit="people", most=100_000
    )
    lost_days = _count("损失工作日", "working days lost (GB/T 15499); empty = not stated", unit="days")
    loss = _count("直接经济损失", "direct loss", unit="yuan", most=1_000_000_000_000)
    grade = _enum(vocab.ACCIDENT_GRADE, "事故等级", "grade by State Council Order 493", blank="ungraded")
    description = _text("事故简况", "what happened", limit=TEXT)
    withdrawn_on = _withdrawn()

    @dy.rule()
    def recorded_before_accident(cls) -> pl.Expr:
        return _not_before("recorded_at", "occurred_on")


class SelfReports(dy.Schema):
    source = _source()
    report_id = _id("自查报告编号", "report number within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    period_start = _day("自查开始", "first day of the period reported on")
    period_end = _day("自查结束", "last day of the period reported on")
    filed_on = _day("上报日期", "day it was filed", nullable=False)
    hazards_found = _count("发现隐患数", "hazards the enterprise found", unit="hazards", nullable=False)
    hazards_fixed = _count("整改隐患数", "of these, fixed", unit="hazards", nullable=False)
    withdrawn_on = _withdrawn()

    @dy.rule()
    def period_ends_before_start(cls) -> pl.Expr:
        return _not_before("period_end", "period_start")

    @dy.rule()
    def filed_before_period(cls) -> pl.Expr:
        return _not_before("filed_on", "period_start")

    @dy.rule()
    def fixed_more_than_found(cls) -> pl.Expr:
        return pl.col("hazards_fixed") <= pl.col("hazards_found")

    @dy.rule()
    def recorded_before_filed(cls) -> pl.Expr:
        return _not_before("recorded_at", "filed_on")


class Officers(dy.Schema):
    officer_id = dy.String(
        primary_key=True,
        min_length=1,
        max_length=ID,
        metadata=_meta("执法人员编号", also=("执法证号",)),
        description="number of the person, such as that of the enforcement certificate",
    )
    recorded_at = _recorded()
    source = dy.String(
        nullable=False,
        max_length=ID,
        metadata=_meta("数据来源"),
        description="name of the mapping that delivered the row",
    )
    name = _text("姓名", "name, spelt as in `inspections.officers`; used by no score", nullable=False)
    division = _text("行政区划", "where the person's authority enforces; spelt as `enterprises.division`")
    level = _enum(vocab.LEVEL, "执法层级", "level of the person's authority (P1)")
    role = _enum(
        vocab.OFFICER_ROLE,
        "人员类别",
        "two certified officers make a visit, one technical inspector accompanies two (D2)",
        blank="officer",
    )
    certified_until = _day(
        "执法证有效期至",
        "last day the enforcement certificate is valid; empty = not known to be certified, so not sent (D2)",
        past=False,
        also=("有效期至",),
    )
    team = _text("执法中队", "team the person belongs to", also=("中队",))
    left_on = _day("离岗日期", "first day the person is no longer available; empty = stays", past=False)


class Absences(dy.Schema):
    source = _source()
    absence_id = _id("请假编号", "number of the absence within the source")
    recorded_at = _recorded()
    officer_id = _officer()
    first_day = _day("开始日期", "first day away", nullable=False, past=False)
    last_day = _day("结束日期", "last day away", nullable=False, past=False)
    reason = _text("事由", "leave, training, duty elsewhere such as cross-region enforcement (P10)")

    @dy.rule()
    def last_before_first(cls) -> pl.Expr:
        return _not_before("last_day", "first_day")


class Conflicts(dy.Schema):
    source = _source()
    conflict_id = _id("回避编号", "number of the declaration within the source")
    recorded_at = _recorded()
    officer_id = _officer()
    enterprise_id = _enterprise()
    reason = _text("回避事由", "why the person does not inspect this enterprise", also=("事由",))
    ended_on = _day("解除日期", "first day the declaration no longer holds; empty = holds", past=False)


class Tasks(dy.Schema):
    source = _source()
    task_id = _id("任务编号", "number of the task within the source")
    recorded_at = _recorded()
    enterprise_id = _enterprise()
    kind = _enum(
        vocab.TASK_KIND,
        "任务类型",
        "what asks for the visit: outside the plan (P4), items of a department to be merged (P6), or "
        "assistance, which is never an inspection (P11)",
    )
    department = _text("交办部门", "department that asks", also=("任务部门",))
    level = _enum(vocab.LEVEL, "交办层级", "level that asks; empty when above the city", nullable=True)
    opens_on = _day("开始日期", "first day the visit may be made", nullable=False, past=False)
    due_on = _day("截止日期", "last day the visit may be made; empty = no deadline", past=False)
    mode = _enum(vocab.INSPECTION_MODE, "检查方式", "whether it needs a visit on site (P12)", blank="on_site")
    content = _text("任务内容", "what is to be looked at", limit=TEXT)
    closed_on = _day("办结日期", "day it was done or withdrawn; empty = open")

    @dy.rule()
    def due_before_opens(cls) -> pl.Expr:
        return _not_before("due_on", "opens_on")


@dataclass(frozen=True)
class Table:
    """One canonical table.

    ``key`` names the columns that identify a thing; a thing has one or more versions, told apart by
    ``recorded_at``.  ``happened`` is the column with the day it happened (``None`` where there is no past day:
    registers, and what is planned or asked for).
    """

    name: str
    schema: type[dy.Schema]
    key: tuple[str, ...]
    happened: str | None
    zh: str
    grain: str

    def columns(self) -> dict[str, dy.Column]:
        """Columns in storage order."""
        return dict(self.schema.columns())

    @property
    def is_register(self) -> bool:
        """Whether the table is the register that all events refer to."""
        return self.name == "enterprises"

    @property
    def refers_to_register(self) -> bool:
        """Whether each row is about an enterprise that the register must know."""
        return not self.is_register and "enterprise_id" in self.columns()


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("enterprises", Enterprises, ("enterprise_id",), None, "企业名册", "one enterprise"),
        Table(
            "violations",
            Violations,
            ("source", "violation_id"),
            "occurred_on",
            "违法违规与隐患",
            "one finding",
        ),
        Table("alerts", Alerts, ("source", "alert_id"), "raised_at", "监测预警", "one alert"),
        Table(
            "inspections",
            Inspections,
            ("source", "inspection_id"),
            "inspected_on",
            "检查记录",
            "one visit or off-site check",
        ),
        Table(
            "accidents", Accidents, ("source", "accident_id"), "occurred_on", "生产安全事故", "one accident"
        ),
        Table(
            "self_reports",
            SelfReports,
            ("source", "report_id"),
            "filed_on",
            "自查自报",
            "one self-inspection report",
        ),
        Table("officers", Officers, ("officer_id",), None, "执法人员名册", "one person"),
        Table("absences", Absences, ("source", "absence_id"), None, "请假与外勤", "one spell away"),
        Table(
            "conflicts",
            Conflicts,
            ("source", "conflict_id"),
            None,
            "回避申报",
            "one person and enterprise kept apart",
        ),
        Table(
            "tasks", Tasks, ("source", "task_id"), None, "检查任务", "one enterprise somebody asks to visit"
        ),
    )
}


def code_list(column: dy.Column) -> vocab.CodeList | None:
    """Code list of a category column, else ``None``."""
    return (column.metadata or {}).get("codes")


def headers(table: Table) -> Iterator[tuple[str, str]]:
    """Every header under which a column may be delivered without being mapped: (header, column)."""
    for name, column in table.columns().items():
        meta = column.metadata or {}
        yield name, name
        yield meta["zh"], name
        for other in meta["also"]:
            yield other, name
