"""What ``desk.yaml`` may say: filing, approving and re-checking visits, what is asked before a finding is closed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from models.policy.in_force import in_force
from models.policy.shape import Dated, Strict

Answer = Literal["cause", "consequence", "responsible", "same_kind"]
"""One of the four questions of clause D6."""


class EmergencyFiling(Strict):
    """An emergency visit is filed by the end of so many working days after the day it was made (D1)."""

    file_within_working_days: int = Field(ge=0, le=5)


class Approval(Strict):
    """Who approves a visit: whether it must be another person than the one who filed it."""

    by_another_person: bool


class RecheckTerm(Strict):
    """Days after the last day to rectify within which somebody looks whether it was done (P8)."""

    within_days: int = Field(gt=0)


class Closing(Strict):
    """What is answered of a finding before it is closed (D6)."""

    answers: Annotated[list[Answer], Field(min_length=1)]


class DeskFile(Strict):
    """``desk.yaml``."""

    emergency: Dated[EmergencyFiling]
    approval: Dated[Approval]
    recheck: Dated[RecheckTerm]
    closing: Dated[Closing]


@dataclass(frozen=True)
class DeskPolicy:
    """``desk.yaml`` on one day."""

    emergency: EmergencyFiling
    approval: Approval
    recheck: RecheckTerm
    closing: Closing


def desk_on(file: DeskFile, day: date) -> DeskPolicy:
    """Values in force on a day.  Raises PolicyGapError where there is none."""
    values, _ = in_force(file, day)
    return DeskPolicy(**values)
