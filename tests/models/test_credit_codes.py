"""Credit codes: both check characters, an authority and kind that exist, and one spelling."""

import pytest
from stdnum.cn import uscc

from models.credit_codes import KINDS, is_credit_code, organisation_check


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("91110000600037341L", True),
        ("12100000400002259P", True),
        ("91110000600037342L", False),  # one digit wrong
        ("91110000600037341M", False),  # check digit wrong
        ("9111000060003734L1", False),  # two exchanged
        ("91110000600037341", False),
        ("91110000600037341L1", False),
        ("9111000060003734IL", False),  # I, O, S, V and Z are not used
        ("９１１１００００６０００３７３４１Ｌ", False),
        ("000000000000000000", False),  # passes the last check
        ("", False),
        ("某某公司", False),
    ],
)
def test_a_credit_code_carries_its_check_characters(text: str, valid: bool):
    assert is_credit_code(text) is valid


@pytest.mark.parametrize(
    "text", ["91110000600037341l", "91110000 6000373 41L", "91110000-600037341-L", "91110000600037341L\n"]
)
def test_a_second_way_to_write_a_credit_code_is_not_an_id(text: str):
    assert not is_credit_code(text)


def _code(start: str, body: str, organisation: str | None = None) -> str:
    sixteen = f"{start}{body}{organisation or organisation_check(body)}"
    return sixteen + uscc.calc_check_digit(sixteen)


def test_the_organisation_code_within_has_a_check_of_its_own():
    assert organisation_check("60003734") == "1"
    assert organisation_check("D2143569") == "X"  # example of GB 11714
    assert is_credit_code(_code("91370102", "60003734"))
    assert not is_credit_code(_code("91370102", "60003734", "2"))


def test_authority_and_kind_are_those_of_the_standard():
    body = "60003734"
    known = {authority + kind for authority, kinds in KINDS.items() for kind in kinds}
    for authority in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        for kind in "0123456789":
            code = _code(f"{authority}{kind}370102", body)
            assert is_credit_code(code) is (authority + kind in known), code
    assert not is_credit_code(_code("91070102", body))  # no province begins with 0
