"""Working days of the Chinese calendar, make-up days (调休) included.

``chinesecalendar`` knows the years the State Council has announced.  Past its end only weekends are known;
a date that rests on them is marked provisional, and never crashes.
"""

from datetime import date, timedelta
from functools import cache

import chinese_calendar


@cache
def is_working_day(day: date) -> tuple[bool, bool]:
    """Whether people work on a day, and whether that is only provisional (no announced calendar)."""
    try:
        return chinese_calendar.is_workday(day), False
    except NotImplementedError:
        return day.weekday() < 5, True


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
    """Whether any day of the span rests on weekends alone."""
    return is_working_day(first)[1] or is_working_day(last)[1]


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
