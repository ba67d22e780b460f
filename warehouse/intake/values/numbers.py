"""Numbers, exactly: whole counts and amounts with what people write around them, and measures.

Decimals are reckoned as decimals, never as binary floats: 1.15万 is 11500.
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import polars as pl

from models.writing import replaced
from warehouse.intake.values.texts import remaining, text_of

_POWERS = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
YUAN_UNITS = {f"{power}元": times for power, times in _POWERS.items()}
"""What an amount of a delivery may be counted in, in yuan."""

_COUNTED = {
    "people": "人|名|位",
    "days": "天|日|个?工作日",
    "points": "分",
    "findings": "项|条|处|个|起|件",
    "hazards": "项|条|处|个|起|件",
    "processes": "项|种|个|套",
    "grade": "级",
}
"""Words that may stand behind a number of things, by the unit of the column."""

_YUAN_BEFORE = r"(?:人民币|RMB|CNY|[¥￥])?"
_YUAN_BEHIND = r"(?:(?P<yuan>元整?|圆整?|RMB|CNY|人民币)?)"
_DIGITS = (
    r"(?P<digits>[0-9]{1,3}(?:(?P<group>[,'])[0-9]{3})(?:(?P=group)[0-9]{3})*|[0-9]+)(?P<decimals>\.[0-9]+)?"
)
_MONEY = re.compile(
    rf"^{_YUAN_BEFORE} ?(?P<sign>[+-]?) ?{_YUAN_BEFORE}{_DIGITS} ?(?P<power>百万|千万|[百千万亿]?) ?{_YUAN_BEHIND}$",
    re.I,
)


class Reckoning(NamedTuple):
    """How a number becomes what the column counts: ``times`` and ``plus`` of the mapping, and its unit of money."""

    times: Decimal = Decimal(1)
    plus: Decimal = Decimal(0)
    unit: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether a number stays as it is."""
        return self == Reckoning()


def wholes(text: pl.Series, unit: str, reckoning: Reckoning) -> pl.Series:
    """Whole numbers; amounts in yuan may have fen and are rounded, halves away from nought."""
    if reckoning.is_plain:
        value = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        if unit == "yuan":
            value = value.zip_with(value.is_not_null(), _rounded(text))
    else:
        value = pl.Series(text.name, [None], dtype=pl.Int64).new_from_index(0, len(text))
    left = remaining(text, value)
    if left.is_empty():
        return value
    # What people write around numbers repeats itself: each spelling is read once.
    written = text.gather(left)
    spellings = written.unique()
    read = pl.Series([_whole(each, unit, reckoning) for each in spellings], dtype=pl.Int64)
    return replaced(value, left, written.replace_strict(spellings, read, return_dtype=pl.Int64))


def _rounded(text: pl.Series) -> pl.Series:
    """Whole yuan of plain amounts with fen: the first of them decides."""
    yuan = text.str.extract(r"^[+-]?([0-9]{1,15})\.[0-9]{1,2}$").cast(pl.Int64)
    rounded = yuan + (text.str.extract(r"\.([0-9])").cast(pl.Int64) >= 5).cast(pl.Int64)
    return (-rounded).zip_with(text.str.starts_with("-"), rounded)


def _whole(text: str, unit: str, reckoning: Reckoning) -> int | None:
    number = amount(text, reckoning.unit) if unit == "yuan" else count(text, unit)
    if number is None:
        return None
    number = number * reckoning.times + reckoning.plus
    if unit == "yuan":
        if number != number.quantize(Decimal("0.01")):
            return None
        number = number.quantize(Decimal(1), ROUND_HALF_UP)
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else None


def amount(text: str, unit: str | None = None) -> Decimal | None:
    """Yuan of an amount such as ￥1,200.50, 3万元 or 1.5亿; ``unit`` is that of numbers that carry none."""
    match = _MONEY.match(_plain(text))
    if match is None:
        return None
    power = match["power"]
    if power and not match["yuan"] and unit not in (None, "元"):
        return None  # 3万 in a column of 万元 is thirty thousand or three hundred million
    if not power and not match["yuan"] and unit is not None:
        return _decimal(match) * YUAN_UNITS[unit]
    return _decimal(match) * _POWERS[power]


def count(text: str, unit: str) -> Decimal | None:
    """A number of things, with or without the word for them: 120人, 1,200, 1.2万人."""
    word = _COUNTED.get(unit)
    behind = f"(?:{word})?" if word else ""
    match = re.match(rf"^(?P<sign>[+-]?){_DIGITS} ?(?P<power>[万亿]?) ?{behind}$", _plain(text))
    return None if match is None else _decimal(match) * _POWERS[match["power"]]


def _plain(text: str) -> str:
    """Half width, one kind of blank, of minus and of what is no blank but sets thousands apart."""
    grouped = re.sub(r"(?<=\d)[\u00A0\u2009\u202F\u2019](?=\d)", "'", text)
    return re.sub(r"\s", " ", unicodedata.normalize("NFKC", grouped)).replace("−", "-").strip()


def _decimal(match: re.Match[str]) -> Decimal:
    digits = re.sub("[,']", "", match["digits"])
    return Decimal(f"{match['sign']}{digits}{match['decimals'] or ''}")


def measures(cell: pl.Series) -> pl.Series:
    """Finite numbers of any size."""
    given = cell if cell.dtype.is_numeric() else text_of(cell)
    value = given.cast(pl.Float64, strict=False)
    left = remaining(given, value) if given.dtype == pl.String else None
    if left is not None and not left.is_empty():
        written = given.gather(left).str.normalize("NFKC").str.strip_suffix("度").str.strip_suffix("°")
        value = replaced(value, left, written.str.strip_chars().cast(pl.Float64, strict=False))
    return value.set(~value.is_finite(), None)
