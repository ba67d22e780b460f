"""Dagster's instance of a home: written once, kept where somebody changed it, in files or on a server."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance, job
from dagster._core.instance.config import PoolGranularity

from assets.partitions import POOL
from models.errors import SettingsError
from pipelines import instance as instances
from pipelines.instance import State, renew_instance_config, write_instance_config
from tests.worlds.postgres import server_of_its_own
from tests.worlds.runs import ended, process, riskcode
from warehouse.home import Home

URL = "RISKCODE_POSTGRES_URL"


@job
def nothing() -> None: ...


def test_dagster_takes_the_configuration_and_one_run_writes_while_others_go_on(home: Home) -> None:
    write_instance_config(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        assert not instance.telemetry_enabled and not instance.nux_enabled
        pools = instance.get_concurrency_config().pool_config
        assert (pools.pool_granularity, pools.default_pool_limit) == (PoolGranularity.RUN, 1)
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs > 1
        assert instance.run_retries_enabled and instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 12 * 3600
        assert instance.managed_python_loggers == ["riskcode"]
    assert POOL == "warehouse"


def test_a_configuration_is_written_once_and_what_somebody_changed_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = renew_instance_config(home)
    assert first.state is State.WRITTEN
    ours = first.config.read_text()
    assert renew_instance_config(home).state is State.STANDS
    # A later version of the program writes another one.
    later = shutil.copytree(instances.DEPLOY, tmp_path / "later")
    (later / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setattr(instances, "DEPLOY", later)
    write_instance_config(home)
    assert first.config.read_text() == ours, "only init replaces it"
    assert renew_instance_config(home).state is State.RENEWED
    assert "max_runtime" not in first.config.read_text()
    # Somebody changes it: it stays, and the new one stands beside.
    first.config.write_text(f"{first.config.read_text()}nux: {{enabled: false}}\n")
    changed = first.config.read_text()
    (later / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    last = renew_instance_config(home)
    assert last.state is State.BESIDE
    assert first.config.read_text() == changed
    assert yaml.safe_load(last.beside.read_text()) == {"telemetry": {"enabled": True}}
    assert sorted(path.name for path in home.dagster.iterdir()) == ["dagster.yaml", "dagster.yaml.new"]


def test_a_home_that_keeps_runs_elsewhere_than_the_settings_say_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instance_config(home)
    monkeypatch.setenv(URL, "postgresql://nobody@/nowhere")
    with pytest.raises(SettingsError, match="keeps Dagster's runs in files"):
        write_instance_config(home)
    assert renew_instance_config(home).state is State.RENEWED
    write_instance_config(home)
    monkeypatch.delenv(URL)
    with pytest.raises(SettingsError, match="on the server that RISKCODE_POSTGRES_URL names"):
        write_instance_config(home)
    monkeypatch.setenv(URL, "postgresql://nobody@/nowhere")
    monkeypatch.setattr(instances, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"requirements-postgres\.lock"):
        write_instance_config(home)


def test_a_configuration_that_is_no_yaml_says_so(home: Home) -> None:
    (home.dagster / "dagster.yaml").write_text("telemetry: [\n")
    with pytest.raises(SettingsError, match="is no YAML"):
        write_instance_config(home)


def test_init_prepares_a_home_and_tells_the_next_steps_again_and_again(tmp_path: Path) -> None:
    home = Home(tmp_path / "a home")
    done = riskcode(tmp_path / "other", "init", str(home.root))
    assert done.returncode == 0, done.stderr
    assert f"DAGSTER_HOME='{home.dagster}'" in done.stdout
    assert "dagster schedule start -w workspace.yaml -l riskcode nightly_schedule" in done.stdout
    assert not (tmp_path / "other").exists()
    readme = home.inbox / "README.md"
    assert "mapping.yaml" in readme.read_text()
    readme.write_text("ours")
    config = home.dagster / "dagster.yaml"
    config.write_text(f"{config.read_text()}# ours\n")
    again = riskcode(tmp_path / "other", "init", str(home.root))
    assert "dagster.yaml.new" in again.stdout
    assert readme.read_text() == "ours" and config.read_text().endswith("# ours\n")
    assert "empty" in riskcode(home.root, "doctor").stdout, "the note in the inbox is no source"


@pytest.mark.slow
def test_the_documented_command_starts_the_schedule_of_an_empty_home(home: Home) -> None:
    assert riskcode(home.root, "init").returncode == 0
    command = ["schedule", "start", "-w", "workspace.yaml", "-l", "riskcode", "nightly_schedule"]
    done = ended(process(home.root, "-m", "dagster", *command, DAGSTER_HOME=str(home.dagster)))
    assert done.returncode == 0, done.stderr
    assert "Started schedule nightly_schedule" in done.stdout
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        assert [state.name for state in instance.all_instigator_state() if state.is_running] == [
            "nightly_schedule"
        ]


def test_what_a_run_says_of_itself_stands_on_its_page(coded: Path, tmp_path: Path) -> None:
    told = json.loads((coded / "summary.json").read_text(encoding="utf-8"))
    # Whoever opens an instance may write in it.
    with DagsterInstance.from_config(
        str(shutil.copytree(coded / "dagster", tmp_path / "dagster"))
    ) as instance:
        events = instance.all_logs(told["run_id"])
    said = {(one.step_key, one.user_message) for one in events if not one.is_dagster_event}
    assert ("features", "computing features") in said
    assert any(step == "intake_checks" and text.startswith("checking ") for step, text in said)


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own."""
    with server_of_its_own() as url:
        yield url


@pytest.mark.slow
def test_runs_and_schedules_are_kept_on_a_server_where_the_settings_name_one(
    home: Home, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, server)
    write_instance_config(home)
    assert server not in (home.dagster / "dagster.yaml").read_text(), "a password stays in the environment"
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        done = nothing.execute_in_process(instance=instance)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        assert [run.run_id for run in instance.get_runs()] == [done.run_id]
        assert instance.all_logs(done.run_id)
        assert "Postgres" in type(instance.schedule_storage).__name__
    assert list(home.dagster.rglob("*.db")) == []
