"""Items of a trade are for the enterprises of its industries, and hold every criterion of the trade's list."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import PolicyError
from models.industries import industry_code, is_in_industries
from models.planning.demand.checklist import checklist
from models.policy.check_items import CATALOGUES, load_catalogue
from models.policy.coverage import coverage
from models.vocabulary import CHECK_NOTE, LOOK
from tests.models.planning.test_checklist import (
    CHEMICALS,
    FINDINGS,
    HISTORY,
    VISITS,
    listed,
    past,
    visit,
    what,
)
from tests.worlds.packs import edited
from warehouse.planning.checks import MOST_CHECKS

DAY = date(2026, 6, 30)
ITEMS = load_catalogue().on(DAY)
CODES = st.text("0123456789", min_size=2, max_size=4)


def of_trade(industry: str | None, sector: str = "general") -> set[str]:
    """Trades whose items a firm gets."""
    return {one.trade.en for one in ITEMS if one.trade and one.applies_to(sector, industry)}


@pytest.mark.parametrize(
    ("industry", "trades"),
    [
        ("30", {"building materials", "light industry"}),
        ("3011", {"building materials"}),
        ("3054", {"light industry"}),
        ("17", {"textile"}),
        ("1620", {"tobacco"}),
        ("3391", {"machinery"}),
        ("3841", {"light industry"}),
        ("5990", set[str]()),
        (None, set[str]()),
    ],
)
def test_a_firm_gets_the_items_of_its_trade_and_of_no_other(industry: str | None, trades: set[str]):
    assert of_trade(industry) == trades


def test_the_items_of_building_materials_are_for_division_30_and_not_for_17():
    of_article_6 = [one for one in ITEMS if any(cite.startswith("令第10号 6(") for cite in one.cites)]
    assert len(of_article_6) == 8
    assert all(
        one.applies_to("general", "30") and not one.applies_to("general", "17") for one in of_article_6
    )
    assert not any(one.applies_to("fireworks", "30") for one in of_article_6)


def test_every_criterion_of_the_order_on_industry_and_trade_has_an_item():
    parts = [part for part in coverage(load_catalogue(), DAY) if part.text.name == "令第10号"]
    assert [part.name for part in parts] == [str(article) for article in range(3, 15)]
    assert {part.name: part.missing for part in parts if part.missing} == {}


@pytest.mark.parametrize(
    ("industry", "is_major"), [("3311", True), ("2110", True), ("17", False), ("3011", False), (None, False)]
)
def test_an_item_for_all_is_major_in_the_trades_whose_list_names_it(industry: str | None, is_major: bool):
    [paint_rooms] = [one for one in ITEMS if one.code == "MACH-08"]
    assert paint_rooms.applies_to("general", industry)
    assert paint_rooms.is_major_in("general", industry) == is_major


def test_before_the_list_of_a_trade_came_none_of_its_items_stands():
    before = load_catalogue().on(date(2023, 5, 14))
    assert not any(one.trade for one in before)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "general",
            "major_trades: [machinery,",
            "major_trades: [machines,",
            "general.yaml: MACH-08: unknown trade machines; known: building materials",
        ),
        ("textile", 'industries: ["17", "18"]\n', "", "trade and industries stand together"),
        (
            "textile",
            '    industries: ["17"]\n',
            '    industries: ["16"]\n',
            "TEX-01: industries 16 are none of the file's",
        ),
        ("textile", 'industries: ["17", "18"]', 'industries: ["C17"]', "textile.yaml"),
    ],
)
def test_an_unsound_trade_is_refused(tmp_path: Path, file: str, old: str, new: str, message: str):
    edited(CATALOGUES / "starter", tmp_path, file, old, new)
    with pytest.raises(PolicyError, match=message):
        load_catalogue("starter", folder=tmp_path)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("3011", "3011"),
        ("C3011", "3011"),
        ("c 30", "30"),
        ("30非金属矿物制品业", "30"),
        ("水泥制造", None),
        ("33110", None),
        ("2024-05-01", None),
        ("3D打印", None),
        ("", None),
        (None, None),
    ],
)
def test_the_code_of_an_industry_is_read_as_registers_write_it(said: str | None, code: str | None):
    assert industry_code(said) == code


@given(code=CODES, finer=CODES)
def test_an_industry_known_less_finely_may_be_any_of_its_classes(code: str, finer: str):
    assert is_in_industries(code, [code]) and is_in_industries((code + finer)[:4], [code])
    assert is_in_industries(code, [(code + finer)[:4]])
    assert not is_in_industries(code, [])


@pytest.mark.parametrize("industry", ["3011", "C30", "30 非金属矿物制品业"])
def test_items_of_a_trade_are_for_its_industries_and_come_before_the_sectors_others(industry: str):
    found = listed([visit("general", industry=industry)], most=2)
    assert what(found) == [("sector_major", "BUILD-01", None), ("sector", "MACH-01", None)]
    assert found["is_major"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("sector", "industry"), [("general", "3011"), ("metal_smelting", "3110"), ("explosive_dust", "3360")]
)
def test_what_is_asked_of_a_trade_alone_comes_before_what_is_asked_of_its_sector(sector: str, industry: str):
    found = listed([visit(sector, industry=industry, channels=["annual_full"])])
    for why in ("sector_major", "sector"):
        codes = found.filter(why=why)["item_code"].to_list()
        of_trade = [bool(next(item for item in ITEMS if item.code == code).industries) for code in codes]
        assert of_trade == sorted(of_trade, reverse=True)


@pytest.mark.parametrize("industry", [None, "", "建材"])
def test_where_the_trade_is_unknown_the_list_says_that_its_items_are_left_out(industry: str | None):
    found = listed([visit("general", industry=industry)], None, [past("GEN-02", 2)], most=3)
    assert found["why"].to_list() == ["repeated", "trade_unknown", "sector"]
    note = found.row(1, named=True)
    assert (note["item_code"], note["is_major"]) == (None, False)
    assert (
        note["title_zh"] == CHECK_NOTE.zh("trade_unknown") and note["look_en"] == LOOK.labels["trade_unknown"]
    )


@pytest.mark.parametrize(("sector", "industry"), [("general", "5990"), (CHEMICALS, None)])
def test_where_no_item_of_a_trade_can_be_missing_nothing_is_said(sector: str, industry: str | None):
    assert "trade_unknown" not in listed([visit(sector, industry=industry)])["why"]


def test_whatever_the_trade_the_list_is_no_longer_than_it_may_be_and_major_hazards_come_first():
    industries = ["3011", "30", "3391", "1512", "14", "17", "1620", "4710", "5990", None]
    visits = pl.DataFrame(
        [visit("general", industry=one, visit_id=f"v{at}") for at, one in enumerate(industries)],
        schema=VISITS,
    )
    nothing = pl.DataFrame(schema=FINDINGS), pl.DataFrame(schema=HISTORY)
    found = checklist(visits, *nothing, ITEMS, most=MOST_CHECKS)
    for _, mine in found.group_by("visit_id"):
        assert mine.height == MOST_CHECKS
        listed_major = mine.filter(pl.col("why") != "trade_unknown")["is_major"].to_list()
        assert listed_major == sorted(listed_major, reverse=True)
