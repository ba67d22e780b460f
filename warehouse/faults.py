"""What disks and files do to a command, as errors a user can act on."""

import errno

from models.errors import WarehouseError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OF_FILES = {
    "IOException",
    "FatalException",
    "InternalException",
    "SerializationException",
    "OutOfMemoryException",
}
"""What DuckDB raises for what is not a mistake of the program: full disks, damaged files, files of others."""


def fault_of(error: BaseException) -> WarehouseError | None:
    """The error a user can act on, where disk or files are to blame; ``None`` where the program is."""
    why = " ".join(str(error).split())
    if (isinstance(error, OSError) and error.errno in _FULL) or "No space left" in why:
        return WarehouseError("No space is left ({why}). Make room and run again; nothing is lost.", why=why)
    if isinstance(error, OSError):
        return WarehouseError(
            "A file cannot be used ({why}). What is wrong with the home tells: ./riskcode doctor", why=why
        )
    if type(error).__module__.endswith("duckdb") and type(error).__name__ in _OF_FILES:
        return WarehouseError(
            "A database cannot be read or written ({why}). ./riskcode doctor makes copies for readers anew; a "
            "warehouse that is damaged comes back by ./riskcode restore FROM --replace",
            why=why,
        )
    return None
