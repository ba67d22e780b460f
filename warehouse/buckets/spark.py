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
from warehouse.database.frames import log
from warehouse.faults import NO_SPACE, no_space_left

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
                log.info("Spark %s codes them, master: %s", session.version, session.sparkContext.master)
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
    except _of_spark() as error:
        why = f"its JVM is gone: {error}" if isinstance(error, OSError) else _reason(str(error))
        if NO_SPACE in str(error):
            raise no_space_left(why) from error
        raise ScoreError(
            "Spark could not code all buckets ({why}). Run again, or without --engine spark.", why=why
        ) from error


def _of_spark() -> tuple[type[Exception], ...]:
    """What is raised where a task fails, dies, or takes the JVM along: the last leaves nobody to talk to."""
    told, bridge = import_module("pyspark.errors"), import_module("py4j.protocol")
    return told.PySparkException, bridge.Py4JError, OSError


def _reason(told: str) -> str:
    """The line of a trace through two languages that says what went wrong: that of a task before that of the JVM."""
    named = re.findall(r"^(: )?((?:[\w.]+\.)?\w*(?:Error|Exception): .+)$", told, re.MULTILINE)
    lines = [line for _, line in sorted(named, key=lambda found: bool(found[0]))]
    return (lines[0] if lines else " ".join(told.split()))[:500]


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
            "Spark does not start with the master {master} ({why}; it told more on the error stream). Set --master or "
            "RISKCODE_SPARK_MASTER, and what docs/spark.md says of it.",
            master=master or "of spark-defaults.conf",
            why=_reason(str(error)),
        ) from error
    try:
        yield session
    finally:
        _stop(session)
        if interrupted is not None:
            # Spark listens to Ctrl-C from its start on, and goes on doing so.
            signal.signal(signal.SIGINT, interrupted)


def _stop(session: Any) -> None:
    """End a session, also one whose JVM is gone: what was asked of it fails by itself, and another may begin."""
    try:
        session.stop()
    except (import_module("py4j.protocol").Py4JError, OSError):
        context, sessions = session.sparkContext, type(session)
        # The first time it noticed that nobody answers, the second time it forgets what it asked for.
        context.stop()
        type(context)._gateway = type(context)._jvm = None
        sessions._instantiatedSession = sessions._activeSession = None


def _path() -> str:
    """Where tasks find this program, before whatever they are told otherwise."""
    told = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_REPOSITORY), *([told] if told else [])])
