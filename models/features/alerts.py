"""Features of the alerts: load, answers that came late or never, sensors that fell silent."""

import narwhals as nw

from models.features.asof import Frame, Moment, coded, count_if, known, sum_if, weighted
from models.policy import FeaturePolicy

OFFLINE_WINDOW_DAYS = 90


def alert_features(alerts: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Alert features.  One row per enterprise with at least one alert; false alarms never count.

    Columns: ``alert_points`` (points: level weight times time weight), ``unanswered_alerts`` (alerts of
    the last 90 days nobody answered within the allowed time), ``slow_alerts`` (answered, but late),
    ``offline_days`` (days within the last 90 that sensors were silent, summed over spells),
    ``complaints_12m`` (hotline reports and transferred clues).
    """
    now = moment.last_minute
    rows = known(alerts, moment, happened=nw.col("raised_at") // 1440)
    rows = rows.filter(nw.col("is_false_alarm") == 0).with_columns(
        age=moment.day - nw.col("raised_at") // 1440,
        is_answered=nw.when(nw.col("acknowledged_at") <= now).then(nw.lit(1)).otherwise(nw.lit(0)),
        waited=nw.col("acknowledged_at") - nw.col("raised_at"),
        start=nw.when(nw.col("raised_at") > now - OFFLINE_WINDOW_DAYS * 1440)
        .then(nw.col("raised_at"))
        .otherwise(now - OFFLINE_WINDOW_DAYS * 1440),
        stop=nw.when(nw.col("closed_at") <= now).then(nw.col("closed_at")).otherwise(now),
    )
    offline = (nw.col("kind") == "sensor_offline") & (nw.col("stop") > nw.col("start"))
    recent = nw.col("age") <= OFFLINE_WINDOW_DAYS
    unanswered = (nw.col("is_answered") == 0) & (nw.col("raised_at") + policy.unanswered_minutes <= now)
    slow = (nw.col("is_answered") == 1) & (nw.col("waited") > policy.slow_minutes)
    report = (nw.col("kind") == "complaint") | (nw.col("kind") == "transfer")
    return (
        rows.with_columns(
            points=coded("level", policy.alert_points) * weighted(nw.col("age"), policy.alert_bands)
        )
        .group_by("enterprise_id")
        .agg(
            alert_points=nw.col("points").sum(),
            unanswered_alerts=count_if(recent & unanswered),
            slow_alerts=count_if(recent & slow),
            offline_minutes=sum_if(offline, nw.col("stop") - nw.col("start")),
            complaints_12m=count_if(report & (nw.col("age") <= 365)),
        )
        .with_columns(offline_days=nw.col("offline_minutes") // 1440)
        .drop("offline_minutes")
    )
