"""What an enterprise says of a visit afterwards (D4): marks from 1 to 5, a remark, a name if it gives one."""

from typing import Annotated, Final

from pydantic import Field

from models.documents import Strict
from models.field.facts import Fault
from models.field.forms import Line, Prose

LEAST_SHOWN: Final = 5
"""Evaluations that are shown together at least: of fewer somebody could guess whose they are."""
WORST, BEST, GOOD = 1, 5, 4
Mark = Annotated[int, Field(ge=WORST, le=BEST)]


class Evaluation(Strict):
    """One evaluation.  ``marks``: by question of the pack; ``said_by``: only where the enterprise wants to be named."""

    marks: dict[str, Mark]
    remark: Prose = ""
    said_by: Line = ""


def evaluation_faults(told: Evaluation, questions: frozenset[str]) -> list[Fault]:
    """What stands against an evaluation: a question without a mark, or one that was not asked."""
    found = [
        Fault("A question has no mark. Give every one from 1 to 5.", rule="no_mark", clause="D4", part=name)
        for name in sorted(questions - told.marks.keys())
    ]
    found += [
        Fault(
            "This was not asked. Load the page again, and repeat it.",
            rule="not_asked",
            clause="D4",
            part=name,
        )
        for name in sorted(told.marks.keys() - questions)
    ]
    return found
