"""Numbers of identity cards are known by their parts, and masked wherever they stand in a text."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from models.credit_codes import is_credit_code
from models.identity_cards import holds_identity_card, masked_identity_cards


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("11010519491231002X", True),  # example of GB 11643
        ("11010519491231002x", True),
        ("360426199101010071", True),
        ("110105491231002", True),  # of 15 digits
        ("11010519491331002X", False),  # thirteenth month
        ("110105194912310021", False),  # check
        ("990105194912310022", False),  # no province
        ("110105491331002", False),
        ("110105111231002", False),  # 1911: a case number of 2011
        ("370102202506010017", False),  # a case number: region, day, serial
        ("91370103MA3G8T2M25", False),
        ("1101051949123100", False),
        ("110105 19491231 002X", True),
        ("110105-19491231-002x", True),
        ("１１０１０５１９４９１２３１００２Ｘ", True),
        ("身份证：11010519491231002X", True),
        ("11010519491231002X9", False),
        ("", False),
    ],
)
def test_a_number_of_an_identity_card_has_a_province_a_birthday_and_a_check(text: str, is_one: bool):
    assert holds_identity_card(text) is is_one


people = st.builds(
    lambda county, day, serial: f"{county}{day:%Y%m%d}{serial:03d}",
    st.sampled_from(["370102", "370105", "110105", "371202"]),
    st.integers(0, 20_000).map(lambda days: date(1940, 1, 1) + timedelta(days=days)),
    st.integers(0, 999),
)


@given(people)
def test_every_person_is_known_and_none_is_an_enterprise(number: str):
    whole = number + ric.calc_check_digit(f"{number}0")
    assert holds_identity_card(whole)
    assert not is_credit_code(whole)
    masked = masked_identity_cards(f'{{"id": "{whole}", "text": "身份证{whole}。"}}')
    assert whole not in masked
    assert masked.count(f"{whole[:4]}************{whole[-2:]}") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("个体户 11010519491231002X", "个体户 1101************2X"),
        ("110105491231002;360426199101010071", "1101*********02;3604************71"),
        ("110105 19491231 002X", "1101************2X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "1101************2X"),
        ("91370103MA3G8T2M25", "91370103MA3G8T2M25"),
        ("A11010519491231002X", "A11010519491231002X"),  # part of a longer number
        ("1101************2X", "1101************2X"),
        ("", ""),
    ],
)
def test_cards_are_masked_and_all_else_stays(text: str, shown: str):
    assert masked_identity_cards(text) == shown
