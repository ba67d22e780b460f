"""The benchmark runs, its variants agree, and what it generates is a delivery like any other."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event

import polars as pl
import pytest
from rich.console import Console

from benchmarks import nights
from benchmarks.bench import Bench
from benchmarks.bulk import AS_OF, Bulk, Size, write_bulk
from benchmarks.city_in_bulk import night
from benchmarks.meter import Meter, resident
from benchmarks.planning import planning
from benchmarks.province import world
from benchmarks.report import WIDTH, Report, save, show
from warehouse.intake.delivery import Judged, judge_delivery
from warehouse.intake.mapping import load_mapping

SIZE = Size(enterprises=200, events=20_000, seed=3)
SMALL = Size(enterprises=60, events=6_000, seed=3)


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Bulk:
    return write_bulk(tmp_path_factory.mktemp("bulk"), SIZE)


@pytest.fixture(scope="module")
def judged(bulk: Bulk) -> Judged:
    none = pl.Series("enterprise_id", [], dtype=pl.String)
    return judge_delivery(load_mapping(bulk.mapping), bulk.first, known_enterprises=none, today=AS_OF)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    # Results are looked at here and not numbers, so no process of its own is needed.
    here = Bench(tmp_path_factory.mktemp("bench"), execute=lambda work, *arguments: work(*arguments))
    with pytest.MonkeyPatch.context() as few:
        few.setattr(nights, "NIGHTS", {3: nights.NIGHTS[3]})
        few.setattr(nights, "ALERTS", 1)
        return night(here, SMALL, quick=True)


def shown(report: Report) -> str:
    console = Console(width=WIDTH, record=True, file=StringIO())
    show(report, console)
    return console.export_text()


def test_there_are_as_many_events_as_asked_for(bulk: Bulk) -> None:
    assert sum(bulk.rows.values()) - bulk.rows["enterprises"] == SIZE.events
    assert bulk.rows["violations"] == 8_800


def test_the_same_seed_generates_the_same_rows(bulk: Bulk, tmp_path: Path) -> None:
    again = write_bulk(tmp_path, SIZE)
    for name in bulk.rows:
        assert pl.read_parquet(again.first / f"{name}-00.parquet").equals(
            pl.read_parquet(bulk.first / f"{name}-00.parquet")
        )


def test_one_row_in_a_thousand_is_refused_and_the_others_are_accepted(judged: Judged) -> None:
    assert 15 <= judged.refused <= 25
    accepted = sum(frame.height for frame in judged.accepted.values())
    assert accepted + judged.refused + judged.repeated == judged.delivered


def test_the_bad_rows_break_more_than_one_rule(judged: Judged) -> None:
    broken = {rule for _, rule, _ in judged.rules()}
    assert {"unknown_enterprise", "future_date:recorded_at", "formula_like:description"} <= broken


def test_the_night_brings_new_rows_and_corrections(bulk: Bulk) -> None:
    night = pl.read_parquet(bulk.night / "violations.parquet")
    known = pl.read_parquet(bulk.first / "violations-00.parquet")["violation_id"].implode()
    assert set(night["recorded_at"]) == {AS_OF + timedelta(days=1)}
    assert 0 < night.filter(pl.col("violation_id").is_in(known)).height < night.height


@pytest.mark.whole
def test_the_same_delivery_again_is_read_by_nobody(report: Report) -> None:
    rows = {stage.stage: stage.rows for stage in report.stages}
    assert rows["the same delivery again"] == 0
    assert rows["the same rows in other files"] == SMALL.events + SMALL.enterprises


@pytest.mark.whole
def test_every_stage_of_the_chain_is_compared_with_a_floor(report: Report) -> None:
    assert {stage.group for stage in report.chain} == {"intake", "rescoring"}
    assert all((report.floor_ratio(stage) or 0) > 0 for stage in report.chain)


@pytest.mark.whole
def test_the_table_fits_its_width_and_names_the_two_most_expensive_stages(report: Report) -> None:
    lines = shown(report).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(stage.stage in lines[-1] for stage in report.most_expensive())


@pytest.mark.whole
def test_the_numbers_can_be_saved(report: Report, tmp_path: Path) -> None:
    save(report, tmp_path / "results" / "latest.json")
    data = json.loads((tmp_path / "results" / "latest.json").read_text(encoding="utf-8"))
    assert len(data["stages"]) == len(report.stages)
    assert len(data["most_expensive"]) == 2
    assert str(tmp_path) not in json.dumps(data)


def test_a_stage_counts_the_most_memory_it_held_also_where_it_gave_it_back() -> None:
    held, was_seen = [100], {100: Event(), 900: Event()}

    def memory() -> int:
        told = held[0]
        was_seen[told].set()
        return told

    meter = Meter("test", memory=memory)
    with meter.stage("little"):
        pass
    with meter.stage("much for a while"):
        for level in (900, 100):
            was_seen[level].clear()
            held[0] = level
            # However long the watcher takes to look; this gives up only where nobody looks at all.
            assert was_seen[level].wait(timeout=60)
    assert [stage.peak for stage in meter.found] == [100, 900]


def test_what_a_process_holds_is_at_least_what_it_has_just_filled() -> None:
    before = resident()
    held = b"x" * 100_000_000
    assert resident() - before > len(held) // 2
    assert Meter("test").memory is resident


def test_a_province_is_planned_close_to_the_bound(tmp_path: Path) -> None:
    report = planning(Bench(tmp_path), 3_000, 1.0)
    assert report.figures["scheduled"] > 0
    assert report.figures["authorities"] == report.figures["proven to be the best"] == 72
    assert all(report.targets.values()), report.targets
    assert "a month planned" in shown(report)


def test_less_is_due_under_a_lower_load() -> None:
    due = [world(3_000, load=load).findings.height for load in (0.4, 1.0)]
    assert due == [30, 75]
