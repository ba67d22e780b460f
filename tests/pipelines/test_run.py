"""Whole runs as a person or a scheduler starts them: real processes, a real home, real kills."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.city import (
    DAY_1,
    DAY_2,
    FIRMS,
    REPOSITORY,
    command,
    environment,
    published,
    riskcode,
    run_arguments,
    with_news,
    write_city,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("runs")]

KILLS = 4


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("delivery") / "city")


@pytest.fixture(scope="module")
def news(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_news(delivery, tmp_path_factory.mktemp("news") / "city")


@pytest.fixture(scope="module")
def coded(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one run was done."""
    home = tmp_path_factory.mktemp("coded")
    done = riskcode(home, *run_arguments(delivery, DAY_1), "--json")
    assert done.returncode == 0, done.stderr
    (home / "summary.json").write_text(done.stdout)
    return home


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


def test_the_same_delivery_again_changes_nothing(coded: Path, delivery: Path) -> None:
    before = published(coded)
    again = riskcode(coded, *run_arguments(delivery, DAY_1))
    assert again.returncode == 0, again.stderr
    assert published(coded) == before


def logged(home: Path) -> int:
    """Steps that runs of this home have logged so far."""
    log = home / "logs" / "runs.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def kill_after(process: subprocess.Popen[bytes], home: Path, steps: int, moment: float) -> bool:
    """Kill a run a moment after so many steps, however fast the machine is.  Says whether it was still alive."""
    begun = logged(home)
    while process.poll() is None and logged(home) - begun < steps:
        time.sleep(0.01)
    time.sleep(moment)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return alive


def test_killed_runs_leave_the_published_copy_and_the_next_run_gives_the_undisturbed_result(
    delivery: Path, news: Path, tmp_path: Path
) -> None:
    calm, rough, first = tmp_path / "calm", tmp_path / "rough", tmp_path / "first"
    assert riskcode(first, *run_arguments(delivery, DAY_1)).returncode == 0
    shutil.copytree(first, calm)
    shutil.copytree(first, rough)
    before, steps = published(first), logged(first)
    assert riskcode(calm, *run_arguments(news, DAY_2)).returncode == 0
    after, steps = published(calm), logged(calm) - steps
    assert after != before
    dice, killed = random.Random(2026), 0
    while killed < KILLS:
        process = subprocess.Popen(
            command(*run_arguments(news, DAY_2)),
            env=environment(rough),
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if kill_after(process, rough, dice.randint(1, steps), dice.uniform(0, 0.5)):
            killed += 1
            assert published(rough) in (before, after)
        else:
            assert published(rough) == after
            shutil.rmtree(rough)
            shutil.copytree(first, rough)
    final = riskcode(rough, *run_arguments(news, DAY_2))
    assert final.returncode == 0, final.stderr
    assert published(rough) == after


_READER = """
import sys, time
from pathlib import Path
from warehouse.home import Home
from warehouse.questions.codes import queue
from warehouse.database.reading import reading
home, until, pulls = Home(Path(sys.argv[1])), time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < until:
    with reading(home) as connection:
        assert queue(connection, code="red"), "the queue came back empty"
    pulls += 1
print(pulls)
"""


def test_eight_readers_see_no_error_while_a_run_writes_and_a_second_run_is_refused(
    delivery: Path, news: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert riskcode(home, *run_arguments(delivery, DAY_1)).returncode == 0
    writer = subprocess.Popen(
        command(*run_arguments(news, DAY_2)),
        env=environment(home),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _READER, str(home), "12"],
            env=environment(home),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    refused = None
    while writer.poll() is None and refused is None:
        second = riskcode(home, "doctor", "--json")
        lock = next(each for each in json.loads(second.stdout) if each["check"] == "lock")
        if not lock["ok"]:
            refused = riskcode(home, *run_arguments(news, DAY_2))
    assert writer.wait() == 0
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        assert int(out) > 0
    assert refused is not None, "the run ended before a second one could be tried"
    assert refused.returncode in (6, 0)
    if refused.returncode == 6:
        assert "Another run is writing" in refused.stderr
        assert "Wait for it to end" in refused.stderr


def test_a_second_run_is_refused_with_exit_code_6_and_the_holder(coded: Path, delivery: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pathlib import Path\nfrom warehouse.connection import writing\n"
            "from warehouse.home import Home\n"
            "with writing(Home(Path(sys.argv[1]))):\n    print('held', flush=True); sys.stdin.read()",
            str(coded),
        ],
        env=environment(coded),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    try:
        second = riskcode(coded, *run_arguments(delivery, DAY_1))
    finally:
        holder.communicate("")
    assert second.returncode == 6
    assert f"process {holder.pid}" in second.stderr


def test_an_empty_register_stops_before_codes_and_leaves_the_published_copy(
    coded: Path, tmp_path: Path
) -> None:
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
    for arguments, status, words in cases:
        done = riskcode(coded, *arguments)
        assert (done.returncode, words in done.stderr) == (status, True), (arguments, done.stderr[-500:])
        assert "Traceback" not in done.stderr


def test_an_older_day_can_be_coded_without_future_knowledge(
    coded: Path, delivery: Path, tmp_path: Path
) -> None:
    day = date(2025, 12, 31)
    home = tmp_path / "home"
    done = riskcode(home, *run_arguments(delivery, day))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(home / "published/riskcode.duckdb"), read_only=True) as con:
        [(as_of, watermark)] = con.execute("SELECT DISTINCT as_of, data_watermark FROM risk.codes").fetchall()
    assert as_of == day
    assert watermark <= day


def test_a_day_before_anything_was_known_publishes_nothing(coded: Path, delivery: Path) -> None:
    before = published(coded)
    stopped = riskcode(coded, *run_arguments(delivery, date(2001, 1, 1)))
    assert stopped.returncode == 7, stopped.stderr
    assert "codes_complete" in stopped.stderr
    assert published(coded) == before


def test_real_deliveries_take_the_place_of_the_demo_city_only_once_they_are_published(tmp_path: Path) -> None:
    home, bad = tmp_path / "home", tmp_path / "bad"
    assert riskcode(home, "run", "--demo", "--enterprises", "60").returncode == 0
    assert riskcode(home, "run").returncode == 0
    demo = published(home)
    assert len(demo["codes"]) == 60
    bad.mkdir()
    (bad / "r.csv").write_text("统一社会信用代码,企业名称,记录日期,执法层级\n,,2026-01-01,市级\n")
    (bad / "m.yaml").write_text("mapping: mine\ntables: {enterprises: [{files: [r.csv]}]}\n")
    arguments = ("run", "--source", str(bad), "--mapping", str(bad / "m.yaml"), "--as-of", "2026-06-30")
    assert riskcode(home, *arguments).returncode == 7
    assert published(home) == demo
    (bad / "r.csv").write_text("企业编号,企业名称,记录日期,执法层级\nA1,甲,2026-01-01,市级\n")
    done = riskcode(home, *arguments)
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in published(home)["codes"]] == ["A1"]
