"""Commands that read: quick, light, neutralised, in both languages."""

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.cells import cell_len

from desk.files.tables import write_sheets
from pipelines import cli
from pipelines.cli.groups import Later
from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm, violation
from tests.worlds.homes import copy_of
from tests.worlds.runs import ended, process, riskcode, write_city
from warehouse.database.copies import damage_of

pytestmark = pytest.mark.slow


def test_the_red_queue_has_every_red_enterprise_in_every_format(coded: Path) -> None:
    rows = json.loads(riskcode(coded, "queue", "--code", "red", "--json").stdout)
    assert rows and all(row["code"] == "red" and row["due_on"] and row["reasons"] for row in rows)
    for language, head in (("en", "enterprise id"), ("zh", "统一社会信用代码")):
        done = riskcode(coded, "queue", "--code", "red", "--format", "csv", RISKCODE_LANG=language)
        table = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [row[head] for row in table] == [row["enterprise_id"] for row in rows]
    raw = riskcode(coded, "queue", "--code", "red", "--format", "csv", "--raw").stdout
    table = list(csv.DictReader(io.StringIO(raw)))
    assert [row["enterprise_id"] for row in table] == [row["enterprise_id"] for row in rows]
    assert riskcode(coded, "queue", "--code", "red", "--format", "xlsx").returncode == 0
    sheet = openpyxl.load_workbook(coded / "exports" / "queue-red.xlsx").active
    assert sheet is not None and sheet.max_row == len(rows) + 2


def test_a_district_may_be_given_by_code_or_by_name(coded: Path) -> None:
    by_code = riskcode(coded, "queue", "--code", "green", "--district", "370112", "--json").stdout
    by_name = riskcode(coded, "queue", "--code", "绿", "--district", "历城区", "--json").stdout
    assert json.loads(by_code) == json.loads(by_name) != []


def test_documents_and_the_copy_give_the_same_answers(coded: Path, tmp_path: Path) -> None:
    home, answers = copy_of(coded, tmp_path / "home"), list[list[str]]()
    [firm, *_] = json.loads(riskcode(home, "queue", "--code", "red", "--json").stdout)
    asked = (
        ("explain", firm["enterprise_id"], "--json"),
        ("explain", firm["enterprise_id"]),
        ("queue", "--code", "blue", "--level", "district", "--limit", "3", "--format", "csv"),
        ("queue", "--code", "blue", "--district", "历城区", "--json"),
        ("queue", "--code", "red", "--district", "nowhere"),
    )
    for taken in ("riskcode.duckdb", "documents.sqlite"):
        kept = (home / "published" / taken).rename(tmp_path / taken)
        done = [riskcode(home, *one) for one in (asked if taken == "documents.sqlite" else asked[:-1])]
        answers.append([one.stdout for one in done])
        kept.rename(home / "published" / taken)
    assert answers[1][:-1] == answers[0] and all(answers[0])
    assert done[-1].returncode == 2 and "there is no district" in done[-1].stderr


def test_a_town_is_asked_for_by_its_code_however_long_and_lies_in_its_district(coded: Path) -> None:
    def asked(*arguments: str) -> list[dict[str, Any]]:
        return json.loads(riskcode(coded, "queue", *arguments, "--json").stdout)

    town = asked("--code", "green", "--district", "370112001")
    assert {row["division"] for row in town} == {"370112001"}
    assert asked("--code", "green", "--district", "370112001000") == town
    district = asked("--code", "green", "--district", "Licheng")
    assert [row for row in district if row["division"] == "370112001"] == town != district


def test_explain_shows_reasons_that_sum_to_the_score(coded: Path) -> None:
    first = json.loads(riskcode(coded, "queue", "--json").stdout)[0]
    found = json.loads(riskcode(coded, "explain", first["enterprise_id"], "--json").stdout)
    assert sum(reason["points"] for reason in found["reasons"]) == found["score"]
    assert found["reasons"][0]["code"] == found["code"]
    assert all(
        reason["reference"] and reason["basis"] in ("law", "policy", "proposal")
        for reason in found["reasons"]
    )
    page = riskcode(coded, "explain", first["enterprise_id"]).stdout
    assert f"{found['score']:+d}" in page


def test_exports_neutralise_formulas(coded: Path) -> None:
    refused = riskcode(coded, "rejects", "--format", "csv").stdout
    for row in csv.reader(io.StringIO(refused)):
        assert not any(cell.lstrip().startswith(("=", "@", "+", "-")) for cell in row)


def test_codes_list_names_every_enterprise(coded: Path) -> None:
    assert len(json.loads(riskcode(coded, "codes", "--list", "--json").stdout)) == 300
    counts = json.loads(riskcode(coded, "codes", "--json").stdout)
    assert sum(row["enterprises"] for row in counts["codes"]) == 300


def test_doctor_is_content(coded: Path) -> None:
    done = riskcode(coded, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert all(result["ok"] for result in json.loads(done.stdout))
    told = riskcode(coded, "doctor")
    assert told.stdout.count("✓") == len(json.loads(done.stdout)) and "300 enterprises" in told.stdout
    assert "a closed archive has none" in told.stdout, "the demo city has no nights"


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("queue", "--district", "历成区"), "历城区"),
        (("queue", "--code", "red", "--district", "历成区"), "历城区"),
        (("codes", "--list", "--district", "Lixa"), "Lixia"),
        (("codes", "--list", "--district", "370112909"), "370112003"),
        (("rejects", "--table", "violation"), "violations"),
        (("rejects", "--rule", "unknwon_code"), "unknown_code"),
        (("rejects", "--rule", "nope", "--json"), "no rule is called"),
    ],
)
def test_what_is_asked_for_by_a_name_that_is_not_there_is_wrong_usage_with_the_nearest(
    arguments: tuple[str, ...], near: str, coded: Path
) -> None:
    done = riskcode(coded, *arguments)
    assert done.returncode == 2 and near in done.stderr and not done.stdout


def test_a_rule_by_which_nothing_is_refused_is_known_all_the_same(coded: Path) -> None:
    for rule in ("masked", "masked:enterprise_id", "rectified_before_found", "unknown_code:result"):
        done = riskcode(coded, "rejects", "--rule", rule, "--json")
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_output_that_is_a_folder_or_in_none_is_told_and_nothing_is_made(
    form: str, coded: Path, tmp_path: Path
) -> None:
    for command in (("codes", "--list"), ("rejects",), ("queue",)):
        done = riskcode(coded, *command, "--format", form, "--output", str(tmp_path))
        assert done.returncode == 1 and "is a folder" in done.stderr and len(done.stderr.splitlines()) == 1
        done = riskcode(coded, *command, "--format", form, "--output", str(tmp_path / "nope" / f"x.{form}"))
        assert done.returncode == 1 and "There is no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "codes.xlsx").mkdir()
    with pytest.raises(OSError, match=r"codes\.xlsx"):
        write_sheets({"codes": []}, tmp_path / "codes.xlsx")


def test_doctor_names_every_broken_mapping(tmp_path: Path) -> None:
    for name in ("shiju", "quju"):
        deliver(tmp_path / "inbox" / name, {"a.csv": b"id\n1\n"})
    done = riskcode(tmp_path, "doctor", "--json")
    [found] = [row["found"] for row in json.loads(done.stdout) if row["check"] == "inbox"]
    assert done.returncode == 1 and "shiju" in found and "quju" in found and "2 folders" in found


def test_doctor_names_what_is_wrong_and_examines_the_rest(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    (home / "warehouse.duckdb").unlink()
    (home / "published" / "riskcode.duckdb").write_bytes(b"no database")
    (home / "inbox" / "shiju").mkdir(parents=True)
    (home / "inbox" / "shiju" / "a.csv").write_text("id\n1\n")
    done = riskcode(home, "doctor", "--json")
    assert done.returncode == 1
    wrong = {row["check"]: row["found"] for row in json.loads(done.stdout) if not row["ok"]}
    assert set(wrong) == {"acts", "inbox", "published"}
    assert "shiju" in wrong["inbox"] and "Run again" in wrong["published"] and "restore FROM" in wrong["acts"]
    told = riskcode(home, "doctor", RISKCODE_LANG="zh").stdout
    well = [row for row in json.loads(done.stdout) if row["ok"] and not row["is_warning"]]
    assert told.count("✗") == 3 and told.count("✓") == len(well)
    assert "nights" in {row["check"] for row in json.loads(done.stdout) if row["is_warning"]}


def test_doctor_makes_copies_anew_that_cannot_be_read(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    published = home / "published" / "riskcode.duckdb"
    before, told = published.read_bytes(), riskcode(home, "codes", "--json").stdout
    quarter = len(before) // 4
    cut = before[:quarter]
    for damaged in (b"no database", cut, cut + bytes(2 * quarter) + before[3 * quarter :]):
        stat = published.stat()
        published.write_bytes(damaged)
        os.utime(published, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        done = riskcode(home, "doctor", "--json")
        [acts] = [row for row in json.loads(done.stdout) if row["check"] == "acts"]
        assert acts["is_warning"] and "Readers are told now" in acts["found"]
        assert damage_of(published) is None and riskcode(home, "codes", "--json").stdout == told
    [acts] = [row for row in json.loads(riskcode(home, "doctor", "--json").stdout) if row["check"] == "acts"]
    assert not acts["is_warning"]


def test_sources_check_shows_the_cell_at_fault_and_fails_where_a_table_is_lost(tmp_path: Path) -> None:
    row = violation("a", severity="#N/A")
    folder = deliver(tmp_path / "d", {"register.csv": csv_bytes([firm(0)]), "v_1.csv": csv_bytes([row])})
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    arguments = ("sources", "check", str(folder), "--mapping", str(tmp_path / "m.yaml"))
    done = riskcode(tmp_path / "home", *arguments, COLUMNS="80")
    assert done.returncode == 4
    assert "严重程度=#N/A" in done.stdout and "a value, or an" in done.stdout
    assert max(cell_len(line) for line in done.stdout.splitlines() if "nothing fills" not in line) <= 80
    deliver(folder, {"v_2.csv": csv_bytes([violation("b")])})
    assert riskcode(tmp_path / "home", *arguments).returncode == 0


def test_output_fits_a_terminal_of_80_columns(coded: Path) -> None:
    for arguments in (
        ("codes",),
        ("queue",),
        ("queue", "--code", "red"),
        ("rejects",),
        ("rejects", "--list", "--limit", "5"),
    ):
        done = riskcode(coded, *arguments, COLUMNS="80")
        assert done.returncode == 0, done.stderr
        assert max(cell_len(line) for line in done.stdout.splitlines()) <= 80, arguments


def test_reading_commands_import_neither_dagster_nor_gx_nor_scikit_learn(coded: Path) -> None:
    probe = (
        "import sys; sys.argv = ['riskcode', 'queue', '--json']\n"
        "import pipelines.cli as cli\n"
        "cli._leave = lambda status: None\n"
        "cli.main()\n"
        "heavy = {'dagster', 'great_expectations', 'sklearn', 'polars', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = ended(process(coded, "-c", probe))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_the_line_that_stands_for_a_command_is_the_first_of_its_own_help(command: Later) -> None:
    assert command.loaded().help.partition("\n")[0] == command.help


def test_help_names_every_command_and_loads_none() -> None:
    probe = (
        "import sys; sys.argv = ['riskcode', '--help']\n"
        "import pipelines.cli as cli\n"
        "cli._leave = lambda status: None\n"
        "cli.main()\n"
        "heavy = {'dagster', 'great_expectations', 'sklearn', 'polars', 'pandas', 'duckdb', 'pydantic'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = ended(process(Path("none"), "-c", probe))
    assert done.returncode == 0, done.stderr
    for command in cli.COMMANDS:
        assert re.search(rf"^│ {command.name} ", done.stdout, re.MULTILINE), command.name


def test_chinese_speakers_read_chinese(coded: Path) -> None:
    assert "企业数" in riskcode(coded, "codes", RISKCODE_LANG="zh").stdout


def test_sources_check_says_what_would_be_refused_and_writes_nothing(coded: Path, tmp_path: Path) -> None:
    city = write_city(tmp_path / "city", 50)
    home = tmp_path / "home"
    done = riskcode(home, "sources", "check", str(city), "--mapping", "demo_city", "--json")
    found = json.loads(done.stdout)
    assert found["delivered"] == found["accepted"] + found["refused"]
    assert found["refused"] == sum(count["refused"] for count in found["files"])
    assert not (home / "warehouse.duckdb").exists()
