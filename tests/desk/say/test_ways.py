"""What is said where nobody can name a way to a better code."""

from typing import Any

import pytest

from desk.say.ways import finding, no_way
from desk.words.words import Words

VETO = {
    "kind": "veto",
    "title_zh": "存在重大事故隐患",
    "title_en": "open major hazard",
    "clearing_zh": "整改完成并验收",
    "clearing_en": "rectified and accepted",
    "points": 0,
}


def found(code: str, ways: list[Any], *reasons: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "ways": ways, "reasons": list(reasons), "as_of": "2026-06-30"}


@pytest.mark.parametrize(
    ("passport", "said"),
    [
        (found("green", []), "This is the best code already."),
        (
            found("yellow", []),
            "Nothing that can be done now, alone or together, betters the code soon; time decides, see the dates "
            "below.",
        ),
        (
            found("red", [], VETO),
            "What can be done now is not enough to better the code soon. What helps in any case:",
        ),
    ],
)
def test_it_is_said_why_no_way_is_told(passport: dict[str, Any], said: str) -> None:
    assert no_way(passport, Words("en")) == said
    assert no_way(passport, Words("zh")) != said


def test_a_finding_names_its_reports_where_there_are_several() -> None:
    one: dict[str, Any] = {
        "item_code": None,
        "description": "通道堵塞",
        "rectify_due_on": None,
        "is_overdue": None,
    }
    assert finding(one | {"reports": ["city/1"]}, Words("en")) == "通道堵塞"
    told = one | {"reports": ["city/1", "state/a"]}
    assert finding(told, Words("en")) == "通道堵塞 (reported as city/1, state/a)"
    assert finding(told, Words("zh")) == "通道堵塞（上报编号：city/1、state/a）"
