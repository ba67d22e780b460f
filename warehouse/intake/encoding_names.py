"""Names of encodings that a mapping may say: of texts that are read line by line."""

import codecs
from difflib import get_close_matches
from encodings.aliases import aliases

_PLAIN = "xn--fiqs8s.A,-\\u4e00\n"
"""What encodings of deliveries write as ASCII does; those of domain names, escapes and mainframes do not."""
_USUAL = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5")


def is_encoding(name: str) -> bool:
    """Whether files can be read in what is called so."""
    try:
        codecs.lookup(name)
        return name.lower().startswith("utf-16") or _PLAIN.encode("ascii").decode(name) == _PLAIN
    # Not only LookupError: compressed bytes and the like have their own.
    except Exception:
        return False


def nearest_encoding(name: str) -> str | None:
    """The known name most like another."""
    known = [*_USUAL, *sorted(name for name in {*aliases, *aliases.values()} if is_encoding(name))]
    near = get_close_matches(name.lower(), known, n=1)
    return near[0] if near else None
