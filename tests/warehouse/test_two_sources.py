"""The same findings from two systems, from the inbox to what people read."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.errors import MappingError
from models.policy import load_policy
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    Row,
    csv_bytes,
    deliver,
    firm,
    officer,
    taken,
    violation,
    warehouse,
)
from tests.worlds.runs import riskcode
from warehouse.coding.order import code_only
from warehouse.coding.touched import touched
from warehouse.connection import writing
from warehouse.database.reading import reading, rows
from warehouse.disputes.data import find
from warehouse.disputes.what_if import Datum, code_if
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import parse_mapping
from warehouse.intraday import update_enterprises
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.questions.codes import queue
from warehouse.questions.plan import contested, shortfalls
from warehouse.rules.in_force import coding_on
from warehouse.what_if.replay import differences

DAY, NEXT = date(2025, 6, 30), date(2025, 7, 1)
GRAVE = {"severity": "重大", "is_major_hazard": "是"}
BUREAU = [violation("a", **GRAVE), violation("b", enterprise_id=FIRMS[1], description="灭火器失效")]
PEOPLE = csv_bytes([officer("p1", level="市级"), officer("p2", level="市级")])
PACK = load_policy()


def inbox(home: Home, **sources: list[Row]) -> None:
    """What some sources deliver; the first one also brings the register."""
    for source, findings in sources.items():
        files = {"v_1.csv": csv_bytes(findings)}
        if source == "bureau":
            files["register.csv"] = csv_bytes([firm(number) for number in range(5)])
        mapping = MAPPING.replace("mapping: bureau", f"mapping: {source}")
        deliver(home.root / "inbox" / source, files | {"mapping.yaml": mapping.encode()})


def night(home: Home, day: date) -> dict[str, Any]:
    with writing(home.prepare()) as connection:
        take_in_all(connection, home, folder=None, mapping=None, received_on=day, today=day)
        coding = coding_on(connection, PACK, day)
        code_only(connection, coding)
        compute_plan(connection, coding)
        publish_run(connection, home, coding, run_id=f"night {day}")
    return decided(home)


def decided(home: Home) -> dict[str, Any]:
    with reading(home) as connection:
        asked = ("risk.features", "risk.scores", "risk.codes", "risk.explanations", "risk.steps")
        told = {table: rows(connection, f"FROM {table} ORDER BY ALL") for table in asked}
        told["queue"] = [row | {"to_check": None} for row in queue(connection)]
    return told


def renumbered(findings: list[Row], sign: str) -> list[Row]:
    return [one | {"violation_id": f"{sign}{one['violation_id']}"} for one in findings]


def test_what_a_second_system_delivers_again_changes_no_code(tmp_path: Path) -> None:
    alone, both, other_way = (Home(tmp_path / name) for name in ("alone", "both", "other"))
    inbox(alone, bureau=BUREAU)
    inbox(both, bureau=BUREAU, hulianwang=BUREAU)
    inbox(other_way, bureau=renumbered(BUREAU, "x"), ahulianwang=BUREAU[::-1])
    once = night(alone, DAY)
    assert night(both, DAY) == once
    assert night(other_way, DAY) == once
    assert [row["open_major_hazards"] for row in once["risk.features"]].count(1) == 1

    shown = json.loads(riskcode(both.root, "explain", FIRMS[0], "--json").stdout)
    assert [one["reports"] for one in shown["open_findings"]] == [["bureau/a", "hulianwang/a"]]
    assert "bureau/a, hulianwang/a" in riskcode(both.root, "explain", FIRMS[0]).stdout
    with reading(both) as connection:
        [red] = queue(connection)
    assert red["to_check"] == ["通道堵塞 (bureau/a, hulianwang/a)"]
    with writing(both) as connection:
        assert connection.sql("SELECT count(*) FROM core.violations").fetchall() == [(4,)]


def test_what_may_be_the_same_is_listed_by_enterprise_and_day(tmp_path: Path) -> None:
    home = Home(tmp_path)
    inbox(home, bureau=BUREAU, hulianwang=[violation("q", description="消防通道被占用")])
    night(home, DAY)
    [day] = json.loads(riskcode(home.root, "sources", "alike", "--json").stdout)
    assert (day["enterprise_id"], day["occurred_on"]) == (FIRMS[0], "2025-06-01")
    assert [one["reports"] for one in day["findings"]] == [["bureau/a"], ["hulianwang/q"]]
    told = riskcode(home.root, "sources", "alike", COLUMNS="80").stdout
    assert "通道堵塞" in told and "消防通道被占用" in told and "hulianwang/q" in told
    assert all(len(line) <= 80 for line in told.splitlines())


@pytest.mark.whole
def test_the_second_report_counts_from_the_day_it_is_known_and_earlier_days_replay(tmp_path: Path) -> None:
    home = Home(tmp_path)
    inbox(home, bureau=[violation("a")])
    before = night(home, DAY)
    punished = {"decided_on": "2025-06-20", "recorded_at": "2025-07-01"}
    inbox(home, hulianwang=[violation("q", **GRAVE, **punished)])
    after = night(home, NEXT)
    assert before["queue"] == [] and len(after["queue"]) == 1
    [features] = [one for one in after["risk.features"] if one["enterprise_id"] == FIRMS[0]]
    assert (features["violations_12m"], features["open_major_hazards"], features["penalties_12m"]) == (
        1,
        1,
        1,
    )
    with writing(home) as connection:
        assert differences(connection, PACK, DAY) == []
        assert differences(connection, PACK, NEXT) == []


def test_an_objection_takes_away_one_report_and_the_other_one_stands(tmp_path: Path) -> None:
    home = Home(tmp_path)
    inbox(home, bureau=[violation("a")], hulianwang=[violation("q", **GRAVE)])
    night(home, DAY)
    with writing(home) as connection:
        coding = coding_on(connection, PACK, DAY)
        here, there = Datum("violations", "bureau", "a"), Datum("violations", "hulianwang", "q")
        assert find(connection, there, FIRMS[0], DAY).row["violation_id"][0] == "q"

        def code(*without: Datum) -> str:
            return code_if(connection, coding, FIRMS[0], without=without).shown

        assert (code(), code(here)) == ("red", "red")
        assert code(there) != "red"
        # Without the grave report the other one still counts; without both nothing does.
        assert code(there) == code(here, there) or code(here, there) == "green"


@pytest.mark.whole
def test_numbers_that_are_shared_are_one_finding_from_the_mapping_on_within_the_day(tmp_path: Path) -> None:
    home = Home(tmp_path)
    moved = {"description": "通道堵塞（复核）", "recorded_at": "2025-06-05"}
    inbox(home, bureau=[violation("a", **GRAVE)], hulianwang=[violation("a", **GRAVE | moved)])
    twice = night(home, DAY)
    shared = MAPPING.replace("mapping: bureau", "mapping: hulianwang\nshares_numbers_with: [bureau]")
    (home.root / "inbox" / "hulianwang" / "mapping.yaml").write_text(shared, encoding="utf-8")
    with writing(home) as connection:
        take_in_all(connection, home, folder=None, mapping=None, received_on=NEXT, today=NEXT)
        assert touched(connection, known_at=NEXT) == (FIRMS[0],)
        update_enterprises(connection, home, PACK, known_at=NEXT, run_id="watch 1")
        assert connection.sql("FROM ops.number_pools").fetchall()[0][:3] == ("hulianwang", ["bureau"], NEXT)
        assert differences(connection, PACK, DAY) == []
        take_in_all(connection, home, folder=None, mapping=None, received_on=NEXT, today=NEXT)
        assert len(connection.sql("FROM ops.number_pools").fetchall()) == 1
    once = decided(home)
    counted = [
        [one["open_major_hazards"] for one in told["risk.features"] if one["enterprise_id"] == FIRMS[0]]
        for told in (twice, once)
    ]
    assert counted == [[2], [1]]


def test_two_registers_that_name_two_levels_change_no_authority_and_stand_in_the_certificate(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    registers = {"bureau": {"enforcing_level": "city"}, "lixia": {"division": "370102"}}
    for day in (DAY, NEXT):
        for source, said in registers.items():
            rows = [firm(0, recorded_at=f"{day}", **said), *([firm(1)] if source == "bureau" else [])]
            mapping = MAPPING.replace("mapping: bureau", f"mapping: {source}").encode()
            files = {"register.csv": csv_bytes(rows), "officers.csv": PEOPLE, "mapping.yaml": mapping}
            deliver(home.root / "inbox" / source, files)
        night(home, day)
        with reading(home) as connection:
            [note] = [row for row in shortfalls(connection) if row["rule"] == "authority_contested"]
            assert (note["enterprise_id"], note["level"], note["scope"]) == (FIRMS[0], "city", "note")
            assert [one["first_on"] for one in contested(connection)] == [DAY]
    with writing(home) as connection:
        assert differences(connection, PACK, DAY) == []
    said = riskcode(home.root, "plan", "month", COLUMNS="200").stdout
    assert f"企业0 ({FIRMS[0]}): enforcing level city by bureau stays in force; lixia says district" in said
    told = riskcode(home.root, "sources", "complaints", COLUMNS="200").stdout
    assert "lixia: 1 enterprises have another enterprises.enforcing_level here than in bureau" in told


def test_a_mapping_that_no_longer_shares_its_numbers_is_noted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connection = warehouse()
    shares = MAPPING.replace(
        "mapping: bureau", "mapping: bureau\nshares_numbers_with: [province, city, city]"
    )
    for day, mapping in ((DAY, MAPPING), (NEXT, shares), (date(2025, 7, 2), MAPPING)):
        folder = deliver(tmp_path, {"register.csv": csv_bytes([firm(0)])})
        taken(connection, folder, mapping, received_on=day)
    told = connection.sql(
        "SELECT shares_with, known_from FROM ops.number_pools ORDER BY stored_no"
    ).fetchall()
    assert told == [(["city", "province"], NEXT), ([], date(2025, 7, 2))]
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [
        "bureau shares numbers with city, province: no delivery of that name yet"
    ]


def test_a_source_does_not_share_its_numbers_with_itself() -> None:
    with pytest.raises(MappingError, match="other sources"):
        parse_mapping(MAPPING.replace("mapping: bureau", "mapping: bureau\nshares_numbers_with: [bureau]"))
