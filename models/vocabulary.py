"""The words of the domain: code lists with their Chinese and English labels, and enterprise identifiers.

A value is stored by its English key.  Deliveries may use the key or any of its labels; the page and the CLI
print the label of the reader's language.  Sources: clauses C1, P1, P2, P4, P6, P11, D2, S1-S5 of the mission digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from stdnum.cn import uscc

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
    """A closed list of values.  ``labels`` maps each stored key to (zh, en, *further accepted spellings)."""

    name: str
    labels: Mapping[str, tuple[str, ...]]

    @property
    def keys(self) -> list[str]:
        """Stored values, in the order of the list."""
        return list(self.labels)

    def zh(self, key: str) -> str:
        """Chinese label of a stored value."""
        return self.labels[key][0]

    def en(self, key: str) -> str:
        """English label of a stored value."""
        return self.labels[key][1]

    def spellings(self) -> dict[str, str]:
        """Every accepted spelling, lower-cased, with the stored value it stands for."""
        return {spelling.lower(): key for key, labels in self.labels.items() for spelling in (key, *labels)}


CODE = CodeList(
    "code",
    {
        "green": ("绿", "GREEN", "绿码"),
        "blue": ("蓝", "BLUE", "蓝码"),
        "yellow": ("黄", "YELLOW", "黄码"),
        "red": ("红", "RED", "红码"),
    },
)
SECTOR = CodeList(
    "sector",
    {
        "non_coal_mine": ("非煤矿山", "non-coal mine"),
        "hazardous_chemicals": ("危险化学品", "hazardous chemicals", "危化品", "危化"),
        "fireworks": ("烟花爆竹", "fireworks"),
        "metal_smelting": ("金属冶炼", "metal smelting", "冶金"),
        "explosive_dust": ("粉尘涉爆", "explosive dust", "涉爆粉尘"),
        "ammonia_refrigeration": ("涉氨制冷", "ammonia refrigeration", "涉氨"),
        "general": ("一般", "general", "一般企业", "其他"),
    },
)
LEVEL = CodeList(
    "level",
    {
        "city": ("市级", "city", "市"),
        "district": ("区县级", "district", "区县", "县级", "区级"),
        "town": ("镇街级", "town", "镇街", "街道", "乡镇"),
    },
)
STATUS = CodeList(
    "status",
    {
        "active": ("在营", "active", "正常", "开业", "存续"),
        "suspended": ("停产", "suspended", "停业"),
        "closed": ("注销", "closed", "吊销", "关闭"),
    },
)
STANDARDISATION = CodeList(
    "standardisation",
    {
        "level_1": ("一级", "level 1", "1"),
        "level_2": ("二级", "level 2", "2"),
        "level_3": ("三级", "level 3", "3"),
        "none": ("未达标", "none", "无", "未定级"),
    },
)
CREDIT = CodeList(
    "credit",
    {
        "a": ("A级", "A"),
        "b": ("B级", "B"),
        "c": ("C级", "C"),
        "d": ("D级", "D", "失信"),
    },
)
SEVERITY = CodeList(
    "severity",
    {
        "minor": ("轻微", "minor"),
        "general": ("一般", "general"),
        "serious": ("较重", "serious", "严重"),
        "critical": ("特别严重", "critical", "重大"),
        "ungraded": ("未分级", "ungraded"),
    },
)
DISPOSAL = CodeList(
    "disposal",
    {
        "on_the_spot": ("当场整改", "fixed on the spot", "立即整改"),
        "order": ("责令限期整改", "rectification order", "限期整改", "责令改正"),
        "case": ("立案查处", "case opened", "立案"),
    },
)
ALERT_SYSTEM = CodeList(
    "alert system",
    {
        "non_coal_mine": ("非煤矿山综合预警", "non-coal mine warning system", "非煤矿山"),
        "hazardous_chemicals": ("危化品数字化管控", "hazardous chemicals control system", "危险化学品"),
        "steel": ("钢铁风险监测预警", "steel monitoring", "钢铁"),
        "explosive_dust": ("粉尘涉爆监测预警", "explosive dust monitoring", "粉尘涉爆"),
        "drone": ("无人机巡查", "drone patrol", "无人机"),
        "hotline_12345": ("12345热线", "12345 hotline", "12345", "投诉举报"),
        "transfer": ("转办交办", "transfer", "转办"),
        "platform": ("综合监管平台", "supervision platform", "平台监测", "泉城安全"),
    },
)
ALERT_LEVEL = CodeList(
    "alert level",
    {
        "red": ("红色", "red", "一级"),
        "orange": ("橙色", "orange", "二级"),
        "yellow": ("黄色", "yellow", "三级"),
        "blue": ("蓝色", "blue", "四级"),
    },
)
ALERT_KIND = CodeList(
    "alert kind",
    {
        "exceedance": ("超限报警", "limit exceeded", "报警"),
        "sensor_offline": ("设备离线", "sensor offline", "离线"),
        "complaint": ("投诉举报", "complaint", "举报", "投诉"),
        "observation": ("巡查发现", "observation", "巡查"),
        "transfer": ("转办线索", "transferred clue", "线索"),
        "other": ("其他", "other"),
    },
)
INSPECTION_KIND = CodeList(
    "inspection kind",
    {
        "special": ("专项检查", "special", "专项"),
        "annual_full": ("全覆盖检查", "annual full coverage", "全覆盖"),
        "random": ("双随机抽查", "random draw", "双随机"),
        "immediate": ("即时检查", "immediate", "紧急检查"),
        "recheck": ("复查", "re-check", "复查验收"),
        "joint": ("联合检查", "joint"),
        "assistance": ("帮扶指导", "assistance", "帮扶"),
        "other": ("其他检查", "other", "日常检查"),
    },
)
INSPECTION_MODE = CodeList(
    "inspection mode",
    {
        "on_site": ("现场", "on site", "现场检查"),
        "off_site": ("非现场", "off site", "远程"),
    },
)
INSPECTION_RESULT = CodeList(
    "inspection result",
    {
        "clean": ("未发现问题", "clean", "合格", "正常"),
        "findings": ("发现问题", "findings", "不合格"),
        "serious": ("发现重大问题", "serious findings", "重大隐患"),
        "stopped": ("停产停业", "stopped or closed", "停工"),
        "refused": ("拒绝检查", "refused", "拒检"),
        "unknown": ("未填", "unknown", "不详"),
    },
)
ACCIDENT_GRADE = CodeList(
    "accident grade",
    {
        "ordinary": ("一般事故", "ordinary", "一般"),
        "larger": ("较大事故", "larger", "较大"),
        "major": ("重大事故", "major", "重大"),
        "extraordinary": ("特别重大事故", "extraordinarily major", "特大"),
        "ungraded": ("未定级", "ungraded"),
    },
)
OFFICER_ROLE = CodeList(
    "officer role",
    {
        "officer": ("执法人员", "officer", "执法员"),
        "technical_inspector": ("技术检查员", "technical inspector", "技术员"),
    },
)
TASK_KIND = CodeList(
    "task kind",
    {
        "typical_accident": ("典型事故", "typical accident", "事故警示"),
        "key_task": ("临时重点工作", "temporary key task", "重点工作"),
        "emergency": ("突发事件", "emergency", "突发"),
        "complaint": ("投诉举报", "complaint", "举报", "投诉"),
        "transfer": ("转办交办", "transfer", "转办", "交办"),
        "platform": ("平台监测", "platform monitoring", "平台"),
        "department": ("部门检查事项", "department items", "部门检查"),
        "assistance": ("帮扶任务", "assistance", "帮扶"),
    },
)
CODE_LISTS: tuple[CodeList, ...] = (
    CODE,
    SECTOR,
    LEVEL,
    STATUS,
    STANDARDISATION,
    CREDIT,
    SEVERITY,
    DISPOSAL,
    ALERT_SYSTEM,
    ALERT_LEVEL,
    ALERT_KIND,
    INSPECTION_KIND,
    INSPECTION_MODE,
    INSPECTION_RESULT,
    ACCIDENT_GRADE,
    OFFICER_ROLE,
    TASK_KIND,
)

HIGH_HAZARD_SECTORS: tuple[str, ...] = tuple(key for key in SECTOR.keys if key != "general")
"""The six sectors of clause P2."""

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
"""Districts and counties of Jinan (GB/T 2260, 3701xx) with their Chinese and English names."""


def is_credit_code(text: str) -> bool:
    """Whether an 18-character 统一社会信用代码 carries the check digit GB 32100-2015 asks for."""
    # stdnum forgives case, blanks and dashes; an id must have one spelling, or one enterprise becomes two.
    return uscc.is_valid(text) and text == uscc.compact(text)


def day_number(day: date) -> int:
    """Days since 1970-01-01, the integer form in which all features count time."""
    return (day - EPOCH).days


def as_date(number: int) -> date:
    """The date of a number of days since 1970-01-01."""
    return EPOCH + timedelta(days=number)


RESULT_RANK = {"clean": 0, "unknown": 1, "findings": 2, "serious": 3, "stopped": 4, "refused": 5}
"""Results of a visit by gravity: of two visits on one day the graver counts as the last."""
