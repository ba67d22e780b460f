"""What is written down of a visit: the filing (检查备案), the record (现场检查记录), re-checks and the answers of D6.

A form that is not finished yet is a form all the same: what it lacks is empty, and ``models.field.rules`` says what
must be there before the next step.  A value that no rule could make sense of (an unknown mode, a photo that is no
hash) is refused when the form is read.  All forms are frozen and forbid unknown fields.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Annotated, Final, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from models.documents import Strict
from models.policy.channels import CHANNELS
from models.vocabulary import (
    DISPOSAL,
    INSPECTION_KIND,
    INSPECTION_MODE,
    INSPECTION_RESULT,
    SEVERITY,
    CodeList,
)

_IN_ONE_LINE, _IN_LINES = r"^[^\x00-\x1f\x7f]*$", r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""No control characters: databases and tables of others choke on them."""
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_IN_ONE_LINE)
]
"""A number or a name; a form without one leaves it out."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_IN_ONE_LINE)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=_IN_LINES)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""What a photo or a drawn signature is known by: the hash of its bytes."""

MOST_FINDINGS, MOST_PHOTOS = 200, 30
"""Of one record and of one finding; more is a mistake of a program."""
PROLONGED, DONE = "prolonged", "done"
OPINION = CodeList(
    "opinion",
    {DONE: "rectified", "partly": "partly rectified", "not": "not rectified", PROLONGED: "term prolonged"},
)
"""What a re-check says of one finding (整改复查意见)."""


def _known(codes: Collection[str]) -> Callable[[str], str]:
    def check(key: str) -> str:
        if key not in codes:
            raise ValueError(f"{key!r} is none of {', '.join(codes)}")
        return key

    return check


def _local(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("a time of the place has no offset")
    return clock


FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Years that days and moments of a visit lie in; what lies elsewhere cannot even be reckoned into another zone."""
STORED: Final[Mapping[str, bool]] = {"is_stored": True}
"""Context in which a form is read that was stored before: its days and moments are taken as they are."""
_When = TypeVar("_When", date, datetime)


def _of_our_time(when: _When, info: ValidationInfo) -> _When:
    if info.context != STORED and not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValueError(f"the year is not one of {FIRST_YEAR} to {LAST_YEAR}")
    return when


def in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    """A moment in a zone; as it is where a calendar has no such moment, as of some that were stored before."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


Day = Annotated[date, AfterValidator(_of_our_time)]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
"""With its offset."""
Clock = Annotated[time, AfterValidator(_local)]
Channel = Annotated[str, AfterValidator(_known(CHANNELS))]
Kind = Annotated[str, AfterValidator(_known(INSPECTION_KIND.keys))]
Mode = Annotated[str, AfterValidator(_known(INSPECTION_MODE.keys))]
Result = Annotated[str, AfterValidator(_known(INSPECTION_RESULT.keys))]
Severity = Annotated[str, AfterValidator(_known(SEVERITY.keys))]
Disposal = Annotated[str, AfterValidator(_known(DISPOSAL.keys))]
Verdict = Annotated[str, AfterValidator(_known(OPINION.keys))]


class Emergency(Strict):
    """Why a visit could not wait for its filing, and who allowed it by word of mouth (D1)."""

    reason: Prose = ""
    approved_by: Line = ""


class Filing(Strict):
    """One visit as it is filed and put before whoever approves it.

    ``plan_visit_id``: the visit of the plan it makes, where it was planned.  ``channel``: why it is due, as in the
    plan; none for assistance, which is no inspection (P11).  ``basis``: the articles it rests on.  ``begins_at``,
    ``ends_at``: window on the day, local time.  ``assistants``: how many helpers come along, fixed beforehand.
    ``departments``: whose visit it is, the leading one first.  ``rechecks``: the visit whose findings are looked at
    again.
    """

    enterprise_id: Name
    plan_visit_id: Name | None = None
    channel: Channel | None = None
    kind: Kind
    basis: Prose = ""
    item_codes: tuple[Name, ...] = Field(default=(), max_length=500)
    mode: Mode = "on_site"
    departments: tuple[Name, ...] = Field(default=(), max_length=20)
    planned_on: Day | None = None
    begins_at: Clock | None = None
    ends_at: Clock | None = None
    officers: tuple[Name, ...] = Field(default=(), max_length=50)
    technical_inspectors: tuple[Name, ...] = Field(default=(), max_length=20)
    assistants: int = Field(default=0, ge=0, le=50)
    emergency: Emergency | None = None
    recusal_confirmed: bool = False
    beyond_cap_reason: Prose = ""
    rechecks: UUID | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Numbers of all who go, each once."""
        return tuple(dict.fromkeys((*self.officers, *self.technical_inspectors)))

    @property
    def is_assistance(self) -> bool:
        """Whether it is a visit of assistance (P11)."""
        return self.kind == "assistance"


class Finding(Strict):
    """One thing found, known for good by the number its first writer gave it.

    ``criterion``: of a list of major hazards, as the catalogue cites it; only where ``is_major`` (C6).
    ``measure``: what was ordered at once beside the disposal (现场处理措施), such as stopping work (D5).
    ``photos``: hashes of the bytes.
    """

    id: UUID
    item_code: Line = ""
    description: Prose = ""
    place: Line = ""
    photos: tuple[Sha256, ...] = Field(default=(), max_length=MOST_PHOTOS)
    severity: Severity = "ungraded"
    is_major: bool = False
    criterion: Line = ""
    disposal: Disposal | None = None
    measure: Prose = ""
    rectify_due_on: Day | None = None


class Answers(Strict):
    """隐患四不放过: what is known of a hazard before it is closed (D6)."""

    cause: Prose = ""
    consequence: Prose = ""
    responsible_unit: Line = ""
    responsible_person: Line = ""
    same_kind: Prose = ""


class Opinion(Strict):
    """What a re-check says of one finding.  ``due_on``: the new last day, where the term is prolonged."""

    finding_id: UUID
    opinion: Verdict
    note: Prose = ""
    photos: tuple[Sha256, ...] = Field(default=(), max_length=MOST_PHOTOS)
    due_on: Day | None = None


class Signature(Strict):
    """An officer's signature; ``image``: hash of what was drawn, where it was."""

    officer_id: Name
    signed_at: Moment
    image: Sha256 | None = None


class UnitSignature(Strict):
    """Signature of the unit's responsible person."""

    name: Name
    post: Line = ""
    signed_at: Moment
    image: Sha256 | None = None


class Refusal(Strict):
    """That the unit's person would not sign: why, and who saw it."""

    reason: Prose = ""
    witness: Line = ""


class Record(Strict):
    """What was done and found at a visit, as signed.

    ``no_finding``: the statement that nothing was found.  ``outcome``: what findings cannot tell, that work was
    stopped or the check refused.  ``opinions``: of a re-check.  ``integrity_pledge``: that it was handed over.
    Times carry their offset; those of signatures are what the device says until the record is signed (``signed_by``).
    """

    begun_at: Moment | None = None
    ended_at: Moment | None = None
    places: tuple[Name, ...] = Field(default=(), max_length=100)
    situation: Prose = ""
    certificates_shown: bool = False
    findings: tuple[Finding, ...] = Field(default=(), max_length=MOST_FINDINGS)
    no_finding: bool = False
    outcome: Result | None = None
    opinions: tuple[Opinion, ...] = Field(default=(), max_length=MOST_FINDINGS)
    officers: tuple[Signature, ...] = Field(default=(), max_length=50)
    unit: UnitSignature | None = None
    refusal: Refusal | None = None
    integrity_pledge: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> "Record":
        for told in ([one.id for one in self.findings], [one.finding_id for one in self.opinions]):
            if len(set(told)) < len(told):
                raise ValueError("a finding stands twice")
        return self

    def signed_by(self, now: datetime) -> "Record":
        """The record as it is kept once it is signed: no signature lies before the visit began, or after ``now``.

        A device may have signed off line, by a clock that is wrong: that is no reason to refuse what people signed.
        The moment of the acceptance is what counts; the device's own is kept beside the step.
        """

        def within(at: datetime) -> datetime:
            return min(max(at, self.begun_at or at), now)

        officers = tuple(one.model_copy(update={"signed_at": within(one.signed_at)}) for one in self.officers)
        unit = self.unit and self.unit.model_copy(update={"signed_at": within(self.unit.signed_at)})
        return self.model_copy(update={"officers": officers, "unit": unit})

    @property
    def images(self) -> frozenset[str]:
        """Hashes of all photos and drawn signatures it refers to."""
        photos = {one for part in (*self.findings, *self.opinions) for one in part.photos}
        signed = (*self.officers, *((self.unit,) if self.unit else ()))
        return frozenset(photos | {one.image for one in signed if one.image})

    @property
    def result(self) -> str:
        """The result as the history of inspections has it: the gravest thing that is told.

        A re-check that found everything rectified, and nothing new, found nothing.
        """
        if self.outcome:
            return self.outcome
        if self.findings:
            return "serious" if any(one.is_major for one in self.findings) else "findings"
        if self.opinions:
            return "clean" if all(one.opinion == DONE for one in self.opinions) else "findings"
        return "clean" if self.no_finding else "unknown"
