"""What a question is cut into: pairs, characters and sounds; names of one thing; places of laws."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.law import legal_texts, read_citation
from models.policy.check_items import load_catalogue
from models.statutes import also_said, asked_grams, grams, place_named
from models.statutes.said import names
from models.statutes.sounds import merged, sound, syllable, syllables_of
from tests.worlds.effort import tries


@pytest.mark.parametrize(
    ("character", "said"),
    [("啊", "a"), ("火", "huo"), ("器", "qi"), ("气", "qi"), ("吕", "lv"), ("座", "zuo"), ("压", "ya")],
)
def test_a_character_has_its_syllable(character: str, said: str) -> None:
    assert syllable(character) == said


def test_a_character_outside_of_the_everyday_ones_has_no_sound_and_is_compared_as_it_is_written() -> None:
    # The first of those that stand in the order of their strokes, one of GBK alone, none at all.
    for character in ("亍", "煖", "a", "。", "😀"):
        assert syllable(character) is None and sound(character) == character


def test_sounds_that_are_often_mistaken_are_one() -> None:
    assert [merged(one) for one in ("zhang", "chen", "cheng", "shi", "si", "nin", "ling")] == [
        *("zan", "cen", "cen", "si", "si", "lin", "lin")
    ]


def test_letters_are_syllables_only_where_nothing_is_left() -> None:
    assert [*syllables_of("miehuoqi")] == ["mie", "huo", "qi"]
    assert [*syllables_of("xian")] == ["xian"], "the longest ones"
    assert [*syllables_of("pressure")] == []


def test_a_homophone_shares_its_pair_of_sounds_with_what_was_meant() -> None:
    assert {*grams("灭火气")} & {*grams("灭火器")} == {"灭", "火", "灭火", "mie0huo", "huo0qi"}
    assert {"mie0huo", "huo0qi"} <= {*asked_grams("miehuoqi")} & {*grams("灭火器")}


def test_syllables_are_pairs_across_blanks_and_not_across_another_word() -> None:
    assert "huo0qi" in asked_grams("mie huo qi")
    assert "huo0qi" not in asked_grams("mie huo DCS qi")


def test_words_of_letters_share_three_letters_in_spite_of_an_error() -> None:
    assert {*grams("presure")} & {*grams("Pressure")} == {"3pre", "3res", "3sur", "3ure"}
    assert grams("UPS") == ["ups"], "a short one is found as it is"


@settings(max_examples=tries(200))
@given(st.text(max_size=300))
def test_whatever_is_typed_becomes_words_of_letters_digits_and_characters_each_once(text: str) -> None:
    found = asked_grams(text)
    assert len({*found}) == len(found)
    assert all(one.isalnum() for one in found)


def test_other_names_are_of_things_that_the_catalogue_or_the_field_names_and_each_stands_once_in_its_group() -> (
    None
):
    texts = " ".join(entry.title.zh + entry.look.zh for _, entry in load_catalogue().entries)
    for group in names():
        assert len({*group}) == len(group)
        assert any(one in texts for one in group), group
    assert {"天车", "行车"} <= {*also_said("起重机械限位、制动失效").split()}


@pytest.mark.parametrize(
    ("question", "text", "clause"),
    [
        ("令第10号 13(1)", "令第10号", "13(1)"),
        ("令第10号13（1）", "令第10号", "13(1)"),
        ("安全生产法第四十一条第二款", "安全生产法", "41"),
        ("安全生产法第一百零四条", "安全生产法", "104"),
        ("安全生产法 第10条", "安全生产法", "10"),
        ("危化法41条", "危险化学品安全法", "41"),
        ("中华人民共和国消防法（2021年修正） 28", "消防法", "28"),
        ("安监总管三〔2017〕121号 chemicals 4", "安监总管三〔2017〕121号", "chemicals 4"),
        ("消防法", "消防法", ""),
    ],
)
def test_a_place_is_named_as_people_write_it(question: str, text: str, clause: str) -> None:
    place = place_named(question)
    assert place is not None and (place.text.name, place.clause) == (text, clause)


def test_a_law_beside_other_words_names_no_place() -> None:
    assert place_named("安全生产法 三级教育") is None
    assert place_named("灭火器过期") is None


def test_every_citation_of_the_catalogue_is_a_place_that_it_is_cited_by() -> None:
    for item in load_catalogue().on(date(2026, 7, 1)):
        for said in item.cites:
            place = place_named(said)
            clause = read_citation(said).clause
            if place is not None and ", " not in clause and "–" not in clause:
                assert place.is_cited_by(item.cites), said


def test_article_four_is_not_forty_one() -> None:
    place = place_named("安全生产法 4")
    assert place is not None
    assert place.is_cited_by(["安全生产法 4(2)"]) and place.is_cited_by(["安全生产法 3, 4"])
    assert not place.is_cited_by(["安全生产法 41(2)"]) and not place.is_cited_by(["消防法 4"])
    assert legal_texts()["安全生产法"] == place.text
