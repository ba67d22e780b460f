"""The way back: what officers record at the desk comes in by daily files, and counts."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds.desk import finding, told, visit
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, DAY_2, riskcode, run_arguments
from warehouse.database.reading import reading
from warehouse.home import Home
from warehouse.intake.daily import write_days
from warehouse.questions.records import findings_of, refusals_of, visits_of

CODES = (
    "SELECT enterprise_id, code, score, decided_by FROM risk.codes ORDER BY ALL",
    "SELECT * EXCLUDE (as_of) FROM risk.explanations ORDER BY ALL",
)
CORE = (
    "SELECT violation_id, recorded_at, known_from, known_to, severity, rectified_on FROM core.violations "
    "WHERE source = 'desk' AND undone_no IS NULL AND known_to > known_from ORDER BY ALL"
)


@pytest.fixture
def home(coded: Path, tmp_path: Path) -> Home:
    """The small demo city, coded on the last day of its archive."""
    return Home(copy_of(coded, tmp_path / "home"))


def green(home: Home) -> str:
    """A GREEN enterprise."""
    [(firm,)] = asked(home, "SELECT min(enterprise_id) FROM risk.codes WHERE code = 'green'")
    return firm


def asked(home: Home, query: str) -> list[tuple[Any, ...]]:
    with reading(home) as copy:
        return copy.execute(query).fetchall()


def stored(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def code_of(home: Home, firm: str) -> str:
    [(code,)] = asked(home, f"SELECT code FROM risk.codes WHERE enterprise_id = '{firm}'")
    return code


def nothing(home: Home) -> bool:
    """Whether a look into the inbox takes up nothing, and nothing stands as a complaint."""
    told = [{name: seen[name] for name in ("rows", "enterprises", "complaints")} for seen in watched(home)]
    assert told == []
    return True


def watched(home: Home) -> list[dict[str, Any]]:
    """What one look into the inbox took up."""
    done = riskcode(home.root, "watch", "--once", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.whole
def test_a_major_hazard_recorded_makes_a_green_red_and_its_rectification_does_not_leave_it_so(
    home: Home, delivery: Path, tmp_path: Path
) -> None:
    firm, desk = green(home), home.inbox / "desk"
    write_days(desk, told(firm, DAY_1))
    [seen] = watched(home)
    assert (seen["rows"], seen["refused"], seen["enterprises"], seen["changed"]) == (3, 0, 1, 1)
    assert seen["as_of"] == f"{DAY_1}", "the archive stays closed"
    assert code_of(home, firm) == "red"

    with reading(home) as copy:
        [made], [found] = visits_of(copy, firm, limit=1), findings_of(copy, firm, limit=1)
    assert (made["source"], made["inspection_id"], made["officers"]) == ("desk", "i-1", "张三;李四")
    assert (found["violation_id"], found["is_major_hazard"], found["rectified_on"]) == ("v-1", True, None)
    assert found["description"] == "安全出口上锁，\n现场用“铁链”捆死"

    write_days(desk, told(firm, DAY_1))
    assert nothing(home), "the same files again"
    rectified = [finding(firm, DAY_1), finding(firm, DAY_1, rectified_on=DAY_1)]
    write_days(desk, told(firm, DAY_1) | {"violations": rectified})
    [seen] = watched(home)
    assert (seen["rows"], seen["refused"], seen["changed"]) == (1, 0, 1), "only the file that differs is read"
    assert code_of(home, firm) == "yellow", "put right, and not re-checked"

    # Deleted, and delivered again from nothing.
    anew = Home(tmp_path / "anew").prepare()
    write_days(anew.inbox / "desk", told(firm, DAY_1) | {"violations": rectified})
    done = riskcode(anew.root, *run_arguments(delivery, DAY_1))
    assert done.returncode == 0, done.stderr
    watched(anew)
    for query in CODES:
        assert asked(anew, query) == asked(home, query)
    assert stored(anew, CORE) == stored(home, CORE)


@pytest.mark.whole
def test_a_daily_file_written_again_changes_what_changed_and_a_later_day_is_a_correction(home: Home) -> None:
    firm, desk = green(home), home.inbox / "desk"
    others = [finding(firm, DAY_1, f"v-{n}", severity="general", is_major_hazard=False) for n in (2, 3)]
    first = {"inspections": [visit(firm, DAY_1)], "violations": [finding(firm, DAY_1), *others]}
    write_days(desk, first)
    watched(home)
    assert nothing(home)
    rewritten = first["violations"] + [finding(firm, DAY_1, "v-2", severity="serious", is_major_hazard=False)]
    write_days(desk, {"violations": rewritten})
    watched(home)
    versions = (
        "SELECT violation_id, count(*) FROM core.violations WHERE source = 'desk' GROUP BY 1 ORDER BY 1"
    )
    assert stored(home, versions) == [("v-1", 1), ("v-2", 2), ("v-3", 1)]
    assert [(row[0], row[2], row[4]) for row in stored(home, CORE)] == [
        ("v-1", DAY_1, "critical"),
        ("v-2", DAY_1, "serious"),
        ("v-3", DAY_1, "general"),
    ]
    # What became known a day later is written beside it, and the first day's file stays as it was.
    write_days(
        desk, {"violations": [*rewritten, finding(firm, DAY_2, "v-1", occurred_on=DAY_1, rectified_on=DAY_2)]}
    )
    names = sorted(path.name for path in desk.glob("violations_*"))
    assert names == ["violations_2026-06-30.csv", "violations_2026-07-01.csv"]
    watched(home)
    known = [row for row in stored(home, CORE) if row[0] == "v-1"]
    forever = date(9999, 12, 31)
    assert [(row[2], row[3], row[5]) for row in known] == [(DAY_1, DAY_2, None), (DAY_2, forever, DAY_2)]


@pytest.mark.whole
def test_a_finding_without_its_visit_is_refused_shown_and_counts_when_the_visit_comes(home: Home) -> None:
    firm, desk = green(home), home.inbox / "desk"
    write_days(desk, {"violations": [finding(firm, DAY_1)]})
    [seen] = watched(home)
    assert (seen["rows"], seen["refused"]) == (1, 1)
    assert code_of(home, firm) == "green"
    with reading(home) as copy:
        [row] = refusals_of(copy, "desk", "violations", ["v-1", "v-9"])
    assert (row["number"], row["rules"], row["state"]) == ("v-1", ["unknown_inspection"], "waiting")
    assert json.loads(row["cells"]) == {"inspection_id": "i-1"}
    shown = riskcode(home.root, "rejects", "--rule", "unknown_inspection")
    assert "a visit of this source" in shown.stdout

    another = "SELECT max(enterprise_id) FROM risk.codes WHERE code = 'green'"
    [(stranger,)] = asked(home, another)
    write_days(desk, {"inspections": [visit(stranger, DAY_1)]})
    watched(home)
    assert code_of(home, firm) == "green", "that was a visit to somebody else"

    write_days(desk, {"inspections": [visit(stranger, DAY_1, "i-2"), visit(firm, DAY_1)]})
    watched(home)
    assert code_of(home, firm) == "red"
    with reading(home) as copy:
        assert refusals_of(copy, "desk", "violations", ["v-1"]) == []
