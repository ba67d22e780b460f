"""The clock of the place: which day it is where the inspectors work, and the first day of the bureau's work with it."""

import os
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
COMMISSIONED_ON: Final = "RISKCODE_COMMISSIONED_ON"
"""Environment variable: first day that the scheduler knows."""

NIGHT_AT = time(2)
"""When the codes of a day are made, by whatever program: the day before has ended, and nobody is at work yet."""
NIGHT_DUE = time(4)
"""When they are late."""


def local_now() -> datetime:
    """Now in the bureau's time zone, with its offset: what every log bears."""
    return datetime.now(LOCAL)


def local_today() -> date:
    """Today in the bureau's time zone: the last day a delivered date may lie on."""
    return local_now().date()


def night_begun() -> date:
    """The day whose night has come: today from two o'clock on."""
    return _day_from(NIGHT_AT)


def night_due() -> date:
    """The last day whose codes should be out by now: today from four o'clock on."""
    return _day_from(NIGHT_DUE)


def moment_of(day: date) -> datetime:
    """When the codes of a day are to be made."""
    return datetime.combine(day, NIGHT_AT, LOCAL)


def _day_from(hour: time) -> date:
    now = local_now()
    return now.date() if now.time() >= hour else now.date() - timedelta(days=1)


def commissioned_on() -> date:
    """First day that the scheduler knows; earlier ones are those of archives."""
    return date.fromisoformat(os.environ.get(COMMISSIONED_ON) or "2026-01-01")
