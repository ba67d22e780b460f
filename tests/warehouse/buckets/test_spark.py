"""Buckets coded by Spark; skipped where PySpark or Java is missing."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from models.errors import RiskcodeError, ScoreError, SettingsError, WarehouseError
from tests.worlds.bucketed import both_ways, differing, world
from warehouse.buckets import needed, spark
from warehouse.buckets.needed import OLDEST_JAVA, java_version, require_spark
from warehouse.buckets.spark import on_spark


def lacking() -> str:
    if find_spec("pyspark") is None:
        return "pyspark is not installed (requirements-spark.lock)"
    return "" if (java_version() or 0) >= OLDEST_JAVA else "there is no Java 17"


needs_spark = pytest.mark.skipif(bool(lacking()), reason=lacking())


@needs_spark
@pytest.mark.slow
def test_spark_makes_what_is_made_at_once_and_tells_what_it_cannot(tmp_path: Path) -> None:
    with world(tmp_path, 0) as one:
        assert differing(*both_ways(one, on_spark("local[2]"), most=150)) == []

    def refuses(bucket: int) -> str:
        raise SettingsError("bucket {bucket} is not for here", bucket=bucket)

    with pytest.raises(ScoreError, match="bucket 3 is not for here"):
        on_spark("local[2]")(refuses, [3])


@needs_spark
@pytest.mark.slow
@pytest.mark.whole
def test_a_task_or_a_jvm_that_dies_ends_a_run_whole_and_the_next_one_begins_anew() -> None:
    def dies(bucket: int) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    with pytest.raises(ScoreError, match=r"worker exited unexpectedly.*Run again"):
        on_spark("local[2]")(dies, [3])

    def takes_the_jvm_along(bucket: int) -> str:
        next(one for one in psutil.Process().parents() if one.name() == "java").kill()
        return ""

    with pytest.raises(ScoreError, match="Run again"):
        on_spark("local[2]")(takes_the_jvm_along, [3])
    # Another run of this process begins with a JVM of its own.
    assert on_spark("local[2]")(str, [3]) == ["3"]


class NoTask(Exception):
    """As Spark raises what happened in a task."""


@pytest.mark.parametrize(
    ("told", "family", "why"),
    [
        (
            "An error occurred while calling o59.\n: org.apache.spark.SparkException: Job aborted: Python worker "
            "exited unexpectedly (crashed).\n\tat java.base/java.io",
            ScoreError,
            r"\(org.apache.spark.SparkException: Job aborted: Python worker exited unexpectedly \(crashed\)\.\)",
        ),
        (
            ": org.apache.spark.SparkException: Job aborted: Traceback (most recent call last):\n  File\n"
            "models.errors.WarehouseError: Bucket 3: not here.",
            ScoreError,
            r"\(models.errors.WarehouseError: Bucket 3",
        ),
        (
            "Traceback\n_duckdb.IOException: IO Error: Async write failed: No space left on device",
            WarehouseError,
            "Make room and run again",
        ),
    ],
)
def test_what_ended_a_task_is_told_in_one_line_and_a_full_disk_as_one(
    told: str, family: type[RiskcodeError], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        """Whose tasks all fail."""

        def range(self, *_: int) -> "Session":
            return self

        def mapInArrow(self, *_: object) -> "Session":
            return self

        def collect(self) -> None:
            raise NoTask(told)

    monkeypatch.setattr(spark, "_of_spark", lambda: NoTask)
    with pytest.raises(family, match=why):
        spark._mapped(Session(), str, [3])


def test_nobody_needs_spark_where_there_is_no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "require_spark", lambda: pytest.fail("asked for"))
    assert list(on_spark(None)(str, [])) == []


def test_what_is_missing_is_named_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"requirements-spark\.lock"):
        require_spark()
    monkeypatch.setattr(needed, "find_spec", lambda name: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="there is none"):
        require_spark()
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("""#!/bin/sh\necho 'openjdk version "11.0.2"' >&2\n""")
    java.chmod(0o755)
    with pytest.raises(SettingsError, match="and 11 is there"):
        require_spark()
