"""Whether more acts never hurt under a policy.  Proved from the policy, not assumed.

Acts move each feature one way: those of ``LOWERED`` never up, those of ``RAISED`` never down, and none but these
and the three below (a test holds the features against the lists).  If points never fall as a feature of ``LOWERED``
grows, nor rise as one of ``RAISED`` does, and rules and sufficiency are of the same mind, then more acts never make
the facts of any day worse.  The change rules keep it so: of two courses of facts the one that is never worse never
has the worse code.

``slow_alerts`` grows when alerts are answered late, so the search treats answering as a case of its own.
``unchecked_major_hazards`` begins when a major hazard is put right; that hurts nobody if an open one is a veto at
least as bad.  ``track_record``, and the width of the rate's interval, follow no such law: with them nothing is taken
for granted.
"""

from collections.abc import Sequence

from models.coding.timeline import InForce
from models.coding.verdicts import tested_features
from models.features import CATALOGUE
from models.features.measures import Age
from models.policy import CodePolicy, Condition, PolicyOnDay, Rule
from models.scorecard import Factor
from models.vocabulary import RiskCode

LOWERED = CATALOGUE.moved("lower")
"""Features that no act raises; what is empty may become 0, or as many days as have passed since (``AGES``)."""
AGES = frozenset(name for name in LOWERED if isinstance(CATALOGUE[name].measure, Age))
RAISED = CATALOGUE.moved("raise")
"""Features that no act lowers."""
SLOW = "slow_alerts"
UNCHECKED = "unchecked_major_hazards"
UNRULY = CATALOGUE.moved("either") - {SLOW, UNCHECKED}


def more_helps(rules: Sequence[InForce]) -> bool:
    """Whether, under all of these rules, a larger set of acts works whenever a smaller one does.

    Sets that differ in answering alerts are not compared where ``slow_alerts`` counts.
    """
    longest = max(max(one.policy.codes.change.dwell_days.model_dump().values()) for one in rules)
    return all(_facts_follow(one.policy, longest) and not _has_interval(one) for one in rules)


def answering_may_hurt(rules: Sequence[InForce]) -> bool:
    """Whether alerts answered late can count against an enterprise."""
    return any(SLOW in _read(one.policy) for one in rules)


def _read(policy: PolicyOnDay) -> set[str]:
    tested = {condition.feature for condition in tested_features(policy.codes)}
    return {*policy.scorecard.features, *tested}


def _has_interval(rules: InForce) -> bool:
    widest = rules.policy.codes.sufficiency.widest_interval_permille
    return bool(widest and rules.card and rules.card.priors)


def _facts_follow(policy: PolicyOnDay, days: int) -> bool:
    """Whether more acts never make the facts worse, on any of so many days after they are done."""
    codes = policy.codes
    return (
        not UNRULY & _read(policy)
        and all(_points_follow(factor, days) for factor in policy.scorecard.factors)
        and all(_speaks_against(test, days) for rule in codes.rules for test in _moved(rule.when))
        and all(_speaks_for(test) for group in codes.sufficiency.any_of for test in _moved(group))
        and _unchecked_is_no_worse(codes)
    )


def _points_follow(factor: Factor, days: int) -> bool:
    if factor.feature == UNCHECKED:
        return False
    if factor.feature not in LOWERED | RAISED:
        return True
    if not factor.is_numeric:
        return False
    first, *further = factor.bins
    points = [one.points for one in factor.bins]
    if factor.feature in RAISED:
        return points == sorted(points, reverse=True)
    once_known = [one.points for one in further if one.least <= _highest_once_known(factor.feature, days)]
    return points == sorted(points) and max([first.points, *once_known]) <= factor.missing


def _highest_once_known(feature: str, days: int) -> int:
    """The highest value that an act gives a feature that was empty."""
    return days if feature in AGES else 0


def _moved(conditions: Sequence[Condition]) -> list[Condition]:
    return [one for one in conditions if one.feature in LOWERED | RAISED]


def _speaks_against(condition: Condition, days: int) -> bool:
    """A condition of a rule that acts can only end.  What is empty holds none, so being known must not either."""
    if condition.one_of is not None:
        return False
    if condition.feature in RAISED:
        return condition.at_least is None
    least = condition.at_least or 0
    return condition.at_most is None and least > _highest_once_known(condition.feature, days)


def _speaks_for(condition: Condition) -> bool:
    """A condition of sufficiency that acts can only bring about."""
    if condition.one_of is not None:
        return False
    return (condition.at_least if condition.feature in LOWERED else condition.at_most) is None


def _unchecked_is_no_worse(codes: CodePolicy) -> bool:
    """Whether a hazard put right but unchecked is never worse than one that is open."""
    if any(test.feature == UNCHECKED for group in codes.sufficiency.any_of for test in group):
        return False
    worst = max((_rank(rule) for rule in codes.rules if _tests(rule, UNCHECKED)), default=0)
    return worst <= max((_rank(rule) for rule in codes.rules if _is_open_veto(rule)), default=0)


def _is_open_veto(rule: Rule) -> bool:
    [first, *others] = rule.when
    return (
        rule.kind == "veto" and not others and first.feature == "open_major_hazards" and first.at_least == 1
    )


def _tests(rule: Rule, feature: str) -> bool:
    return any(condition.feature == feature for condition in rule.when)


def _rank(rule: Rule) -> int:
    return int(RiskCode[rule.code.upper()])
