"""The row contract: each rule with one bad row, and the good rows beside it unharmed."""

from datetime import date, datetime, timedelta
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from models.contract import PROBLEMS, ROW, Judgement, judge
from models.features import CATALOGUE
from models.tables.canonical import TABLES, code_list
from models.tables.columns import SHORT, TEXT
from tests.worlds.by_hand import row

TODAY = date(2026, 6, 30)
TOMORROW = TODAY + timedelta(days=1)
FOUND = date(2026, 6, 1)
EARLIER = FOUND - timedelta(days=1)
AT = datetime(2026, 6, 1, 8, 0)
BEFORE_AT = datetime(2026, 6, 1, 7, 59)

_HAPPENED: dict[str, dict[str, Any]] = {
    "enterprises": {"enterprise_id": "e1", "recorded_at": FOUND},
    "violations": {"occurred_on": FOUND},
    "alerts": {"raised_at": AT},
    "inspections": {"inspected_on": FOUND},
    "accidents": {"occurred_on": FOUND},
    "self_reports": {"filed_on": FOUND},
    "officers": {},
    "absences": {"first_day": FOUND, "last_day": FOUND},
    "conflicts": {},
    "tasks": {"opens_on": FOUND},
    "filings": {"filed_at": AT, "planned_on": FOUND, "officers": "o1;o2", "state": "filed"},
    "former_numbers": {},
}


def _told(table: str, number: int, **given: Any) -> dict[str, Any]:
    """A good row of a table but for what is given; ``problems`` names cells that could not be read."""
    problems = given.pop(PROBLEMS, [])
    usual = _HAPPENED[table] | (
        {"source": "a", "enterprise_id": f"e{number}"} if table == "enterprises" else {}
    )
    whole = row(table, number, **{**usual, "recorded_at": FOUND, **given})
    return {name: whole[name] for name in TABLES[table].columns()} | {ROW: number, PROBLEMS: problems}


def _judge(table: str, *told: dict[str, Any], **how: Any) -> Judgement:
    columns = TABLES[table].schema.create_empty().schema
    frame = pl.DataFrame(
        list(told), schema={**columns, ROW: pl.Int64, PROBLEMS: pl.List(pl.String)}, orient="row"
    )
    judged = judge(frame, TABLES[table], known_enterprises=pl.Series(["e1", "e2"]), today=TODAY, **how)
    out = [*judged.accepted[ROW], *judged.refused[ROW]]
    assert len(out) + judged.repeated == len(told)
    assert len(set(out)) == len(out)
    assert judged.accepted.columns == [*columns, ROW]
    return judged


def _refused(judged: Judgement) -> dict[int, list[str]]:
    return dict(judged.refused.select(ROW, "rules").iter_rows())


@pytest.mark.parametrize("table", TABLES)
def test_good_rows_are_accepted_as_they_are(table: str):
    told = [_told(table, n) for n in (1, 2)]
    judged = _judge(table, *told)
    assert judged.accepted[ROW].to_list() == [1, 2]
    assert judged.accepted.to_dicts() == [{k: v for k, v in each.items() if k != PROBLEMS} for each in told]
    assert judged.refused.is_empty()


@pytest.mark.parametrize("table", TABLES)
def test_no_rows_are_judged_without_complaint(table: str):
    judged = _judge(table)
    assert judged.accepted.is_empty()
    assert judged.refused.is_empty()


BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    # what a row must say
    ("enterprises", {"name": None}, ["missing:name"]),
    ("enterprises", {"enforcing_level": None}, ["missing:enforcing_level"]),
    ("enterprises", {"enterprise_id": ""}, ["missing:enterprise_id"]),
    ("violations", {"occurred_on": None}, ["missing:occurred_on"]),
    ("violations", {"violation_id": None}, ["missing:violation_id"]),
    ("violations", {"enterprise_id": None}, ["missing:enterprise_id"]),
    ("alerts", {"level": None}, ["missing:level"]),
    ("self_reports", {"hazards_found": None}, ["missing:hazards_found"]),
    ("officers", {"officer_id": None}, ["missing:officer_id"]),
    ("officers", {"level": None}, ["missing:level"]),
    ("absences", {"officer_id": None}, ["missing:officer_id"]),
    ("absences", {"last_day": None}, ["missing:last_day"]),
    ("tasks", {"kind": None}, ["missing:kind"]),
    ("tasks", {"enterprise_id": None}, ["missing:enterprise_id"]),
    # limits
    ("enterprises", {"major_hazard_source": 5}, ["too_large:major_hazard_source"]),
    ("enterprises", {"employees": -1}, ["too_small:employees"]),
    ("enterprises", {"longitude": 180.5}, ["too_large:longitude"]),
    ("enterprises", {"latitude": -90.5}, ["too_small:latitude"]),
    ("enterprises", {"name": "x" * (SHORT + 1)}, ["too_long:name"]),
    ("violations", {"quantity": 0}, ["too_small:quantity"]),
    ("violations", {"description": "x" * (TEXT + 1)}, ["too_long:description"]),
    ("accidents", {"deaths": -1}, ["too_small:deaths"]),
    # row rules
    ("violations", {"recorded_at": EARLIER}, ["recorded_before_found"]),
    ("violations", {"rectified_on": EARLIER}, ["rectified_before_found"]),
    ("violations", {"rectify_due_on": EARLIER}, ["due_before_found"]),
    ("violations", {"decided_on": EARLIER}, ["decided_before_found"]),
    ("violations", {"withdrawn_on": EARLIER}, ["withdrawn_before_found"]),
    ("violations", {"plan_approved_on": EARLIER}, ["plan_before_found"]),
    ("violations", {"plan_approved_on": TODAY, "plan_until": EARLIER}, ["plan_ends_before_it_begins"]),
    ("alerts", {"recorded_at": EARLIER}, ["recorded_before_raised"]),
    ("alerts", {"acknowledged_at": BEFORE_AT}, ["acknowledged_before_raised"]),
    ("alerts", {"closed_at": BEFORE_AT}, ["closed_before_raised"]),
    ("inspections", {"recorded_at": EARLIER}, ["recorded_before_inspected"]),
    ("accidents", {"recorded_at": EARLIER}, ["recorded_before_accident"]),
    ("self_reports", {"period_start": FOUND, "period_end": EARLIER}, ["period_ends_before_start"]),
    ("self_reports", {"period_start": FOUND + timedelta(days=1)}, ["filed_before_period"]),
    ("self_reports", {"hazards_found": 1, "hazards_fixed": 2}, ["fixed_more_than_found"]),
    ("self_reports", {"recorded_at": EARLIER}, ["recorded_before_filed"]),
    ("absences", {"last_day": EARLIER}, ["last_before_first"]),
    ("tasks", {"due_on": EARLIER}, ["due_before_opens"]),
    ("filings", {"recorded_at": EARLIER}, ["recorded_before_filing"]),
    ("filings", {"filed_at": datetime(2026, 7, 1)}, ["future_date:filed_at", "recorded_before_filing"]),
    # the day of reading
    ("violations", {"recorded_at": TOMORROW}, ["future_date:recorded_at"]),
    ("violations", {"rectified_on": TOMORROW}, ["future_date:rectified_on"]),
    ("alerts", {"closed_at": datetime(2026, 7, 1)}, ["future_date:closed_at"]),
    ("inspections", {"filed_on": TOMORROW}, ["future_date:filed_on"]),
    ("officers", {"recorded_at": TOMORROW}, ["future_date:recorded_at"]),
    ("tasks", {"closed_on": TOMORROW}, ["future_date:closed_on"]),
    # slips of the keyboard
    ("violations", {"occurred_on": date(1026, 6, 1)}, ["implausible_date:occurred_on"]),
    ("violations", {"rectify_due_on": date(2226, 6, 1)}, ["implausible_date:rectify_due_on"]),
    # the register
    ("violations", {"enterprise_id": "stranger"}, ["unknown_enterprise"]),
    ("conflicts", {"enterprise_id": "stranger"}, ["unknown_enterprise"]),
    ("tasks", {"enterprise_id": "stranger"}, ["unknown_enterprise"]),
    # text
    ("violations", {"description": "bell\a"}, ["control_characters:description"]),
    ("enterprises", {"name": "=1+1"}, ["formula_like:name"]),
    ("violations", {"violation_id": "=1+1"}, ["formula_like:violation_id"]),
    # unreadable cells
    ("violations", {"occurred_on": None, PROBLEMS: ["unreadable:occurred_on"]}, ["unreadable:occurred_on"]),
    ("violations", {"severity": None, PROBLEMS: ["unknown_code:severity"]}, ["unknown_code:severity"]),
    (
        "violations",
        {"penalty_unit": None, PROBLEMS: ["unreadable:penalty_unit"]},
        ["unreadable:penalty_unit"],
    ),
    # several at once, sorted
    (
        "violations",
        {"quantity": 0, "enterprise_id": "stranger", "description": "=x"},
        ["formula_like:description", "too_small:quantity", "unknown_enterprise"],
    ),
]


@pytest.mark.parametrize(("table", "given", "rules"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_row_is_refused_by_name_and_the_good_row_beside_it_is_not(
    table: str, given: dict[str, Any], rules: list[str]
):
    judged = _judge(table, _told(table, 1), _told(table, 2, **given))
    assert judged.accepted[ROW].to_list() == [1]
    assert _refused(judged) == {2: rules}


def test_every_row_rule_of_the_tables_is_tried():
    tried = {rule for _, _, rules in BAD for rule in rules}
    for name, table in TABLES.items():
        assert set(table.schema._schema_validation_rules()) <= tried, name


def test_the_day_of_reading_itself_is_not_in_the_future():
    told = _told("violations", 1, recorded_at=TODAY, rectified_on=TODAY, rectify_due_on=date(2027, 1, 1))
    assert _refused(_judge("violations", told)) == {}
    late = _told("alerts", 1, raised_at=datetime(2026, 6, 30, 23, 59), recorded_at=TODAY)
    assert _refused(_judge("alerts", late)) == {}


def test_what_is_planned_may_lie_ahead():
    next_year = date(2027, 1, 1)
    told = {
        "officers": {"certified_until": next_year, "left_on": next_year},
        "absences": {"first_day": next_year, "last_day": next_year},
        "conflicts": {"ended_on": next_year},
        "tasks": {"opens_on": next_year, "due_on": next_year},
    }
    for table, days in told.items():
        assert _refused(_judge(table, _told(table, 1, **days))) == {}, table


def test_an_officer_without_a_certificate_date_and_an_absence_of_anybody_are_accepted():
    assert _refused(_judge("officers", _told("officers", 1, certified_until=None))) == {}
    assert _refused(_judge("absences", _told("absences", 1, officer_id="nobody on the roster"))) == {}


def test_an_unreadable_cell_hides_only_the_missing_it_causes():
    told = _told(
        "violations",
        1,
        occurred_on=None,
        severity=None,
        problems=["unreadable:occurred_on"],
        recorded_at=FOUND,
    )
    assert _refused(_judge("violations", told)) == {1: ["missing:severity", "unreadable:occurred_on"]}


def test_credit_codes_are_asked_for_only_where_the_mapping_says_so():
    told = [
        _told("enterprises", 1, enterprise_id="91110000600037341L"),
        _told("enterprises", 2, enterprise_id="91110000600037342L"),
    ]
    assert _refused(_judge("enterprises", *told)) == {}
    assert _refused(_judge("enterprises", *told, credit_codes=True)) == {2: ["bad_credit_code:enterprise_id"]}


def test_lengths_are_counted_in_characters():
    assert _refused(_judge("enterprises", _told("enterprises", 1, name="济" * SHORT))) == {}


# ---- shared keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"quantity": 0},
        {"enterprise_id": "stranger"},
        {"description": "=1+1"},
        {"rectified_on": TOMORROW},
        {"severity": None, PROBLEMS: ["unknown_code:severity"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("first", ["good", "bad"])
def test_a_bad_row_with_the_key_of_a_good_row_does_not_hurt_the_good_row(bad: dict[str, Any], first: str):
    good_at, bad_at = (1, 2) if first == "good" else (2, 1)
    told = [
        {**_told("violations", 9), ROW: good_at},
        {**_told("violations", 9, **bad), ROW: bad_at},
    ]
    judged = _judge("violations", *sorted(told, key=lambda each: each[ROW]))
    assert judged.accepted[ROW].to_list() == [good_at]
    assert list(_refused(judged)) == [bad_at]


def test_exact_repeats_collapse_into_the_first():
    told = [{**_told("violations", 9), ROW: n} for n in (1, 2, 3)]
    judged = _judge("violations", *told)
    assert judged.accepted[ROW].to_list() == [1]
    assert judged.repeated == 2


def test_two_contents_under_one_key_are_both_refused():
    told = [
        {**_told("violations", 9, severity=severity), ROW: n}
        for n, severity in ((1, "minor"), (2, "critical"))
    ]
    judged = _judge("violations", *told, _told("violations", 3))
    assert judged.accepted[ROW].to_list() == [3]
    assert _refused(judged) == {1: ["duplicate_key"], 2: ["duplicate_key"]}


def test_a_later_version_or_another_source_is_no_duplicate():
    told = [
        _told("violations", 9) | {ROW: 1},
        _told("violations", 9, recorded_at=TODAY) | {ROW: 2},
        _told("violations", 9, source="b") | {ROW: 3},
    ]
    assert _judge("violations", *told).accepted[ROW].to_list() == [1, 2, 3]


def test_every_refused_row_is_kept_even_when_it_repeats_another():
    told = [{**_told("violations", 9, quantity=0), ROW: n} for n in (1, 2)]
    judged = _judge("violations", *told)
    assert _refused(judged) == {1: ["too_small:quantity"], 2: ["too_small:quantity"]}
    assert judged.repeated == 0


# ---- text ----------------------------------------------------------------------------------------------


def _name_rules(name: str) -> list[str]:
    return _refused(_judge("enterprises", _told("enterprises", 1, name=name))).get(1, [])


@pytest.mark.parametrize(
    "name",
    [
        "@NINE",
        "-未設護欄",
        "+PLUS Café",
        "- 未设置护栏",
        "1=1",
        "+86 531 1234",
        "-5",
        "A=B",
        "老王@济南",
        "tab\tand\nline",
    ],
)
def test_honest_names_are_accepted(name: str):
    assert _name_rules(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "＝1+1",
        "  =1+1",
        "\t=1+1",
        "@SUM(1+1)*cmd|x!A0",
        "+cmd|x!A0",
        "-cmd|' /C calc'!A0",
        '+HYPERLINK("http://x")',
        "=cmd|' /C calc'!A0",
    ],
)
def test_texts_a_spreadsheet_would_run_are_refused(name: str):
    assert _name_rules(name) == ["formula_like:name"]


@pytest.mark.parametrize("name", ["+LOG10(5)", '-1+HYPERLINK("http://x")'])
def test_functions_with_digits_or_after_a_number_are_refused(name: str):
    assert _name_rules(name) == ["formula_like:name"]


@pytest.mark.parametrize(
    "character",
    [
        *("\x00", "\x1b", "\x7f", "\x80", "\x85", "\x9f", "\ufffe", "\uffff"),
        *("\u00ad", "\u061c", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029"),
        *(
            "\u202a",
            "\u202e",
            "\u2060",
            "\u2066",
            "\u2069",
            "\ufeff",
            "\U000e0001",
            "\U000e0041",
            "\U000e007f",
        ),
    ],
    ids=ascii,
)
def test_control_characters_are_refused_in_every_text(character: str):
    assert _name_rules(f"Fi{character}rm") == ["control_characters:name"]
    for column in ("violation_id", "inspection_id", "description", "department"):
        told = _told("violations", 1, **{column: f"Fi{character}rm"})
        assert _refused(_judge("violations", told)) == {1: [f"control_characters:{column}"]}


@pytest.mark.parametrize(
    "character", ["\t", "\n", "\u00a0", "\u2003", "\u202f", "\ufe0f", "\u3164", "\u2800", "\u034f"], ids=ascii
)
def test_an_id_holds_nothing_that_nobody_sees(character: str):
    told = [
        _told("violations", 1, violation_id=f"v{character}1"),
        _told("violations", 2, description=f"v{character}1"),
    ]
    assert _refused(_judge("violations", *told)) == {1: ["control_characters:violation_id"]}


def test_one_enterprise_is_never_two_and_two_are_never_one():
    told = [
        _told("enterprises", 1, enterprise_id="91110000600037341L"),
        _told("enterprises", 2, enterprise_id=" ９１１１００００600037341l", name="another"),
        _told("enterprises", 3, enterprise_id="12100000400002259P"),
    ]
    judged = _judge("enterprises", *told, credit_codes=True)
    assert judged.accepted["enterprise_id"].to_list() == ["12100000400002259P"]
    assert _refused(judged) == {1: ["duplicate_key"], 2: ["duplicate_key"]}
    # Any stable id may be told apart by its case.
    ids = _judge("enterprises", told[0], told[1]).accepted["enterprise_id"].to_list()
    assert ids == ["91110000600037341L", "91110000600037341l"]


def test_an_event_finds_its_enterprise_by_any_way_to_write_its_number():
    told = _told("violations", 1, enterprise_id="ｅ１ ")
    judged = _judge("violations", told)
    assert judged.accepted["enterprise_id"].to_list() == ["e1"]


@pytest.mark.parametrize(
    ("ident", "rule"),
    [
        ("9.13701E+17", "mangled_number"),
        ("无", "placeholder"),
        ("3701**********12", "masked"),
        ("11010519491231002X", "identity_card"),
        ("e1\u200b", "control_characters"),
    ],
)
def test_an_id_that_is_none_hides_that_its_enterprise_is_unknown(ident: str, rule: str):
    assert _refused(_judge("violations", _told("violations", 1, enterprise_id=ident))) == {
        1: [f"{rule}:enterprise_id"]
    }
    told = _told("enterprises", 1, enterprise_id=ident)
    assert _refused(_judge("enterprises", told, credit_codes=True)) == {1: [f"{rule}:enterprise_id"]}


def test_a_credit_code_that_was_issued_with_a_wrong_check_is_taken_where_it_is_named():
    code = "91110000600037342L"
    told = _told("enterprises", 1, enterprise_id=code)
    assert _refused(_judge("enterprises", told, credit_codes=True)) == {1: ["bad_credit_code:enterprise_id"]}
    named = _judge("enterprises", told, credit_codes=True, accepted_codes=frozenset({code}))
    assert _refused(named) == {}


@pytest.mark.parametrize("rule", ["unreadable", "ambiguous_date", "error_cell"])
def test_a_cell_that_holds_something_is_not_missing(rule: str):
    told = _told("violations", 1, occurred_on=None, problems=[f"{rule}:occurred_on"])
    assert _refused(_judge("violations", told)) == {1: [f"{rule}:occurred_on"]}


def test_the_source_is_our_own_word_and_not_searched_for_formulas():
    assert _refused(_judge("violations", _told("violations", 1, source="=own"))) == {}


def test_a_column_of_codes_knows_its_list_and_others_have_none():
    columns = TABLES["violations"].columns()
    assert code_list(columns["severity"]).name == "severity"
    assert [
        name for name, column in columns.items() if code_list(column) is None and column.dtype == pl.Enum
    ] == []
    assert code_list(columns["occurred_on"]) is None
    assert code_list(dy.Int64()) is None


def test_a_number_that_not_everybody_has_may_be_written_as_none() -> None:
    judged = _judge("enterprises", _told("enterprises", 1, parent_id="无", registration_number="/"))
    assert judged.accepted.select("parent_id", "registration_number").row(0) == (None, None)


def test_no_feature_reads_what_the_register_tells_for_visits_only() -> None:
    """Whom to ask for, and above all who owns the firm, must reach no score."""
    visits_only = {
        name for name, column in TABLES["enterprises"].columns().items() if _is_for_no_score(column)
    }
    assert {"legal_form", "parent_id", "contact", "phone", "address", "inherent_risk"} <= visits_only
    assert not visits_only & set(CATALOGUE.tables["enterprises"].columns)


def _is_for_no_score(column: dy.Column) -> bool:
    return "used by no score" in (column.description or "")
