"""The gate: what a challenger must reach before a person may put it in force.

The gate judges, a person decides: passing allows a promotion, it never makes one.  What is not known (NaN) does
not pass: a card that could not be measured has shown nothing.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from operator import ge, le
from typing import Any, NamedTuple

from models.learning.effects import Effects
from models.messages import N_, Label, Message, joined
from models.policy import FORBIDDEN, Gate
from models.scorecard import Factor, Scorecard
from models.vocabulary import DIVISION, GROUPED_BY, SECTOR, SIZE_CLASS


class GroupShare(NamedTuple):
    """How often a group of ``n`` enterprises is flagged, as a multiple of all; unknown while nobody is flagged.

    ``champion_ratio``: the same under the champion.
    """

    kind: str
    group: str
    n: int
    ratio: float | None
    champion_ratio: float | None


@dataclass(frozen=True)
class GateInputs:
    """Challenger against champion on the final periods, which neither learnt from.

    ``auc_difference``: challenger less champion, with its paired bootstrap interval ``auc_low``, ``auc_high``.
    ``precision_ratio``: precision at capacity, challenger over champion.  ``periods``: final periods compared.
    ``migration``, ``two_band_moves``: share of today's enterprises whose code would change, by two or three
    bands.  ``moves``: enterprises by (code now, code then).  ``challenger``, ``champion``: measures by name.
    ``against``: id of the champion, ``None`` for the expert pack.  ``opponent_difference``: AUC of the challenger
    less that of the best simple rule, with its paired bootstrap interval ``opponent_low``, ``opponent_high``.
    ``effects``: what would change for today's enterprises; evaluations of former versions have none.
    """

    auc_difference: float
    auc_low: float
    auc_high: float
    precision_ratio: float
    migration: float
    two_band_moves: float
    periods: int
    parity: tuple[GroupShare, ...] = ()
    monotonicity_breaches: tuple[str, ...] = ()
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    challenger: Mapping[str, float] = field(default_factory=dict[str, float])
    champion: Mapping[str, float] = field(default_factory=dict[str, float])
    against: str | None = None
    opponent_difference: float = math.nan
    opponent_low: float = math.nan
    opponent_high: float = math.nan
    effects: Effects | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, readable as JSON: unknown numbers are null, ``moves`` and ``parity`` rows."""
        plain = {name: _known(value) for name, value in vars(self).items()}
        return plain | {
            "parity": [
                {name: _known(value) for name, value in GroupShare(*one)._asdict().items()}
                for one in self.parity
            ],
            "monotonicity_breaches": list(self.monotonicity_breaches),
            "moves": [{"from": old, "to": new, "enterprises": n} for (old, new), n in self.moves.items()],
            "challenger": {name: _known(value) for name, value in self.challenger.items()},
            "champion": {name: _known(value) for name, value in self.champion.items()},
            "effects": self.effects.to_dict() if self.effects else None,
        }


Say = Callable[[Message], Mapping[str, str]]
"""Says a message in every language that tables keep."""


@dataclass(frozen=True)
class Finding:
    """What one rule of the gate found; ``value`` is held against ``limit``."""

    name: str
    passed: bool
    sentence: Message
    value: float
    limit: float

    def to_dict(self, say: Say) -> dict[str, Any]:
        """Plain data, readable as JSON, as it is kept with a promotion; ``say`` gives the sentence by language."""
        return {
            "name": self.name,
            "passed": self.passed,
            "value": _known(self.value),
            "limit": self.limit,
            **say(self.sentence),
        }


@dataclass(frozen=True)
class GateResult:
    """All findings, in the order they are shown."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no rule refuses."""
        return all(finding.passed for finding in self.findings)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The rules that refuse."""
        return tuple(finding for finding in self.findings if not finding.passed)

    @property
    def refusal(self) -> Message:
        """Why the gate refuses."""
        return joined((finding.sentence for finding in self.refusals), N_("{said}; {more}"))

    def to_dict(self, say: Say) -> dict[str, Any]:
        """Plain data, readable as JSON."""
        return {"passed": self.passed, "findings": [finding.to_dict(say) for finding in self.findings]}


def judge(inputs: GateInputs, gate: Gate) -> GateResult:
    """Hold a challenger against every rule; all are judged, so that a refusal names everything at once."""
    return GateResult(tuple(rule(inputs, gate) for rule in _RULES))


def monotonicity_breaches(scorecard: Scorecard, directions: Mapping[str, str]) -> tuple[str, ...]:
    """Factors whose points move against the declared direction, or that read a forbidden feature.

    ``directions``: up, down or free by feature; what is not named is free, and so are categories and the
    points of what is missing.  One text per factor, e.g. ``violations_12m (up): 3+ → +5, 5+ → +2``.
    """
    told = (_breach(factor, directions.get(factor.feature, "free")) for factor in scorecard.factors)
    return tuple(text for text in told if text)


def _breach(factor: Factor, direction: str) -> str:
    if factor.feature in FORBIDDEN:
        return f"{factor.feature}: {FORBIDDEN[factor.feature]}"
    if direction == "free" or not factor.is_numeric:
        return ""
    sign = {"up": 1, "down": -1}[direction]
    for low, high in pairwise(factor.bins):
        if sign * (high.points - low.points) < 0:
            told = ", ".join(f"{one.least}+ → {one.points:+d}" for one in (low, high))
            return f"{factor.feature} ({direction}): {told}"
    return ""


def _discrimination(inputs: GateInputs, gate: Gate) -> Finding:
    """The challenger must rank better, or be neither clearly worse nor find less.

    Passes when the AUC difference reaches ``least_auc_difference``.  Short of it, the difference may still be
    chance: then the limit has to lie within the interval and precision at capacity must not be lower.  A
    difference whose whole interval is below the limit is refused, however many the card finds.
    """
    limit = gate.least_auc_difference
    may_be_chance = inputs.auc_low <= limit <= inputs.auc_high
    passed = inputs.auc_difference >= limit or (may_be_chance and inputs.precision_ratio >= 1)
    told = f"{_signed(inputs.auc_difference)} ({_signed(inputs.auc_low)} … {_signed(inputs.auc_high)})"
    return Finding(
        "discrimination",
        passed,
        Message(
            "AUC less the champion's is {told}; {limit} or more, or no clear difference and no lower precision, "
            "is asked for",
            {"told": told, "limit": _signed(limit)},
        ),
        inputs.auc_difference,
        limit,
    )


def _opponent(inputs: GateInputs, _: Gate) -> Finding:
    """The challenger must not rank clearly worse than the best simple rule: the interval may not lie below 0."""
    value, low, high = inputs.opponent_difference, inputs.opponent_low, inputs.opponent_high
    if math.isnan(value):
        unknown = Message("It was never held against the best simple rule: evaluate it again.")
        return Finding("opponent", False, unknown, value, 0.0)
    told = f"{_signed(value)} ({_signed(low)} … {_signed(high)})"
    return Finding(
        "opponent",
        high >= 0,
        Message(
            "AUC less that of the best simple rule is {told}; an interval that is not wholly below 0 is asked for",
            {"told": told},
        ),
        value,
        0.0,
    )


def _directions(inputs: GateInputs, _: Gate) -> Finding:
    breaches = inputs.monotonicity_breaches
    told = (
        Message("Against the declared direction, or forbidden: {told}", {"told": "; ".join(breaches)})
        if breaches
        else Message("Points move the declared way; no forbidden feature is used")
    )
    return Finding("directions", not breaches, told, len(breaches), 0)


def _parity(inputs: GateInputs, gate: Gate) -> Finding:
    """No large group may be flagged far more often than all, unless the champion does so as well."""
    large = [GroupShare(*one) for one in inputs.parity if one[2] >= gate.least_group]
    known = sorted((one for one in large if not math.isnan(_ratio(one))), key=_ratio, reverse=True)
    unfair = [one for one in known if _ratio(one) > gate.most_parity_ratio and _is_worse(one)]
    greatest = _ratio((unfair or known)[0]) if known else math.nan
    limit = _plain(gate.most_parity_ratio)
    if unfair:
        told = Message(
            "Flagged more than {limit} times as often as all, and more than under the champion: {groups}",
            {"limit": limit, "groups": joined(map(_group, unfair), N_("{said}; {more}"))},
        )
    else:
        told = Message(
            "None of {groups} groups of {least:,} or more is flagged over {limit} times as often as all and more "
            "than under the champion",
            {"groups": len(large), "least": gate.least_group, "limit": limit},
        )
    return Finding("parity", not unfair, told, greatest, gate.most_parity_ratio)


def _group(one: GroupShare) -> Message:
    """A group with its ratio."""
    codes = next((codes for codes in (SECTOR, DIVISION) if one.group in codes.labels), SIZE_CLASS)
    return Message(
        "{kind} {group} {ratio} (n {n:,})",
        {
            "kind": Label(GROUPED_BY, one.kind),
            "group": Label(codes, one.group),
            "ratio": _plain(_ratio(one)),
            "n": one.n,
        },
    )


def _ratio(one: GroupShare) -> float:
    return math.nan if one.ratio is None else one.ratio


def _is_worse(one: GroupShare) -> bool:
    before = one.champion_ratio
    return before is None or math.isnan(before) or _ratio(one) > before


class _Bound(NamedTuple):
    """A rule that holds one measure of the inputs against one number of the gate; what is unknown does not hold."""

    name: str
    measure: str
    limit: str
    holds: Callable[[float, float], bool]
    shown: Callable[[float], str]
    sentence: str

    def __call__(self, inputs: GateInputs, gate: Gate) -> Finding:
        value, limit = getattr(inputs, self.measure), getattr(gate, self.limit)
        told = Message(self.sentence, {"told": self.shown(value), "limit": self.shown(limit)})
        return Finding(self.name, self.holds(value, limit), told, value, limit)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}"


def _plain(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


_RULES: tuple[Callable[[GateInputs, Gate], Finding], ...] = (
    _discrimination,
    _opponent,
    _Bound(
        "precision",
        "precision_ratio",
        "least_precision_ratio",
        ge,
        _plain,
        N_("Precision at capacity is {told} times the champion's; at least {limit} is asked for"),
    ),
    _Bound(
        "periods",
        "periods",
        "periods",
        ge,
        str,
        N_("Compared on {told} periods the card never saw; at least {limit} are asked for"),
    ),
    _directions,
    _parity,
    _Bound(
        "migration",
        "migration",
        "most_migration",
        le,
        _percent,
        N_("{told} of the enterprises would change their code; at most {limit} may"),
    ),
    _Bound(
        "two_band_moves",
        "two_band_moves",
        "most_two_band_moves",
        le,
        _percent,
        N_("{told} of the enterprises would move by two bands or more; at most {limit} may"),
    ),
)
