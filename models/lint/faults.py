"""Faults a pack or a catalogue can have, each with its severity and its sentence."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.messages import Message

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding(Message):
    """A fault: how grave, of which kind, in which file (name without ending), about which field."""

    severity: Severity
    fault: str
    file: str
    field: str

    def to_dict(self) -> dict[str, str]:
        """Plain data, readable as JSON, with the sentence in English."""
        kept = ("severity", "fault", "file", "field")
        return {name: getattr(self, name) for name in kept} | {"en": str(self)}


class Fault(NamedTuple):
    """What is said of a kind of fault, and how grave it is."""

    message: str
    severity: Severity


FAULTS: dict[str, Fault] = {
    "placeholder": Fault("the reference is a placeholder: {text}", "error"),
    "short_reference": Fault("the reference is too short to name a source: {text}", "error"),
    "no_source": Fault(
        "called law or policy, but no registered text is cited and the reference names no article and no document "
        "number: {text}",
        "error",
    ),
    "unknown_text": Fault(
        "cites {said}, which begins with no text of models/law/texts.yaml; register it", "warning"
    ),
    "not_read": Fault("called law or policy, but nobody has read {named}: that is unverified", "error"),
    "not_binding": Fault("called law, but what {named} says is no law; at most policy", "error"),
    "not_of_an_authority": Fault(
        "called policy, but {named} is no document of an authority over this bureau", "error"
    ),
    "undated_text": Fault("rests on {text}, and nobody knows from which day that holds", "error"),
    "too_early": Fault("begins before {text}, which holds from {day} on", "error"),
    "after_its_end": Fault("goes on after {text}, which ended on {day}; after it came: {after}", "error"),
    "has_successor": Fault("{text} has a successor from {day} on, {after}: say which one holds", "warning"),
    "inspector_or_owner": Fault(
        "{feature} says who inspects, where, or who owns; a code must not depend on it", "error"
    ),
    "unknown_feature": Fault("there is no feature called {feature}", "error"),
    "forbidden_feature": Fault("{feature} may give no points: {why}", "error"),
    "no_effect": Fault("all points are equal: the factor tells nobody from anybody", "warning"),
    "not_categories": Fault("{feature} is a number and has no categories", "error"),
    "unknown_category": Fault("{feature} has no category {key}", "error"),
    "unnamed_category": Fault(
        "category {key} is not named and gets the points of what is missing", "warning"
    ),
    "not_monotone": Fault("points go up and down again as the value grows", "warning"),
    "wrong_direction": Fault(
        "points do not go {direction} as the value grows, as learning.yaml says", "warning"
    ),
    "unreachable": Fault("no score can reach {limit}: the most there can be is {most} (from {day})", "error"),
    "never_green": Fault("no score can be GREEN: the least there can be is {least} (from {day})", "error"),
    "no_way_out": Fault("a veto that neither ends by itself nor says what clears it", "error"),
    "never_holds": Fault("the rule can never hold: no value of {feature} fulfils it", "error"),
    "wrong_expiry": Fault(
        "the rule says it ends after {days} days, its condition on {feature} does not", "warning"
    ),
    "off_site_as_before": Fault(
        "not said: an off-site check clears a refusal, is a clean visit and counts as a visit, as by older packs",
        "warning",
    ),
    "never_decides": Fault("never decides: {other} holds whenever it does, and is no milder", "warning"),
    "no_dwell": Fault("no dwell: codes will flip back and forth", "warning"),
    "wide_margin": Fault(
        "a margin of {margin} points is as wide as the narrowest band ({narrowest})", "warning"
    ),
    "graver_for_less": Fault("something graver has fewer points", "warning"),
    "older_for_more": Fault("something older weighs more", "warning"),
    "gap": Fault(
        "has no value before {begins}, others begin {first}: days in between cannot be coded", "warning"
    ),
    "says_the_same": Fault("says the same as the value before it", "warning"),
    "covered_cap": Fault("'{title}' never applies: a row before it fits whoever it fits", "warning"),
    "cap_of_nothing": Fault("a cap of 0: nobody of this class may be visited", "warning"),
}
"""Everything that is looked for."""


def finding(fault: str, file: str, field: str, **facts: object) -> Finding:
    """A fault of the list at a place."""
    message, severity = FAULTS[fault]
    return Finding(message, facts, severity=severity, fault=fault, file=file, field=field)
