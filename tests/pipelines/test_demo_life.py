"""The demo city after its delivery: what becomes known day by day, and ``./riskcode demo advance``."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from models.tables.canonical import TABLES
from pipelines.advance import DemoLife
from pipelines.demo import END, ContinuedCity, build_city, write_day
from pipelines.demo_home import DEMO_MAPPING, demo_delivery, write_demo
from pipelines.settings import load_settings
from tests.worlds.runs import published, riskcode
from warehouse.home import Home
from warehouse.intake.delivery import delivery_files
from warehouse.intake.mapping import load_mapping

FIRMS = 60
DAYS = 40


def city() -> ContinuedCity:
    return ContinuedCity(build_city(FIRMS, END, 4, 7))


def visits(lived: ContinuedCity, *firms: int) -> pl.DataFrame:
    names = [lived.city.firms["enterprise_id"][firm] for firm in firms]
    told = {
        "channel": "red",
        "channels": ["red"],
        "mode": "on_site",
        "level": "district",
        "division": "370102",
    }
    rows = [
        {"visit_id": name, "enterprise_id": name, **told, "crew_id": "2607-K01", "names": "王伟;李静"}
        for name in names
    ]
    return pl.DataFrame(rows)


def test_what_is_told_day_by_day_is_what_is_told_at_once() -> None:
    lived, folded = city(), dict[str, dict[tuple[object, ...], dict[str, object]]]()
    for later in range(DAYS):
        day = END + timedelta(days=later)
        for name, rows in lived.news(day, day + timedelta(days=1)).items():
            assert set(rows["recorded_at"]) == {day + timedelta(days=1)}
            key = [column for column in TABLES[name].key if column != "source"]
            folded.setdefault(name, {}).update({tuple(row[k] for k in key): row for row in rows.to_dicts()})
    # All at once an event is told as it was first, and with all that became known of it.
    for name, rows in lived.news(END, END + timedelta(days=DAYS)).items():
        key = [column for column in TABLES[name].key if column != "source"]
        last = {tuple(row[k] for k in key): row for row in rows.sort("recorded_at").to_dicts()}
        assert folded[name] == last, name
    assert {"alerts", "self_reports"} <= set(folded)


def test_visits_that_are_told_find_what_the_firm_is_like_and_settle_what_was_open() -> None:
    day, one, other = END + timedelta(days=1), city(), city()
    found = [lived.visit(day, visits(lived, *range(FIRMS))) for lived in (one, other)]
    assert found[0].equals(found[1])
    assert found[0]["found"].sum() > 0
    told = one.news(END, day + timedelta(days=3))
    made = told["inspections"].filter(pl.col("inspected_on") == day)
    assert made.height == FIRMS and set(made["kind"]) == {"special"}
    assert told["violations"].filter(pl.col("occurred_on") == day).height == found[0]["found"].sum()
    assert told["violations"].filter(pl.col("rectified_on") > pl.col("recorded_at")).is_empty()


def test_the_mapping_reads_every_file_of_a_day_and_one_that_is_there_stays(home: Home) -> None:
    lived, day, folder = city(), END + timedelta(days=9), demo_delivery(home)
    write_demo(home, FIRMS)
    before = set(folder.iterdir())
    news = lived.news(END, day)
    write_day(folder, day, news)
    fresh = set(folder.iterdir()) - before
    assert len(fresh) == len(news) >= 3 and all(f"_{day}." in path.name for path in fresh)
    files, notes = delivery_files(folder, load_mapping(DEMO_MAPPING))
    assert fresh <= {path for *_, path in files}
    assert not any(path.name in note for note in map(str, notes) for path in fresh)
    content = {path: path.read_bytes() for path in fresh}
    write_day(folder, day, {name: rows.head(0) for name, rows in news.items()})
    assert {path: path.read_bytes() for path in fresh} == content


def test_a_home_without_the_demo_city_or_with_one_that_is_not_coded_is_told_the_next_step(home: Home) -> None:
    done = riskcode(home.root, "demo", "advance")
    assert done.returncode == 5 and "holds no demo city" in done.stderr and "./riskcode run" in done.stderr
    write_demo(home, FIRMS)
    done = riskcode(home.root, "demo", "advance")
    assert done.returncode == 5 and "not coded" in done.stderr and "./riskcode run" in done.stderr


def files_of(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in (home / "demo").rglob("*.*")}


@pytest.mark.whole
def test_days_are_lived_alike_however_they_are_cut_and_the_home_goes_by_its_own_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert riskcode(whole, "run", "--demo", "--enterprises", str(FIRMS)).returncode == 0
    shutil.copytree(whole, cut)
    done = riskcode(whole, "demo", "advance", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["day"] for one in told] == ["2026-07-01", "2026-07-02"]
    assert sum(one["made"] for one in told) > 0

    with monkeypatch.context() as dying:
        # Killed before the night: what happened is delivered, and nothing of it is coded.
        dying.setenv("RISKCODE_HOME", str(cut))
        dying.setattr("pipelines.advance.run_nightly", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            DemoLife(load_settings()).live()
    for goes_on in (("run",), ("demo", "advance")):
        assert riskcode(cut, *goes_on).returncode == 0
    assert files_of(cut) == files_of(whole)
    assert published(cut) == published(whole)

    nights = json.loads(riskcode(cut, "nights", "--json").stdout)
    assert [(one["day"], one["state"]) for one in nights] == [
        (f"{date(2026, 7, 2) - timedelta(days=back)}", "issued") for back in range(3)
    ]
    firm = published(cut)["codes"][0]
    named = next(str(value) for value in firm if str(value).startswith("91"))
    filed = riskcode(cut, "objection", "file", named, "--by", "王", "--grounds", "not so", "--json")
    assert json.loads(filed.stdout)["filed_on"] == "2026-07-02"
    [listed] = json.loads(riskcode(cut, "objection", "list", "--json").stdout)
    assert not listed["is_overdue"]
