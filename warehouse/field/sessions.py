"""Sessions at the desk: kept by the server, so that they can be ended; the ledger holds no token, only its hash."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from models.errors import LoginError
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.tables import SESSIONS
from warehouse.field.users import User, checked, user_of, user_of_login

LONGEST: Final = timedelta(hours=12)
"""From login on, whatever is done: a working day in the field."""
IDLE: Final = timedelta(hours=4)
"""Without any request: a forenoon without network."""
_SEEN_EVERY: Final = timedelta(minutes=5)
"""Being seen is a write; more often it tells nothing."""
_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in.  ``token`` goes into the cookie, ``csrf`` into every form of the session."""

    token: str
    user: User
    expires_at: datetime

    @property
    def csrf(self) -> str:
        """The mark that forms of this session carry; whoever does not know the token cannot reckon it."""
        return hmac.new(self.token.encode(), b"csrf", sha256).hexdigest()

    @property
    def token_hash(self) -> str:
        """What the ledger keeps of the token."""
        return _hash(self.token)

    def is_own(self, csrf: str) -> bool:
        """Whether a form comes from this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode(errors="surrogatepass"))


def log_in(ledger: Ledger, login: str, password: str, *, address: str, now: datetime) -> Session:
    """Begin a session.  Raises LoginError."""
    user = checked(ledger, login, password, address=address, now=now)
    return _begun(ledger, user, {"address": address[:200]}, now)


def log_in_as(ledger: Ledger, login: str, *, address: str, now: datetime) -> Session:
    """Begin a session of whom a provider of logins vouches for.  Raises LoginError for who is nobody here."""
    user = user_of_login(ledger, login)
    if user is None or not user.is_active:
        raise LoginError(
            "Nobody here has the login '{login}' that the provider tells. Have an administrator add it.",
            login=login[:200],
        )
    return _begun(ledger, user, {"address": address[:200], "by": "provider"}, now)


def _begun(ledger: Ledger, user: User, details: dict[str, str], now: datetime) -> Session:
    token = secrets.token_urlsafe(32)
    session = Session(token, user, now + LONGEST)
    with ledger.writing() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < now - _KEPT))
        row = {"token_hash": _hash(token), "user_id": user.user_id, "created_at": now, "seen_at": now}
        connection.execute(insert(SESSIONS).values(**row, expires_at=session.expires_at))
        audit.append(
            connection, at=now, by=user.user_id, act="logged_in", subject=user.user_id, details=details
        )
    return session


def session_of(ledger: Ledger, token: str, now: datetime) -> Session:
    """The session of a token.  Raises LoginError where it is over, or never was."""
    with ledger.reading() as connection:
        found = (
            connection.execute(select(SESSIONS).where(SESSIONS.c.token_hash == _hash(token)))
            .mappings()
            .first()
        )
        user = user_of(connection, found["user_id"]) if found else None
    if (
        found is None
        or user is None
        or found["ended_at"] is not None
        or now >= found["expires_at"]
        or now >= found["seen_at"] + IDLE
        or not user.is_active
    ):
        raise LoginError("The session is over. Log in again; what was not sent yet is still on the device.")
    if now >= found["seen_at"] + _SEEN_EVERY:
        with ledger.writing() as connection:
            mine = SESSIONS.c.token_hash == found["token_hash"]
            connection.execute(update(SESSIONS).where(mine).values(seen_at=now))
    return Session(token, user, found["expires_at"])


def open_sessions(ledger: Ledger, now: datetime) -> dict[str, int]:
    """How many sessions of each person are open, by number; of others nothing."""
    is_open = (
        SESSIONS.c.ended_at.is_(None) & (SESSIONS.c.expires_at > now) & (SESSIONS.c.seen_at > now - IDLE)
    )
    query = select(SESSIONS.c.user_id, func.count()).where(is_open).group_by(SESSIONS.c.user_id)
    with ledger.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def log_out(ledger: Ledger, session: Session, now: datetime) -> None:
    """End a session."""
    with ledger.writing() as connection:
        mine = (SESSIONS.c.token_hash == _hash(session.token)) & SESSIONS.c.ended_at.is_(None)
        connection.execute(update(SESSIONS).where(mine).values(ended_at=now))
        user_id = session.user.user_id
        audit.append(connection, at=now, by=user_id, act="logged_out", subject=user_id)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
