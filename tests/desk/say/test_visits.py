"""What a sheet says of a visit: whom to ask for, and where an open finding was made."""

from datetime import date
from typing import Any

from desk.say.visits import contact_text, finding_text, people_text
from desk.words.words import Words

ZH, EN = Words("zh"), Words("en")
FOUND: dict[str, Any] = {
    "title_zh": "未设置安全警示标志",
    "title_en": "no warning signs",
    "description": "未设置安全警示标志",
    "location": "3号车间东门",
    "occurred_on": date(2026, 5, 6),
    "rectify_due_on": date(2026, 6, 1),
}


def test_an_open_finding_is_told_with_its_place_its_day_and_its_deadline() -> None:
    assert finding_text(FOUND, ZH) == "3号车间东门 · 2026-05-06发现 · 2026-06-01前整改"
    assert finding_text(FOUND | {"location": None, "rectify_due_on": None}, ZH) == "2026-05-06发现"
    assert finding_text(FOUND, EN).startswith("未设置安全警示标志 · 3号车间东门 · found 2026-05-06")


def test_what_is_no_finding_has_no_place() -> None:
    assert finding_text(FOUND | {"occurred_on": None}, ZH) == ""


def test_whom_to_ask_for_stands_with_the_address_and_what_is_unknown_is_a_dash() -> None:
    row = {"address": "工业北路1号", "contact": "王志强", "phone": "0531-80000001"}
    assert contact_text(row, ZH) == "地址：工业北路1号 · 联系人：王志强 0531-80000001"
    assert contact_text(dict.fromkeys(row), ZH) == "地址：– · 联系人：–"


def test_officers_are_named_with_their_numbers_where_they_show_them() -> None:
    officers = [
        {"name": "郑磊", "officer_id": "ZF-01", "role": "officer"},
        {"name": "邓浩然", "officer_id": "JS-01", "role": "technical_inspector"},
    ]
    assert people_text({"officers": officers}, EN) == "郑磊, 邓浩然 (technical inspector)"
    assert people_text({"officers": officers}, EN, numbered=True) == (
        "郑磊 (ZF-01), 邓浩然 (JS-01, technical inspector)"
    )
