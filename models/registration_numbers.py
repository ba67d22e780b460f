"""工商注册号: fifteen digits, of which the last checks the others.

Source: GS 15-2006 (six digits of the authority, eight of the serial, one check digit by ISO 7064 MOD 11,10).
Numbers of thirteen digits, given before, check nothing.
"""

import re

from stdnum.iso7064 import mod_11_10

_FORM = re.compile(r"[0-9]{15}")


def is_miswritten(number: str) -> bool:
    """Whether a number has the form of a registration number and a check digit that is not its own."""
    return _FORM.fullmatch(number) is not None and not mod_11_10.is_valid(number)
