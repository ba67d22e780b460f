"""What codes a whole city: here, or Spark; whoever asks for it, and what is missing for it."""

import json
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

from assets import resources
from assets.resources import Warehouse
from models.errors import SettingsError
from pipelines.definitions import build_definitions
from pipelines.settings import load_settings
from tests.worlds.bucketed import DAY, differing, tables_of, world
from tests.worlds.runs import riskcode
from warehouse.coding.order import STAGES
from warehouse.database.places import place_of
from warehouse.home import Home


def coded(run: Warehouse, connection) -> tuple[dict, list[tuple[int, ...]]]:
    """The place of the day, and the rows that its stages tell, as assets have them computed."""
    run.begin(connection, (DAY,))
    with run.at(DAY):
        coding = run.new_coding(DAY)
        counts = [run.compute(coding, stage) for stage in STAGES]
        return tables_of(connection), counts


def engine_told(run: Warehouse, connection) -> str:
    """What the page of a run says of its features."""
    run.begin(connection, (DAY,))
    with run.at(DAY):
        return run.engine_now


@pytest.mark.whole
def test_a_run_by_spark_makes_and_counts_what_a_run_here_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[object]()

    def here(master: str | None) -> Callable[[Callable[[int], str], Iterable[int]], Iterable[str]]:
        asked.append(master)
        return map

    monkeypatch.setattr(resources, "on_spark", here)
    shared = tmp_path / "shared"
    with world(tmp_path, 2) as one:
        local, counts = coded(Warehouse(home=str(one.home.root)), one.connection)
        assert not asked
        place_of(one.home, DAY).unlink()
        by_spark = Warehouse(
            home=str(one.home.root), engine="spark", spark_master="yarn", spark_folder=str(shared)
        )
        assert (differing(local, coded(by_spark, one.connection)[0]), asked) == ([], ["yarn"])
        assert coded(by_spark, one.connection)[1] == counts
        assert engine_told(by_spark, one.connection) == "spark"
        assert shared.exists() and not any(shared.iterdir())


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed")
def test_without_pyspark_a_run_tells_what_to_install_before_it_takes_anything_in(tmp_path: Path) -> None:
    done = riskcode(tmp_path, "run", "--demo", "--engine", "spark")
    assert done.returncode == SettingsError.exit_code
    assert "requirements-spark.lock" in done.stderr
    assert not Home(tmp_path).warehouse.exists()


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed")
def test_the_doctor_misses_pyspark_before_a_night_does(tmp_path: Path) -> None:
    done = riskcode(tmp_path, "doctor", "--json", RISKCODE_ENGINE="spark")
    told = {row["check"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 1 and not told["libraries"]["ok"]
    assert "requirements-spark.lock" in told["libraries"]["found"]


def test_a_master_without_spark_is_wrong_use(tmp_path: Path) -> None:
    done = riskcode(tmp_path, "run", "--demo", "--master", "local[2]")
    assert done.returncode == 2 and "--engine spark" in done.stderr


def test_the_engine_of_the_settings_is_that_of_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path))
    monkeypatch.setenv("RISKCODE_ENGINE", "spark")
    monkeypatch.setenv("RISKCODE_SPARK_MASTER", "yarn")
    monkeypatch.setenv("RISKCODE_SPARK_FOLDER", "/mnt/shared")
    resource = build_definitions(load_settings()).resources
    run = resource["warehouse"] if resource else None
    assert isinstance(run, Warehouse)
    assert (run.engine, run.spark_master, run.spark_folder) == ("spark", "yarn", "/mnt/shared")
    monkeypatch.setenv("RISKCODE_ENGINE", "polars")
    with pytest.raises(SettingsError, match="local or spark"):
        load_settings()
