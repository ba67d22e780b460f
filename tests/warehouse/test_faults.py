"""Which errors disk and files are to blame for, and what is said of them."""

import errno
import sqlite3

import duckdb
import pytest

from warehouse.faults import fault_of


def raised_by(error: Exception, *, cause: Exception | None = None) -> Exception:
    """An error as somebody gets it who called."""
    try:
        raise error from cause
    except Exception as caught:
        return caught


def while_dealing_with(first: Exception, then: Exception) -> Exception:
    try:
        try:
            raise first
        except Exception:
            raise then  # noqa: B904
    except Exception as caught:
        return caught


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        duckdb.IOException("Could not write file: No space left on device"),
        raised_by(RuntimeError("the step failed"), cause=FULL),
        while_dealing_with(FULL, KeyError("what was left of it")),
        raised_by(RuntimeError("no log"), cause=sqlite3.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_is_found_behind_whatever_was_raised_because_of_it(error: Exception) -> None:
    fault = fault_of(error)
    assert fault is not None and fault.exit_code == 5
    assert str(fault).startswith("No space is left (") and "Make room and run again" in str(fault)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "A file cannot be used"),
        (duckdb.Error("Corrupt database file: computed checksum 1"), "A database cannot be read or written"),
        (sqlite3.DatabaseError("database disk image is malformed"), "A database cannot be read or written"),
        (raised_by(RuntimeError("x"), cause=sqlite3.OperationalError("disk I/O error")), "(disk I/O error)"),
    ],
)
def test_files_and_databases_are_told_with_the_next_step(error: Exception, said: str) -> None:
    fault = fault_of(error)
    assert fault is not None and said in str(fault) and "./riskcode doctor" in str(fault)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a mistake of the program"),
        duckdb.BinderException("no such column"),
        sqlite3.OperationalError("no such table: runs"),
        while_dealing_with(FileNotFoundError("looked for in vain"), KeyError("a mistake of the program")),
    ],
)
def test_mistakes_of_the_program_are_no_faults(error: Exception) -> None:
    assert fault_of(error) is None
