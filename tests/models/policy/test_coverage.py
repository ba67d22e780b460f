"""How much of each list of major hazards the catalogue covers, and that a flag is never raised without a criterion."""

from datetime import date
from pathlib import Path

import pytest

from models.errors import PolicyError
from models.law import legal_texts
from models.policy.check_items import CATALOGUES, Catalogue, load_catalogue
from models.policy.coverage import coverage
from models.vocabulary import SECTOR

DAY = date(2026, 11, 30)
MINES, SUPPLEMENT, TRIAL = "矿安〔2022〕88号", "矿安〔2024〕41号", "安监总管一〔2017〕98号"
ITEM = """
  - item: MINE-{number:02}
    title: {{zh: 事项{number}, en: Item {number}}}
    look: {{zh: 看, en: Look}}
    values: {{{values}}}
"""


def catalogue_of(folder: Path, *values: str) -> Catalogue:
    """A catalogue of mine items, one for each text of dated values."""
    root = folder / "small"
    root.mkdir()
    named = (CATALOGUES / "starter" / "catalogue.yaml").read_text(encoding="utf-8")
    (root / "catalogue.yaml").write_text(named, encoding="utf-8")
    items = "".join(ITEM.format(number=number, values=value) for number, value in enumerate(values, start=1))
    (root / "mines.yaml").write_text(f"sectors: [non_coal_mine]\nitems:{items}", encoding="utf-8")
    return load_catalogue("small", folder=folder)


def value(day: str, *cites: str, major: bool = True) -> str:
    said = ", ".join(f'"{one}"' for one in cites)
    return f"{day}: {{basis: policy, is_major: {str(major).lower()}, cites: [{said}]}}"


def counted(catalogue: Catalogue, day: date) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
    """Criteria that have items, by list and part."""
    parts = {(part.text.name, part.name): part.items for part in coverage(catalogue, day)}
    return {
        where: kept
        for where, items in parts.items()
        if (kept := {mark: codes for mark, codes in items.items() if codes})
    }


def test_a_criterion_is_covered_by_the_items_flagged_major_that_cite_it(tmp_path: Path):
    small = catalogue_of(
        tmp_path,
        value("2022-09-01", f"{MINES} underground (2)", f"{MINES} open pit (2), (3)"),
        value("2022-09-01", f"{MINES} underground (23)1"),
        value("2022-09-01", f"{MINES} underground (2)"),
        value("2022-09-01", f"{MINES} underground (5)", major=False),
    )
    assert counted(small, DAY) == {
        (MINES, "underground"): {"2": ("MINE-01", "MINE-03"), "23": ("MINE-02",)},
        (MINES, "open pit"): {"2": ("MINE-01",), "3": ("MINE-01",)},
    }


def test_what_is_missing_is_named_in_the_order_of_the_list(tmp_path: Path):
    small = catalogue_of(tmp_path, value("2022-09-01", f"{MINES} tailings (2)–(18)"))
    [tailings] = [one for one in coverage(small, DAY) if (one.text.name, one.name) == (MINES, "tailings")]
    assert tailings.missing == ("1", "19")


def test_a_list_counts_while_it_is_in_force_and_the_value_of_that_day_with_it(tmp_path: Path):
    both = f"{value('2021-09-01', f'{TRIAL} tailings (8)')}, {value('2022-09-01', f'{MINES} tailings (8)')}"
    small = catalogue_of(tmp_path, both)
    assert counted(small, date(2022, 8, 31)) == {(TRIAL, "tailings"): {"8": ("MINE-01",)}}
    assert counted(small, date(2022, 9, 1)) == {(MINES, "tailings"): {"8": ("MINE-01",)}}
    assert TRIAL not in {part.text.name for part in coverage(small, date(2022, 9, 1))}


@pytest.mark.parametrize(
    ("cites", "fault"),
    [
        ((), "is major and cites no criterion of a list of major hazards"),
        (("安全生产法 41",), "is major and cites no criterion of a list of major hazards"),
        ((f"{MINES} underground (33)",), r"there is no '\(33\)' in underground, whose last is 32"),
        ((f"{MINES} underground (2)", f"{MINES} pits"), "the place 'pits' names no criterion"),
    ],
)
def test_a_flag_without_a_readable_criterion_is_refused_naming_item_and_day(
    tmp_path: Path, cites: tuple[str, ...], fault: str
):
    said = value("2022-09-01", *cites).replace("cites: []", "reference: somewhere")
    with pytest.raises(PolicyError, match=rf"mines.yaml: MINE-01, 2022-09-01: {fault}"):
        catalogue_of(tmp_path, said)


INDUSTRY_AND_TRADE = ("metal_smelting", "explosive_dust", "ammonia_refrigeration", "general")
LISTS_OF = {
    (MINES, SUPPLEMENT, TRIAL): ("non_coal_mine",),
    ("安监总管三〔2017〕121号 chemicals", "AQ 3067-2026"): ("hazardous_chemicals",),
    ("安监总管三〔2017〕121号 fireworks",): ("fireworks",),
    ("令第10号", "安监总管四〔2017〕129号"): INDUSTRY_AND_TRADE,
    ("GB 45067-2024",): SECTOR.keys,
    ("建质规〔2024〕5号",): ("general",),
}
"""Whom each list is for."""


@pytest.mark.parametrize("day", sorted({day for _, item in load_catalogue().entries for day in item.values}))
def test_no_item_is_major_in_a_sector_whose_list_it_does_not_cite(day: date):
    for item in load_catalogue().on(day):
        named = {
            sector
            for said in item.cites
            for lists, sectors in LISTS_OF.items()
            if said.startswith(lists)
            for sector in sectors
        }
        assert named >= set(item.major_in), (item.code, day)


def test_the_starter_catalogue_covers_the_lists_of_mines_and_fireworks_whole():
    whole = {(part.text.name, part.name) for part in coverage(load_catalogue(), DAY) if not part.missing}
    mines = {(name, part) for name in (MINES, SUPPLEMENT) for part in legal_texts()[name].criteria or ()}
    assert whole >= {*mines, ("安监总管三〔2017〕121号", "fireworks")}
