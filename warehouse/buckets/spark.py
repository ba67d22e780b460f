"""Buckets coded by Spark: on the cores of this machine, or on a cluster whose machines see the same folder.

No row goes through the JVM: each task opens a database in memory, reads and writes Parquet (``code_bucket``), and gives
its counts.  PySpark is an extra (``requirements-spark.lock``) and is imported where it is asked for.
"""

import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.errors import ScoreError, SettingsError
from warehouse.buckets.coded import Run
from warehouse.buckets.needed import require_spark

_REPOSITORY = Path(__file__).parents[2]
_ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""A task has one core; more threads would only wait for each other."""


def on_spark(master: str | None) -> Run:
    """``master``: as Spark reads it (``local[4]``, ``yarn``, ``k8s://…``); ``None``: as its own configuration says.

    Raises SettingsError where Spark cannot be had, ScoreError where it gave up.
    """

    def run(code: Callable[[int], str], buckets: Iterable[int]) -> Iterable[str]:
        wanted = list(buckets)
        if not wanted:
            return []
        require_spark()
        with warnings.catch_warnings():
            # Frames of pandas, about which Spark warns, are not made.
            warnings.simplefilter("ignore", FutureWarning)
            with _session(master) as session:
                return _mapped(session, code, wanted)

    return run


def _mapped(session: Any, code: Callable[[int], str], buckets: list[int]) -> list[str]:
    def coded(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            for at in batch.column(0).to_pylist():
                yield pa.RecordBatch.from_pydict({"made": [code(buckets[at])]})

    # As many tasks as there are buckets, one for each.
    tasks = session.range(0, len(buckets), 1, len(buckets))
    try:
        return [made for (made,) in tasks.mapInArrow(coded, "made string").collect()]
    except import_module("pyspark.errors").PySparkException as error:
        raise ScoreError(
            "Spark could not code all buckets ({why}). Run again, or without --engine spark.",
            why=_reason(str(error)),
        ) from error


def _reason(told: str) -> str:
    """The line of a trace through two languages that says what went wrong."""
    named = re.findall(r"^(?:[\w.]+\.)?\w*(?:Error|Exception): .+$", told, re.MULTILINE)
    return (named[0] if named else " ".join(told.split()))[:500]


@contextmanager
def _session(master: str | None) -> Generator[Any]:
    # Spark asks the environment, whatever its configuration says, and needs the same Python everywhere.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder: Any = import_module("pyspark.sql").SparkSession.builder.appName("riskcode")
    builder = builder.config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR")
    for name in _ONE_THREAD:
        builder = builder.config(f"spark.executorEnv.{name}", "1")
    builder = builder.config("spark.executorEnv.PYTHONPATH", _path())
    if master is not None:
        builder = builder.master(master)
    if (master or "").startswith("local"):
        # A machine may not know its own name.
        for name in ("spark.driver.bindAddress", "spark.driver.host"):
            builder = builder.config(name, "127.0.0.1")
    is_main = threading.current_thread() is threading.main_thread()
    interrupted = signal.getsignal(signal.SIGINT) if is_main else None
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise SettingsError(
            "Spark does not start ({why}). Set --master or RISKCODE_SPARK_MASTER, and what docs/spark.md says of it.",
            why=_reason(str(error)),
        ) from error
    try:
        yield session
    finally:
        session.stop()
        if interrupted is not None:
            # Spark listens to Ctrl-C from its start on, and goes on doing so.
            signal.signal(signal.SIGINT, interrupted)


def _path() -> str:
    """Where tasks find this program, before whatever they are told otherwise."""
    told = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_REPOSITORY), *([told] if told else [])])
