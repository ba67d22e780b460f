"""Working days of the Chinese calendar, make-up days (调休) included.

``chinesecalendar`` knows the years the State Council has announced.  Past its end only weekends are known;
a date that rests on them is marked provisional, and never crashes.
"""

from datetime import date, timedelta

import chinese_calendar


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
