"""A day that would close an open finding is taken only where something says that it is no day by which."""

from pathlib import Path

import pytest

from tests.worlds.deliveries import csv_bytes, firm, violation
from tests.worlds.drafts import asked, column, draft_of, judged_by, spec

DAYS = ["2025-06-20", "2025-06-21"]


def ledger(**columns: list[str]) -> dict[str, bytes]:
    """Findings, one for each cell, with columns of an export in the place of the day of rectification."""
    count = len(next(iter(columns.values())))
    rows = [violation(f"v{at}", description=f"第{at}处") for at in range(count)]
    for at, row in enumerate(rows):
        row.pop("rectified_on")
        row |= {header: cells[at] for header, cells in columns.items()}
    return {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes(rows)}


@pytest.mark.parametrize(
    ("columns", "is_filled", "question"),
    [
        ({"整改日期": DAYS}, False, "may be the day by which"),
        ({"整改时间": ["2025-06-20", ""]}, False, "may be the day by which"),
        ({"验收日期": DAYS}, False, "may be the day by which"),
        ({"rectify_date": DAYS}, False, "may be the day by which"),
        ({"整改日期": DAYS, "整改情况": ["未整改", "未整改"]}, False, "整改情况 says 未整改 in 2 rows"),
        ({"整改日期": DAYS, "整改状态": ["已整改", "整改中"]}, False, "整改状态 says 整改中 in 1 rows"),
        ({"销号时间": DAYS, "是否整改": ["是", "否"]}, False, "是否整改 says 否 in 1 rows"),
        ({"整改完成时间": DAYS, "状态": ["已完成", "未完成"]}, False, "状态 says 未完成"),
        ({"整改完成日期": DAYS, "整改情况": ["未整改", "已整改"]}, False, "整改情况 says 未整改"),
        ({"整改完成日期（必填）": DAYS, "整改情况": ["未整改", "未整改"]}, False, "整改情况 says 未整改"),
        ({"整改完成日期": DAYS}, True, "every row has a day"),
        ({"销号时间": DAYS}, True, "every row has a day"),
        ({"整改完成日期": ["2025-06-20", ""]}, True, ""),
        ({"整改日期": ["2025-06-20", "未整改"]}, True, ""),
        ({"整改日期": ["2025-06-20", ""], "整改情况": ["已整改", "未整改"]}, True, ""),
    ],
)
def test_a_day_that_closes_a_finding_is_taken_only_where_it_says_that_it_was_done(
    columns: dict[str, list[str]], is_filled: bool, question: str, tmp_path: Path
) -> None:
    draft = draft_of(tmp_path, ledger(**columns))
    found = column(draft, "violations", "rectified_on")
    assert bool(spec(draft, "violations", "rectified_on")) == is_filled
    assert question in asked(found) and bool(question) == bool(found.questions)
    outcome = judged_by(draft, tmp_path)
    assert outcome.refused == 0
    closed = [day is not None for day in outcome.accepted["violations"]["rectified_on"].to_list()]
    days = next(iter(columns.values()))
    assert closed == [is_filled and day in DAYS for day in days]


def test_of_two_days_the_one_that_says_that_it_was_done_is_taken(tmp_path: Path) -> None:
    draft = draft_of(tmp_path, ledger(整改日期=DAYS, 整改完成时间=["2025-06-25", ""]))
    assert spec(draft, "violations", "rectified_on")["column"] == "整改完成时间"


def test_a_description_that_begins_alike_says_nothing_of_the_state(tmp_path: Path) -> None:
    draft = draft_of(
        tmp_path, ledger(整改完成日期=["2025-06-20", ""], 隐患情况=["未按规定培训", "未落实责任"])
    )
    assert (
        spec(draft, "violations", "rectified_on")
        and not column(draft, "violations", "rectified_on").questions
    )
