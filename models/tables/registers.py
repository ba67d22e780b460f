"""Tables of who there is and what is arranged: enterprises, officers, absences, conflicts, tasks, filings."""

import dataframely as dy
import polars as pl

from models import vocabulary as vocab
from models.tables.columns import (
    TEXT,
    count_column,
    day_column,
    degrees_column,
    enterprise_column,
    enum_column,
    flag_column,
    id_column,
    minute_column,
    none_or_number_column,
    not_before,
    officer_column,
    recorded_column,
    reference_column,
    source_column,
    text_column,
    withdrawn_column,
)


class Enterprises(dy.Schema):
    enterprise_id = enterprise_column(
        "18-character credit code where the mapping says so, else any stable id", is_key=True
    )
    recorded_at = recorded_column()
    source = source_column("name of the mapping that delivered the row", is_key=False)
    name = text_column("企业名称", "registered name; never used by a score", nullable=False)
    industry = text_column("行业", "GB/T 4754 class code, or the source's own wording")
    sector = enum_column(
        vocab.SECTOR,
        "行业领域",
        "one of the six high-hazard sectors (P2) or general; empty = unknown",
        nullable=True,
        decisive="that it belongs to a high-hazard sector",
    )
    division = text_column(
        "行政区划",
        "GB/T 2260 code where delivered: six digits, with its town nine or twelve; else the source's district",
    )
    enforcing_level = enum_column(
        vocab.LEVEL,
        "执法层级",
        "the one level that enforces here (P1)",
        decisive="whose visits it gets",
    )
    employees = count_column("从业人数", "people employed", unit="people")
    major_hazard_source = count_column(
        "重大危险源等级",
        "GB 18218 grade of the worst source: 1 worst to 4; 0 = has none",
        unit="grade",
        most=4,
        decisive="a major hazard source",
    )
    hazardous_processes = count_column(
        "危险工艺数",
        "number of supervised hazardous processes",
        unit="processes",
        most=1000,
        decisive="hazardous processes",
    )
    standardisation = enum_column(
        vocab.STANDARDISATION, "标准化等级", "work-safety standardisation grade", nullable=True
    )
    registration_number = none_or_number_column(
        "注册号",
        "registration number before the credit code; counts as a former number",
        registration="always",
    )
    credit = enum_column(vocab.CREDIT, "信用等级", "public credit grade", nullable=True)
    longitude = degrees_column("经度", "WGS 84 longitude", most=180.0)
    latitude = degrees_column("纬度", "WGS 84 latitude", most=90.0)
    status = enum_column(
        vocab.STATUS,
        "经营状态",
        "whether the enterprise operates",
        blank="active",
        decisive="that it stands still or is closed",
    )
    address = text_column(
        "地址", "where it works; used by no score", also=("住所", "经营场所", "生产经营地址", "注册地址")
    )
    contact = text_column(
        "联系人", "whom to ask for; used by no score", also=("安全负责人", "联系人姓名"), personal=True
    )
    phone = text_column(
        "联系电话",
        "number of that person; used by no score",
        also=("电话", "手机", "联系人电话"),
        personal=True,
    )
    founded_on = day_column("成立日期", "day it was founded; used by no score", also=("注册日期",))
    legal_form = text_column(
        "企业类型", "legal form and ownership; used by no score", also=("登记类型", "市场主体类型")
    )
    licensed_activities = text_column(
        "许可范围",
        "activities under licence, separated by ;  only their number may be used by a score",
        limit=TEXT,
        also=("许可经营项目",),
    )
    parent_id = none_or_number_column(
        "上级单位统一社会信用代码",
        "credit code of the unit it belongs to; used by no score",
        also=("上级单位代码",),
    )
    inherent_risk = enum_column(
        vocab.INHERENT_RISK,
        "固有风险等级",
        "class of what its works are by themselves, on the national four-level scale; empty = not classed; used by "
        "no score",
        nullable=True,
    )
    substances = text_column(
        "危险化学品名称", "dangerous chemicals it has, separated by ;  used by no score", limit=TEXT
    )


class FormerNumbers(dy.Schema):
    source = source_column()
    former_number = id_column(
        "曾用编号", "number the enterprise had before: of 15 digits, or a credit code", registration="kind"
    )
    recorded_at = recorded_column()
    enterprise_id = enterprise_column("the enterprise under its number of today")
    kind = enum_column(
        vocab.FORMER_NUMBER_KIND,
        "编号类型",
        "which kind of number; a registration number (工商注册号) of 15 digits ends in its check digit",
        blank="other",
    )
    used_until = day_column(
        "停用日期",
        "last day it was in use: until then it means this enterprise, even where it has been given to another since; "
        "empty = not known",
        also=("最后使用日期",),
    )
    withdrawn_on = withdrawn_column()


class Officers(dy.Schema):
    officer_id = officer_column(
        "number of the person, such as that of the enforcement certificate", is_key=True
    )
    recorded_at = recorded_column()
    source = source_column("name of the mapping that delivered the row", is_key=False)
    name = text_column("姓名", "name, spelt as in `inspections.officers`; used by no score", nullable=False)
    division = text_column(
        "行政区划", "where the person's authority enforces; spelt as `enterprises.division`"
    )
    level = enum_column(vocab.LEVEL, "执法层级", "level of the person's authority (P1)")
    role = enum_column(
        vocab.OFFICER_ROLE,
        "人员类别",
        "two certified officers make a visit, one technical inspector accompanies two (D2)",
        blank="officer",
    )
    certified_until = day_column(
        "执法证有效期至",
        "last day the enforcement certificate is valid; empty = not known to be certified, so not sent (D2)",
        past=False,
        also=("有效期至",),
    )
    team = text_column("执法中队", "team the person belongs to", also=("中队",))
    left_on = day_column("离岗日期", "first day the person is no longer available; empty = stays", past=False)


class Absences(dy.Schema):
    source = source_column()
    absence_id = id_column("请假编号", "number of the absence within the source")
    recorded_at = recorded_column()
    officer_id = officer_column()
    first_day = day_column("开始日期", "first day away", nullable=False, past=False)
    last_day = day_column("结束日期", "last day away", nullable=False, past=False)
    reason = text_column("事由", "leave, training, duty elsewhere such as cross-region enforcement (P10)")

    last_before_first = not_before("last_day", "first_day")


class Conflicts(dy.Schema):
    source = source_column()
    conflict_id = id_column("回避编号", "number of the declaration within the source")
    recorded_at = recorded_column()
    officer_id = officer_column()
    enterprise_id = enterprise_column()
    reason = text_column("回避事由", "why the person does not inspect this enterprise", also=("事由",))
    ended_on = day_column("解除日期", "first day the declaration no longer holds; empty = holds", past=False)


class Tasks(dy.Schema):
    source = source_column()
    task_id = id_column("任务编号", "number of the task within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    kind = enum_column(
        vocab.TASK_KIND,
        "任务类型",
        "what asks for the visit: outside the plan (P4), items of a department to be merged (P6), or "
        "assistance, which is never an inspection (P11)",
        decisive="that a visit is urgent",
    )
    department = text_column("交办部门", "department that asks", also=("任务部门",))
    level = enum_column(vocab.LEVEL, "交办层级", "level that asks; empty when above the city", nullable=True)
    opens_on = day_column("开始日期", "first day the visit may be made", nullable=False, past=False)
    due_on = day_column("截止日期", "last day the visit may be made; empty = no deadline", past=False)
    mode = enum_column(
        vocab.INSPECTION_MODE, "检查方式", "whether it needs a visit on site (P12)", blank="on_site"
    )
    content = text_column("任务内容", "what is to be looked at", limit=TEXT)
    closed_on = day_column("办结日期", "day it was done or withdrawn; empty = open")

    due_before_opens = not_before("due_on", "opens_on")


class Filings(dy.Schema):
    source = source_column()
    filing_id = id_column("备案编号", "number of the filing within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    visit_id = reference_column(
        "计划检查编号", "visit of the plan that it files; empty = one that was not planned (P4)"
    )
    filed_at = minute_column("备案时间", "when it was filed first (local time)", nullable=False)
    planned_on = day_column("计划检查日期", "day of the visit as filed", nullable=False, past=False)
    officers = text_column(
        "执法人员",
        "who goes, separated by ; numbers of the roster, or names that one person alone has; never used by a score",
        nullable=False,
    )
    state = enum_column(
        vocab.FILING_STATE, "备案状态", "filed, filed for another day than before, or cancelled (D1)"
    )
    is_emergency = flag_column("紧急检查", "filed after the visit, by the end of the next working day (D1)")
    reason = text_column("备案事由", "why it was moved or cancelled, or is an emergency", limit=TEXT)
    withdrawn_on = withdrawn_column()

    @dy.rule()
    def recorded_before_filing(cls) -> pl.Expr:
        return pl.col("recorded_at") >= pl.col("filed_at").dt.date()
