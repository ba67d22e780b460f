"""Buckets coded by Spark; skipped where PySpark or Java is missing."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from models.errors import ScoreError, SettingsError
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
