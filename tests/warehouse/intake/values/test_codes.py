"""Codes and flags: the mapping's words first, the known spellings next, and never a default for what neither knows."""

from typing import Any

import pytest

from tests.worlds.cells import read


def severity(cell: Any, **spec: Any) -> Any:
    return read("violations", "severity", [cell], **spec)[0]


PREFIX = {"prefix": {"重": "serious", "重大": "critical", "一般": "general"}}
CONTAINS = {"contains": {"爆炸": "critical", "死亡": "critical", "标识": "minor"}}
UNKNOWN = "unknown_code:severity"


@pytest.mark.parametrize(
    ("spec", "cell", "code"),
    [
        (PREFIX, "重大隐患三处", "critical"),
        (PREFIX, "重要", "serious"),
        (PREFIX, "非重大", UNKNOWN),
        (PREFIX, "minor", "minor"),  # known without the mapping
        (PREFIX, "", "ungraded"),
        (PREFIX | {"otherwise": "minor"}, "别的", "minor"),
        (PREFIX | {"values": {"重大未定": "ungraded"}}, "重大未定", "ungraded"),
        (CONTAINS, "可能爆炸", "critical"),
        (CONTAINS, "爆炸致死亡", "critical"),
        (CONTAINS, "缺少标识", "minor"),
        (CONTAINS, "缺少标识，爆炸", UNKNOWN),
        (CONTAINS | {"otherwise": "minor"}, "缺少标识，爆炸", UNKNOWN),
        (CONTAINS | {"otherwise": "general"}, "别的", "general"),
        (CONTAINS | PREFIX, "一般标识", "general"),
        (CONTAINS, "", "ungraded"),
    ],
)
def test_beginnings_and_words_of_a_text_stand_for_a_code(spec: dict[str, Any], cell: str, code: str):
    assert severity(cell, **spec) == code


def test_the_first_keyword_that_a_text_holds_sorts_it_and_without_one_it_is_empty():
    keywords = {"营造": "47", "工程": "50", "(a+)+$": "99"}
    cells = ["大华营造工程", "土木工程", "大华", "", "(a+)+$", "a"]
    assert read("enterprises", "industry", cells, keywords=keywords) == [
        "47",
        "50",
        None,
        None,
        "99",
        None,
    ]


@pytest.mark.parametrize("cell", ["不详", "2级", "N/A", "-", "0", "?", "severe", "一般 重大", "一般、重大"])
@pytest.mark.parametrize(
    "spec", [{}, {"values": {"甲": "critical"}}, {"blank": "minor"}, {"empty": ["未填"]}]
)
def test_what_nobody_lists_is_never_the_default(spec: dict[str, Any], cell: str):
    assert severity(cell, **spec) == UNKNOWN


def test_what_a_mapping_calls_empty_is_the_default_also_where_it_decides():
    assert severity("不详", empty=["不详"]) == "ungraded"
    assert severity(-1, empty=[-1], blank="general") == "general"


@pytest.mark.parametrize("cell", ["不详", "未知", "2", "-", "x", "√", "是/否", "yes and no", "non", "真"])
def test_a_flag_is_only_what_is_known_to_be_yes_or_no(cell: str):
    assert read("violations", "is_major_hazard", [cell]) == ["unreadable:is_major_hazard"]


def test_words_of_a_flag_that_contradict_each_other_are_not_read():
    spec = {"contains": {"重大": "true", "一般": "false"}}
    cells = ["重大隐患", "一般隐患", "一般或重大", ""]
    assert read("violations", "is_major_hazard", cells, **spec) == [
        True,
        False,
        "unreadable:is_major_hazard",
        False,
    ]
