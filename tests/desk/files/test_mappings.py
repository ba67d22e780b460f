"""The file of a draft: read again, it says exactly what was proposed, in any language and whatever texts hold."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.files.mappings import draft_text, scalar
from desk.words.words import Words
from models.messages import Message
from tests.worlds.effort import tries
from warehouse.intake.drafting.layouts import Unread
from warehouse.intake.drafting.proposal import Column, Draft, Entry
from warehouse.intake.mapping import Mapping, parse_mapping

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=tries(300), deadline=None)
@given(TEXTS)
def test_a_text_is_read_again_as_it_was(text: str) -> None:
    assert yaml.safe_load(f"a: [{scalar(text)}]") == {"a": [text]}


@pytest.mark.parametrize(
    "text", ["yes", "NO", "1", "2025-06-01", "null", "a: b", "#", "- x", "", "1e5", "是", "*区"]
)
def test_words_that_yaml_reads_as_something_else_stay_texts(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text


def draft_with(header: str, texts: list[str]) -> Draft:
    question = Message("{what} in {x}", {"what": header, "x": texts[0]})
    columns = (
        Column("violation_id", {"join": [header, "b"]}, "made", 3, 2, (question,), (question,)),
        Column(
            "severity", {"column": header, "values": dict.fromkeys(texts, "general")}, "header", 1000, 999
        ),
        Column("description", {"column": header}, "header"),
        Column(
            "decided_on",
            {"column": header, "format": "%d/%m/%Y"},
            "header",
            questions=(question,),
            is_open=True,
        ),
    )
    layout = {"sheet": [header], "header_row": [2, 3], "footer": texts}
    entry = Entry(
        "violations", (header,), layout, columns, 3, (question,), (question,), ((header, "severity"),)
    )
    return Draft(
        "bureau", header, "uscc", (entry,), (Unread(header, texts[0], question),), (question,), (1, 2)
    )


@settings(max_examples=tries(60), deadline=None)
@given(header=TEXTS, texts=st.lists(TEXTS, min_size=1, max_size=4), language=st.sampled_from(["zh", "en"]))
def test_a_draft_is_read_again_as_what_it_proposes(header: str, texts: list[str], language: str) -> None:
    draft = draft_with(header, texts)
    text = draft_text(draft, Words(language))
    read: dict[str, Any] = parse_mapping(text).model_dump(exclude={"text"})
    assert read == Mapping.model_validate(draft.mapping()).model_dump(exclude={"text"})


def test_what_fits_and_what_is_asked_stands_beside_the_columns() -> None:
    text = draft_text(draft_with("甲", ["乙"]), Words("en"))
    assert "# 4 questions are open." in text
    assert "severity: {column: 甲, values: {乙: general}}  # 99.9% of 1,000 cells fit" in text
    assert '        # decided_on: {column: 甲, format: "%d/%m/%Y"}' in text
    assert "        # ? decided_on: 甲 in 乙" in text
    assert "# Columns that nothing reads: 甲 (→ severity?)" in text


def test_a_draft_of_nothing_is_a_mapping_too() -> None:
    text = draft_text(Draft("bureau", "", "any", ()), Words("zh"))
    assert parse_mapping(text).tables == {}
