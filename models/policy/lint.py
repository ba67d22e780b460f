"""What a pack says that is sound but cannot be meant: faults the loader lets pass.

The loader refuses what cannot be computed with.  This finds what can, and would mislead: a factor that moves no score,
a cut-off nobody can reach, a rule that never speaks, a law without its article.  An *error* must be put right before
a pack is activated; a *warning* may be meant.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel

from models.features import FEATURES
from models.policy.learning import FORBIDDEN, directions_of
from models.policy.pack import Policy
from models.policy.planning import CapRow
from models.policy.shape import (
    Band,
    Condition,
    DatedValue,
    FactorEntry,
    Provenance,
    RuleEntry,
    RuleValue,
    Words,
)
from models.vocabulary import CODE_LISTS, RiskCode

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


def _finding(fault: str, file: str, field: str, **told: object) -> Finding:
    severity, zh, en = FAULTS[fault]
    return Finding(severity, fault, file, field, zh.format(**told), en.format(**told))


LEAST_REFERENCE = 6
"""Characters of a reference below which it can name no source."""

_PLACEHOLDER = re.compile(r"TODO|TBD|FIXME|XXX|\?\?\?|待定|待补|待填|待查")
_SOURCE_OF_LAW = re.compile(
    r"\bart\. ?\d|§ ?\d|第[〇一二三四五六七八九十百\d]+条|[〔\[（(]\d{4}[〕\]）)]|\d ?号|(?:GB|AQ|DB)\S* ?\d"
)
"""An article of a law, or the number of a document or standard."""

_INSPECTOR_OR_OWNER = re.compile(
    r"inspector|officer|crew|department|(?<!industry_)division|district|enforcing_level|owner|shareholder|legal_person|enterprise_id|name$"
)
"""Features that say who inspects, where, or who owns; a code must not depend on them."""

_NO_WAY_OUT = ("", "-", "–", "—", "无", "没有", "none", "n/a", "no", "nothing")

LARGEST: Mapping[str, int] = {"last_result": 5, "high_hazard": 1, "major_hazard_source": 4}
"""Features with a greatest value by definition.  All features are 0 or more."""

_CATEGORIES = {codes.name: frozenset(codes.keys) for codes in CODE_LISTS}


def lint(policy: Policy) -> tuple[Finding, ...]:
    """All faults of a pack, errors first, then by file and field."""
    found = {
        *_references(policy),
        *_features(policy),
        *_factors(policy),
        *_cut_offs(policy),
        *_rules(policy),
        *_changes(policy),
        *_scales(policy),
        *_dates(policy),
        *_caps(policy),
    }
    return tuple(sorted(found, key=lambda one: (one.severity, one.file, one.field, one.en)))


def has_errors(found: Iterable[Finding]) -> bool:
    """Whether a pack must not be activated."""
    return any(one.severity == "error" for one in found)


# ---- where numbers come from -----------------------------------------------------------------------------


def _references(policy: Policy) -> Iterator[Finding]:
    for file, model in _files(policy).items():
        for field, told in _provenances(model):
            text = told.reference.strip()
            if _PLACEHOLDER.search(text):
                yield _finding("placeholder", file, field, text=text)
            elif len(text) < LEAST_REFERENCE:
                yield _finding("short_reference", file, field, text=text)
            elif told.basis == "law" and not _SOURCE_OF_LAW.search(text):
                yield _finding("law_without_article", file, field, text=text)


def _files(policy: Policy) -> dict[str, BaseModel]:
    return {
        "features": policy._features,
        "scorecard": policy._card,
        "codes": policy._codes,
        "learning": policy._learning,
        "planning": policy._planning,
        "caps": policy._caps,
        "review": policy._review,
    }


def _provenances(node: Any, field: str = "") -> Iterator[tuple[str, Provenance]]:
    """Every value with a source below a node, with its place."""
    if isinstance(node, Provenance):
        yield field, node
    elif isinstance(node, BaseModel):
        title = next(
            (getattr(node, key) for key in ("rule", "factor", "label", "channel") if hasattr(node, key)), None
        )
        for name in type(node).model_fields:
            part = title if name == "values" else f"{title}.{name}" if title else name
            yield from _provenances(getattr(node, name), _joined(field, part or ""))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _provenances(value, _joined(field, f"{key}"))
    elif isinstance(node, list):
        for value in node:
            yield from _provenances(value, field)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part and part != "values" and part not in ("rules", "factors"))


# ---- what is read ----------------------------------------------------------------------------------------


def _features(policy: Policy) -> Iterator[Finding]:
    for file, field, feature, is_points in _read(policy):
        if _INSPECTOR_OR_OWNER.search(feature):
            yield _finding("inspector_or_owner", file, field, feature=feature)
        elif feature not in FEATURES:
            yield _finding("unknown_feature", file, field, feature=feature)
        elif is_points and feature in FORBIDDEN:
            yield _finding("forbidden_feature", file, field, feature=feature, why=FORBIDDEN[feature])


def _read(policy: Policy) -> Iterator[tuple[str, str, str, bool]]:
    """Every feature that decides something: file, field, feature, and whether it gives points."""
    for factor in policy._card.factors:
        yield "scorecard", factor.factor, factor.feature, True
    for rule in policy._codes.rules:
        for dated in rule.values.values():
            yield from (("codes", rule.rule, one.feature, False) for one in dated.value.when)
            if dated.value.expires:
                yield "codes", rule.rule, dated.value.expires.days_since, False
    for dated in policy._codes.sufficiency.values.values():
        for group in dated.value.any_of:
            yield from (("codes", "sufficiency", one.feature, False) for one in group)
    for dated in policy._learning.candidates.values.values():
        # What may stand there besides unknown names, the loader sees to.
        yield from (("learning", "candidates", one.feature, False) for one in dated.value)


# ---- points ----------------------------------------------------------------------------------------------


def _factors(policy: Policy) -> Iterator[Finding]:
    newest = policy._learning.candidates.values
    directions = directions_of(newest[max(newest)].value)
    for entry in policy._card.factors:
        direction = directions.get(entry.feature)
        for start, value in entry.values.items():
            yield from _points(entry, start, value.points, value.missing, direction)


def _points(
    entry: FactorEntry,
    start: date,
    points: Mapping[int, int] | Mapping[str, int],
    missing: int,
    direction: str | None,
) -> Iterator[Finding]:
    field = f"{entry.factor}.{start}"
    if len({*points.values(), missing}) == 1:
        yield _finding("no_effect", "scorecard", field)
    if all(isinstance(key, int) for key in points):
        ordered = [points for _, points in sorted((int(key), value) for key, value in points.items())]
        yield from _monotone(field, ordered, direction)
        return
    known = _CATEGORIES.get(entry.feature)
    if (
        entry.feature in FEATURES
        and known is None
        and entry.feature not in ("industry_division", "track_record")
    ):
        yield _finding("not_categories", "scorecard", field, feature=entry.feature)
    for key in sorted(str(key) for key in points):
        if known is not None and key not in known:
            yield _finding("unknown_category", "scorecard", field, feature=entry.feature, key=key)
    for key in sorted((known or frozenset()) - {str(key) for key in points}):
        yield _finding("unnamed_category", "scorecard", field, key=key)


def _monotone(field: str, ordered: Sequence[int], direction: str | None) -> Iterator[Finding]:
    if direction == "free":
        return
    rises = all(a <= b for a, b in pairwise(ordered))
    falls = all(a >= b for a, b in pairwise(ordered))
    if not rises and not falls:
        yield _finding("not_monotone", "scorecard", field)
    elif (direction == "up" and not rises) or (direction == "down" and not falls):
        yield _finding("wrong_direction", "scorecard", field, direction=direction)


def _cut_offs(policy: Policy) -> Iterator[Finding]:
    for day in _days(policy):
        card = policy._scorecard_on(day)
        limits = policy._codes.thresholds.on(day, name="thresholds").value
        most = sum(max(*factor.points.values(), factor.missing) for factor in card.factors)
        least = sum(min(*factor.points.values(), factor.missing) for factor in card.factors)
        for code, limit in limits:
            if most < limit:
                yield _finding("unreachable", "codes", f"thresholds.{code}", most=most, limit=limit, day=day)
        if least >= limits.blue:
            yield _finding("never_green", "codes", "thresholds.blue", least=least, day=day)


def _days(policy: Policy) -> list[date]:
    """Days on which something that decides codes changes and the whole pack has values."""
    starts = {min(factor.values) for factor in policy._card.factors} | {min(policy._codes.thresholds.values)}
    first = max(starts)
    return [first, *policy.changes_between(first, date.max)]


# ---- rules -----------------------------------------------------------------------------------------------


def _rules(policy: Policy) -> Iterator[Finding]:
    rules = policy._codes.rules
    for rule in rules:
        if rule.kind == "veto" and _says_no_way_out(rule.clearing):
            for start, dated in rule.values.items():
                if dated.value.expires is None:
                    yield _finding("no_way_out", "codes", f"{rule.rule}.{start}")
        for start, dated in rule.values.items():
            yield from _conditions(f"{rule.rule}.{start}", dated.value)
    for day in {start for rule in rules for start in rule.values}:
        yield from _implied([(rule, _value_on(rule, day)) for rule in rules if min(rule.values) <= day])


def _says_no_way_out(clearing: Words) -> bool:
    return any(text.strip().lower() in _NO_WAY_OUT for text in (clearing.zh, clearing.en))


def _value_on(rule: RuleEntry, day: date) -> RuleValue:
    return rule.values[max(start for start in rule.values if start <= day)].value


@dataclass(frozen=True)
class _Range:
    """The values of one feature that fulfil all conditions on it; ``among``: the categories, where it has some."""

    least: int
    most: float
    among: frozenset[str] | None

    @property
    def is_empty(self) -> bool:
        return self.least > self.most or (self.among is not None and not self.among)

    def lies_in(self, other: "_Range") -> bool:
        among = other.among is None or (self.among is not None and self.among <= other.among)
        return self.least >= other.least and self.most <= other.most and among


def _ranges(conditions: Sequence[Condition]) -> dict[str, _Range]:
    found: dict[str, _Range] = {}
    for one in conditions:
        held = found.get(
            one.feature, _Range(0, LARGEST.get(one.feature, float("inf")), _CATEGORIES.get(one.feature))
        )
        among = held.among
        if one.one_of is not None:
            among = frozenset(one.one_of) if among is None else among & frozenset(one.one_of)
        found[one.feature] = _Range(
            held.least if one.at_least is None else max(held.least, one.at_least),
            held.most if one.at_most is None else min(held.most, one.at_most),
            among,
        )
    return found


def _conditions(field: str, value: RuleValue) -> Iterator[Finding]:
    for feature, one in _ranges(value.when).items():
        if one.is_empty:
            yield _finding("never_holds", "codes", field, feature=feature)
        elif (
            value.expires and value.expires.days_since == feature and one.most + 1 != value.expires.after_days
        ):
            yield _finding("wrong_expiry", "codes", field, feature=feature, days=value.expires.after_days)


def _implied(rules: Sequence[tuple[RuleEntry, RuleValue]]) -> Iterator[Finding]:
    """Rules that never decide: another one, as hard or harder, holds whenever they do."""
    for at, (rule, value) in enumerate(rules):
        mine = _ranges(value.when)
        if any(one.is_empty for one in mine.values()):
            continue  # It never holds, which is told elsewhere.
        for other_at, (other, theirs) in enumerate(rules):
            if at == other_at or RiskCode[theirs.code.upper()] < RiskCode[value.code.upper()]:
                continue
            if rule.kind == "veto" and other.kind == "floor":
                continue  # Overrides give way to vetoes alone.
            wider = _ranges(theirs.when)
            implied = all(name in mine and mine[name].lies_in(one) for name, one in wider.items())
            # Of two that say the same, the first one is told to decide.
            same = mine == wider and theirs.code == value.code and rule.kind == other.kind
            if implied and not (same and at < other_at):
                yield _finding("never_decides", "codes", rule.rule, other=other.rule)


# ---- the rest --------------------------------------------------------------------------------------------


def _changes(policy: Policy) -> Iterator[Finding]:
    for start, dated in policy._codes.change.values.items():
        for code, days in dated.value.dwell_days:
            if days == 0:
                yield _finding("no_dwell", "codes", f"change.{start}.dwell_days.{code}")
        limits = policy._codes.thresholds.on(
            max(start, min(policy._codes.thresholds.values)), name="thresholds"
        ).value
        narrowest = min(limits.red - limits.yellow, limits.yellow - limits.blue)
        if dated.value.margin >= narrowest:
            yield _finding(
                "wide_margin",
                "codes",
                f"change.{start}.margin",
                margin=dated.value.margin,
                narrowest=narrowest,
            )


def _scales(policy: Policy) -> Iterator[Finding]:
    """Scales that run the wrong way: graver things weigh more, older ones less."""
    file = policy._features
    for name, order, dated in (
        ("severity_points", ("minor", "general", "serious", "critical"), file.severity_points),
        ("alert_points", ("blue", "yellow", "orange", "red"), file.alert_points),
    ):
        for start, one in dated.values.items():
            if any(one.value[a] > one.value[b] for a, b in pairwise(order)):
                yield _finding("graver_for_less", "features", f"{name}.{start}")
    for name, dated in (("violation_bands", file.violation_bands), ("alert_bands", file.alert_bands)):
        for start, one in dated.values.items():
            if any(a.weight < b.weight for a, b in pairwise(sorted(one.value, key=_age))):
                yield _finding("older_for_more", "features", f"{name}.{start}")


def _age(band: Band) -> int:
    return band.upto_days


def _dates(policy: Policy) -> Iterator[Finding]:
    """Values that begin later than the others leave days without rules; values that repeat the last one say nothing."""
    found = [
        (file, field, values) for file, model in _files(policy).items() for field, values in _dated(model)
    ]
    first = min(min(values) for _, _, values in found)
    for file, field, values in found:
        begins = min(values)
        if begins > first:
            yield _finding("gap", file, field, begins=begins, first=first)
        for before, after in pairwise(sorted(values)):
            if values[before] == values[after]:
                yield _finding("says_the_same", file, f"{field}.{after}")


def _dated(node: Any, field: str = "") -> Iterator[tuple[str, dict[date, Any]]]:
    """Every set of dated values below a node, with its place; of each value what it says, not where it comes from."""
    if not isinstance(node, BaseModel):
        for one in node if isinstance(node, list) else ():
            yield from _dated(one, field)
        return
    values: dict[date, Any] | None = getattr(node, "values", None)
    if isinstance(values, dict):
        title = next(
            (getattr(node, key) for key in ("rule", "factor", "label", "channel") if hasattr(node, key)), ""
        )
        yield _joined(field, title), {day: _said(one) for day, one in values.items()}
        return
    for name in type(node).model_fields:
        yield from _dated(getattr(node, name), name)


def _said(dated: Any) -> Any:
    return dated.value if isinstance(dated, DatedValue) else dated.model_dump(exclude={"basis", "reference"})


def _caps(policy: Policy) -> Iterator[Finding]:
    for start, dated in policy._caps.caps.values.items():
        for at, row in enumerate(dated.value):
            if any(_covers(earlier, row) for earlier in dated.value[:at]):
                yield _finding("covered_cap", "caps", f"caps.{start}.{at + 1}", title=row.title)
            if row.most == 0:
                yield _finding("cap_of_nothing", "caps", f"caps.{start}.{at + 1}")


def _covers(earlier: CapRow, row: CapRow) -> bool:
    pairs = (
        (earlier.sectors, row.sectors),
        (earlier.standardisation, row.standardisation),
        (earlier.codes, row.codes),
    )
    return all(wide is None or (narrow is not None and set(narrow) <= set(wide)) for wide, narrow in pairs)
