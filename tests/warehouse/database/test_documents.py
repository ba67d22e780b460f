"""Documents by key: they say what the published copy says, of one day, whoever writes or dies meanwhile."""

import logging
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest

from tests.warehouse.test_intraday import FIRMS, PACK, START, begun, full_run, update_enterprises
from tests.worlds.by_hand import row
from tests.worlds.documented import differing_documents
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.connection import Connection, writing
from warehouse.database.documents import damage_of, passport_of, queue_of
from warehouse.database.reading import reading
from warehouse.exchange import remove_with_sides
from warehouse.home import Home
from warehouse.publish import DOCUMENTS, publish, publish_again
from warehouse.questions.documents import kinds_of_keys
from warehouse.questions.passport import passport
from warehouse.resume import damaged, publish_everything, resume


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Four enterprises after their first night; today is the day of that."""
    monkeypatch.setattr("warehouse.resume.city_today", lambda _: START)
    monkeypatch.setattr("warehouse.resume.night_begun", lambda: START)
    return Home(shutil.copytree(begun(), tmp_path / "home"))


@pytest.fixture
def connection(home: Home) -> Iterator[Connection]:
    with writing(home) as connection:
        yield connection


def happens(connection: Connection, number: int, firm: str, **facts: object) -> None:
    """A finding comes in."""
    told = {"enterprise_id": firm, "occurred_on": START, "recorded_at": START, **facts}
    frame = canonical("violations", [row("violations", number, **told)])
    fill(connection, {"violations": frame}, received_on=START)


def updated(connection: Connection, home: Home, known_at: date = START) -> None:
    update_enterprises(connection, home, PACK, known_at=known_at, run_id=f"update {time.monotonic_ns()}")


def runs_of(home: Home) -> dict[str, int]:
    """By which run the passport of every enterprise was made."""
    with closing(sqlite3.connect(home.documents)) as file:
        return dict(file.execute("SELECT enterprise_id, run FROM passports").fetchall())


# ---------------------------------------------------------------------------------------- what they say


@pytest.mark.whole
def test_documents_say_of_the_whole_city_what_the_copy_says(coded: Path) -> None:
    home = Home(coded)
    assert differing_documents(home, everywhere=True) == []
    with reading(home) as copy:
        [(firm,)] = copy.execute("SELECT enterprise_id FROM risk.codes WHERE code = 'red' LIMIT 1").fetchall()
        assert passport_of(home, firm) == passport(copy, firm), "asked of one as of many"
    assert passport_of(home, "nobody") is None and queue_of(home, district="nowhere") == []


def test_an_update_writes_the_documents_of_its_enterprises_and_every_place_in_the_red_queue(
    home: Home, connection: Connection
) -> None:
    happens(connection, 1, FIRMS[3], is_major_hazard=True)
    updated(connection, home)
    happens(connection, 2, FIRMS[0], is_major_hazard=True)
    updated(connection, home)
    assert runs_of(home) == {FIRMS[0]: 3, FIRMS[1]: 1, FIRMS[2]: 1, FIRMS[3]: 2}
    assert [row["rank"] for row in queue_of(home) or []] == [1, 2]
    assert differing_documents(home) == []
    full_run(connection, home, START + timedelta(days=1))
    assert set(runs_of(home).values()) == {4}
    assert differing_documents(home) == []


@pytest.mark.whole
def test_a_clock_that_runs_out_is_told_of_an_enterprise_nothing_else_happened_to(
    home: Home, connection: Connection
) -> None:
    connection.execute(
        "INSERT INTO dispute.objections (objection_id, enterprise_id, filed_on, is_decisive, decide_by, stored_no) "
        "SELECT 'O-2026-' || n, 'e' || n, DATE '2026-06-30', true, DATE '2026-06-30' + n::INTEGER, 1 "
        "FROM range(1, 4) t(n)"
    )
    publish(connection, home, known_at=START)
    for days in (1, 2, 3):
        happens(connection, days, FIRMS[3], severity="minor", recorded_at=START + timedelta(days=days))
        updated(connection, home, START + timedelta(days=days))
        late = [firm for firm in FIRMS if (passport_of(home, firm) or {})["contested_overdue"]]
        assert late == [*FIRMS[: days - 1]]
        assert differing_documents(home) == []


def test_a_key_is_a_day_everywhere_or_nowhere(connection: Connection) -> None:
    published = {"core.enterprises": "FROM core.enterprises", "dispute.open": "FROM dispute.open"}
    connection.execute("CREATE TABLE dispute.open AS SELECT *, true AS is_overdue FROM dispute.objections")
    kinds = kinds_of_keys(connection, of=published, known_at=START)
    assert kinds["issued_at"] == "timestamp" and kinds["as_of"] == kinds["facts_since"] == "date"
    assert "value" not in kinds


def test_reading_needs_no_other_database() -> None:
    script = (
        "import sys, warehouse.database.documents\n"
        "print({'duckdb', 'polars', 'pandas', 'pyarrow', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()", done.stdout


# ---------------------------------------------------------------------------------------- beside a writer


def test_readers_beside_a_writer_see_one_day_and_one_run(home: Home, connection: Connection) -> None:
    """Readers are threads; what they read is checked at the end, against what each run wrote."""
    torn, reads, is_over = list[object](), [0], [False]
    connection.execute("UPDATE risk.codes SET code = 'blue'")
    publish(connection, home, known_at=START)

    def look() -> None:
        while not is_over[0]:
            told = queue_of(home, code="blue")
            # All are written anew by every publication, each of another day.
            if told is None or len({one["as_of"] for one in told}) != 1 or len(told) != len(FIRMS):
                torn.append(told)
            one = passport_of(home, FIRMS[0])
            if one is None or {row["valid_from"] for row in one["forecast"][:1]} != {one["as_of"]}:
                torn.append(one)
            reads[0] += 1
            time.sleep(0.005)

    readers = [Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 7):
        for table, column in (("risk.codes", "as_of"), ("risk.forecast", "valid_from")):
            connection.execute(f"UPDATE {table} SET {column} = {column} + 1")
        publish(connection, home, known_at=START + timedelta(days=number))
    is_over[0] = True
    for reader in readers:
        reader.join()
    assert torn == [] and reads[0] > 6
    assert damage_of(home.documents) is None


def test_who_opened_a_file_that_was_exchanged_since_looks_again(
    home: Home, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warehouse.database import documents

    opened = list[Path]()
    whole = documents._open

    def exchanged(path: Path) -> sqlite3.Connection:
        file = whole(path)
        if not opened:
            remove_with_sides(path)
            connection.execute("UPDATE risk.codes SET score = 77")
            monkeypatch.setattr(documents, "_open", whole)
            publish(connection, home, known_at=START)
        opened.append(path)
        return file

    monkeypatch.setattr(documents, "_open", exchanged)
    assert (passport_of(home, FIRMS[0]) or {})["score"] == 77


# ---------------------------------------------------------------------------------------- whoever dies


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_who_dies_between_documents_and_the_note_leaves_them_to_the_next_one(
    home: Home, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens(connection, 1, FIRMS[0], is_major_hazard=True)
    note = type(DOCUMENTS).note
    with monkeypatch.context() as here, pytest.raises(KeyboardInterrupt):
        here.setattr(
            type(DOCUMENTS), "note", lambda copy, *told: (_dies if copy is DOCUMENTS else note)(copy, *told)
        )
        updated(connection, home)
    assert [one["enterprise_id"] for one in queue_of(home) or []] == [FIRMS[0]], "they are written"
    assert not DOCUMENTS.stands(connection, home)
    assert resume(connection, home, PACK) and DOCUMENTS.stands(connection, home)
    assert set(runs_of(home).values()) == {2}, "all of them anew"
    assert differing_documents(home) == []


@pytest.mark.parametrize("at", ["put", "put_red"])
def test_who_dies_while_documents_are_written_leaves_those_of_before(
    home: Home, connection: Connection, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    before = passport_of(home, FIRMS[0])
    happens(connection, 1, FIRMS[0], is_major_hazard=True)
    with monkeypatch.context() as here, pytest.raises(KeyboardInterrupt):
        here.setattr(f"warehouse.database.documents.Writer.{at}", _dies)
        updated(connection, home)
    assert passport_of(home, FIRMS[0]) == before and queue_of(home) == []
    assert not DOCUMENTS.stands(connection, home)
    assert resume(connection, home, PACK)
    assert differing_documents(home) == []


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _of_another_kind(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def _of_another_format(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.executescript("PRAGMA user_version = 99; DROP TABLE queue;")


def _touched(path: Path) -> None:
    path.write_bytes(path.read_bytes())


@pytest.mark.parametrize("harm", [Path.unlink, _cut, _empty, _of_another_kind, _of_another_format, _touched])
def test_documents_that_are_not_as_they_were_made_are_made_anew(
    home: Home, connection: Connection, harm: Callable[[Path], None]
) -> None:
    assert DOCUMENTS.stands(connection, home)
    harm(home.documents)
    assert not DOCUMENTS.stands(connection, home)
    assert resume(connection, home, PACK) and DOCUMENTS.stands(connection, home)
    assert differing_documents(home) == []


def test_damage_that_nobody_sees_from_outside_is_found_and_mended_by_who_examines(
    home: Home, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(home.documents)) as file:
        file.execute("UPDATE passports SET document = x'00' || document WHERE enterprise_id = ?", [FIRMS[1]])
        file.commit()
    with caplog.at_level(logging.WARNING, logger="riskcode"):
        assert passport_of(home, FIRMS[1]) is None
    assert "cannot be read" in caplog.text
    assert passport_of(home, FIRMS[0]) is not None
    assert set(damaged(home)) == {"documents.sqlite"}
    publish_everything(connection, home)
    assert damaged(home) == {} and differing_documents(home) == []


def test_an_update_that_meets_a_damaged_file_makes_all_documents_anew(
    home: Home, connection: Connection
) -> None:
    page = 8192
    whole = home.documents.read_bytes()
    home.documents.write_bytes(whole[:page] + b"\xff" * (len(whole) - page))
    DOCUMENTS.note(connection, home)
    happens(connection, 1, FIRMS[0], is_major_hazard=True)
    updated(connection, home)
    assert set(runs_of(home).values()) == {2}
    assert differing_documents(home) == []


def test_nothing_is_documented_before_anything_is_issued(tmp_path: Path) -> None:
    empty = Home(tmp_path / "empty").prepare()
    with writing(empty) as connection:
        assert publish_again(connection, empty) is None
        assert DOCUMENTS.stands(connection, empty) and not empty.documents.exists()
    assert passport_of(empty, FIRMS[0]) is None and queue_of(empty) is None
