"""What a record must hold before it is signed: findings with item, place and deadline, signatures (D1-D5, C6, P11)."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from models.field.facts import Facts, Fault
from models.field.forms import PROLONGED, Filing, Finding, Record, in_zone
from models.policy.pack import PolicyOnDay

ON_THE_SPOT, ORDER = "on_the_spot", "order"
"""Disposals that this page has rules about."""


def record_faults(
    record: Record,
    filing: Filing,
    facts: Facts,
    now: datetime,
    *,
    filed_at: datetime | None,
    approved_at: datetime | None,
) -> list[Fault]:
    """What stands against keeping a record as complete; nothing where it may be signed.

    ``filed_at``, ``approved_at``: when that was done; an emergency may have neither yet (D1).  ``now``: in the zone of
    the place.
    """
    return [
        *_filed(record, filing, filed_at, approved_at),
        *_times(record, filing, now),
        *(_assisted(record) if filing.is_assistance else _inspected(record, filing, facts, now)),
    ]


def signature_faults(record: Record, filing: Filing, policy: PolicyOnDay) -> list[Fault]:
    """What stands against counting a record as signed."""
    return [*_officers_signed(record, filing, policy), *_unit_signed(record, filing)]


def _filed(
    record: Record, filing: Filing, filed_at: datetime | None, approved_at: datetime | None
) -> Iterator[Fault]:
    if filing.emergency is not None:
        return
    if filed_at is None:
        yield Fault(
            "The visit is not filed. File it before it begins, or as an emergency with its reason.",
            rule="not_filed",
            clause="D1",
            part="filing",
        )
    elif record.begun_at is not None and record.begun_at < _minute(filed_at):
        yield Fault(
            "The visit began before it was filed. Correct the time, or file it as an emergency with its reason.",
            rule="begun_before_filed",
            clause="D1",
            part="begun_at",
        )
    elif record.begun_at is not None and (approved_at is None or record.begun_at < _minute(approved_at)):
        yield Fault(
            "The visit began before it was approved. Correct the time; what could not wait is filed as an emergency "
            "with its reason.",
            rule="begun_before_approved",
            clause="D1",
            part="begun_at",
        )


def _minute(at: datetime) -> datetime:
    """The minute of a moment: pages write when a visit began to the minute."""
    return at.replace(second=0, microsecond=0)


def _times(record: Record, filing: Filing, now: datetime) -> Iterator[Fault]:
    begun, ended = record.begun_at, record.ended_at
    if begun is None or ended is None:
        yield Fault(
            "It is missing when the visit began or ended. Write both times.",
            rule="no_times",
            clause="D3",
            part="begun_at",
        )
        return
    if ended <= begun:
        yield Fault(
            "The visit ended before it began. Correct the times.",
            rule="times_backwards",
            clause="D3",
            part="ended_at",
        )
    if ended > now:
        yield Fault(
            "The visit ends later than now. Correct the times, and look at the clock of the device.",
            rule="in_the_future",
            clause="D3",
            part="ended_at",
        )
    if _day(record, now) != filing.planned_on:
        yield Fault(
            "The visit was filed for {filed} and began on {begun}. Correct the day, or cancel it and file another one.",
            {"filed": filing.planned_on, "begun": _day(record, now)},
            rule="other_day",
            clause="D1",
            part="begun_at",
        )


def _assisted(record: Record) -> Iterator[Fault]:
    if record.findings or record.opinions or record.no_finding or record.outcome:
        yield Fault(
            "Assistance carries no findings, orders or results. Take them out; what has to be acted on needs an "
            "inspection that is filed.",
            rule="assistance_with_findings",
            clause="P11",
            part="findings",
        )


def _inspected(record: Record, filing: Filing, facts: Facts, now: datetime) -> Iterator[Fault]:
    if not record.places:
        yield Fault(
            "No place is named that was looked at. Name at least one.",
            rule="no_places",
            clause="D3",
            part="places",
        )
    if not record.certificates_shown:
        yield Fault(
            "It is not noted that certificates were shown. Show them, and note it.",
            rule="certificates_not_shown",
            clause="D2",
            part="certificates_shown",
        )
    if not record.integrity_pledge:
        yield Fault(
            "The integrity pledge was not handed over. Hand it over, and note it.",
            rule="no_pledge",
            clause="E5",
            part="integrity_pledge",
        )
    yield from _said(record)
    for finding in record.findings:
        yield from _finding(finding, facts, record, now)
    yield from _opinions(record, filing, facts, now)


def _said(record: Record) -> Iterator[Fault]:
    if record.no_finding and record.findings:
        yield Fault(
            "The record says that nothing was found, and lists findings. Take one of them out.",
            rule="none_and_some",
            clause="D5",
            part="no_finding",
        )
    if not (record.no_finding or record.findings or record.opinions or record.outcome):
        yield Fault(
            "The record has no finding, and does not say that there was none. Say it, or write what was found.",
            rule="nothing_said",
            clause="D5",
            part="no_finding",
        )


def _finding(finding: Finding, facts: Facts, record: Record, now: datetime) -> Iterator[Fault]:
    part = f"findings.{finding.id}"
    if finding.item_code not in facts.item_codes:
        yield Fault(
            "A finding names no check item of the catalogue in force. Choose its item.",
            rule="finding_without_item",
            clause="D5",
            part=part,
        )
    if not finding.description or not finding.place:
        yield Fault(
            "A finding lacks what was found, or where. Write both.",
            rule="finding_without_fact",
            clause="D5",
            part=part,
        )
    yield from _disposal(finding, _day(record, now), part)
    yield from _major(finding, facts, part)


def _disposal(finding: Finding, day: date, part: str) -> Iterator[Fault]:
    if finding.disposal is None:
        yield Fault(
            "A finding is not disposed of. Have it fixed on the spot, order it with a deadline, or open a case.",
            rule="no_disposal",
            clause="D5",
            part=part,
        )
    elif finding.disposal == ON_THE_SPOT:
        if finding.rectify_due_on is not None:
            yield Fault(
                "A finding fixed on the spot has a deadline. Take it out, or order the rectification.",
                rule="fixed_with_deadline",
                clause="D5",
                part=part,
            )
    elif finding.rectify_due_on is None:
        yield Fault(
            "A finding that was not fixed on the spot has no deadline. Give the last day to rectify.",
            rule="no_deadline",
            clause="D5",
            part=part,
        )
    elif finding.rectify_due_on < day:
        yield Fault(
            "The deadline {due} of a finding lies before the visit. Give a later day.",
            {"due": finding.rectify_due_on},
            rule="deadline_before_visit",
            clause="D5",
            part=part,
        )


def _major(finding: Finding, facts: Facts, part: str) -> Iterator[Fault]:
    if not finding.is_major:
        if finding.criterion:
            yield Fault(
                "A finding names a criterion of major hazards and is not called one. Call it major, or take the "
                "criterion out.",
                rule="criterion_without_major",
                clause="C6",
                part=part,
            )
        return
    known = facts.criteria.get(finding.item_code, ())
    if not known:
        yield Fault(
            "No list of major hazards names item {item} for this enterprise. Choose the item that is on the list, or "
            "do not call the finding major.",
            {"item": finding.item_code or "–"},
            rule="not_on_a_list",
            clause="C6",
            part=part,
        )
    elif finding.criterion not in known:
        yield Fault(
            "A major hazard needs the criterion of the list it meets: {known}. Choose one, or do not call the finding "
            "major.",
            {"known": "; ".join(known)},
            rule="no_criterion",
            clause="C6",
            part=part,
        )
    if finding.disposal == ORDER and not finding.measure:
        yield Fault(
            "A major hazard is not settled by an order alone. Open a case, or add the measure taken at once, such as "
            "stopping work.",
            rule="major_by_order_alone",
            clause="D5",
            part=part,
        )


def _opinions(record: Record, filing: Filing, facts: Facts, now: datetime) -> Iterator[Fault]:
    given: dict[UUID, str] = {one.finding_id: one.opinion for one in record.opinions}
    wanted = facts.to_recheck if filing.rechecks is not None else frozenset[UUID]()
    for missing in sorted(wanted - given.keys()):
        yield Fault(
            "A finding that is looked at again has no opinion. Say whether it was rectified.",
            rule="no_opinion",
            clause="P8",
            part=f"opinions.{missing}",
        )
    for strange in sorted(given.keys() - wanted):
        yield Fault(
            "An opinion is about a finding that this visit does not look at again. Take it out.",
            rule="opinion_of_another",
            clause="P8",
            part=f"opinions.{strange}",
        )
    day = _day(record, now)
    for one in record.opinions:
        if one.opinion == PROLONGED and (one.due_on is None or one.due_on <= day):
            yield Fault(
                "A term is prolonged without a later last day. Give the new day.",
                rule="prolonged_to_no_day",
                clause="P8",
                part=f"opinions.{one.finding_id}",
            )
        if one.opinion != PROLONGED and one.due_on is not None:
            yield Fault(
                "An opinion gives a new last day and does not prolong the term. Prolong it, or take the day out.",
                rule="day_without_prolonging",
                clause="P8",
                part=f"opinions.{one.finding_id}",
            )


def _day(record: Record, now: datetime) -> date:
    """The day of the visit, in the zone of the place."""
    return in_zone(record.begun_at or now, now.tzinfo).date()


def _officers_signed(record: Record, filing: Filing, policy: PolicyOnDay) -> Iterator[Fault]:
    signed = {one.officer_id for one in record.officers}
    for strange in sorted(signed - {*filing.officers, *filing.technical_inspectors}):
        yield Fault(
            "{officer} signed and was not filed for this visit. Let those sign who were.",
            {"officer": strange},
            rule="stranger_signed",
            clause="D2",
            part="officers",
        )
    needed = 1 if filing.is_assistance else policy.planning.crew.officers
    there = len(signed & {*filing.officers})
    if there < needed:
        yield Fault(
            "The record needs the signatures of {needed} officers and has {there}. Let the others sign.",
            {"needed": needed, "there": there},
            rule="officers_not_signed",
            clause="D2",
            part="officers",
        )


def _unit_signed(record: Record, filing: Filing) -> Iterator[Fault]:
    if record.unit is not None and record.refusal is not None:
        yield Fault(
            "The unit's person signed, and is said to have refused. Take one of them out.",
            rule="signed_and_refused",
            clause="D3",
            part="refusal",
        )
    if record.refusal is not None and not (record.refusal.reason and record.refusal.witness):
        yield Fault(
            "A refusal to sign needs its reason and a witness. Write both; then the record stands without the "
            "signature.",
            rule="refusal_without_witness",
            clause="D3",
            part="refusal",
        )
    if record.unit is None and record.refusal is None and not filing.is_assistance:
        yield Fault(
            "The unit's responsible person has not signed. Let that person sign, or note the refusal with its reason "
            "and a witness.",
            rule="unit_not_signed",
            clause="D3",
            part="unit",
        )
