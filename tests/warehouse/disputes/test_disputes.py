"""Objections and overrides in a warehouse of three firms: what hangs on them, what they change, and that it lasts."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.words.words import Words
from models.errors import DisputeError
from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.worlds.by_hand import row
from tests.worlds.deliveries import (
    FIRMS,
    csv_bytes,
    deliver,
    firm,
    report,
    taken,
    violation,
    visit,
    warehouse,
)
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.coding.overrides import standing_overrides
from warehouse.connection import Connection
from warehouse.database.reading import rows
from warehouse.disputes.decisions import (
    WITHDRAWN_BY_FILER,
    Ruling,
    decide_objection,
    withdraw_objection,
)
from warehouse.disputes.objections import Filing, file_objection
from warehouse.disputes.overrides import Given, end_override, give_override, givers
from warehouse.disputes.what_if import Datum, code_if
from warehouse.intake.decided import Change
from warehouse.questions.disputes import EVIDENCE, OPEN, overrides, with_contested
from warehouse.rules.in_force import coding_on

DAY = date(2026, 1, 30)
RED, MILD, OTHER = FIRMS[0], FIRMS[1], FIRMS[2]
MAJOR = Datum("violations", None, "major")
REASONS = "经现场核对不动产登记与坐标，该储罐区属于邻厂，本条应予撤销。"

FINDINGS = [
    violation(
        "major",
        recorded_at="2026-01-20",
        occurred_on="2026-01-20",
        inspection_id="j0",
        severity="严重",
        is_major_hazard="是",
        rectify_due_on="2026-02-20",
    ),
    violation(
        "minor",
        enterprise_id=MILD,
        recorded_at="2026-01-20",
        occurred_on="2026-01-20",
        inspection_id="j1",
        severity="轻微",
        rectified_on="2026-01-21",
        rectify_due_on="",
    ),
]


def findings(*rows: dict[str, Any]) -> bytes:
    """Rows of findings with the same columns each."""
    names = dict.fromkeys(name for row in (*FINDINGS, *rows) for name in row)
    return csv_bytes([{name: row.get(name, "") for name in names} for row in rows])


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Connection, Coding]:
    """A warehouse of three firms, coded and issued; one is RED for a major hazard alone."""
    folder = tmp_path_factory.mktemp("disputes")
    visits = [
        visit(f"j{at}", enterprise_id=FIRMS[at], inspected_on=day, recorded_at=day, officers="张三;李四")
        for at in range(3)
        for day in ("2026-01-20",)
    ]
    visits += [
        visit(
            f"k{at}",
            enterprise_id=FIRMS[at],
            inspected_on="2025-06-01",
            recorded_at="2025-06-02",
            officers="吴九",
        )
        for at in range(3)
    ]
    reports = [
        report(f"s{at}", enterprise_id=FIRMS[at], filed_on="2025-06-05", recorded_at="2025-06-05")
        for at in range(3)
    ]
    files = {
        "register.csv": csv_bytes(firm(at) for at in range(3)),
        "visits.csv": csv_bytes(visits),
        "reports.csv": csv_bytes(reports),
        "v_1.csv": findings(*FINDINGS),
    }
    connection = warehouse()
    taken(connection, deliver(folder / "first", files), received_on=DAY)
    coding = coding_on(connection, load_policy(), DAY)
    code_only(connection, coding)
    issue(connection, coding, run_id="r1")
    connection.execute("CREATE SCHEMA kept")
    for table in WRITTEN:
        connection.execute(f"CREATE TABLE kept.{table.replace('.', '_')} AS FROM {table}")
    return connection, coding


WRITTEN = (
    "core.enterprises",
    "core.violations",
    "core.inspections",
    "dispute.objections",
    "dispute.decisions",
    "dispute.overrides",
    "ops.meta",
    "ops.deliveries",
)
"""What tests write; each finds it as it was."""


@pytest.fixture
def connection(coded: tuple[Connection, Coding]) -> Connection:
    opened, _ = coded
    for table in WRITTEN:
        opened.execute(f"DELETE FROM {table}")
        opened.execute(f"INSERT INTO {table} FROM kept.{table.replace('.', '_')}")
    CODING.append(coded[1])
    return opened


CODING: list[Coding] = []


def coding(connection: Connection, enterprise_id: str = RED, known_at: date = DAY) -> Coding:
    return replace(CODING[-1], known_at=known_at, only=(enterprise_id,))


def filed(connection: Connection, datum: Datum | None = MAJOR, enterprise_id: str = RED, **more: Any) -> str:
    told = {"by": "厂长王某", "grounds": "储罐区不是我厂的", "on": DAY} | more
    known_at = max(DAY, told["on"])
    return file_objection(
        connection,
        coding(connection, enterprise_id, known_at),
        Filing(enterprise_id, datum=datum, **told),
    )


def decided(connection: Connection, number: str, enterprise_id: str = RED, **more: Any) -> None:
    told = {"outcome": "upheld", "by": "孙复核", "reasons": REASONS, "on": DAY} | more
    decide_objection(
        connection, coding(connection, enterprise_id, max(DAY, told["on"])), Ruling(number, **told)
    )


def one(connection: Connection, query: str) -> dict[str, Any]:
    [row] = rows(connection, query)
    return row


def standing(connection: Connection, ident: str = "major") -> dict[str, Any]:
    return one(connection, f"FROM core.current_violations WHERE violation_id = '{ident}'")


# ------------------------------------------------------------------------------------------ what if


def test_the_code_without_a_datum_is_the_code_after_its_withdrawal(connection: Connection) -> None:
    source = Datum("violations", "bureau", "major")
    promised = code_if(connection, coding(connection), RED, without=[source])
    assert code_if(connection, coding(connection), RED).shown == "red" != promised.shown
    decided(connection, filed(connection))
    assert code_if(connection, coding(connection), RED) == promised


def test_the_code_with_a_corrected_datum_is_the_code_after_its_correction(connection: Connection) -> None:
    source = Datum("violations", "bureau", "major")
    change = Change("is_major_hazard", "true", "false")
    promised = code_if(connection, coding(connection), RED, corrected={source: [change]})
    decided(connection, filed(connection, corrections={"重大事故隐患": "否"}))
    assert code_if(connection, coding(connection), RED) == promised
    assert promised.shown != "red"


def test_a_finding_about_somebody_else_leaves_the_enterprise(connection: Connection) -> None:
    number = filed(connection, corrections={"enterprise_id": OTHER})
    assert one(connection, "FROM dispute.objections")["code_if_upheld"] != "red"
    decided(connection, number)
    assert code_if(connection, coding(connection, OTHER), OTHER).shown == "red"
    assert code_if(connection, coding(connection), RED).shown != "red"


# -------------------------------------------------------------------------------------------- filing


def test_an_objection_the_code_hangs_on_has_the_short_clock(connection: Connection) -> None:
    assert filed(connection) == "O-2026-0001"
    row = one(connection, "FROM dispute.objections")
    assert (row["code"], row["is_decisive"], row["source"]) == ("red", True, "bureau")
    # Friday 30 January: five working days end on Friday 6 February.
    assert (row["decide_by"], row["file_by"]) == (date(2026, 2, 6), date(2026, 2, 10))


def test_an_objection_nothing_hangs_on_has_three_weeks(connection: Connection) -> None:
    filed(connection, corrections={"rectify_due_on": "2026-03-01"})
    row = one(connection, "FROM dispute.objections")
    assert (row["is_decisive"], row["code"], row["code_if_upheld"]) == (
        False,
        row["code_if_upheld"],
        row["code"],
    )
    # 30 January + 21 days = 20 February, in the Spring Festival.
    assert row["decide_by"] == date(2026, 2, 24)


def test_a_contested_code_is_decisive_unless_it_is_green(connection: Connection) -> None:
    filed(connection, None)
    assert one(connection, "FROM dispute.objections")["is_decisive"]
    filed(connection, None, OTHER)
    row = one(connection, f"FROM dispute.objections WHERE enterprise_id = '{OTHER}'")
    assert (row["code"], row["is_decisive"], row["code_if_upheld"]) == ("green", False, None)


def test_a_late_objection_needs_a_reason_that_is_kept(connection: Connection) -> None:
    late = date(2026, 2, 11)
    with pytest.raises(DisputeError, match="ended on 2026-02-10"):
        filed(connection, on=late)
    filed(connection, on=late, late_reason="负责人住院，出院后知悉")
    assert one(connection, "FROM dispute.objections")["late_reason"] == "负责人住院，出院后知悉"


def known_on(connection: Connection) -> date:
    """Day from which the time to object ran, of the objection filed last."""
    return rows(connection, "SELECT known_on FROM dispute.objections ORDER BY stored_no DESC")[0]["known_on"]


def test_the_time_to_object_runs_from_what_the_source_told_last(
    connection: Connection, tmp_path: Path
) -> None:
    filed(connection)
    assert known_on(connection) == date(2026, 1, 20)
    connection.execute("DELETE FROM dispute.objections")
    redelivered(connection, tmp_path, MAJOR_ROW | {"recorded_at": "2026-01-27", "description": "补充"}, day=8)
    filed(connection)
    assert known_on(connection) == date(2026, 1, 27)


def test_a_decision_does_not_start_the_time_to_object_anew(connection: Connection) -> None:
    decided(connection, filed(connection, corrections={"severity": "一般"}))
    filed(connection, new_evidence="检测报告")
    assert known_on(connection) == date(2026, 1, 20)


def test_on_the_last_day_an_objection_needs_no_reason_and_keeps_none(connection: Connection) -> None:
    filed(connection, on=date(2026, 2, 10))
    filed(connection, None, on=date(2026, 2, 10), late_reason="负责人住院", new_evidence="检测报告")
    assert one(connection, "FROM dispute.objections WHERE datum_id IS NOT NULL")["file_by"] == date(
        2026, 2, 10
    )
    row = one(connection, "FROM dispute.objections WHERE datum_id IS NULL")
    assert (row["late_reason"], row["new_evidence"]) == (None, None)


def test_each_thing_is_contested_by_itself(connection: Connection) -> None:
    for visit_ in ("j2", "k2"):
        filed(connection, Datum("inspections", None, visit_), OTHER, late_reason="名册沿用旧数")
    filed(connection, None, OTHER)
    assert len(rows(connection, "FROM dispute.objections")) == 3


@pytest.mark.parametrize("outcome", ["upheld", "rejected"])
def test_what_was_decided_either_way_is_contested_on_new_evidence_only_and_names_the_last_decision(
    connection: Connection, outcome: str
) -> None:
    said = {"corrections": {"severity": "一般"}}
    decided(connection, filed(connection, **said), outcome=outcome)
    asked = {"corrections": {"severity": "轻微"}}
    with pytest.raises(DisputeError, match="new evidence"):
        filed(connection, **asked)
    second = filed(connection, **asked, new_evidence="检测报告")
    decided(connection, second, outcome="rejected", by="钱终审")
    filed(connection, **asked, new_evidence="复检报告")
    assert rows(connection, "FROM dispute.objections ORDER BY stored_no DESC")[0]["earlier_id"] == second


def test_of_several_open_objections_the_mark_is_that_of_the_first_due_and_of_the_gravest(
    connection: Connection,
) -> None:
    filed(connection, Datum("inspections", None, "j0"), corrections={"officers": "吴九"})
    filed(connection)
    for known_at, is_overdue in ((date(2026, 2, 6), False), (date(2026, 2, 7), True)):
        connection.execute("CREATE OR REPLACE TABLE dispute.open AS " + OPEN, {"known_at": known_at})
        [mark] = with_contested(connection, [{"enterprise_id": RED}])
        assert (mark["contested_until"], mark["contested_decisive"]) == (date(2026, 2, 6), True)
        assert mark["contested_overdue"] is is_overdue


def test_the_same_thing_is_contested_once_unless_there_is_new_evidence(connection: Connection) -> None:
    first = filed(connection)
    assert filed(connection) == first, "who files it once more is told of it"
    assert filed(connection, on=DAY + timedelta(days=3)) == first, "on another day too"
    with pytest.raises(DisputeError, match=f"contested already: {first}"):
        filed(connection, by="a neighbour")
    decided(connection, first, outcome="rejected")
    with pytest.raises(DisputeError, match="new evidence"):
        filed(connection)
    again = filed(connection, new_evidence="不动产登记证书")
    assert one(connection, f"FROM dispute.objections WHERE objection_id = '{again}'")["earlier_id"] == first
    with pytest.raises(DisputeError, match="earlier objection"):
        decided(connection, again)


@pytest.mark.parametrize(
    ("datum", "enterprise_id", "match"),
    [
        (
            Datum("violations", None, "nothing"),
            RED,
            f"violations 'nothing' is not on record on {DAY}.*explain {RED}",
        ),
        (MAJOR, MILD, f"violations 'major' is about {RED}, not about {MILD}"),
        (Datum("tasks", None, "t1"), RED, "'tasks' cannot be contested.*violations"),
        (Datum("enterprises", None, RED), RED, "only corrected"),
    ],
)
def test_what_cannot_be_contested_is_refused(
    connection: Connection, datum: Datum, enterprise_id: str, match: str
) -> None:
    with pytest.raises(DisputeError, match=match):
        filed(connection, datum, enterprise_id)


@pytest.mark.parametrize(
    ("corrections", "match"),
    [
        ({"severity": "十分严重"}, "unknown_code:severity"),
        ({"rectified_on": "2026-01-01"}, "rectified_before_found"),
        ({"recorded_at": "2026-01-01"}, "violations has no column 'recorded_at'.*It has: .*severity"),
        ({"severity": "严重"}, "says so already"),
    ],
)
def test_a_correction_must_be_one_the_table_takes(
    connection: Connection, corrections: dict[str, str], match: str
) -> None:
    with pytest.raises(DisputeError, match=match):
        filed(connection, corrections=corrections)


def test_the_register_can_be_corrected(connection: Connection) -> None:
    number = filed(
        connection,
        Datum("enterprises", None, RED),
        corrections={"从业人数": "11"},
        late_reason="名册沿用旧数",
    )
    decided(connection, number)
    row = one(connection, f"FROM core.current_enterprises WHERE enterprise_id = '{RED}'")
    assert (row["employees"], row["delivery_id"], row["source_file"]) == (11, "objection", number)


# ----------------------------------------------------------------------------------------- deciding


def test_whoever_recorded_or_filed_it_does_not_decide(connection: Connection) -> None:
    number = filed(connection)
    for name in ("张三", "李四", "厂长王某"):
        with pytest.raises(DisputeError, match="somebody else"):
            decided(connection, number, by=name)
    decided(connection, number, by="吴九")
    assert one(connection, "FROM dispute.decisions")["involved_as"] is None


@pytest.mark.parametrize("name", ["周外人", "吴九"])
def test_who_has_a_number_in_common_with_the_datum_in_another_source_may_decide(
    connection: Connection, name: str
) -> None:
    connection.execute(
        "INSERT INTO core.inspections SELECT * REPLACE ('another' AS source, '周外人' AS officers) "
        "FROM core.inspections WHERE inspection_id = 'j0'"
    )
    connection.execute(
        "INSERT INTO core.violations SELECT * REPLACE ('another' AS source, 'k0' AS inspection_id, "
        "false AS is_major_hazard) FROM core.violations WHERE violation_id = 'major'"
    )
    number = filed(connection, Datum("violations", "bureau", "major"))
    with pytest.raises(DisputeError, match="somebody else"):
        decided(connection, number, by="张三")
    decided(connection, number, by=name, outcome="rejected")
    assert one(connection, "FROM dispute.decisions")["involved_as"] is None


def test_another_code_may_be_the_remedy_for_a_contested_datum(connection: Connection) -> None:
    datum = Datum("inspections", None, "j2")
    number = filed(connection, datum, OTHER, corrections={"officers": "吴九"})
    decided(connection, number, OTHER, code="yellow", until=DAY + timedelta(days=20))
    assert one(connection, "FROM dispute.decisions")["remedy"] == "override"
    assert one(connection, "FROM dispute.overrides")["objection_id"] == number


def test_of_a_minor_matter_the_officer_may_decide_and_it_is_kept(connection: Connection) -> None:
    decided(
        connection,
        filed(connection, corrections={"rectify_due_on": "2026-03-01"}),
        by="张三",
        outcome="rejected",
    )
    assert one(connection, "FROM dispute.decisions")["involved_as"] == "recorded"


def test_a_withdrawn_datum_is_a_version_that_names_the_objection(connection: Connection) -> None:
    number = filed(connection)
    decided(connection, number, on=date(2026, 2, 3))
    row = standing(connection)
    assert (row["withdrawn_on"], row["recorded_at"]) == (date(2026, 2, 3), date(2026, 2, 3))
    assert (row["version"], row["delivery_id"], row["source_file"], row["source_line"]) == (
        2,
        "objection",
        number,
        0,
    )
    decision = one(connection, "FROM dispute.decisions")
    assert (decision["in_time"], decision["remedy"]) == (True, "withdraw")
    with pytest.raises(DisputeError, match="violations 'major' was withdrawn"):
        filed(connection, on=date(2026, 2, 4), new_evidence="x")


def test_a_decision_after_the_clock_stands_and_says_so(connection: Connection) -> None:
    decided(connection, filed(connection), on=date(2026, 2, 9))
    assert one(connection, "FROM dispute.decisions")["in_time"] is False


@pytest.mark.parametrize(("on", "in_time"), [(date(2026, 2, 6), True), (date(2026, 2, 7), False)])
def test_a_decision_on_the_last_day_of_the_clock_is_in_time(
    connection: Connection, on: date, in_time: bool
) -> None:
    decided(connection, filed(connection), on=on)
    assert one(connection, "FROM dispute.decisions")["in_time"] is in_time


def test_what_the_source_has_put_right_by_then_is_not_corrected_again(
    connection: Connection, tmp_path: Path
) -> None:
    number = filed(connection, corrections={"severity": "一般", "rectify_due_on": "2026-03-01"})
    redelivered(connection, tmp_path, MAJOR_ROW | {"recorded_at": "2026-01-30", "severity": "一般"})
    decided(connection, number)
    assert "severity" not in one(connection, "FROM dispute.decisions")["changes"]
    again = filed(connection, corrections={"description": "补充"}, new_evidence="新证据")
    redelivered(
        connection, tmp_path, MAJOR_ROW | {"recorded_at": "2026-01-31", "description": "补充"}, day=11
    )
    with pytest.raises(DisputeError, match="A correction says what is right"):
        decided(connection, again, by="钱终审", on=date(2026, 1, 31))


def test_a_number_of_two_sources_is_contested_by_its_source(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO core.violations SELECT * REPLACE ('another' AS source) FROM core.violations "
        "WHERE violation_id = 'major'"
    )
    with pytest.raises(DisputeError, match="is a number of another, bureau"):
        filed(connection)
    source = Datum("violations", "another", "major")
    filed(connection, source)
    assert one(connection, "FROM dispute.objections")["source"] == "another"
    # Each is contested by itself, and the code hangs on neither alone.
    assert code_if(connection, coding(connection), RED, without=[source]).shown == "red"
    filed(connection, Datum("violations", "bureau", "major"))


def test_what_fails_leaves_nothing_behind(connection: Connection) -> None:
    number = filed(connection)
    with pytest.raises(DisputeError, match="no column 'colour'"):
        decided(connection, number, remedy="correct", corrections={"colour": "x"})
    assert standing(connection)["version"] == 1 and not rows(connection, "FROM dispute.decisions")


def test_only_the_filer_takes_an_objection_back(connection: Connection) -> None:
    number = filed(connection)
    with pytest.raises(DisputeError, match="nobody else"):
        withdraw_objection(connection, Ruling(number, WITHDRAWN_BY_FILER, "张三", "", DAY))
    noted = Ruling(number, WITHDRAWN_BY_FILER, "厂长 王某", "书面撤回", DAY, noted_by="李 四")
    with pytest.raises(DisputeError, match="have a colleague note"):
        withdraw_objection(connection, noted)
    day_before = DAY - timedelta(days=1)
    withdraw_objection(connection, Ruling(number, WITHDRAWN_BY_FILER, " 厂长 王某", "", day_before))
    assert one(connection, "FROM dispute.decisions")["decided_on"] == DAY
    assert standing(connection)["version"] == 1
    with pytest.raises(DisputeError, match="decided already"):
        decided(connection, number)
    assert filed(connection) == "O-2026-0002"


def test_an_open_objection_is_marked_and_becomes_overdue(connection: Connection) -> None:
    filed(connection)
    for known_at, overdue in ((date(2026, 2, 6), False), (date(2026, 2, 7), True)):
        connection.execute("CREATE OR REPLACE TABLE dispute.open AS " + OPEN, {"known_at": known_at})
        [mine, other] = with_contested(connection, [{"enterprise_id": RED}, {"enterprise_id": OTHER}])
        assert (mine["contested_until"], mine["contested_decisive"]) == (date(2026, 2, 6), True)
        assert mine["contested_overdue"] is overdue and other["contested_until"] is None


# ---------------------------------------------------------------------------- deliveries after a decision


def redelivered(connection: Connection, tmp_path: Path, *rows_: dict[str, Any], day: int = 10) -> Any:
    """What a delivery of findings brings some days later."""
    folder = deliver(tmp_path / f"d{day}-{len(list(tmp_path.iterdir()))}", {"v_1.csv": findings(*rows_)})
    return taken(connection, folder, received_on=date(2026, 1, 20) + timedelta(days=day))


MAJOR_ROW = FINDINGS[0]
DECIDED_ON = date(2026, 1, 30)


@pytest.fixture
def withdrawn(connection: Connection) -> Connection:
    decided(connection, filed(connection))
    return connection


@pytest.fixture
def corrected(connection: Connection) -> Connection:
    decided(connection, filed(connection, corrections={"is_major_hazard": "否"}))
    return connection


def test_the_same_rows_again_do_not_bring_it_back(withdrawn: Connection, tmp_path: Path) -> None:
    taken_in = redelivered(withdrawn, tmp_path, *FINDINGS)
    assert (taken_in.unchanged, taken_in.corrected) == (2, 0)
    assert standing(withdrawn)["withdrawn_on"] == DECIDED_ON


def test_the_same_row_with_a_later_date_does_not_bring_it_back(withdrawn: Connection, tmp_path: Path) -> None:
    later = MAJOR_ROW | {"recorded_at": "2026-01-31"}
    assert redelivered(withdrawn, tmp_path, later, day=11).corrected == 1
    row = standing(withdrawn)
    assert (row["withdrawn_on"], row["recorded_at"]) == (DECIDED_ON, date(2026, 1, 31))
    assert redelivered(withdrawn, tmp_path, later, day=12).unchanged == 1


def test_news_about_a_corrected_datum_come_in_without_undoing_it(
    corrected: Connection, tmp_path: Path
) -> None:
    news = MAJOR_ROW | {"rectified_on": "2026-01-29"}
    assert redelivered(corrected, tmp_path, news, day=11).corrected == 1
    row = standing(corrected)
    assert (row["is_major_hazard"], row["rectified_on"]) == (False, date(2026, 1, 29))
    assert redelivered(corrected, tmp_path, news, day=12).unchanged == 1
    # And the source takes its news back: that counts as well.
    assert redelivered(corrected, tmp_path, MAJOR_ROW, day=13).corrected == 1
    assert (standing(corrected)["is_major_hazard"], standing(corrected)["rectified_on"]) == (False, None)


def test_what_the_source_itself_changes_is_the_sources(connection: Connection, tmp_path: Path) -> None:
    decided(connection, filed(connection, corrections={"severity": "一般"}))
    assert redelivered(connection, tmp_path, MAJOR_ROW).unchanged == 1
    assert standing(connection)["severity"] == "general"
    redelivered(connection, tmp_path, MAJOR_ROW | {"severity": "轻微"}, day=11)
    assert standing(connection)["severity"] == "minor"


def test_history_that_is_delivered_again_stays_history(corrected: Connection, tmp_path: Path) -> None:
    older = MAJOR_ROW | {"recorded_at": "2026-01-20", "description": "初报"}
    newer = MAJOR_ROW | {"recorded_at": "2026-01-25", "rectify_due_on": "2026-03-01"}
    redelivered(corrected, tmp_path, older, newer, day=11)
    row = standing(corrected)
    assert (row["is_major_hazard"], row["rectify_due_on"]) == (False, date(2026, 3, 1))
    assert row["description"] == newer["description"]


def test_a_second_decision_on_new_evidence_outranks_the_first(corrected: Connection, tmp_path: Path) -> None:
    again = filed(corrected, corrections={"is_major_hazard": "是"}, new_evidence="检测报告")
    decided(corrected, again, by="钱终审")
    assert standing(corrected)["is_major_hazard"] is True
    assert redelivered(corrected, tmp_path, MAJOR_ROW, day=11).unchanged == 1
    assert standing(corrected)["is_major_hazard"] is True


# ----------------------------------------------------------------------------------------- overrides


def given(connection: Connection, enterprise_id: str = OTHER, code: str = "yellow", **more: Any) -> str:
    told = {
        "first_day": DAY,
        "last_day": DAY + timedelta(days=30),
        "reason": "群众多次反映夜间违规作业，核查期间按黄码管理。",
        "by": "赵局长",
        "on": DAY,
    } | more
    override = Given(enterprise_id, code, **told)
    return give_override(connection, coding(connection, enterprise_id), override)


def judged(connection: Connection, known_at: date) -> dict[str, Any]:
    connection.execute("CREATE OR REPLACE TABLE dispute.open AS " + OPEN, {"known_at": known_at})
    connection.execute("CREATE SCHEMA IF NOT EXISTS seen")
    found = rows(connection, EVIDENCE, {"known_at": known_at})
    assert len(found) == 1
    connection.execute("CREATE OR REPLACE TABLE kept AS FROM dispute.overrides")
    connection.execute("CREATE OR REPLACE TABLE dispute.overrides AS " + EVIDENCE, {"known_at": known_at})
    [row] = overrides(connection)
    connection.execute("CREATE OR REPLACE TABLE dispute.overrides AS FROM kept")
    return row


def test_an_override_gives_the_code_until_its_last_day(connection: Connection) -> None:
    assert given(connection) == "V-2026-0001"
    assert code_if(connection, coding(connection, OTHER), OTHER) == ("yellow", "green")


def test_an_override_stands_from_the_write_that_stored_it_and_the_day_it_was_given(
    connection: Connection,
) -> None:
    given(connection, on=DAY + timedelta(days=1), first_day=DAY)
    number = one(connection, "FROM dispute.overrides")["stored_no"]

    def stands(known_at: date, stored_by: int | None) -> bool:
        asked = replace(coding(connection, OTHER, known_at), stored_by=stored_by)
        return standing_overrides(connection, asked).height == 1

    day_after = DAY + timedelta(days=1)
    assert [stands(day_after, by) for by in (number - 1, number, number + 1, None)] == [
        False,
        True,
        True,
        True,
    ]
    assert not stands(DAY, None)


def test_an_override_that_is_ended_holds_no_more(connection: Connection) -> None:
    number = given(connection)
    end_override(
        connection,
        number,
        by="赵局长",
        reason="核查结束，未发现夜间违规作业，恢复原码。",
        on=DAY,
        first_day_without=DAY,
    )
    assert code_if(connection, coding(connection, OTHER), OTHER).shown == "green"
    with pytest.raises(DisputeError, match="is over"):
        end_override(connection, number, by="赵局长", reason=REASONS, on=DAY, first_day_without=DAY)


def test_a_veto_that_comes_under_an_override_outranks_it_until_it_is_cleared(
    connection: Connection, tmp_path: Path
) -> None:
    given(connection)
    major = MAJOR_ROW | {"violation_id": "new", "enterprise_id": OTHER, "recorded_at": "2026-01-30"}
    redelivered(connection, tmp_path, major)
    assert code_if(connection, coding(connection, OTHER), OTHER) == ("red", "red")
    redelivered(
        connection, tmp_path, major | {"recorded_at": "2026-01-31", "rectified_on": "2026-01-30"}, day=11
    )
    later = coding(connection, OTHER, DAY + timedelta(days=1))
    assert code_if(connection, later, OTHER).shown == "yellow"


@pytest.mark.parametrize(
    ("enterprise_id", "more", "match"),
    [
        (RED, {"code": "blue"}, "A veto stands.*Major accident hazard"),
        (OTHER, {"last_day": DAY + timedelta(days=90)}, "lasts 1 to 90"),
        (OTHER, {"reason": "领导要求"}, "20 are the least"),
        (OTHER, {"code": "green"}, "already"),
        (OTHER, {"first_day": DAY - timedelta(days=1)}, "issued already"),
    ],
)
def test_an_override_that_is_not_allowed_is_refused(
    connection: Connection, enterprise_id: str, more: dict[str, Any], match: str
) -> None:
    with pytest.raises(DisputeError, match=match):
        given(connection, enterprise_id, **more)


def test_one_override_at_a_time(connection: Connection) -> None:
    number = given(connection)
    with pytest.raises(DisputeError, match=number):
        given(connection, code="red")


Span = tuple[int, int]
"""First and last day of an override, from the day coded on."""


def may_give(connection: Connection, span: Span, beside: Span | None = None) -> bool:
    """Whether an override of these days is taken, perhaps beside another one; neither stays."""
    try:
        for first, last in (beside, span) if beside else (span,):
            given(connection, first_day=DAY + timedelta(days=first), last_day=DAY + timedelta(days=last))
    except DisputeError:
        assert beside is None or rows(connection, "FROM dispute.overrides")
        return False
    finally:
        connection.execute("DELETE FROM dispute.overrides")
    return True


def test_an_override_begins_on_the_day_coded_at_the_earliest_and_lasts_one_to_ninety_days(
    connection: Connection,
) -> None:
    spans = [(first, first + days - 1) for first in (-1, 0, 1) for days in (0, 1, 90, 91)]
    assert [span for span in spans if may_give(connection, span)] == [(0, 0), (0, 89), (1, 1), (1, 90)]


def test_two_overrides_of_an_enterprise_share_no_day(connection: Connection) -> None:
    spans = [(5, 9), (5, 10), (9, 21), (12, 13), (20, 25), (21, 25)]
    assert [span for span in spans if may_give(connection, span, beside=(10, 20))] == [(5, 9), (21, 25)]


@pytest.mark.parametrize(("beside", "first"), [((0, 59), 150), ((200, 259), 79)])
def test_of_any_180_days_at_most_90_are_overridden(connection: Connection, beside: Span, first: int) -> None:
    def most(span: Span) -> int:
        overridden = {day for begin, end in (span, beside) for day in range(begin, end + 1)}
        return max(len(overridden & set(range(day, day + 180))) for day in range(-180, 440))

    spans = [(begin, begin + 30) for begin in range(first - 2, first + 3)]
    assert len({most(span) <= 90 for span in spans}) == 2
    for span in spans:
        assert may_give(connection, span, beside) == (most(span) <= 90), span


def test_an_override_can_be_ended_up_to_its_last_day_and_has_a_giver_from_the_first_to_it(
    connection: Connection,
) -> None:
    days = {ahead: DAY + timedelta(days=ahead) for ahead in (-1, 0, 30, 31)}
    number = given(connection)
    assert [ahead for ahead, day in days.items() if givers(connection, OTHER, day)] == [0, 30]
    told = {"by": "赵局长", "reason": REASONS, "on": DAY}
    with pytest.raises(DisputeError, match="is over"):
        end_override(connection, number, first_day_without=days[31], **told)
    end_override(connection, number, first_day_without=days[30], **told)
    assert givers(connection, OTHER, DAY + timedelta(days=29)) and not givers(connection, OTHER, days[30])


def test_whoever_gave_the_override_does_not_decide_on_the_objection(connection: Connection) -> None:
    given(connection, code="red")
    number = filed(connection, None, OTHER)
    assert one(connection, "FROM dispute.objections")["is_decisive"]
    with pytest.raises(DisputeError, match="gave the override"):
        decided(connection, number, OTHER, by="赵局长")


def test_a_raising_override_is_right_once_a_serious_finding_comes_to_light(
    connection: Connection, tmp_path: Path
) -> None:
    given(connection)
    assert judged(connection, DAY)["verdict"] == "pending"
    serious = violation(
        "new", enterprise_id=OTHER, recorded_at="2026-01-31", occurred_on="2026-01-31", severity="较重"
    )
    redelivered(connection, tmp_path, serious, day=11)
    row = judged(connection, date(2026, 1, 31))
    assert (row["verdict"], row["adverse_on"], row["visits"]) == ("right", date(2026, 1, 31), 0)


def test_after_the_look_back_silence_is_unknown(connection: Connection) -> None:
    given(connection)
    # 1 March + 180 days = 28 August.
    row = judged(connection, date(2026, 8, 28))
    assert (row["judged_on"], row["verdict"]) == (date(2026, 8, 28), "pending")
    assert judged(connection, date(2026, 8, 29))["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("violations", {"severity": "serious"}),
        ("violations", {"severity": "minor", "is_major_hazard": True}),
        ("accidents", {}),
        ("inspections", {}),
    ],
)
def test_an_override_is_judged_by_what_happened_from_its_first_day_to_the_end_of_its_look_back(
    connection: Connection, table: str, told: dict[str, Any]
) -> None:
    given(connection)
    end = DAY + timedelta(days=30 + 180)
    happened = TABLES[table].happened
    seen: list[date] = []
    for day in (DAY - timedelta(days=1), DAY, end, end + timedelta(days=1)):
        said = {"enterprise_id": OTHER, "recorded_at": day, happened: day, **told}
        fill(connection, {table: canonical(table, [row(table, 900, **said)])}, received_on=day)
        [found] = rows(connection, EVIDENCE, {"known_at": end + timedelta(days=2)})
        connection.execute(f"DELETE FROM core.{table} WHERE {TABLES[table].key[-1]} = '900'")
        assert found["is_over"]
        seen += [day] if found["visits"] or found["adverse_on"] else []
    assert seen == [DAY, end]


def test_an_upheld_objection_to_a_code_is_an_override(connection: Connection) -> None:
    given_by_facts = code_if(connection, coding(connection), RED).shown
    number = filed(connection, None)
    with pytest.raises(DisputeError, match="A veto stands") as refused:
        decided(connection, number, code="blue", until=DAY + timedelta(days=20))
    assert "重大事故隐患未消除（解除：" in Words("zh").of(refused.value)
    with pytest.raises(DisputeError, match="needs a code"):
        decided(connection, number)
    assert given_by_facts == "red" and not rows(connection, "FROM dispute.overrides")


def test_the_override_of_an_upheld_objection_is_the_reviewers_with_his_reasons_from_the_day_coded(
    connection: Connection,
) -> None:
    number, last = filed(connection, None, MILD, on=DAY), DAY + timedelta(days=20)
    before = code_if(connection, coding(connection, MILD), MILD).shown
    decided(connection, number, MILD, code="yellow", until=last, on=DAY + timedelta(days=2))
    override = one(connection, "FROM dispute.overrides")
    told = {
        name: override[name] for name in ("enterprise_id", "code", "code_before", "first_day", "last_day")
    }
    assert told == {
        "enterprise_id": MILD,
        "code": "yellow",
        "code_before": before,
        "first_day": DAY,
        "last_day": last,
    }
    assert (override["reason"], override["given_by"], override["objection_id"]) == (REASONS, "孙复核", number)
    assert override["given_on"] == DAY + timedelta(days=2)
    decision = one(connection, "FROM dispute.decisions")
    assert (decision["remedy"], decision["override_id"]) == ("override", override["override_id"])
