"""What counts lies in the inbox as daily files, whoever exports, how often, and wherever the exporter dies."""

import shutil
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from models.errors import BusyError
from tests.kills.doom import KILLED, TORN, Doom
from tests.worlds.effort import EVERYTHING
from tests.worlds.field import filing, finding, moment, record
from tests.worlds.hazards import hazard, rechecked
from tests.worlds.ledgers import Desk, home_in, ledger_of
from warehouse.field.engine import Ledger
from warehouse.field.export import export, exporting
from warehouse.home import Home

EVERY = 7
"""Changes apart at which a usual run kills."""
EXPORT = (
    "import sys\n"
    "from pathlib import Path\n"
    "from warehouse.field.export import export\n"
    "from warehouse.field.opening import opened\n"
    "from warehouse.home import Home\n"
    "home = Home(Path(sys.argv[1]))\n"
    "with opened(home) as ledger:\n"
    "    export(ledger, home, everything=False)\n"
)


def files(home: Home) -> dict[str, bytes]:
    """What lies in the folder of the desk, but for the note of the exporter and what it is writing."""
    found = (home.inbox / "desk").glob("*")
    return {
        path.name: path.read_bytes()
        for path in sorted(found)
        if path.name != ".exported" and path.suffix != ".part"
    }


def test_a_record_lies_there_once_and_asking_again_writes_nothing(desk: Desk, home: Home):
    assert export(desk.ledger, home).files == () and not (home.inbox / "desk").exists()
    hazard(desk, "e1")
    first = export(desk.ledger, home, everything=False)
    names = ["filings_2026-06-29.csv", "inspections_2026-06-30.csv", "violations_2026-06-30.csv"]
    assert [path.name for path in first.files] == names
    before = {path: path.stat().st_mtime_ns for path in first.files}
    for everything in (True, False):
        assert export(desk.ledger, home, everything=everything).files == ()
    assert {path: path.stat().st_mtime_ns for path in first.files} == before
    assert list(files(home)) == names, "nothing unfinished beside them"


def test_only_days_that_changed_are_written(desk: Desk, home: Home):
    hazard(desk, "e1")
    export(desk.ledger, home)
    later = desk.begun(filing(planned_on=date(2026, 7, 3)), moment("2026-07-02 09:00"))
    desk.took(later, "file", moment("2026-07-02 09:00"))
    done = export(desk.ledger, home, everything=False)
    assert [path.name for path in done.files] == ["filings_2026-07-02.csv"]


def test_what_somebody_changed_or_took_away_comes_back_when_everything_is_compared(desk: Desk, home: Home):
    hazard(desk, "e1")
    export(desk.ledger, home)
    whole = files(home)
    (home.inbox / "desk" / "violations_2026-06-30.csv").unlink()
    (home.inbox / "desk" / "inspections_2026-06-30.csv").write_text("inspection_id\n")
    assert len(export(desk.ledger, home).files) == 2
    assert files(home) == whole


def test_one_exporter_at_a_time(desk: Desk, home: Home):
    hazard(desk, "e1")
    with FileLock(home.root / "export.lock"), pytest.raises(BusyError, match="Another export"):
        export(desk.ledger, home, wait_seconds=0)
    assert export(desk.ledger, home, wait_seconds=0).files


def test_an_older_ledger_that_came_back_is_exported_from_the_beginning(tmp_path: Path):
    home = home_in(tmp_path)
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        hazard(desk, "e1")
        export(ledger, home)
    kept = tmp_path / "kept"
    shutil.copytree(home.field, kept)
    with ledger_of(home) as ledger:
        desk.ledger = ledger
        hazard(desk, "e2", 2)
        export(ledger, home)
    # The same number of rows as was noted, and others.
    shutil.rmtree(home.field)
    shutil.copytree(kept, home.field)
    with ledger_of(home) as ledger:
        desk.ledger = ledger
        hazard(desk, "e3", 3)
        done = export(ledger, home, everything=False)
    told = files(home)["violations_2026-06-30.csv"].decode()
    assert len(done.files) == 3
    assert [f",{firm}," in told for firm in ("e1", "e2", "e3")] == [True, False, True]


def test_a_thread_exports_within_a_second_and_what_counts_last_before_it_ends(desk: Desk, home: Home):
    with exporting(desk.ledger, home):
        visit = hazard(desk, "e1")
        until = time.monotonic() + 20
        while "violations_2026-06-30.csv" not in files(home) and time.monotonic() < until:
            time.sleep(0.02)
        assert b"critical" in files(home)["violations_2026-06-30.csv"]
        rechecked(desk, visit, "e1")
    assert b"2026-06-30" in files(home)["violations_2026-06-30.csv"].splitlines()[1]
    assert export(desk.ledger, home).files == ()
    assert "export" not in {thread.name for thread in threading.enumerate()}


def test_a_disk_that_refuses_is_told_and_tried_again(
    desk: Desk, home: Home, caplog: pytest.LogCaptureFixture
):
    home.inbox.mkdir(exist_ok=True)
    in_the_way = home.inbox / "desk"
    in_the_way.write_text("a file where the folder should be")
    hazard(desk, "e1")
    with exporting(desk.ledger, home):
        until = time.monotonic() + 20
        while not caplog.records and time.monotonic() < until:
            time.sleep(0.02)
        in_the_way.unlink()
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    assert len(files(home)) == 3


def _several(ledger: Ledger) -> None:
    """Visits of one day, filings of three."""
    desk = Desk(ledger)
    hazard(desk, "e1")
    for day in ("01", "02", "03"):
        later = desk.begun(filing(planned_on=date(2026, 7, 6)), moment(f"2026-07-{day} 09:00"))
        desk.took(later, "file", moment(f"2026-07-{day} 09:00"))


def test_an_exporter_killed_at_any_change_leaves_what_the_next_one_finishes(tmp_path: Path):
    doom, home = Doom(tmp_path), home_in(tmp_path)
    with ledger_of(home) as ledger:
        _several(ledger)
        export(ledger, home)
    whole = files(home)
    folder = home.inbox / "desk"

    shutil.rmtree(folder)
    undisturbed = doom.python(home.root, home.inbox, "-c", EXPORT, str(home.root))
    assert (undisturbed.returncode, files(home)) == (0, whole), undisturbed.said
    assert undisturbed.changes >= 20
    for at in range(1, undisturbed.changes + 1, 1 if EVERYTHING else EVERY):
        shutil.rmtree(folder)
        how = (KILLED, TORN)[at % 2]
        killed = doom.python(home.root, home.inbox, "-c", EXPORT, str(home.root), at=at, how=how)
        assert killed.is_killed, at
        left = {name: held for name, held in files(home).items() if not name.endswith(".part")}
        assert left.items() <= whole.items(), f"{at}: what bears its name is whole"
        with ledger_of(home) as ledger:
            export(ledger, home, everything=False)
        assert files(home) == whole, at


def test_what_a_revision_takes_out_is_withdrawn_in_the_file_of_its_day(desk: Desk, home: Home):
    visit = hazard(desk, "e1")
    export(desk.ledger, home)
    without = record(findings=[finding(id="00000000-0000-0000-0000-000000000009")])
    desk.took(visit, "revise", record=without, reason="指认有误")
    export(desk.ledger, home, everything=False)
    rows = (home.inbox / "desk" / "violations_2026-06-30.csv").read_text().splitlines()
    assert len(rows) == 3 and "2026-06-30" in rows[1]
