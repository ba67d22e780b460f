"""Daily files: what is known is written once, whole, and again the same; a kill leaves the old file or the new one."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from models.errors import DeliveryError
from tests.worlds.desk import filing, finding, told, visit
from tests.worlds.runs import REPOSITORY, of_process
from warehouse.intake.daily import write_days

DAY = date(2026, 6, 30)
NEXT = DAY + timedelta(days=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_table_and_day_has_a_file_with_canonical_columns_and_rows_by_their_number(
    tmp_path: Path,
) -> None:
    rows = {"filings": [filing("e2", DAY, "f-2"), filing("e1", NEXT, "f-3"), filing("e1", DAY, "f-1")]}
    changed = write_days(tmp_path, rows)
    assert [path.name for path in changed] == ["filings_2026-06-30.csv", "filings_2026-07-01.csv"]
    assert changed[0].read_text().splitlines() == [
        "filing_id,recorded_at,enterprise_id,visit_id,filed_at,planned_on,officers,state,is_emergency,reason,"
        "withdrawn_on",
        "f-1,2026-06-30,e1,,2026-06-30 08:30:00,2026-06-30,o1;o2,filed,false,,",
        "f-2,2026-06-30,e2,,2026-06-30 08:30:00,2026-06-30,o1;o2,filed,false,,",
    ]


def test_the_same_rows_in_any_order_change_nothing(tmp_path: Path) -> None:
    write_days(tmp_path, told("e1", DAY))
    before, stamps = contents(tmp_path), {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = {name: rows[::-1] for name, rows in reversed(told("e1", DAY).items())}
    assert write_days(tmp_path, again) == []
    assert contents(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps


def test_of_revisions_of_one_day_the_last_counts_and_those_of_other_days_stay_theirs(tmp_path: Path) -> None:
    revisions = [
        finding("e1", DAY, severity="general"),
        finding("e1", DAY),
        finding("e1", NEXT, rectified_on=NEXT),
    ]
    write_days(tmp_path, {"violations": revisions})
    first, second = (
        (tmp_path / f"violations_{day}.csv").read_text().split("v-1,")[1:] for day in (DAY, NEXT)
    )
    assert [len(first), len(second)] == [1, 1]
    assert "critical" in first[0] and "2026-07-01" not in first[0]
    assert second[0].startswith("2026-07-01,")


def test_only_the_days_asked_for_are_written(tmp_path: Path) -> None:
    rows = {"inspections": [visit("e1", DAY), visit("e1", NEXT, "i-2")]}
    assert [path.name for path in write_days(tmp_path, rows, days=[NEXT])] == ["inspections_2026-07-01.csv"]


@pytest.mark.parametrize(
    "rows",
    [
        {"cases": []},
        {"inspections": [{**visit("e1", DAY), "colour": "red"}]},
        {"inspections": [visit("e1", DAY, "")]},
        {"inspections": [{**visit("e1", DAY), "recorded_at": None}]},
    ],
)
def test_what_no_table_knows_and_rows_without_number_or_day_are_not_written(
    tmp_path: Path, rows: dict[str, list[dict[str, object]]]
) -> None:
    with pytest.raises(DeliveryError):
        write_days(tmp_path, rows)
    assert contents(tmp_path) == {}


_WRITER = """
import sys, itertools
from pathlib import Path
from datetime import date
from tests.worlds.desk import finding
from warehouse.intake.daily import write_days
for turn in itertools.count(1):
    rows = [finding("e1", date(2026, 6, 30), f"v-{n:04}", location=str(turn)) for n in range(400)]
    write_days(Path(sys.argv[1]), {"violations": rows})
    print(turn, flush=True)
"""


@pytest.mark.parametrize("seed", range(4))
def test_who_is_killed_leaves_a_whole_file(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "desk"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder)],
        env=of_process(tmp_path),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    seen = int(writer.stdout.readline())
    time.sleep(0.013 * (seed + 1))
    os.kill(writer.pid, signal.SIGKILL)
    seen = max([seen, *(int(line) for line in writer.stdout.read().split())])
    writer.wait()
    text = (folder / "violations_2026-06-30.csv").read_text()
    turns = {line.split(",")[-14] for line in text.splitlines() if line.startswith("现场")}
    # All rows are those of one turn: the last that was told, or the one after it.
    assert text.count("\nv-") == 400
    assert len(turns) == 1
    rest = {path.name for path in folder.iterdir()} - {"violations_2026-06-30.csv"}
    assert rest <= {"violations_2026-06-30.csv.part"}
    write_days(folder, {"violations": [finding("e1", DAY)]})
    assert [path.name for path in folder.iterdir()] == ["violations_2026-06-30.csv"]
