"""Who is let in: passwords, throttling, sessions, and who keeps users."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from models.errors import FieldError, LoginError, NotThereError
from tests.worlds.ledgers import LIXIA, NOON, PASSWORD, SHIZHONG, home_in, ledger_of, person
from warehouse.field import audit
from warehouse.field import users as people
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.sessions import IDLE, LONGEST, Session, log_in, log_out, session_of
from warehouse.field.tables import AUDIT, SESSIONS, USERS
from warehouse.field.users import (
    MOST_BY,
    THROTTLE_MINUTES,
    add_user,
    change_user,
    checked,
    set_password,
    users,
)

HERE, THERE = "10.0.0.1", "10.0.0.2"


def let_in(
    ledger: Ledger, login: str = "li", password: str = PASSWORD, *, now=NOON, address: str = HERE
) -> Session:
    return log_in(ledger, login, password, address=address, now=now)


def test_whoever_has_login_and_password_is_let_in_and_told_who_it_is(ledger: Ledger):
    li = person(ledger, "li", "inspector", "leader", crew_id="370102-01", officer_id="o1")
    session = let_in(ledger, " LI ")
    assert session.user == li == session_of(ledger, session.token, NOON).user
    assert (li.roles, li.authority, li.officer_id) == ({"inspector", "leader"}, LIXIA, "o1")


def test_passwords_are_argon2id_and_tokens_are_hashes(home, monkeypatch: pytest.MonkeyPatch):
    real = people._HASHER
    with ledger_of(home) as ledger, patch.object(people, "_HASHER", real):
        person(ledger, "li")
        session = let_in(ledger)
        with ledger.reading() as connection:
            kept = connection.execute(select(USERS.c.password)).scalar_one()
            (row,) = connection.execute(select(SESSIONS)).mappings()
    assert kept.startswith("$argon2id$") and "m=65536" in kept
    files = b"".join(path.read_bytes() for path in home.field.glob("ledger.sqlite*"))
    assert PASSWORD.encode() not in files
    assert session.token.encode() not in files and session.csrf.encode() not in files
    assert len(row["token_hash"]) == 64


def test_a_wrong_password_an_unknown_login_and_somebody_who_left_are_told_the_same(ledger: Ledger):
    person(ledger, "li")
    left = person(ledger, "zhao")
    change_user(ledger, left.user_id, by=None, now=NOON, is_active=False)
    said = set[str]()
    for login, password in (
        ("li", "wrong password"),
        ("nobody", PASSWORD),
        ("zhao", PASSWORD),
        ("li", "x" * 5000),
    ):
        with pytest.raises(LoginError) as told:
            let_in(ledger, login, password)
        said.add(str(told.value))
    assert len(said) == 1


def test_after_five_attempts_an_account_waits_a_quarter_of_an_hour_even_with_the_right_password(
    ledger: Ledger,
):
    person(ledger, "li")
    person(ledger, "zhao")
    for n in range(MOST_BY["login"]):
        with pytest.raises(LoginError, match="wrong"):
            let_in(ledger, password="wrong password", now=NOON + timedelta(seconds=n))
    with pytest.raises(LoginError, match="Wait 15 minutes"):
        let_in(ledger, address=THERE, now=NOON + timedelta(minutes=1))
    assert let_in(ledger, "zhao"), "another account is not touched"
    assert let_in(ledger, now=NOON + timedelta(minutes=THROTTLE_MINUTES, seconds=10))


def test_one_address_tries_thirty_times_whatever_the_accounts(ledger: Ledger):
    person(ledger, "li")
    for n in range(MOST_BY["address"]):
        with pytest.raises(LoginError, match="wrong"):
            let_in(ledger, f"guess{n}")
    with pytest.raises(LoginError, match="Wait"):
        let_in(ledger)
    assert let_in(ledger, address=THERE)


def test_an_office_logs_in_behind_one_address_all_day(ledger: Ledger):
    person(ledger, "li")
    for _ in range(MOST_BY["address"] + 5):
        assert let_in(ledger)


def test_nothing_is_hashed_for_whoever_is_throttled(ledger: Ledger):
    person(ledger, "li")
    for _ in range(MOST_BY["login"]):
        with pytest.raises(LoginError):
            let_in(ledger, password="wrong password")
    with patch.object(people, "_fits", side_effect=AssertionError), pytest.raises(LoginError, match="Wait"):
        let_in(ledger)


def test_a_session_ends_after_a_day_without_use_by_logging_out_and_with_the_person(ledger: Ledger):
    li = person(ledger, "li")
    first = let_in(ledger)
    with pytest.raises(LoginError, match="still on the device"):
        session_of(ledger, first.token, NOON + IDLE)
    second = let_in(ledger)
    for hours in range(3, 12, 3):
        assert session_of(ledger, second.token, NOON + timedelta(hours=hours)).user == li
    with pytest.raises(LoginError):
        session_of(ledger, second.token, NOON + LONGEST)
    third = let_in(ledger)
    log_out(ledger, third, NOON)
    fourth = let_in(ledger)
    set_password(ledger, li.user_id, "another long password", by=li, now=NOON)
    for ended in (third, fourth):
        with pytest.raises(LoginError):
            session_of(ledger, ended.token, NOON)
    assert let_in(ledger, password="another long password")


@pytest.mark.parametrize("token", ["", "x", "甲" * 50])
def test_a_token_that_never_was_is_no_session(ledger: Ledger, token: str):
    with pytest.raises(LoginError):
        session_of(ledger, token, NOON)


def test_a_form_is_of_its_own_session_alone(ledger: Ledger):
    person(ledger, "li")
    one, other = let_in(ledger), let_in(ledger)
    assert one.is_own(one.csrf) and session_of(ledger, one.token, NOON).is_own(one.csrf)
    assert not one.is_own(other.csrf) and not one.is_own("") and not one.is_own("甲")
    assert one.token not in one.csrf


def test_a_change_of_roles_ends_the_sessions_so_that_nobody_goes_on_with_the_old_ones(ledger: Ledger):
    li = person(ledger, "li")
    admin = person(ledger, "root", "admin", at=None)
    session = let_in(ledger)
    changed = change_user(
        ledger, li.user_id, by=admin, now=NOON, roles=frozenset({"auditor"}), authority=SHIZHONG
    )
    assert (changed.roles, changed.authority) == ({"auditor"}, SHIZHONG)
    with pytest.raises(LoginError):
        session_of(ledger, session.token, NOON)


def test_only_administrators_change_others_and_everybody_the_own_password(ledger: Ledger):
    li, zhao = person(ledger, "li", "leader"), person(ledger, "zhao")
    for act in (
        lambda: change_user(ledger, zhao.user_id, by=li, now=NOON, is_active=False),
        lambda: set_password(ledger, zhao.user_id, "another long password", by=li, now=NOON),
        lambda: add_user(
            ledger,
            login="x",
            name="X",
            password=PASSWORD,
            roles=frozenset({"admin"}),
            authority=None,
            now=NOON,
            by=li,
        ),
    ):
        with pytest.raises(FieldError, match="administrator"):
            act()
    with pytest.raises(NotThereError):
        change_user(ledger, "nobody", by=None, now=NOON, is_active=False)
    assert [one.login for one in users(ledger)] == ["li", "zhao"]


@pytest.mark.parametrize(
    ("login", "password", "roles", "at"),
    [
        ("li", "short", {"inspector"}, LIXIA),
        ("averylonglogin", "AVeryLongLogin", {"inspector"}, LIXIA),
        ("li", PASSWORD, set(), LIXIA),
        ("li", PASSWORD, {"emperor"}, LIXIA),
        ("li", PASSWORD, {"inspector"}, None),
        ("li", PASSWORD, {"inspector"}, Authority("district", "")),
        ("li", PASSWORD, {"inspector"}, Authority("moon", "1")),
        (" ", PASSWORD, {"inspector"}, LIXIA),
    ],
)
def test_a_user_that_could_not_be_meant_is_refused(
    tmp_path: Path, login: str, password: str, roles: set[str], at: Authority | None
):
    with ledger_of(home_in(tmp_path)) as ledger:
        with pytest.raises(FieldError):
            add_user(
                ledger,
                login=login,
                name="Li",
                password=password,
                roles=frozenset(roles),
                authority=at,
                now=NOON,
                by=None,
            )
        assert users(ledger) == []


def test_a_login_that_no_database_keeps_is_only_wrong(ledger: Ledger):
    person(ledger, "li")
    with pytest.raises(LoginError, match="wrong"):
        let_in(ledger, "\x00nobody", address="\x00")
    assert let_in(ledger, "l\x00i")


def test_a_login_is_given_once_however_it_is_written(ledger: Ledger):
    person(ledger, "li")
    with pytest.raises(FieldError, match="already"):
        person(ledger, " LI ")
    assert audit.verify(ledger).place == 1


def test_what_is_done_with_users_is_in_the_audit_and_no_password_is(ledger: Ledger):
    admin = person(ledger, "root", "admin", at=None)
    li = person(ledger, "li")
    change_user(ledger, li.user_id, by=admin, now=NOON, officer_id="o7")
    set_password(ledger, li.user_id, "another long password", by=admin, now=NOON)
    log_out(ledger, let_in(ledger, password="another long password"), NOON)
    with ledger.reading() as connection:
        lines = connection.execute(select(AUDIT.c.act, AUDIT.c.by, AUDIT.c.details)).all()
    assert [one.act for one in lines] == [
        *("user_added", "user_added", "user_changed", "password_set", "logged_in", "logged_out")
    ]
    assert [one.by for one in lines[2:]] == [admin.user_id, admin.user_id, li.user_id, li.user_id]
    assert "password" not in " ".join(str(one.details) for one in lines).replace("password_set", "")


def test_an_unknown_login_takes_as_much_work_as_a_wrong_password(ledger: Ledger):
    person(ledger, "li")
    for login in ("li", "nobody"):
        with patch.object(people, "_fits", return_value=False) as asked, pytest.raises(LoginError):
            checked(ledger, login, "wrong password", address=HERE, now=NOON)
        assert asked.call_count == 1
