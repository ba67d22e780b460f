"""One bucket coded as a city is, and all buckets brought home into the place of the day.

What is told of each enterprise by itself is made in the buckets; what is of the city (probabilities, the red queue, the
words of reasons) is made at home, by the same steps (``warehouse.coding.order``), from what came home.  A bucket writes
nothing but its files: it may be coded twice, or by two at once.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from models.errors import SettingsError, WarehouseError
from models.policy import Policy
from models.policy.loading import policy_from
from warehouse.buckets.exported import MOST_EVENTS, Counts, export, load, write
from warehouse.coding.coding import Coding, identity_of, watermark_said
from warehouse.coding.levels import preparing_once
from warehouse.coding.order import STAGES
from warehouse.coding.program import program
from warehouse.database.frames import Connection, held_within, log
from warehouse.database.meta import value
from warehouse.database.opening import prepare_schema
from warehouse.database.places import PLACE, note_brought
from warehouse.faults import FULL
from warehouse.rules.in_force import coding_on

Run = Callable[[Callable[[int], str], Iterable[int]], Iterable[str]]
"""Calls a function for every bucket, wherever it likes, and gives what came of it in any order: ``map`` is one."""

_STEPS = tuple(step for steps in STAGES.values() for step in steps if step.whom is not None)
TABLES = tuple(table for step in _STEPS for table in step.tables)
"""What is made in buckets."""
MOST_MEMORY = "2GB"
"""That the database of a bucket may hold; what does not fit lies in its own temporary files."""
MOST_AT_HOME = "1 GiB"
"""That the warehouse may hold while rows go out and come home: they only pass through."""


# ---- in a task ---------------------------------------------------------------------------------------------


def code_bucket(told: str, bucket: int) -> str:
    """Code the enterprises of a bucket and write what came of it; gives how many rows each table has, as JSON.

    ``told``: what the run says to all buckets (``bring``); nothing else is known here.
    Raises WarehouseError where this is another program, or what is read is not what was written.
    """
    order = json.loads(told)
    if order["program"] != program():
        raise WarehouseError(
            "Bucket {bucket}: another version of the program is here. Install the same.", bucket=bucket
        )
    read = Path(order["read"])
    if not read.is_dir():
        raise WarehouseError(
            "Bucket {bucket}: there is no {folder} here. Let RISKCODE_SPARK_FOLDER name a folder that all machines of "
            "Spark see.",
            bucket=bucket,
            folder=read,
        )
    with tempfile.TemporaryDirectory() as spilt, _in_memory(spilt) as connection:
        if load(connection, read, bucket) != order["rows"][str(bucket)]:
            raise WarehouseError("Bucket {bucket}: not all of its rows are here. Run again.", bucket=bucket)
        coding = _coding(connection, order)
        with preparing_once(connection):
            for step in _STEPS:
                step.compute(connection, coding)
        made = {table: write(connection, table, _file(order["write"], table, bucket)) for table in TABLES}
    return json.dumps({"bucket": bucket, "rows": made})


@contextmanager
def _in_memory(spilt: str) -> Generator[Connection]:
    """A new warehouse for one thread."""
    with duckdb.connect(
        config={"threads": 1, "memory_limit": MOST_MEMORY, "temp_directory": spilt}
    ) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        prepare_schema(connection)
        yield connection


def _coding(connection: Connection, order: dict[str, Any]) -> Coding:
    """The coding of the run, by the rules as they are read here; rows are there as they were stored by its write."""
    day, known_at = (date.fromisoformat(order[name]) for name in ("as_of", "known_at"))
    coding = coding_on(connection, _pack(order["pack"]), day, known_at=known_at, stored_by=order["stored_by"])
    if identity_of(connection, coding).rules != order["rules"]:
        raise WarehouseError("The rules of {day} are others where buckets are coded. Run again.", day=day)
    return replace(coding, stored_by=None)


@lru_cache(maxsize=1)
def _pack(texts: str) -> Policy:
    """Reading YAML takes a second, and one process codes many buckets."""
    return policy_from(json.loads(texts))


# ---- at home -----------------------------------------------------------------------------------------------


def bring(
    connection: Connection, coding: Coding, pack: Policy, folder: Path, run: Run, *, most: int = MOST_EVENTS
) -> None:
    """Let the open place hold what buckets make of a coding of everybody; its stages take it over one by one.

    ``pack``: as for ``coding_on``.  ``folder``: read and written by whoever codes a bucket; everything in it goes.
    Raises SettingsError where the folder cannot be written, WarehouseError where not all came home.
    """
    with _scratch(folder) as work:
        log.info("writing the rows of every bucket")
        read = work / "read"
        read.mkdir()
        with held_within(connection, MOST_AT_HOME):
            counts = export(connection, coding, read, most)
        buckets = sorted({bucket for by_bucket in counts.values() for bucket in by_bucket})
        log.info("coding %d buckets", len(buckets))
        told = _told(connection, coding, pack, work, counts, buckets)
        came = [json.loads(one) for one in run(partial(code_bucket, told), buckets)]
        rows: dict[int, dict[str, int]] = {one["bucket"]: one["rows"] for one in came}
        if sorted(rows) != buckets:
            raise WarehouseError("Not all buckets were coded. Run again.")
        with held_within(connection, MOST_AT_HOME):
            for table in TABLES if buckets else ():
                _take_in(connection, coding, work, table, {bucket: rows[bucket][table] for bucket in buckets})
    note_brought(connection, TABLES if buckets else ())


def _told(
    connection: Connection, coding: Coding, pack: Policy, work: Path, counts: Counts, buckets: list[int]
) -> str:
    for table in TABLES:
        (work / "write" / table).mkdir(parents=True)
    return json.dumps(
        {
            "program": program(),
            "as_of": f"{coding.as_of}",
            "known_at": f"{coding.known_at}",
            "stored_by": coding.stored_by,
            "pack": json.dumps(dict(pack.texts), ensure_ascii=False),
            "rules": identity_of(connection, coding).rules,
            "read": str(work / "read"),
            "write": str(work / "write"),
            "rows": {
                bucket: {name: by_bucket.get(bucket, 0) for name, by_bucket in counts.items()}
                for bucket in buckets
            },
        },
        ensure_ascii=False,
    )


def _take_in(connection: Connection, coding: Coding, work: Path, table: str, rows: dict[int, int]) -> None:
    """Let a table of the open place be the rows of all buckets in their order."""
    # Columns without any value have no kind of their own, so a bucket without rows does not tell it.
    telling = [bucket for bucket, height in rows.items() if height] or list(rows)[:1]
    files = [str(_file(work / "write", table, bucket)) for bucket in telling]
    watermark = ""
    if table == "risk.codes":
        # The latest day of the city, not of a bucket.
        watermark = f" REPLACE ({watermark_said(connection, coding.known_at)} AS data_watermark)"
    connection.execute(
        f"CREATE OR REPLACE TABLE {PLACE}.{table} AS SELECT *{watermark} FROM read_parquet(?)", [files]
    )
    if value(connection, f"SELECT count(*) FROM {PLACE}.{table}") != sum(rows.values()):
        raise WarehouseError("Not all rows of {table} came home. Run again.", table=table)


def _file(folder: str | Path, table: str, bucket: int) -> Path:
    return Path(folder) / table / f"{bucket}.parquet"


@contextmanager
def _scratch(folder: Path) -> Generator[Path]:
    """A folder for one run; what one that was killed left there is removed, so whoever still codes for it fails."""
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / uuid4().hex
    try:
        work.mkdir(parents=True, mode=0o700)
    except OSError as error:
        if error.errno in FULL:
            raise
        raise SettingsError(
            "{folder} cannot be written ({strerror}). Let RISKCODE_SPARK_FOLDER name a folder of yours that all "
            "machines of Spark see.",
            folder=folder,
            strerror=error.strerror,
        ) from error
    try:
        yield work
    finally:
        shutil.rmtree(folder, ignore_errors=True)
