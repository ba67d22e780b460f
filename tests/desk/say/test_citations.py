"""Laws on a sheet: the article without remarks, for every item of the catalogue."""

import re
from datetime import date

import pytest

from desk.say.citations import citation
from desk.words.words import Words
from models.policy.check_items import load_catalogue

ZH, EN = Words("zh"), Words("en")


@pytest.mark.parametrize(
    ("reference", "cited"),
    [
        ("令第10号 12(1)", "令第10号 12(1)"),
        ("安全生产法 38(3); 危险化学品安全法 34(3)", "安全生产法 38(3)"),
        ("令第6号; GB 15577-2018 (clauses not read)", "令第6号"),
        (
            "GB 28009-2011 chapter 7 (an excerpt was seen; whether it still stands was not found)",
            "GB 28009-2011",
        ),
        ("矿安〔2022〕88号 open pit (2)", "矿安〔2022〕88号 露天矿山 (2)"),
        ("令第10号 4(4) (steelmaking: alarm and interlock); 5(5)", "令第10号 4(4)"),
        ("No single article found; good practice of the trade", ""),
        (None, ""),
    ],
)
def test_a_law_is_cited_with_its_article_and_without_remarks(reference: str | None, cited: str) -> None:
    assert citation(reference, ZH) == cited


def test_what_is_cited_of_the_catalogue_is_chinese_whole_and_short() -> None:
    cited = {item.code: citation(item.reference, ZH) for item in load_catalogue().on(date(2026, 7, 1))}
    assert sum(not one for one in cited.values()) < 10, "hardly any has no law"
    for code, one in cited.items():
        assert not re.search(r"[a-z]{2}|;", one), code
        assert one.count("(") == one.count(")") and len(one) < 70, code


def test_parts_of_a_law_are_named_in_the_language_of_the_reader() -> None:
    assert citation("矿安〔2022〕88号 tailings (13)", EN) == "矿安〔2022〕88号 tailings (13)"
