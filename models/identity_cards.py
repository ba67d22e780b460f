"""Numbers of identity cards (居民身份证, GB 11643): known by their parts, and masked where they are shown."""

import re
import unicodedata
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
    r"(?<![0-9A-Za-z*])[1-8１-８]\d{5}(?:[ -]?(?:19|20|１９|２０)\d\d[01０１]\d[0-3０-３]\d[ -]?\d{3}[\dXxＸｘ]"
    r"|[ -]?\d\d[01０１]\d[0-3０-３]\d[ -]?\d{3})(?![0-9A-Za-z*])"
)


def holds_identity_card(text: str) -> bool:
    """Whether the number of a person stands in a text: a province, a day of birth and, of 18 characters, the check."""
    return any(_is_issued(match.group()) for match in _LIKE_ONE.finditer(text))


@lru_cache(maxsize=100_000)
def _is_issued(written: str) -> bool:
    number = _compact(written)
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
    return _LIKE_ONE.sub(lambda match: _masked(match.group()), text)


def _masked(written: str) -> str:
    number = _compact(written)
    return f"{number[:4]}{'*' * (len(number) - 6)}{number[-2:]}" if _is_issued(written) else written


def _compact(written: str) -> str:
    return re.sub("[ -]", "", unicodedata.normalize("NFKC", written)).upper()
