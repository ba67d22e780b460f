"""Each kind of proposal: what the cells of a column need is found, what they do not tell is asked."""

from pathlib import Path
from typing import Any

import pytest

from tests.worlds.deliveries import FIRMS, TODAY, alert, csv_bytes, firm, violation, visit
from tests.worlds.drafts import asked, column, draft_of, entry, judged_by, spec


def violations(header: str, cells: list[str], **more: Any) -> dict[str, bytes]:
    """Findings with one column under a header of an export."""
    rows = [violation(f"v{at}", **more) | {header: cell} for at, cell in enumerate(cells)]
    for row in rows:
        row.pop({"severity": "severity"}.get(header, ""), None)
    return {"register.csv": csv_bytes([firm(0)]), "违法行为.csv": csv_bytes(rows)}


def without(rows: list[dict[str, Any]], *names: str) -> bytes:
    return csv_bytes([{name: cell for name, cell in row.items() if name not in names} for row in rows])


@pytest.mark.parametrize(
    ("header", "cells", "name", "filled_by"),
    [
        ("罚款（万元）", ["1.5", "2"], "penalty_unit", {"unit": "万元"}),
        ("罚款金额", ["20,000元", "3万元"], "penalty_unit", {}),
        ("处罚日期", ["2025年6月5日", "2025/6/6"], "decided_on", {}),
        ("处罚日期", ["25/06/2025", "26/06/2025"], "decided_on", {"format": "%d/%m/%Y"}),
        ("整改日期", ["2025-06-20", "未整改"], "rectified_on", {"empty": ["未整改"]}),
        ("整改完成日期", ["2025-06-20", "等消息"], "rectified_on", {"unreadable": "empty"}),
        (
            "处置措施",
            ["立行立改", "责令限期改正"],
            "disposal",
            {"values": {"立行立改": "on_the_spot", "责令限期改正": "order"}},
        ),
        ("处罚机关", ["历下\x02分局", "市局"], "department", {"strip_control": True}),
    ],
)
def test_a_column_is_read_as_its_header_and_cells_say(
    header: str, cells: list[str], name: str, filled_by: dict[str, Any], tmp_path: Path
) -> None:
    draft = draft_of(tmp_path, violations(header, cells))
    assert spec(draft, "violations", name) == {"column": header, **filled_by}
    assert not judged_by(draft, tmp_path).refused


def test_a_word_that_nobody_knows_is_asked_for_and_refused_until_then(tmp_path: Path) -> None:
    rows = [
        {key: cell for key, cell in violation(f"v{at}").items() if key != "severity"} | {"隐患级别": word}
        for at, word in enumerate(["一般隐患", "甲类", "甲类"])
    ]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)})
    found = column(draft, "violations", "severity")
    assert found.spec == {"column": "隐患级别", "values": {"一般隐患": "general"}}
    assert "甲类 (2)" in asked(found) and "critical" in asked(found)
    assert (found.cells, found.fit) == (3, 1)
    outcome = judged_by(draft, tmp_path)
    assert outcome.refused == 2
    assert set(outcome.rejects["rules"]) == {"unknown_code:severity"}


def test_days_with_two_readings_stay_open_and_refuse_their_rows(tmp_path: Path) -> None:
    rows = [violation("v1") | {"检查日期": "06/05/2025"}, violation("v2") | {"检查日期": "01/02/2025"}]
    draft = draft_of(
        tmp_path,
        {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "occurred_on", "recorded_at")},
    )
    found = column(draft, "violations", "occurred_on")
    assert found.is_open and "%d/%m/%Y or %m/%d/%Y" in asked(found)
    assert judged_by(draft, tmp_path).refused == 2


def test_where_a_column_that_may_be_empty_has_two_readings_its_cells_are_refused_and_its_rows_stay(
    tmp_path: Path,
) -> None:
    draft = draft_of(tmp_path, violations("整改完成日期", ["06/07/2025", "07/08/2025"]))
    found = column(draft, "violations", "rectified_on")
    assert found.spec["unreadable"] == "empty" and "could be" in asked(found)
    outcome = judged_by(draft, tmp_path)
    assert outcome.refused == 0 and outcome.cells.height == 2


def test_a_number_of_the_row_is_joined_from_what_tells_rows_apart(tmp_path: Path) -> None:
    rows = [
        violation("", description=text, occurred_on=day)
        for text, day in [("甲", "2025-06-01"), ("乙", "2025-06-01"), ("甲", "2025-05-01")]
    ]
    draft = draft_of(
        tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "violation_id")}
    )
    found = column(draft, "violations", "violation_id")
    assert found.spec == {"join": ["enterprise_id", "occurred_on", "description"]}
    assert "no column numbers the rows" in asked(found)
    assert not judged_by(draft, tmp_path).refused


def test_a_number_that_names_several_rows_is_joined_with_more(tmp_path: Path) -> None:
    rows = [violation("文书1", description="甲"), violation("文书1", description="乙")]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)})
    assert spec(draft, "violations", "violation_id") == {"join": ["violation_id", "description"]}
    assert not judged_by(draft, tmp_path).refused


def test_versions_of_a_row_share_its_number(tmp_path: Path) -> None:
    rows = [violation("v1"), violation("v1", recorded_at="2025-06-20", rectified_on="2025-06-19")]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)})
    assert spec(draft, "violations", "violation_id") == {"column": "violation_id"}


@pytest.mark.parametrize(("numbers", "is_taken"), [(["WF7", "WF9"], True), (["1", "2"], False)])
def test_a_number_of_no_name_is_taken_where_it_does_not_just_count_rows(
    numbers: list[str], is_taken: bool, tmp_path: Path
) -> None:
    rows = [violation("", description=f"{at}") | {"编号": number} for at, number in enumerate(numbers)]
    draft = draft_of(
        tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "violation_id")}
    )
    assert (spec(draft, "violations", "violation_id") == {"column": "编号"}) == is_taken
    assert column(draft, "violations", "violation_id").questions


def test_what_nobody_recorded_was_known_when_it_happened_or_from_today_on(tmp_path: Path) -> None:
    files = {
        "register.csv": without([firm(0)], "recorded_at"),
        "隐患.csv": without([violation("v1")], "recorded_at"),
    }
    draft = draft_of(tmp_path, files)
    assert spec(draft, "violations", "recorded_at") == {"first": ["occurred_on"]}
    assert spec(draft, "enterprises", "recorded_at") == {"constant": TODAY}
    assert column(draft, "enterprises", "recorded_at").questions
    assert not judged_by(draft, tmp_path).refused


def test_several_days_of_knowledge_are_taken_in_order(tmp_path: Path) -> None:
    rows = [violation("v1") | {"创建时间": "2025-06-02 08:00:00", "更新时间": ""}]
    draft = draft_of(
        tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "recorded_at")}
    )
    assert spec(draft, "violations", "recorded_at") == {"first": ["更新时间", "创建时间"]}
    assert not judged_by(draft, tmp_path).refused


def test_the_grade_of_a_hazard_tells_whether_it_is_a_major_one(tmp_path: Path) -> None:
    rows = [violation(f"v{at}") | {"隐患级别": word} for at, word in enumerate(["一般隐患", "重大隐患"])]
    draft = draft_of(
        tmp_path,
        {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "severity", "is_major_hazard")},
    )
    found = spec(draft, "violations", "is_major_hazard")
    assert found == {"column": "隐患级别", "values": {"一般隐患": "false", "重大隐患": "true"}}
    assert judged_by(draft, tmp_path).accepted["violations"]["is_major_hazard"].to_list() == [False, True]


def test_a_column_that_decides_and_that_nothing_fills_is_asked_for(tmp_path: Path) -> None:
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without([violation("v1")], "is_major_hazard")}
    found = column(draft_of(tmp_path, files), "violations", "is_major_hazard")
    assert found.is_open and "all rows count as false" in asked(found)


def test_what_must_be_there_and_is_not_is_asked_for_with_what_is_allowed(tmp_path: Path) -> None:
    draft = draft_of(tmp_path, {"企业名册.csv": without([firm(0)], "enforcing_level")})
    found = column(draft, "enterprises", "enforcing_level")
    assert found.is_open and "city, district, town" in asked(found)
    assert judged_by(draft, tmp_path).refused == 1


def test_the_name_of_a_file_says_which_system_it_comes_from(tmp_path: Path) -> None:
    files = {
        "register.csv": csv_bytes([firm(0)]),
        "粉尘涉爆预警_202506.csv": without([alert("a1")], "source_system"),
    }
    draft = draft_of(tmp_path, files)
    assert spec(draft, "alerts", "source_system") == {"constant": "explosive_dust"}
    assert column(draft, "alerts", "source_system").questions
    assert not judged_by(draft, tmp_path).refused


def test_columns_are_found_by_their_cells_where_no_header_names_them(tmp_path: Path) -> None:
    rows = [
        {
            "甲": FIRMS[at],
            "name": f"企业{at}",
            "enforcing_level": "district",
            "recorded_at": "2024-01-01",
            "乙": f"117.0{at}12",
            "丙": f"36.6{at}12",
            "丁": word,
        }
        for at, word in enumerate(["在营", "停产", "注销"])
    ]
    draft = draft_of(tmp_path, {"企业名册.csv": csv_bytes(rows)})
    found = {
        name: spec(draft, "enterprises", name)["column"]
        for name in ("enterprise_id", "longitude", "latitude", "status")
    }
    assert found == {"enterprise_id": "甲", "longitude": "乙", "latitude": "丙", "status": "丁"}
    assert "found by its cells" in asked(column(draft, "enterprises", "status"))
    assert draft.id_scheme == "uscc"


def test_numbers_that_are_no_credit_codes_are_taken_as_any(tmp_path: Path) -> None:
    draft = draft_of(
        tmp_path, {"企业名册.csv": csv_bytes([firm(0, enterprise_id="QY-7"), firm(1, enterprise_id="QY-8")])}
    )
    assert draft.id_scheme == "any" and draft.valid_codes == (0, 2)


def test_few_wrong_codes_among_many_are_told_and_refused(tmp_path: Path) -> None:
    rows = [firm(at % 5) | {"name": f"企业{at % 5}"} for at in range(19)] + [
        firm(0, enterprise_id="91370102MA3C000000")
    ]
    draft = draft_of(tmp_path, {"企业名册.csv": csv_bytes(rows)})
    assert draft.id_scheme == "uscc" and "91370102MA3C000000" in str(draft.asked[0])
    assert judged_by(draft, tmp_path).refused == 1


def test_a_register_that_numbers_its_enterprises_otherwise_is_told_with_the_column_they_share(
    tmp_path: Path,
) -> None:
    register = [firm(at) | {"内部编码X": f"N{at}"} for at in range(3)]
    events = [violation(f"v{at}", enterprise_id=f"N{at}") for at in range(3)]
    draft = draft_of(tmp_path, {"企业名册.csv": csv_bytes(register), "隐患.csv": csv_bytes(events)})
    said = " ".join(map(str, draft.asked))
    assert "knows 0 of the 3 enterprises of violations" in said and "内部编码X" in said


def test_a_column_that_may_say_that_a_row_is_gone_is_asked_about(tmp_path: Path) -> None:
    rows = [violation("v1") | {"isDeleted": "1"}]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)})
    assert "isDeleted may say" in asked(entry(draft, "violations"))


def test_keys_and_what_decides_stand_first(tmp_path: Path) -> None:
    draft = draft_of(
        tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes([violation("v1")])}
    )
    names = [one.name for one in entry(draft, "violations").columns]
    assert names[:7] == [
        "violation_id",
        "enterprise_id",
        "recorded_at",
        "occurred_on",
        "severity",
        "is_major_hazard",
        "quantity",
    ]


def test_a_score_of_which_nobody_says_what_is_better_stays_open(tmp_path: Path) -> None:
    for header, is_open in (("检查得分", True), ("检查评分", False)):
        files = {"register.csv": csv_bytes([firm(0)]), "检查.csv": csv_bytes([visit("j1") | {header: "95"}])}
        found = column(draft_of(tmp_path / header, files), "inspections", "score")
        assert found.is_open == is_open and ("times: -1" in asked(found)) == is_open


def test_numbers_that_a_spreadsheet_shortened_refuse_their_rows_and_nothing_takes_their_place(
    tmp_path: Path,
) -> None:
    rows = [violation("2.02506E+11", description=text) for text in ("甲", "乙")]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)})
    assert "violation_id" in spec(draft, "violations", "violation_id")["join"]
    assert set(judged_by(draft, tmp_path).rejects["rules"]) == {"mangled_number:violation_id"}


def test_a_firm_and_a_day_of_a_check_are_a_visit_and_no_finding(tmp_path: Path) -> None:
    rows = [{"编号": "x1", "统一社会信用代码": FIRMS[0], "检查时间": "2025-06-01"}]
    draft = draft_of(tmp_path, {"jc1.csv": csv_bytes(rows)})
    assert [one.table for one in draft.entries] == ["inspections"]


@pytest.mark.parametrize(
    ("header", "column_of"), [("隐患级别", "severity"), ("是否重大隐患", "is_major_hazard")]
)
def test_where_no_word_of_what_decides_is_known_all_rows_are_refused(
    header: str, column_of: str, tmp_path: Path
) -> None:
    rows = [violation(f"v{at}") | {header: "甲类"} for at in range(2)]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, column_of)})
    found = column(draft, "violations", column_of)
    assert not found.is_open and found.fit == 0 and "甲类 (2)" in asked(found)
    outcome = judged_by(draft, tmp_path)
    assert set(outcome.rejects["rules"]) <= {f"unknown_code:{column_of}", f"unreadable:{column_of}"}
    assert outcome.refused == 2


def test_a_notice_of_penalties_has_the_day_of_its_decision_only(tmp_path: Path) -> None:
    rows = [
        {
            "行政相对人代码_1(统一社会信用代码)": FIRMS[0],
            "行政处罚决定书文号": f"罚{at}号",
            "违法事实": "未培训",
            "罚款金额（万元）": "1.5",
            "处罚决定日期": "2025/06/01",
            "公示日期": "2025/06/09",
        }
        for at in range(2)
    ]
    draft = draft_of(tmp_path, {"企业名册.csv": csv_bytes([firm(0)]), "行政处罚.csv": csv_bytes(rows)})
    assert spec(draft, "violations", "occurred_on") == {"column": "处罚决定日期"}
    assert "stands for it" in asked(column(draft, "violations", "occurred_on"))
    assert judged_by(draft, tmp_path).accepted["violations"]["penalty_unit"].to_list() == [15_000, 15_000]


@pytest.mark.parametrize(
    ("left_out", "parts"),
    [
        ((), ["信用代码", "检查日期", "隐患类别", "description"]),
        (("隐患类别",), ["信用代码", "检查日期", "description"]),
    ],
)
def test_a_number_that_is_joined_holds_the_text_though_fewer_columns_differ_so_far(
    left_out: tuple[str, ...], parts: list[str], tmp_path: Path
) -> None:
    rows = [
        {
            "信用代码": FIRMS[0],
            "检查日期": day,
            "隐患类别": "C1",
            "description": text,
            "severity": "一般",
        }
        for day, text in [("2025-06-01", "甲"), ("2025-06-02", "乙")]
    ]
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, *left_out)}
    draft = draft_of(tmp_path, files)
    found = column(draft, "violations", "violation_id")
    assert found.spec == {"join": parts} and not found.is_open
    assert f"a second row with the same {', '.join(parts)} would be read as a correction" in asked(found)


def test_a_finding_without_a_text_has_no_joined_number_and_that_is_asked(tmp_path: Path) -> None:
    rows = [violation("", description="甲"), violation("", description="", occurred_on="2025-05-01")]
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "violation_id")}
    draft = draft_of(tmp_path, files)
    assert "1 rows have nothing under description" in asked(column(draft, "violations", "violation_id"))
    assert judged_by(draft, tmp_path).refused == 1


def test_a_register_of_enterprises_is_no_self_report(tmp_path: Path) -> None:
    heads = "单位代码,单位,行业监管分类,监管级别,从业人员,危险源等级,重点监管危险化工工艺数,登记状态,变更时间"
    cells = [f"{FIRMS[at]},企业{at},一般,区级,12,无,0,在业,2025-01-0{at + 1}" for at in range(3)]
    draft = draft_of(tmp_path, {"导出.csv": "\n".join([heads, *cells]).encode()})
    assert [one.table for one in draft.entries] == ["enterprises"]
    assert spec(draft, "enterprises", "name") == {"column": "单位"}
    assert not judged_by(draft, tmp_path).refused


@pytest.mark.parametrize(
    ("header", "cells", "is_asked"),
    [
        ("状态", ["有效", "已撤销"], True),
        ("处罚状态", ["正常", "作废"], True),
        ("状态", ["有效", "有效"], False),
        ("备注", ["应撤销旧设备", ""], False),
    ],
)
def test_cells_that_say_that_a_row_no_longer_stands_are_asked_about(
    header: str, cells: list[str], is_asked: bool, tmp_path: Path
) -> None:
    draft = draft_of(tmp_path, violations(header, cells))
    assert (f"{header} may say" in asked(entry(draft, "violations"))) == is_asked


def test_a_kind_of_hazard_that_tells_major_ones_is_read_so_and_is_no_item(tmp_path: Path) -> None:
    rows = [
        violation(f"v{at}") | {"隐患类型": word} for at, word in enumerate(["重大事故隐患", "一般事故隐患"])
    ]
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "is_major_hazard")}
    draft = draft_of(tmp_path, files)
    found = column(draft, "violations", "is_major_hazard")
    assert not found.is_open and "told by the words of 隐患类型" in asked(found)
    assert column(draft, "violations", "item_code").is_open
    accepted = judged_by(draft, tmp_path).accepted["violations"]
    assert accepted["is_major_hazard"].to_list() == [True, False] and accepted["item_code"].to_list() == [
        None,
        None,
    ]


def test_a_blank_beside_ticks_is_asked_for(tmp_path: Path) -> None:
    rows = [violation(f"v{at}") | {"是否重大隐患": cell} for at, cell in enumerate(["√", "", ""])]
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": without(rows, "is_major_hazard")}
    draft = draft_of(tmp_path, files)
    assert "2 cells are blank and count as false" in asked(column(draft, "violations", "is_major_hazard"))
    found = judged_by(draft, tmp_path).accepted["violations"]["is_major_hazard"].to_list()
    assert found == [True, False, False]
