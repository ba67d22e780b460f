"""Who uses the desk: people with their roles and authority, and their passwords.

Passwords are kept as argon2id.  Hashing one takes a third of a second of a core on purpose, so guessing is slow and
attempts are throttled before anything is hashed, by account and by address.
"""

import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import FieldError, LoginError, NotThereError
from models.field.states import ADMIN, ENTERPRISE, ROLE
from models.vocabulary import LEVEL
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority, Jurisdiction, authority_of, known_roles
from warehouse.field.tables import ATTEMPTS, SESSIONS, USERS

LEAST_PASSWORD: Final = 10
"""Characters."""
MOST_PASSWORD: Final = 200
THROTTLE_MINUTES: Final = 15
MOST_BY: Final = {"login": 5, "address": 30}
"""Attempts within those minutes; an office behind one address has many accounts."""

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes reckoned at once: each takes 64 MiB, and the desk must go on answering."""


@dataclass(frozen=True)
class User:
    """A person at the desk.  ``officer_id``: number in the register of officers, where the person is one.

    ``enterprise_id``: of the enterprise that the person speaks for; of those who work for an authority none.
    """

    user_id: str
    login: str
    name: str
    roles: frozenset[str]
    authority: Authority | None
    crew_id: str | None
    officer_id: str | None
    is_active: bool
    enterprise_id: str | None = None

    @property
    def jurisdiction(self) -> Jurisdiction:
        """What the person may see and do."""
        return Jurisdiction(self.authority, self.roles)


def add_user(
    ledger: Ledger,
    *,
    login: str,
    name: str,
    password: str,
    roles: frozenset[str],
    authority: Authority | None,
    now: datetime,
    by: User | None,
    crew_id: str | None = None,
    officer_id: str | None = None,
    enterprise_id: str | None = None,
) -> User:
    """Let somebody in from now on.  ``by``: an administrator; none from the command line of the machine.

    ``enterprise_id``: of somebody of an enterprise, who sees that one alone.

    Raises FieldError.
    """
    _require_admin(by)
    _require_sound(password, login)
    values: dict[str, Any] = {
        "user_id": str(uuid.uuid4()),
        "login": _written(login),
        "name": _plain(name).strip()[:200],
        "password": _hashed(password),
        "roles": sorted(_roles(roles, authority, enterprise_id)),
        "level": authority.level if authority else None,
        "division": authority.division if authority else "",
        "crew_id": crew_id,
        "officer_id": officer_id,
        "enterprise_id": enterprise_id,
        "is_active": True,
        "created_at": now,
    }
    if not values["login"] or not values["name"]:
        raise FieldError("A user needs a login and a name. Give both.")
    try:
        with ledger.writing() as connection:
            connection.execute(insert(USERS).values(**values))
            names = ("login", "roles", "level", "division", "officer_id", "enterprise_id")
            told = {name: values[name] for name in names}
            _note(connection, now, by, "user_added", values["user_id"], told)
            return _user(_row(connection, values["user_id"]))
    except IntegrityError as error:
        raise FieldError("There is a user {login} already. Choose another login.", login=login) from error


def change_user(
    ledger: Ledger,
    user_id: str,
    *,
    by: User | None,
    now: datetime,
    roles: frozenset[str] | None = None,
    authority: Authority | None = None,
    crew_id: str | None = None,
    officer_id: str | None = None,
    is_active: bool | None = None,
    is_nowhere: bool = False,
) -> User:
    """Change what is given, and end the sessions of the person; an empty crew or officer's number is taken away.

    ``is_nowhere``: the person belongs to no authority any more.

    Raises FieldError, also where an administrator would be locked out by the own hand; NotThereError.
    """
    _require_admin(by)
    with ledger.writing() as connection:
        # As they are now: of two administrators who lock each other at once, one stays.
        _require_admin(user_of(connection, by.user_id) if by else None)
        before = _user(_row(connection, user_id))
        _require_not_oneself(by, before, roles, is_active)
        changes: dict[str, Any] = {}
        if roles is not None or authority is not None or is_nowhere:
            place = None if is_nowhere else authority or before.authority
            changes["roles"] = sorted(_roles(roles or before.roles, place, before.enterprise_id))
            changes |= {"level": place.level if place else None, "division": place.division if place else ""}
        given = {"crew_id": crew_id, "officer_id": officer_id, "is_active": is_active}
        changes |= {
            name: None if value == "" else value for name, value in given.items() if value is not None
        }
        if not changes:
            return before
        connection.execute(update(USERS).where(USERS.c.user_id == user_id).values(**changes))
        end_sessions(connection, user_id, now)
        _note(connection, now, by, "user_changed", user_id, changes)
        return _user(_row(connection, user_id))


def set_password(
    ledger: Ledger, user_id: str, password: str, *, by: User | None, now: datetime, keep: str = ""
) -> None:
    """Give a new password, one's own or as an administrator, and end all sessions.

    ``keep``: hash of the token of a session that goes on.  Raises FieldError, NotThereError.
    """
    if by is None or by.user_id != user_id:
        _require_admin(by)
    with ledger.reading() as connection:
        login = _user(_row(connection, user_id)).login
    _require_sound(password, login)
    hashed = _hashed(password)
    with ledger.writing() as connection:
        connection.execute(update(USERS).where(USERS.c.user_id == user_id).values(password=hashed))
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.what == "login", ATTEMPTS.c.who == login))
        end_sessions(connection, user_id, now, keep=keep)
        _note(connection, now, by, "password_set", user_id, {})


def send_away(ledger: Ledger, user_id: str, *, by: User | None, now: datetime) -> int:
    """End all sessions of a person, who may log in again; how many were open.  Raises FieldError, NotThereError."""
    _require_admin(by)
    with ledger.writing() as connection:
        _row(connection, user_id)
        count = end_sessions(connection, user_id, now)
        _note(connection, now, by, "sessions_ended", user_id, {"count": count})
        return count


def find_user(ledger: Ledger, user_id: str) -> User:
    """A person by number.  Raises NotThereError."""
    with ledger.reading() as connection:
        return user_of(connection, user_id)


def users(ledger: Ledger) -> list[User]:
    """Everybody, those who are not let in any more too, by login."""
    with ledger.reading() as connection:
        return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.login)).mappings()]


def user_of(connection: Connection, user_id: str) -> User:
    """A person by number.  Raises NotThereError."""
    return _user(_row(connection, user_id))


def user_of_login(ledger: Ledger, login: str) -> User | None:
    """A person by login, however it is written."""
    with ledger.reading() as connection:
        found = connection.execute(select(USERS).where(USERS.c.login == _written(login))).mappings().first()
    return _user(found) if found else None


def checked(ledger: Ledger, login: str, password: str, *, address: str, now: datetime) -> User:
    """Whoever has this login and password.  ``address``: where the attempt comes from.

    Raises LoginError with the same words for an unknown login, a wrong password and somebody who is not let in any
    more; with others where there were too many attempts.
    """
    who = {"login": _written(login), "address": _plain(address)[:200]}
    with ledger.writing() as connection:
        noted = _throttle(connection, who, now)
        found = connection.execute(select(USERS).where(USERS.c.login == who["login"])).mappings().first()
    # An unknown login takes as long as a wrong password, and outside the transaction: others go on meanwhile.
    is_right = _fits(found["password"] if found else _nobodys(), password)
    if not (found and found["is_active"] and is_right):
        raise LoginError(
            "Login or password is wrong. Try again, or have an administrator set a new password."
        )
    with ledger.writing() as connection:
        # Of the address only this attempt: whoever has an account may not clear the way to others.
        own = (ATTEMPTS.c.what == "login") & (ATTEMPTS.c.who == who["login"])
        connection.execute(delete(ATTEMPTS).where(own | (ATTEMPTS.c.attempt_id == noted)))
    return _user(found)


def end_sessions(connection: Connection, user_id: str, now: datetime, *, keep: str = "") -> int:
    """End all sessions of a person, but for the one whose token has the hash ``keep``; how many."""
    open_ones = (SESSIONS.c.user_id == user_id) & SESSIONS.c.ended_at.is_(None)
    others = open_ones & (SESSIONS.c.token_hash != keep)
    return connection.execute(update(SESSIONS).where(others).values(ended_at=now)).rowcount


def _throttle(connection: Connection, who: dict[str, str], now: datetime) -> int:
    """Note an attempt; its number, of the address.  Raises LoginError, and notes nothing, where there were too many."""
    since = now - timedelta(minutes=THROTTLE_MINUTES)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at < since))
    for what, name in who.items():
        mine = (ATTEMPTS.c.what == what) & (ATTEMPTS.c.who == name)
        count = connection.execute(select(func.count()).select_from(ATTEMPTS).where(mine)).scalar_one()
        if count >= MOST_BY[what]:
            raise LoginError(
                "There were too many attempts. Wait {minutes} minutes, then try again.",
                minutes=THROTTLE_MINUTES,
            )
    noted = [
        connection.execute(
            insert(ATTEMPTS).values(what=what, who=name, at=now).returning(ATTEMPTS.c.attempt_id)
        ).scalar_one()
        for what, name in who.items()
    ]
    return noted[-1]


def _written(login: str) -> str:
    return _plain(login).strip().lower()[:200]


def _plain(text: str) -> str:
    """Without characters that no database keeps."""
    return "".join(one for one in text if one.isprintable())


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def _fits(hashed: str, password: str) -> bool:
    if len(password) > MOST_PASSWORD:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(hashed, password)
        except (Argon2Error, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _hashed(uuid.uuid4().hex)


def _require_sound(password: str, login: str) -> None:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or password.strip().lower() == _written(login):
        raise FieldError(
            "A password has {least} to {most} characters and is not the login. Choose another one.",
            least=LEAST_PASSWORD,
            most=MOST_PASSWORD,
        )


def _require_admin(by: User | None) -> None:
    if by is not None and not (by.is_active and ADMIN in by.roles):
        raise FieldError("Only an administrator changes users. Ask one.")


def _require_not_oneself(
    by: User | None, before: User, roles: frozenset[str] | None, is_active: bool | None
) -> None:
    """As nobody takes the own key away, one administrator is always left; the terminal of the machine may.

    Nor does anybody give oneself a role: who keeps users sees no visits until somebody else says so.
    """
    if by is None or by.user_id != before.user_id:
        return
    if is_active is False or (roles and ADMIN not in roles):
        raise FieldError(
            "Nobody takes the own account of an administrator away. Let another administrator do it."
        )
    if roles and roles - before.roles:
        raise FieldError("Nobody gives oneself a role. Let another administrator do it.")


def _roles(
    roles: frozenset[str], authority: Authority | None, enterprise_id: str | None = None
) -> frozenset[str]:
    try:
        given = known_roles(roles, ROLE.keys)
    except ValueError as error:
        raise FieldError(
            "There is no role {roles}. Choose of: {known}.", roles=str(error), known=", ".join(ROLE.keys)
        ) from error
    if ENTERPRISE in given or enterprise_id:
        # Who is inspected and who inspects are never one account.
        if given != frozenset({ENTERPRISE}) or authority is not None or not enterprise_id:
            raise FieldError(
                "Somebody of an enterprise has that role alone, the number of the enterprise, and no authority."
            )
        return given
    if authority is None:
        if given - {ADMIN}:
            raise FieldError("Only an administrator belongs to no authority. Give level and division.")
    elif authority.level not in LEVEL.keys or (authority.level != "city" and not authority.division):
        raise FieldError(
            "The authority of a user needs its level and, below the city, its division. Give both."
        )
    return given


def _row(connection: Connection, user_id: str) -> RowMapping:
    found = connection.execute(select(USERS).where(USERS.c.user_id == user_id)).mappings().first()
    if found is None:
        raise NotThereError("There is no such user. Look at the list of users.")
    return found


def _user(row: RowMapping) -> User:
    return User(
        user_id=row["user_id"],
        login=row["login"],
        name=row["name"],
        roles=frozenset(row["roles"]),
        authority=authority_of(row["level"], row["division"]),
        crew_id=row["crew_id"],
        officer_id=row["officer_id"],
        is_active=row["is_active"],
        enterprise_id=row["enterprise_id"],
    )


def _note(
    connection: Connection, now: datetime, by: User | None, act: str, subject: str, details: dict[str, Any]
) -> None:
    audit.append(connection, at=now, by=by.user_id if by else None, act=act, subject=subject, details=details)
