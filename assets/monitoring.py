"""Monitoring: what the system measures of itself after every coding, and checks that warn when it alarms.

It stands beside the publication and publishes by itself: an alarm, or measures that could not be taken, are a reason
to look, not to withhold the codes of a night.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetExecutionContext,
    MaterializeResult,
    MetadataValue,
    asset_check,
)

from assets.days import ROWS, Metadata, materialised
from assets.groups import scoring_asset
from assets.partitions import AS_OF, POOL
from assets.resources import Warehouse
from assets.scoring import codes, explanations, features, scores
from assets.sources import DISPUTES
from desk.say.monitoring import told
from desk.words.words import Words
from warehouse.database.reading import Row
from warehouse.questions.monitoring import findings
from warehouse.supervision.measure import measure

MOVEMENT = ("codes_moved", "psi_score", "psi", "quiet_codes", "quiet_data", "events_in", "missing")
"""Migration, drift, quiet codes, quiet data, streams that dried up, measures that are gone."""


@scoring_asset(deps=[features, scores, codes, explanations, DISPUTES])
def monitoring(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """自我监测: whether codes move too much or not at all, and whether they treat everybody alike."""

    def make(day: date) -> Metadata:
        coding = warehouse.coding(day, "explanations")
        found = measure(warehouse.connection, coding, say=told)
        warehouse.publish_measures(coding)
        alarms = [" ".join(filter(None, one.key)) for one in found if one.state == "alarm"]
        named = MetadataValue.text("; ".join(alarms) or "none")
        return {ROWS: len(found), "alarms": len(alarms), "alarming": named}

    return materialised(warehouse, make)


def _check(name: str, metrics: Sequence[str], about: str) -> AssetChecksDefinition:
    """Passed without an alarm of these metrics; the sentences of the alarms say what is wrong."""

    @asset_check(asset=monitoring, name=name, description=about, partitions_def=AS_OF, pool=POOL)
    def check(context: AssetCheckExecutionContext, warehouse: Warehouse) -> AssetCheckResult:
        found: list[Row] = []
        for day in warehouse.days:
            with warehouse.at(day):
                if not warehouse.is_measured(day):
                    return AssetCheckResult(
                        passed=False,
                        severity=AssetCheckSeverity.WARN,
                        description=f"Nothing was measured for {day}: materialise monitoring first.",
                    )
                found += [row for row in findings(warehouse.connection) if row["metric"] in metrics]
        words = Words(warehouse.language)
        said = [words.either(row, "text") for row in found if row["state"] == "alarm"]
        return AssetCheckResult(
            passed=not said,
            severity=AssetCheckSeverity.WARN,
            metadata={"measures": len(found), "alarms": len(said)},
            description=" ".join(said) or f"no alarm in {len(found)} measures",
        )

    return check


MONITORING_CHECKS = [
    _check("codes_move", MOVEMENT, "Codes and data move: neither too much nor not at all."),
    _check("parity", ["red_rate"], "RED is spread alike over districts, sectors and sizes."),
    # Codes against past visits within sector and size; rightly aimed visits warn as well.
    _check("feedback_loop", ["feedback"], "Being visited often does not by itself make a code worse."),
    _check("nights_issued", ["nights_missed", "nights_late"], "Every night is issued, and in time."),
    _check("kept_rightly", ["kept_wrongly"], "What a night keeps is what it would compute."),
    _check("days_off", ["calendar"], "The days off that plan and clocks reckon with are announced."),
    # Those that came back within the days of the policy, per mille of enterprises and year.
    _check("flip_flops", ["flip_flops"], "Codes do not go and come back."),
]
