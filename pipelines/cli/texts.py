"""Words the command line shows, in Chinese and English."""

from models import vocabulary as vocab

TEXTS: dict[str, tuple[str, str]] = {
    "as_of": ("赋码日期", "as of"),
    "accepted": ("接收", "accepted"),
    "added": ("新增", "new"),
    "corrected": ("更正", "corrected"),
    "unchanged": ("未变", "unchanged"),
    "refused": ("拒收", "refused"),
    "delivered": ("送达", "delivered"),
    "known_delivery": ("此批数据已接收过，无变化", "this delivery was taken in before; nothing changed"),
    "waiting": ("待企业登记", "waiting for register"),
    "rule": ("规则", "rule"),
    "table": ("数据表", "table"),
    "rows": ("行数", "rows"),
    "code": ("码", "code"),
    "enterprises": ("企业数", "enterprises"),
    "share": ("占比", "share"),
    "provisional": ("暂定", "provisional"),
    "change": ("较上次", "change"),
    "no_before": ("首次赋码", "first coding"),
    "queue_head": ("红码待检队列（前 {n}）", "Head of the red queue (first {n})"),
    "rank": ("序", "#"),
    "id": ("统一社会信用代码", "enterprise id"),
    "name": ("企业名称", "name"),
    "district": ("区划", "district"),
    "due": ("检查期限", "due"),
    "state": ("状态", "state"),
    "score": ("分", "score"),
    "reasons": ("主要理由", "main reasons"),
    "points": ("分值", "points"),
    "value": ("依据数据", "datum"),
    "reason": ("理由", "reason"),
    "basis": ("性质", "basis"),
    "reference": ("出处", "reference"),
    "sum": ("合计", "sum"),
    "clearing": ("如何解除", "what clears it"),
    "expires": ("失效日期", "expires"),
    "open_findings": ("未闭环问题", "open findings"),
    "to_check": ("检查要点", "what to check"),
    "overdue": ("逾期", "overdue"),
    "due_state": ("待检", "due"),
    "visited": ("已检", "visited"),
    "closed": ("已注销", "closed"),
    "calendar_provisional": ("日历暂定", "calendar provisional"),
    "assumption": (
        "阈值与分值为本项目假设，非济南市官方标准",
        "Cut-offs and points are this project's assumptions, not Jinan's",
    ),
    "nothing": ("没有符合条件的企业", "No enterprise matches"),
    "no_rejects": ("没有被拒数据", "No refused rows"),
    "file": ("文件", "file"),
    "line": ("行", "line"),
    "content": ("内容", "content"),
    "unrated": ("数据不足", "too little data"),
    "more": ("另有 {n} 条", "{n} more"),
    "law": ("法律", "law"),
    "policy": ("政策", "policy"),
    "proposal": ("建议", "proposal"),
    "demo_note": (
        "演示城市：企业与事件均为虚构",
        "demo city: enterprises and events are invented",
    ),
}

CATEGORIES = {"sector": vocab.SECTOR, "standardisation": vocab.STANDARDISATION, "credit": vocab.CREDIT}
"""Factors whose datum is a category."""

COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
    "green": "bold black on green",
}


class Words:
    """Texts in the reader's language."""

    def __init__(self, language: str) -> None:
        self.at = 0 if language == "zh" else 1
        self.language = "zh" if self.at == 0 else "en"

    def __call__(self, key: str, **values: object) -> str:
        """A text by its key."""
        return TEXTS[key][self.at].format(**values)

    def label(self, codes: vocab.CodeList, key: str | None) -> str:
        """Label of a stored value; what the list does not know is shown as it is."""
        return codes.labels[key][self.at] if key in codes.labels else (key or "–")

    def datum(self, factor: str, value: str | None) -> str:
        """The datum a reason rests on; categories by their label."""
        codes = CATEGORIES.get(factor)
        return self.label(codes, value) if codes else (value or "–")

    def code(self, key: str) -> str:
        """A code with its colour, for a rich console."""
        return f"[{COLOURS[key]}] {self.label(vocab.CODE, key)} [/]"

    def division(self, code: str | None) -> str:
        """District name of a GB/T 2260 code of Jinan, else the text as delivered."""
        names = vocab.JINAN_DIVISIONS.get((code or "")[:6])
        return names[self.at] if names else (code or "–")
