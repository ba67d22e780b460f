"""A draft as a whole: canonical tables come in untouched whatever the order, and persons are not shown."""

import tempfile
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.files.mappings import draft_text
from desk.words.words import Words
from models.errors import DeliveryError
from models.tables.canonical import TABLES, Table
from tests.worlds.deliveries import FIRMS, TODAY, csv_bytes, deliver, firm, violation
from tests.worlds.drafts import draft_of, judged_by
from tests.worlds.effort import tries
from tests.worlds.strategies import rows
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.drafting.draft import drafted
from warehouse.intake.drafting.names import file_patterns, sheet_patterns, source_name
from warehouse.intake.mapping import parse_mapping

LATER = date(2035, 1, 1)
"""A day on which nothing of the samples is still to come."""


def written(table: Table, sampled: list[dict[str, Any]], chance: Random) -> bytes:
    """Rows under canonical or Chinese headers, in any order of columns."""
    names = [name for name in table.columns() if name != "source"]
    chance.shuffle(names)
    heads = {name: chance.choice([name, (table.columns()[name].metadata or {})["zh"]]) for name in names}
    return csv_bytes(
        [{heads[name]: "" if row[name] is None else row[name] for name in names} for row in sampled]
    )


@pytest.mark.parametrize("name", TABLES)
@settings(max_examples=tries(12), deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_canonical_rows_are_all_accepted_whatever_their_headers_and_order(
    name: str, data: st.DataObject, seed: int
) -> None:
    table, count = TABLES[name], data.draw(st.integers(1, 6))
    keys = FIRMS if table.is_register else [f"{name[:3].upper()}{at:03}" for at in range(6)]
    sampled = [
        data.draw(rows(table, key=keys[at % len(keys)], enterprises=tuple(FIRMS))) for at in range(count)
    ]
    if table.is_register:
        sampled = [row | {"enterprise_id": FIRMS[at]} for at, row in enumerate(sampled[: len(FIRMS)])]
    with tempfile.TemporaryDirectory() as place:
        folder = deliver(Path(place), {"数据.csv": written(table, sampled, Random(seed))})
        draft = drafted(folder, today=LATER)
        assert [entry.table for entry in draft.entries] == [name]
        outcome = judge_delivery(
            parse_mapping(draft_text(draft, Words("zh"))),
            folder,
            known_enterprises=pl.Series(FIRMS),
            today=LATER,
        )
    assert outcome.refused == 0, outcome.rejects["rules"].to_list()
    accepted = outcome.accepted[name].sort(table.key[-1])
    expected = sorted(sampled, key=lambda row: row[table.key[-1]])
    for column in table.columns():
        if column != "source":
            blank = (table.columns()[column].metadata or {})["blank"]
            meant = [blank if row[column] is None else row[column] for row in expected]
            assert accepted[column].to_list() == meant, column


CARD = "11010519491231002X"
"""The example of a number of an identity card in GB 11643."""


def test_no_person_is_shown_in_a_draft(tmp_path: Path) -> None:
    phone, card = "13805310001", CARD
    rows = [
        violation(f"v{at}", severity=word) | {"负责人电话": phone, "身份证号": card}
        for at, word in enumerate([f"甲 {card}", f"乙 {phone}", "一般"])
    ]
    headless = [[card, phone, "0531-88001234"], ["370102198001010000", "13905310002", "0531-88001235"]]
    files = {
        "register.csv": csv_bytes([firm(0), *(firm(1) for _ in range(15)), firm(2, enterprise_id=card)]),
        "隐患.csv": csv_bytes(rows),
        "无表头.csv": "\n".join(",".join(line) for line in headless).encode(),
    }
    draft = draft_of(tmp_path, files)
    for language in ("zh", "en"):
        text = draft_text(draft, Words(language))
        for number in (phone, card, "88001234"):
            assert number not in text
        assert "1101************2X" in text and "138****0001" in text


def test_a_folder_that_is_none_or_holds_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="There is no folder"):
        drafted(tmp_path / "none", today=TODAY)
    with pytest.raises(DeliveryError, match="no file"):
        drafted(tmp_path, today=TODAY)


def test_the_same_files_give_the_same_draft(tmp_path: Path) -> None:
    files = {"register.csv": csv_bytes([firm(0)]), "隐患.csv": csv_bytes([violation("v1")])}
    first, second = draft_of(tmp_path / "a", files), draft_of(tmp_path / "b", files)
    assert first.entries == second.entries


def test_a_visit_and_a_finding_of_one_row_are_asked_about(tmp_path: Path) -> None:
    rows = [
        violation("v1")
        | {"检查单号": "J1", "检查结论": "发现隐患", "检查类型": "专项检查", "检查日期": "2025-06-01"}
    ]
    draft = draft_of(tmp_path, {"register.csv": csv_bytes([firm(0)]), "执法台账.csv": csv_bytes(rows)})
    said = " ".join(str(question) for entry in draft.entries for question in entry.questions)
    assert "inspections as well" in said
    assert not judged_by(draft, tmp_path).refused


@pytest.mark.parametrize(
    ("mine", "others", "patterns"),
    [
        (["违法行为_2025.csv", "违法行为_2026.csv"], ["企业.csv"], ("违法行为_*.csv",)),
        (["台账20260630.xlsx"], [], ("台账*.xlsx",)),
        (["2025.csv"], [], ("2025.csv",)),
        (["a1.csv"], ["a2.csv"], ("a1.csv",)),
        (["名册[1].csv"], [], ("名册[[]*].csv",)),
        (["什么?.csv"], [], ("什么[?]*.csv",)),
        (["隐患台账.csv"], ["企业.csv"], ("隐患台账*.csv",)),
        (["隐患台账.csv"], ["隐患台账说明.csv"], ("隐患台账.csv",)),
        (["隐患台账说明.csv"], ["隐患台账.csv"], ("隐患台账说明*.csv",)),
        (["2026年6月报.xls"], ["x.xls"], ("*报.xls",)),
    ],
)
def test_names_of_files_are_open_for_dates_and_numbers_where_that_is_safe(
    mine: list[str], others: list[str], patterns: tuple[str, ...]
) -> None:
    assert file_patterns(mine, others) == patterns


def test_names_of_sheets_are_open_where_they_end_alike_and_others_do_not() -> None:
    assert sheet_patterns(["历下区", "市中区"], ["说明"]) == ["*区"]
    assert sheet_patterns(["历下区", "市中区"], ["各区"]) == ["历下区", "市中区"]
    assert sheet_patterns(["历下区"], []) == ["历下区"]


def test_a_source_is_called_as_its_folder_or_by_a_number_that_stays() -> None:
    assert source_name("shi anjian-2026") == "shi_anjian-2026"
    assert source_name("市安监") == source_name("市安监") != source_name("区安监")
    assert source_name("市安监").startswith("source_")
