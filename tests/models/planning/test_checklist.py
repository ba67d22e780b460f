"""The catalogue of check items is sound, and every visit gets a ranked list of what to check, with the reason."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs import check_items
from models.errors import PolicyError, PolicyGapError
from models.industries import industry_code
from models.planning.demand.checklist import CHECKLIST_SCHEMA, WHY, checklist
from models.policy.check_items import CATALOGUES, Catalogue, CheckItem, catalogue_names, load_catalogue
from models.policy.shape import Words
from models.vocabulary import HIGH_HAZARD_SECTORS, SECTOR
from pipelines.demo.items import ITEMS
from tests.worlds.packs import edited

DAY = date(2026, 6, 30)
FIRST_DAY = date(2021, 9, 1)
CHEMICALS = "hazardous_chemicals"

# ------------------------------------------------------------------------------------------- catalogue


@pytest.mark.parametrize("name", catalogue_names())
def test_every_catalogue_loads_and_says_it_is_not_official(name: str):
    catalogue = load_catalogue(name)
    assert catalogue.name == name
    assert len(catalogue.hash) == 64
    assert "非官方" in catalogue.title.zh and "not an official list" in catalogue.title.en


@pytest.mark.parametrize("sector", SECTOR.keys)
def test_every_sector_has_items_of_its_own_with_references(sector: str):
    own = [item for item in load_catalogue().on(DAY) if sector in item.sectors]
    assert len(own) >= 12
    assert all(item.reference and item.title.zh and item.look.en for item in own)


@pytest.mark.parametrize("sector", HIGH_HAZARD_SECTORS)
def test_every_high_hazard_sector_has_items_of_its_list_of_major_hazards(sector: str):
    items = load_catalogue().on(DAY)
    assert any(sector in item.sectors and item.is_major_in(sector) for item in items)


def test_every_item_of_the_demo_city_is_in_the_catalogue():
    assert {item.code for item in ITEMS} <= {item.code for item in load_catalogue().on(DAY)}


def test_titles_and_looks_differ_from_item_to_item():
    items = load_catalogue().on(DAY)
    assert len({(item.sectors, item.title.zh) for item in items}) == len(items)


def test_before_the_first_day_there_are_no_items():
    with pytest.raises(PolicyGapError, match=r"starter has no check items for 2021-08-31; .*2021-09-01"):
        load_catalogue().on(date(2021, 8, 31))


def test_a_list_counts_from_its_own_day_on():
    def on(day: date) -> dict[str, CheckItem]:
        return {item.code: item for item in load_catalogue().on(day)}

    assert "DUST-01" not in on(FIRST_DAY)
    assert on(date(2023, 5, 15))["DUST-01"].is_major_in("explosive_dust")
    assert on(date(2023, 5, 14))["SMELT-05"].is_major_in("metal_smelting")
    assert not on(date(2023, 5, 15))["SMELT-05"].is_major_in("metal_smelting")
    assert on(date(2026, 9, 29))["CHEM-01"].verified
    assert not on(date(2026, 9, 30))["CHEM-01"].verified


def test_an_item_for_everybody_may_be_major_in_some_sectors_only():
    [licences] = [item for item in load_catalogue().on(DAY) if item.code == "GEN-04"]
    assert licences.is_major_in("metal_smelting") and licences.is_major_in("fireworks")
    assert not licences.is_major_in("non_coal_mine") and not licences.is_major_in(None)


ChangedCatalogue = Callable[[str, str, str], Catalogue]


@pytest.fixture
def changed(tmp_path: Path) -> ChangedCatalogue:
    """The starter catalogue with one passage of one file replaced, read and checked."""

    def change(file: str, old: str, new: str) -> Catalogue:
        edited(CATALOGUES / "starter", tmp_path, file, old, new)
        return load_catalogue("starter", folder=tmp_path)

    return change


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "fireworks",
            "item: FW-02",
            "item: FW-01",
            r"fireworks.yaml: FW-01: stands already in fireworks.yaml",
        ),
        ("fireworks", "item: FW-02", "item: CHEM-01", r"CHEM-01: stands already in|fireworks.yaml: CHEM-01"),
        ("fireworks", "[fireworks]", "[firework]", r"fireworks.yaml: sectors: unknown sector firework;"),
        (
            "fireworks",
            ', cites: ["安监总管三〔2017〕121号 fireworks 5"]',
            "",
            r"fireworks.yaml: FW-01: values.2021-09-01.reference: Field required",
        ),
        ("fireworks", "item: FW-01", "item: FW1", r"fireworks.yaml: FW1: item: "),
        ("fireworks", "basis: policy", "basis: rumour", r"fireworks.yaml: FW-01: values.2021-09-01.basis"),
        (
            "fireworks",
            "is_major: true",
            "is_major: [general]",
            r"FW-01, 2021-09-01: is major in general, to which",
        ),
        ("fireworks", "2021-09-01", "2021-13-01", r"fireworks.yaml"),
        ("catalogue", "name: starter", "nom: starter", r"catalogue.yaml: .*"),
    ],
)
def test_an_unsound_catalogue_is_refused_naming_file_and_item(
    changed: ChangedCatalogue, file: str, old: str, new: str, message: str
):
    with pytest.raises(PolicyError, match=message):
        changed(file, old, new)


def test_an_unknown_catalogue_names_the_known_ones():
    with pytest.raises(PolicyError, match=r"no catalogue 'jinan' .*; known catalogues: starter"):
        load_catalogue("jinan")


def test_the_hash_follows_the_content(changed: ChangedCatalogue):
    assert changed("fireworks", "滞留、储存", "滞留、存放").hash != load_catalogue().hash


def test_the_document_is_fresh():
    text = check_items.FILE.read_text(encoding="utf-8")
    assert text == check_items.render(), "run: python -m docs.check_items"


# ------------------------------------------------------------------------------------------- checklist


def item(code: str, *sectors: str, major: bool = False, industries: tuple[str, ...] = ()) -> CheckItem:
    words = Words(zh=f"{code}项", en=code)
    major_in = sectors if major else ()
    told = (code, sectors, words, words, "law", (), "art. 1", major_in, FIRST_DAY)
    return CheckItem(*told, industries=industries)


SMALL = (
    item("GEN-01"),
    item("GEN-02"),
    item("CHEM-01", CHEMICALS),
    item("CHEM-02", CHEMICALS, major=True),
    item("CHEM-03", CHEMICALS),
    item("FW-01", "fireworks", major=True),
    item("MACH-01", "general"),
    item("BUILD-01", "general", major=True, industries=("30",)),
    item("TEX-01", "general", major=True, industries=("17", "18")),
)
VISITS = {
    "visit_id": pl.String,
    "enterprise_id": pl.String,
    "sector": pl.String,
    "industry": pl.String,
    "channels": pl.List(pl.String),
    "mode": pl.String,
}
FINDINGS = {
    "enterprise_id": pl.String,
    "violation_id": pl.String,
    "source": pl.String,
    "item_code": pl.String,
    "description": pl.String,
    "severity": pl.String,
    "is_major_hazard": pl.Boolean,
    "occurred_on": pl.Date,
    "rectify_due_on": pl.Date,
    "is_overdue": pl.Boolean,
}
HISTORY = {"enterprise_id": pl.String, "item_code": pl.String, "times": pl.Int64, "last_on": pl.Date}


def visit(
    sector: str | None = CHEMICALS, channels: tuple[str, ...] = ("random",), **more: Any
) -> dict[str, Any]:
    row = {"visit_id": "v1", "enterprise_id": "e1", "sector": sector, "channels": list(channels)}
    return {**row, "industry": None, "mode": "on_site", **more}


def finding(violation_id: str, item_code: str | None, **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(FINDINGS) | {"enterprise_id": "e1", "source": "a", "severity": "general"}
    return {**row, "violation_id": violation_id, "item_code": item_code, "occurred_on": DAY, **more}


def past(item_code: str | None, times: int, last_on: date | None = DAY) -> dict[str, Any]:
    return {"enterprise_id": "e1", "item_code": item_code, "times": times, "last_on": last_on}


def listed(
    visits: list[dict[str, Any]],
    findings: list[dict[str, Any]] | None = None,
    history: list[dict[str, Any]] | None = None,
    *,
    most: int = 100,
) -> pl.DataFrame:
    return checklist(
        pl.DataFrame(visits, schema=VISITS),
        pl.DataFrame(findings or [], schema=FINDINGS),
        pl.DataFrame(history or [], schema=HISTORY),
        SMALL,
        most=most,
    )


def what(found: pl.DataFrame) -> list[tuple[str, str | None, str | None]]:
    return list(found.select("why", "item_code", "violation_id").iter_rows())


def test_the_firms_own_findings_then_its_sector_then_everybody():
    found = listed(
        [visit()],
        [
            finding("open", "GEN-02"),
            finding("late", None, is_overdue=True),
            finding("major", "CHEM-03", is_major_hazard=True, description="原料库超量"),
        ],
        [past("CHEM-01", 2), past("GEN-02", 5), past("GEN-01", 1)],
    )
    assert what(found) == [
        ("open_major", "CHEM-03", "major"),
        ("overdue", None, "late"),
        ("open", "GEN-02", "open"),
        ("repeated", "CHEM-01", None),
        ("sector_major", "CHEM-02", None),
        ("everybody", "GEN-01", None),
    ]
    assert found["rank"].to_list() == [1, 2, 3, 4, 5, 6]
    assert found["is_major"].to_list() == [True, False, False, False, True, False]
    assert found.row(0, named=True)["title_zh"] == "原料库超量"
    assert found.row(0, named=True)["title_en"] == "CHEM-03"
    assert found.schema == CHECKLIST_SCHEMA


def test_graver_findings_come_first_then_those_due_earlier():
    due = [date(2026, 7, 2), date(2026, 7, 1), None, None]
    kinds = ["general", "general", "critical", "minor"]
    rows = [
        finding(f"f{n}", None, severity=kind, rectify_due_on=day)
        for n, (kind, day) in enumerate(zip(kinds, due, strict=True))
    ]
    assert listed([visit()], rows, most=1)["violation_id"].to_list() == ["f2", "f1", "f0", "f3"]


def test_of_findings_as_grave_and_as_due_the_oldest_comes_first_and_one_of_an_unknown_day_last():
    days = [None, date(2026, 5, 2), date(2026, 5, 1), date(2026, 5, 2)]
    rows = [finding(f"f{n}", None, occurred_on=day) for n, day in enumerate(days)]
    assert listed([visit()], rows, most=1)["violation_id"].to_list() == ["f2", "f1", "f3", "f0"]


def test_two_findings_of_one_item_are_both_listed_and_the_item_no_more():
    found = listed([visit()], [finding("f1", "CHEM-02"), finding("f2", "CHEM-02")])
    assert found.filter(pl.col("item_code") == "CHEM-02")["why"].to_list() == ["open", "open"]


def test_the_same_number_of_two_sources_is_two_findings():
    found = listed([visit()], [finding("f1", None), finding("f1", None, source="b")], most=1)
    assert found["source"].to_list() == ["a", "b"]


def test_a_recheck_alone_lists_the_open_findings_only():
    history = [past("CHEM-01", 3)]
    assert what(listed([visit(channels=("recheck",))], [finding("f1", None)], history)) == [
        ("open", None, "f1")
    ]
    assert listed([visit(channels=("recheck",))]).is_empty()
    both = listed([visit(channels=("recheck", "red"))], [finding("f1", None)], history)
    assert "sector_major" in both["why"].to_list()


def test_full_coverage_is_not_cut_and_other_visits_are():
    full = visit(channels=("annual_full",))
    assert listed([full], most=2).height == 5
    assert what(listed([visit()], most=2)) == [("sector_major", "CHEM-02", None), ("sector", "CHEM-01", None)]


def test_open_findings_are_never_cut_off():
    rows = [finding(f"f{n}", None) for n in range(4)]
    assert listed([visit()], rows, most=2).height == 4
    assert listed([visit()], rows, most=5).height == 5


def test_an_item_found_in_two_sources_counts_together_and_an_unknown_one_keeps_its_code():
    found = listed([visit(sector=None)], None, [past("X-9", 1), past("X-9", 1, None), past(None, 9)])
    assert what(found)[0] == ("repeated", "X-9", None)
    assert found.row(0, named=True)["title_en"] == "X-9"
    assert found["why"].to_list().count("repeated") == 1


def test_what_was_found_oftenest_comes_first_and_of_what_was_found_as_often_the_latest_in_any_source():
    early, middle, late = date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1)
    history = [past("CHEM-01", 3, middle), past("GEN-02", 5, early), past("CHEM-02", 2, early)]
    history += [past("GEN-01", 1, late), past("GEN-01", 2, early)]
    found = listed([visit()], None, history)
    repeated = found.filter(pl.col("why") == "repeated")["item_code"].to_list()
    assert repeated == ["GEN-02", "GEN-01", "CHEM-01", "CHEM-02"]


@pytest.mark.parametrize("sector", [None, "", "bakery"])
def test_an_unknown_sector_gets_what_is_checked_everywhere(sector: str | None):
    assert what(listed([visit(sector)])) == [("everybody", "GEN-01", None), ("everybody", "GEN-02", None)]


def test_no_visits_and_no_channels_are_no_crash():
    assert listed([]).schema == CHECKLIST_SCHEMA
    assert listed([visit(channels=())]).height == 5
    assert listed([visit() | {"channels": None}]).height == 5


CODES = st.sampled_from([None, "X-9", *(one.code for one in SMALL)])
ENTERPRISES = st.sampled_from(["e1", "e2", "e3"])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    visits = [
        visit(
            draw(st.sampled_from([None, "bakery", CHEMICALS, "fireworks", "general"])),
            tuple(draw(st.lists(st.sampled_from(["recheck", "annual_full", "red", "random"]), max_size=2))),
            visit_id=f"v{n}",
            enterprise_id=draw(ENTERPRISES),
            industry=draw(st.sampled_from([None, "建材", "3011", "17", "5990"])),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    findings = [
        finding(
            f"f{n // 2}",
            draw(CODES),
            source="ab"[n % 2],
            enterprise_id=draw(ENTERPRISES),
            severity=draw(st.sampled_from([None, "minor", "critical", "odd"])),
            is_major_hazard=draw(st.sampled_from([None, False, True])),
            is_overdue=draw(st.sampled_from([None, False, True])),
            rectify_due_on=draw(st.sampled_from([None, DAY])),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
    history = [
        past(draw(CODES), draw(st.integers(1, 3))) | {"enterprise_id": draw(ENTERPRISES)}
        for _ in range(draw(st.integers(0, 6)))
    ]
    return visits, findings, history


@given(world=worlds(), most=st.integers(1, 6), data=st.data())
def test_whatever_the_world(world: Any, most: int, data: st.DataObject):
    visits, findings, history = world
    found = listed(visits, findings, history, most=most)
    shuffled = [data.draw(st.permutations(rows)) for rows in world]
    assert listed(*shuffled, most=most).equals(found)
    for one in visits:
        mine = found.filter(pl.col("visit_id") == one["visit_id"])
        assert mine["rank"].to_list() == list(range(1, mine.height + 1))
        reasons = [WHY.index(why) for why in mine["why"]]
        assert reasons == sorted(reasons)
        expected = {
            (row["source"], row["violation_id"])
            for row in findings
            if row["enterprise_id"] == one["enterprise_id"]
        }
        opened = mine.filter(pl.col("violation_id").is_not_null())
        assert sorted(opened.select("source", "violation_id").iter_rows()) == sorted(expected)
        codes = mine.filter(pl.col("violation_id").is_null())["item_code"].drop_nulls().to_list()
        assert len(codes) == len(set(codes))
        assert not set(codes) & set(opened["item_code"].drop_nulls())
        if set(one["channels"]) == {"recheck"}:
            assert codes == []
        elif "annual_full" in one["channels"]:
            code = industry_code(one["industry"])
            assert {i.code for i in SMALL if i.applies_to(one["sector"], code)} <= set(mine["item_code"])
            left_out = one["sector"] == "general" and code is None
            assert ("trade_unknown" in mine["why"]) == left_out
        else:
            assert mine.height <= max(most, opened.height)
    assert found["visit_id"].to_list() == sorted(found["visit_id"].to_list())
