"""The steps a visit goes through: which there are, from where, by whom, and what each asks for.

``STEPS`` is the whole machine; what it does not list cannot be done.  Whether a visit is filed and approved is told
beside its state, for an emergency is filed while it is already under way (D1)::

    draft → filed → approved → started → recorded → signed → counted → closed
      │                           ▲          (an emergency is filed and approved at any point before it counts)
      └────── emergency ──────────┘
    draft, filed, approved → cancelled      signed, counted, closed → signed (a revision) or withdrawn
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from models.errors import FieldError
from models.messages import Label, Message
from models.vocabulary import CodeList

INSPECTOR, LEADER, ANALYST, AUDITOR, ADMIN = "inspector", "leader", "analyst", "auditor", "admin"
ENTERPRISE = "enterprise"
ROLE = CodeList(
    "role",
    {
        INSPECTOR: "inspector",
        LEADER: "leader",
        ANALYST: "analyst",
        AUDITOR: "auditor",
        ADMIN: "administrator",
        ENTERPRISE: "enterprise",
    },
)
"""Who uses the desk.  Analysts and auditors read; administrators keep users and see no visits; enterprises see
themselves."""
PROGRAM = "program"
"""Who takes a step that no person takes."""
VISIT_STATE = CodeList(
    "state of a visit",
    {
        "draft": "draft",
        "filed": "filed",
        "approved": "approved",
        "started": "under way",
        "recorded": "recorded",
        "signed": "signed",
        "counted": "counted",
        "closed": "closed",
        "cancelled": "cancelled",
        "withdrawn": "withdrawn",
    },
)
FINAL = frozenset({"cancelled", "withdrawn"})
"""States that nothing leaves."""
SIGNED = frozenset({"signed", "counted", "closed", "withdrawn"})
"""States in which the record is never changed, only followed by a revision."""
Wanted = Literal["yes", "no", "either"]


@dataclass(frozen=True)
class Position:
    """Where a visit stands."""

    state: str
    is_filed: bool = False
    is_approved: bool = False


START = Position("draft")


@dataclass(frozen=True)
class Step:
    """A step, from any of the states ``before`` to the one ``after``; with none the state stays.

    ``filed``, ``approved``: whether the visit must be so already.  ``asks``: what comes with it.
    ``leaves_filed``, ``leaves_approved``: what it makes of that; none keeps it.
    """

    name: str
    before: tuple[str, ...]
    after: str | None
    roles: tuple[str, ...]
    asks: tuple[str, ...] = ()
    filed: Wanted = "either"
    approved: Wanted = "either"
    leaves_filed: bool | None = None
    leaves_approved: bool | None = None

    def leads_from(self, place: Position) -> bool:
        """Whether the step can be taken there."""
        return (
            place.state in self.before
            and self.filed in ("either", "yes" if place.is_filed else "no")
            and self.approved in ("either", "yes" if place.is_approved else "no")
        )

    def lands(self, place: Position) -> Position:
        """Where it leads to."""
        return Position(
            self.after or place.state,
            place.is_filed if self.leaves_filed is None else self.leaves_filed,
            place.is_approved if self.leaves_approved is None else self.leaves_approved,
        )


_FIELD, _LEADS = (INSPECTOR, LEADER), (LEADER,)
_ON_SITE = ("started", "recorded", "signed")
_ALL = (
    Step("edit", ("draft",), None, _FIELD, ("filing",)),
    Step("file", ("draft",), "filed", _FIELD, ("filing",), filed="no", leaves_filed=True),
    Step("approve", ("filed",), "approved", _LEADS, ("opinion",), approved="no", leaves_approved=True),
    Step("send_back", ("filed",), "draft", _LEADS, ("reason",), leaves_filed=False),
    Step("cancel", ("draft", "filed", "approved"), "cancelled", _FIELD, ("reason",)),
    Step("start", ("approved",), "started", _FIELD, filed="yes", approved="yes"),
    Step("start_emergency", ("draft",), "started", _FIELD, ("emergency",), filed="no"),
    Step("file_afterwards", _ON_SITE, None, _FIELD, ("filing",), filed="no", leaves_filed=True),
    Step("approve_afterwards", _ON_SITE, None, _LEADS, ("opinion",), "yes", "no", leaves_approved=True),
    Step("keep", ("started", "recorded"), "started", _FIELD, ("record",)),
    Step("record", ("started", "recorded"), "recorded", _FIELD, ("record",)),
    Step("sign", ("recorded",), "signed", _FIELD, ("signatures",)),
    Step("count", ("signed",), "counted", (PROGRAM,), ("photos",), filed="yes", approved="yes"),
    Step("revise", ("signed", "counted", "closed"), "signed", _FIELD, ("record", "signatures", "reason")),
    Step("close_finding", ("counted",), None, _FIELD, ("answers",)),
    Step("close", ("counted",), "closed", _FIELD, ("findings_closed",)),
    # A re-check that was withdrawn leaves open what it had told to be rectified.
    Step("reopen", ("closed",), "counted", (PROGRAM,)),
    Step("withdraw", ("signed", "counted", "closed"), "withdrawn", _LEADS, ("reason",)),
)
STEPS: Mapping[str, Step] = {step.name: step for step in _ALL}
"""All steps by name."""
VISIT_STEP = CodeList(
    "step of a visit",
    {
        "edit": "edit the draft",
        "file": "file",
        "approve": "approve",
        "send_back": "send back",
        "cancel": "cancel",
        "start": "begin",
        "start_emergency": "begin as an emergency",
        "file_afterwards": "file afterwards",
        "approve_afterwards": "approve afterwards",
        "keep": "keep the unfinished record",
        "record": "finish the record",
        "sign": "sign",
        "count": "count",
        "revise": "revise",
        "close_finding": "close a finding",
        "close": "close",
        "reopen": "open again",
        "withdraw": "withdraw",
    },
)


def steps_from(place: Position, roles: frozenset[str]) -> tuple[Step, ...]:
    """Steps that somebody with these roles can take from there, in the order of the table."""
    return tuple(step for step in _ALL if step.leads_from(place) and roles.intersection(step.roles))


def taken(name: str, place: Position, roles: frozenset[str]) -> Position:
    """Where a step leads.  Raises FieldError for a step that is not possible there, or not for these roles."""
    step = STEPS.get(name)
    if step is None or not step.leads_from(place):
        raise FieldError(
            "The step “{step}” cannot be taken while the visit is “{state}”. Possible now: {able}.",
            step=Label(VISIT_STEP, name),
            state=Label(VISIT_STATE, place.state),
            able=_in_a_row(Label(VISIT_STEP, one.name) for one in steps_from(place, roles)),
        )
    if not roles.intersection(step.roles):
        raise FieldError(
            "The step “{step}” is not for your role. Let somebody take it who is: {roles}.",
            step=Label(VISIT_STEP, name),
            roles=_in_a_row(Label(ROLE, one) for one in step.roles),
        )
    return step.lands(place)


def _in_a_row(labels: Iterable[Label]) -> object:
    """Labels as one fact, each in the reader's language."""
    said: object = None
    for label in labels:
        said = label if said is None else Message("{said}; {more}", {"said": said, "more": label})
    return said or "–"


@dataclass(frozen=True)
class FindingStep:
    """What an opinion, or closing, makes of a finding."""

    name: str
    before: tuple[str, ...]
    after: str


FINDING_STATE = CodeList(
    "state of a finding", {"due": "to be rectified", "rectified": "rectified", "closed": "closed"}
)
FINDING_STEPS: Mapping[str, FindingStep] = {
    step.name: step
    for step in (
        FindingStep("done", ("due", "rectified"), "rectified"),
        FindingStep("partly", ("due", "rectified"), "due"),
        FindingStep("not", ("due", "rectified"), "due"),
        FindingStep("prolonged", ("due", "rectified"), "due"),
        FindingStep("close", ("rectified",), "closed"),
    )
}
"""A finding begins ``due``, or ``rectified`` where it was fixed on the spot; ``closed`` is final."""


def finding_taken(name: str, state: str) -> str:
    """What a finding becomes.  Raises FieldError where it cannot."""
    step = FINDING_STEPS[name]
    if state not in step.before:
        raise FieldError(
            "A finding that is “{state}” does not become that. Look at the visit as it stands now.",
            state=Label(FINDING_STATE, state),
        )
    return step.after
