"""When a finding is done with: fixed, seen to be fixed, and traced by the four answers (P8, D6)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

from models.field.facts import Fault
from models.field.forms import Answers
from models.messages import Message
from models.policy.desk import Answer
from models.policy.pack import PolicyOnDay

ASKED: Mapping[Answer, tuple[tuple[str, ...], Message]] = {
    "cause": (
        ("cause",),
        Message("Why the hazard came about is not traced. Write its cause."),
    ),
    "consequence": (
        ("consequence",),
        Message("What the hazard could lead to is not traced. Write its consequence."),
    ),
    "responsible": (
        ("responsible_unit", "responsible_person"),
        Message("Who is responsible is not traced. Name the unit and the person."),
    ),
    "same_kind": (
        ("same_kind",),
        Message(
            "Hazards of the same kind are not traced. Write where they were looked for, and what was found."
        ),
    ),
}
"""What is asked of a hazard (D6): the fields that answer it, and what is said where they are empty."""


def closing_faults(
    finding_id: UUID, answers: Answers, rectified_on: date | None, policy: PolicyOnDay
) -> list[Fault]:
    """What stands against closing a finding: it was not seen to be rectified, or is not traced."""
    return [*_rectified(finding_id, rectified_on), *_traced(finding_id, answers, policy)]


def recheck_by(due_on: date, policy: PolicyOnDay) -> date:
    """The last day on which somebody should have looked whether a finding was rectified (P8)."""
    return due_on + timedelta(days=policy.desk.recheck.within_days)


def _rectified(finding_id: UUID, rectified_on: date | None) -> Iterator[Fault]:
    if rectified_on is None:
        yield Fault(
            "Nobody has seen yet that the finding was rectified. Look at it again first.",
            rule="not_rectified",
            clause="P8",
            part=f"findings.{finding_id}",
        )


def _traced(finding_id: UUID, answers: Answers, policy: PolicyOnDay) -> Iterator[Fault]:
    for asked in policy.desk.closing.answers:
        names, said = ASKED[asked]
        if not all(getattr(answers, name) for name in names):
            yield Fault(
                said.message, rule=f"no_{asked}", clause="D6", part=f"findings.{finding_id}.{names[0]}"
            )
