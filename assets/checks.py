"""Asset checks: the suites of ``assets.suites``, run by Great Expectations inside DuckDB.

Blocking checks stop what lies downstream, so no code is issued on a broken register and nothing is published
that broke a promise of the method; the others warn.
"""

from collections.abc import Iterable
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
from assets.suites import intake_suites, result_suites
from warehouse.planning.draws import unverified
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


def _run(warehouse: Warehouse, name: str, suites: dict[str, list[Suite]]) -> Iterable[AssetCheckResult]:
    flat = [(asset, suite) for asset, several in suites.items() for suite in several]
    docs = warehouse.paths.data_docs / name
    outcomes = run_suites(warehouse.connection, [suite for _, suite in flat], docs=docs)
    for (asset, _), outcome in zip(flat, outcomes, strict=True):
        yield _result(warehouse, asset, outcome)


@multi_asset_check(specs=_specs(intake_suites(_ANY_DAY)), name="intake_checks")
def intake_checks(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
    """Volume, freshness, distribution and agreement of what was taken in."""
    yield from _run(warehouse, "intake", intake_suites(warehouse.coding(context).as_of))


@multi_asset_check(specs=_specs({"codes": result_suites()["codes"]}), name="code_checks")
def code_checks(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
    """Exactly one code each, and a RED share that can be visited."""
    yield from _run(warehouse, "codes", {"codes": result_suites()["codes"]})


def _without(*assets: str) -> dict[str, list[Suite]]:
    return {name: suites for name, suites in result_suites().items() if name not in assets}


@multi_asset_check(specs=_specs(_without("codes", "inspection_plan")), name="result_checks")
def result_checks(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
    """Exact sums and a complete queue, before anything is planned or published."""
    yield from _run(warehouse, "results", _without("codes", "inspection_plan"))


@multi_asset_check(specs=_specs({"inspection_plan": result_suites()["inspection_plan"]}), name="plan_checks")
def plan_checks(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
    """No cap exceeded, nobody double-booked, every RED planned or named, before anything is published."""
    yield from _run(warehouse, "plan", {"inspection_plan": result_suites()["inspection_plan"]})


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


CHECKS: list[AssetChecksDefinition] = [
    intake_checks,
    code_checks,
    result_checks,
    plan_checks,
    draws_verify,
    *MONITORING_CHECKS,
]
