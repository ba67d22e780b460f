"""The ledger's file: made by its steps, for its user alone, never changed where it must not be, and audited."""

import re
import sqlite3
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from models.errors import SettingsError, WarehouseError
from tests.worlds.field import filing, finding, record
from tests.worlds.ledgers import EVENING_BEFORE, NOON, Desk, ledger_of, person
from warehouse.connection import writing
from warehouse.field import audit, engine
from warehouse.field.audit import Head
from warehouse.field.blobs import blob_of, put_blob
from warehouse.field.engine import URL_SETTING, Ledger, ledger_url
from warehouse.field.opening import MIGRATIONS, bring_up_to_date
from warehouse.field.tables import APPEND_ONLY, AUDIT, GOING, METADATA, SENDERS, Moment, canonical
from warehouse.field.visits import load
from warehouse.home import Home
from warehouse.keeping.backup import back_up
from warehouse.keeping.restore import restore


def test_brought_up_from_nothing_a_ledger_has_the_tables_that_the_program_knows(ledger: Ledger):
    with ledger.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_who_goes_and_who_sent_is_told_of_what_a_ledger_held_before(ledger: Ledger):
    desk, photo = Desk(ledger), sha256(b"jpeg").hexdigest()
    visit = desk.begun(filing(technical_inspectors=["t1", "o1"]))
    put_blob(ledger, desk.inspector, photo, [b"jpeg"], NOON)
    with ledger.writing() as connection:
        newer = ("papers", "evaluated", "evaluations", "submissions", "feeds", "calls")
        for later in (*newer, "going", "senders"):
            connection.execute(text(f"DROP TABLE {later}"))
        connection.execute(text("ALTER TABLE users DROP COLUMN enterprise_id"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    bring_up_to_date(ledger)
    with ledger.reading() as connection:
        going = connection.execute(select(GOING.c.officer_id).order_by(GOING.c.officer_id)).scalars().all()
        assert going == ["o1", "o2", "t1"]
        assert connection.execute(select(SENDERS)).all() == [(photo, desk.inspector.user_id)]
    assert desk.again(visit) == visit


def test_brought_up_twice_it_is_as_before(ledger: Ledger):
    person(ledger, "li")
    bring_up_to_date(ledger)
    assert audit.verify(ledger).place == 1


def test_a_ledger_of_a_later_program_is_left_alone(ledger: Ledger):
    with ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WarehouseError, match="later program"):
        bring_up_to_date(ledger)


def test_all_of_it_is_for_its_user_alone(home: Home):
    with ledger_of(home) as ledger:
        person(ledger, "li")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.field.rglob("*")}
    assert {"ledger.sqlite", "ledger.sqlite-wal", "blobs"} <= set(modes)
    assert {name: mode & 0o077 for name, mode in modes.items() if mode & 0o077} == {}
    assert home.open_to_others() is None


def test_what_the_database_does_not_let_anybody_change_stays(desk: Desk):
    desk.signed(record(findings=[finding()]))
    for table in APPEND_ONLY:
        some = next(iter(table.primary_key.columns))
        for act in (update(table).values({some.name: some}), delete(table)):
            with pytest.raises(DBAPIError, match="append-only"), desk.ledger.writing() as connection:
                connection.execute(act)
    assert audit.verify(desk.ledger).place > 8


def test_what_fails_half_way_leaves_nothing(ledger: Ledger):
    class FailureError(Exception): ...

    with pytest.raises(FailureError), ledger.writing() as connection:
        audit.append(connection, at=NOON, by=None, act="began", subject="x")
        raise FailureError
    assert audit.verify(ledger) == Head(0, audit.NOTHING_BEFORE)
    person(ledger, "li")
    assert audit.verify(ledger).place == 1, "and the next writer goes on"


@pytest.fixture
def audited(home: Home) -> Path:
    """The file of a ledger with five lines of audit, closed."""
    with ledger_of(home) as ledger:
        Desk(ledger).approved()
    return home.field / "ledger.sqlite"


def _tampered(file: Path, statement: str) -> None:
    """As somebody who has the file, and takes away what hinders him."""
    with sqlite3.connect(file) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE audit SET details = replace(details, 'a', 'b') WHERE place = 3", 3),
        ("UPDATE audit SET at = replace(at, '16:00', '15:00') WHERE place = 2", 2),
        ('UPDATE audit SET "by" = NULL WHERE place = 4', 4),
        ("UPDATE audit SET previous = replace(previous, '1', '2') WHERE place = 2", 2),
        ("DELETE FROM audit WHERE place = 1", 1),
        ("DELETE FROM audit WHERE place = 3", 3),
        ("UPDATE audit SET place = place + 10 WHERE place = 5", 5),
    ],
)
def test_one_change_of_one_line_is_found_at_its_place(home: Home, audited: Path, statement: str, place: int):
    _tampered(audited, statement)
    with ledger_of(home) as ledger, pytest.raises(WarehouseError) as told:
        audit.verify(ledger)
    assert told.value.facts["place"] == place


def test_one_changed_byte_of_the_file_is_found(home: Home, audited: Path):
    with sqlite3.connect(audited) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = audited.read_bytes()
    (at, *_) = [found.start() for found in re.finditer(b'"step|approved', content)]
    found = content.find(b'"after":"filed"')
    at = found + 10 if found >= 0 else at
    audited.write_bytes(content[:at] + b"X" + content[at + 1 :])
    with ledger_of(home) as ledger, pytest.raises(WarehouseError, match="was changed"):
        audit.verify(ledger)


def test_lines_cut_off_at_the_end_show_against_a_head_that_was_kept(home: Home, audited: Path):
    with ledger_of(home) as ledger:
        kept = audit.verify(ledger)
        assert audit.verify(ledger, kept) == kept
    _tampered(audited, f"DELETE FROM audit WHERE place = {kept.place}")
    with ledger_of(home) as ledger:
        assert audit.verify(ledger).place == kept.place - 1, "by itself it is whole"
        with pytest.raises(WarehouseError, match=f"line {kept.place} "):
            audit.verify(ledger, kept)


def test_every_line_is_sealed_with_the_one_before(ledger: Ledger):
    with ledger.writing() as connection:
        first = audit.append(
            connection, at=NOON, by=None, act="began", subject="x", details={"b": 1, "a": "甲"}
        )
    with ledger.reading() as connection:
        row = connection.execute(select(AUDIT)).mappings().one()
    assert canonical(row["details"]) == '{"a":"甲","b":1}'
    assert (row["previous"], row["hash"]) == (audit.NOTHING_BEFORE, first.hash)


def test_who_looked_at_a_passport_is_told(desk: Desk):
    audit.looked_at(desk.ledger, at=NOON, by=desk.inspector.user_id, what="passport", subject="e1")
    with desk.ledger.reading() as connection:
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.place.desc())).mappings().first()
    assert last is not None and (last["act"], last["by"], last["subject"], last["details"]) == (
        "looked_at",
        desk.inspector.user_id,
        "e1",
        {"what": "passport"},
    )


def test_only_a_look_does_not_wait_for_the_disk(desk: Desk):
    told: list[str] = []

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "synchronous" in statement:
            told.append(statement)

    event.listen(desk.ledger.engine, "before_cursor_execute", noted)
    by = desk.inspector.user_id
    for _ in range(2):
        audit.looked_at(desk.ledger, at=NOON, by=by, what="passport", subject="e1")
        desk.ledger.written.clear()
        audit.looked_at(desk.ledger, at=NOON, by=by, what="passport", subject="e2")
        assert not desk.ledger.written.is_set(), "nobody waits for looks"
        with desk.ledger.writing() as connection:
            audit.append(connection, at=NOON, by=by, act="began", subject="x")
    if desk.ledger.is_sqlite:
        assert told == [f"PRAGMA synchronous = {mode}" for mode in ("NORMAL", "NORMAL", "FULL") * 2]
    else:
        assert told == ["SET LOCAL synchronous_commit TO off"] * 4
    assert audit.verify(desk.ledger).place >= 6


def test_a_moment_without_a_zone_is_not_kept():
    with pytest.raises(ValueError, match="no zone"):
        Moment().process_bind_param(NOON.replace(tzinfo=None), None)  # type: ignore[arg-type]


def test_moments_come_back_in_the_time_of_the_place(desk: Desk):
    visit = desk.took(desk.begun(), "file", EVENING_BEFORE)
    assert visit.filed_at == EVENING_BEFORE and f"{visit.filed_at:%H:%M %z}" == "16:00 +0800"


@pytest.mark.parametrize("told", ["nonsense", "mysql://root@localhost/x", "sqlite:////tmp/x", "duckdb:///x"])
def test_a_ledger_is_the_file_of_the_home_or_on_a_server_and_nothing_else(
    home: Home, told: str, monkeypatch: pytest.MonkeyPatch
):
    assert ledger_url(home).database == str(home.field / "ledger.sqlite")
    monkeypatch.setenv(URL_SETTING, told)
    with pytest.raises(SettingsError, match="postgresql://"):
        ledger_url(home)


def test_a_server_that_is_not_there_is_told_without_its_password(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(URL_SETTING, f"postgresql://desk:secret@/x?host={home.root}")
    with pytest.raises(WarehouseError) as told, ledger_of(home):
        pass
    assert "secret" not in str(told.value) and "See whether it is there" in str(told.value)


def test_a_file_that_is_no_database_is_told(home: Home):
    with ledger_of(home):
        pass
    for path in home.field.glob("ledger.sqlite*"):
        path.unlink()
    (home.field / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(WarehouseError, match="comes back from a backup"), ledger_of(home):
        pass


def test_whoever_waits_too_long_is_told_to_try_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 0.1)
    with (
        ledger.writing(),
        pytest.raises(WarehouseError, match="Try again; nothing was recorded"),
        ledger.writing(),
    ):
        pass


def test_readers_go_on_while_somebody_writes_and_see_what_was_before(desk: Desk):
    visit = desk.begun()
    with desk.ledger.writing() as connection:
        connection.execute(text("UPDATE visits SET enterprise_id = 'e9'"))
        assert desk.again(visit).filing == filing()
        with desk.ledger.reading() as other:
            assert other.execute(text("SELECT enterprise_id FROM visits")).scalar_one() == "e1"


def test_a_document_that_is_no_json_is_not_kept(ledger: Ledger):
    with pytest.raises(Exception, match="JSON"), ledger.writing() as connection:
        line = {"place": 1, "at": "", "act": "", "subject": "", "details": {"x": float("nan")}}
        connection.execute(insert(AUDIT).values(**line, previous="", hash=""))


def test_a_backup_holds_the_ledger_as_of_one_moment_and_the_photos_it_tells_of(home: Home, tmp_path: Path):
    picture = b"jpeg" * 100
    photo = sha256(picture).hexdigest()
    with writing(home):
        pass
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        visit = desk.signed(record(findings=[finding(photos=[photo])]))
        put_blob(ledger, desk.inspector, photo, [picture], NOON)
        (ledger.blobs / photo[:2] / "torn.part").write_bytes(b"half")
        to = tmp_path / "backups"
        to.mkdir()
        made = back_up(home, to, at=NOON, program="test")
        desk.took(desk.again(visit), "withdraw", reason="later than the backup")
    names = {name for name in made.manifest.files if name.startswith("field/")}
    assert names == {"field/ledger.sqlite", f"field/blobs/{photo[:2]}/{photo}"}
    other = Home(tmp_path / "other").prepare()
    restore(other, made.folder, at=NOON)
    with ledger_of(other) as ledger:
        assert load(ledger, desk.inspector, visit.visit_id).state == "counted"
        assert blob_of(ledger, desk.inspector, photo).read_bytes() == picture
        audit.verify(ledger)
    assert other.open_to_others() is None
