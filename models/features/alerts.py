"""Alerts and their features: load, answers that came late or never, sensors that fell silent."""

from functools import partial
from operator import attrgetter

from models.features.feature import EventTable, Feature
from models.features.intervals import Quality
from models.features.measures import Spells, Sum, case
from models.features.windows import RECENT, YEAR, FeaturePolicy


def _prepared(policy: FeaturePolicy) -> str:
    """Alerts that were no false alarms: the day each was answered, over, and overdue for an answer."""
    return f"""
    raised_at // 1440 AS day, kind, level, raised_at, closed_at, acknowledged_at // 1440 AS answered_on,
    closed_at // 1440 AS closed_on, (raised_at + {policy.unanswered_minutes}) // 1440 AS unanswered_from,
    acknowledged_at - raised_at > {policy.slow_minutes} AS is_slow"""


ALERTS = EventTable(
    "alerts",
    "raised_at // 1440",
    (
        "enterprise_id",
        "kind",
        "level",
        "raised_at",
        "acknowledged_at",
        "closed_at",
        "is_false_alarm",
        "withdrawn_on",
    ),
    _prepared,
    counted="is_false_alarm = 0",
)

_SILENT = Quality(("kind = 'sensor_offline'",))
_REPORT = Quality(("kind IN ('complaint', 'transfer')",))
_feature = partial(Feature, "alerts")
ALERT_COUNTS = (
    _feature(
        "alert_points",
        Sum(of=lambda policy: case("level", policy.alert_points), bands=attrgetter("alert_bands")),
        "up",
    ).told("points", "Weighted alert load", "alert points × time weight, 365 days; false alarms never count"),
    _feature(
        "unanswered_alerts",
        Sum(where=Quality(begins=("unanswered_from",), ends=("answered_on",)), within=RECENT),
        "up",
        "lower",
    ).told("alerts", "Unanswered alerts", "alerts of 90 days that nobody answered within the allowed time"),
    _feature(
        "slow_alerts",
        Sum(where=Quality(("is_slow",), begins=("answered_on",)), within=RECENT),
        "up",
        "either",
    ).told("alerts", "Alerts answered late", "alerts of 90 days answered late"),
    _feature(
        "offline_days",
        Spells(where=_SILENT, begins="raised_at", ends="closed_at", days=RECENT),
        "up",
        "lower",
    ).told(
        "days",
        "Days with silent sensors",
        "days within the last 90 with silent sensors, summed over spells",
    ),
    _feature("complaints_12m", Sum(where=_REPORT, within=YEAR), "up").told(
        "alerts", "Complaints and transferred clues", "complaints and transferred clues of 365 days"
    ),
    _feature(
        "complaints_upheld_12m",
        Sum(where=Quality(("kind = 'complaint'",), begins=("closed_on",)), within=YEAR),
        "up",
    ).told(
        "alerts",
        "Complaints found true",
        "complaints of 365 days that are closed and were not found false; transferred clues are none",
    ),
)
