"""A city coded in buckets is the city coded at once."""

import json
from functools import partial
from pathlib import Path

import pytest

from models.errors import SettingsError, WarehouseError
from tests.worlds.bucketed import DAY, FEW, STARTER, both_ways, differing, world
from tests.worlds.effort import EVERYTHING
from warehouse.buckets.coded import TABLES, bring
from warehouse.coding import renewal
from warehouse.coding.order import begin, code_enterprises, run_stage
from warehouse.connection import writing
from warehouse.database.places import open_place, take_brought
from warehouse.home import Home
from warehouse.rules.in_force import coding_on


@pytest.mark.whole
@pytest.mark.parametrize("seed", range(3 if EVERYTHING else 1))
def test_buckets_make_what_is_made_at_once(seed: int, tmp_path: Path) -> None:
    numbers = list[int]()

    def run(code, buckets):
        numbers.extend(buckets)
        # Whatever is done twice, or in another order, is the same.
        return [code(bucket) for bucket in (*reversed(numbers), numbers[0])]

    with world(tmp_path, seed) as one:
        at_once, in_buckets = both_ways(one, run)
        assert len(numbers) > 2
        assert differing(at_once, in_buckets) == []
        assert {*TABLES, "serve.red_queue", "risk.factors"} <= {*in_buckets}
        # The champion is asked, here and there.
        assert all(in_buckets[name][1].height == 30 for name in ("risk.rates", "risk.probabilities"))
        assert not (one.home.root / "buckets").exists()


@pytest.mark.whole
def test_a_day_coded_again_goes_by_what_was_stored_then(tmp_path: Path) -> None:
    with world(tmp_path, 5) as one:
        now, _ = both_ways(one, map)
        at_once, in_buckets = both_ways(one, map, stored_by=one.first_write)
        assert differing(at_once, in_buckets) == []
        assert "risk.codes" in differing(now, at_once), "nothing came after the first write"


@pytest.mark.whole
def test_stages_take_over_what_came_home_once(tmp_path: Path) -> None:
    with world(tmp_path, 0) as one:
        coding = coding_on(one.connection, STARTER, DAY)
        with open_place(one.connection, one.home, DAY):
            begin(one.connection, coding)
            bring(one.connection, coding, STARTER, tmp_path / "buckets", map)
            one.connection.execute("UPDATE risk.features SET violations_12m = 77")
            assert run_stage(one.connection, coding, "features") == (30,)
            told = "SELECT DISTINCT violations_12m FROM risk.features"
            assert one.connection.execute(told).fetchall() == [(77,)]
            run_stage(one.connection, coding, "features")
            assert one.connection.execute(told).fetchall() == [(77,)], "what is filled is not made again"
            renewal.end(one.connection)
            run_stage(one.connection, coding, "features")
            assert one.connection.execute(told).fetchall() != [(77,)]


def test_nothing_comes_home_of_nobody(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    with writing(home) as connection, open_place(connection, home, DAY):
        coding = coding_on(connection, STARTER, DAY)
        begin(connection, coding)
        bring(connection, coding, STARTER, tmp_path / "buckets", map)
        code_enterprises(connection, coding)
        assert connection.execute("SELECT count(*) FROM risk.codes").fetchall() == [(0,)]


def lost_on_the_way(code, buckets):
    return [code(bucket) for bucket in [*buckets][1:]]


def rows_miscounted(code, buckets):
    told = [json.loads(code(bucket)) for bucket in buckets]
    told[0]["rows"]["risk.codes"] += 1
    return map(json.dumps, told)


def file_lost_before(code, buckets):
    read = Path(json.loads(code.args[0])["read"])
    next((read / "alerts").rglob("*.parquet")).unlink()
    return map(code, buckets)


def folder_not_seen(code, buckets):
    order = json.loads(code.args[0]) | {"read": "/mnt/elsewhere/read"}
    return map(partial(code.func, json.dumps(order)), buckets)


def rules_changed(code, buckets):
    order = json.loads(code.args[0]) | {"rules": "others"}
    return map(partial(code.func, json.dumps(order)), buckets)


def another_program(code, buckets):
    order = json.loads(code.args[0]) | {"program": "another"}
    return map(partial(code.func, json.dumps(order)), buckets)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lost_on_the_way, "Not all buckets"),
        (rows_miscounted, "Not all rows of risk.codes"),
        (file_lost_before, "not all of its rows"),
        (folder_not_seen, "there is no /mnt/elsewhere/read here. Let RISKCODE_SPARK_FOLDER"),
        (rules_changed, "rules of 2026-06-30 are others"),
        (another_program, "another version of the program"),
    ],
)
def test_what_is_lost_or_other_elsewhere_is_told_and_nothing_is_brought(
    fault, told: str, tmp_path: Path
) -> None:
    with world(tmp_path, 1) as one:
        coding = coding_on(one.connection, STARTER, DAY)
        with open_place(one.connection, one.home, DAY):
            begin(one.connection, coding)
            with pytest.raises(WarehouseError, match=told):
                bring(one.connection, coding, STARTER, tmp_path / "buckets", fault, most=FEW * 3)
            assert not take_brought(one.connection, ["risk.features"])
        assert not (tmp_path / "buckets").exists()


def test_a_folder_that_cannot_be_written_is_told_with_the_setting_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with world(tmp_path, 1) as one:
        coding = coding_on(one.connection, STARTER, DAY)
        with (
            open_place(one.connection, one.home, DAY),
            pytest.raises(
                SettingsError, match=r"file/here cannot be written \(Not a directory\)\. Let RISKCODE_SPARK"
            ),
        ):
            bring(one.connection, coding, STARTER, tmp_path / "file" / "here", map)
