"""Objections and overrides from the command line, on a copy of a coded home: marked, decided, published, lasting."""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from models.errors import DayError, DisputeError
from pipelines import cli
from tests.worlds.homes import copy_of

pytestmark = pytest.mark.slow

GROUNDS = "该储罐区属于邻厂，不是我厂的"
REASONS = "经现场核对不动产登记与坐标，该储罐区属于邻厂，本条应予撤销。"
COLUMNS = (
    "违法行为编号",
    "记录日期",
    "统一社会信用代码",
    "检查编号",
    "发现日期",
    "严重程度",
    "重大事故隐患",
    "整改期限",
)


@pytest.fixture
def home(coded: Path, tmp_path: Path) -> Path:
    """The coded home to write in."""
    return copy_of(coded, tmp_path)


def invoked(home: Path, *arguments: str, language: str = "en") -> Any:
    settings = {"RISKCODE_HOME": str(home), "RISKCODE_LANG": language, "COLUMNS": "160"}
    return CliRunner().invoke(cli.app, list(arguments), env=settings)


def told(home: Path, *arguments: str) -> Any:
    """Answer of a command as JSON."""
    done = invoked(home, *arguments, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def refused(home: Path, *arguments: str) -> str:
    """What a command says that is not allowed."""
    done = invoked(home, *arguments)
    assert isinstance(done.exception, DisputeError) and done.exception.exit_code == 9
    return str(done.exception)


def asked(home: Path, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Rows of the published copy."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        return connection.execute(query, arguments).fetchall()


def arrives(home: Path, name: str, *rows: dict[str, str]) -> dict[str, Any]:
    """Findings come into the inbox and are taken up; returns what the watch tells."""
    folder = home / "inbox" / "demo_city"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    done = invoked(home, "watch", "--once", "--interval", "0.05", "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout.splitlines()[-1])


def visited(home: Path) -> tuple[str, str, list[str]]:
    """An enterprise that is well, its last visit, and who made it."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT i.enterprise_id, i.inspection_id, i.officers FROM core.current_inspections i "
            "JOIN risk.codes c USING (enterprise_id) WHERE c.code = 'green' AND contains(i.officers, ';') "
            "AND i.inspected_on > DATE '2026-06-01' ORDER BY i.inspected_on DESC, 1 LIMIT 1"
        ).fetchall()
    [(enterprise_id, inspection_id, officers)] = found
    return enterprise_id, inspection_id, officers.split(";")


def major_hazard(enterprise_id: str, inspection_id: str, number: str = "X-1") -> dict[str, str]:
    values = (number, "2026-06-29", enterprise_id, inspection_id, "2026-06-29", "严重", "是", "2026-07-31")
    return dict(zip(COLUMNS, values, strict=True))


@pytest.mark.whole
def test_an_objection_that_changes_a_code_is_carried_through(home: Path) -> None:
    firm, visit, officers = visited(home)
    wrong = major_hazard(firm, visit)
    assert arrives(home, "违法行为_1.csv", wrong)["changed"] == 1
    assert told(home, "explain", firm)["code"] == "red"

    # Filed: the code hangs on it, so it has five working days from Tuesday 30 June 2026.
    contested = ("--table", "违法", "--key", "X-1")
    by = ("--by", "厂长王某", "--grounds", GROUNDS)
    objection = told(home, "objection", "file", firm, *contested, *by)
    number = objection["objection_id"]
    assert (objection["code"], objection["code_if_upheld"], objection["is_decisive"]) == (
        "red",
        "green",
        True,
    )
    assert (objection["decide_by"], objection["state"]) == ("2026-07-07", "open")

    # Marked wherever the code is shown, and overdue once the clock has run out.
    [queued] = [row for row in told(home, "queue", "--code", "red") if row["enterprise_id"] == firm]
    assert (queued["contested_until"], queued["contested_decisive"]) == ("2026-07-07", True)
    explained = told(home, "explain", firm)
    assert [one["datum_id"] for one in explained["objections"]] == ["X-1"]
    assert explained["contested_until"] == "2026-07-07" and not explained["contested_overdue"]
    assert "2026-07-07 !" in invoked(home, "queue", "--code", "red").stdout
    assert "contested 2026-07-07" in invoked(home, "codes", "--list", "--code", "red").stdout
    [listed] = told(home, "objection", "list", "--state", "open", "--on", "2026-07-08")
    assert listed["is_overdue"]
    assert not told(home, "objection", "list", "--on", "2026-07-07")[0]["is_overdue"]
    table = invoked(home, "objection", "list", "--on", "2026-07-08").stdout
    assert number in table and "RED → GREEN" in table and max(map(len, table.splitlines())) <= 160
    open_yet = invoked(home, "objection", "show", number, "--on", "2026-07-08").stdout
    for said in (
        "open overdue",
        "finding X-1",
        GROUNDS,
        "厂长王某",
        " RED  →  GREEN ",
        "decide by: 2026-07-07",
    ):
        assert said in open_yet, open_yet
    assert "decided:" not in open_yet

    # Decided by somebody who had no hand in it, with reasons.
    ruling = ("objection", "decide", number, "--outcome", "成立", "--reasons", REASONS)
    assert "recorded the datum" in refused(home, *ruling, "--by", officers[0])
    done = told(home, *ruling, "--by", "孙复核")
    assert (done["state"], done["remedy"], done["in_time"]) == ("upheld", "withdraw", True)

    # The code follows at once, with its reasons; what was shown meanwhile stays on record.
    assert done["code_now"] == done["code_if_upheld"] == "green"
    shown = invoked(home, "objection", "show", number).stdout
    for said in ("upheld", "孙复核", REASONS, "in time", "withdrawn", "code now:  GREEN"):
        assert said in shown, shown
    zh = invoked(home, "objection", "show", number, language="zh").stdout
    assert GROUNDS in zh and "孙复核" in zh and "现码" in zh and "upheld" not in zh
    assert invoked(home, "objection", "list", "--state", "open").stdout == "No objection matches\n"
    shown = asked(
        home,
        "SELECT code FROM risk.code_history WHERE enterprise_id = ? ORDER BY valid_from, issued_at",
        firm,
    )
    assert [code for (code,) in shown][-3:] == ["green", "red", "green"]
    causes = asked(
        home,
        "SELECT cause FROM risk.change_reasons WHERE enterprise_id = ? AND factor = 'open_major_hazard' "
        "ORDER BY issued_at",
        firm,
    )
    assert causes == [("fired",), ("cleared",)]
    after = told(home, "explain", firm)
    assert after["contested_until"] is None and after["objections"] == []
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        versions = connection.execute(
            "SELECT version, withdrawn_on IS NOT NULL, delivery_id = 'objection', source_file = ? "
            "FROM core.violations WHERE violation_id = 'X-1' ORDER BY version",
            [number],
        ).fetchall()
    assert versions == [(1, False, False, False), (2, True, True, True)]

    # What relied on it is listed (the code of that day was put right on the same day, so no visit or penalty is).
    relied = told(home, "replay", "impact", "--enterprise", firm)
    assert set(relied) == {"codes", "visits", "planned", "penalties"}

    # The source sends its file again, unchanged but for another row: nothing comes back.
    other = major_hazard(firm, visit, "X-2") | {"严重程度": "轻微", "重大事故隐患": "否", "整改期限": ""}
    arrives(home, "违法行为_2.csv", wrong, other)
    assert told(home, "explain", firm)["code"] != "red"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "SELECT count(*) FROM core.violations WHERE violation_id = 'X-1'"
        ).fetchall() == [(2,)]
    assert refused(home, "objection", "file", firm, *contested, *by).startswith(
        "violations 'X-1' was withdrawn"
    )


def test_an_objection_to_a_code_is_marked_until_it_is_taken_back(home: Path) -> None:
    firm = visited(home)[0]
    number = told(home, "objection", "file", firm, "--by", "厂长王某", "--grounds", GROUNDS)["objection_id"]
    assert told(home, "explain", firm)["contested_decisive"] is False
    assert "nobody else" in refused(home, "objection", "withdraw", number, "--by", "孙复核")
    done = told(home, "objection", "withdraw", number, "--by", "厂长王某")
    assert (done["state"], done["code_now"]) == ("withdrawn_by_filer", "green")
    assert told(home, "explain", firm)["contested_until"] is None


def test_an_override_is_shown_and_ended(home: Path) -> None:
    firm = visited(home)[0]
    why = ("--by", "赵局长", "--reason", "群众多次反映夜间违规作业，核查期间按黄码管理。")
    ask = ("override", "give", firm, "--code", "黄", *why)
    assert "lasts 1 to 90" in refused(home, *ask, "--until", "2026-09-30")
    row = told(home, *ask, "--until", "2026-07-30")
    assert (row["code_before"], row["verdict"], row["judged_on"]) == ("green", "pending", "2027-01-26")
    explained = told(home, "explain", firm)
    assert (explained["code"], explained["reasons"][0]["kind"]) == ("yellow", "override")
    assert explained["reasons"][0]["expires_on"] == "2026-07-31"
    assert row["override_id"] in invoked(home, "override", "list", language="zh").stdout
    told(home, "override", "end", row["override_id"], *why)
    assert told(home, "explain", firm)["code"] == "green"


def test_what_is_typed_wrongly_is_told(home: Path) -> None:
    firm = visited(home)[0]
    by = ("--by", "厂长王某", "--grounds", GROUNDS)
    assert invoked(home, "objection", "file", firm, "--key", "X-1", *by).exit_code == 2
    assert invoked(home, "objection", "file", firm, "--table", "alerts", *by).exit_code == 2
    strange_day = invoked(home, "objection", "file", firm, *by, "--on", "2199-01-01").exception
    assert isinstance(strange_day, DayError)
    assert strange_day.exit_code == 2
    assert "corrects nothing" in refused(home, "objection", "file", firm, *by, "--correct", "severity")
    assert "no objection 'O-1'" in refused(home, "objection", "show", "O-1")
    assert told(home, "objection", "list") == told(home, "override", "list") == []
