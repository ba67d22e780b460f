"""What is said where nobody can name a way to a better code."""

from typing import Any

import pytest

from desk.say.ways import no_way
from desk.words.words import Words

VETO = {
    "kind": "veto",
    "title_zh": "存在重大事故隐患",
    "title_en": "open major hazard",
    "clearing_zh": "整改完成并验收",
    "clearing_en": "rectified and accepted",
    "points": 0,
}


def found(code: str, ways: list[Any] | None, *reasons: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "ways": ways, "reasons": list(reasons), "as_of": "2026-06-30"}


@pytest.mark.parametrize(
    ("passport", "said"),
    [
        (found("green", []), "This is the best code already."),
        (found("yellow", None), "The shortest ways out were not computed for this copy."),
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
