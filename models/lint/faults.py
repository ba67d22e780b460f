"""Faults a pack can have, each with its severity."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """A fault of a pack: how grave, of which kind, in which file (name without ending), about which field, in words."""

    severity: Severity
    fault: str
    file: str
    field: str
    zh: str
    en: str


FAULTS: dict[str, tuple[Severity, str, str]] = {
    "placeholder": ("error", "出处待定：{text}", "the reference is a placeholder: {text}"),
    "short_reference": ("error", "出处过短：{text}", "the reference is too short to name a source: {text}"),
    "law_without_article": (
        "error",
        "性质为法律，但出处没有条款号或文号：{text}",
        "basis is law, but the reference names no article and no document number: {text}",
    ),
    "inspector_or_owner": (
        "error",
        "{feature} 表明由谁检查、在何地或归谁所有，不得影响赋码",
        "{feature} says who inspects, where, or who owns; a code must not depend on it",
    ),
    "unknown_feature": ("error", "没有名为 {feature} 的特征", "there is no feature called {feature}"),
    "forbidden_feature": ("error", "{feature} 不得计分", "{feature} may give no points: {why}"),
    "no_effect": (
        "warning",
        "各档分值相同，该因素不影响得分差别",
        "all points are equal: the factor tells nobody from anybody",
    ),
    "not_categories": (
        "error",
        "{feature} 是数值，不是类别",
        "{feature} is a number and has no categories",
    ),
    "unknown_category": ("error", "{feature} 没有类别 {key}", "{feature} has no category {key}"),
    "unnamed_category": (
        "warning",
        "类别 {key} 未列出，按缺失计分",
        "category {key} is not named and gets the points of what is missing",
    ),
    "not_monotone": ("warning", "分值有升有降", "points go up and down again as the value grows"),
    "wrong_direction": (
        "warning",
        "分值变化方向与 learning.yaml 所列方向（{direction}）相反",
        "points do not go {direction} as the value grows, as learning.yaml says",
    ),
    "unreachable": (
        "error",
        "最高可得{most}分，达不到{limit}分（{day}起）",
        "no score can reach {limit}: the most there can be is {most} (from {day})",
    ),
    "never_green": (
        "error",
        "最低也有{least}分，按得分不会有绿码（{day}起）",
        "no score can be GREEN: the least there can be is {least} (from {day})",
    ),
    "no_way_out": (
        "error",
        "否决项既无期限，也没有解除办法",
        "a veto that neither ends by itself nor says what clears it",
    ),
    "never_holds": (
        "error",
        "规则永不成立：{feature} 没有这样的值",
        "the rule can never hold: no value of {feature} fulfils it",
    ),
    "wrong_expiry": (
        "warning",
        "失效天数（{days}）与关于 {feature} 的条件不符",
        "the rule says it ends after {days} days, its condition on {feature} does not",
    ),
    "never_decides": (
        "warning",
        "从不起作用：{other} 总是同时成立且不轻于它",
        "never decides: {other} holds whenever it does, and is no milder",
    ),
    "no_dwell": ("warning", "没有观察期，码会来回跳动", "no dwell: codes will flip back and forth"),
    "wide_margin": (
        "warning",
        "余量{margin}分不小于最窄的分档（{narrowest}分）",
        "a margin of {margin} points is as wide as the narrowest band ({narrowest})",
    ),
    "graver_for_less": ("warning", "较重的反而分值较低", "something graver has fewer points"),
    "older_for_more": ("warning", "较早的反而权重较高", "something older weighs more"),
    "gap": (
        "warning",
        "自{begins}起才有值，其他自{first}起；此前的日期不能赋码",
        "has no value before {begins}, others begin {first}: days in between cannot be coded",
    ),
    "says_the_same": ("warning", "与上一个值相同", "says the same as the value before it"),
    "covered_cap": (
        "warning",
        "“{title.zh}”永不适用：前面的行已包括",
        "'{title.en}' never applies: a row before it fits whoever it fits",
    ),
    "cap_of_nothing": ("warning", "上限为0，不得检查", "a cap of 0: nobody of this class may be visited"),
}
"""Everything that is looked for: how grave it is, and what is said of it (zh, en)."""


def finding(fault: str, file: str, field: str, **told: object) -> Finding:
    """A fault of the list at a place, in words."""
    severity, zh, en = FAULTS[fault]
    return Finding(severity, fault, file, field, zh.format(**told), en.format(**told))
