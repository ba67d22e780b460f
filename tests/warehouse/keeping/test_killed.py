"""Backups and restores that are killed: the process is real, and so is the kill, at whatever it would do next."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds.effort import EVERYTHING
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_2, ended, process, published, riskcode, run_arguments, with_news
from warehouse.connection import writing
from warehouse.exchange import decided
from warehouse.home import Home
from warehouse.keeping.restore import check
from warehouse.publish import publish_again

pytestmark = pytest.mark.slow

POINTS = 40 if EVERYTHING else 3

# Counts what would change a file below one of the folders watched, and dies before the n-th.
_DOOMED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from warehouse.clock import LOCAL
from warehouse.home import Home
from warehouse.keeping.backup import back_up
from warehouse.keeping.restore import restore
what, root, folder, last, watched = sys.argv[1:]
home, folder, last = Home(Path(root)), Path(folder), int(last)
done = 0
def look(event, told):
    global done
    if event not in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"):
        return
    if event == "open" and not (isinstance(told[2], int) and told[2] & (os.O_WRONLY | os.O_RDWR)):
        return
    if isinstance(told[0], (str, os.PathLike)) and os.fspath(told[0]).startswith(watched):
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(look)
now = datetime.now(LOCAL)
if what == "restore":
    restore(home, folder, at=now, replace=True)
else:
    back_up(home, folder, at=now, program="1", keep=2)
print(done)
"""


def doomed(what: str, home: Path, folder: Path, last: int, watched: Path) -> tuple[int, str]:
    """Exit status and output of a process that dies before its ``last`` change below a folder (0: never)."""
    done = ended(process(home, "-c", _DOOMED, what, str(home), str(folder), str(last), str(watched)))
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout


def spread(whole: int) -> Iterator[int]:
    """Points from the first to the last."""
    return iter(sorted({1 + at * (whole - 1) // (POINTS - 1) for at in range(POINTS)}))


def lived(home: Path) -> list[tuple[Any, ...]]:
    """The codes that the warehouse holds, asked as a writer: it finishes what was decided."""
    with writing(Home(home)) as connection:
        return connection.execute("SELECT * FROM risk.codes ORDER BY ALL").fetchall()


@pytest.fixture(scope="module")
def kept(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the coded home."""
    to = tmp_path_factory.mktemp("kept")
    assert riskcode(copy_of(coded, to / "home"), "backup", str(to)).returncode == 0
    [backup] = to.glob("riskcode-*")
    return backup


@pytest.fixture(scope="module")
def changed(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The coded home, a little later: other points, and a card that the backup does not have."""
    home = Home(copy_of(coded, tmp_path_factory.mktemp("changed") / "home"))
    with writing(home) as connection:
        connection.execute("UPDATE risk.codes SET score = score + 1")
        publish_again(connection, home)
    home.cards.mkdir(exist_ok=True)
    (home.cards / "later.json").write_text("{}")
    return home.root


@pytest.mark.whole
def test_a_killed_restore_leaves_the_old_home_or_the_new_one_and_repeating_it_finishes(
    coded: Path, changed: Path, kept: Path, tmp_path: Path
) -> None:
    old, new = published(changed)["codes"], published(coded)["codes"]
    assert lived(changed) == old != new
    whole = copy_of(changed, tmp_path / "whole")
    status, told = doomed("restore", whole, kept, 0, whole)
    assert (status, published(whole)["codes"]) == (0, new)
    found = set[bool]()
    for last in spread(int(told)):
        home = copy_of(changed, tmp_path / f"killed-{last}")
        assert doomed("restore", home, kept, last, home)[0] == -signal.SIGKILL
        is_decided = decided(Home(home)) is not None
        assert Home(home).warehouse.exists(), "nobody takes it for an empty home"
        assert published(home)["codes"] in (old, new), "readers have a whole copy all the time"
        codes = lived(home)
        assert codes == published(home)["codes"] and codes in (old, new)
        assert codes == new or not is_decided
        assert (home / "cards" / "later.json").exists() == (codes == old)
        assert not (home / "restoring").exists() and not (home / "restoring.part").exists()
        found.add(codes == new)
        assert doomed("restore", home, kept, 0, home)[0] == 0
        assert lived(home) == published(home)["codes"] == new
        shutil.rmtree(home)
    assert found == {False, True}, "kills before and after the decision"


@pytest.mark.whole
def test_a_killed_backup_counts_for_nothing_and_the_next_one_clears_it_away(
    coded: Path, kept: Path, tmp_path: Path
) -> None:
    home, to = copy_of(coded, tmp_path / "home"), tmp_path / "to"
    to.mkdir()
    _, told = doomed("backup", home, to, 0, to)
    for last in spread(int(told)):
        whole = len(list(to.glob("riskcode-*[0-9]")))
        assert doomed("backup", home, to, last, to)[0] == -signal.SIGKILL
        finished = list(to.glob("riskcode-*[0-9]"))
        assert 1 <= whole <= len(finished) <= 2
        for backup in finished:
            assert check(backup).issued_on is not None
    doomed("backup", home, to, 0, to)
    assert list(to.glob("*.part")) == [] and len(list(to.glob("riskcode-*"))) == 2


def test_a_kill_from_outside_at_any_moment_leaves_a_home_that_reads(
    changed: Path, kept: Path, tmp_path: Path
) -> None:
    home = copy_of(changed, tmp_path / "home")
    moments: tuple[Callable[[], bool], ...] = (
        (home / "restoring.part").exists,
        (home / "restoring.part" / "published" / "riskcode.duckdb").exists,
        lambda: (home / "restoring").exists() or (home / "set_aside").exists(),
    )
    for has_come in moments:
        begun = process(home, "-m", "pipelines", "restore", str(kept), "--replace")
        while begun.poll() is None and not has_come():
            time.sleep(0.002)
        begun.send_signal(signal.SIGKILL)
        begun.communicate()
        assert len(published(home)["codes"]) == len(lived(home))
    assert riskcode(home, "restore", str(kept), "--replace").returncode == 0
    assert published(home)["codes"] == lived(home)


@pytest.mark.whole
def test_a_backup_asked_for_during_a_run_waits_for_it_and_gives_the_same_answers(
    coded: Path, delivery: Path, tmp_path: Path
) -> None:
    home, to = copy_of(coded, tmp_path / "home"), tmp_path / "to"
    to.mkdir()
    news = with_news(delivery, tmp_path / "news")
    (home / "logs" / "runs.log").write_text("")
    run = process(home, "-m", "pipelines", *run_arguments(news, DAY_2))
    while run.poll() is None and not (home / "logs" / "runs.log").read_text():
        time.sleep(0.05)
    refused = riskcode(home, "backup", str(to), "--wait", "0")
    assert (refused.returncode, "Another run is writing" in refused.stderr) == (6, True)
    made = ended(process(home, "-m", "pipelines", "backup", str(to)))
    assert made.returncode == 0, made.stderr
    # It had the lock after the run, whose process may take a moment longer to end.
    assert ended(run).returncode == 0
    [backup] = to.glob("riskcode-*")
    assert check(backup).issued_on == DAY_2
    restored = tmp_path / "restored"
    done = riskcode(restored, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert published(restored) == published(home)
    asked = ("plan", "month", "--json")
    assert riskcode(restored, *asked).stdout == riskcode(home, *asked).stdout
    with duckdb.connect(str(restored / "published" / "riskcode.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT max(as_of) FROM ops.runs").fetchall() == [(DAY_2,)]
    assert "restored from" in (restored / "logs" / "runs.log").read_text().splitlines()[-1]
