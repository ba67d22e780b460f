"""Forms of days and times that a column is written in, where it cannot be read without being told.

A form is proposed where it reads every cell and no other does; what has two readings is a question, never a guess,
even where both give the same days so far.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from models.writing import narrow
from warehouse.intake.values.days import EPOCH_MS, EPOCH_S, MINGUO, NAMED_FORMS, moments, pattern_of

_DAYS = tuple(
    sign.join(parts)
    for sign in "/-."
    for parts in (
        ("%d", "%m", "%Y"),
        ("%m", "%d", "%Y"),
        ("%Y", "%m", "%d"),
        ("%d", "%m", "%y"),
        ("%m", "%d", "%y"),
        ("%y", "%m", "%d"),
    )
)
_TIMES = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %p %I:%M",
    " %p%I:%M",
    " %p %I:%M:%S",
    " %p%I:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
)
_OTHERS = ("%Y%m%d%H%M", "%y%m%d", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d-%b-%y", "%d %B %Y", "%B %d, %Y")
CANDIDATES = (MINGUO, EPOCH_S, EPOCH_MS, *(day + time for day in _DAYS for time in _TIMES), *_OTHERS)
_WRITTEN_FIRST = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d",
)
_EARLIEST, _LATEST, _EPOCHS_FROM = datetime(1950, 1, 1), datetime(2100, 1, 1), datetime(1990, 1, 1)
_FIRST_LOOK = 20


class Forms(NamedTuple):
    """``chosen``: the only form, or pair of forms, that reads all cells; ``rival``: two that both do."""

    chosen: tuple[str, ...] = ()
    rival: tuple[str, ...] = ()


def forms_of(cells: pl.Series) -> Forms:
    """The form of the filled cells of a column, of which some cannot be read without one."""
    text = cells.unique(maintain_order=True)
    left = text.filter(moments(text, []).is_null())
    if left.is_empty():
        return Forms()
    found = _that_read(left, CANDIDATES)
    if not found:
        return Forms()
    if len(found) > 1:
        return Forms(rival=tuple(found)[:2])
    form = next(iter(found))
    if _reads(text, form) is not None:
        return Forms((form,))
    rest = text.filter(_by_form(text, form).is_null())
    second = next(iter(_that_read(rest, _WRITTEN_FIRST)), None)
    if second is None or moments(text, [second, form]).null_count():
        return Forms()
    return Forms((second, form))


def _that_read(text: pl.Series, forms: Sequence[str]) -> dict[str, pl.Series]:
    return {form: read for form, read in _readings(text, forms) if read is not None}


def _readings(text: pl.Series, forms: Sequence[str]) -> Iterator[tuple[str, pl.Series | None]]:
    first = text.head(_FIRST_LOOK)
    like = [narrow(pl.Series([cell])).item() for cell in first]
    for form in forms:
        if form in NAMED_FORMS or _could_be(form, like):
            yield form, None if _reads(first, form) is None else _reads(text, form)


def _could_be(form: str, cells: Sequence[str]) -> bool:
    pattern = pattern_of(form)
    plain = (cell.replace("上午", "AM").replace("下午", "PM") for cell in cells)
    return all(re.search(pattern, cell) for cell in plain)


def _by_form(text: pl.Series, form: str) -> pl.Series:
    return moments(text, [form])


def _reads(text: pl.Series, form: str) -> pl.Series | None:
    """What a form makes of all cells; ``None`` where it cannot read one, or makes it a day nobody would write."""
    read = _by_form(text, form)
    earliest = _EPOCHS_FROM if form in (EPOCH_S, EPOCH_MS) else _EARLIEST
    if read.null_count() or not read.is_between(earliest, _LATEST).all():
        return None
    return read
