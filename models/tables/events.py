"""Tables of what happened: violations, alerts, inspections, accidents, self-inspection reports."""

import dataframely as dy
import polars as pl

from models import vocabulary as vocab
from models.tables.columns import (
    TEXT,
    count_column,
    day_column,
    enterprise_column,
    enum_column,
    flag_column,
    id_column,
    minute_column,
    not_before,
    recorded_column,
    reference_column,
    source_column,
    text_column,
    withdrawn_column,
)


class Violations(dy.Schema):
    source = source_column()
    violation_id = id_column("违法行为编号", "finding number within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    inspection_id = reference_column("检查编号", "visit that found it")
    occurred_on = day_column("发现日期", "day it was found", nullable=False)
    item_code = text_column("检查事项代码", "item of the check-item catalogue or legal article")
    description = text_column("问题描述", "what was found", limit=TEXT)
    location = text_column(
        "问题部位",
        "where in the premises it was found; used by no score",
        also=("隐患部位", "检查部位", "所在部位", "问题地点"),
    )
    severity = enum_column(
        vocab.SEVERITY,
        "严重程度",
        "how grave; ungraded when the source does not say",
        blank="ungraded",
        decisive="a grave finding",
    )
    is_major_hazard = flag_column(
        "重大事故隐患",
        "judged a major accident hazard (C6: exact, not inflated)",
        decisive="a major accident hazard",
    )
    quantity = count_column(
        "数量",
        "findings the row stands for; 1 unless the source delivers totals",
        unit="findings",
        least=1,
        most=100_000,
        nullable=False,
        blank=1,
        decisive="that a row stands for many findings",
    )
    rectify_due_on = day_column("整改期限", "last day to rectify", past=False)
    rectified_on = day_column("整改完成日期", "day the rectification was accepted")
    disposal = enum_column(vocab.DISPOSAL, "处置方式", "how it was disposed of (D5)", nullable=True)
    penalty_unit = count_column("单位罚款", "fine on the enterprise", unit="yuan", most=10_000_000_000)
    penalty_person = count_column(
        "个人罚款", "fine on the responsible person (一案双罚)", unit="yuan", most=10_000_000_000
    )
    decided_on = day_column("处罚决定日期", "day of the penalty decision")
    department = text_column(
        "执法部门", "deciding department; a score may use how many different ones there were, never which"
    )
    plan_approved_on = day_column(
        "整改方案批准日期",
        "first day an approved rectification plan covers the finding; its points rest meanwhile",
    )
    plan_until = day_column("整改方案期限", "last day of that plan", past=False)
    withdrawn_on = withdrawn_column()

    recorded_before_found = not_before("recorded_at", "occurred_on")
    rectified_before_found = not_before("rectified_on", "occurred_on")
    due_before_found = not_before("rectify_due_on", "occurred_on")
    decided_before_found = not_before("decided_on", "occurred_on")
    plan_before_found = not_before("plan_approved_on", "occurred_on")
    plan_ends_before_it_begins = not_before("plan_until", "plan_approved_on")
    withdrawn_before_found = not_before("withdrawn_on", "occurred_on")


class Alerts(dy.Schema):
    source = source_column()
    alert_id = id_column("预警编号", "alert number within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    source_system = enum_column(vocab.ALERT_SYSTEM, "来源系统", "system that raised it (S2, S4)")
    kind = enum_column(
        vocab.ALERT_KIND,
        "预警类型",
        "what it reports; sensor_offline opens an offline spell",
        blank="other",
        decisive="a sensor that is off line, a complaint",
    )
    level = enum_column(
        vocab.ALERT_LEVEL, "预警级别", "national four-level scale, red worst", decisive="a red alert"
    )
    raised_at = minute_column("预警时间", "when it was raised (local time)", nullable=False)
    acknowledged_at = minute_column("响应时间", "when somebody answered it")
    closed_at = minute_column("关闭时间", "when it was over; for an offline spell, back on line")
    is_false_alarm = flag_column("误报", "found to be a false alarm", decisive="which alarms were real")
    description = text_column("预警内容", "text of the alert", limit=TEXT)
    withdrawn_on = withdrawn_column()

    @dy.rule()
    def recorded_before_raised(cls) -> pl.Expr:
        return pl.col("recorded_at") >= pl.col("raised_at").dt.date()

    acknowledged_before_raised = not_before("acknowledged_at", "raised_at")
    closed_before_raised = not_before("closed_at", "raised_at")


class Inspections(dy.Schema):
    source = source_column()
    inspection_id = id_column("检查编号", "visit number within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    inspected_on = day_column("检查日期", "day of the visit or off-site check", nullable=False)
    kind = enum_column(
        vocab.INSPECTION_KIND,
        "检查类型",
        "channel; an assistance visit is never counted (P11)",
        blank="other",
        decisive="that a visit does not count, or that a re-check failed",
    )
    mode = enum_column(vocab.INSPECTION_MODE, "检查方式", "on or off site (P12)", blank="on_site")
    level = enum_column(
        vocab.LEVEL, "执法层级", "level that inspected; empty when above the city", nullable=True
    )
    departments = text_column("检查部门", "departments present, separated by ;  never used by a score")
    officers = text_column("执法人员", "officers, separated by ;  never used by a score")
    result = enum_column(
        vocab.INSPECTION_RESULT,
        "检查结果",
        "outcome; unknown is not clean",
        blank="unknown",
        decisive="grave results of a visit",
    )
    score = count_column(
        "检查评分",
        "points of the authority's own check list, higher is worse; empty = not scored",
        unit="points",
    )
    filed_on = day_column("报备日期", "day the visit was filed (D1)")
    visit_id = reference_column(
        "计划检查编号",
        "visit of the plan that it settles; empty = the planned one nearest to its day, if any; used by no score",
        alone=True,
    )
    withdrawn_on = withdrawn_column()

    recorded_before_inspected = not_before("recorded_at", "inspected_on")


class Accidents(dy.Schema):
    source = source_column()
    accident_id = id_column("事故编号", "accident number within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    occurred_on = day_column("发生日期", "day of the accident", nullable=False)
    deaths = count_column(
        "死亡人数",
        "people killed; empty = not stated",
        unit="people",
        most=100_000,
        decisive="that people died",
    )
    serious_injuries = count_column(
        "重伤人数",
        "people seriously injured; empty = not stated",
        unit="people",
        most=100_000,
        decisive="that people were maimed",
    )
    casualties = count_column(
        "伤亡人数",
        "people harmed where the source does not split them",
        unit="people",
        most=100_000,
        decisive="that people were harmed",
    )
    lost_days = count_column("损失工作日", "working days lost (GB/T 15499); empty = not stated", unit="days")
    loss = count_column("直接经济损失", "direct loss", unit="yuan", most=1_000_000_000_000)
    grade = enum_column(
        vocab.ACCIDENT_GRADE,
        "事故等级",
        "grade by State Council Order 493",
        blank="ungraded",
        decisive="a grave accident",
    )
    description = text_column("事故简况", "what happened", limit=TEXT)
    withdrawn_on = withdrawn_column()

    recorded_before_accident = not_before("recorded_at", "occurred_on")


class SelfReports(dy.Schema):
    source = source_column()
    report_id = id_column("自查报告编号", "report number within the source")
    recorded_at = recorded_column()
    enterprise_id = enterprise_column()
    period_start = day_column("自查开始", "first day of the period reported on")
    period_end = day_column("自查结束", "last day of the period reported on")
    filed_on = day_column("上报日期", "day it was filed", nullable=False)
    hazards_found = count_column("发现隐患数", "hazards the enterprise found", unit="hazards", nullable=False)
    hazards_fixed = count_column("整改隐患数", "of these, fixed", unit="hazards", nullable=False)
    withdrawn_on = withdrawn_column()

    period_ends_before_start = not_before("period_end", "period_start")
    filed_before_period = not_before("filed_on", "period_start")

    @dy.rule()
    def fixed_more_than_found(cls) -> pl.Expr:
        return pl.col("hazards_fixed") <= pl.col("hazards_found")

    recorded_before_filed = not_before("recorded_at", "filed_on")
