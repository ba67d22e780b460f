"""What goes wrong around a scheduler, lived through with its real services: what becomes of it now.

Alone and by neighbours every asset is launched in ``test_selections``, faults of nights stand in ``test_nights``.
"""

import re
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from tests.live.conftest import FIRST, moment, site
from tests.live.page import LOCATION
from tests.live.services import DAEMON, Services, waits_for
from tests.live.sources import deliver_findings, firms_of, found, lock_held, mapping
from tests.live.test_selections import living
from tests.worlds.deliveries import deliver
from warehouse.publish import published_as_of

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def city() -> Iterator[Services]:
    """A site with history enough to learn from."""
    with site(enterprises=300, years=5, wait_seconds=300) as found:
        yield found


OLDER = [FIRST - timedelta(days=later) for later in range(20, 15, -1)]
NIGHT = "nightly"


def coded(city: Services) -> list[tuple[date]]:
    """The days of the codes that live."""
    with duckdb.connect(str(city.home.warehouse), read_only=True) as connection:
        return connection.execute("SELECT DISTINCT as_of FROM risk.codes").fetchall()


def objection_is_accepted(city: Services, at: int) -> None:
    """An enterprise can object to a finding of the first day, whatever was coded again."""
    contested = found(firms_of(city.home), FIRST)[at]
    deliver_findings(city, "bureau", FIRST)
    assert city.page.ended(city.page.launch(None, job="intraday"))[0].status == "SUCCESS"
    key = ("--table", "violations", "--key", contested["violation_id"])
    about = (*key, "--by", "the enterprise", "--grounds", "not ours")
    done = city.command("objection", "file", contested["enterprise_id"], *about)
    assert done.returncode == 0, done.stderr


def next_night(city: Services) -> date:
    """The clock is set to the morning of the next day that is not issued yet; the day."""
    last = published_as_of(city.home)
    assert last is not None
    day = last + timedelta(days=1)
    city.clock.set(max(moment(day, 2, 10), city.clock.now()))
    return day


def test_features_then_scores_alone_for_an_older_day_leave_the_day_and_its_updates_as_they_were(
    city: Services,
) -> None:
    before = living(city.home)
    for asset in ("features", "scores", "explanations", "red_queue", "violations"):
        [run] = city.page.ended(city.page.launch(OLDER[0], [asset]))
        assert run.status == "SUCCESS", asset
    assert living(city.home) == before
    deliver_findings(city, "bureau", FIRST)
    [update] = city.page.ended(city.page.launch(None, job="intraday"))
    assert update.status == "SUCCESS"
    assert coded(city) == [(FIRST,)]


def test_a_night_waits_for_whoever_holds_the_lock(city: Services) -> None:
    day = next_night(city)
    with lock_held(city):
        asked = city.page.launch(day, job=NIGHT)
        waits_for(lambda: [one for one in city.page.runs() if one.status == "STARTED"], "the run to start")
        time.sleep(5)
    [run] = city.page.ended(asked)
    assert run.status == "SUCCESS"
    assert published_as_of(city.home) == day


def test_a_folder_without_mapping_stops_neither_the_look_nor_what_lies_beside_it(city: Services) -> None:
    deliver(city.home.inbox / "stray", {"list.csv": b"id\n1\n"})
    day = FIRST - timedelta(days=100)
    deliver_findings(city, "bureau", day)
    city.page.start_sensor("new_delivery")
    waits_for(lambda: is_taken(city, "bureau", day), "the findings to be taken in", seconds=180)
    assert {tick["status"] for tick in city.page.ticks("new_delivery")} <= {"SUCCESS", "SKIPPED"}
    assert "stray" in city.command("doctor").stdout


def read(city: Services, query: str) -> list[tuple[object, ...]]:
    """What the published copy says."""
    with duckdb.connect(str(city.home.published), read_only=True) as connection:
        return connection.execute(query).fetchall()


def is_taken(city: Services, source: str, *days: date) -> bool:
    """Whether the published copy tells of the files of days that a source delivered."""
    files = "SELECT DISTINCT f.file FROM ops.delivery_files f JOIN ops.deliveries d USING (delivery_id) "
    told = {f"{name}" for (name,) in read(city, f"{files} WHERE d.source = '{source}' AND f.accepted > 0")}
    return {f"{day}.csv" for day in days} <= told


def test_two_finished_files_do_not_wait_for_one_that_grows(city: Services) -> None:
    ended = threading.Event()
    folder = city.home.inbox / "growing"
    deliver(folder, {"mapping.yaml": mapping("growing", "violations")})

    def grow() -> None:
        while not ended.wait(3):
            with (folder / "long.csv").open("ab") as file:
                file.write(b"\n")

    days = [FIRST - timedelta(days=later) for later in (200, 201)]
    growing = threading.Thread(target=grow)
    growing.start()
    try:
        deliver_findings(city, "growing", *days)
        took = waits_for(lambda: is_taken(city, "growing", *days), "two files", seconds=180)
    finally:
        ended.set()
        growing.join()
        (folder / "long.csv").unlink()
    print(f"two finished files beside one that grows: published after {took:.0f} s")
    assert took < 118


def test_five_days_coded_again_share_a_run_and_touch_nothing_that_lives(city: Services) -> None:
    before, runs = living(city.home), {one.run_id for one in city.page.runs()}
    assets = [one["name"] for one in city.page.nodes() if one["is_made"] and one["location"] == LOCATION]
    backfill = city.page.backfill([f"{day}" for day in OLDER], assets)
    done = ("COMPLETED_SUCCESS", "COMPLETED", "COMPLETED_FAILED", "FAILED")
    waits_for(lambda: city.page.backfill_status(backfill)[0] in done, "the backfill", seconds=400)
    of_it = [one for one in city.page.runs() if one.run_id not in runs]
    assert [one.status for one in of_it if one.tags.get("dagster/backfill") == backfill] == ["SUCCESS"]
    after = living(city.home)
    assert {name for name in before if before[name] != after[name]} == set()
    objection_is_accepted(city, 0)


def test_all_that_is_missing_is_refused_at_once_and_no_night_waits_for_it(city: Services) -> None:
    days = city.page.partitions("codes")
    assert len(days) > 150
    runs = {one.run_id for one in city.page.runs()}
    city.page.backfill(days, ["features", "scores", "codes"])
    waits_for(lambda: [one for one in city.page.runs() if one.run_id not in runs], "a run of it")
    [refused, *more] = [one for one in city.page.runs() if one.run_id not in runs]
    [ended] = city.page.ended(refused.run_id)
    assert ended.status == "FAILURE" and not more
    day = next_night(city)
    [night] = city.page.ended(city.page.launch(day, job=NIGHT))
    assert night.status == "SUCCESS"


def test_a_run_that_is_cancelled_in_the_middle_leaves_the_day_before_whole(city: Services) -> None:
    before, last = living(city.home), published_as_of(city.home)
    day = next_night(city)
    run_id = city.page.launch(day, job=NIGHT)
    waits_for(lambda: re.search(f"{run_id}.*planning inspections", city.said("code")), "the plan to be made")
    city.page.terminate(run_id)
    [run] = city.page.ended(run_id)
    assert run.status == "CANCELED"
    after = living(city.home)
    # What was drawn stays drawn: nobody may draw again until the lot suits.
    drawn = {"plan.draws", "plan.targets"}
    of_codes = [
        name
        for name in before
        if name.startswith(("risk.", "plan.", "serve.", "published")) and name not in drawn
    ]
    assert [name for name in of_codes if before[name] != after[name]] == []
    assert published_as_of(city.home) == last
    objection_is_accepted(city, 1)


def test_a_challenger_is_fitted_beside_the_night_and_is_not_among_all_that_can_be_made(
    city: Services,
) -> None:
    [challenger] = [one for one in city.page.nodes() if one["name"] == "challenger"]
    assert not challenger["is_made"]
    day = next_night(city)
    lesson = {"ops": {"fit_challenger": {"config": {"label": "penalty", "families": ["boosted"]}}}}
    fit = city.page.launch(FIRST, job="refit", location=challenger["location"], config=lesson)
    night = city.page.launch(day, job=NIGHT)
    fitted, coded_night = city.page.ended(fit, night, seconds=900)
    assert (fitted.status, coded_night.status) == ("SUCCESS", "SUCCESS")


def test_three_nights_without_a_daemon_are_made_up_for_in_their_order_and_told(city: Services) -> None:
    city.page.start_schedule("nightly_schedule")
    city.stop(DAEMON)
    last = published_as_of(city.home)
    assert last is not None
    missed = [last + timedelta(days=later) for later in (1, 2, 3)]
    city.clock.set(moment(missed[-1], 9))
    assert "3" in city.command("doctor").stdout
    city.start(DAEMON)
    waits_for(lambda: published_as_of(city.home) == missed[-1], "the last of them", seconds=300)
    issued = read(city, "SELECT as_of FROM ops.runs WHERE is_issued ORDER BY number")
    assert [day for (day,) in issued][-3:] == missed


def test_what_is_made_by_night_leads_to_what_people_read(city: Services) -> None:
    nodes = {one["name"]: one for one in city.page.nodes()}
    for name in (
        "officers",
        "absences",
        "conflicts",
        "tasks",
        "rejected_rows",
        "challenger",
        "policy_pack",
        "disputes",
    ):
        assert nodes[name]["feeds"], name
    assert "monitoring" not in nodes["published_copy"]["rests_on"]
    ends = {name for name, one in nodes.items() if not one["feeds"]}
    assert ends == {"monitoring", "published_copy", "replayed_day"}
