"""Alerts and their features: load, answers that came late or never, sensors that fell silent."""

from functools import partial
from operator import attrgetter

import narwhals as nw

from models.features.asof import Frame, Moment, known
from models.features.feature import EventTable, Feature
from models.features.measures import Count, Quality, Spells, Weighted
from models.features.windows import RECENT, YEAR, FeaturePolicy, Turn


def true_alerts(alerts: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Alerts that were no false alarms, with their age in days, the answer, and the minutes of a spell that count."""
    now, raised = moment.last_minute, nw.col("raised_at")
    earliest = now - RECENT * 1440
    waited = nw.col("acknowledged_at") - raised
    answered = nw.col("acknowledged_at") <= now
    rows = known(alerts, moment, happened=raised // 1440).filter(nw.col("is_false_alarm") == 0)
    return rows.with_columns(
        age=moment.day - raised // 1440,
        is_slow=nw.when(answered & (waited > policy.slow_minutes)).then(nw.lit(1)).otherwise(nw.lit(0)),
        is_unanswered=nw.when(answered)
        .then(nw.lit(0))
        .otherwise(nw.when(raised + policy.unanswered_minutes <= now).then(nw.lit(1)).otherwise(nw.lit(0))),
        is_closed=nw.when(nw.col("closed_at") <= now).then(nw.lit(1)).otherwise(nw.lit(0)),
        start=nw.when(raised > earliest).then(raised).otherwise(earliest),
        stop=nw.when(nw.col("closed_at") <= now).then(nw.col("closed_at")).otherwise(now),
    )


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
    true_alerts,
)

_ANSWERED = Turn("acknowledged_at", minutes=0)
_OVERTIME = Turn("raised_at", minutes=attrgetter("unanswered_minutes"))
_UNANSWERED = Quality(nw.col("is_unanswered") == 1, (_OVERTIME, _ANSWERED))
_SLOW = Quality(nw.col("is_slow") == 1, (_ANSWERED,))
_SILENT = Quality(nw.col("kind") == "sensor_offline")
_UPHELD = Quality(
    (nw.col("kind") == "complaint") & (nw.col("is_closed") == 1), (Turn("closed_at", minutes=0),)
)
_REPORT = Quality((nw.col("kind") == "complaint") | (nw.col("kind") == "transfer"))

_feature = partial(Feature, "alerts")
ALERT_COUNTS = (
    _feature(
        "alert_points", Weighted("level", attrgetter("alert_points"), attrgetter("alert_bands")), "up"
    ).told("points", "Weighted alert load", "alert points × time weight, 365 days; false alarms never count"),
    _feature("unanswered_alerts", Count(where=_UNANSWERED, within=RECENT), "up", "lower").told(
        "alerts", "Unanswered alerts", "alerts of 90 days that nobody answered within the allowed time"
    ),
    _feature("slow_alerts", Count(where=_SLOW, within=RECENT), "up", "either").told(
        "alerts", "Alerts answered late", "alerts of 90 days answered late"
    ),
    _feature(
        "offline_days",
        Spells("start", "stop", ("raised_at", "closed_at"), where=_SILENT, within=RECENT),
        "up",
        "lower",
    ).told(
        "days",
        "Days with silent sensors",
        "days within the last 90 with silent sensors, summed over spells",
    ),
    _feature("complaints_12m", Count(where=_REPORT, within=YEAR), "up").told(
        "alerts", "Complaints and transferred clues", "complaints and transferred clues of 365 days"
    ),
    _feature("complaints_upheld_12m", Count(where=_UPHELD, within=YEAR), "up").told(
        "alerts",
        "Complaints found true",
        "complaints of 365 days that are closed and were not found false; transferred clues are none",
    ),
)
