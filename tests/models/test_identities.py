"""Ids need proof: what cannot be the number of one thing is refused by name, and one thing has one spelling."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from models import identities
from models.credit_codes import organisation_check
from models.identities import Proof, normalised, unproven
from models.tables.canonical import TABLES
from models.tables.canonical import identities as id_columns

FREE, USCC = Proof(), Proof(credit_codes=True)


def _rules(table: str, proof: Proof = FREE, /, **ids: Any) -> list[str]:
    rows = pl.DataFrame(
        {name: [None] for name in id_columns(TABLES[table])} | {k: [v] for k, v in ids.items()}
    )
    rows = rows.cast(pl.String).with_columns(row=pl.lit(0, dtype=pl.Int64))
    found = unproven(normalised(rows, TABLES[table], proof), TABLES[table], proof, row="row")
    return found["rules"].explode().drop_nulls().to_list()


def test_every_table_tells_its_ids_and_what_it_refers_to():
    for name, table in TABLES.items():
        assert set(table.key) - {"source"} <= set(id_columns(table)), name
        for reference in ("enterprise_id", "officer_id", "inspection_id"):
            assert reference not in table.columns() or reference in id_columns(table), name


NONE = {
    "mangled_number": [
        *("9.13701E+17", "2.02506E+11", "2,02506E+11", "9.13701e17", "1E+11", "9.13701E17", "-1.5E+20"),
        *("202506010001.0", "202506010001.00", "２.０２５０６E+11"),
    ],
    "placeholder": [
        *(
            "0",
            "00",
            "000000000000000000",
            "0.0",
            "0-0",
            "/",
            "//",
            "\\",
            "-",
            "--",
            "—",
            "——",
            "－",
            "_",
            ".",
        ),
        *(
            "无",
            "（无）",
            "暂无",
            "没有",
            "不详",
            "未知",
            "待补",
            "无。",
            "null",
            "NULL",
            "None",
            "nan",
            "NaN",
            "N/A",
        ),
        *(
            "n/a",
            "n.a.",
            "NA",
            "xxx",
            "XX",
            "***",
            "*",
            "?",
            "？？",
            "test",
            "TEST",
            "aaaa",
            "1111111",
            "9" * 18,
        ),
        *(
            "123456789",
            "123456789012345678",
            "无统一社会信用代码",
            "未办理营业执照",
            "正在办理",
            "办理中",
            "未赋码",
            "暂未取得",
            "0123456789",
            "987654321",
            "无 ",
        ),
    ],
    "masked": [
        *(
            "3701**********12",
            "3701XXXXXXXX12",
            "3701xxxx",
            "9137＊＊＊＊2M25",
            "张*三1",
            "3701●●●●12",
            "2025…001",
        ),
        *("2025...001", "2025??001", "2025-\ufffd1", "3701XXX12", "3701####12"),
    ],
}


@pytest.mark.parametrize(("text", "rule"), [(text, rule) for rule, texts in NONE.items() for text in texts])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("violations", "violation_id"),
        ("violations", "enterprise_id"),
        ("violations", "inspection_id"),
        ("enterprises", "enterprise_id"),
        ("absences", "officer_id"),
        ("officers", "officer_id"),
    ],
)
def test_what_is_no_id_is_refused_in_every_column_of_ids(table: str, column: str, text: str, rule: str):
    assert _rules(table, **{column: text}) == [f"{rule}:{column}"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1",
            "11",
            "111",
            "1111",
            "10",
            "100000",
            "0001",
            "2.0",
            "1E10",
            "5E12",
            "2025-001",
            "v1",
            "a",
            "e1",
            "X1",
        ),
        *(
            "济应急罚〔2025〕1号",
            "NYC30075445",
            "twin",
            "good-1",
            "2025060100000000",
            "NO.1",
            "A*",
            "123456",
            "-5",
        ),
        *(
            "370102202506010017",
            "NRC-YankeeRowe",
            "张三",
            "K02",
            "MAX",
            "12345678",
            "3.14",
            "无锡001",
            "未来科技",
            "不二家",
            "待定街道1号",
        ),
    ],
)
def test_honest_ids_are_taken(text: str):
    assert _rules("violations", violation_id=text, enterprise_id=text) == []


def test_persons_are_no_enterprises_but_may_be_in_other_columns():
    person = "11010519491231002X"
    assert _rules("enterprises", enterprise_id=person) == ["identity_card:enterprise_id"]
    assert _rules("enterprises", enterprise_id=person.lower()) == ["identity_card:enterprise_id"]
    for written in (
        "110105 19491231 002X",
        "身份证11010519491231002X",
        "１１０１０５１９４９１２３１００２Ｘ",
    ):
        assert _rules("enterprises", enterprise_id=written) == ["identity_card:enterprise_id"]
    assert _rules("violations", USCC, enterprise_id="110105491231002") == ["identity_card:enterprise_id"]
    assert _rules("violations", violation_id=person) == []


def test_fifteen_digits_and_noughts_are_a_number_of_a_spreadsheet_where_credit_codes_are_meant():
    long = "913701030000012000"
    assert _rules("enterprises", USCC, enterprise_id=long) == ["mangled_number:enterprise_id"]
    assert _rules("enterprises", enterprise_id=long) == []
    assert _rules("violations", USCC, violation_id=long) == []


def test_a_credit_code_that_looks_masked_is_none_of_it():
    # Both checks right: four X stand in it by chance.
    start = f"91370102MA3XXXXA{organisation_check('MA3XXXXA')}"
    code = start + uscc.calc_check_digit(start)
    assert _rules("enterprises", USCC, enterprise_id=code) == []
    assert _rules("enterprises", USCC, enterprise_id=code[:-1] + ("1" if code[-1] != "1" else "2")) == [
        "masked:enterprise_id"
    ]


def test_codes_that_were_issued_all_the_same_are_taken_but_a_placeholder_never_is():
    proof = Proof(credit_codes=True, accepted_codes=frozenset({"110105491231002", "000000000000000000"}))
    assert _rules("enterprises", proof, enterprise_id="110105491231002") == []
    assert _rules("enterprises", proof, enterprise_id="000000000000000000") == ["placeholder:enterprise_id"]


def _spelling(text: str, proof: Proof, column: str = "enterprise_id") -> str:
    rows = pl.DataFrame({"violation_id": [text], "enterprise_id": [text], "inspection_id": [text]})
    return normalised(rows, TABLES["violations"], proof)[column][0]


@pytest.mark.parametrize(
    ("text", "free", "code"),
    [
        ("９１３７ａ－１", "9137a-1", "9137A-1"),
        (" \u3000a1\u00a0", "a1", "A1"),
        ("（2025）1号", "(2025)1号", "(2025)1号"),
        ("e\u0301", "é", "É"),
        ("a b", "a b", "A B"),
        ("①", "①", "①"),  # no digit: two things stay two
        ("a\u200b", "a\u200b", "A\u200b"),  # refused as a control character
    ],
)
def test_an_id_has_one_spelling(text: str, free: str, code: str):
    assert _spelling(text, FREE) == free
    assert _spelling(text, USCC) == code
    assert _spelling(text, USCC, "violation_id") == free


ids = st.text(st.sampled_from("019aAxXzZ*?.…,/-E+e 无暂Ａ０"), min_size=1, max_size=12)


@given(ids)
def test_the_cheap_test_misses_nothing_that_a_rule_finds(text: str):
    text = _spelling(text, FREE)
    found = pl.Series([text]).str
    rules = (identities.PLACEHOLDER, identities.MASKED, identities.MANGLED)
    if text and any(found.contains(rule)[0] for rule in rules):
        assert found.contains(identities._SUSPECT)[0]


@given(ids)
def test_a_spelling_is_its_own(text: str):
    for proof in (FREE, USCC):
        once = _spelling(text, proof)
        assert _spelling(once, proof) == once
