"""What is said of a refused row: the cell at fault first, then what would be allowed in its place."""

from pathlib import Path
from typing import Any

import pytest

from desk.say import refusals
from desk.words.words import Words
from models.contract import HEALS
from tests.worlds.deliveries import FIRMS, csv_bytes, deliver, firm, judged, violation

REGISTER = csv_bytes([firm(0), firm(1)])
EN, ZH = Words("en"), Words("zh")


def refused(tmp_path: Path, *rows: dict[str, Any], header: str = "") -> list[dict[str, Any]]:
    content = csv_bytes(rows).decode().replace("severity", header or "severity", 1)
    outcome = judged(deliver(tmp_path, {"register.csv": REGISTER, "v_1.csv": content.encode()}))
    return outcome.rejects.sort("line").to_dicts()


@pytest.mark.parametrize(
    ("changes", "cell", "said"),
    [
        ({"severity": "巨大"}, "严重程度=巨大", "minor / general / serious / critical / ungraded"),
        ({"severity": "#N/A"}, "严重程度=#N/A", "a value, or an empty cell"),
        ({"quantity": "0"}, "数量=0", "1 … 100,000"),
        (
            {"occurred_on": "06/05/2025"},
            "发现日期=06/05/2025",
            "a day like 2026-06-01, or format: in the mapping",
        ),
        (
            {"enterprise_id": FIRMS[4]},
            f"统一社会信用代码={FIRMS[4]}",
            "an enterprise of the register; it waits for it",
        ),
        ({"rectified_on": "2025-05-01"}, "", ""),
    ],
)
def test_the_cell_as_delivered_and_what_would_be_allowed_are_told(
    tmp_path: Path, changes: dict[str, str], cell: str, said: str
) -> None:
    [row] = refused(tmp_path, violation("a", **changes))
    assert (refusals.cells(row), refusals.allowed(row, EN)) == (cell, said)


def test_a_cell_is_found_under_the_header_it_was_delivered_by(tmp_path: Path) -> None:
    [row] = refused(tmp_path, violation("a", severity="巨大"), header="严重程度（必填）")
    assert refusals.cells(row) == "严重程度=巨大"
    assert refusals.allowed(row, ZH) == "轻微 / 一般 / 较重 / 特别严重 / 未分级"


def test_of_two_rows_that_contradict_each_other_the_key_is_told(tmp_path: Path) -> None:
    one, other = refused(tmp_path, violation("a"), violation("a", severity="轻微"))
    assert refusals.cells(one) == refusals.cells(other) == "违法行为编号=a"


def test_a_number_of_an_identity_card_is_masked(tmp_path: Path) -> None:
    outcome = judged(
        deliver(tmp_path, {"register.csv": csv_bytes([firm(0, enterprise_id="11010519491231002X")])})
    )
    [row] = outcome.rejects.to_dicts()
    assert refusals.cells(row) == "统一社会信用代码=1101************2X"
    assert "11010519491231002X" not in str(row)


def test_rules_that_time_or_another_delivery_heals_say_what_they_wait_for() -> None:
    assert {"unknown_enterprise", "future_date"} <= set(refusals.ALLOWED)
    assert "unknown_enterprise" in HEALS and "future_date" in HEALS
