"""Working days of the Chinese calendar, make-up days (调休) included.

The decree (全国年节及纪念日放假办法) fixes the days off of every year; the State Council's notice of a year says only
what is moved for them.  ``holidays`` reckons the former and knows the notices; one that it does not know yet can be
written into ``notices.yaml``.  Without a notice the days of the decree are off for sure; the working days off for
those on a weekend (补假, art. 6), and every other day, are provisional.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from holidays.countries.china import China, ChinaStaticHolidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.documents import UniqueKeys, in_one_line
from models.errors import PolicyError

NOTICES = Path(__file__).parent / "notices.yaml"
_LIBRARY = frozenset(ChinaStaticHolidays.special_public_holidays)
"""Years whose notice the library knows."""


@dataclass(frozen=True)
class _Year:
    """Days off, those of them that the decree fixes, days of weekends on which people work, whether all is known."""

    off: frozenset[date]
    fixed: frozenset[date]
    works: frozenset[date]
    is_announced: bool


@cache
def is_working_day(day: date) -> tuple[bool, bool]:
    """Whether people work on a day, and whether that is only provisional (the notice of its year is not known)."""
    year = _year(day.year)
    if day in year.off:
        return False, not year.is_announced and day not in year.fixed
    return day.weekday() < 5 or day in year.works, not year.is_announced


def last_announced() -> date:
    """The last day of the last year whose notice is known."""
    return date(max([*_LIBRARY, *_notices()]), 12, 31)


def edition() -> str:
    """What the days off are known by: the version of ``holidays``, and a hash of the notices written beside it."""
    written = sorted((year, sorted(one.off), sorted(one.works)) for year, one in _notices().items())
    notices = f"+{sha256(repr(written).encode()).hexdigest()[:12]}" if written else ""
    return f"{version('holidays')}{notices}"


@cache
def _year(year: int) -> _Year:
    fixed = frozenset(China(years=year, observed=False)) if year >= China.start_year else frozenset[date]()
    notices = _notices()
    told = China(years=year)
    off, works, is_announced = frozenset(told), frozenset(told.weekend_workdays), year in _LIBRARY
    if (notice := notices.get(year)) is not None:
        off, works, is_announced = fixed | notice.off, notice.works, True
    # A notice may move days of the December before.
    if (following := notices.get(year + 1)) is not None:
        freed, moved = (
            frozenset(day for day in days if day.year == year) for days in (following.off, following.works)
        )
        off, works = (off | freed) - moved, (works | moved) - freed
    return _Year(off, fixed, works, is_announced=is_announced)


@dataclass(frozen=True)
class _Notice:
    off: frozenset[date]
    works: frozenset[date]


class _Told(BaseModel):
    """A notice as it is written: days as days, nothing left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)

    reference: str = Field(min_length=1)
    days_off: list[date]
    days_worked: list[date]


@cache
def _notices() -> Mapping[int, _Notice]:
    return read_notices(NOTICES.read_bytes())


def read_notices(text: str | bytes) -> dict[int, _Notice]:
    """Notices by year, from YAML.

    Raises PolicyError for what is no YAML in UTF-8, and where a notice lacks something or a day cannot be meant.
    """
    try:
        document = yaml.load(text.decode() if isinstance(text, bytes) else text, Loader=UniqueKeys)
        notices = dict[Any, Any]() if document is None else {**document}
    # A day like 2027-13-01 is a ValueError of the YAML reader's own.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise PolicyError(
            "{file} is no list of notices by year ({error}). Correct it.",
            file=NOTICES.name,
            error=in_one_line(error),
        ) from error
    return {year: _notice(year, told) for year, told in notices.items()}


def _is_of(day: date, year: Any) -> bool:
    """Whether the notice of a year may move a day: one of the year, or of the December before."""
    return day.year == year or (type(year) is int and (day.year, day.month) == (year - 1, 12))


def _notice(year: Any, told: Any) -> _Notice:
    """One notice.  Raises PolicyError with what is wrong about it."""
    try:
        written = _Told.model_validate(told)
        notice, wrong = _Notice(frozenset(written.days_off), frozenset(written.days_worked)), list[str]()
    except ValidationError as error:
        notice = _Notice(frozenset(), frozenset())
        wrong = [": ".join([*map(str, one["loc"]), one["msg"]]) for one in error.errors()]
    wrong += [
        f"{day}"
        for day in sorted(notice.off | notice.works)
        if not _is_of(day, year) or (day in notice.works) != (day.weekday() >= 5)
    ]
    if type(year) is not int:
        wrong.insert(0, f"{year!r} is no year")
    elif not wrong and not notice.off | notice.works:
        wrong = ["no days"]
    if wrong:
        raise PolicyError(
            "{file}: the notice of {year} needs a reference, days off from Monday to Friday and days of weekends "
            "that are worked, all of that year or the December before; wrong: {days}.",
            file=NOTICES.name,
            year=year,
            days=", ".join(wrong),
        )
    return notice


def add_working_days(start: date, days: int) -> tuple[date, bool]:
    """The day that lies so many working days after ``start``, and whether it is provisional.

    The count begins on the day after ``start`` (民法典 art. 201: the opening day is not counted).
    """
    day, left, provisional = start, days, False
    while left > 0:
        day += timedelta(days=1)
        works, unsure = is_working_day(day)
        provisional = provisional or unsure
        left -= works
    return day, provisional


def working_day_before(day: date) -> date:
    """Last working day before a day."""
    before = day - timedelta(days=1)
    while not is_working_day(before)[0]:
        before -= timedelta(days=1)
    return before


def working_days(first: date, last: date) -> list[date]:
    """Working days from ``first`` to ``last``, both included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if is_working_day(day)[0]]


def is_provisional(first: date, last: date) -> bool:
    """Whether the notice of a year of the span is not known."""
    return not all(_year(year).is_announced for year in range(first.year, last.year + 1))


def month_start(day: date) -> date:
    """First day of the month of a day."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Last day of the month of a day."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def horizon(as_of: date, least: int) -> list[date]:
    """Working days the plan made at the end of ``as_of`` covers.

    The rest of the month, and all of the next one where fewer than ``least`` are left: whole months, so that visits
    meant for the next month do not crowd its first days.
    """
    first = as_of + timedelta(days=1)
    last = month_end(first)
    days = working_days(first, last)
    return days if len(days) >= least else working_days(first, month_end(last + timedelta(days=1)))
