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
    multi_asset_check,
)

from assets.resources import Warehouse
from assets.suites import intake_suites, result_suites
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


@multi_asset_check(
    specs=_specs({name: suites for name, suites in result_suites().items() if name != "codes"}),
    name="result_checks",
)
def result_checks(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
    """Exact sums and a complete queue, before anything is published."""
    suites = {name: several for name, several in result_suites().items() if name != "codes"}
    yield from _run(warehouse, "results", suites)


CHECKS: list[AssetChecksDefinition] = [intake_checks, code_checks, result_checks]
