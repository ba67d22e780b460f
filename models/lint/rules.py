"""Rules that can never hold, hold always, or leave no way out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.features import CATALOGUE
from models.lint.faults import Finding, finding
from models.policy.pack import Policy
from models.policy.shape import Condition, RuleEntry, RuleValue, Words
from models.vocabulary import CODE_LISTS, RiskCode

_NO_WAY_OUT = ("", "-", "–", "—", "无", "没有", "none", "n/a", "no", "nothing")


CATEGORIES = {codes.name: frozenset(codes.keys) for codes in CODE_LISTS}


def rule_findings(policy: Policy) -> Iterator[Finding]:
    """Rules that never hold, always hold, or leave no way out."""
    rules = policy.files.codes.rules
    for rule in rules:
        if rule.kind == "veto" and _says_no_way_out(rule.clearing):
            for start, dated in rule.values.items():
                if dated.value.expires is None:
                    yield finding("no_way_out", "codes", f"{rule.name}.{start}")
        for start, dated in rule.values.items():
            yield from _conditions(f"{rule.name}.{start}", dated.value)
    for day in {start for rule in rules for start in rule.values}:
        begun = [rule for rule in rules if rule.start_on(day)]
        yield from _implied([(rule, rule.on(day, name=rule.name).value) for rule in begun])


def _says_no_way_out(clearing: Words) -> bool:
    return any(text.strip().lower() in _NO_WAY_OUT for text in (clearing.zh, clearing.en))


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


def _largest(feature: str) -> float:
    """The greatest value there can be.  All features are 0 or more."""
    most = CATALOGUE[feature].most if feature in CATALOGUE else None
    return float("inf") if most is None else most


def _ranges(conditions: Sequence[Condition]) -> dict[str, _Range]:
    found: dict[str, _Range] = {}
    for one in conditions:
        held = found.get(one.feature, _Range(0, _largest(one.feature), CATEGORIES.get(one.feature)))
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
            yield finding("never_holds", "codes", field, feature=feature)
        elif (
            value.expires and value.expires.days_since == feature and one.most + 1 != value.expires.after_days
        ):
            yield finding("wrong_expiry", "codes", field, feature=feature, days=value.expires.after_days)


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
            # Of two that give the same, the first one is told to decide.
            same = theirs.code == value.code and rule.kind == other.kind
            if implied and not (same and at < other_at):
                yield finding("never_decides", "codes", rule.name, other=other.name)
