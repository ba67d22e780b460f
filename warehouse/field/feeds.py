"""Calendar feeds: an address with a secret in it, by which a calendar fetches visits without a login.

The ledger keeps the hash of the secret alone.  A feed shows what its owner may see at the moment it is asked, and
nothing once it was revoked, or its owner is not let in any more.
"""

import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import RowMapping, func, insert, select, update

from models.errors import FieldError, NotThereError
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.tables import FEEDS
from warehouse.field.users import User, user_of

ME, CREW, AUTHORITY = "me", "crew", "authority"
MOST_FEEDS: Final = 10
"""Of one person, that are not revoked."""


@dataclass(frozen=True)
class Feed:
    """``of``: whose visits; ``used_at``: when a calendar asked last."""

    feed_id: str
    user_id: str
    of: str
    language: str
    created_at: datetime
    used_at: datetime | None


def make_feed(ledger: Ledger, user: User, of: str, language: str, now: datetime) -> str:
    """Make a feed; its secret, which is told this once.  Raises FieldError."""
    token = secrets.token_urlsafe(32)
    row = {"feed_id": str(uuid.uuid4()), "user_id": user.user_id, "token_hash": _hash(token), "of": of}
    with ledger.writing() as connection:
        own = (FEEDS.c.user_id == user.user_id) & FEEDS.c.revoked_at.is_(None)
        count = connection.execute(select(func.count()).select_from(FEEDS).where(own)).scalar_one()
        if count >= MOST_FEEDS:
            raise FieldError("You have {n} calendar addresses already. Revoke one first.", n=count)
        connection.execute(insert(FEEDS).values(**row, language=language, created_at=now))
        details = {"of": of}
        audit.append(
            connection, at=now, by=user.user_id, act="feed_made", subject=row["feed_id"], details=details
        )
    return token


def feeds_of(ledger: Ledger, user: User) -> list[Feed]:
    """Feeds of a person that are not revoked, in the order in which they were made."""
    own = (FEEDS.c.user_id == user.user_id) & FEEDS.c.revoked_at.is_(None)
    with ledger.reading() as connection:
        query = select(FEEDS).where(own).order_by(FEEDS.c.created_at, FEEDS.c.feed_id)
        return [_feed(row) for row in connection.execute(query).mappings()]


def revoke_feed(ledger: Ledger, user: User, feed_id: str, now: datetime) -> None:
    """Let an own feed show nothing from now on.  Raises NotThereError."""
    with ledger.writing() as connection:
        own = (FEEDS.c.user_id == user.user_id) & (FEEDS.c.feed_id == feed_id)
        standing = own & FEEDS.c.revoked_at.is_(None)
        if not connection.execute(update(FEEDS).where(standing).values(revoked_at=now)).rowcount:
            raise NotThereError("There is no such calendar address. Look at your own account: /me")
        audit.append(connection, at=now, by=user.user_id, act="feed_revoked", subject=feed_id)


def feed_of(ledger: Ledger, token: str) -> tuple[Feed, User]:
    """The feed of a secret, and its owner.  Raises NotThereError."""
    told = _hash(token)
    with ledger.reading() as connection:
        # By the hash: how long an index looks tells of it, and of the secret nothing.
        found = connection.execute(select(FEEDS).where(FEEDS.c.token_hash == told)).mappings().first()
        user = user_of(connection, found["user_id"]) if found else None
    is_right = found is not None and hmac.compare_digest(found["token_hash"], told)
    if found is None or user is None or not is_right or found["revoked_at"] is not None or not user.is_active:
        raise NotThereError("There is no such calendar. Make a new address at /me.")
    return _feed(found), user


def note_fetch(ledger: Ledger, feed: Feed, now: datetime) -> None:
    """Note that a calendar asked."""
    with ledger.writing(is_small=True) as connection:
        connection.execute(update(FEEDS).where(FEEDS.c.feed_id == feed.feed_id).values(used_at=now))
        audit.append(connection, at=now, by=feed.user_id, act="feed_fetched", subject=feed.feed_id)


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def _feed(row: RowMapping) -> Feed:
    names = ("feed_id", "user_id", "of", "language", "created_at", "used_at")
    return Feed(**{name: row[name] for name in names})
