"""Pass codes (入企通行码): what an enterprise scans to see who comes, on what basis and for what.

A code is the number of the visit with a seal that only the holder of the key can make; so it is guessed by nobody, and
nothing is kept for it but the key, in a file of its own beside the photos.
"""

import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import select

from models.errors import NotThereError
from warehouse.field.engine import Ledger
from warehouse.field.tables import VISITS
from warehouse.field.visit import Visit, visit_of

SHOWN: Final = ("approved", "started", "recorded", "signed", "counted", "closed")
"""States in which a visit has a code that opens; of a visit that was cancelled there is nothing to enter for."""
_SEAL_BYTES = 16
_KEY_BYTES = 32


_PASS: Final = b"pass"


def pass_code(ledger: Ledger, visit_id: UUID) -> str:
    """The code of a visit: 43 characters that an address takes."""
    return seal(ledger, visit_id, _PASS)


def seal(ledger: Ledger, visit_id: UUID, purpose: bytes) -> str:
    """The number of a visit with a seal for one purpose, as an address takes it."""
    return urlsafe_b64encode(visit_id.bytes + _seal(ledger, visit_id, purpose)).decode().rstrip("=")


def sealed_number(ledger: Ledger, code: str, purpose: bytes) -> UUID | None:
    """The number in a code whose seal is ours and for this purpose; ``None`` in any other."""
    visit_id = _number(code)
    if visit_id is None or not hmac.compare_digest(seal(ledger, visit_id, purpose).encode(), code.encode()):
        return None
    return visit_id


def visit_of_pass(ledger: Ledger, code: str) -> Visit:
    """The visit of a code, for anybody who holds the code.  Raises NotThereError."""
    visit_id = sealed_number(ledger, code, _PASS)
    if visit_id is None:
        raise _no_such_pass()
    with ledger.reading() as connection:
        query = select(VISITS).where(VISITS.c.visit_id == str(visit_id), VISITS.c.state.in_(SHOWN))
        found = connection.execute(query).mappings().first()
    if found is None:
        raise _no_such_pass()
    return visit_of(found)


def _number(code: str) -> UUID | None:
    try:
        told = urlsafe_b64decode(f"{code}=".encode("ascii"))
    except (Error, ValueError):
        return None
    return UUID(bytes=told[:16]) if len(told) == 16 + _SEAL_BYTES else None


def _no_such_pass() -> NotThereError:
    return NotThereError(
        "This pass code opens nothing: it is not one of ours, or the visit was cancelled. Ask who shows it for "
        "certificates, or call 12345."
    )


def _seal(ledger: Ledger, visit_id: UUID, purpose: bytes) -> bytes:
    return hmac.new(_key(ledger), purpose + visit_id.bytes, sha256).digest()[:_SEAL_BYTES]


def _key(ledger: Ledger) -> bytes:
    """The key of this ledger, made when it is first asked for; whole before it has its name."""
    path = ledger.blobs.parent / "pass.key"
    if not path.exists():
        begun = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        with open(begun, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as written:
            written.write(secrets.token_bytes(_KEY_BYTES))
            written.flush()
            os.fsync(written.fileno())
        try:
            # Whoever comes second takes the key of the first.
            os.link(begun, path)
        except FileExistsError:
            pass
        finally:
            begun.unlink()
    return path.read_bytes()
