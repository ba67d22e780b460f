"""What enterprises say of visits: the form behind a link that works once, and sums for the authority (D4)."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.web.asking import Anybody, Asking, Somebody, page_and_json
from desk.web.knowing import names_of_firms, rules_on
from desk.web.sent import Sent, fields, prose, text
from models.errors import FaultsError, ForbiddenError
from models.field.evaluation import BEST, GOOD, LEAST_SHOWN, WORST, Evaluation
from models.field.facts import Fault
from warehouse.field.evaluations import evaluate, sums, visit_to_evaluate
from warehouse.field.visit import Visit

router = APIRouter()

Code = Annotated[str, Path(max_length=60)]


@router.get("/evaluate/{code}", include_in_schema=False)
def form(asking: Anybody, code: Code) -> Response:
    """What is asked about a visit."""
    _require_enterprise(asking)
    return _form(asking, visit_to_evaluate(asking.desk.ledger, code), code)


@router.post("/evaluate/{code}", include_in_schema=False)
def send(asking: Anybody, code: Code, sent: Sent) -> Response:
    """Keep what was said, once."""
    _require_enterprise(asking)
    visit = visit_to_evaluate(asking.desk.ledger, code)
    questions = rules_on(asking, asking.now.date()).papers.questions
    try:
        told = _told(sent, list(questions))
        evaluate(asking.desk.ledger, code, told, questions, asking.now)
    except FaultsError as error:
        return _form(asking, visit, code, error, sent)
    return asking.page("evaluated.html", visit=visit)


def _require_enterprise(asking: Asking) -> None:
    """Raise ForbiddenError for who is logged in as one of those who are judged."""
    if asking.session is not None and not asking.session.user.enterprise_id:
        raise ForbiddenError(
            "A visit is evaluated by the enterprise. Log out, or leave it to the enterprise."
        )


def _form(
    asking: Asking, visit: Visit, code: str, error: FaultsError | None = None, sent: FormData | None = None
) -> Response:
    firm = visit.filing.enterprise_id
    return asking.page(
        "evaluation.html",
        status=422 if error else 200,
        visit=visit,
        code=code,
        name=names_of_firms(asking, [visit]).get(firm, firm),
        questions=rules_on(asking, asking.now.date()).papers.questions,
        marks=range(WORST, BEST + 1),
        given=fields(sent) if sent else {},
        faults=error.faults if error else (),
    )


def _told(sent: FormData, questions: list[str]) -> Evaluation:
    """What a form says.  Raises FaultsError for a question without a mark."""
    given = {name: text(sent, f"mark.{name}") for name in questions}
    marks = {name: int(mark) for name, mark in given.items() if mark in {"1", "2", "3", "4", "5"}}
    remark, said_by = prose(sent, "remark"), text(sent, "said_by")[:200]
    if any(not letter.isprintable() for letter in said_by):
        fault = Fault("The name cannot be read. Type it again.", rule="name", clause="D4", part="said_by")
        raise FaultsError("Nothing was recorded:", faults=(fault,))
    return Evaluation(marks=marks, remark=_without_controls(remark), said_by=said_by)


def _without_controls(told: str) -> str:
    return "".join(letter for letter in told if letter.isprintable() or letter == "\n")


@page_and_json(router, "/evaluations")
def listed(asking: Somebody) -> Response:
    """Sums of what enterprises said, by authority and quarter; of fewer than five there is none."""
    found = sums(asking.desk.ledger, asking.own_session.user)
    told = {"least": LEAST_SHOWN, "sums": [asdict(one) for one in found]}
    questions = rules_on(asking, asking.now.date()).papers.questions
    return asking.answer(
        "evaluations.html", told, found=found, questions=questions, marks=range(WORST, BEST + 1), good=GOOD
    )
