"""The clock of the place: which day it is where the inspectors work."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local_today() -> date:
    """Today in the bureau's time zone: the last day a delivered date may lie on."""
    return datetime.now(LOCAL).date()
