"""统一社会信用代码: what makes eighteen characters a credit code.

Sources: GB 32100-2015 with its first amendment (authorities and kinds, check character 18), GB 11714-1997
(check character 17, that of the organisation code in characters 9 to 17).
"""

import re

from stdnum.cn import uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of GB 32100-2015 in the order of their values; I, O, S, V and Z are not used."""

KINDS = {
    "1": "1239",  # 机构编制: state organ, public institution, mass organisation, other
    "2": "19",  # 外交
    "3": "123459",  # 司法行政
    "4": "19",  # 文化
    "5": "1239",  # 民政: association, private non-enterprise unit, foundation, other
    "6": "129",  # 旅游
    "7": "129",  # 宗教
    "8": "19",  # 工会
    "9": "123",  # 工商: enterprise, individual business, farmers' cooperative
    "A": "19",  # 中央军委改革和编制办公室
    "N": "1239",  # 农业
    "Y": "1",  # 其他
}
"""Kinds that each registration authority gives, characters 2 and 1 of a code."""

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# The region is checked for its form only: codes keep that of a division that has been renamed since.
_FORM = re.compile(rf"[{ALPHABET}][1-9][1-9][0-9]{{5}}[{ALPHABET}]{{8}}[0-9X][{ALPHABET}]")


def is_credit_code(text: str) -> bool:
    """Whether a text is a credit code in its one spelling: without blanks, in capitals, both check characters right."""
    return (
        _FORM.fullmatch(text) is not None
        and text[1] in KINDS.get(text[0], "")
        and organisation_check(text[8:16]) == text[16]
        and uscc.calc_check_digit(text[:17]) == text[17]
    )


def organisation_check(body: str) -> str:
    """Check character of the eight characters of an organisation code."""
    total = sum(weight * int(glyph, 36) for weight, glyph in zip(_ORGANISATION_WEIGHTS, body, strict=True))
    return "0123456789X"[-total % 11]
