"""Asset checks: the suites of ``assets.suites``, run by Great Expectations inside DuckDB.

Blocking checks stop what lies downstream, so no code is issued on a broken register and nothing is published
that broke a promise of the method; the others warn.
"""

from collections.abc import Callable, Iterable
from datetime import date

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    MetadataValue,
    asset_check,
    multi_asset_check,
)

from assets.monitoring import MONITORING_CHECKS
from assets.resources import Warehouse
from assets.suites import RESULT_SUITES, intake_suites
from desk.say.complaints import complaint
from desk.words.words import Words
from warehouse.planning.draws import unverified
from warehouse.questions.complaints import standing
from warehouse.validation import Outcome, Suite, run_suites

_ANY_DAY = date(2000, 1, 1)
"""Names of suites do not depend on the day; checks are declared before a day is known."""


def _specs(suites: dict[str, list[Suite]]) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(suite.name, asset=asset, description=suite.about, blocking=suite.is_blocking)
        for asset, several in suites.items()
        for suite in several
    ]


def _result(warehouse: Warehouse, asset: str, outcome: Outcome) -> AssetCheckResult:
    severity = AssetCheckSeverity.ERROR if outcome.suite.is_blocking else AssetCheckSeverity.WARN
    metadata = {
        "data_docs": MetadataValue.url(
            f"{warehouse.data_docs_url}/{outcome.docs.parent.name}/{outcome.docs.name}"
        ),
        "data_docs_file": MetadataValue.path(str(outcome.docs)),
        **{label: MetadataValue.text(value) for label, value in outcome.observed.items()},
    }
    return AssetCheckResult(
        passed=outcome.passed,
        asset_key=asset,
        check_name=outcome.suite.name,
        severity=severity,
        metadata=metadata,
        description="; ".join(outcome.failures) or f"holds: {'; '.join(outcome.observed)}",
    )


def _checks(
    name: str, docs: str, suites: Callable[[date], dict[str, list[Suite]]], about: str
) -> AssetChecksDefinition:
    """A group of checks run together; their pages go into the folder ``docs``."""

    @multi_asset_check(specs=_specs(suites(_ANY_DAY)), name=name, description=about)
    def run(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
        by_asset = suites(date.fromisoformat(context.partition_key))
        flat = [(asset, suite) for asset, several in by_asset.items() for suite in several]
        folder = warehouse.paths.data_docs / docs
        outcomes = run_suites(warehouse.connection, [suite for _, suite in flat], docs=folder)
        for (asset, _), outcome in zip(flat, outcomes, strict=True):
            yield _result(warehouse, asset, outcome)

    return run


def _of(*assets: str) -> Callable[[date], dict[str, list[Suite]]]:
    return lambda _: {asset: RESULT_SUITES[asset] for asset in assets}


@asset_check(
    asset="inspection_plan",
    blocking=True,
    description="双随机: every draw made this day can be re-drawn (P3).",
)
def draws_verify(context: AssetCheckExecutionContext, warehouse: Warehouse) -> AssetCheckResult:
    """Re-draw every draw committed to on the coded day, from nothing but its record."""
    found = unverified(warehouse.connection, warehouse.coding(context).as_of)
    said = "; ".join(f"{draw_id}: {why}" for draw_id, why in found.items())
    return AssetCheckResult(passed=not found, description=said or "every draw of the day was re-drawn")


@asset_check(
    asset="rejected_rows",
    description="数据告警: everything that was delivered could be read, but for what a person has acknowledged.",
)
def deliveries_read(context: AssetCheckExecutionContext, warehouse: Warehouse) -> AssetCheckResult:
    """Warn of every open complaint; the city is coded from what could be read."""
    words = Words(warehouse.language)
    said = [complaint(row, words) for row in standing(warehouse.connection) if row["state"] == "open"]
    return AssetCheckResult(
        passed=not said,
        severity=AssetCheckSeverity.WARN,
        description=" ".join(said) or "everything that was delivered could be read",
    )


CHECKS: list[AssetChecksDefinition] = [
    _checks(
        "intake_checks",
        "intake",
        intake_suites,
        "Volume, freshness, distribution and agreement of what was taken in.",
    ),
    _checks(
        "code_checks",
        "codes",
        _of("codes"),
        "Exactly one code each, and a RED share that can be visited.",
    ),
    _checks(
        "result_checks",
        "results",
        _of("explanations", "red_queue"),
        "Exact sums and a complete queue, before anything is planned or published.",
    ),
    _checks(
        "plan_checks",
        "plan",
        _of("inspection_plan"),
        "No cap exceeded, nobody double-booked, every RED planned or named, before anything is published.",
    ),
    deliveries_read,
    draws_verify,
    *MONITORING_CHECKS,
]
