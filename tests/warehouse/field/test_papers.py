"""Numbers of documents: without a gap whoever issues at once, and whatever fails."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from models.errors import ConflictError, FieldError, NotThereError
from tests.worlds.ledgers import NOON, SHIZHONG, Desk, ask, person
from warehouse.field.papers import Issued, Made, file_of, issue, issued, paper_of, register_of_papers, void
from warehouse.field.visit import Visit


def made(year: int, n: int) -> Made:
    return Made(f"历下〔{year}〕{n}号", "zh", {"unit": "甲"}, f"word {n}".encode(), f"pdf {n}".encode())


def issue_one(desk: Desk, visit: Visit, kind: str = "record") -> Issued:
    return issue(desk.ledger, desk.inspector, visit.visit_id, kind, {}, made, ask(visit))


def test_eight_who_issue_at_once_get_numbers_without_a_gap(desk: Desk) -> None:
    visits = [desk.signed() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda visit: issue_one(desk, visit), visits))
    assert sorted(one.n for one in found) == list(range(1, 9))
    assert all(file_of(desk.ledger, one.word) == f"word {one.n}".encode() for one in found)
    assert all(one.number == f"历下〔{NOON.year}〕{one.n}号" for one in found)


def test_a_document_that_cannot_be_made_uses_no_number(desk: Desk) -> None:
    visit = desk.signed()

    def fails(year: int, n: int) -> Made:
        raise FieldError("The template asks for a field that there is not.")

    with pytest.raises(FieldError, match="template"):
        issue(desk.ledger, desk.inspector, visit.visit_id, "record", {}, fails, ask(visit))
    assert issued(desk.ledger, desk.inspector, visit.visit_id) == []
    assert issue_one(desk, visit).n == 1


def test_each_kind_and_year_counts_for_itself_and_a_void_one_keeps_its_number(desk: Desk) -> None:
    visit = desk.signed()
    first = issue_one(desk, visit)
    assert issue_one(desk, visit, "order").n == 1
    with pytest.raises(FieldError, match="issued already"):
        issue_one(desk, visit)
    gone = void(desk.ledger, desk.leader, first.paper_id, "姓名写错", ask(visit))
    assert not gone.stands and (gone.number, gone.void_reason) == (first.number, "姓名写错")
    assert void(desk.ledger, desk.leader, first.paper_id, "又一次", ask(visit)) == gone
    assert issue_one(desk, visit).n == 2
    later = NOON.replace(year=NOON.year + 1)
    other = desk.signed()
    told = issue(desk.ledger, desk.inspector, other.visit_id, "record", {}, made, ask(other, later))
    assert (told.year, told.n) == (NOON.year + 1, 1)
    assert [one.n for one in register_of_papers(desk.ledger, desk.leader, year=NOON.year, kind="record")] == [
        2,
        1,
    ]


def test_asked_again_it_is_the_same_and_something_else_under_its_number_is_refused(desk: Desk) -> None:
    visit, asked = desk.signed(), uuid4()

    def again(kind: str = "record", **typed: str) -> Issued:
        request = ask(visit, request=asked)
        return issue(desk.ledger, desk.inspector, visit.visit_id, kind, typed, made, request)

    assert again() == again()
    for kind, typed in (("order", {}), ("record", {"court": "乙"})):
        with pytest.raises(ConflictError, match="under the number"):
            again(kind, **typed)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        issue(desk.ledger, desk.inspector, visit.visit_id, "order", {}, made, ask(1))


def test_of_another_authority_a_document_is_as_if_it_were_not_there(desk: Desk) -> None:
    visit = desk.signed()
    paper = issue_one(desk, visit)
    stranger = person(desk.ledger, "zhao", "leader", "inspector", at=SHIZHONG)
    with pytest.raises(NotThereError):
        paper_of(desk.ledger, stranger, paper.paper_id)
    with pytest.raises(NotThereError):
        void(desk.ledger, stranger, paper.paper_id, "x", ask(visit))
    with pytest.raises(NotThereError):
        issue(desk.ledger, stranger, visit.visit_id, "order", {}, made, ask(visit))
    assert register_of_papers(desk.ledger, stranger) == []
    analyst = person(desk.ledger, "qian", "analyst")
    assert paper_of(desk.ledger, analyst, paper.paper_id) == paper
    with pytest.raises(FieldError, match="inspect or lead"):
        issue(desk.ledger, analyst, visit.visit_id, "order", {}, made, ask(visit))
