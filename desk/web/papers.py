"""The documents of a visit (执法文书): which can be issued, each as Word and PDF, and the register of all of them."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from pydantic import Field

from desk.files.tables import as_json
from desk.papers import facts
from desk.papers.facts import Value
from desk.papers.pdf import pdf_of
from desk.papers.pictures import picture
from desk.papers.sheet import sheet
from desk.papers.word import FOLDER, word_of
from desk.web.asking import Asking, Somebody, for_programs, page_and_json
from desk.web.knowing import judged_by, names_of_firms, rules_on
from desk.web.queue import Page, Paged, link_of, one_of
from desk.web.sent import Sent, ask_of, prose
from desk.web.steps import version_in
from models.documents import Strict
from models.errors import FaultsError, NotThereError, SettingsError
from models.field.facts import Fault
from models.field.forms import Prose
from models.field.papers import PAPER, SLOTS, missing, obstacles
from models.policy.papers import PAPERS, Paper
from warehouse.database.reading import Row
from warehouse.field import papers as ledger_papers
from warehouse.field import visits as ledger_visits
from warehouse.field.blobs import path_of
from warehouse.field.papers import Issued, Made
from warehouse.field.passes import SHOWN, pass_code
from warehouse.field.visit import Ask, Visit
from warehouse.questions.desk_facts import items_by_code
from warehouse.questions.search import firm

router = APIRouter()

SIZE = 50
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@page_and_json(router, "/papers")
def register(
    asking: Somebody,
    kind: Annotated[str, Query(max_length=20)] = "",
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    page: Page = 1,
) -> Response:
    """The register of documents: numbers by authority, kind and year, void ones too; the last issued first."""
    found = ledger_papers.register_of_papers(
        asking.desk.ledger, asking.own_session.user, year=year, kind=one_of(PAPER, kind) or None
    )
    paged = Paged(page, SIZE, len(found))
    shown = found[paged.skip :][:SIZE]
    told = {"of": paged.of, "page": page, "papers": [plain(asking, one) for one in shown]}
    filters = {"kind": kind, "year": year}
    return asking.answer(
        "papers.html", told, paged=paged, link=link_of("/papers", filters), filters=filters, codes=PAPER
    )


@page_and_json(router, "/visits/{visit_id}/papers")
def of_visit(asking: Somebody, visit_id: UUID) -> Response:
    """Documents of a visit: those issued, and which can be issued now; of the others what stands against it."""
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    return _list(asking, visit)


def _list(asking: Asking, visit: Visit) -> Response:
    asking.note_look("papers", str(visit.visit_id))
    held = ledger_papers.issued(asking.desk.ledger, asking.own_session.user, visit.visit_id)
    stand = facts.stand_of(visit)
    standing = {one.kind for one in held if one.stands and one.revision == visit.revision}
    against = {kind: obstacles(kind, stand) for kind in PAPERS}
    told = {
        "visit_id": str(visit.visit_id),
        "papers": [plain(asking, one) for one in held],
        "possible": [kind for kind in PAPERS if not against[kind] and kind not in standing],
        "against": {kind: [one.to_dict() for one in found] for kind, found in against.items() if found},
    }
    return asking.answer(
        "papers_of_visit.html",
        told,
        visit=visit,
        name=names_of_firms(asking, [visit]).get(visit.filing.enterprise_id, visit.filing.enterprise_id),
        may_issue=ledger_papers.may_issue(asking.own_session.user, visit),
        obstacles=against,
        kinds=PAPERS,
        codes=PAPER,
        request_id=uuid.uuid4,
    )


@router.get("/visits/{visit_id}/papers/{kind}", include_in_schema=False)
def form(asking: Somebody, visit_id: UUID, kind: str) -> Response:
    """What is typed before a document is issued, and a look at it as it would be."""
    visit, paper = _possible(asking, visit_id, kind)
    return _form(asking, visit, kind, paper, facts.offered(paper, _source(asking, visit)))


def _form(
    asking: Asking,
    visit: Visit,
    kind: str,
    paper: Paper,
    typed: Mapping[str, str],
    faults: tuple[Any, ...] = (),
) -> Response:
    asked = [
        {"name": name, "label": asking.words.of(one.label), "value": typed.get(name, "")}
        | {"required": SLOTS[name].required}
        for name, one in paper.fields.items()
        if SLOTS[name].typed
    ]
    return asking.page(
        "paper_new.html",
        status=422 if faults else 200,
        visit=visit,
        kind=kind,
        title=asking.words.of(paper.title),
        asked=asked,
        faults=faults,
        may_issue=ledger_papers.may_issue(asking.own_session.user, visit),
        request_id=uuid.uuid4(),
    )


@router.get("/visits/{visit_id}/papers/{kind}/draft.pdf", response_class=Response)
def draft(asking: Somebody, visit_id: UUID, kind: str) -> Response:
    """The document as it would be, without a number and marked as a draft on every page."""
    visit, paper = _possible(asking, visit_id, kind)
    source = _source(asking, visit)
    held, pictures = _shown(asking, facts.told(paper, source, facts.offered(paper, source)))
    laid = sheet(paper, held, asking.words, number="", authority=facts.authority(source))
    return _pdf(pdf_of(laid, pictures, asking.now), f"{kind}-draft")


class PaperAsked(Strict):
    """What a program brings to issue a document: the fields that somebody types, by name."""

    request_id: UUID
    typed: Mapping[str, Prose] = Field(default_factory=dict[str, str])


# Before the one of forms: a name in a path takes dots too.
@for_programs(
    router,
    "/visits/{visit_id}/papers/{kind}.json",
    told_428={"description": "It is not said which version was looked at."},
)
def issue_by_program(
    asking: Somebody,
    visit_id: UUID,
    kind: str,
    asked: PaperAsked,
    if_match: Annotated[str | None, Header(description='version that was looked at: "3"')] = None,
) -> Response:
    """Issue a document; asked again with the same ``request_id`` nothing is done twice."""
    ask = Ask(asked.request_id, asking.now, version_in(if_match))
    visit, paper = _possible(asking, visit_id, kind, ask)
    known = {name for name in paper.fields if SLOTS[name].typed}
    if strange := sorted(set(asked.typed) - known):
        raise FaultsError(
            "Nothing was recorded:",
            faults=(
                Fault(
                    "The document has no field {names} to be typed.",
                    {"names": ", ".join(strange)},
                    rule="paper_field_unknown",
                    clause="D3",
                    part="typed",
                ),
            ),
        )
    made = _issue(asking, visit, kind, paper, asked.typed, ask)
    return Response(as_json(plain(asking, made), indent=None), 200, None, "application/json")


@router.post("/visits/{visit_id}/papers/{kind}", include_in_schema=False)
def issue_by_form(asking: Somebody, visit_id: UUID, kind: str, sent: Sent) -> Response:
    """Issue a document under the next number."""
    ask = ask_of(asking, sent)
    visit, paper = _possible(asking, visit_id, kind, ask)
    typed = {name: prose(sent, name) for name in paper.fields if SLOTS[name].typed}
    try:
        _issue(asking, visit, kind, paper, typed, ask)
    except FaultsError as error:
        return _form(asking, visit, kind, paper, typed, error.faults)
    return asking.go(f"/visits/{visit_id}/papers")


@router.post("/papers/{paper_id}/void", include_in_schema=False)
def void(asking: Somebody, paper_id: UUID, sent: Sent) -> Response:
    """Make a document void; its number stays used."""
    ask = ask_of(asking, sent)
    user = asking.own_session.user
    held = ledger_papers.void(asking.desk.ledger, user, paper_id, prose(sent, "reason"), ask)
    return asking.go(f"/visits/{held.visit_id}/papers")


@router.get("/papers/{paper_id}.pdf", response_class=Response)
def as_pdf(asking: Somebody, paper_id: UUID) -> Response:
    """A document as it was issued, as PDF."""
    return paper_response(asking, _opened(asking, paper_id), is_pdf=True)


@router.get("/papers/{paper_id}.docx", response_class=Response)
def as_word(asking: Somebody, paper_id: UUID) -> Response:
    """A document as it was issued, as a Word file."""
    return paper_response(asking, _opened(asking, paper_id), is_pdf=False)


def _opened(asking: Asking, paper_id: UUID) -> Issued:
    return ledger_papers.paper_of(asking.desk.ledger, asking.own_session.user, paper_id)


def paper_response(asking: Asking, held: Issued, *, is_pdf: bool) -> Response:
    """One of the files of a document.  Raises NotThereError where there is no PDF."""
    asking.note_look("paper", str(held.paper_id))
    if is_pdf and held.pdf is None:
        raise NotThereError("There was no font with Chinese when this was issued, so it is a Word file only.")
    if is_pdf and held.pdf is not None:
        return _pdf(ledger_papers.file_of(asking.desk.ledger, held.pdf), held.number)
    content = ledger_papers.file_of(asking.desk.ledger, held.word)
    return Response(content, 200, _named(f"{held.number}.docx", "attachment"), WORD_TYPE)


def _pdf(content: bytes, name: str) -> Response:
    return Response(content, 200, _named(f"{name}.pdf", "inline"), "application/pdf")


def _named(name: str, how: str) -> dict[str, str]:
    """Headers that name a file; numbers of documents are no ASCII."""
    return {"content-disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}"}


def plain(asking: Asking, one: Issued) -> Row:
    """A document as programs are told it."""
    return {
        "paper_id": str(one.paper_id),
        "kind": one.kind,
        "number": one.number,
        "level": one.authority.level,
        "division": one.authority.division,
        "year": one.year,
        "n": one.n,
        "visit_id": str(one.visit_id),
        "revision": one.revision,
        "language": one.language,
        "held": dict(one.held),
        "word": f"/papers/{one.paper_id}.docx",
        "pdf": f"/papers/{one.paper_id}.pdf" if one.pdf else None,
        "issued_by": _name(asking, one.issued_by),
        "issued_at": one.issued_at.isoformat(),
        "voided_by": _name(asking, one.voided_by) if one.voided_by else None,
        "voided_at": one.voided_at.isoformat() if one.voided_at else None,
        "void_reason": one.void_reason,
    }


def _name(asking: Asking, user_id: str) -> str:
    return asking.people.get(user_id, user_id)


def _possible(asking: Asking, visit_id: UUID, kind: str, ask: Ask | None = None) -> tuple[Visit, Paper]:
    """The visit, and the document by the rules of the day.  Raises NotThereError, FaultsError."""
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if kind not in PAPERS:
        raise NotThereError("There is no such document. Look at the documents of the visit.")
    if faults := obstacles(kind, facts.stand_of(visit)):
        raise FaultsError("Nothing was recorded:", faults=tuple(faults))
    return visit, rules_on(asking, (ask.now if ask else asking.now).date()).papers.of(kind)


def _issue(
    asking: Asking, visit: Visit, kind: str, paper: Paper, typed: Mapping[str, str], ask: Ask
) -> Issued:
    if faults := missing({name: one.label for name, one in paper.fields.items()}, typed):
        raise FaultsError("Nothing was recorded:", faults=tuple(faults))
    source = _source(asking, visit)
    held, pictures = _shown(asking, facts.told(paper, source, typed))
    own = asking.desk.home.root / FOLDER

    def make(year: int, n: int) -> Made:
        number = facts.number_of(source, paper.word, year, n)
        word = word_of(kind, paper, held, asking.words, number=number, pictures=pictures, own=own)
        laid = sheet(paper, held, asking.words, number=number, authority=facts.authority(source))
        try:
            pdf = pdf_of(laid, pictures, ask.now)
        except SettingsError:
            # The page says that there is none, and what to do about it.
            pdf = None
        return Made(number, asking.words.language, held, word, pdf)

    user = asking.own_session.user
    return ledger_papers.issue(asking.desk.ledger, user, visit.visit_id, kind, typed, make, ask)


def _source(asking: Asking, visit: Visit) -> facts.Source:
    """From what documents of a visit are told."""
    ledger, user, day = (
        asking.desk.ledger,
        asking.own_session.user,
        visit.filing.planned_on or asking.now.date(),
    )
    with asking.reading() as copy:
        register = firm(copy, visit.filing.enterprise_id)
    if register is None:
        raise NotThereError("The enterprise is not in the register any more. Ask who keeps the register.")
    known = judged_by(asking, visit.filing, asking.now, but=visit).known.facts
    steps = ledger_visits.history(ledger, user, visit.visit_id)
    reasons = {one["step"]: one["reason"] or "" for one in steps}
    again = visit.filing.rechecks
    before = ledger_visits.load(ledger, user, again) if again else None
    orders = ledger_papers.issued(ledger, user, again) if again else []
    return facts.Source(
        visit=visit,
        register=register,
        officers=known.officers,
        items=items_by_code(day),
        papers=rules_on(asking, asking.now.date()).papers,
        words=asking.words,
        now=asking.now,
        used=known.visits_this_year,
        cap=known.cap,
        people=asking.people,
        address=f"{str(asking.request.base_url).rstrip('/')}/pass/{pass_code(ledger, visit.visit_id)}"
        if visit.state in SHOWN
        else "",
        before=before,
        orders=tuple(one.number for one in orders if one.kind in ("order", "measure") and one.stands),
        opinion=reasons.get("approve") or reasons.get("approve_afterwards") or "",
        cancelled_for=reasons.get("cancel", ""),
    )


def _shown(asking: Asking, held: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, bytes]]:
    """What a document holds, and the photos and drawn signatures it shows, by hash.

    What is no picture is told by its caption or name alone.
    """
    rows = {name: [row for row in value if isinstance(row, dict)] for name, value in held.items()}
    names = {row["sha256"] for told in rows.values() for row in told if row["sha256"]}
    paths = {name: path_of(asking.desk.ledger, name) for name in sorted(names)}
    made = {name: picture(path.read_bytes()) for name, path in paths.items() if path.exists()}
    pictures = {name: content for name, content in made.items() if content is not None}
    shown = {
        name: [{**row, "sha256": row["sha256"] if row["sha256"] in pictures else None} for row in told]
        for name, told in rows.items()
        if told
    }
    return {**held, **shown}, pictures
