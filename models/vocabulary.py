"""The words of the domain: code lists with their labels and spellings.

A value is stored by its English key.  Deliveries may use the key, its label or any of its spellings; pages and the
command line show the label of the reader's language.

Sources: clauses C1, P1, P2, P4, P6, P11, D2, S1-S5 of the mission digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum

EPOCH = date(1970, 1, 1)


class RiskCode(IntEnum):
    """The four codes of clause C1, ordered by risk so that the worst of several is their maximum."""

    GREEN = 0
    BLUE = 1
    YELLOW = 2
    RED = 3

    @property
    def key(self) -> str:
        """Lower-case English name, as stored and as typed on the command line."""
        return self.name.lower()


CODE_KEYS: tuple[str, ...] = tuple(code.key for code in RiskCode)
CODE_RANKS = {code.key: int(code) for code in RiskCode}
"""Rank of every code, 0 for GREEN."""


@dataclass(frozen=True)
class CodeList:
    """A closed list of values: its stored keys with their English labels.

    The label is what catalogues translate, in the context of the list's ``name``.  ``written`` is no catalogue: it
    says what else a delivery may write for a key, the word of the authorities first, or what a table keeps in Chinese.
    """

    name: str
    labels: Mapping[str, str]
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def keys(self) -> list[str]:
        """Stored values, in the order of the list."""
        return list(self.labels)

    def zh(self, key: str) -> str:
        """The word of the authorities for a stored value."""
        return self.written[key][0]

    def spellings(self) -> dict[str, str]:
        """Every spelling a delivery may use, lower-cased, with the stored value it stands for."""
        return {
            spelling.lower(): key
            for key, label in self.labels.items()
            for spelling in (key, label, *self.written.get(key, ()))
        }


def _delivered(name: str, told: Mapping[str, tuple[str, ...]]) -> CodeList:
    """A list that stands in deliveries, or in tables in Chinese too: (English label, *what is written) by key."""
    return CodeList(
        name, {key: one[0] for key, one in told.items()}, {key: one[1:] for key, one in told.items()}
    )


CODE = _delivered(
    "code",
    {
        "green": ("GREEN", "绿", "绿码"),
        "blue": ("BLUE", "蓝", "蓝码"),
        "yellow": ("YELLOW", "黄", "黄码"),
        "red": ("RED", "红", "红码"),
    },
)
SECTOR = _delivered(
    "sector",
    {
        "non_coal_mine": ("non-coal mine", "非煤矿山"),
        "hazardous_chemicals": ("hazardous chemicals", "危险化学品", "危化品", "危化"),
        "fireworks": ("fireworks", "烟花爆竹"),
        "metal_smelting": ("metal smelting", "金属冶炼", "冶金"),
        "explosive_dust": ("explosive dust", "粉尘涉爆", "涉爆粉尘"),
        "ammonia_refrigeration": ("ammonia refrigeration", "涉氨制冷", "涉氨"),
        "general": ("general", "一般", "一般企业", "其他"),
    },
)
LEVEL = _delivered(
    "level",
    {
        "city": ("city", "市级", "市"),
        "district": ("district", "区县级", "区县", "县级", "区级"),
        "town": ("town", "镇街级", "镇街", "街道", "乡镇"),
    },
)
STATUS = _delivered(
    "status",
    {
        "active": ("active", "在营", "正常", "开业", "存续"),
        "suspended": ("suspended", "停产", "停业"),
        "closed": ("closed", "注销", "吊销", "关闭"),
    },
)
STANDARDISATION = _delivered(
    "standardisation",
    {
        "level_1": ("level 1", "一级", "1"),
        "level_2": ("level 2", "二级", "2"),
        "level_3": ("level 3", "三级", "3"),
        "none": ("none", "未达标", "无", "未定级"),
    },
)
CREDIT = _delivered(
    "credit",
    {
        "a": ("A", "A级"),
        "b": ("B", "B级"),
        "c": ("C", "C级"),
        "d": ("D", "D级", "失信"),
        "listed": (
            "listed as seriously untrustworthy",
            "严重失信主体",
            "严重失信",
            "严重失信名单",
            "严重失信主体名单",
            "列入严重失信主体名单",
            "安全生产严重失信主体",
        ),
    },
)
SEVERITY = _delivered(
    "severity",
    {
        "minor": ("minor", "轻微"),
        "general": ("general", "一般"),
        "serious": ("serious", "较重", "严重"),
        "critical": ("critical", "特别严重", "重大"),
        "ungraded": ("ungraded", "未分级"),
    },
)
DISPOSAL = _delivered(
    "disposal",
    {
        "on_the_spot": ("fixed on the spot", "当场整改", "立即整改"),
        "order": ("rectification order", "责令限期整改", "限期整改", "责令改正"),
        "case": ("case opened", "立案查处", "立案"),
    },
)
ALERT_SYSTEM = _delivered(
    "alert system",
    {
        "non_coal_mine": ("non-coal mine warning system", "非煤矿山综合预警", "非煤矿山"),
        "hazardous_chemicals": ("hazardous chemicals control system", "危化品数字化管控", "危险化学品"),
        "steel": ("steel monitoring", "钢铁风险监测预警", "钢铁"),
        "explosive_dust": ("explosive dust monitoring", "粉尘涉爆监测预警", "粉尘涉爆"),
        "drone": ("drone patrol", "无人机巡查", "无人机"),
        "hotline_12345": ("12345 hotline", "12345热线", "12345", "投诉举报"),
        "transfer": ("transfer", "转办交办", "转办"),
        "platform": ("supervision platform", "综合监管平台", "平台监测", "泉城安全"),
    },
)
ALERT_LEVEL = _delivered(
    "alert level",
    {
        "red": ("red", "红色", "一级"),
        "orange": ("orange", "橙色", "二级"),
        "yellow": ("yellow", "黄色", "三级"),
        "blue": ("blue", "蓝色", "四级"),
    },
)
ALERT_KIND = _delivered(
    "alert kind",
    {
        "exceedance": ("limit exceeded", "超限报警", "报警"),
        "sensor_offline": ("sensor offline", "设备离线", "离线"),
        "complaint": ("complaint", "投诉举报", "举报", "投诉"),
        "observation": ("observation", "巡查发现", "巡查"),
        "transfer": ("transferred clue", "转办线索", "线索"),
        "other": ("other", "其他"),
    },
)
INSPECTION_KIND = _delivered(
    "inspection kind",
    {
        "special": ("special", "专项检查", "专项"),
        "annual_full": ("annual full coverage", "全覆盖检查", "全覆盖"),
        "random": ("random draw", "双随机抽查", "双随机"),
        "immediate": ("immediate", "即时检查", "紧急检查"),
        "recheck": ("re-check", "复查", "复查验收"),
        "joint": ("joint", "联合检查"),
        "assistance": ("assistance", "帮扶指导", "帮扶"),
        "other": ("other", "其他检查", "日常检查"),
    },
)
INSPECTION_MODE = _delivered(
    "inspection mode",
    {
        "on_site": ("on site", "现场", "现场检查"),
        "off_site": ("off site", "非现场", "远程"),
    },
)
INSPECTION_RESULT = _delivered(
    "inspection result",
    {
        "clean": ("clean", "未发现问题", "合格", "正常"),
        "findings": ("findings", "发现问题", "不合格"),
        "serious": ("serious findings", "发现重大问题", "重大隐患"),
        "stopped": ("stopped or closed", "停产停业", "停工"),
        "refused": ("refused", "拒绝检查", "拒检"),
        "unknown": ("unknown", "未填", "不详"),
    },
)
ACCIDENT_GRADE = _delivered(
    "accident grade",
    {
        "ordinary": ("ordinary", "一般事故", "一般"),
        "larger": ("larger", "较大事故", "较大"),
        "major": ("major", "重大事故", "重大"),
        "extraordinary": ("extraordinarily major", "特别重大事故", "特大"),
        "ungraded": ("ungraded", "未定级"),
    },
)
OFFICER_ROLE = _delivered(
    "officer role",
    {
        "officer": ("officer", "执法人员", "执法员"),
        "technical_inspector": ("technical inspector", "技术检查员", "技术员"),
    },
)
TASK_KIND = _delivered(
    "task kind",
    {
        "typical_accident": ("typical accident", "典型事故", "事故警示"),
        "key_task": ("temporary key task", "临时重点工作", "重点工作"),
        "emergency": ("emergency", "突发事件", "突发"),
        "complaint": ("complaint", "投诉举报", "举报", "投诉"),
        "transfer": ("transfer", "转办交办", "转办", "交办"),
        "platform": ("platform monitoring", "平台监测", "平台"),
        "department": ("department items", "部门检查事项", "部门检查"),
        "assistance": ("assistance", "帮扶任务", "帮扶"),
    },
)
FILING_STATE = _delivered(
    "filing state",
    {
        "filed": ("filed", "已备案", "备案"),
        "moved": ("filed for another day", "已改期", "改期", "变更"),
        "cancelled": ("cancelled", "已取消", "取消", "撤销"),
    },
)
INHERENT_RISK = _delivered(
    "inherent risk",
    {
        "major": ("major (red)", "重大", "重大风险", "红色", "红", "一级", "red"),
        "considerable": ("considerable (orange)", "较大", "较大风险", "橙色", "橙", "二级", "orange"),
        "moderate": ("moderate (yellow)", "一般", "一般风险", "黄色", "黄", "三级", "yellow"),
        "low": ("low (blue)", "低", "低风险", "蓝色", "蓝", "四级", "blue"),
    },
)
FORMER_NUMBER_KIND = _delivered(
    "kind of former number",
    {
        "registration_number": ("registration number", "注册号", "工商注册号", "营业执照注册号"),
        "former_credit_code": ("former credit code", "原统一社会信用代码", "原信用代码", "曾用信用代码"),
        "organisation_code": ("organisation code", "组织机构代码"),
        "other": ("other", "其他"),
    },
)
CODE_LISTS: tuple[CodeList, ...] = tuple(one for one in globals().values() if isinstance(one, CodeList))
"""All the lists above, in their order."""

HIGH_HAZARD_SECTORS: tuple[str, ...] = tuple(key for key in SECTOR.keys if key != "general")
"""The six sectors of clause P2."""

FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "1", "1.0", "y", "yes", "t", "是", "有"), True),
    **dict.fromkeys(("false", "0", "0.0", "n", "no", "f", "否", "无"), False),
}
"""Words for yes and no, in lower case; nothing else is either."""

NO_NUMBER = """
空 空白 缺 暂缺 缺失 否 略 同上 保密 其他 其它 自然人 个人 個人 测试 測試 办理中 申请中 筹建 筹建中
無 未詳 不詳 無編號 null none nil nan na nul no unknown undefined missing empty blank tbd tba test testing
"""
"""Words, set apart by blanks, that people and programs write where they have no number."""
NO_TEXT = f"无 暂无 没有 {NO_NUMBER}"
"""The same where they have nothing to describe."""
NO_NUMBER_YET = (
    "(?:无|暂无|尚无|没有|未|暂未|尚未|还未|未曾|待|不|正在)"
    "(?:有|办理?|申办|登记|注册|提供|填写?|填报|录入|领取?|取得|申领|补充?|补录|定|查|核实?|知|明|详|祥|赋码?|适用|存在|公开)?"
    "(?:工商|营业)?(?:统一)?(?:社会)?(?:信用)?(?:代码|编号|编码|号码?|证照?|执照|照)?中?"
)
"""The same in a regular expression: that there is none (yet), and of what."""

JINAN_DIVISIONS: Mapping[str, tuple[str, str]] = {
    "370102": ("历下区", "Lixia"),
    "370103": ("市中区", "Shizhong"),
    "370104": ("槐荫区", "Huaiyin"),
    "370105": ("天桥区", "Tianqiao"),
    "370112": ("历城区", "Licheng"),
    "370113": ("长清区", "Changqing"),
    "370114": ("章丘区", "Zhangqiu"),
    "370115": ("济阳区", "Jiyang"),
    "370116": ("莱芜区", "Laiwu"),
    "370117": ("钢城区", "Gangcheng"),
    "370124": ("平阴县", "Pingyin"),
    "370126": ("商河县", "Shanghe"),
}
"""Districts and counties of Jinan (GB/T 2260, 3701xx): the name a delivery may use, and the English label."""

CODE_BY_NAME = {
    spelling: code
    for code, (zh, en) in JINAN_DIVISIONS.items()
    for spelling in (zh, f"济南市{zh}", f"山东省济南市{zh}", en)
}
"""Codes of the districts by their names, as registers write them."""
DIVISION = CodeList("division", {code: name for code, (_, name) in JINAN_DIVISIONS.items()})
GROUPED_BY = CodeList("grouped by", {"division": "division", "sector": "sector", "size": "size"})
"""What enterprises are grouped by when a card is judged."""
SIZE_CLASS = CodeList(
    "size class",
    {"micro": "micro", "small": "small", "medium": "medium", "large": "large", "unknown": "unknown"},
)
"""Enterprises by their number of employees, without the numbers."""
LIKELIHOOD = _delivered(
    "likelihood",
    {
        "far_above": ("far above average", "远高于平均"),
        "well_above": ("well above average", "明显高于平均"),
        "somewhat_above": ("somewhat above average", "略高于平均"),
        "average": ("about average", "接近平均"),
        "somewhat_below": ("somewhat below average", "略低于平均"),
        "well_below": ("well below average", "明显低于平均"),
    },
)
"""How a probability compares with the base rate."""
REASON = _delivered(
    "reason",
    {
        "band": ("Band of the score ({limits})", "得分区间（{limits}）"),
        "override": (
            "Override by a named person, with a reason and a last day",
            "人工定码（具名、有理由、有期限）",
        ),
    },
)
"""Reasons for a code that no pack words."""
LOOK = _delivered(
    "look",
    {
        "open": ("See whether the finding has been rectified", "核实该问题是否整改到位"),
        "repeated": (
            "Found here repeatedly; see whether it has come back",
            "该事项曾多次查出问题，核实是否再次发生",
        ),
        "trade_unknown": (
            "Ask what it makes and have its industry code (GB/T 4754) put into the register",
            "问清主要产品，核对国民经济行业代码并补入企业登记",
        ),
    },
)
"""What to look at where no item of a catalogue says it."""
CHECK_NOTE = _delivered(
    "check note",
    {
        "trade_unknown": (
            "Trade unknown: the items of the trades are left out",
            "行业未知：分行业的检查事项未列入",
        ),
    },
)
"""What a checklist says of itself."""


def day_number(day: date) -> int:
    """Days since 1970-01-01, the integer form in which all features count time."""
    return (day - EPOCH).days


def as_date(number: int) -> date:
    """The date of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=number)


RESULT_RANK = {"clean": 0, "unknown": 1, "findings": 2, "serious": 3, "stopped": 4, "refused": 5}
"""Results of a visit by gravity: of two visits on one day the graver counts as the last."""
