"""Days and moments: what is read without being told, and the forms a mapping names.

Without ``format`` only forms with one reading are taken: the year comes first and has four digits (GB/T 7408, with
its basic form), or the cell is Excel's number of a day.  Moments with a zone are told in local time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl

from models.writing import narrow, replaced
from warehouse.intake.values.texts import remaining, text_of

MOMENT = pl.Datetime("us")
MINGUO, EPOCH_S, EPOCH_MS = "minguo", "epoch_s", "epoch_ms"
NAMED_FORMS = (MINGUO, EPOCH_S, EPOCH_MS)
"""Forms that have a name because no pattern tells them: years of the Republic, seconds and milliseconds since 1970."""

DIRECTIVES = {
    "Y": r"[0-9]{4}",
    "y": r"[0-9]{2}",
    "m": r"[0-9]{1,2}",
    "d": r"[0-9]{1,2}",
    "b": r"[A-Za-z]{3,4}",
    "B": r"[A-Za-z]{3,9}",
    "H": r"[0-9]{1,2}",
    "I": r"[0-9]{1,2}",
    "M": r"[0-9]{1,2}",
    "S": r"[0-9]{1,2}",
    "f": r"[0-9]{1,9}",
    "p": r"(?i:am|pm)",
}
"""What each directive of a form may match; where digits follow digits, numbers of days and months have two."""
_LETTERS = "bBp"
"""Directives that are no digits, which a number may touch."""

_USUAL = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
    *("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y年%m月%d日", "%Y年%m月%d日 %H:%M", "%Y-%m-%dT%H:%M:%S%.f%#z"),
)
"""Forms that are tried as a whole, which is fast; what is in none of them is taken apart with the same result."""
_SAMPLE = 1000
_EAST = timedelta(hours=8)
_EXCEL_ZERO = datetime(1899, 12, 30)
_AMBIGUOUS = r"^[0-9]{1,2}\s*[-/.]\s*[0-9]{1,2}\s*[-/.]\s*(?:[0-9]{4}|[0-9]{2})(?:\D|$)"
_TO_ISO = (
    (r"\s*([年月时時分])\s*", "$1"),
    (r"^(-?[0-9]{4})年([0-9]{1,2})月([0-9]{1,2})(?:\s*[日号號]\s*|(\s)|$)", "$1-$2-$3 "),
    (r"^(-?[0-9]{4})/([0-9]{1,2})/([0-9]{1,2})\b", "$1-$2-$3"),
    (r"^(-?[0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})\b", "$1-$2-$3"),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})?$", "$1-$2-$3 $4:$5:$6.${7}0"),
    (r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:$|([T ]))", "$1-$2-$3$4"),
    (r"([T ])([0-9]{2})([0-9]{2})([0-9]{2})([Z+\-]|$)", "$1$2:$3:$4$5"),
    (r"([T ])([0-9]{2})([0-9]{2})([Z+\-]|$)", "$1$2:$3$4"),
    (r"[时時]([0-9]{1,2})分([0-9]{1,2})秒$", ":$1:$2"),
    (r"[时時]([0-9]{1,2})分?$", ":$1"),
    (r"上午|(?i:AM)", "A"),
    (r"下午|(?i:PM)", "P"),
)
_PARTS = (
    r"^(?<day>-?[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    r"(?:[T ]\s*(?<before>[AP])?\s*(?<hour>[0-9]{1,2}):(?<minute>[0-9]{1,2})"
    r"(?::(?<second>[0-9]{1,2}(?:\.[0-9]{1,9})?))?\s*(?<after>[AP])?\s*(?:(?<greenwich>Z)|(?<sign>[+-])(?<east>[0-9]{2}):?(?<past>[0-9]{2})?)?)?$"
)


def moments(cell: pl.Series, forms: list[str]) -> pl.Series:
    """Local moments (a day alone is its midnight); empty where a cell cannot be read, or in two ways."""
    if cell.dtype == pl.Date or cell.dtype == pl.Datetime:
        return cell.cast(MOMENT)
    text = text_of(cell)
    return _by_forms(text, forms) if forms else _untold(text)


def ambiguous(cell: pl.Series, forms: list[str]) -> pl.Series:
    """Whether an unread cell is a day that could be read in two ways."""
    text = narrow(text_of(cell))
    if not forms:
        return text.str.contains(_AMBIGUOUS)
    read = pl.DataFrame([_by_form(text, form).alias(str(at)) for at, form in enumerate(forms)])
    return read.select(pl.min_horizontal(pl.all()) != pl.max_horizontal(pl.all())).to_series()


def _untold(text: pl.Series) -> pl.Series:
    value = pl.Series(text.name, [None], dtype=MOMENT).new_from_index(0, len(text))
    for form in _USUAL:
        left = remaining(text, value)
        if left.is_empty():
            return value
        if not _strptime(text.gather(left.head(_SAMPLE)), form).is_null().all():
            value = replaced(value, left, _four_digit_years(_strptime(text.gather(left), form)))
    left = remaining(text, value)
    return value if left.is_empty() else replaced(value, left, _taken_apart(text.gather(left)))


def _four_digit_years(value: pl.Series) -> pl.Series:
    """Without years that were written with fewer digits."""
    return value.set(~value.dt.year().is_between(1000, 9999), None)


def _strptime(text: pl.Series, form: str) -> pl.Series:
    if not {"H", "I"} & set(_directives(form)):
        return text.str.to_date(form, strict=False).cast(MOMENT)
    read = text.str.to_datetime(form, strict=False, time_unit="us")
    return read.dt.replace_time_zone(None) + _EAST if form.endswith("z") else read


def _taken_apart(text: pl.Series) -> pl.Series:
    """Moments written in a rarer form, from their parts."""
    iso = pl.col("text").str.normalize("NFKC").str.strip_chars()
    for pattern, form in _TO_ISO:
        iso = iso.str.replace_all(pattern, form)
    return (
        pl.DataFrame({"text": text})
        .select(text="text", part=iso.str.strip_chars().str.extract_groups(_PARTS))
        .unnest("part")
        .select(pl.coalesce(_assembled(), _excel_moment(pl.col("text"))))
        .to_series()
        .alias(text.name)
    )


def _assembled() -> pl.Expr:
    hour, half = pl.col("hour").cast(pl.Int64), pl.coalesce("before", "after")
    of_day = (
        pl.when(half.is_null())
        .then(hour)
        .when(half == "P")
        .then(pl.when(hour < 12).then(hour + 12).otherwise(hour))
        # 下午15:05 says one thing twice; 上午15:05 contradicts itself.
        .when(hour <= 12)
        .then(hour % 12)
    )
    clock = pl.format(
        "{} {}:{}:{}",
        "day",
        pl.when(pl.col("hour").is_null()).then(0).otherwise(of_day),
        pl.col("minute").fill_null("0"),
        pl.col("second").fill_null("0"),
    )
    local = clock.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    minutes = pl.col("east").cast(pl.Int64) * 60 + pl.col("past").fill_null("0").cast(pl.Int64)
    offset = (
        pl.when(pl.col("greenwich").is_not_null())
        .then(0)
        .when(minutes <= 14 * 60)
        .then(pl.when(pl.col("sign") == "-").then(-minutes).otherwise(minutes))
    )
    zoned = local + pl.duration(minutes=8 * 60 - offset)
    return pl.when(pl.col("greenwich").is_null() & pl.col("sign").is_null()).then(local).otherwise(zoned)


def _excel_moment(text: pl.Expr) -> pl.Expr:
    """Excel counts days from the last but one of 1899; a number with other than five digits is no day."""
    serial = pl.when(text.str.contains(r"^[0-9]{5}(\.[0-9]+)?$")).then(text.cast(pl.Float64, strict=False))
    seconds = (serial * 86_400).round().cast(pl.Int64, strict=False)
    return pl.when(serial.is_between(10_000, 80_000)).then(pl.lit(_EXCEL_ZERO) + pl.duration(seconds=seconds))


# ---- forms that a mapping names ------------------------------------------------------------------------


def _by_forms(text: pl.Series, forms: Iterable[str]) -> pl.Series:
    """What the forms agree on: a cell that two of them read differently is left unread."""
    read = pl.DataFrame([_by_form(text, form).alias(str(at)) for at, form in enumerate(forms)])
    first, last = pl.min_horizontal(pl.all()), pl.max_horizontal(pl.all())
    return read.select(pl.when(first == last).then(first)).to_series().alias(text.name)


def _by_form(text: pl.Series, form: str) -> pl.Series:
    if form == MINGUO:
        return _minguo(text)
    if form in (EPOCH_S, EPOCH_MS):
        return _since_1970(text, 1 if form == EPOCH_S else 1000)
    plain = narrow(text)
    if "p" in _directives(form):
        plain = plain.str.replace("上午", "AM", literal=True).str.replace("下午", "PM", literal=True)
    fits = plain.str.contains(pattern_of(form))
    # Polars counts %f as nanoseconds; a form means what stands behind the point.
    return _strptime(plain.set(~fits, None), form.replace(".%f", "%.f"))


def _directives(form: str) -> list[str]:
    return [part[:1] for part in form.replace("%.f", "").split("%")[1:]]


def pattern_of(form: str) -> str:
    """The regular expression of the texts a form reads.  Raises ValueError for a form that tells no whole day."""
    pattern, parts = "", form.split("%")
    used = [part[:1] for part in parts[1:]]
    for at, part in enumerate(parts[1:]):
        if part[:1] not in DIRECTIVES:
            raise ValueError(f"%{part[:1]} is no directive of a day; known: {', '.join(DIRECTIVES)}")
        before, behind = parts[at] if at else "", "".join(used[at + 1 : at + 2]) if len(part) == 1 else ""
        touches = (len(before) == 1 and before not in _LETTERS) or (behind != "" and behind not in _LETTERS)
        digits = DIRECTIVES[part[0]]
        pattern += (r"[0-9]{2}" if touches and digits == r"[0-9]{1,2}" else digits) + _escaped(part[1:])
    wanted = [{"Y", "y"}, {"m", "b", "B"}, {"d"}]
    if any(not group & set(used) for group in wanted) or len(set(used)) != len(used):
        raise ValueError("a form tells year, month and day once, such as %d/%m/%Y")
    if {"H", "I", "M", "S", "f", "p"} & set(used) and not ({"H", "I"} & set(used) and "M" in used):
        raise ValueError("a form with a time tells hours and minutes, such as %Y-%m-%d %H:%M")
    if ("I" in used) != ("p" in used) or {"H", "I"} <= set(used):
        raise ValueError("%I goes with %p, %H without")
    return f"^{_escaped(parts[0])}{pattern}$"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$#&-~/" and char != "/" else char for char in text)


def _minguo(text: pl.Series) -> pl.Series:
    """Days in years of the Republic: 114/06/01, 民國114年6月1日, 1140601, with or without a time."""
    western = narrow(text).str.replace_all(r"\s+([年月日])", "$1").str.replace_all(r"([年月])\s+", "$1")
    for pattern in (
        r"^(?:(?:中[華华])?民[國国])?\s*([0-9]{1,3})[年]([0-9]{1,2})月([0-9]{1,2})日?",
        r"^(?:(?:中[華华])?民[國国])?\s*([0-9]{1,3})/([0-9]{1,2})/([0-9]{1,2})\b",
        r"^(?:(?:中[華华])?民[國国])?\s*([0-9]{1,3})-([0-9]{1,2})-([0-9]{1,2})\b",
        r"^(?:(?:中[華华])?民[國国])?\s*([0-9]{1,3})\.([0-9]{1,2})\.([0-9]{1,2})\b",
        r"^(?:(?:中[華华])?民[國国])?\s*([0-9]{2,3})([0-9]{2})([0-9]{2})\b",
    ):
        western = western.str.replace(pattern, "@$1/$2/$3")
    parts = pl.DataFrame({"text": western}).select(
        year=pl.col("text").str.extract(r"^@([0-9]+)/").cast(pl.Int64) + 1911,
        rest=pl.col("text").str.extract(r"^@[0-9]+(/.*)$"),
    )
    return _untold(parts.select(pl.format("{}{}", "year", "rest")).to_series().alias(text.name))


def _since_1970(text: pl.Series, per_second: int) -> pl.Series:
    """Local moments of counts since 1970; nought is what a program writes that knows no day."""
    count = text.str.replace(r"\.[0-9]+$", "").cast(pl.Int64, strict=False)
    inside = (count != 0) & (count.abs() <= 100_000_000_000 * per_second)
    micro = count.set(~inside, None) * (1_000_000 // per_second)
    return micro.cast(MOMENT) + _EAST
