"""A month planned for the province: everything a night does from frames in memory.

What is due, what gives way, merging, crews, days and crews for every visit, borrowing, the certificate, and what to
check at every visit.
"""

from datetime import timedelta

import polars as pl

from benchmarks.bench import Bench
from benchmarks.province import AS_OF, world
from benchmarks.report import Report
from models.planning.certificate import certificate
from models.planning.demand.checklist import checklist
from models.planning.floors import floors
from models.planning.plan import Plan, make_plan
from models.planning.situation import Situation
from models.planning.year import budget, rooms
from models.policy import load_policy
from models.policy.check_items import load_catalogue

MOST_GAP, MOST_CPU_SECONDS = 0.02, 180.0
"""Targets of the plan: from the solver's bound, in visits and in value, and on two cores."""


def gaps(plan: Plan) -> tuple[float, float]:
    """How far the plan may be from the best: visits (all ranks) and value, as parts of the bound."""
    done = [sum(one.scheduled.values()) for one in plan.outcomes.values()]
    most = [max(sum(one.bound.values()), sum(one.scheduled.values())) for one in plan.outcomes.values()]
    value = sum(one.value for one in plan.outcomes.values())
    bound = sum(max(one.value_bound, one.value) for one in plan.outcomes.values())
    return 1 - sum(done) / max(sum(most), 1), 1 - value / max(bound, 1)


def planning(bench: Bench, enterprises: int, load: float) -> Report:
    """Plan the province once."""
    bench.tell("inventing the province")
    now, policy, meter = world(enterprises, load=load), load_policy().on(AS_OF).planning, bench.meter("plan")
    bench.tell("planning")
    with meter.stage("plan") as stage:
        plan = make_plan(now, policy)
        stage.rows = plan.visits.height
    with meter.stage("certificate and budget") as stage:
        room = rooms(now, policy, list(plan.benches))
        short = certificate(plan, now, policy, floors(now, policy), budget(now, policy, room, now.targets))
        stage.rows = short.height
    with meter.stage("what to check") as stage:
        stage.rows = _checks(plan, now).height
    visits, value = gaps(plan)
    cpu = bench.stages[0].cpu
    return Report(
        {"enterprises": enterprises, "load": load},
        stages=bench.stages,
        figures={
            **dict(plan.visits["state"].value_counts().sort("state").iter_rows()),
            "authorities": len(plan.outcomes),
            "proven to be the best": sum(one.is_proven for one in plan.outcomes.values()),
            "loans": len(plan.loans),
        },
        targets={
            f"visits {visits:.4%} and value {value:.4%} from the bound, at most {MOST_GAP:.0%}": max(
                visits, value
            )
            <= MOST_GAP,
            f"planned in {cpu:.0f} s CPU, at most {MOST_CPU_SECONDS:.0f} s": cpu <= MOST_CPU_SECONDS,
        },
    )


def _checks(plan: Plan, now: Situation) -> pl.DataFrame:
    firms = now.firms.select("enterprise_id", "sector", "industry")
    asked = plan.visits.join(firms, on="enterprise_id").select(
        "visit_id", "enterprise_id", "sector", "industry", "channels", "mode"
    )
    findings = now.findings.with_columns(
        item_code=pl.lit("GEN-01"),
        description=pl.lit(None, dtype=pl.String),
        severity=pl.lit("general"),
        occurred_on=pl.lit(AS_OF - timedelta(days=30)),
        is_overdue=pl.col("rectify_due_on") < AS_OF,
    )
    history = pl.DataFrame(
        schema={"enterprise_id": pl.String, "item_code": pl.String, "times": pl.Int64, "last_on": pl.Date}
    )
    return checklist(asked, findings, history, load_catalogue().on(AS_OF), most=15)
