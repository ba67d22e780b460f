"""A citation of a list of major hazards names the very criterion, or it is refused."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.law import Citation, Criterion, LegalText, criteria_cited, legal_texts, marks, read_citation

MINES = {"underground": 32, "open pit": 13, "tailings": 19}
ORDER = {"3": 3, "4": 8, "5": 13, "13": 2, "14": 1}
CHAPTERS = {"5.1": 5, "5.2": 10, "5.5": 12}
EQUIPMENT = {"4.1": "d", "4.3": "f", "4.10": "e"}
BRANCHES = {"chemicals": 20, "fireworks": 20}


def cited(clause: str, criteria: dict[str, Any] | None) -> list[str]:
    """Part and mark of what a clause names in a list of these criteria."""
    said = {
        "text": "list",
        "title": {"zh": "标准", "en": "List"},
        "kind": "document",
        "from": date(2022, 9, 1),
    }
    text = LegalText.model_validate(said | {"read": "full", "source": "test", "criteria": criteria})
    found = criteria_cited(Citation(f"list {clause}", text, clause))
    assert all(one.text == "list" for one in found)
    return [f"{one.part}|{one.mark}" for one in found]


@pytest.mark.parametrize(
    ("clause", "criteria", "expected"),
    [
        ("underground (7)", MINES, ["underground|7"]),
        ("underground (23)3", MINES, ["underground|23"]),
        ("open pit (2), underground (2)", MINES, ["open pit|2", "underground|2"]),
        ("underground (6), (8)", MINES, ["underground|6", "underground|8"]),
        ("tailings (3)–(5)", MINES, ["tailings|3", "tailings|4", "tailings|5"]),
        ("4(1), 5(1)", ORDER, ["4|1", "5|1"]),
        ("5(6)–(8), 14", ORDER, ["5|6", "5|7", "5|8", "14|1"]),
        ("13(2)", ORDER, ["13|2"]),
        ("5.5.3, 5.5.4", CHAPTERS, ["5.5|3", "5.5|4"]),
        ("5.1.1–4", CHAPTERS, ["5.1|1", "5.1|2", "5.1|3", "5.1|4"]),
        ("5.2.10", CHAPTERS, ["5.2|10"]),
        ("4.3c", EQUIPMENT, ["4.3|c"]),
        ("4.10b, d", EQUIPMENT, ["4.10|b", "4.10|d"]),
        ("4.1a–c", EQUIPMENT, ["4.1|a", "4.1|b", "4.1|c"]),
        ("chemicals 11", BRANCHES, ["chemicals|11"]),
        ("fireworks 14, 16", BRANCHES, ["fireworks|14", "fireworks|16"]),
    ],
)
def test_a_place_names_its_criteria(clause: str, criteria: dict[str, Any], expected: list[str]):
    assert cited(clause, criteria) == expected


@pytest.mark.parametrize(
    ("clause", "criteria", "why"),
    [
        ("", MINES, "the place '' names no criterion"),
        ("underground", MINES, "the place 'underground' names no criterion; they are underground to 32"),
        ("underground 7", ORDER, "the place 'underground 7'"),
        ("(7)", MINES, "the place '(7)'"),
        ("underground (33)", MINES, "there is no '(33)' in underground, whose last is 32"),
        ("underground (0)", MINES, "there is no '(0)'"),
        ("tailings (5)–(3)", MINES, "there is no '(5)–(3)' in tailings"),
        ("tailings (3)-(5)", MINES, "the place 'tailings (3)-(5)'"),
        ("underground (7); (8)", MINES, "the place 'underground (7); (8)'"),
        ("fireworks item 5", BRANCHES, "the place 'fireworks item 5'"),
        ("fireworks13", BRANCHES, "the place 'fireworks13'"),
        ("2", ORDER, "the place '2'"),
        ("4", ORDER, "the place '4'"),
        ("14(1)", ORDER, "there is no '(1)' in 14"),
        ("4(1), 2", ORDER, "the place '2'"),
        ("4.3", EQUIPMENT, "the place '4.3'"),
        ("4.3.3", EQUIPMENT, "there is no '.3' in 4.3"),
        ("4.1c–a", EQUIPMENT, "there is no 'c–a'"),
        ("tailings c", MINES, "the place 'tailings c'"),
        ("13(02)", ORDER, "there is no '(02)' in 13"),
        ("4.3g", EQUIPMENT, "there is no 'g' in 4.3, whose last is f"),
        ("5.5", CHAPTERS, "the place '5.5'"),
        ("5.3.1", CHAPTERS, "the place '5.3.1'"),
        ("5.5.3, 4", CHAPTERS, "the place '4'"),
        ("14, 15", ORDER, "the place '15'"),
        ("5.1", {}, "they are not counted"),
    ],
)
def test_what_cannot_be_read_is_refused_naming_the_place(clause: str, criteria: dict[str, Any], why: str):
    with pytest.raises(ValueError) as refused:
        cited(clause, criteria)
    assert why in str(refused.value)


def test_a_text_that_is_no_list_has_no_criteria():
    assert cited("65(1)3", None) == []
    assert criteria_cited(read_citation("a text nobody registered 3")) == ()


LISTS = [(name, text.criteria) for name, text in legal_texts().items() if text.criteria]
UNBRACKETED = {"AQ 3067-2026": ".{}", "GB 45067-2024": "{}", "安监总管三〔2017〕121号": " {}"}
"""How texts without brackets number their criteria."""


@st.composite
def places(draw: st.DrawFn) -> tuple[Criterion, str]:
    """A criterion of a registered list, and how it is cited."""
    name, criteria = draw(st.sampled_from(LISTS))
    part = draw(st.sampled_from(list(criteria)))
    mark = draw(st.sampled_from(marks(criteria[part])))
    way = "" if criteria[part] == 1 else UNBRACKETED.get(name, "({})")
    return Criterion(name, part, mark), f"{name} {part}{way.format(mark)}"


@given(places())
def test_every_criterion_of_every_list_can_be_cited(place: tuple[Criterion, str]):
    criterion, said = place
    assert criteria_cited(read_citation(said)) == (criterion,)
