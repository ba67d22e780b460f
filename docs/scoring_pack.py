"""The tables of ``docs/scoring.md`` that need nothing but the policy pack."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from desk.say.markdown import table
from docs.markers import basis_and_reference
from models.policy import Condition, PolicyOnDay, Rule, load_policy
from models.scorecard import Factor

DAY = date(2026, 6, 30)


def pack_blocks() -> dict[str, str]:
    """Blocks that need nothing but the policy pack; a test compares them with the document."""
    policy = load_policy().on(DAY)
    return {
        "numbers": _numbers(),
        "factors": _factors(policy.scorecard.factors),
        "rules": _rules(policy),
        "thresholds": _thresholds(policy),
    }


def _numbers() -> str:
    files = load_policy().files
    rows: list[tuple[str, ...]] = []
    told = {name: getattr(files.features, name) for name in type(files.features).model_fields}
    for name, history in (told | {"off_site_settles": files.codes.off_site_settles}).items():
        dated = history.on(DAY, name=name)
        rows.append((f"`{name}`", _value(dated.value), *basis_and_reference(dated)))
    return table(("number", "value", "basis", "reference"), rows)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number}" for key, number in value.items())
    if isinstance(value, list):
        bands = (one if isinstance(one, str) else f"≤ {one.upto_days} d ×{one.weight}" for one in value)
        return ", ".join(bands) or "nothing"
    if hasattr(value, "prior_points"):
        return (
            f"{_value(value.points)}; {value.window_days} days; "
            f"prior {value.prior_points} points in {value.prior_visits} visits"
        )
    return str(value)


def _factors(factors: Sequence[Factor]) -> str:
    rows = [
        (
            f"`{factor.name}`",
            f"{factor.title_zh} · {factor.title_en}",
            _points(factor),
            f"{factor.missing:+d}" if factor.missing else "0",
            factor.basis,
            factor.reference,
        )
        for factor in factors
    ]
    return table(("factor", "what", "points", "unknown", "basis", "reference"), rows)


def _points(factor: Factor) -> str:
    sign = "≥ " if factor.is_numeric else ""
    return ", ".join(
        f"{sign}{bin_}: {points:+d}" if points else f"{sign}{bin_}: 0"
        for bin_, points in factor.points.items()
    )


def _rules(policy: PolicyOnDay) -> str:
    rows = [_rule(rule) for rule in policy.codes.rules]
    enough = " or ".join(
        " and ".join(_condition(one) for one in group) for group in policy.codes.sufficiency.any_of
    )
    rows.append(
        (
            "`unrated`",
            "floor",
            policy.codes.sufficiency.provisional_floor.upper(),
            f"{policy.codes.sufficiency_title.zh}: not ({enough})",
            "–",
            f"{policy.codes.sufficiency_clearing.zh} · {policy.codes.sufficiency_clearing.en}",
            *basis_and_reference(policy.codes.provenance["sufficiency"]),
        )
    )
    return table(
        ("rule", "kind", "gives", "when", "ends by itself", "cleared by", "basis", "reference"), rows
    )


def _rule(rule: Rule) -> tuple[str, ...]:
    when = " and ".join(_condition(one) for one in rule.when)
    ends = f"{rule.expires.after_days} days after (`{rule.expires.days_since}`)" if rule.expires else "–"
    return (
        f"`{rule.name}`",
        rule.kind,
        rule.code.upper(),
        f"{rule.title.zh}: {when}",
        ends,
        f"{rule.clearing.zh} · {rule.clearing.en}",
        *basis_and_reference(rule.provenance),
    )


def _condition(one: Condition) -> str:
    tests = [
        f"≥ {one.at_least}" if one.at_least is not None else "",
        f"≤ {one.at_most}" if one.at_most is not None else "",
        f"in {', '.join(one.one_of)}" if one.one_of is not None else "",
    ]
    return f"`{one.feature}` {' and '.join(test for test in tests if test)}"


def _thresholds(policy: PolicyOnDay) -> str:
    limits, days = policy.codes.thresholds, policy.queue.red_visit_working_days
    return (
        f"Pack `{policy.pack}` {policy.version}: GREEN below {limits.blue}, BLUE ≥ {limits.blue}, "
        f"YELLOW ≥ {limits.yellow}, RED ≥ {limits.red} points "
        f"({policy.codes.provenance['thresholds'].basis}). A RED enterprise gets one special inspection within "
        f"{days} working days ({policy.queue.provenance.basis}: {policy.queue.provenance.reference})."
    )
