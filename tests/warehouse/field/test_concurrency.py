"""Two hundred writers at once, and processes that die: nobody is told "locked", nothing is lost, doubled or half."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from sqlalchemy import func, select

from tests.warehouse.field.writers import dying_at
from tests.worlds.field import DAY, filing, finding, record
from tests.worlds.ledgers import EVENING_BEFORE, LIXIA, NOON, Desk, ask, known, ledger_of, person
from warehouse.field import audit, outbox
from warehouse.field.blobs import path_of, put_blob, sweep
from warehouse.field.engine import URL_SETTING, Ledger
from warehouse.field.tables import AUDIT, BLOBS, FINDINGS, OUTBOX, REVISIONS, STEPS, VISITS
from warehouse.field.users import users
from warehouse.field.visit import Brought
from warehouse.field.visits import begin, take
from warehouse.home import Home

PROCESSES, WRITES = 4, 3
THREADS = [pytest.param(10, id="forty"), pytest.param(50, id="two hundred", marks=pytest.mark.whole)]
"""Writers of a process: a usual run lets fewer of them write."""
STARTED_WITHIN_SECONDS = 8
"""By then all processes wait to begin at once; one that comes later meets the others at work."""
LONGEST_WAIT_SECONDS = 60
"""As long as a write waits at most before it gives up; measured are a few seconds."""


@pytest.mark.slow
@pytest.mark.parametrize("threads", THREADS)
def test_of_many_writers_at_once_none_is_told_locked_and_none_is_lost(
    home: Home, url: str | None, threads: int
):
    with ledger_of(home, url) as ledger:
        person(ledger, "li", officer_id="o1")
    begun = time.monotonic()
    begin_at = time.time() + STARTED_WITHIN_SECONDS
    words = [sys.executable, "-m", "tests.warehouse.field.writers", str(home.root), str(threads), str(WRITES)]
    environment = os.environ | ({URL_SETTING: url} if url else {})
    running = [
        subprocess.Popen(
            [*words, str(1 + n * threads), str(begin_at)], stdout=subprocess.PIPE, env=environment, text=True
        )
        for n in range(PROCESSES)
    ]
    told = [json.loads(one.communicate(timeout=300)[0]) for one in running]
    taken = time.monotonic() - begun - STARTED_WITHIN_SECONDS
    waits = sorted(wait for one in told for wait in one["waits"])
    assert [wrong for one in told for wrong in one["wrong"]] == []
    writes = PROCESSES * threads * WRITES
    assert len(waits) == writes
    assert waits[-1] < LONGEST_WAIT_SECONDS
    print(f"{writes} writes of {PROCESSES * threads}: {taken:.1f} s, worst wait {waits[-1]:.1f} s")
    with ledger_of(home, url) as ledger, ledger.reading() as connection:
        versions = connection.execute(select(VISITS.c.version)).scalars().all()
        assert versions == [WRITES] * PROCESSES * threads
        assert connection.execute(select(func.count()).select_from(STEPS)).scalar_one() == writes
    with ledger_of(home, url) as ledger:
        assert audit.verify(ledger).place == writes + 1, "one line each, and the user"


PICTURE = b"jpeg" * 100
PHOTO = sha256(PICTURE).hexdigest()
NUMBER = UUID("00000000-0000-0000-0000-0000000000ff")
MADE = record(findings=[finding(photos=[PHOTO]), finding(id=UUID(int=2))])


def whole_visit(ledger: Ledger) -> None:
    """A visit from its beginning until it counts, with the same requests however often."""
    leader, inspector = sorted(users(ledger), key=lambda one: "inspector" in one.roles)
    visit = begin(ledger, inspector, NUMBER, LIXIA, filing(), ask(0, EVENING_BEFORE, NUMBER))
    for version, (step, now, brought) in enumerate(
        (
            ("file", EVENING_BEFORE, Brought()),
            ("approve", EVENING_BEFORE, Brought()),
            ("start", NOON, Brought()),
            ("record", NOON, Brought(record=MADE)),
            ("sign", NOON, Brought(record=MADE)),
        ),
        start=1,
    ):
        who = leader if step == "approve" else inspector
        request = ask(version, now, uuid5(NUMBER, step))
        visit = take(ledger, who, visit.visit_id, step, request, brought, known())
    put_blob(ledger, inspector, PHOTO, [PICTURE], NOON)


def in_a_process_that_dies(
    home: Home, url: str | None, act: Callable[[Ledger], None], statement: int
) -> bool:
    """Whether the process died; one that had fewer statements to do lives."""
    child = os.fork()
    if child == 0:
        with ledger_of(home, url) as ledger:
            dying_at(ledger, statement)
            act(ledger)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def require_whole(ledger: Ledger) -> str:
    """Everything in the ledger fits together; the state of the visit."""
    audit.verify(ledger)
    with ledger.reading() as connection:

        def count(table: object) -> int:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

        row = connection.execute(select(VISITS)).mappings().first()
        if row is None:
            assert count(STEPS) == count(OUTBOX) == 0
            return "none"
        assert row["version"] == count(STEPS)
        told = connection.execute(select(AUDIT.c.act)).scalars().all()
        assert len(told) == 2 + count(STEPS) + count(BLOBS), "the two users, every step and every photo"
        signed = row["state"] in ("signed", "counted")
        assert count(REVISIONS) == row["revision"] == int(signed)
        assert count(FINDINGS) == 2 * int(signed)
        counted = row["state"] == "counted"
        assert counted == bool(count(BLOBS)), "the photo is the last that it waited for"
        tables = connection.execute(select(OUTBOX.c.table)).scalars().all()
        filed = row["filed_at"] is not None
        assert (
            sorted(tables) == ["filings"] * filed + ["inspections"] * counted + ["violations"] * 2 * counted
        )
        for photo in connection.execute(select(BLOBS.c.sha256)).scalars():
            assert sha256(path_of(ledger, photo).read_bytes()).hexdigest() == photo
        return str(row["state"])


@pytest.mark.slow
def test_whatever_a_process_dies_at_nothing_is_half_and_asked_again_it_is_finished_once(
    home: Home, url: str | None
):
    with ledger_of(home, url) as ledger:
        Desk(ledger)
    seen, statement, deaths = list[str](), 2, 0
    while in_a_process_that_dies(home, url, whole_visit, statement):
        deaths += 1
        with ledger_of(home, url) as ledger:
            seen.append(require_whole(ledger))
        # Every process goes on where the one before died, so it dies later and later.
        statement += 3 if seen[-1] in ("none", "draft") else 7
        assert deaths < 200
    with ledger_of(home, url) as ledger:
        assert require_whole(ledger) == "counted"
        rows = [outbox.rows(ledger, table, DAY) for table in ("inspections", "violations")]
        assert [len(one) for one in rows] == [1, 2]
        assert outbox.days(ledger, "filings") == [date(2026, 6, 29)]
        assert sweep(ledger, time.time() + 1) >= 0
        assert [path.name for path in ledger.blobs.rglob("*") if path.is_file()] == [PHOTO]
    assert deaths >= 10 and {"none", "signed"} <= set(seen) - {"counted"}, (deaths, seen)


def test_a_photo_that_was_half_written_is_no_photo_and_is_swept_away(home: Home, tmp_path: Path):
    with ledger_of(home) as ledger:
        li = person(ledger, "li")

        def torn() -> object:
            yield PICTURE[:10]
            raise ConnectionError("the phone lost its network")

        with pytest.raises(ConnectionError):
            put_blob(ledger, li, PHOTO, torn(), NOON)  # type: ignore[arg-type]
        assert list(ledger.blobs.rglob("*.part")) == []
        (ledger.blobs / PHOTO[:2]).mkdir(exist_ok=True)
        (ledger.blobs / PHOTO[:2] / f"{PHOTO}.0.part").write_bytes(PICTURE[:10])
        assert sweep(ledger, time.time() + 1) == 1
        assert put_blob(ledger, li, PHOTO, [PICTURE], NOON)
        assert not put_blob(ledger, li, PHOTO, [PICTURE], NOON), "sent again it is there already"
