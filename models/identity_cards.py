"""Numbers of identity cards (居民身份证, GB 11643): known by their parts, and masked where they are shown."""

import re
from datetime import date
from functools import lru_cache

from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

_LATEST_BIRTH = date(2012, 12, 31)
"""Later days are those of case numbers made of region, day and serial; children run no enterprise."""
_EARLIEST_BIRTH_OF_15 = 1930
"""Cards of 15 digits tell the year by two, and ended in 1999."""
_LIKE_ONE = re.compile(
    r"(?<![0-9A-Za-z*])(?:[1-8]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dXxＸｘ]|[1-8]\d{7}[01]\d[0-3]\d{4})(?![0-9A-Za-z*])"
)


def is_identity_card(text: str) -> bool:
    """Whether a text is the number of a person: a province, a day of birth and, of 18 characters, the check."""
    if _LIKE_ONE.fullmatch(text) is None:
        return False
    return _is_issued(text.upper().replace("Ｘ", "X"))


@lru_cache(maxsize=100_000)
def _is_issued(number: str) -> bool:
    full = number if len(number) == 18 else f"{number[:6]}19{number[6:]}0"
    # stdnum also asks whether the county had its code in the year of birth; cards carry that of their first issue.
    (_, place), *_ = numdb.get("cn/loc").info(number[:6])
    try:
        birth = ric.get_birth_date(full)
    except ValidationError:
        return False
    if not place or birth > _LATEST_BIRTH:
        return False
    if len(number) == 15:
        return birth.year >= _EARLIEST_BIRTH_OF_15
    return ric.calc_check_digit(number) == number[-1]


def masked_identity_cards(text: str) -> str:
    """The text with each number of an identity card in it masked but for its first four and last two characters."""
    return _LIKE_ONE.sub(
        lambda match: _masked(match.group()) if is_identity_card(match.group()) else match.group(), text
    )


def _masked(number: str) -> str:
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}"
