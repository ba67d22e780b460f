"""A card's life on a small city, with the real parts: refit job, approval, nightly run, rollback."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from assets.learning import refit
from pipelines.demo import write_demo_city
from pipelines.instance import write_instance_config
from pipelines.learning_definitions import build_learning_definitions
from pipelines.schedules import monthly_refit
from pipelines.settings import load_settings
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, DAY_2, published, riskcode, run_arguments
from tests.worlds.warehouses import night
from warehouse.home import Home

pytestmark = pytest.mark.slow
DAY_3 = date(2026, 7, 2)


def told(home: Path, *arguments: str) -> Any:
    done = riskcode(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def learnt_from(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five years of a city, enough to learn from."""
    folder = tmp_path_factory.mktemp("delivery")
    write_demo_city(folder, enterprises=300, years=5)
    return folder


@pytest.fixture(scope="module")
def refitted(learnt_from: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A coded city with a challenger from the refit job, and what the job said of it."""
    home = tmp_path_factory.mktemp("home")
    night(Home(home), DAY_1, learnt_from)
    write_instance_config(Home(home).prepare())
    with pytest.MonkeyPatch.context() as here:
        here.setenv("RISKCODE_HOME", str(home))
        job = build_learning_definitions(load_settings()).resolve_job_def(refit.name)
        with DagsterInstance.from_config(str(home / "dagster")) as instance:
            result = job.execute_in_process(
                instance=instance,
                partition_key=DAY_1.isoformat(),
                run_config={
                    "ops": {"fit_challenger": {"config": {"label": "penalty", "families": ["boosted"]}}}
                },
            )
    [event] = [one for one in result.all_events if one.is_step_materialization]
    return home, {name: one.value for name, one in event.materialization.metadata.items()}


@pytest.mark.whole
def test_the_refit_job_stores_a_challenger_with_its_report_and_changes_no_code(
    refitted: tuple[Path, dict[str, Any]],
):
    home, said = refitted
    [card] = told(home, "model", "list")["cards"]
    assert card["card_id"] == said["card"]
    assert card["state"] == "challenger"
    assert Path(said["report"]).read_text(encoding="utf-8").count("<svg") >= 3
    assert "| card |" in said["measured"]
    assert "best simple rule" in said["verdict"]
    saved = json.loads((home / "cards" / f"{card['card_id']}.json").read_text(encoding="utf-8"))
    assert saved["scorecard"]["fingerprint"].startswith(said["fingerprint"])
    assert told(home, "model", "list")["promotions"] == []


@pytest.mark.whole
def test_a_promoted_card_scores_from_the_next_day_and_a_rollback_ends_it(
    refitted: tuple[Path, dict[str, Any]], learnt_from: Path
):
    home, said = refitted
    expert = fingerprint(home)
    done = riskcode(
        home, "model", "promote", said["card"], "--by", "王伟", "--reason", "trial", "--override", "--yes"
    )
    assert done.returncode == 0, done.stderr
    assert fingerprint(home) == expert
    assert riskcode(home, *run_arguments(learnt_from, DAY_2)).returncode == 0
    assert fingerprint(home).startswith(said["fingerprint"])
    firm = published(home)["codes"][0][0]
    foretold = told(home, "explain", firm)["foretold"]
    assert "penalty" in {one["label"] for one in foretold} <= {"accident", "penalty", "serious_finding"}
    assert all(0 <= one["low"] <= one["probability"] <= one["high"] <= 1 for one in foretold)
    rolled = riskcode(home, "model", "rollback", "--by", "王伟", "--reason", "trial over")
    assert rolled.returncode == 0, rolled.stderr
    night(Home(home), DAY_3)
    assert fingerprint(home) == expert
    assert told(home, "explain", firm)["foretold"] == []


@pytest.mark.whole
def test_a_card_is_fitted_and_measured_on_request_as_of_the_day_published_last(
    refitted: tuple[Path, dict[str, Any]], tmp_path: Path
):
    home = copy_of(refitted[0], tmp_path / "home")
    before, issued = told(home, "model", "list"), published(home)
    wrong = riskcode(home, "model", "fit", "--family", "logistic")
    assert wrong.returncode == 2 and "logistic_bins, logistic_bins_rounded" in wrong.stderr
    assert "nonsense" in riskcode(home, "model", "fit", "--label", "nonsense").stderr
    fitted = told(home, "model", "fit", "--label", "penalty", "--family", "logistic_bins")
    [new] = [one for one in told(home, "model", "list")["cards"] if one not in before["cards"]]
    assert (new["label"], new["state"]) == ("penalty", "challenger")
    assert fitted["scorecard"]["fingerprint"] == new["fingerprint"]
    assert published(home) == issued, "fitting changes no code"


def fingerprint(home: Path) -> str:
    """Fingerprint of the card that gave the published codes."""
    [found] = {row[-2] for row in published(home)["codes"]}
    return str(found)


def test_the_refit_is_asked_for_on_the_first_of_a_month():
    assert monthly_refit.cron_schedule == "0 4 1 * *"
    assert refit.name == "refit"
