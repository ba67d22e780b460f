"""Evaluations of visits: once by a link, apart from the visit, and shown in fives."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from models.errors import FaultsError, FieldError, NotThereError
from models.field.evaluation import Evaluation
from tests.worlds.ledgers import NOON, SHIZHONG, Desk, person
from warehouse.field import audit
from warehouse.field.evaluations import evaluate, evaluation_code, quarter_of, sums
from warehouse.field.passes import pass_code
from warehouse.field.tables import AUDIT, EVALUATIONS

ASKED = ("conduct", "skill")


def said(conduct: int = 5, skill: int = 4, **other: str) -> Evaluation:
    return Evaluation(marks={"conduct": conduct, "skill": skill}, **other)


def evaluated(desk: Desk, told: Evaluation | None = None) -> str:
    """A visit that was made and evaluated; its code."""
    code = evaluation_code(desk.ledger, desk.signed().visit_id)
    evaluate(desk.ledger, code, told or said(), ASKED, NOON)
    return code


def test_a_link_works_once_even_for_many_at_once(desk: Desk) -> None:
    code = evaluation_code(desk.ledger, desk.signed().visit_id)

    def try_it(mark: int) -> bool:
        try:
            evaluate(desk.ledger, code, said(mark), ASKED, NOON)
        except FieldError as error:
            assert "works once" in str(error)
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(try_it, range(1, 6))) == [False] * 4 + [True]
    with desk.ledger.reading() as connection:
        assert len(connection.execute(select(EVALUATIONS)).all()) == 1


def test_four_are_not_shown_five_are_and_the_next_four_wait_again(desk: Desk) -> None:
    for mark in (5, 4, 3, 1):
        evaluated(desk, said(mark, remark=f"乙{mark}"))
        assert sums(desk.ledger, desk.leader) == []
    evaluated(desk, said(5, 5, remark="甲", said_by="张三"))
    [one] = sums(desk.ledger, desk.inspector)
    assert (one.n, one.good, one.made, one.quarter) == (5, 3, 5, "2026Q2")
    assert one.marks == {"conduct": {1: 1, 3: 1, 4: 1, 5: 2}, "skill": {4: 4, 5: 1}}
    assert set(one.remarks) == {"乙5", "乙4", "乙3", "乙1", "甲 (张三)"}
    for _ in range(4):
        evaluated(desk, said(1, 1))
        assert [each.n for each in sums(desk.ledger, desk.leader)] == [5]
    evaluated(desk)
    assert [each.n for each in sums(desk.ledger, desk.leader)] == [10]
    assert sums(desk.ledger, person(desk.ledger, "zhao", "leader", at=SHIZHONG)) == []


def test_what_was_said_is_kept_apart_from_the_visit_and_from_the_minute(desk: Desk) -> None:
    visit = desk.signed()
    evaluate(desk.ledger, evaluation_code(desk.ledger, visit.visit_id), said(2, remark="态度差"), ASKED, NOON)
    with desk.ledger.reading() as connection:
        [row] = connection.execute(select(EVALUATIONS)).mappings()
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.place.desc())).mappings().first()
    assert not {str(visit.visit_id), visit.filing.enterprise_id} & {str(value) for value in row.values()}
    assert last is not None and (last["act"], last["by"], last["details"]) == ("evaluated", None, {})
    assert audit.verify(desk.ledger).place == last["place"]


def test_only_a_visit_that_was_made_is_evaluated_and_by_its_own_link_alone(desk: Desk) -> None:
    waiting, made = desk.approved(), desk.signed()
    for code in (
        evaluation_code(desk.ledger, waiting.visit_id),
        pass_code(desk.ledger, made.visit_id),
        evaluation_code(desk.ledger, made.visit_id)[:-2] + "AA",
        "nonsense",
        "",
    ):
        with pytest.raises(NotThereError, match="opens nothing"):
            evaluate(desk.ledger, code, said(), ASKED, NOON)


def test_every_question_has_a_mark_and_nothing_else_is_taken(desk: Desk) -> None:
    code = evaluation_code(desk.ledger, desk.signed().visit_id)
    with pytest.raises(FaultsError) as found:
        evaluate(desk.ledger, code, Evaluation(marks={"conduct": 5, "owner": 1}), ASKED, NOON)
    assert [(one.rule, one.part) for one in found.value.faults] == [
        ("no_mark", "skill"),
        ("not_asked", "owner"),
    ]
    evaluate(desk.ledger, code, said(), ASKED, NOON)


@pytest.mark.parametrize(("day", "quarter"), [("03-31", "2026Q1"), ("04-01", "2026Q2"), ("12-31", "2026Q4")])
def test_the_quarter_of_a_day(day: str, quarter: str) -> None:
    assert quarter_of(NOON.fromisoformat(f"2026-{day}").date()) == quarter
