"""What is said about every measure, in Chinese and English: what was found, and what to look at when it alarms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from models import vocabulary as vocab
from models.coding.shrinkage import SIZE_BINS
from models.supervision.drift import Measured
from models.tables.canonical import TABLES

Pair = tuple[str, str]
"""Chinese, English."""

TITLES: dict[str, Pair] = {
    "codes_moved": ("每日变码", "Codes moved"),
    "psi_score": ("风险分分布", "Spread of the score"),
    "psi": ("因子分值分布", "Spread of a factor's points"),
    "quiet_codes": ("码是否静止", "Codes stand still"),
    "quiet_data": ("数据是否静止", "Data stand still"),
    "events_in": ("数据流入", "Events coming in"),
    "red_rate": ("红码率", "RED rate"),
    "feedback": ("反馈回路", "Feedback loop"),
    "flip_flops": ("反复变码", "Flip-flops"),
    "missing": ("指标缺失", "Measure missing"),
    "overrides_standing": ("生效的人工定码", "Standing overrides"),
    "objections_open": ("未决异议", "Open objections"),
}
GROUPS: dict[str, Pair] = {
    "division": ("区划", "district"),
    "sector": ("行业", "sector"),
    "size": ("规模", "size"),
    "factor": ("因子", "factor"),
    "table": ("数据表", "table"),
}
UNKNOWN: Pair = ("未知", "unknown")
SIZES: dict[str, Pair] = {
    "micro": ("微型", "micro"),
    "small": ("小型", "small"),
    "medium": ("中型", "medium"),
    "large": ("大型", "large"),
}
STATES: dict[str, Pair] = {
    "ok": ("正常", "ok"),
    "alarm": ("警报", "alarm"),
    "unknown": ("不足以判断", "too little"),
    "acknowledged": ("已知悉", "acknowledged"),
}

SENTENCES: dict[str, Pair] = {
    "codes_moved": (
        "{days} 天内 {enterprises} 家企业中有 {changed} 家变码，每日 {value}，上限 {high}。",
        "{changed} of {enterprises} enterprises changed their code in {days} days: {value}; the limit is {high}.",
    ),
    "psi_score": (
        "风险分的分布与 {baseline} 相比，稳定性指数（PSI）为 {value}，上限 {high}。",
        "Against {baseline} the spread of the score has a stability index (PSI) of {value}; the limit is {high}.",
    ),
    "psi": (
        "因子“{group}”的分值分布与 {baseline} 相比，稳定性指数（PSI）为 {value}，上限 {high}。",
        "Against {baseline} the points of “{group}” have a stability index (PSI) of {value}; the limit is {high}.",
    ),
    "quiet_codes": (
        "自 {since} 起 {value}无企业变码，其间收到 {events} 条数据；{high}无变化且数据不少于 {least} 条即异常。",
        "No code has changed since {since}, {value}, while {events} events came in; "
        "{high} and {least} events are too many.",
    ),
    "quiet_data": (
        "最新数据的获知日为 {watermark}，已过 {value}；上限 {high}。",
        "The newest datum became known on {watermark}, {value} ago; the limit is {high}.",
    ),
    "events_in": (
        "{group}：最近 {days} 天发生 {value}；此前一年平均每 {days} 天 {usual} 条。",
        "{group}: {value} in the last {days} days; in the mean of the year before {usual} in as many days.",
    ),
    "red_rate": (
        "{kind}“{group}”：{enterprises} 家企业中 {red} 家红码，占 {value}（95% 区间 {interval}）；其余企业 {rest}。",
        "{kind} “{group}”: {red} of {enterprises} enterprises are RED, {value} (95% interval {interval}); "
        "of all others {rest}.",
    ),
    "feedback": (
        "同行业、同规模的企业中，近两年每多检查一次，码的位次变化 {value}（95% 区间 {interval}；正数表示更差）。"
        "这不能证明存在回路：检查本来就对准了高风险企业时，结果同样为正。",
        "Among firms of the same sector and size, each visit of the last two years moves the code's rank by {value} "
        "(95% interval {interval}; above 0 is worse). This does not prove a loop: visits that were rightly aimed at "
        "risky firms give the same sign.",
    ),
    "flip_flops": (
        "最近 {days} 天有 {flips} 次变码在 {within} 天内又变了回来，折合每年 {value}，上限 {high}。",
        "In the last {days} days {flips} codes went and came back within {within} days: {value}; the limit is {high}.",
    ),
    "missing": (
        "“{group}”最后一次有数值是 {last}，现在没有了。没有数值不等于正常。",
        "“{group}” last had a value on {last} and has none now. No value is not a pass.",
    ),
    "overrides_standing": ("当日生效的人工定码 {value} 件。", "{value} overrides stand on this day."),
    "objections_open": ("尚未决定的异议 {value} 件。", "{value} objections are not decided yet."),
}
NOT_KNOWN: Pair = ("数据不足，无法计算。", "There is too little to compute it.")
TOO_LITTLE: Pair = ("数据尚不足以判断。", "Too little to judge by.")
KNOWN_ALREADY: Pair = ("已由专人确认。", "A person has looked into it and takes it as it is.")

LOOK: dict[str, Pair] = {
    "codes_moved": (
        "查看当日变码理由（risk.change_reasons）：是规则或积分卡变更、整批数据更正，还是真实变化？若属已知变更，请确认知悉。",
        "Look at the reasons of the changes (risk.change_reasons): new rules or card, a bulk correction, or real? "
        "If it was meant, acknowledge it.",
    ),
    "psi_score": (
        "查看下列各因子中哪一个移动最多，再查其来源数据。",
        "See which factor below moved most, then the deliveries it comes from.",
    ),
    "psi": (
        "查看该因子的来源：字段含义、单位或报送范围是否改变，是否漏报或重报。",
        "Look at where the factor comes from: did a meaning, a unit or the coverage change, is something missing or "
        "sent twice?",
    ),
    "quiet_codes": (
        "数据进来而码不动：检查夜间运行的赋码日与获知日是否停在旧日期，事件是否对应到企业。",
        "Data came in and no code moved: check that the nightly run codes the right day and day of knowledge, and that "
        "events meet their enterprises.",
    ),
    "quiet_data": (
        "检查收件箱与报送单位：最近的送达是否被拒收（./riskcode rejects），窗口是否被冻结。",
        "Check the inbox and who delivers: were the last deliveries refused (./riskcode rejects), is a window frozen?",
    ),
    "events_in": (
        "联系该表的报送单位；只要其余数据仍在流入，码看似正常，实际缺少这一部分。",
        "Ask who delivers this table; while the rest flows on, the codes look healthy with this part missing.",
    ),
    "red_rate": (
        "查看该组红码的理由：差异来自真实隐患，还是报送口径、检查频次或规则本身？",
        "Look at the reasons of this group's RED codes: real hazards, or how it reports, how often it is visited, or "
        "the rules themselves?",
    ),
    "feedback": (
        "用双随机检查的结果对照（模型评估报告的反馈一节）；若随机检查中这些企业并不更差，应减少按次累加的分值。",
        "Compare with random draws (the model report's section on feedback): if these firms are no worse there, points "
        "that add up by visit are too heavy.",
    ),
    "flip_flops": (
        "查看反复变码企业的理由；若多在分档线附近，考虑延长观察期或加大裕度（codes.yaml 的 change）。",
        "Look at who flips and why; if most lie near a cut-off, consider a longer dwell or a wider margin "
        "(change in codes.yaml).",
    ),
    "missing": (
        "检查数据表、因子或分组是否被改名或删除；若属有意变更，请确认知悉。",
        "Check whether a table, factor or group was renamed or dropped; if it was meant, acknowledge it.",
    ),
}

ALL_GREEN: Pair = ("一切正常：没有警报。", "All is well: no alarm.")
ALARMS: Pair = ("{n} 项警报", "{n} alarms")
ONE_ALARM: Pair = ("1 项警报", "1 alarm")

_FORMS: dict[str, tuple[str, str, float]] = {
    "codes_moved": ("{:,.1f}‰/日", "{:,.1f} ‰ a day", 1),
    "psi_score": ("{:.3f}", "{:.3f}", 1),
    "psi": ("{:.3f}", "{:.3f}", 1),
    "quiet_codes": ("{:,.0f} 天", "{:,.0f} days", 1),
    "quiet_data": ("{:,.0f} 天", "{:,.0f} days", 1),
    "events_in": ("{:,.0f} 条", "{:,.0f} events", 1),
    "red_rate": ("{:.1f}%", "{:.1f}%", 100),
    "feedback": ("{:+.3f}", "{:+.3f}", 1),
    "flip_flops": ("{:,.1f}‰/年", "{:,.1f} ‰ a year", 1),
}


def number(metric: str, value: Any, at: int) -> str:
    """A value of a metric in Chinese (``at`` 0) or English (1), with its unit."""
    if value is None:
        return "–"
    zh, en, scale = _FORMS.get(metric, ("{:,.0f}", "{:,.0f}", 1))
    text = (zh, en)[at].format(value * scale).replace("-", "−")
    return text if value else text.lstrip("+−")


def title(metric: str, at: int) -> str:
    """What a metric is called; one there is no text for is shown by its key."""
    return TITLES.get(metric, (metric, metric))[at]


def bounds(row: Mapping[str, Any], at: int) -> str:
    """Where the alarm of a stored measure begins, below and above; nothing where it has no limit."""
    low, high = row["limit_low"], row["limit_high"]
    least, most = (number(row["metric"], end, at) for end in (low, high))
    if low is not None and high is not None:
        return f"{least} … {most}"
    if high is not None:
        return f"≤ {most}"
    return "" if low is None else f"≥ {least}"


def verdict(found: Sequence[Mapping[str, Any]], at: int) -> str:
    """The first thing to know: how many alarms, or that there is none."""
    alarms = sum(row["state"] == "alarm" for row in found)
    if alarms == 1:
        return ONE_ALARM[at]
    return ALARMS[at].format(n=alarms) if alarms else ALL_GREEN[at]


def group_of(kind: str, value: str, factors: Mapping[str, Pair]) -> Pair:
    """What a group is called; ``factors``: titles of the factors in force."""
    if kind == "division":
        return vocab.JINAN_DIVISIONS.get(value[:6], _unknown(value))
    if kind == "sector":
        labels = vocab.SECTOR.labels.get(value)
        return (labels[0], labels[1]) if labels else _unknown(value)
    if kind == "size":
        return _sized(value)
    if kind == "factor":
        return factors.get(value, (value, value))
    if kind == "table" and value in TABLES:
        return TABLES[value].zh, value.replace("_", " ")
    return value, value


def _unknown(value: str) -> Pair:
    return UNKNOWN if value in ("", "unknown") else (value, value)


def _sized(value: str) -> Pair:
    """A size class with the numbers of people it begins and ends with."""
    names = [name for _, name in SIZE_BINS]
    if value not in names:
        return _unknown(value)
    at = names.index(value)
    least = SIZE_BINS[at][0]
    span = f"{least:,}–{SIZE_BINS[at + 1][0] - 1:,}" if at + 1 < len(names) else f"≥ {least:,}"
    zh, en = SIZES[value]
    return f"{zh}（{span}人）", f"{en} ({span} people)"


def sentence(one: Measured, group: Pair, at: int) -> str:
    """What was found, in one or two sentences; ``at``: 0 Chinese, 1 English."""
    if one.value is None and one.metric != "missing":
        return NOT_KNOWN[at]
    told = {name: _told(name, value, at) for name, value in one.facts.items()}
    kind = GROUPS.get(one.group_kind, (one.group_kind, one.group_kind))[at]
    told |= {
        "group": group[at],
        "kind": kind if at == 0 else kind.capitalize(),
        "value": number(one.metric, one.value, at),
        "high": number(one.metric, one.limit_high, at),
        "interval": f"{number(one.metric, one.low, at)} … {number(one.metric, one.high, at)}",
    }
    text = SENTENCES[one.metric][at].format(**told)
    more = {"unknown": TOO_LITTLE, "acknowledged": KNOWN_ALREADY}.get(one.state)
    return text if more is None else f"{text}{'' if at == 0 else ' '}{more[at]}"


def look(one: Measured, at: int) -> str:
    """What to look at; nothing where there is no alarm."""
    return LOOK[one.metric][at] if one.state == "alarm" else ""


def told(found: Sequence[Measured], factors: Mapping[str, Pair]) -> pl.DataFrame:
    """Text columns of ``risk.monitoring``, one row a measure: its group, what was found, what to look at."""
    groups = [
        missing_group(one, factors)
        if one.metric == "missing"
        else group_of(one.group_kind, one.group_value, factors)
        for one in found
    ]
    said = dict[str, list[str]]()
    for at, language in enumerate(("zh", "en")):
        said[f"group_{language}"] = [group[at] for group in groups]
        said[f"text_{language}"] = [
            sentence(one, group, at) for one, group in zip(found, groups, strict=True)
        ]
        said[f"look_{language}"] = [look(one, at) for one in found]
    return pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))


def missing_group(one: Measured, factors: Mapping[str, Pair]) -> Pair:
    """Which measure is gone: its title and its group."""
    names = group_of(one.facts["kind"], one.facts["group"], factors)
    zh, en = (title(one.group_kind, at) for at in (0, 1))
    return (f"{zh}·{names[0]}", f"{en}: {names[1]}") if names[0] else (zh, en)


def _told(name: str, value: Any, at: int) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if name == "rest":
        return number("red_rate", value, at)
    return f"{value:,}" if isinstance(value, int) else str(value)
