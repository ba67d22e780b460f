"""What an inspector types finds the check item and the law that are meant, in spite of errors."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from models.policy.check_items import load_catalogue
from models.statutes.grams import MOST_CHARACTERS
from warehouse.questions.statutes import statutes_on

DAY = date(2026, 7, 1)
FIRST = 5
"""Items among which the right one must be."""
LEAST_SHARE = 0.95
MOST_CPU_MS = 20

Asked = Mapping[str, tuple[str, ...]]


def asked(file: str) -> dict[str, Asked]:
    """Questions with the items that are right, as people say them (``said``) and with errors (``mistyped``)."""
    text = Path(__file__).with_name(f"{file}.yaml").read_text(encoding="utf-8")
    return {
        kind: {q: tuple(codes) for q, codes in told.items()} for kind, told in yaml.safe_load(text).items()
    }


def codes(question: str, *, most: int = FIRST, day: date = DAY) -> list[str]:
    return [item.code for item in statutes_on(day).ask(question, most=most).items]


def share(questions: Asked) -> float:
    found = [bool({*codes(question)} & {*right}) for question, right in questions.items()]
    return sum(found) / len(found)


@pytest.mark.parametrize(("file", "of_each"), [("asked", 100), ("held_out", 30)])
def test_of_a_hundred_questions_ninety_five_have_the_right_item_among_the_first_five(
    file: str, of_each: int
) -> None:
    told = asked(file)
    assert {kind: len(questions) for kind, questions in told.items()} == {
        "said": of_each,
        "mistyped": of_each,
    }
    known = {*load_catalogue().codes}
    for kind, questions in told.items():
        assert all({*right} <= known for right in questions.values())
        assert share(questions) >= LEAST_SHARE, kind


def test_the_questions_are_no_titles() -> None:
    titles = {item.title.zh for item in load_catalogue().on(DAY)}
    assert not titles & {
        question for file in ("asked", "held_out") for part in asked(file).values() for question in part
    }


def test_a_question_takes_no_more_than_its_share_of_a_core() -> None:
    questions = [question for part in asked("asked").values() for question in part]
    statutes_on(DAY).ask("灭火器", most=FIRST)
    began = time.process_time()
    for question in questions:
        codes(question)
    assert (time.process_time() - began) * 1000 / len(questions) <= MOST_CPU_MS
    longest = "".join(questions)[:MOST_CHARACTERS]
    began = time.process_time()
    codes(longest)
    assert (time.process_time() - began) * 1000 <= 5 * MOST_CPU_MS


@pytest.mark.parametrize(
    "question",
    [
        "灭火器压力不足",
        "不足压力灭火器",
        "灭火气压力不足",
        "蔑货启鸭历不族",
        "灭器压力不足",
        "miehuoqi yali",
        "mie huo qi",
        "extinguisher presure",
    ],
)
def test_the_same_is_found_by_characters_sounds_letters_and_with_one_missing(question: str) -> None:
    assert codes(question)[0] == "FIRE-01"


def test_what_people_call_otherwise_is_found_by_their_name_too() -> None:
    assert "天车" not in "".join(item.title.zh + item.look.zh for item in load_catalogue().on(DAY))
    assert "MACH-04" in codes("天车限位")


def test_a_code_or_a_place_of_a_law_that_is_named_brings_its_items_alone() -> None:
    assert codes("gen-13") == ["GEN-13"]
    assert codes("令第10号 13(1)") == ["GEN-14"]
    found = codes("安全生产法第四十一条", most=40)
    assert (
        found
        == [
            item.code
            for item in load_catalogue().on(DAY)
            if any(said.startswith("安全生产法 41") for said in item.cites)
        ]
        != []
    )


def test_a_law_is_found_by_its_name_number_and_short_name() -> None:
    for question in ("粉尘防爆安全规程", "GB 15577", "粉尘防报规程"):
        assert statutes_on(DAY).ask(question, most=FIRST).texts[0].name == "GB 15577-2018", question
    assert statutes_on(DAY).ask("危化法", most=FIRST).texts[0].name == "危险化学品安全法"


def test_what_is_asked_of_a_day_is_in_force_on_it() -> None:
    changed = max(item.valid_from for item in load_catalogue().on(DAY))
    assert statutes_on(changed) is not statutes_on(changed - timedelta(days=1))
    if changed < DAY:
        assert statutes_on(changed) is statutes_on(DAY), "nothing changed in between"
    before = date(1990, 1, 1)
    assert statutes_on(before).ask("灭火器", most=FIRST).items == ()


@pytest.mark.parametrize("question", ["", " ", "(((", "*", '"', "OR", "NEAR(", "的" * 1000, "\0", "title:"])
def test_nothing_that_is_typed_is_a_command(question: str) -> None:
    assert len(codes(question)) <= FIRST


def test_many_may_ask_at_once() -> None:
    questions = [*asked("held_out")["said"]] * 4
    alone = [codes(question) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        assert [*threads.map(codes, questions)] == alone
