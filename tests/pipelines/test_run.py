"""Whole runs as a person or a scheduler starts them: a real home, real processes where they meet, real kills."""

import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import DagsterInstance

from tests.worlds.effort import EVERYTHING
from tests.worlds.homes import copy_of
from tests.worlds.runs import (
    DAY_1,
    DAY_2,
    FIRMS,
    Done,
    ended,
    process,
    published,
    riskcode,
    run_arguments,
    with_news,
    write_city,
)
from tests.worlds.warehouses import night
from warehouse.home import Home

pytestmark = pytest.mark.slow

KILLS = 8 if EVERYTHING else 1
READERS = 8 if EVERYTHING else 2


@pytest.fixture(scope="module")
def news(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_news(delivery, tmp_path_factory.mktemp("news") / "city")


def test_a_run_prints_machine_readable_json_that_adds_up(coded: Path) -> None:
    summary = json.loads((coded / "summary.json").read_text())
    delivery = summary["deliveries"][0]
    accepted = delivery["added"] + delivery["corrected"] + delivery["unchanged"]
    assert delivery["delivered"] == accepted + delivery["refused"]
    assert delivery["refused"] > 0
    assert sum(row["enterprises"] for row in summary["codes"]) == FIRMS
    assert {row["code"] for row in summary["codes"]} == {"red", "yellow", "blue", "green"}


def test_every_enterprise_has_one_code_and_reasons_that_add_up(coded: Path) -> None:
    with duckdb.connect(str(coded / "published/riskcode.duckdb"), read_only=True) as con:
        [(rows, distinct, registered)] = con.execute(
            "SELECT count(*), count(DISTINCT enterprise_id), (SELECT count(*) FROM core.enterprises) FROM risk.codes"
        ).fetchall()
        assert rows == distinct == registered == FIRMS
        wrong = con.execute(
            "SELECT count(*) FROM risk.codes c JOIN (SELECT enterprise_id, sum(points) AS p FROM risk.explanations "
            "GROUP BY 1) e USING (enterprise_id) WHERE e.p <> c.score"
        ).fetchall()
        assert wrong == [(0,)]
        assert con.execute(
            "SELECT count(*) FROM risk.codes WHERE is_provisional AND code = 'green'"
        ).fetchall() == [(0,)]


# ------------------------------------------------------------------------- those who meet while a run writes

_READER = """
import sys, time
from pathlib import Path
from warehouse.home import Home
from warehouse.questions.codes import queue
from warehouse.database.reading import reading
home, over, days, is_last = Home(Path(sys.argv[1])), Path(sys.argv[2]), set(), False
while not is_last:
    is_last = over.exists()
    with reading(home) as connection:
        rows = queue(connection, code="red")
        [(day,)] = connection.execute("SELECT DISTINCT as_of FROM risk.codes").fetchall()
    assert rows, "the queue came back empty"
    days.add(f"{day}")
    # Often from a little before the copy is changed.
    time.sleep(0.1 if "measuring" in (home.logs / "runs.log").read_text() else 1)
print(*sorted(days))
"""


@dataclass(frozen=True)
class Met:
    """A run that brought news, those who read meanwhile, and a second run that came between."""

    home: Path
    run: Done
    readers: Sequence[Done]
    second: Done
    published: Mapping[str, Sequence[tuple[Any, ...]]]
    steps: int


@pytest.fixture(scope="module")
def met(coded: Path, news: Path, tmp_path_factory: pytest.TempPathFactory) -> Met:
    """The day after, undisturbed but for readers; what it publishes is what any disturbed run must come to."""
    home = copy_of(coded, tmp_path_factory.mktemp("met") / "home")
    over = home / "over"
    (home / "logs" / "runs.log").write_text("")
    writer = process(home, "-m", "pipelines", *run_arguments(news, DAY_2))
    readers = [process(home, "-c", _READER, str(home), str(over)) for _ in range(READERS)]
    second: Done | None = None
    while writer.poll() is None and second is None:
        # What is logged is done under the lock; to ask for the lock would be to take it.
        if logged(home):
            second = riskcode(home, *run_arguments(news, DAY_2))
        time.sleep(0.05)
    run = ended(writer)
    over.touch()
    assert second is not None, "the run ended before a second one could be tried"
    return Met(home, run, [ended(one) for one in readers], second, published(home), logged(home))


@pytest.mark.whole
def test_readers_see_no_error_while_a_run_writes(coded: Path, met: Met) -> None:
    assert met.run.returncode == 0, met.run.stderr
    assert met.published != published(coded)
    assert [one.stderr for one in met.readers if one.returncode != 0] == []
    assert {f"{DAY_1} {DAY_2}"} == {one.stdout.strip() for one in met.readers}


def test_a_second_run_is_refused_while_one_writes(met: Met) -> None:
    assert met.second.returncode == 6
    assert "Another run is writing" in met.second.stderr
    assert "Wait for it to end" in met.second.stderr


def logged(home: Path) -> int:
    """Steps that runs of this home have logged so far."""
    log = home / "logs" / "runs.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def kill_after(begun: subprocess.Popen[str], home: Path, steps: int, moment: float) -> bool:
    """Kill a run a moment after so many steps, however fast the machine is.  Says whether it was still alive."""
    before = logged(home)
    while begun.poll() is None and logged(home) - before < steps:
        time.sleep(0.01)
    time.sleep(moment)
    alive = begun.poll() is None
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    return alive


@pytest.mark.whole
def test_killed_runs_leave_the_published_copy_and_the_next_run_gives_the_undisturbed_result(
    coded: Path, news: Path, met: Met, tmp_path: Path
) -> None:
    rough, before = copy_of(coded, tmp_path / "rough"), published(coded)
    dice, killed = random.Random(2026), 0
    while killed < KILLS:
        begun = process(rough, "-m", "pipelines", *run_arguments(news, DAY_2))
        # Each kill in its own part of the run: while it takes in, while it codes, while it plans and publishes.
        steps = met.steps * killed // KILLS + dice.randint(1, met.steps // KILLS)
        if kill_after(begun, rough, steps, dice.uniform(0, 0.5)):
            killed += 1
            assert published(rough) in (before, met.published)
        else:
            assert published(rough) == met.published
            shutil.rmtree(rough)
            copy_of(coded, rough)
    final = riskcode(rough, *run_arguments(news, DAY_2))
    assert final.returncode == 0, final.stderr
    assert published(rough) == met.published


def test_a_second_run_is_refused_with_exit_code_6_and_the_holder(
    coded: Path, delivery: Path, tmp_path: Path
) -> None:
    home = copy_of(coded, tmp_path / "home")
    holder = process(
        home,
        "-c",
        "import sys\nfrom pathlib import Path\nfrom warehouse.connection import writing\n"
        "from warehouse.home import Home\n"
        "with writing(Home(Path(sys.argv[1]))):\n    print('held', flush=True); sys.stdin.read()",
        str(home),
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    try:
        second = riskcode(home, *run_arguments(delivery, DAY_1))
    finally:
        holder.communicate("")
    assert second.returncode == 6
    assert f"process {holder.pid}" in second.stderr


# ------------------------------------------------------------------------------------ what stops a run


def test_an_empty_register_stops_before_codes_and_publishes_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "企业名册.csv").write_text("统一社会信用代码,企业名称,记录日期,执法层级\n,,2026-01-01,市级\n")
    fresh = tmp_path / "home"
    stopped = riskcode(fresh, *run_arguments(empty, DAY_1))
    assert stopped.returncode == 7
    assert "enterprises_volume" in stopped.stderr
    assert not (fresh / "published" / "riskcode.duckdb").exists()


def test_wrong_folder_mapping_and_day_are_told_in_one_sentence(coded: Path, tmp_path: Path) -> None:
    cases = [
        (("run", "--source", str(tmp_path / "nowhere"), "--mapping", "demo_city"), 4, "no folder"),
        (("run", "--source", str(tmp_path), "--mapping", "no_such"), 3, "no mapping file"),
        (("run", "--source", str(tmp_path)), 3, "--mapping"),
        (("run", "--source", str(tmp_path), "--mapping", "demo_city"), 4, "Nothing in"),
        (("explain", "91370100000000000X"), 5, "No enterprise"),
        (("queue", "--code", "purple"), 2, "purple"),
    ]
    home = copy_of(coded, tmp_path / "home")
    for arguments, status, words in cases:
        done = riskcode(home, *arguments)
        assert (done.returncode, words in done.stderr) == (status, True), (arguments, done.stderr[-500:])
        assert "Traceback" not in done.stderr


@pytest.mark.whole
def test_an_older_day_can_be_coded_without_future_knowledge(tmp_path: Path) -> None:
    day = date(2025, 12, 31)
    home = tmp_path / "home"
    night(Home(home), day, write_city(tmp_path / "city", 60))
    with duckdb.connect(str(home / "published/riskcode.duckdb"), read_only=True) as con:
        [(as_of, watermark)] = con.execute("SELECT DISTINCT as_of, data_watermark FROM risk.codes").fetchall()
    assert as_of == day
    assert watermark <= day


def test_a_day_before_anything_was_known_publishes_nothing(
    coded: Path, delivery: Path, tmp_path: Path
) -> None:
    home = copy_of(coded, tmp_path / "home")
    stopped = riskcode(home, *run_arguments(delivery, date(2001, 1, 1)))
    assert stopped.returncode == 7, stopped.stderr
    assert "codes_complete" in stopped.stderr
    assert published(home) == published(coded)


def again_from_the_inbox(home: Path) -> None:
    """The same delivery once more: done, and the summary points to the plan."""
    again = riskcode(home, "run")
    assert again.returncode == 0, again.stderr
    with duckdb.connect(str(home / "published/riskcode.duckdb"), read_only=True) as con:
        [(scheduled,)] = con.execute("SELECT count(*) FROM plan.visits WHERE state = 'scheduled'").fetchall()
    assert f"{scheduled} visits scheduled" in again.stdout and "./riskcode plan month" in again.stdout


@pytest.mark.whole
def test_the_same_again_changes_nothing_and_real_deliveries_take_its_place_only_once_they_are_published(
    tmp_path: Path,
) -> None:
    home, bad = tmp_path / "home", tmp_path / "bad"
    assert riskcode(home, "run", "--demo", "--enterprises", "60").returncode == 0
    demo = published(home)
    assert len(demo["codes"]) == 60
    again_from_the_inbox(home)
    assert published(home) == demo
    bad.mkdir()
    (bad / "r.csv").write_text("统一社会信用代码,企业名称,记录日期,执法层级\n,,2026-01-01,市级\n")
    tables = "{enterprises: [{files: [r.csv]}], violations: [{files: [v.xlsx]}]}"
    (bad / "m.yaml").write_text(f"mapping: mine\ntables: {tables}\n")
    arguments = ("run", "--source", str(bad), "--mapping", str(bad / "m.yaml"), "--as-of", "2026-06-30")
    assert riskcode(home, *arguments).returncode == 7
    assert published(home) == demo
    (bad / "r.csv").write_text("企业编号,企业名称,记录日期,执法层级\nA1,甲,2026-01-01,市级\n")
    # All violations are in a workbook of which only the beginning came: that night is coded, and not done.
    (bad / "v.xlsx").write_bytes(b"PK\x03\x04 and no more")
    done = riskcode(home, *arguments)
    assert done.returncode == 10, done.stderr
    assert "v.xlsx could not be read" in done.stdout and "Coded without what could not be read" in done.stdout
    assert [row[0] for row in published(home)["codes"]] == ["A1"]
    measured = json.loads(riskcode(home, "monitor", "--json").stdout)
    alarms = {row["metric"]: row["value"] for row in measured if row["state"] == "alarm"}
    complaints = json.loads(riskcode(home, "sources", "complaints", "--json").stdout)
    assert alarms["complaints"] == len(complaints)
    complaint, *others = complaints
    assert {one["kind"] for one in others} == {"decisive_unfilled"}, "the register says little"
    assert (complaint["kind"], complaint["place"]) == ("file_unreadable", "v.xlsx")
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        [newest] = instance.get_run_records(limit=1)
        checks = [event.dagster_event for event in instance.all_logs(newest.dagster_run.run_id)]
    said = {
        event.asset_check_evaluation_data.check_name: event.asset_check_evaluation_data.passed
        for event in checks
        if event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION"
    }
    assert said["deliveries_read"] is False
    reason = "the district sends its workbook again on Monday"
    told = riskcode(
        home, "sources", "acknowledge", complaint["complaint_id"], "--by", "Li", "--reason", reason
    )
    assert told.returncode == 0 and "v.xlsx" in told.stdout, told.stderr
