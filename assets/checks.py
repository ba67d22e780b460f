"""Asset checks: the suites of ``assets.suites``, run by Great Expectations inside DuckDB.

Blocking checks stop what lies downstream, so no code is issued on a broken register and nothing is published
that broke a promise of the method; the others warn.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    asset_check,
    multi_asset_check,
)

from assets.monitoring import MONITORING_CHECKS
from assets.partitions import AS_OF, POOL
from assets.resources import Warehouse
from assets.suites import RESULT_SUITES, intake_suites
from desk.say.complaints import complaint
from desk.say.markdown import table
from desk.words.words import Words
from warehouse.planning.draws import unverified
from warehouse.questions.complaints import standing
from warehouse.validation import Outcome, Suite, run_suites

_ANY_DAY = date(2000, 1, 1)
"""Names of suites do not depend on the day; checks are declared before a day is known."""

Outcomes = dict[date, Outcome]
"""What one check found, by the days of the run."""


def _specs(suites: dict[str, list[Suite]]) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(
            suite.name,
            asset=asset,
            description=suite.about,
            blocking=suite.is_blocking,
            partitions_def=AS_OF,
        )
        for asset, several in suites.items()
        for suite in several
    ]


def _result(warehouse: Warehouse, check: AssetCheckKey, found: Outcomes) -> AssetCheckResult:
    outcome = next((one for one in found.values() if not one.passed), [*found.values()][-1])
    page = MetadataValue.url(f"{warehouse.data_docs_url}/{outcome.docs.parent.name}/{outcome.docs.name}")
    names = [*outcome.sample[0]] if outcome.sample else []
    sample = table(names, [[*row.values()] for row in outcome.sample])
    failures = [
        f"{day}: {told}" if len(found) > 1 else told for day, one in found.items() for told in one.failures
    ]
    return AssetCheckResult(
        passed=not failures and all(one.passed for one in found.values()),
        asset_key=check.asset_key,
        check_name=check.name,
        severity=AssetCheckSeverity.ERROR if outcome.suite.is_blocking else AssetCheckSeverity.WARN,
        metadata={
            "data_docs": page,
            "data_docs_file": MetadataValue.path(str(outcome.docs)),
            **{label: _observed(value) for label, value in outcome.observed.items()},
            **({"failing_rows": MetadataValue.md(sample)} if names else {}),
        },
        description="; ".join(failures) or f"holds: {'; '.join(outcome.observed)}",
    )


def _observed(text: str) -> MetadataValue[Any]:
    """A number as a number, so that it can be plotted over the days."""
    try:
        return MetadataValue.float(float(text))
    except ValueError:
        return MetadataValue.text(text)


def _checks(
    name: str, docs: str, suites: Callable[[date], dict[str, list[Suite]]], about: str
) -> AssetChecksDefinition:
    """A group of checks run together, or some of them; their pages go into the folder ``docs``."""

    @multi_asset_check(
        specs=_specs(suites(_ANY_DAY)), name=name, description=about, can_subset=True, pool=POOL
    )
    def run(context: AssetCheckExecutionContext, warehouse: Warehouse) -> Iterable[AssetCheckResult]:
        found: dict[AssetCheckKey, Outcomes] = {key: {} for key in context.selected_asset_check_keys}
        for day in warehouse.days:
            asked = {
                key: suite
                for asset, several in suites(day).items()
                for suite in several
                if (key := AssetCheckKey(AssetKey(asset), suite.name)) in found
            }
            with warehouse.at(day):
                if any(key.asset_key == PLAN for key in asked) and not warehouse.is_planned():
                    yield from (_unplanned(key, day) for key in asked)
                    return
                warehouse.make(day, {key.asset_key.to_user_string() for key in asked})
                folder = warehouse.paths.data_docs / docs
                outcomes = run_suites(warehouse.connection, list(asked.values()), docs=folder)
            for key, outcome in zip(asked, outcomes, strict=True):
                found[key][day] = outcome
        for key, by_day in found.items():
            yield _result(warehouse, key, by_day)

    return run


PLAN = AssetKey("inspection_plan")


def _unplanned(check: AssetCheckKey, day: date) -> AssetCheckResult:
    """A day that is only coded again has no plan; what is not there did not pass."""
    return AssetCheckResult(
        passed=False,
        asset_key=check.asset_key,
        check_name=check.name,
        severity=AssetCheckSeverity.WARN,
        description=f"There is no plan of {day} to check: materialise inspection_plan for the day to be issued.",
    )


def _of(*assets: str) -> Callable[[date], dict[str, list[Suite]]]:
    return lambda _: {asset: RESULT_SUITES[asset] for asset in assets}


@asset_check(
    asset="inspection_plan",
    blocking=True,
    description="双随机: every draw made this day can be re-drawn (P3).",
    partitions_def=AS_OF,
    pool=POOL,
)
def draws_verify(context: AssetCheckExecutionContext, warehouse: Warehouse) -> AssetCheckResult:
    """Re-draw every draw committed to on the coded day, from nothing but its record."""
    found = {
        name: why for day in warehouse.days for name, why in unverified(warehouse.connection, day).items()
    }
    said = "; ".join(f"{draw_id}: {why}" for draw_id, why in found.items())
    return AssetCheckResult(passed=not found, description=said or "every draw of the day was re-drawn")


@asset_check(
    asset="rejected_rows",
    description="数据告警: everything that was delivered could be read, but for what a person has acknowledged.",
    partitions_def=AS_OF,
    pool=POOL,
)
def deliveries_read(context: AssetCheckExecutionContext, warehouse: Warehouse) -> AssetCheckResult:
    """Warn of every open complaint; the city is coded from what could be read."""
    words = Words(warehouse.language)
    said = [complaint(row, words) for row in standing(warehouse.connection) if row["state"] == "open"]
    return AssetCheckResult(
        passed=not said,
        severity=AssetCheckSeverity.WARN,
        metadata={"open_complaints": len(said)},
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
