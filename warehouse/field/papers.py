"""Documents of visits as they were issued: numbered without a gap by authority, kind and year, and never changed.

What was issued is kept twice, as what its fields hold and as the very files; a document that was wrong is made void,
with a reason, and keeps its number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from models.errors import BusyError, ConflictError, FieldError, NotThereError
from models.field.states import INSPECTOR, LEADER
from warehouse.field import audit
from warehouse.field.blobs import write_named
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.tables import PAPERS, VISITS
from warehouse.field.users import User
from warehouse.field.visit import Ask, Visit, content_hash, row_of, seen_by, visit_of

MOST_LISTED: Final = 500
_MOST_TRIES: Final = 20
"""How often a document is made anew because somebody else took its number meanwhile."""


@dataclass(frozen=True)
class Made:
    """A document that was made for a number: what is written on it, what its fields hold, and its files."""

    number: str
    language: str
    held: Mapping[str, Any]
    word: bytes
    pdf: bytes | None


@dataclass(frozen=True)
class Issued:
    """A document that was issued.  ``revision``: of the record it was told from; ``word`` and ``pdf``: hashes."""

    paper_id: UUID
    kind: str
    authority: Authority
    year: int
    n: int
    number: str
    visit_id: UUID
    revision: int
    language: str
    held: Mapping[str, Any]
    word: str
    pdf: str | None
    issued_by: str
    issued_at: datetime
    voided_by: str | None
    voided_at: datetime | None
    void_reason: str | None

    @property
    def stands(self) -> bool:
        """Whether it was not made void."""
        return self.voided_at is None


def may_issue(user: User, visit: Visit) -> bool:
    """Whether somebody issues documents of a visit: who inspects or leads at its own authority."""
    return user.jurisdiction.acts_for(visit.authority) and not user.roles.isdisjoint({INSPECTOR, LEADER})


def issue(
    ledger: Ledger,
    user: User,
    visit_id: UUID,
    kind: str,
    typed: Mapping[str, str],
    make: Callable[[int, int], Made],
    ask: Ask,
) -> Issued:
    """Issue a document under the next number.  Asked again with the same request, nothing is done twice.

    ``make``: makes it for a year and a number.  Raises FieldError, NotThereError, ConflictError where the visit is not
    the one that was looked at, BusyError; then no number was used.
    """
    asked, year = content_hash({"kind": kind, **typed}), ask.now.year
    for _ in range(_MOST_TRIES):
        with ledger.reading() as connection:
            visit = _checked(connection, user, visit_id, kind, ask)
            if held := _again(connection, visit, kind, asked, ask):
                return held
            n = _next(connection, kind, visit.authority, year)
        made = make(year, n)
        files = [content for content in (made.word, made.pdf) if content is not None]
        names = [_kept(ledger, content) for content in files]
        with ledger.writing() as connection:
            visit = _checked(connection, user, visit_id, kind, ask)
            if held := _again(connection, visit, kind, asked, ask):
                return held
            if _next(connection, kind, visit.authority, year) != n:
                continue
            row: dict[str, Any] = {"paper_id": str(ask.request_id), "kind": kind, "year": year, "n": n}
            row |= {"level": visit.authority.level, "division": visit.authority.division}
            row |= {"number": made.number, "visit_id": str(visit_id), "revision": visit.revision}
            row |= {"language": made.language, "asked_hash": asked, "held": dict(made.held)}
            row |= {"word": names[0], "pdf": names[1] if len(names) > 1 else None}
            row |= {"issued_by": user.user_id, "issued_at": ask.now}
            connection.execute(insert(PAPERS).values(**row))
            details = {name: row[name] for name in ("kind", "number", "visit_id", "revision", "word", "pdf")}
            by, key = user.user_id, row["paper_id"]
            audit.append(connection, at=ask.now, by=by, act="paper_issued", subject=key, details=details)
            return _issued(_row(connection, ask.request_id))
    raise BusyError("Others issue documents at the same moment. Try again; nothing was issued.")


def void(ledger: Ledger, user: User, paper_id: UUID, reason: str, ask: Ask) -> Issued:
    """Make a document void; its number stays used.  Raises FieldError, NotThereError."""
    if not reason.strip():
        raise FieldError("Why the document is void is not said. Write the reason.")
    with ledger.writing() as connection:
        held, visit = _seen(connection, user, paper_id)
        _require_own(user, visit)
        if held.stands:
            values = {"voided_by": user.user_id, "voided_at": ask.now, "void_reason": reason.strip()}
            connection.execute(update(PAPERS).where(PAPERS.c.paper_id == str(paper_id)).values(**values))
            details = {"number": held.number, "reason": reason.strip()}
            by, key = user.user_id, str(paper_id)
            audit.append(connection, at=ask.now, by=by, act="paper_voided", subject=key, details=details)
        return _issued(_row(connection, paper_id))


def issued(ledger: Ledger, user: User, visit_id: UUID) -> list[Issued]:
    """Documents of a visit in the order in which they were issued, void ones too.  Raises NotThereError."""
    with ledger.reading() as connection:
        row_of(connection, visit_id, user)
        query = (
            select(PAPERS).where(PAPERS.c.visit_id == str(visit_id)).order_by(PAPERS.c.issued_at, PAPERS.c.n)
        )
        return [_issued(row) for row in connection.execute(query).mappings()]


def paper_of(ledger: Ledger, user: User, paper_id: UUID) -> Issued:
    """One document.  Raises NotThereError, also for one of a visit that somebody does not see."""
    with ledger.reading() as connection:
        return _seen(connection, user, paper_id)[0]


def register_of_papers(
    ledger: Ledger, user: User, *, year: int | None = None, kind: str | None = None, limit: int = MOST_LISTED
) -> list[Issued]:
    """Documents that somebody sees, the last issued first; at most so many."""
    seen = select(VISITS.c.visit_id).where(seen_by(user))
    query = select(PAPERS).where(PAPERS.c.visit_id.in_(seen))
    query = query.where(PAPERS.c.year == year) if year is not None else query
    query = query.where(PAPERS.c.kind == kind) if kind is not None else query
    query = query.order_by(PAPERS.c.issued_at.desc(), PAPERS.c.kind, PAPERS.c.n.desc())
    with ledger.reading() as connection:
        return [_issued(row) for row in connection.execute(query.limit(limit)).mappings()]


HANDED: Final = ("notice", "pledge", "record", "measure", "order", "opinion")
"""Kinds that an enterprise is handed; all others are of the authority alone."""


def handed_over(ledger: Ledger, enterprise_id: str) -> list[Issued]:
    """Documents of visits to an enterprise that it is handed, the last issued first; void ones are not among them."""
    query = _handed(enterprise_id).order_by(PAPERS.c.issued_at.desc(), PAPERS.c.kind)
    with ledger.reading() as connection:
        return [_issued(row) for row in connection.execute(query.limit(MOST_LISTED)).mappings()]


def handed_paper(ledger: Ledger, enterprise_id: str, paper_id: UUID) -> Issued:
    """One of them.  Raises NotThereError."""
    with ledger.reading() as connection:
        query = _handed(enterprise_id).where(PAPERS.c.paper_id == str(paper_id))
        found = connection.execute(query).mappings().first()
    if found is None:
        raise NotThereError("There is no such document. Look at the documents of your enterprise: /my")
    return _issued(found)


def _handed(enterprise_id: str) -> Select[Any]:
    own = select(VISITS.c.visit_id).where(VISITS.c.enterprise_id == enterprise_id)
    return select(PAPERS).where(
        PAPERS.c.visit_id.in_(own), PAPERS.c.kind.in_(HANDED), PAPERS.c.voided_at.is_(None)
    )


def file_of(ledger: Ledger, name: str) -> bytes:
    """The bytes of a file of a document.  Raises NotThereError where it is missing."""
    path = _path(ledger, name)
    if not path.exists():
        raise NotThereError(
            "The file of this document is missing from the ledger's folder. Bring it back from a backup."
        )
    return path.read_bytes()


def _path(ledger: Ledger, name: str) -> Path:
    return ledger.blobs.parent / "papers" / name[:2] / name


def _kept(ledger: Ledger, content: bytes) -> str:
    name = sha256(content).hexdigest()
    path = _path(ledger, name)
    if not path.exists():
        write_named(path, name, [content])
    return name


def _checked(connection: Connection, user: User, visit_id: UUID, kind: str, ask: Ask) -> Visit:
    visit = visit_of(row_of(connection, visit_id, user))
    _require_own(user, visit)
    if ask.expected != visit.version and not _is_issued(connection, ask.request_id):
        raise ConflictError(
            "The visit was changed meanwhile: it is at version {now}, and you looked at {before}. Look at both and "
            "decide; nothing was issued.",
            held=visit,
            now=visit.version,
            before=ask.expected,
        )
    return visit


def _require_own(user: User, visit: Visit) -> None:
    if not may_issue(user, visit):
        raise FieldError(
            "Documents of a visit are issued by those who inspect or lead at its authority. Let one of them do it."
        )


def _again(connection: Connection, visit: Visit, kind: str, asked: str, ask: Ask) -> Issued | None:
    """What was issued under this very request; ``None`` where nothing was.

    Raises ConflictError for another document under its number, FieldError where one of this kind stands already.
    """
    if _is_issued(connection, ask.request_id):
        row = _row(connection, ask.request_id)
        if (row["kind"], row["visit_id"], row["asked_hash"]) == (kind, str(visit.visit_id), asked):
            return _issued(row)
        raise ConflictError(
            "Something else was issued under the number of this form. Load the page again, and repeat it."
        )
    mine = (PAPERS.c.visit_id == str(visit.visit_id)) & (PAPERS.c.kind == kind) & PAPERS.c.voided_at.is_(None)
    query = select(PAPERS.c.number).where(mine, PAPERS.c.revision == visit.revision)
    if (number := connection.execute(query).scalar()) is not None:
        raise FieldError(
            "This document was issued already: {number}. Where it is wrong, make it void first.",
            number=number,
        )
    return None


def _is_issued(connection: Connection, paper_id: UUID) -> bool:
    query = select(PAPERS.c.n).where(PAPERS.c.paper_id == str(paper_id))
    return connection.execute(query).first() is not None


def _next(connection: Connection, kind: str, authority: Authority, year: int) -> int:
    own = (PAPERS.c.level == authority.level) & (PAPERS.c.division == authority.division)
    query = select(func.max(PAPERS.c.n)).where(own, PAPERS.c.kind == kind, PAPERS.c.year == year)
    return (connection.execute(query).scalar_one() or 0) + 1


def _seen(connection: Connection, user: User, paper_id: UUID) -> tuple[Issued, Visit]:
    found = connection.execute(select(PAPERS).where(PAPERS.c.paper_id == str(paper_id))).mappings().first()
    try:
        if found is not None:
            return _issued(found), visit_of(row_of(connection, UUID(found["visit_id"]), user))
    except NotThereError:
        pass
    raise NotThereError("There is no such document. Look at the register of documents: /papers")


def _row(connection: Connection, paper_id: UUID) -> RowMapping:
    return connection.execute(select(PAPERS).where(PAPERS.c.paper_id == str(paper_id))).mappings().one()


def _issued(row: RowMapping) -> Issued:
    names = (
        "kind",
        "year",
        "n",
        "number",
        "revision",
        "language",
        "held",
        "word",
        "pdf",
        "issued_by",
        "issued_at",
    )
    told = {name: row[name] for name in (*names, "voided_by", "voided_at", "void_reason")}
    place = Authority(row["level"], row["division"])
    return Issued(paper_id=UUID(row["paper_id"]), visit_id=UUID(row["visit_id"]), authority=place, **told)
