"""The words of exports: each stands once, belongs to a column or value there is, and is found as people write it."""

import pytest

from models import vocabulary as vocab
from models.tables.canonical import TABLES, alone, headers
from models.vocabulary import CODE_LISTS, FLAGS, SECTOR, CodeList
from warehouse.intake.drafting.headers import match, matches
from warehouse.intake.drafting.synonyms import code_of, folded, key_of_word, meaning_of, told


@pytest.mark.parametrize("name", TABLES)
def test_a_word_stands_once_in_a_table_and_for_a_column_it_has(name: str) -> None:
    table = TABLES[name]
    mine = told()["tables"][name]["columns"]
    assert set(mine) <= set(table.columns())
    own = [(header, column) for header, column in headers(table) if column not in alone(table)]
    known = {key_of_word(header): column for header, column in own}
    every = {column: words for column, words in told()["every"].items() if column in table.columns()}
    twice = list[tuple[str, str]]()
    for column, words in (*mine.items(), *every.items()):
        for word in words:
            if key_of_word(word) in known:
                twice.append((column, word))
            known[key_of_word(word)] = column
    assert twice == []


def test_words_of_codes_are_of_lists_there_are_and_say_what_the_list_does_not() -> None:
    lists = {one.name: one for one in CODE_LISTS}
    assert set(told()["codes"]) <= set(lists)
    for name, said in told()["codes"].items():
        known = {folded(word) for word in lists[name].spellings()}
        words = [folded(word) for word in said["words"]]
        assert {*said["words"].values(), *said.get("starts", {}).values()} <= set(lists[name].keys), name
        assert [word for word in words if word in known or words.count(word) > 1] == [], name


def test_words_of_flags_and_counts_are_of_columns_there_are() -> None:
    columns = {name for table in TABLES.values() for name in table.columns()}
    assert {*told()["flags"], *told()["numbers"]} <= columns
    for words in told()["flags"].values():
        assert not {folded(str(word)) for word in words} & set(FLAGS)


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("violations", "违法行为编号", "violation_id"),
        ("violations", "发现日期\n（年/月/日）", "occurred_on"),
        ("violations", " 隐患级别* ", "severity"),
        ("violations", "隐患情况/整改期限", "rectify_due_on"),
        ("enterprises", "职工人数（人）", "employees"),
        ("enterprises", "UNIFIED_SOCIAL_CREDIT_CODE", "enterprise_id"),
        ("enterprises", "entName", "name"),
        ("enterprises", "qymc", "name"),
        ("inspections", "checkDate", "inspected_on"),
        ("inspections", "检查结论：", "result"),
        ("alerts", "报警等级", "level"),
        ("accidents", "死亡（人）", "deaths"),
        ("officers", "人员姓名", "name"),
    ],
)
def test_headers_are_recognised_as_people_write_them(table: str, header: str, column: str) -> None:
    found = match(header, TABLES[table])
    assert found is not None and (found.column, found.unit, found.note) == (column, None, None)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("罚款（万元）", "万元"),
        ("罚款金额(单位：千元)", "千元"),
        ("罚款_元", None),
        ("处罚金额万元", "万元"),
        ("罚款", None),
    ],
)
def test_a_header_tells_what_its_amounts_are_counted_in(header: str, unit: str | None) -> None:
    found = match(header, TABLES["violations"])
    assert found is not None and (found.column, found.unit) == ("penalty_unit", unit)


def test_what_a_header_says_beyond_its_word_is_kept() -> None:
    found = match("死亡人数（含失踪）", TABLES["accidents"])
    assert found is not None and (found.column, found.note) == ("deaths", "含失踪")


def test_numbers_of_the_rows_of_an_export_are_no_column_of_it() -> None:
    assert match("序号", TABLES["violations"]) is None
    assert match("备注说明", TABLES["violations"]) is None


def test_the_tables_own_header_comes_before_a_word_of_exports() -> None:
    found = matches(["检查日期", "发现日期"], TABLES["violations"])["occurred_on"]
    assert [one.header for one in found] == ["发现日期", "检查日期"]


@pytest.mark.parametrize(
    ("codes", "text", "value"),
    [
        (vocab.SEVERITY, "一般隐患", "general"),
        (vocab.SEVERITY, "重大事故隐患", "critical"),
        (vocab.ALERT_LEVEL, "红色预警", "red"),
        (vocab.ALERT_LEVEL, "Ⅱ级", "orange"),
        (vocab.ALERT_LEVEL, "橙色（二级）", "orange"),
        (vocab.ALERT_LEVEL, " 三级 ", "yellow"),
        (SECTOR, "粉尘涉爆企业", "explosive_dust"),
        (vocab.STATUS, "存续（在营、开业、在册）", "active"),
        (vocab.LEVEL, "区（县）级", "district"),
        (vocab.ALERT_LEVEL, "特急", None),
        (vocab.SEVERITY, "甲", None),
        (vocab.SEVERITY, "非重大隐患", None),
    ],
)
def test_a_cell_stands_for_a_code_where_its_words_are_known_and_for_nothing_else(
    codes: CodeList, text: str, value: str | None
) -> None:
    assert code_of(text, codes) == value


@pytest.mark.parametrize(
    ("column", "text", "meaning"),
    [
        ("major_hazard_source", "四级", "4"),
        ("major_hazard_source", "不构成", "0"),
        ("is_major_hazard", "√", "true"),
        ("is_major_hazard", "一般隐患", "false"),
        ("is_major_hazard", "疑似", None),
        ("employees", "无", None),
    ],
)
def test_words_for_numbers_and_flags_are_those_of_their_column(
    column: str, text: str, meaning: str | None
) -> None:
    assert meaning_of(text, column) == meaning


def test_columns_that_stand_for_others_are_columns_of_their_table() -> None:
    for name, columns in told()["instead"].items():
        assert {*columns, *columns.values()} <= set(TABLES[name].columns())
    for name, beside in told()["beside"].items():
        told_by = {other for one in beside.values() for other in one["told_by"]}
        assert {*beside, *told_by} <= set(TABLES[name].columns())
    for name, closing in told()["closings"].items():
        assert {*closing} <= set(TABLES[name].columns())
