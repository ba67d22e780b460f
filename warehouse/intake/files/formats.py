"""Number formats of workbooks: what a person sees where it is not the number that is stored.

A format has up to four sections, for positive, negative and zero numbers and for texts, or for what a condition names.
Source: ECMA-376, part 1, 18.8.30 and 18.8.31.
"""

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

GENERAL = "General"
BUILT_IN = {"9": "0%", "10": "0.00%"}
"""Formats without a code of their own, by their number, that show another number than the one stored."""
_DAYS = frozenset("ymdhsYMDHSeEgG")
_TOKENS = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<general>General)'
    r"|(?P<power>[eE][+-])|(?P<half>AM/PM|A/P|上午/下午)|(?P<char>.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)$")
_BLANKS = r"[\s\u3000]"


@dataclass
class Section:
    """One section: the texts before and behind the digits, and how these are written."""

    before: str = ""
    behind: str = ""
    digits: str = ""
    is_general: bool = False
    is_day: bool = False
    is_percent: bool = False
    is_rare: bool = False
    condition: tuple[str, Decimal] | None = None

    @property
    def has_digits(self) -> bool:
        """Whether it shows the number at all."""
        return self.is_general or bool(re.search("[0#?]", self.digits))

    @property
    def least(self) -> int:
        """Digits before the point that are shown at least."""
        return self.digits.partition(".")[0].count("0")

    @property
    def is_scaled(self) -> bool:
        """Whether commas behind the digits divide by thousands."""
        return re.search(r"[0#?],+(?:\.|$)", self.digits) is not None

    @property
    def literal(self) -> str:
        """What is shown beside the digits, without blanks."""
        return re.sub(_BLANKS, "", self.before + self.behind)

    @property
    def is_plain(self) -> bool:
        """Whether what is shown is the number as it is stored, but for a sign or a word that changes nothing."""
        if self.is_day:
            return True
        changes = re.search(r"[\d零〇一二三四五六七八九十百千万亿]", self.literal)
        return self.has_digits and not (
            changes or self.is_percent or self.is_scaled or self.condition or self.least > 1
        )


@dataclass
class Format:
    """A number format, taken apart."""

    sections: list[Section] = field(default_factory=list[Section])

    @property
    def is_plain(self) -> bool:
        """Whether every number is shown as it is stored; a zero may be hidden or be a dash."""
        shown = self.sections[:3]
        of_zero = len(shown) == 3 and shown[2].literal in ("", "-", "–", "—") and not shown[2].condition
        return all(one.is_plain for one in (shown[:2] if of_zero else shown)) and not self._hides_sign

    @property
    def _hides_sign(self) -> bool:
        negative = self.sections[1:2]
        return any(not one.is_day and not re.search(r"[-(（−]", one.literal) for one in negative)

    def seen(self, stored: str) -> str | None:
        """What a person sees of a stored number; ``None`` where that is nothing, or cannot be told."""
        try:
            number = Decimal(stored)
        except InvalidOperation:
            return None
        section, is_signed = self._section(number)
        if section is None or section.is_day:
            return stored
        if not section.has_digits:
            zero = number == 0 and section.literal in ("", "-", "–", "—")
            return stored if zero else section.literal or None
        if section.is_percent or section.is_scaled or section.is_rare:
            return None
        return _written(number if is_signed else abs(number), section)

    def _section(self, number: Decimal) -> tuple[Section | None, bool]:
        """The section that shows a number, and whether the sign is shown beside what the section says."""
        shown = self.sections[:3]
        if any(one.condition for one in shown):
            for one in shown:
                if one.condition is None or _holds(number, *one.condition):
                    return one, True
            return None, True
        if number < 0 and len(shown) > 1:
            return shown[1], False
        if number == 0 and len(shown) > 2:
            return shown[2], True
        return shown[0] if shown else None, True


def _holds(number: Decimal, sign: str, limit: Decimal) -> bool:
    return {
        "=": number == limit,
        "<>": number != limit,
        "<": number < limit,
        ">": number > limit,
        "<=": number <= limit,
        ">=": number >= limit,
    }[sign]


def _written(number: Decimal, section: Section) -> str:
    """The number between the texts of its section, without signs between thousands."""
    text = format(number.normalize(), "f")
    if not section.is_general:
        decimals = len(re.sub("[^0#?]", "", section.digits.partition(".")[2]))
        rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        whole, _, rest = format(abs(rounded), "f").partition(".")
        rest = rest.rstrip("0")
        text = ("-" if rounded < 0 else "") + whole.zfill(section.least) + (f".{rest}" if rest else "")
    return f"{section.before.strip()}{text}{section.behind.strip()}"


@cache
def format_of(code: str) -> Format:
    """Take a format code apart."""
    found, section = Format(), Section()
    for token in _TOKENS.finditer(code):
        if token["char"] == ";":
            found.sections.append(section)
            section = Section()
        else:
            _read(token, section)
    found.sections.append(section)
    return found


def _read(token: re.Match[str], section: Section) -> None:
    text = token["quoted"] or token["escaped"] or ""
    if token["bracket"] is not None:
        text = _bracket(token["bracket"], section)
    elif token["general"]:
        section.is_general = True
    elif token["half"]:
        section.is_day = True
    elif token["power"]:
        section.digits += token["power"]
    elif (char := token["char"]) is not None:
        if char in "0#?.,":
            section.digits += char
        elif char == "%":
            section.is_percent = True
        elif char in _DAYS:
            section.is_day = True
        elif char == "/":
            section.digits += char
        elif char == "@":
            section.is_general = True
        else:
            text = char
    if re.search(r"[eE/]", section.digits):
        section.is_rare = True
    if section.has_digits:
        section.behind += text
    else:
        section.before += text


def _bracket(said: str, section: Section) -> str:
    """A condition, the sign of a currency, elapsed time, or a colour and a language, which change nothing."""
    if condition := _CONDITION.match(said):
        section.condition = (condition[1], Decimal(condition[2]))
    elif said.lower().strip("hms") == "" and said:
        section.is_day = True
    elif said.startswith("$"):
        return said[1:].partition("-")[0]
    return ""
