"""Chemicals, management, machines and special equipment: each day's item rests on what was in force that day."""

from datetime import date

import pytest

from models.law import criteria_cited, legal_texts, marks, read_citation
from models.policy.check_items import CheckItem, load_catalogue

TRADES = ("metal_smelting", "explosive_dust", "ammonia_refrigeration", "general")
"""Sectors whose firms 令第10号 covers."""


def item(code: str, day: str) -> CheckItem | None:
    """An item on a day, if there was one."""
    return next((one for one in load_catalogue().on(date.fromisoformat(day)) if one.code == code), None)


@pytest.mark.parametrize(
    ("code", "day", "basis", "cites"),
    [
        ("CHEM-07", "2026-04-30", "law", ("危险化学品安全管理条例 20(1)",)),
        ("CHEM-07", "2026-05-01", "law", ("危险化学品安全法 37(1)",)),
        ("MACH-11", "2026-04-30", "law", ("危险化学品安全管理条例 28",)),
        ("MACH-11", "2026-05-01", "law", ("危险化学品安全法 47", "危险化学品安全法 51(1)")),
        ("CHEM-06", "2022-02-28", "unverified", ("GB 30871-2014",)),
        ("CHEM-06", "2022-10-01", "law", ("山东省安全生产条例 35(1)3",)),
        ("CHEM-01", "2026-09-29", "policy", ("安监总管三〔2017〕121号 chemicals 4",)),
        ("GEN-14", "2023-05-14", "unverified", ("令第59号",)),
        ("GEN-14", "2023-05-15", "law", ("令第10号 13(1)",)),
        ("GEN-08", "2022-03-01", "law", ("安全生产法 81", "山东省安全生产条例 63(3)")),
        ("GEN-30", "2022-03-01", "law", ("山东省安全生产条例 63(2)",)),
        ("MACH-03", "2021-09-01", "law", ("安全生产法 44(1)",)),
    ],
)
def test_an_item_rests_on_the_text_of_its_day(code: str, day: str, basis: str, cites: tuple[str, ...]):
    found = item(code, day)
    assert found is not None
    assert (found.basis, found.cites) == (basis, cites)


@pytest.mark.parametrize(
    ("code", "day", "sectors"),
    [
        ("GEN-24", "2021-09-01", ("hazardous_chemicals",)),
        ("GEN-25", "2022-08-31", ()),
        ("GEN-25", "2022-09-01", ("non_coal_mine",)),
        ("GEN-25", "2023-05-15", ("non_coal_mine", *TRADES)),
        ("MACH-08", "2023-05-14", ()),
        ("MACH-08", "2023-05-15", ("general",)),
        ("GEN-34", "2023-05-15", TRADES),
        ("MACH-04", "2024-12-01", ()),
        ("FIRE-16", "2025-11-01", ()),
        ("CONS-02", "2024-12-13", ()),
        ("CONS-15", "2024-12-13", ("general",)),
    ],
)
def test_an_item_is_major_where_and_since_a_list_names_it(code: str, day: str, sectors: tuple[str, ...]):
    found = item(code, day)
    assert found is not None
    assert found.major_in == sectors


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("EQUIP-01", "2024-12-01"),
        ("CHEM-26", "2026-09-30"),
        ("CHEM-50", "2026-05-01"),
        ("GEN-31", "2022-03-01"),
    ],
)
def test_an_item_begins_with_its_text(code: str, first: str):
    assert item(code, first) is not None
    assert item(code, str(date.fromordinal(date.fromisoformat(first).toordinal() - 1))) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("AQ 3067-2026", None),
        ("GB 45067-2024", None),
        ("建质规〔2024〕5号", None),
        ("安监总管三〔2017〕121号", {"chemicals"}),
    ],
)
def test_every_criterion_of_a_list_has_an_item_that_is_major(text: str, parts: set[str] | None):
    listed = legal_texts()[text].criteria
    assert listed
    expected = {
        (part, mark)
        for part, last in listed.items()
        if parts is None or part in parts
        for mark in marks(last)
    }
    cited = [
        criterion
        for one in load_catalogue().on(date(2026, 11, 28))
        if one.major_in
        for said in one.cites
        for criterion in criteria_cited(read_citation(said))
        if criterion.text == text
    ]
    assert expected <= {(one.part, one.mark) for one in cited}


def test_no_item_known_by_topic_alone_is_called_law_or_policy():
    unread = {name for name, text in legal_texts().items() if not text.is_read}
    for one in load_catalogue().on(date(2026, 11, 28)):
        named = {found.text.name for said in one.cites if (found := read_citation(said)).text}
        assert not named & unread or one.basis == "unverified", one.code
