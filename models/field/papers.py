"""The documents of a visit: what shape each of their fields has, what a person types, and when one can be issued.

What a document says, and in which order, is the pack's (``models.policy.papers``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from models.field.facts import Fault
from models.field.forms import Filing, Record
from models.field.states import FINAL, SIGNED
from models.messages import N_
from models.vocabulary import CodeList

Shape = Literal["line", "list", "signatures", "photos"]
PAPER: Final = CodeList(
    "document",
    {
        "filing": "filing and approval",
        "notice": "notice of the check",
        "pledge": "pledge of integrity",
        "record": "record of the check",
        "measure": "decision on measures on the spot",
        "order": "order to rectify",
        "opinion": "opinion of the re-check",
        "evaluation": "evaluation by the enterprise",
        "case": "opening of a case",
        "transfer": "handover of a case",
    },
)
"""Kinds of documents, in the order in which a visit comes to them."""


@dataclass(frozen=True)
class Slot:
    """A field of documents.  ``typed``: by the person who issues it, where the program can offer a beginning at most.

    ``required``: that it may not stay empty.
    """

    shape: Shape = "line"
    typed: bool = False
    required: bool = False


_LINE, _LIST, _SIGNED = Slot(), Slot("list"), Slot("signatures")
_TYPED, _MUST = Slot(typed=True), Slot(typed=True, required=True)
SLOTS: Final[Mapping[str, Slot]] = {
    # What the program knows: of the register, the filing, the record, the issue itself.
    **dict.fromkeys(("authority", "unit", "credit_code", "address", "issued_on"), _LINE),
    **dict.fromkeys(("task_source", "basis", "items", "mode", "window", "officers"), _LINE),
    **dict.fromkeys(
        ("technical_inspectors", "assistants", "visits_this_year", "recusal", "emergency"), _LINE
    ),
    **dict.fromkeys(("filed", "approved", "pass_code", "cancelled"), _LINE),
    **dict.fromkeys(("responsible", "places", "from_to", "situation", "refusal"), _LINE),
    **dict.fromkeys(("findings", "measures", "problems", "opinions", "attached"), _LIST),
    # Of the record as it was signed at the desk; of all others the room in which people sign by hand.
    **dict.fromkeys(("sign_officers", "sign_unit"), _SIGNED),
    **dict.fromkeys(("hand_officers", "hand_unit", "sign_handlers", "sign_division", "sign_head"), _SIGNED),
    "photos": Slot("photos"),
    # What somebody types or confirms.
    **dict.fromkeys(("legal_representative", "phone", "person"), _TYPED),
    **dict.fromkeys(("review_body", "court", "measure_basis", "order_ref", "next_step"), _MUST),
    **dict.fromkeys(("case_source", "cause", "facts", "reasons"), _MUST),
    **dict.fromkeys(("recipient", "suspicion", "transfer_basis", "copy_to"), _MUST),
}
"""All fields that documents can have."""

_GONE = FINAL - {"cancelled"}
_FROM_APPROVAL = frozenset({"approved", "started", "recorded", "signed", "counted", "closed"})


@dataclass(frozen=True)
class Stand:
    """Where a visit stands, as far as its documents ask: state, filing, and the record once it is signed."""

    state: str
    is_filed: bool
    filing: Filing
    record: Record | None


def obstacles(kind: str, stand: Stand) -> list[Fault]:
    """What stands against issuing a document of a visit now; nothing where it can be."""
    return [*_too_early(kind, stand), *_nothing_to_say(kind, stand)]


def _too_early(kind: str, stand: Stand) -> Iterator[Fault]:
    if stand.state in _GONE:
        yield _fault(N_("The visit was withdrawn; no document of it is issued any more."), "paper_withdrawn")
    elif kind == "filing":
        if not stand.is_filed and stand.state != "cancelled":
            yield _fault(N_("The visit is not filed yet. File it first."), "paper_not_filed")
    elif kind in ("notice", "pledge"):
        if stand.state not in _FROM_APPROVAL:
            yield _fault(N_("The visit is not approved yet. Have it approved first."), "paper_not_approved")
    elif stand.state not in SIGNED or stand.record is None:
        yield _fault(N_("The record is not signed yet. Sign it first."), "paper_not_signed")


def _nothing_to_say(kind: str, stand: Stand) -> Iterator[Fault]:
    if stand.filing.is_assistance and kind not in ("filing", "pledge", "evaluation"):
        yield _fault(
            N_("Assistance is no inspection: it has no notice, record, order or case."),
            "paper_of_assistance",
            "P11",
        )
        return
    found, record = _SAYS.get(kind), stand.record
    if found is not None and record is not None and stand.state in SIGNED and not found[0](record):
        yield _fault(found[1], "paper_has_no_content")


_SAYS = {
    "order": (
        lambda record: any(one.disposal == "order" for one in record.findings),
        N_("No finding of the record is settled by an order. There is nothing to order."),
    ),
    "measure": (
        lambda record: any(one.measure for one in record.findings),
        N_(
            "No finding of the record names a measure on the spot. Write it into the record by a revision first."
        ),
    ),
    "opinion": (
        lambda record: bool(record.opinions),
        N_("The record has no opinions: only a re-check has."),
    ),
    "case": (
        lambda record: any(one.disposal == "case" for one in record.findings),
        N_("No finding of the record is to be a case."),
    ),
    "transfer": (
        lambda record: bool(record.findings),
        N_("The record has no findings; there is nothing to hand over."),
    ),
}


def _fault(said: str, rule: str, clause: str = "D3") -> Fault:
    return Fault(said, rule=rule, clause=clause, part="paper")


def missing(kind_fields: Mapping[str, object], typed: Mapping[str, str]) -> list[Fault]:
    """Fields of a document that may not stay empty and do."""
    return [
        Fault(
            "The field {field} is empty. Fill it in.",
            {"field": kind_fields[name]},
            rule=f"paper_no_{name}",
            clause="D3",
            part=name,
        )
        for name in kind_fields
        if SLOTS[name].required and not typed.get(name, "").strip()
    ]
