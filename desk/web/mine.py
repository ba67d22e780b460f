"""What an enterprise sees of itself: its code and why, what would change it, findings, visits and documents."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from desk.web.asking import Asking, Owner, page_and_json
from desk.web.enterprise import MOST_FINDINGS, MOST_VISITS, found_of, said_of
from desk.web.papers import paper_response
from models.errors import NotThereError
from models.field.papers import PAPER
from warehouse.database.reading import Row
from warehouse.field.evaluations import evaluation_code, to_evaluate
from warehouse.field.papers import Issued, handed_over, handed_paper
from warehouse.questions.records import findings_of, visits_of
from warehouse.questions.search import firm

router = APIRouter()


@page_and_json(router, "/my")
def mine(asking: Owner) -> Response:
    """The own enterprise.  Days of visits to come are not told: who is drawn is not warned."""
    number, ledger = _number(asking), asking.desk.ledger
    with asking.reading() as copy:
        register = firm(copy, number)
        if register is None:
            raise NotThereError("Your enterprise is not in the register any more. Ask the authority why.")
        found = found_of(asking, copy, number)
        visits = visits_of(copy, number, limit=MOST_VISITS)
        findings = findings_of(copy, number, limit=MOST_FINDINGS)
    asking.note_look("own enterprise", number)
    told: Row = {
        "register": register,
        "passport": found,
        "visits": visits,
        "findings": findings,
        "papers": [_plain(one) for one in handed_over(ledger, number)],
        "to_evaluate": [
            {"day": one.filing.planned_on, "link": f"/evaluate/{evaluation_code(ledger, one.visit_id)}"}
            for one in to_evaluate(ledger, number)
        ],
    }
    said: dict[str, Any] = said_of(found, asking.words) if found else {}
    said |= {"is_own": False, "may": defaultdict[str, bool](bool), "paper_codes": PAPER}
    day = {"as_of": found["as_of"]} if found else {}
    return asking.answer("mine.html", told | day, **said)


def _number(asking: Asking) -> str:
    number = asking.own_session.user.enterprise_id
    assert number is not None, "nobody else gets here"
    return number


def _plain(one: Issued) -> Row:
    """A document as the enterprise is told it."""
    path = f"/my/papers/{one.paper_id}"
    return {
        "kind": one.kind,
        "number": one.number,
        "issued_at": one.issued_at.isoformat(),
        "word": f"{path}.docx",
        "pdf": f"{path}.pdf" if one.pdf else None,
    }


@router.get("/my/papers/{paper_id}.pdf", response_class=Response)
def as_pdf(asking: Owner, paper_id: UUID) -> Response:
    """A document that was issued for the own enterprise, as PDF."""
    return paper_response(asking, handed_paper(asking.desk.ledger, _number(asking), paper_id), is_pdf=True)


@router.get("/my/papers/{paper_id}.docx", response_class=Response)
def as_word(asking: Owner, paper_id: UUID) -> Response:
    """The same as a Word file."""
    return paper_response(asking, handed_paper(asking.desk.ledger, _number(asking), paper_id), is_pdf=False)
