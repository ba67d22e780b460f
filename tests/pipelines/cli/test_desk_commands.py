"""``./riskcode desk``: export, the audit against a head kept elsewhere, users, photos that never arrived."""

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from tests.worlds.hazards import hazard
from tests.worlds.ledgers import PASSWORD, Desk, home_in, ledger_of
from tests.worlds.runs import Done, riskcode
from warehouse.clock import local_now
from warehouse.field.users import checked
from warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with people, and a visit that counted."""
    made = home_in(tmp_path)
    with ledger_of(made) as ledger:
        hazard(Desk(ledger), "e1")
    return made


def told(home: Home, *command: str) -> Done:
    return riskcode(home.root, "desk", *command, COLUMNS="80")


def as_json(home: Home, *command: str) -> dict[str, object]:
    done = told(home, *command, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_export_tells_what_it_wrote_and_then_that_there_is_nothing_to_write(home: Home) -> None:
    done = as_json(home, "export")
    assert done["files"] == [
        "filings_2026-06-29.csv",
        "inspections_2026-06-30.csv",
        "violations_2026-06-30.csv",
    ]
    again = told(home, "export")
    assert again.returncode == 0 and again.stdout.startswith("0 files written")
    assert as_json(home, "export")["files"] == []


def test_the_audit_is_verified_against_a_head_kept_elsewhere(home: Home, tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    kept.write_text(json.dumps(as_json(home, "audit", "verify")))
    shown = told(home, "audit", "verify")
    sealed = shown.stdout.splitlines()[-1]
    assert as_json(home, "audit", "verify", "--against", sealed) == json.loads(kept.read_text())
    with ledger_of(home) as ledger:
        desk = ledger.url.database
    assert desk is not None
    with sqlite3.connect(desk) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM audit WHERE place = (SELECT max(place) FROM audit)")
    assert told(home, "audit", "verify").returncode == 0, "what is cut off at the end shows by a head alone"
    for against in (sealed, str(kept)):
        cut = told(home, "audit", "verify", "--against", against)
        assert cut.returncode == 5 and "was changed" in cut.stderr
    with sqlite3.connect(desk) as connection:
        connection.execute("UPDATE audit SET act = 'nothing' WHERE place = 3")
    changed = told(home, "audit", "verify")
    assert changed.returncode == 5 and "line 3" in changed.stderr


@pytest.mark.parametrize("against", ["nothing", "x:y", "12"])
def test_what_is_no_head_is_wrong_usage(home: Home, against: str) -> None:
    done = told(home, "audit", "verify", "--against", against)
    assert done.returncode == 2 and "PLACE:HASH" in done.stderr


def test_a_user_comes_in_by_the_password_shown_and_not_when_removed(home: Home) -> None:
    command = (
        "add",
        "zhao",
        "--name",
        "赵敏",
        "--level",
        "district",
        "--division",
        "370102",
        "--officer",
        "o7",
    )
    made = as_json(home, "user", *command, "--role", "inspector", "--role", "leader")
    assert (made["roles"], made["level"], made["officer_id"]) == (["inspector", "leader"], "district", "o7")
    shown = str(made["password"])
    with ledger_of(home) as ledger:
        assert checked(ledger, "zhao", shown, address="a", now=local_now()).officer_id == "o7"
    new = str(as_json(home, "user", "password", "ZHAO")["password"])
    changed = as_json(home, "user", "change", "zhao", "--role", "auditor", "--division", "370103")
    assert (changed["roles"], changed["division"], "password" in changed) == (["auditor"], "370103", False)
    with ledger_of(home) as ledger:
        assert checked(ledger, "zhao", new, address="a", now=local_now()).roles == {"auditor"}
    assert as_json(home, "user", "remove", "zhao")["is_active"] is False
    with ledger_of(home) as ledger, pytest.raises(Exception, match="password is wrong"):
        checked(ledger, "zhao", new, address="a", now=local_now())
    assert as_json(home, "user", "change", "zhao", "--back")["is_active"] is True
    listed = told(home, "user", "list")
    assert "赵敏" in listed.stdout and max(map(len, listed.stdout.splitlines())) <= 80
    assert [one["login"] for one in json.loads(told(home, "user", "list", "--json").stdout)] == [
        "li",
        "wang",
        "zhao",
    ]
    assert PASSWORD not in listed.stdout and new not in listed.stdout


def test_wrong_users_are_told_with_the_next_step(home: Home) -> None:
    assert "no such user" in told(home, "user", "password", "nobody").stderr
    assert told(home, "user", "add", "x", "--name", "X", "--role", "king").returncode == 2
    without = told(home, "user", "add", "x", "--name", "X")
    assert without.returncode != 0 and "Give level and division" in without.stderr
    empty = told(Home(home.root.parent / "empty"), "user", "list")
    assert "desk user add" in empty.stdout


def test_only_photos_that_stood_still_for_a_day_are_swept(home: Home) -> None:
    folder = home.field / "blobs" / "ab"
    folder.mkdir()
    for name, hours in (("old.part", 25), ("new.part", 1)):
        (folder / name).write_bytes(b"half")
        then = time.time() - hours * 3600
        os.utime(folder / name, times=(then, then))
    assert as_json(home, "blobs", "sweep") == {"removed": 1}
    assert [path.name for path in folder.iterdir()] == ["new.part"]


def test_fields_and_templates_of_documents_are_told_written_and_checked(home: Home, tmp_path: Path) -> None:
    fields = as_json(home, "papers", "fields", "order")
    assert {one["field"] for one in fields if one["is_typed"]} == {"review_body", "court"}
    assert all(one["basis"] and one["reference"] for one in as_json(home, "papers", "fields"))
    shown = told(home, "papers", "fields")
    assert max(map(len, shown.stdout.splitlines())) <= 80
    written = as_json(home, "papers", "templates", str(tmp_path / "own"))
    assert len(written["files"]) == 20 and "order.zh.docx" in written["files"]
    assert as_json(home, "papers", "templates", str(tmp_path / "own"))["files"] == []
    (home.root / "papers").mkdir()
    own = home.root / "papers" / "order.zh.docx"
    own.write_bytes((tmp_path / "own" / "order.zh.docx").read_bytes())
    assert as_json(home, "papers", "check")["faults"] == []
    own.write_bytes((tmp_path / "own" / "case.zh.docx").read_bytes())
    wrong = told(home, "papers", "check")
    assert wrong.returncode == 2 and "asks for" in wrong.stdout and "desk papers fields" in wrong.stdout
