"""Labels of closed lists: channels, states, outcomes, sizes."""

from models import vocabulary as vocab

CHANNEL = vocab.CodeList(
    "channel",
    {
        "red_overdue": ("红码逾期", "RED overdue"),
        "red": ("红码专项", "RED special"),
        "immediate": ("即时检查", "immediate"),
        "recheck": ("复查", "re-check"),
        "annual_full": ("年度全覆盖", "full coverage"),
        "department": ("部门事项", "department"),
        "random": ("双随机", "random draw"),
        "audit": ("抽样核验", "audit draw"),
        "crews": ("执法人员", "crews"),
    },
)
"""Channels as short as a column; the policy pack has the full titles."""


VISIT_STATE = vocab.CodeList(
    "state",
    {
        "scheduled": ("已安排", "scheduled"),
        "short": ("无法安排", "short"),
        "deferred": ("延后", "deferred"),
        "awaiting": ("待录入", "awaiting"),
    },
)


CHECK_WHY = vocab.CodeList(
    "why",
    {
        "open_major": ("重大隐患未闭环", "open major hazard"),
        "overdue": ("整改逾期", "rectification overdue"),
        "open": ("问题未闭环", "open finding"),
        "repeated": ("屡查屡犯", "found repeatedly"),
        "sector_major": ("行业重大隐患判定事项", "major hazard of the sector"),
        "sector": ("行业事项", "item of the sector"),
        "everybody": ("通用事项", "checked everywhere"),
    },
)


CHANGE = vocab.CodeList(
    "change",
    {
        "new": ("新列", "new"),
        "moved": ("改期", "moved"),
        "other_crew": ("换组", "other crew"),
        "dropped": ("撤出", "dropped"),
        "done": ("已检查", "done"),
        "cancelled": ("取消", "cancelled"),
    },
)


BECAUSE = vocab.CodeList(
    "because",
    {
        "inspected": ("已有检查记录", "inspection recorded"),
        "no_longer_due": ("已无需检查", "no longer due"),
        "deadline_earlier": ("期限提前", "deadline is earlier"),
        "opens_later": ("可检日期推后", "may only be made later"),
        "crew_or_day_taken": ("检查组或日期另有任务", "crew or day taken by another visit"),
        "borrowed_crew": ("借调组变动", "borrowed crew"),
        "capacity": ("人力不足", "not enough crew days"),
        "budget": ("计划工作日不足", "budget used up"),
        "no_day": ("期限内无可检日期", "no lawful day"),
        "no_crew": ("无可派检查组", "no crew may go"),
        "closed": ("企业注销", "enterprise closed"),
        "suspended": ("企业停产", "enterprise does not operate"),
        "green": ("绿码免检", "GREEN is spared"),
        "superior": ("上级已联合检查", "inspected by a superior level"),
        "cap": ("已达频次上限", "annual cap reached"),
        "gap": ("距上次检查过近", "too soon after the last visit"),
    },
)
"""Why a visit changed, or has no day."""


SCOPE = vocab.CodeList(
    "scope",
    {
        "visit": ("任务", "visit"),
        "deferred": ("可延后", "can wait"),
        "authority": ("证明", "proof"),
        "floor": ("底线", "floor"),
        "note": ("提示", "note"),
    },
)


LIST_KIND = vocab.CodeList("kind", {"key": ("重点", "key"), "general": ("一般", "general")})


SIZE = vocab.CodeList(
    "size",
    {
        "micro": ("微型（0–19人）", "micro (0–19 people)"),
        "small": ("小型（20–299人）", "small (20–299 people)"),
        "medium": ("中型（300–999人）", "medium (300–999 people)"),
        "large": ("大型（1000人以上）", "large (≥ 1,000 people)"),
    },
)


FORM = vocab.CodeList(
    "form",
    {
        "regional": ("区域异地执法", "cross-region: region"),
        "whole_city": ("全域异地执法", "cross-region: whole city"),
        "demonstration": ("示范执法", "cross-region: demonstration"),
        "assistance": ("帮扶", "assistance"),
        "standing": ("异地执法", "cross-region"),
    },
)


CONTESTABLE = vocab.CodeList(
    "contestable",
    {
        "violations": ("违法问题", "finding", "violation", "违法", "问题"),
        "alerts": ("监测预警", "alert", "预警"),
        "inspections": ("检查记录", "inspection", "检查"),
        "accidents": ("生产安全事故", "accident", "事故"),
        "self_reports": ("自查报告", "self-report", "自查"),
        "enterprises": ("企业名册", "register", "名册"),
    },
)
"""What an objection can be about, besides the code itself."""


FILER = vocab.CodeList("filer", {"enterprise": ("企业", "enterprise"), "officer": ("执法人员", "officer")})


OUTCOME = vocab.CodeList("outcome", {"upheld": ("成立", "upheld"), "rejected": ("驳回", "rejected")})


OBJECTION_STATE = vocab.CodeList(
    "objection state",
    {"open": ("待决", "open"), **OUTCOME.labels, "withdrawn_by_filer": ("撤回", "taken back")},
)


REMEDY = vocab.CodeList(
    "remedy",
    {
        "withdraw": ("撤销数据", "datum withdrawn", "撤销"),
        "correct": ("更正数据", "datum corrected", "更正"),
        "override": ("人工定码", "override", "定码"),
    },
)


VERDICT = vocab.CodeList(
    "verdict",
    {
        "right": ("正确", "right"),
        "wrong": ("错误", "wrong"),
        "unknown": ("未检查，无从判断", "nobody looked"),
        "pending": ("待评价", "too early to tell"),
    },
)


TRACK_RECORD = vocab.CodeList(
    "track record",
    {
        "visited": ("有检查记录", "visited"),
        "records": ("仅有其他记录", "other records only"),
        "none": ("无记录", "nothing on record"),
    },
)


CATEGORIES = {
    "sector": vocab.SECTOR,
    "standardisation": vocab.STANDARDISATION,
    "credit": vocab.CREDIT,
    "track_record": TRACK_RECORD,
}
"""Factors whose datum is a category."""


COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
    "green": "bold black on green",
}
