"""Tables of the ledger.  A change of them is a new step in ``migrations/versions``; a test holds the two together."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from models.field.forms import in_zone
from warehouse.clock import LOCAL

_ID, _HASH, _WORD = String(36), String(64), String(200)


class Moment(TypeDecorator[datetime]):
    """A moment with its zone: kept in UTC, read in the time of the place."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is stored.  Raises ValueError for a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is read."""
        if value is None:
            return None
        return in_zone(value if value.tzinfo else value.replace(tzinfo=UTC), LOCAL)


class Document(TypeDecorator[Any]):
    """Plain data as canonical JSON: keys in order, no blanks, characters as they are."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """As it is stored."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """As it is read."""
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Plain data as the one text that stands for it.  Raises ValueError for what is no JSON (NaN)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

USERS: Final = Table(
    "users",
    METADATA,
    Column("user_id", _ID, primary_key=True),
    Column("login", _WORD, nullable=False, unique=True, doc="in lower case"),
    Column("name", _WORD, nullable=False),
    Column("password", Text, nullable=False, doc="argon2id, with its salt and costs"),
    Column("roles", Document, nullable=False),
    Column("level", String(20), doc="of the authority: city, district or town"),
    Column("division", String(20), nullable=False, doc="of the authority; empty for the city"),
    Column("crew_id", _WORD),
    Column("officer_id", _WORD, doc="number in the register of officers"),
    Column("enterprise_id", _WORD, doc="of whom the enterprise itself lets in; of all others empty"),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("token_hash", _HASH, primary_key=True, doc="SHA-256; the token itself is in the cookie alone"),
    Column("user_id", _ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, doc="whatever happens"),
    Column("ended_at", Moment),
)
ATTEMPTS: Final = Table(
    "attempts",
    METADATA,
    Column("attempt_id", Integer, primary_key=True, autoincrement=True),
    Column("what", String(10), nullable=False, doc="login or address"),
    Column("who", _WORD, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_attempts_what_who_at", "what", "who", "at"),
)
VISITS: Final = Table(
    "visits",
    METADATA,
    Column("visit_id", _ID, primary_key=True, doc="given by whoever began it"),
    Column("enterprise_id", _WORD, nullable=False, index=True),
    Column("level", String(20), nullable=False),
    Column("division", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False, doc="one more with every step"),
    Column("revision", Integer, nullable=False, doc="of the record that is signed; 0 before"),
    Column("counted_revision", Integer, nullable=False, doc="the last that went back; 0 before"),
    Column("created_by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("planned_on", Date, index=True),
    Column("filing", Document, nullable=False),
    Column(
        "names", Document, nullable=False, doc="of who goes, by number, as the register had them at filing"
    ),
    Column("rechecks", _ID, index=True, doc="the visit whose findings it looks at again"),
    Column("filed_by", _ID, ForeignKey("users.user_id")),
    Column("filed_at", Moment),
    Column("is_late", Boolean, nullable=False, doc="an emergency filed after its last day (D1)"),
    Column("approved_by", _ID, ForeignKey("users.user_id")),
    Column("approved_at", Moment),
    Column("record", Document),
    Column("counted_at", Moment),
)
Index("ix_visits_level_division_state", VISITS.c.level, VISITS.c.division, VISITS.c.state)
GOING: Final = Table(
    "going",
    METADATA,
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), primary_key=True),
    Column("officer_id", _WORD, primary_key=True, index=True, doc="number of who goes, as filed"),
)
STEPS: Final = Table(
    "steps",
    METADATA,
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), primary_key=True),
    Column("version", Integer, primary_key=True, doc="of the visit after the step"),
    Column("request_id", _ID, nullable=False, doc="given by whoever asks, so that asking again does nothing"),
    Column("content_hash", _HASH, nullable=False, doc="of what came with it"),
    Column("step", String(30), nullable=False),
    Column("before", String(20), nullable=False),
    Column("after", String(20), nullable=False),
    Column("by", _ID, ForeignKey("users.user_id")),
    Column("at", Moment, nullable=False),
    Column("device_at", Moment, doc="by the clock of the device: kept, never trusted"),
    Column("reason", Text),
    UniqueConstraint("visit_id", "request_id"),
)
REVISIONS: Final = Table(
    "revisions",
    METADATA,
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("record", Document, nullable=False),
    Column("reason", Text, nullable=False, doc="empty for the first"),
    Column("by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("at", Moment, nullable=False),
)
IMAGES: Final = Table(
    "images",
    METADATA,
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("sha256", _HASH, primary_key=True, index=True),
)
FINDINGS: Final = Table(
    "findings",
    METADATA,
    Column("finding_id", _ID, primary_key=True),
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("due_on", Date),
    Column("rectified_on", Date),
    Column("answers", Document),
)
BLOBS: Final = Table(
    "blobs",
    METADATA,
    Column("sha256", _HASH, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("at", Moment, nullable=False),
)
SENDERS: Final = Table(
    "senders",
    METADATA,
    Column("sha256", _HASH, ForeignKey("blobs.sha256"), primary_key=True),
    Column("by", _ID, ForeignKey("users.user_id"), primary_key=True, doc="who sent these very bytes"),
)
OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("table", String(40), nullable=False),
    Column("key", _ID, nullable=False),
    Column("revision", Integer, nullable=False, doc="1 first; the highest is what holds"),
    Column("recorded_on", Date, nullable=False),
    Column("row", Document, nullable=False),
    UniqueConstraint("table", "key", "revision"),
    Index("ix_outbox_recorded_on", "recorded_on"),
)
ACTS: Final = Table(
    "acts",
    METADATA,
    Column("act_id", _ID, primary_key=True, doc="given by whoever asked, so that asking again does nothing"),
    Column("kind", String(20), nullable=False, doc="file, decide, withdraw, give or end"),
    Column("enterprise_id", _WORD, nullable=False, index=True),
    Column("level", String(20), nullable=False, doc="of the authority that the enterprise belongs to"),
    Column("division", String(20), nullable=False),
    Column("told", Document, nullable=False, doc="what is to be done, as it was asked"),
    Column("asked_by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("asked_on", Date, nullable=False, doc="day it counts for"),
    Column("state", String(20), nullable=False, doc="asked, done or refused"),
    Column("tries", Integer, nullable=False),
    Column("number", String(40), doc="of the objection or the override, once it is done"),
    Column("said", Document, doc="why it was refused, or waits, by language"),
    Column("settled_at", Moment),
)
Index("ix_acts_state_asked_at", ACTS.c.state, ACTS.c.asked_at)
PAPERS: Final = Table(
    "papers",
    METADATA,
    Column(
        "paper_id", _ID, primary_key=True, doc="given by whoever issues, so that asking again does nothing"
    ),
    Column("kind", String(20), nullable=False),
    Column("level", String(20), nullable=False, doc="of the authority that issues it"),
    Column("division", String(20), nullable=False),
    Column("year", Integer, nullable=False),
    Column("n", Integer, nullable=False, doc="1, 2, 3 … of its kind, authority and year, without a gap"),
    Column("number", _WORD, nullable=False, doc="as it is written on it"),
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False, doc="of the record it is told from; 0 before there is one"),
    Column("language", String(10), nullable=False),
    Column("asked_hash", _HASH, nullable=False, doc="of what was typed"),
    Column("held", Document, nullable=False, doc="what its fields hold, by name"),
    Column("word", _HASH, nullable=False, doc="SHA-256 of the Word file"),
    Column("pdf", _HASH, doc="likewise; empty where no font had Chinese"),
    Column("issued_by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("voided_by", _ID, ForeignKey("users.user_id")),
    Column("voided_at", Moment),
    Column("void_reason", Text),
    UniqueConstraint("kind", "level", "division", "year", "n"),
)
EVALUATED: Final = Table(
    "evaluated",
    METADATA,
    Column("visit_id", _ID, ForeignKey("visits.visit_id"), primary_key=True, doc="its link was used"),
)
EVALUATIONS: Final = Table(
    "evaluations",
    METADATA,
    Column(
        "evaluation_id", _ID, primary_key=True, doc="drawn at random; which visit it is about is not kept"
    ),
    Column("level", String(20), nullable=False, doc="of the authority that visited"),
    Column("division", String(20), nullable=False),
    Column("quarter", String(6), nullable=False, doc="of the visit, as 2026Q3"),
    Column("is_shown", Boolean, nullable=False, doc="so many came together that nobody can be guessed"),
    Column("told", Document, nullable=False),
    Index("ix_evaluations_level_division_quarter", "level", "division", "quarter"),
    # In the order of their numbers on the disk too: not in that of their coming.
    sqlite_with_rowid=False,
)
SUBMISSIONS: Final = Table(
    "submissions",
    METADATA,
    Column("instance_id", _WORD, primary_key=True, doc="given by the device that filled in the form"),
    Column("content_hash", _HASH, primary_key=True, doc="of what it says"),
    Column("visit_id", _ID, nullable=False, index=True, doc="as it names it"),
    Column("state", String(20), nullable=False, doc="taken, conflict or refused"),
    Column("rule", String(40), nullable=False, doc="why it was not taken; else empty"),
    Column("said", Document, nullable=False, doc="the same in words, by language"),
    Column("told", Document, nullable=False, doc="its rows as they came"),
    Column("by", _ID, ForeignKey("users.user_id"), nullable=False),
    Column("at", Moment, nullable=False),
)
FEEDS: Final = Table(
    "feeds",
    METADATA,
    Column("feed_id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.user_id"), nullable=False, index=True),
    Column(
        "token_hash", _HASH, nullable=False, unique=True, doc="SHA-256; the token itself is with its owner"
    ),
    Column("of", String(20), nullable=False, doc="whose visits: me, crew or authority"),
    Column("language", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)
CALLS: Final = Table(
    "calls",
    METADATA,
    Column("call_id", _ID, primary_key=True, doc="follows from what happened, so that it is the same again"),
    Column("kind", String(40), nullable=False),
    Column("place", Integer, nullable=False, doc="of the line of the audit that tells it"),
    Column("body", Document, nullable=False, doc="as it is sent"),
    Column("created_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("said", Text, nullable=False, doc="why it was not taken last"),
)
Index("ix_calls_taken_at_next_at", CALLS.c.taken_at, CALLS.c.next_at)
AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False, doc="ISO 8601, as it is hashed"),
    Column("by", _ID, doc="empty: the program"),
    Column("act", String(40), nullable=False),
    Column("subject", _WORD, nullable=False),
    Column("details", Document, nullable=False),
    Column("previous", _HASH, nullable=False),
    Column("hash", _HASH, nullable=False, unique=True),
)
APPEND_ONLY: Final = (AUDIT, REVISIONS, STEPS, OUTBOX)
"""Tables whose rows nobody changes or deletes; the database itself refuses it."""
