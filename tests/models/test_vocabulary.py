"""Code lists and credit codes."""

from datetime import date

import pytest

from models.tables.canonical import TABLES, code_list, headers
from models.vocabulary import (
    CODE,
    CODE_KEYS,
    CODE_LISTS,
    HIGH_HAZARD_SECTORS,
    JINAN_DIVISIONS,
    CodeList,
    RiskCode,
    day_number,
)

every_list = pytest.mark.parametrize("codes", CODE_LISTS, ids=lambda codes: codes.name)


@every_list
def test_every_spelling_leads_back_to_its_key_whatever_its_case(codes: CodeList):
    spellings = codes.spellings()
    for key, label in codes.labels.items():
        for spelling in (key, label, *codes.written[key]):
            assert spellings[spelling.lower()] == key
            assert spellings[spelling.upper().lower()] == key
        assert spellings[codes.zh(key).lower()] == spellings[codes.labels[key].lower()] == key


@every_list
def test_no_spelling_stands_for_two_keys(codes: CodeList):
    owners: dict[str, set[str]] = {}
    for key, label in codes.labels.items():
        for spelling in (key, label, *codes.written[key]):
            owners.setdefault(spelling.lower(), set()).add(key)
    assert {spelling: keys for spelling, keys in owners.items() if len(keys) > 1} == {}


@every_list
def test_spellings_carry_no_blanks_at_their_ends_that_a_reader_would_strip(codes: CodeList):
    assert all(spelling == spelling.strip() for spelling in codes.spellings())


def test_lists_have_names_of_their_own():
    assert len({codes.name for codes in CODE_LISTS}) == len(CODE_LISTS)


def test_every_category_of_every_table_comes_from_a_list_that_is_published():
    used = [code_list(column) for table in TABLES.values() for column in table.columns().values()]
    assert all(codes in CODE_LISTS for codes in used if codes is not None)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_no_header_stands_for_two_columns_of_a_table(table):
    owners: dict[str, set[str]] = {}
    for header, column in headers(table):
        owners.setdefault(header, set()).add(column)
    assert {header: columns for header, columns in owners.items() if len(columns) > 1} == {}


def test_codes_are_ordered_by_risk_so_that_the_worst_is_the_maximum():
    assert CODE_KEYS == ("green", "blue", "yellow", "red") == tuple(CODE.keys)
    assert max(RiskCode.BLUE, RiskCode.RED, RiskCode.GREEN).key == "red"


def test_six_sectors_are_high_hazard():
    assert len(HIGH_HAZARD_SECTORS) == 6
    assert "general" not in HIGH_HAZARD_SECTORS


def test_divisions_are_the_twelve_of_jinan():
    assert len(JINAN_DIVISIONS) == 12
    assert all(code.startswith("3701") and len(code) == 6 for code in JINAN_DIVISIONS)


def test_days_are_counted_from_1970():
    assert [day_number(day) for day in (date(1969, 12, 31), date(1970, 1, 1), date(1971, 1, 1))] == [
        -1,
        0,
        365,
    ]
