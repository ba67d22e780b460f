"""The stages of a nightly run, each measured; every function here is one group and runs in its own process.

The calls are those of ``warehouse`` and ``pipelines``, in their order; nothing is reimplemented.
"""

import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import yaml

from assets.suites import RESULT_SUITES, intake_suites
from benchmarks.bulk import AS_OF
from benchmarks.floor import DELIVERY, WAREHOUSE
from benchmarks.meter import Measured, Meter
from models.learning.fit import fit_card
from models.learning.training import fit_finished, training_rows
from models.policy import Policy, load_policy
from models.policy.loading import policy_from
from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.order import STAGES, begin, run_stage
from warehouse.connection import Connection, writing
from warehouse.database.places import open_place
from warehouse.database.rows import scratch_beside
from warehouse.home import Home
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.take_in import take_in
from warehouse.learning.panel import build_material
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.rules.in_force import coding_on
from warehouse.validation import Suite, run_suites

PACK = "starter"
NIGHT = AS_OF + timedelta(days=1)
CHANGED = AS_OF - timedelta(days=120)
"""Since then the cut-offs are those of today."""
ONE_BY_ONE = 5


@cache
def pack() -> Policy:
    """The starter pack, whose cut-offs were others until some months before: two rule books in what is remembered."""
    texts = load_policy(PACK).texts
    told = yaml.safe_load(texts["codes"])
    [(day, last)] = told["thresholds"]["values"].items()
    other = {**last, "reference": "for measuring"}
    before = {**last, "value": {**last["value"], "blue": last["value"]["blue"] + 1}}
    told["thresholds"]["values"] = {day: before, CHANGED: other}
    return policy_from({**texts, "codes": yaml.safe_dump(told, allow_unicode=True, sort_keys=False)})


def coding(connection: Connection, day: date) -> Coding:
    """The day as the product codes it: by the rules of all days that are remembered, and of those to come."""
    return coding_on(connection, pack(), day)


def measure_load(path: Path, folder: Path) -> list[Measured]:
    """The same files read by DuckDB and stored in the order of the warehouse, with no question asked."""
    meter = Meter("load")
    with (
        meter.stage("unchecked load into DuckDB, ordered", floor=DELIVERY) as stage,
        duckdb.connect(path) as load,
    ):
        for name in sorted({file.stem.rpartition("-")[0] for file in folder.glob("*.parquet")}):
            table = TABLES[name]
            happened = [table.happened] if table.happened else []
            order = dict.fromkeys(["enterprise_id", *happened, table.key[-1], "recorded_at"])
            files = f"read_parquet('{folder}/{name}-*.parquet')"
            load.execute(f"CREATE TABLE {name} AS FROM {files} ORDER BY {', '.join(order)}")
            stage.rows += load.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        load.execute("CHECKPOINT")
    return meter.found


def measure_intake(root: Path, folder: Path, mapping_file: Path) -> list[Measured]:
    """Judge and store a first delivery: ``warehouse.intake.inbox``, step by step."""
    meter, mapping, closing = Meter("intake", in_chain=True), load_mapping(mapping_file), ExitStack()
    with closing:
        connection = closing.enter_context(writing(Home(root)))
        with scratch_beside(connection) as scratch:
            with meter.stage("read, conform, judge", floor=DELIVERY) as stage:
                judged = judge_delivery(
                    mapping,
                    folder,
                    known_enterprises=known_enterprises(connection),
                    today=AS_OF,
                    scratch=scratch,
                )
                stage.rows = judged.delivered
            with meter.stage("store versions", floor=DELIVERY) as stage:
                taken = take_in(connection, judged, received_on=AS_OF)
                stage.rows = taken.added + taken.corrected + taken.unchanged
        with meter.stage("retry waiting rows", floor=DELIVERY) as stage:
            stage.rows = retry_rejects(connection, received_on=AS_OF, today=AS_OF)
        with meter.stage("close the warehouse", floor=DELIVERY):
            closing.close()
    return meter.found


def measure_one_row(root: Path, night: Path, mapping_file: Path, folder: Path) -> list[Measured]:
    """Files of one finding each, one after the other."""
    meter, rows = Meter("again"), pl.read_parquet(night / "violations.parquet")
    with writing(Home(root)) as connection:
        for at in range(ONE_BY_ONE):
            (folder / f"{at}").mkdir(parents=True)
            rows[at].write_parquet(folder / f"{at}" / "violations.parquet")
            with meter.stage(f"a file of one row ({at + 1})", floor=DELIVERY) as stage:
                [taken] = take_in_all(
                    connection,
                    Home(root),
                    folder=str(folder / f"{at}"),
                    mapping=str(mapping_file),
                    received_on=NIGHT,
                    today=NIGHT,
                )
                stage.rows = taken.delivered
    return meter.found


def measure_rescoring(root: Path, checks: bool) -> list[Measured]:
    """Checks, all stages of a coding, plan and publication, in the order of the job."""
    meter, home = Meter("rescoring", in_chain=True), Home(root)
    results = dict(RESULT_SUITES)
    with writing(home) as connection, open_place(connection, home, AS_OF):
        what = coding(connection, AS_OF)
        if checks:
            with meter.stage("import Great Expectations"):
                import great_expectations  # noqa: F401
            _check(meter, connection, home, "intake checks", intake_suites(AS_OF))
        begin(connection, what)
        for name in STAGES:
            with meter.stage(name.replace("_", " "), floor=WAREHOUSE) as stage:
                stage.rows = run_stage(connection, what, name)[0]
            if checks and name == "codes":
                _check(meter, connection, home, "code checks", {"codes": results.pop("codes")})
        with meter.stage("plan", floor=WAREHOUSE) as stage:
            planned = compute_plan(connection, what)
            stage.rows = planned.visits if planned else 0
        if checks:
            _check(meter, connection, home, "result checks", results)
        with meter.stage("publish", floor=WAREHOUSE) as stage:
            publish_run(connection, home, what, run_id="benchmark")
            stage.rows = coded(connection)
    return meter.found


def _check(
    meter: Meter, connection: Connection, home: Home, name: str, suites: dict[str, list[Suite]]
) -> None:
    flat = [suite for several in suites.values() for suite in several]
    with meter.stage(name, floor=WAREHOUSE) as stage:
        run_suites(connection, flat, docs=home.data_docs / name.replace(" ", "_"))
        stage.rows = len(flat)


def coded(connection: Connection) -> int:
    return connection.execute("SELECT count(*) FROM risk.codes").fetchall()[0][0]


def measure_again(root: Path, folders: dict[str, Path], mapping_file: Path) -> list[Measured]:
    """Deliveries after the first one, by name."""
    meter = Meter("again")
    with writing(Home(root)) as connection:
        for name, folder in folders.items():
            day = NIGHT if folder.name == "night" else AS_OF
            with meter.stage(name, floor=DELIVERY) as stage:
                [taken] = take_in_all(
                    connection,
                    Home(root),
                    folder=str(folder),
                    mapping=str(mapping_file),
                    received_on=day,
                    today=day,
                )
                stage.rows = taken.delivered
    return meter.found


def measure_dagster(root: Path, name: str, folder: Path, mapping_file: Path) -> list[Measured]:
    """A whole run as the scheduler starts it, in a process that has imported nothing yet."""
    meter, day = Meter("dagster"), NIGHT if folder.name == "night" else AS_OF
    # The definitions read their settings when they are imported; they must not see the user's own home.
    os.environ["RISKCODE_HOME"] = str(root)
    with meter.stage(name):
        from pipelines.nightly import Order, run_nightly
        from pipelines.settings import load_settings

        settings = replace(load_settings(), pack=PACK)
        run_nightly(settings, Order(day, folder=folder, mapping=str(mapping_file), today=day))
    return meter.found


def measure_fit(root: Path, label: str, keep: Path) -> list[Measured]:
    """Build a panel and fit a card on it in one process, as ``riskcode`` does; the training rows are kept."""
    meter, policy = Meter("fit"), load_policy(PACK)
    on_day = policy.on(AS_OF)
    with writing(Home(root)) as connection, meter.stage("panel: folds and labels", floor=WAREHOUSE) as stage:
        material = build_material(connection, policy, label=label, as_of=AS_OF, to_judge=False)
        stage.rows = material.panel.height
    training_rows(material.panel, on_day.learning).write_parquet(keep)
    whole = "whole fit: fit_card, cut-offs, calibration, priors"
    with meter.stage(whole, floor=WAREHOUSE) as stage:
        stage.rows = fit_finished(material, policy=on_day, in_force=on_day).origin.rows
    return meter.found


def measure_card(path: Path) -> list[Measured]:
    """``fit_card`` on the training rows, in a process that holds nothing else."""
    meter, learning, rows = Meter("fit"), load_policy(PACK).on(AS_OF).learning, pl.read_parquet(path)
    with meter.stage("fit_card alone, in a fresh process", floor=WAREHOUSE) as stage:
        fit_card(rows, learning=learning, name="fitted", version="-", reference="-")
        stage.rows = rows.height
    return meter.found
