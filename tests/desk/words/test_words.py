"""Words: every language is complete, fills the blanks of the code, and nobody else speaks it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import desk.words.labels
from desk.words.catalogue import SOURCE, languages
from desk.words.words import Words, spellings
from docs.words import faults
from models import vocabulary
from models.errors import SettingsError

REPOSITORY = Path(__file__).parents[3]
TRANSLATED = [language for language in languages() if language != SOURCE]
LABELS = [codes for codes in vars(desk.words.labels).values() if isinstance(codes, vocabulary.CodeList)]
LISTS = [*vocabulary.CODE_LISTS, *LABELS]
CHINESE = re.compile("[\u4e00-\u9fff]")

DELIVERED = ("models/vocabulary.py", "models/tables/", "warehouse/intake/", "pipelines/demo/")
"""What deliveries say, and an invented city in the words of an authority: data, not speech."""
DAGSTER = ("assets/", "pipelines/jobs.py")
"""Descriptions that Dagster's own pages show, English with the term of the authorities before it."""
BOTH = (
    "models/coding/",
    "models/disputes.py",
    "models/learning/",
    "models/lint/",
    "models/planning/demand/checklist.py",
    "models/planning/demand/waivers.py",
    "models/planning/draw/record.py",
    "warehouse/disputes/overrides.py",
    "warehouse/questions/plan.py",
)
"""Models and errors that still say what they mean in Chinese and English, instead of by a key."""


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_fills_the_same_blanks(language: str) -> None:
    assert faults(language) == []


def test_a_language_without_a_catalogue_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="languages: en, zh"):
        Words("tlh")


@pytest.mark.parametrize("codes", vocabulary.CODE_LISTS, ids=lambda codes: codes.name)
def test_a_chinese_label_is_one_that_deliveries_use(codes: vocabulary.CodeList) -> None:
    words = Words("zh")
    for key in codes.keys:
        assert words.label(codes, key) in codes.written[key]


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: codes.name)
def test_a_value_can_be_typed_by_its_key_and_by_its_label_in_any_language(codes: vocabulary.CodeList) -> None:
    known = spellings(codes)
    for language in languages():
        for key in codes.keys:
            assert known[Words(language).label(codes, key).lower()] == known[key] == key


def test_a_chinese_name_of_a_district_is_the_one_deliveries_use() -> None:
    words = Words("zh")
    assert {code: words.division(code) for code in vocabulary.JINAN_DIVISIONS} == {
        code: names[0] for code, names in vocabulary.JINAN_DIVISIONS.items()
    }


@pytest.mark.parametrize("folder", ["models", "warehouse", "desk", "assets", "pipelines"])
def test_chinese_stands_in_catalogues_and_in_what_is_delivered_only(folder: str) -> None:
    told = [
        f"{place}:{line}"
        for file in sorted((REPOSITORY / folder).rglob("*.py"))
        if not (place := file.relative_to(REPOSITORY).as_posix()).startswith((*DELIVERED, *DAGSTER, *BOTH))
        for line, text in _texts(file)
        if CHINESE.search(text)
    ]
    assert told == []


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Texts of a file that are not descriptions: line and text."""
    tree = ast.parse(file.read_text("utf-8"))
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.lineno, node.value
