"""The database of the ledger, its readers and its one writer at a time.

SQLite: a transaction that reads first and writes later fails when somebody else wrote in between, however long it is
willing to wait.  So every write begins with ``BEGIN IMMEDIATE``, and the writers of a process stand in line before a
lock, since SQLite's own waiting is neither fair nor quick.  PostgreSQL: all writes take one advisory lock until they
commit, for the chain of the audit must be in the order in which transactions end.
"""

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from models.errors import BusyError, SettingsError, WarehouseError
from warehouse.home import Home

URL_SETTING: Final = "RISKCODE_LEDGER"
"""Environment variable: the URL of a PostgreSQL database that holds the ledger instead of the file in the home."""
PATIENCE_SECONDS = 60
"""How long a write waits for those before it; each takes milliseconds."""
_ADVISORY = 0x7269736B
"""Key of the advisory lock: that of this program among all users of the server."""
_WRITES = "riskcode_writes"
"""Option of a connection whose transaction writes."""
_SMALL = "riskcode_small"
"""Option of one whose transaction does not wait for the disk."""

_locks: dict[str, threading.Lock] = {}
_locks_made = threading.Lock()


class Ledger:
    """An open ledger.  ``blobs``: folder of its photos.  Made by ``opened`` and closed by ``close``."""

    def __init__(self, url: URL, blobs: Path) -> None:
        self.url: Final = url
        self.blobs: Final = blobs
        self.is_sqlite: Final = url.get_backend_name() == "sqlite"
        self.engine: Final = _engine(url)
        # Set whenever this process has written, for whoever waits for news and clears it.
        self.written: Final = threading.Event()
        with _locks_made:
            self._lock = _locks.setdefault(url.render_as_string(hide_password=False), threading.Lock())

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A transaction that only reads, and sees the ledger as it is at one moment."""
        with _told(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, is_small: bool = False) -> Generator[Connection]:
        """A transaction that writes, alone; all of it is kept, or nothing.

        ``is_small``: nobody waits for it, and the end of a process leaves it as it is, but a power failure may take
        the last of its kind: the next other transaction makes them as safe as itself.

        Raises BusyError where others write for longer than anybody waits.
        """
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):
            raise _busy()
        try:
            with _told(self.url), self.engine.connect() as plain:
                connection = plain.execution_options(**{_WRITES: True, _SMALL: is_small})
                with connection.begin():
                    if not self.is_sqlite:
                        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
                        if is_small:
                            connection.execute(text("SET LOCAL synchronous_commit TO off"))
                    yield connection
            if not is_small:
                self.written.set()
        finally:
            self._lock.release()


def ledger_url(home: Home) -> URL:
    """Where the ledger is: the file in the home, or what the environment names.  Raises SettingsError."""
    told = os.environ.get(URL_SETTING)
    if not told:
        return URL.create("sqlite", database=str(home.ledger))
    try:
        url = make_url(told)
        backend = url.get_backend_name()
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            "{setting} is no URL of a database ({error}). Write postgresql://USER@HOST/NAME, or leave it out.",
            setting=URL_SETTING,
            error=type(error).__name__,
        ) from error
    if backend != "postgresql":
        raise SettingsError(
            "{setting} names {backend}; the ledger is kept in PostgreSQL or, without that setting, in the home. "
            "Write postgresql://USER@HOST/NAME, or leave it out.",
            setting=URL_SETTING,
            backend=backend,
        )
    return url


def prepared(home: Home, url: URL) -> Path:
    """The folder of the photos, made for this user alone, and the empty file of the ledger where it is one.

    Raises WarehouseError.
    """
    try:
        for folder in (home.field, home.field / "blobs"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its log the rights of its file, and would make that file for whom the umask lets in.
        if _is_sqlite(url):
            os.close(os.open(f"{url.database}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise WarehouseError(
            "{folder} cannot be written ({why}). Give it to the user who runs the desk.",
            folder=home.field,
            why=error.strerror,
        ) from error
    return home.field / "blobs"


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=8,
            max_overflow=64,
            pool_timeout=PATIENCE_SECONDS,
            pool_pre_ping=not _is_sqlite(url),
            # What people wrote, and hashes of passwords and tokens, do not belong into a log.
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise SettingsError(
            "{setting} needs a library that is not installed ({name}). Install requirements-postgres.lock.",
            setting=URL_SETTING,
            name=error.name,
        ) from error
    if _is_sqlite(url):
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _set_up(connection: Any, _record: object) -> None:
    # Transactions are begun by _begin: the driver's own begin too late, at the first write.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {PATIENCE_SECONDS * 1000}",
        "journal_mode = WAL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_WRITES):
        # What was answered as kept outlives a power failure: a signed record is nowhere else.  A connection comes from
        # whoever had it before, so each transaction says what it wants.
        connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if options.get(_SMALL) else 'FULL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")


@contextmanager
def _told(url: URL) -> Generator[None]:
    """Errors of the database's whereabouts as one sentence with the next step; those of a statement as they are."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig)
        if "locked" in said or "busy" in said:
            raise _busy() from error
        raise _unusable(url, said) from error
    except DBAPIError as error:
        if (
            error.connection_invalidated
            or "malformed" in f"{error.orig}"
            or "not a database" in f"{error.orig}"
        ):
            raise _unusable(url, str(error.orig)) from error
        raise


def _busy() -> BusyError:
    return BusyError("The ledger is being written by others for too long. Try again; nothing was recorded.")


def _unusable(url: URL, why: str) -> WarehouseError:
    return WarehouseError(
        "The ledger {ledger} cannot be used ({why}). See whether it is there and may be written; a damaged one comes "
        "back from a backup.",
        ledger=url.render_as_string(),
        why=" ".join(why.split()),
    )
