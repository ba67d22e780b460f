"""统一社会信用代码 by the thousand: valid, distinct, and the same for the same serial numbers."""

from collections.abc import Iterable

from stdnum.cn import uscc

from models.credit_codes import ALPHABET, organisation_check

_SPACE = len(ALPHABET) ** 5
_STRIDE = 11_400_713
"""Prime to 31, so that serial numbers are scattered over the space without meeting twice."""


def credit_codes(divisions: Iterable[str], *, seed: int) -> list[str]:
    """One code per element of ``divisions``, numbered by position; the register authority is 91."""
    starts = (f"91{division}{_organisation(number, seed)}" for number, division in enumerate(divisions))
    return [start + uscc.calc_check_digit(start) for start in starts]


def spoiled(code: str) -> str:
    """The same code with a check character that is certainly wrong."""
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 7) % 31]


def _organisation(number: int, seed: int) -> str:
    """Starts with MA3, the range given to Shandong since 2015; ends with the check character of GB 11714."""
    left, part = (number * _STRIDE + seed * 7919) % _SPACE, ""
    for _ in range(5):
        left, place = divmod(left, len(ALPHABET))
        part = ALPHABET[place] + part
    part = f"MA3{part}"
    return part + organisation_check(part)
