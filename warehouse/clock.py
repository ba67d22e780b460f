"""The clock of the place: which day it is where the inspectors work, and the first day of the bureau's work with it."""

import os
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
COMMISSIONED_ON: Final = "RISKCODE_COMMISSIONED_ON"
"""Environment variable: first day that the scheduler knows."""


def local_today() -> date:
    """Today in the bureau's time zone: the last day a delivered date may lie on."""
    return datetime.now(LOCAL).date()


def commissioned_on() -> date:
    """First day that the scheduler knows; earlier ones are those of archives."""
    return date.fromisoformat(os.environ.get(COMMISSIONED_ON, "2026-01-01"))
