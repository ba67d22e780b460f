"""Commands about the plan, on a real run: every format holds the same, and every draw can be verified."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from icalendar import Calendar
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from desk.files.calendar import hours
from desk.files.sheets import sheet_name
from desk.say.citations import citation
from desk.words.labels import BECAUSE, BINDING, CHANNEL, CHECK_WHY, SCOPE
from desk.words.words import Words
from models.planning.demand.checklist import WHY
from models.planning.demand.waivers import WAIVERS
from models.policy.channels import CHANNELS
from pipelines import cli
from pipelines.cli.run import show_plan
from tests.worlds.effort import EVERYTHING
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, ended, process, riskcode
from warehouse.questions.plan import SCOPES, binding

pytestmark = pytest.mark.slow
LISTED = {"month_on", "level", "division", "enterprise_id", "name", "kind"}


def told(home: Path, *arguments: str) -> Any:
    """Answer of a command as JSON."""
    settings = {"RISKCODE_HOME": str(home), "RISKCODE_LANG": "en"}
    done = CliRunner().invoke(cli.app, [*arguments, "--json"], env=settings, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def asked(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published copy."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def lines(home: Path, *arguments: str, columns: int = 100) -> list[str]:
    done = riskcode(home, *arguments, COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def month(coded: Path) -> dict[str, Any]:
    return told(coded, "plan", "month")


@pytest.fixture(scope="module")
def day(coded: Path) -> list[dict[str, Any]]:
    return told(coded, "plan", "today")


# ------------------------------------------------------------------------------------------- the queue


def test_the_queue_has_every_visit_in_order_of_precedence(coded: Path) -> None:
    rows = told(coded, "queue")
    assert [row["visit_id"] for row in rows] == [
        visit for (visit,) in asked(coded, "SELECT visit_id FROM serve.inspection_queue ORDER BY rank")
    ]
    done = riskcode(coded, "queue", "--format", "csv", "--raw")
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["visit_id"] for row in table] == [row["visit_id"] for row in rows]
    assert all(row["value"] for row in table) and "nobody's target" in done.stderr


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_working_list_is_for_people_and_fits_a_page(coded: Path, tmp_path: Path, language: str) -> None:
    path = tmp_path / "queue.xlsx"
    written = ("queue", "--format", "xlsx", "--output", str(path))
    assert riskcode(coded, *written, RISKCODE_LANG=language).returncode == 0
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = told(coded, "queue")
    cells = list(sheet.iter_rows(min_row=3, values_only=True))
    assert [row[2] for row in cells] == [row["enterprise_id"] for row in rows]
    heads = [str(cell.value) for cell in sheet[2]]
    assert heads[1] == {"zh": "企业名称", "en": "enterprise"}[language]
    said = {str(text) for row in cells for text in row}
    assert not any("_" in text for text in (*heads, *said)), "no name of a column and no key of a value"
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToHeight == 0
    assert str(rows[0]["as_of"]) in str(sheet["A1"].value)


def test_red_visits_keep_what_the_red_queue_told(coded: Path) -> None:
    reds = [row for row in told(coded, "queue") if row["code"] == "red"]
    assert reds and all(row["due_on"] and row["reasons"] and row["score"] is not None for row in reds)
    before = {row["enterprise_id"]: row for row in told(coded, "queue", "--code", "red")}
    special = [row for row in reds if row["channel"] in ("red", "red_overdue")]
    assert special
    for row in special:
        assert row["score"] == before[row["enterprise_id"]]["score"]
        assert row["reasons"] == before[row["enterprise_id"]]["reasons"]


def test_the_queue_of_a_code_has_every_enterprise_of_it(coded: Path) -> None:
    for code in ("red", "yellow"):
        count = asked(coded, f"SELECT count(*) FROM risk.codes WHERE code = '{code}'")[0][0]
        assert len(told(coded, "queue", "--code", code)) == count


def test_filters_of_the_queue_keep_exactly_what_they_say(coded: Path) -> None:
    rows = told(coded, "queue")
    first = next(row for row in rows if row["state"] == "scheduled")
    cases = {
        ("--channel", "复查"): lambda row: "recheck" in row["channels"],
        ("--state", "scheduled"): lambda row: row["state"] == "scheduled",
        ("--level", "区县"): lambda row: row["level"] == "district",
        ("--district", first["place"]): lambda row: row["place"] == first["place"],
        ("--team", first["crew_id"].lower()): lambda row: first["crew_id"] in (row["crew_id"] or ""),
        ("--due-by", "2026-07-01"): lambda row: (row["due_on"] or "9") <= "2026-07-01",
    }
    for arguments, keeps in cases.items():
        wanted = [row["visit_id"] for row in rows if keeps(row)]
        assert [row["visit_id"] for row in told(coded, "queue", *arguments)] == wanted != [], arguments


def test_visits_and_codes_are_not_asked_for_at_once(coded: Path) -> None:
    done = riskcode(coded, "queue", "--code", "red", "--team", "K01")
    assert done.returncode == 2 and "leave it out" in done.stderr


# ------------------------------------------------------------------------------------------------ year


def test_the_year_adds_up(coded: Path) -> None:
    found = told(coded, "plan", "year")
    assert found["budget"] and found["draws"]
    for row in found["budget"]:
        left = row["total_days"] - row["other_days"] - row["non_enforcement_days"]
        assert row["inspection_days"] == pytest.approx(left, abs=0.05)
    floors = {
        channel: [row for row in found["floors"] if row["channel"] == channel]
        for channel in ("annual_full", "random")
    }
    assert all(floors.values())
    for row in floors["annual_full"]:
        assert row["required"] == row["base"] == row["done"] + row["planned"] + row["short"]
    drawn = sum(row["drawn"] for row in found["draws"] if row["channel"] == "random")
    assert drawn == asked(coded, "SELECT count(*) FROM plan.targets WHERE channel = 'random'")[0][0]
    table = list(
        csv.DictReader(io.StringIO(riskcode(coded, "plan", "year", "--format", "csv", "--raw").stdout))
    )
    assert [float(row["inspection_days"]) for row in table] == [
        row["inspection_days"] for row in found["budget"]
    ]


def test_the_year_of_one_authority_and_as_a_workbook(coded: Path, tmp_path: Path) -> None:
    [row] = told(coded, "plan", "year", "--level", "district", "--district", "历城区")["budget"]
    assert (row["level"], row["division"]) == ("district", "370112")
    path = tmp_path / "year.xlsx"
    assert riskcode(coded, "plan", "year", "--format", "xlsx", "--output", str(path)).returncode == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["person-days", "floors", "Draws"]
    assert book["Draws"].max_row == 2 + asked(coded, "SELECT count(*) FROM plan.draws")[0][0]
    whole = ("--format", "xlsx", "--raw", "--output", str(path))
    assert riskcode(coded, "plan", "year", *whole).returncode == 0
    assert openpyxl.load_workbook(path).sheetnames == ["budget", "floors", "draws"]


# ----------------------------------------------------------------------------------------------- month


def test_the_month_counts_every_visit_and_every_missing_day(coded: Path, month: dict[str, Any]) -> None:
    counts = asked(coded, "SELECT count(*), count(*) FILTER (state = 'scheduled') FROM plan.visits")[0]
    assert sum(row["visits"] for row in month["states"]) == counts[0]
    assert len(month["visits"]) == counts[1]
    short = [row for row in month["certificate"] if row["scope"] == "visit"]
    missing = sum(row["person_days"] or 0 for row in short)
    assert sum(row["short_days"] for row in month["load"]) == pytest.approx(missing, abs=0.3)
    assert {row["rule"] for row in month["certificate"]} <= set(BINDING.keys)
    assert sum(row["load_days"] for row in month["load"]) > 0
    assert len(month["changes"]) == asked(coded, "SELECT count(*) FROM plan.changes")[0][0]


def test_the_public_list_tells_no_day_officer_or_reason(coded: Path, tmp_path: Path) -> None:
    rows = told(coded, "plan", "month", "--list")
    assert rows and all(set(row) == LISTED for row in rows)
    ahead = told(coded, "plan", "month", "--list", "--month", "2026-09")
    assert {row["month_on"] for row in ahead} == {"2026-09-01"}
    path = tmp_path / "list.xlsx"
    assert (
        riskcode(coded, "plan", "month", "--list", "--format", "xlsx", "--output", str(path)).returncode == 0
    )
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None and sheet.max_row == len(rows) + 3, "a title, heads, and what it does not name"
    heads = [cell.value for cell in sheet[2]]
    assert heads == ["authority", "enterprise", "enterprise id", "kind"]
    assert sheet.page_setup.orientation != "landscape" and sheet.print_title_rows == "$1:$2"
    zh = riskcode(coded, "plan", "month", "--list", "--format", "csv", RISKCODE_LANG="zh").stdout
    assert zh.splitlines()[0] == "执法单位,企业名称,统一社会信用代码,类别"
    raw = riskcode(coded, "plan", "month", "--list", "--format", "csv", "--raw").stdout
    assert {*raw.splitlines()[0].split(",")} == LISTED
    assert riskcode(coded, "plan", "month", "--list", "--format", "ics").returncode == 2


def test_the_month_as_workbook_and_table_of_visits(
    coded: Path, tmp_path: Path, month: dict[str, Any]
) -> None:
    path = tmp_path / "month.xlsx"
    assert riskcode(coded, "plan", "month", "--format", "xlsx", "--output", str(path)).returncode == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["visits", "load", "not possible", "contested authorities", "changes"]
    assert book["visits"].max_row == len(month["visits"]) + 2
    raw = riskcode(coded, "plan", "month", "--format", "csv", "--raw").stdout
    table = list(csv.DictReader(io.StringIO(raw)))
    assert [row["visit_id"] for row in table] == [row["visit_id"] for row in month["visits"]]
    read = list(csv.reader(io.StringIO(riskcode(coded, "plan", "month", "--format", "csv").stdout)))
    assert len(read) == len(month["visits"]) + 1
    for cells in (*read, *([cell for key, cell in row.items() if key != "score"] for row in table)):
        assert not any(cell.startswith(("=", "@", "+", "-")) for cell in cells)


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_picture_is_drawn_in_both_languages(coded: Path, tmp_path: Path, ending: str) -> None:
    for language, word in (("zh", "检查工作量与可用人日"), ("en", "Inspection load against capacity")):
        path = tmp_path / f"{language}.{ending}"
        drawn = riskcode(coded, "plan", "month", "--picture", str(path), RISKCODE_LANG=language)
        assert drawn.returncode == 0, drawn.stderr
        if ending == "svg":
            text = path.read_text(encoding="utf-8")
            assert word in text and "Noto Sans CJK SC" in text
        else:
            assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 20_000


def test_a_picture_has_a_known_ending(coded: Path) -> None:
    done = riskcode(coded, "plan", "month", "--picture", "load.pdf")
    assert done.returncode == 2 and ".svg or .png" in done.stderr


# ------------------------------------------------------------------------------------------------- day


def test_today_is_the_first_day_planned(day: list[dict[str, Any]]) -> None:
    assert day
    assert {row["planned_on"] for row in day} == {"2026-07-01"} and date.fromisoformat("2026-07-01") > DAY_1
    assert all(len(row["officers"]) >= 2 and all(person["name"] for person in row["officers"]) for row in day)
    assert any(row["checks"] for row in day)


def test_open_findings_are_checked_first(month: dict[str, Any]) -> None:
    for row in month["visits"]:
        ranks = [WHY.index(check["why"]) for check in row["checks"]]
        assert ranks == sorted(ranks)


def test_a_team_is_found_by_a_part_of_its_name(coded: Path, day: list[dict[str, Any]]) -> None:
    part = day[0]["crew_id"][-3:]
    mine = [row["visit_id"] for row in day if part.lower() in row["crew_id"].lower()]
    assert [row["visit_id"] for row in told(coded, "plan", "today", "--team", part.lower())] == mine != []


def test_the_printed_sheets_are_one_a_team_with_boxes(
    coded: Path, tmp_path: Path, day: list[dict[str, Any]]
) -> None:
    path = tmp_path / "day.xlsx"
    assert riskcode(coded, "plan", "today", "--format", "xlsx", "--output", str(path)).returncode == 0
    book = openpyxl.load_workbook(path)
    crews = list(dict.fromkeys((row["level"], row["division"], row["crew_id"]) for row in day))
    assert len(book.sheetnames) == len(crews)
    for sheet, crew in zip(book.worksheets, crews, strict=True):
        mine = [row for row in day if (row["level"], row["division"], row["crew_id"]) == crew]
        cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
        assert [row["name"] for row in mine if not any(row["name"] in cell for cell in cells)] == []
        assert sum(cell.startswith("□ yes") for cell in cells) == sum(len(row["checks"]) for row in mine)
        assert sum(cell == "signature" for cell in cells) == len(mine)
        officer = mine[0]["officers"][0]
        assert f"{officer['name']} ({officer['officer_id']}" in cells[1], "with the number shown on site"
        for row in mine:
            known = [row[fact] for fact in ("address", "contact", "phone") if row[fact]]
            assert any(all(fact in cell for fact in known) for cell in cells if cell.startswith("address"))
            laws = {citation(check["reference"], Words("en")) for check in row["checks"]} - {""}
            assert all(any(f"law cited: {law}" in cell for cell in cells) for law in laws)
        grave = [
            check for row in mine for check in row["checks"] if check["why"] in ("open_major", "overdue")
        ]
        assert sum("found 20" in cell for cell in cells) >= len(grave)
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9
        assert sheet.print_title_rows == "$1:$3"
        assert sheet["B5"].alignment.wrap_text or sheet["A5"].alignment.wrap_text


def test_the_calendar_has_one_event_a_visit(coded: Path, tmp_path: Path, month: dict[str, Any]) -> None:
    path = tmp_path / "month.ics"
    assert riskcode(coded, "plan", "month", "--format", "ics", "--output", str(path)).returncode == 0
    calendar = Calendar.from_ical(path.read_bytes())
    events = list(calendar.walk("VEVENT"))
    visits = {row["visit_id"]: row for row in month["visits"]}
    assert sorted(str(event["uid"]) for event in events) == sorted(visits)
    for event in events:
        row = visits[str(event["uid"])]
        start, end = event.decoded("dtstart"), event.decoded("dtend")
        assert start.date().isoformat() == row["planned_on"] and start < end
        assert start.utcoffset().total_seconds() == 8 * 3600
        assert row["name"] in event["summary"] and row["officers"][0]["name"] in event["description"]
    again = tmp_path / "again.ics"
    riskcode(coded, "plan", "month", "--format", "ics", "--output", str(again))
    assert again.read_bytes() == path.read_bytes()


def test_visits_of_a_crew_follow_each_other() -> None:
    row = {"planned_on": date(2026, 7, 1), "quarter_days": 2, "begins_after": 0}
    first, second = hours(row), hours({**row, "begins_after": 2})
    assert first[0].hour == 9 and first[1] <= second[0]
    assert hours({**row, "quarter_days": 4})[1] == second[1]
    start, end = hours({**row, "quarter_days": 1, "begins_after": 7})
    assert start < end


def test_sheets_have_names_excel_accepts_each_once() -> None:
    taken: set[str] = set()
    row = {"level": "town", "division": "370124", "crew_id": "town/370105/2607-K03'[]:*?"}
    names = [sheet_name(row, Words("en"), taken) for _ in range(12)]
    assert len(set(names)) == 12
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)


# ----------------------------------------------------------------------------------------------- draws


@pytest.fixture
def runner(coded: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("RISKCODE_HOME", str(coded))
    monkeypatch.setenv("RISKCODE_LANG", "en")
    yield CliRunner()


def test_a_draw_of_every_channel_that_is_handed_out_verifies(runner: CliRunner, tmp_path: Path) -> None:
    listed = json.loads(runner.invoke(cli.app, ["draw", "list", "--json"]).stdout)
    assert {row["channel"] for row in listed} >= {"random", "crews"}
    # That all of them verify is tried where they are planned.
    for row in listed if EVERYTHING else {row["channel"]: row for row in listed}.values():
        file = tmp_path / f"{row['draw_id']}.json"
        assert runner.invoke(cli.app, ["draw", "show", row["draw_id"], "--output", str(file)]).exit_code == 0
        done = runner.invoke(cli.app, ["draw", "verify", str(file), "--json"])
        assert done.exit_code == 0, row["draw_id"]
        checked = json.loads(done.stdout)
        assert checked["verified"] and checked["drawn"] == row["drawn"]
        assert checked["roster_sha256"] == row["roster_sha256"]


def test_a_draw_may_be_printed_and_an_unknown_one_is_guessed(coded: Path) -> None:
    one = told(coded, "draw", "list")[0]["draw_id"]
    assert json.loads(riskcode(coded, "draw", "show", one).stdout)["draw_id"] == one
    done = riskcode(coded, "draw", "show", f"{one}x")
    assert done.returncode == 5 and one in done.stderr and "draw list" in done.stderr


def test_next_years_draws_are_promised_first_and_made_with_the_public_value(
    coded: Path, tmp_path: Path
) -> None:
    home = copy_of(coded, tmp_path / "home")
    lottery = ("--public-source", "双色球 2026-12-31", "--year", "2027")
    done = riskcode(home, "draw", "commit", *lottery)
    assert done.returncode == 0, done.stderr
    records = sorted((home / "exports" / "draws").glob("*.json"))
    assert f"Committed to {len(records)} draws" in done.stdout and len(records) > 0
    committed = [json.loads(file.read_text(encoding="utf-8")) for file in records]
    assert all(not one["seed"] and not one["public_value"] for one in committed)
    again = riskcode(home, "draw", "commit", *lottery).stdout
    assert again.startswith("No draw is called for: all are committed to"), "promised before"
    early = riskcode(home, "draw", "reveal", "--public-value", "1", "--year", "2028")
    assert early.returncode != 0 and "draw commit" in early.stderr
    done = riskcode(home, "draw", "reveal", "--public-value", " 3 14 15 ", "--year", "2027")
    assert done.returncode == 0 and done.stdout.startswith(f"Drawn: {len(records)}."), done.stderr
    for file in records:
        assert json.loads(file.read_text(encoding="utf-8"))["public_value"] == "3 14 15"
    for file in records if EVERYTHING else (records[0], records[-1]):
        assert riskcode(home, "draw", "verify", str(file)).returncode == 0


def test_no_draw_can_be_promised_before_anything_was_planned(tmp_path: Path) -> None:
    done = riskcode(tmp_path, "draw", "commit", "--public-source", "lottery")
    assert done.returncode == 5 and "./riskcode run" in done.stderr


# ----------------------------------------------------------------------------------- for all of them


def test_a_town_finds_its_own_plan_and_reads_whose_it_is(coded: Path) -> None:
    assert {row["division"] for row in told(coded, "plan", "year", "--district", "370112001")["budget"]} == {
        "370112001"
    }
    title, *_ = lines(coded, "plan", "month", "--level", "town", "--district", "370112001")
    assert title.endswith("Licheng 370112001 town")
    table = lines(coded, "plan", "year")
    [footer] = [line for line in table if line.startswith("total") and "(P" not in line]
    assert max(map(cell_len, table[table.index(footer) - 5 : table.index(footer)])) <= 80
    assert any(line.startswith("370112001 town") for line in table)


def test_output_fits_a_terminal_of_100_columns(coded: Path) -> None:
    for arguments in (("year",), ("month",), ("month", "--list"), ("today",)):
        assert max(cell_len(line) for line in lines(coded, "plan", *arguments)) <= 100, arguments
    assert max(cell_len(line) for line in lines(coded, "queue")) <= 100
    assert max(cell_len(line) for line in lines(coded, "draw", "list")) <= 100


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("plan", "month", "--district", "历城曲"), 2, "历城区"),
        (("plan", "month", "--district", "370112909"), 2, "370112003"),
        (("plan", "today", "--team", "K99"), 2, "did you mean"),
        (("plan", "year", "--level", "province"), 2, "district"),
        (("plan", "year", "--format", "ics"), 2, "choose table, csv, xlsx or json"),
        (("plan", "month", "--month", "2026-09"), 2, "--list"),
        (("queue", "--channel", "luck"), 2, "recheck"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(
    coded: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = riskcode(coded, *arguments)
    assert done.returncode == status and says in " ".join(done.stderr.split())


def test_a_day_without_visits_names_days_that_have_some(coded: Path) -> None:
    done = riskcode(coded, "plan", "today", "--on", "2026-07-04")
    assert done.returncode == 0 and "2026-07-01" in done.stdout


def test_a_copy_of_another_format_is_told_apart(coded: Path, tmp_path: Path) -> None:
    copy = copy_of(coded, tmp_path) / "published" / "riskcode.duckdb"
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE ops.meta SET value = '3' WHERE key = 'schema_version'")
    for arguments in (("queue",), ("plan", "year"), ("plan", "month"), ("plan", "today"), ("draw", "list")):
        done = riskcode(tmp_path, *arguments)
        assert done.returncode == 5 and "./riskcode run" in done.stderr, arguments


SHORTER = """
UPDATE plan.visits SET state = 'short', planned_on = NULL WHERE visit_id = $visit;
DELETE FROM plan.shortfalls WHERE scope = 'visit' AND visit_id = $visit;
INSERT INTO plan.shortfalls BY NAME
SELECT 'visit' AS scope, 'capacity' AS rule, level, division, enterprise_id, visit_id, 1 AS count, 3.0 AS person_days,
       DATE '2026-07-04' AS first_on, DATE '2026-07-05' AS last_on, ['red', 'immediate'] AS gave_way_to, as_of
FROM plan.visits WHERE visit_id = $visit;
UPDATE plan.changes SET change = 'dropped', because = 'capacity', from_day = DATE '2026-07-03', to_day = NULL
WHERE visit_id = $visit;
UPDATE plan.changes SET change = 'moved', because = 'deadline_earlier', from_day = DATE '2026-07-09'
WHERE visit_id <> $visit AND to_day = DATE '2026-07-01'
"""


def test_what_is_short_and_what_moved_is_told_in_words(coded: Path, tmp_path: Path) -> None:
    copy = copy_of(coded, tmp_path) / "published" / "riskcode.duckdb"
    [visit] = told(coded, "queue", "--state", "scheduled", "--limit", "1")
    with duckdb.connect(str(copy)) as connection:
        for statement in SHORTER.split(";"):
            connection.execute(statement, {"visit": visit["visit_id"]})
        plan = binding(connection)
    page = " ".join("\n".join(lines(tmp_path, "plan", "month", columns=160)).split())
    assert "not enough crew days" in page and visit["name"] in page
    assert "major hazards found is nobody's target" in page
    assert re.search(r"not enough crew days: gave way to [^:]*RED special", page)
    assert "dropped not enough crew days 1" in page and "moved deadline is earlier" in page
    load = told(tmp_path, "plan", "month", "--level", visit["level"])["load"]
    # Nobody works on 4 and 5 July: what is short is told on the next working day.
    assert next(row["short_days"] for row in load if row["day"] == "2026-07-06") >= 3
    output = io.StringIO()
    show_plan(plan, Words("en"), Console(file=output, width=120))
    assert plan["visits"]["short"] >= 1 and plan["rules"]
    assert "most binding: " in output.getvalue()


def test_where_nothing_is_planned_it_is_said_what_to_deliver(coded: Path, tmp_path: Path) -> None:
    copy = copy_of(coded, tmp_path) / "published" / "riskcode.duckdb"
    with duckdb.connect(str(copy)) as connection:
        for table in ("visits", "capacity", "shortfalls"):
            connection.execute(f"DELETE FROM plan.{table}")
        plan = binding(connection)
    output = io.StringIO()
    show_plan(plan, Words("en"), Console(file=output, width=200))
    assert "Nothing is planned. No authority has enough" in output.getvalue()
    assert "None" not in output.getvalue()
    for command in (("year",), ("month", "--json"), ("today", "--format", "ics")):
        done = riskcode(tmp_path, "plan", *command)
        assert done.returncode == 5 and "tables officers and absences" in done.stderr
        assert [json.loads(line)["exit_code"] for line in done.stdout.splitlines()] == [5] * (
            "--json" in command
        ), "a machine is told, too"
    assert "执法人员" in riskcode(tmp_path, "plan", "year", RISKCODE_LANG="zh").stderr


def test_a_day_without_visits_names_none_where_there_are_none_at_all(coded: Path, tmp_path: Path) -> None:
    copy = copy_of(coded, tmp_path) / "published" / "riskcode.duckdb"
    with duckdb.connect(str(copy)) as connection:
        for table in ("plan.visits", "plan.appointments", "serve.inspection_queue"):
            connection.execute(f"DELETE FROM {table}")
    for command in (("plan", "today", "--json"), ("plan", "month", "--format", "ics"), ("queue", "--json")):
        done = riskcode(tmp_path, *command)
        assert done.returncode == 0 and "Nothing is due until 2026-07-31" in done.stderr
        assert done.stdout.strip() in ("[]", "")


def test_the_calendar_of_an_officer_has_what_he_goes_to(
    coded: Path, tmp_path: Path, month: dict[str, Any]
) -> None:
    path, officer = tmp_path / "own.ics", month["visits"][0]["officers"][0]
    asked = ("plan", "month", "--format", "ics", "--output", str(path), "--officer", officer["officer_id"])
    assert riskcode(coded, *asked).returncode == 0
    mine = [row["visit_id"] for row in month["visits"] if officer in row["officers"]]
    found = [str(event["uid"]) for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT")]
    assert found == mine != []
    assert riskcode(coded, "plan", "month", "--officer", officer["officer_id"]).returncode == 2
    unknown = riskcode(coded, "plan", "today", "--officer", f"{officer['officer_id']}x")
    assert unknown.returncode == 2 and "did you mean" in unknown.stderr


def test_showing_the_plan_imports_nothing_heavy(coded: Path) -> None:
    probe = (
        "import sys; sys.argv = ['riskcode', 'plan', 'today']\n"
        "import pipelines.cli as cli\n"
        "cli._leave = lambda status: None\n"
        "cli.main()\n"
        "heavy = {'dagster', 'great_expectations', 'sklearn', 'polars', 'matplotlib', 'xlsxwriter', 'icalendar'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = ended(process(coded, "-c", probe))
    assert done.returncode == 0, done.stderr


def test_all_that_a_plan_says_has_words() -> None:
    assert set(CHANNEL.keys) == {*CHANNELS, "crews"}
    assert tuple(CHECK_WHY.keys) == WHY
    assert set(WAIVERS) <= set(BECAUSE.keys)
    assert tuple(SCOPE.keys) == SCOPES
    assert all(Words("zh").label(BINDING, rule) != text for rule, text in BINDING.labels.items())


def test_an_event_is_stamped_with_the_day_of_the_plan(coded: Path, tmp_path: Path) -> None:
    path = tmp_path / "day.ics"
    assert riskcode(coded, "plan", "today", "--format", "ics", "--output", str(path)).returncode == 0
    for event in Calendar.from_ical(path.read_bytes()).walk("VEVENT"):
        assert event.decoded("dtstamp").date() == DAY_1
        assert isinstance(event.decoded("dtstart"), datetime)
