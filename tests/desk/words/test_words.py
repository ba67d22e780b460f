"""Words: every language is complete, fills the blanks of the code, and nobody else speaks it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import desk.words.labels
from desk.words.catalogue import SOURCE, languages
from desk.words.words import Words, kept, spellings
from docs.words import faults, keywords
from models import vocabulary
from models.errors import ModelError, SettingsError
from models.messages import Label, Message, joined
from models.policy import Words as Text

REPOSITORY = Path(__file__).parents[3]
TRANSLATED = [language for language in languages() if language != SOURCE]
LABELS = [codes for codes in vars(desk.words.labels).values() if isinstance(codes, vocabulary.CodeList)]
WRITTEN = [
    codes for codes in vars(vocabulary).values() if isinstance(codes, vocabulary.CodeList) and codes.written
]
LISTS = [*vocabulary.CODE_LISTS, *LABELS]
CHINESE = re.compile("[\u4e00-\u9fff]")

DELIVERED = (
    "models/lint/references.py",
    "models/lint/rules.py",
    "models/tables/",
    "models/vocabulary.py",
    "pipelines/demo/",
    "warehouse/intake/",
)
"""What deliveries and packs may say, and an invented city in the words of an authority: data, not speech."""
DESCRIBED = ("assets/", "models/features/", "pipelines/jobs.py", "warehouse/schema/")
"""Descriptions of assets, columns and features, which Dagster's pages and the data dictionary show in English.

They may name the term of the authorities, so that it is found; they say nothing in Chinese.
"""
LONGEST_TERM = 10
"""Characters of the longest term a description may name."""


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_fills_the_same_blanks(language: str) -> None:
    assert faults(language) == []


def test_a_language_without_a_catalogue_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="languages: en, zh"):
        Words("tlh")


@pytest.mark.parametrize("codes", WRITTEN, ids=lambda codes: codes.name)
def test_a_chinese_label_is_one_that_deliveries_and_tables_use(codes: vocabulary.CodeList) -> None:
    words = Words("zh")
    for key in codes.keys:
        assert words.label(codes, key) in codes.written[key]


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: codes.name)
def test_a_value_can_be_typed_by_its_key_and_by_its_label_in_any_language(codes: vocabulary.CodeList) -> None:
    known = spellings(codes)
    for language in languages():
        for key in codes.keys:
            assert known[Words(language).label(codes, key).lower()] == known[key] == key


def test_a_message_is_said_with_the_messages_labels_and_texts_it_is_about() -> None:
    clears = Message(
        "{title} (clears: {clearing})", {"title": Text(zh="题", en="title"), "clearing": "2 > 1"}
    )
    hands = joined((clears, Message("random draw")), "{said}; {more}")
    told = ModelError("The gate refuses {card}: {why}", card=Label(vocabulary.SECTOR, "general"), why=hands)
    assert str(told) == Words("en").of(told) == "The gate refuses general: title (clears: 2 > 1); random draw"
    assert kept(hands) == {"zh": "题（解除：2 > 1）；随机抽取", "en": str(hands)}
    assert Words("zh").of(Label(vocabulary.SECTOR, "general")) == "一般"


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
        if not (place := file.relative_to(REPOSITORY).as_posix()).startswith(DELIVERED)
        for line, text in _texts(file)
        if CHINESE.search(text) and not (place.startswith(DESCRIBED) and _names_a_term(text))
    ]
    assert told == []


def _names_a_term(text: str) -> bool:
    """Whether a text is English and no more than names a term in Chinese."""
    terms = re.findall(f"{CHINESE.pattern}+", text)
    return max(map(len, terms)) <= LONGEST_TERM and len(text) > 2 * len("".join(terms))


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Texts of a file that are not descriptions: line and text."""
    tree = ast.parse(file.read_text("utf-8"))
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.lineno, node.value


def test_errors_are_raised_with_a_sentence_not_with_one_already_filled() -> None:
    kinds = {name for name in keywords() if name.endswith("Error")}
    filled = [
        f"{file.relative_to(REPOSITORY)}:{node.lineno}"
        for package in ("models", "warehouse", "desk", "assets", "pipelines")
        for file in sorted((REPOSITORY / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds and node.args
        if not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]
    assert filled == []
