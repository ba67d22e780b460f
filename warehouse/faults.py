"""What disks and files do to a command, as errors a user can act on."""

import errno
from collections.abc import Iterator

from models.errors import WarehouseError

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of what is raised where no space is left."""
_OF_FILES = {
    "Error",
    "IOException",
    "FatalException",
    "InternalException",
    "SerializationException",
    "OutOfMemoryException",
}
"""What DuckDB raises for what is not a mistake of the program: full disks, damaged files, files of others."""
_OF_SQLITE = (
    "disk I/O error",
    "readonly database",
    "unable to open database file",
    "malformed",
    "not a database",
)
"""What SQLite says of these, in which Dagster keeps its runs."""


NO_SPACE = "No space left"
"""What systems, and whoever repeats them, say of a full disk."""


def no_space_left(why: str) -> WarehouseError:
    """The error of a full disk, here or on another machine."""
    return WarehouseError("No space is left ({why}). Make room and run again; nothing is lost.", why=why)


def fault_of(error: BaseException) -> WarehouseError | None:
    """The error a user can act on, where disk or files are to blame; ``None`` where the program is.

    A full disk is found behind whatever was raised because of it; other faults only where they are the cause.
    """
    for one in _behind(error):
        if _is_full(one):
            return no_space_left(_why(one))
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            return WarehouseError(
                "A file cannot be used ({why}). What is wrong with the home tells: ./riskcode doctor",
                why=_why(cause),
            )
        if _is_of_a_database(cause):
            return WarehouseError(
                "A database cannot be read or written ({why}). ./riskcode doctor makes copies for readers anew; a "
                "warehouse that is damaged comes back by ./riskcode restore FROM --replace",
                why=_why(cause),
            )
        cause = cause.__cause__
    return None


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error, and those it was raised from or while they were dealt with."""
    seen, left = set[int](), [error]
    while left:
        one = left.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [other for other in (one.__cause__, one.__context__) if other is not None]


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL
    return (_is_duckdb(error) and NO_SPACE in f"{error}") or (
        _is_sqlite(error) and "disk is full" in f"{error}"
    )


def _is_of_a_database(error: BaseException) -> bool:
    if _is_duckdb(error):
        return type(error).__name__ in _OF_FILES
    return _is_sqlite(error) and any(told in f"{error}" for told in _OF_SQLITE)


def _is_duckdb(error: BaseException) -> bool:
    return type(error).__module__.endswith("duckdb")


def _is_sqlite(error: BaseException) -> bool:
    return type(error).__module__ == "sqlite3"


def _why(error: BaseException) -> str:
    return " ".join(str(error).split())
