"""Objections and overrides on pages: what is told, who may ask for what, and that it is written down whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worlds.crews import MORNING, Crew, fields
from tests.worlds.desks import SHIZHONG, asked, desk_of
from tests.worlds.disputed import disputed
from warehouse.field.acts import settle, waiting
from warehouse.field.users import users

REASONS = "现场核实设备已于六月一日停用并断电，有照片和停用记录为证"


@pytest.fixture(scope="module")
def home(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disputed(coded, tmp_path_factory.mktemp("disputed"))


@pytest.fixture(scope="module")
def crew(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """People of Lixia and one of Shizhong."""
    with desk_of(home, tmp_path_factory.mktemp("ledger")) as desk:
        desk.now = MORNING
        yield Crew(desk, home)


@pytest.fixture
def contested(home: Path) -> tuple[str, str, str]:
    """Enterprise, source and number of the finding that Lixia's objection is about."""
    [found] = asked(
        home,
        "SELECT enterprise_id, source, datum_id FROM dispute.objections WHERE objection_id = 'O-2026-01'",
    )
    return found


def settled(crew: Crew, number: str | None = None) -> list[dict[str, Any]]:
    """What waits, carried out under a number, or refused."""
    told = [{"kind": one.kind, **one.told} for one in waiting(crew.desk.ledger)]
    for one in waiting(crew.desk.ledger):
        said = None if number else {"en": "Too late: --late-reason TEXT", "zh": "逾期"}
        settle(crew.desk.ledger, one.act_id, number=number, said=said, now=MORNING)
    return told


def test_open_objections_stand_first_with_their_clock_and_decided_ones_with_their_reasons(crew: Crew) -> None:
    told = crew.leader.get("/objections.json").json()["objections"]
    assert [(one["objection_id"], one["state"], one["is_overdue"]) for one in told] == [
        ("O-2026-01", "open", True),
        ("O-2026-02", "rejected", False),
    ]
    page = crew.leader.get("/objections").text
    # 26 June to 1 July.
    assert "5 days over" in page and "赋码依据经复核无误" in page
    assert [one["state"] for one in crew.leader.get("/objections.json?state=open").json()["objections"]] == [
        "open"
    ]
    shown = crew.analyst.get("/objections/O-2026-01").text
    assert "检查当天该设备已停用" in shown and "Decide it" not in shown and "takes it back" not in shown
    assert crew.leader.get("/objections/O-2026-01.json").json()["as_of"] == "2026-06-30"


def test_an_objection_is_lodged_from_the_page_of_the_enterprise_and_written_down_whole(
    crew: Crew, contested: tuple[str, str, str]
) -> None:
    firm, source, key = contested
    page = crew.officer.get(f"/enterprises/{firm}").text
    assert f"/objections/new?enterprise={firm}" in page and "/overrides/new" not in page
    path = f"/objections/new?enterprise={firm}&table=violations&source={source}&key={key}"
    sent = fields(crew.officer.get(path).text, "/objections")
    assert (sent["key"], sent["source"]) == ([key], [source])
    lacking = crew.officer.post("/objections", data=sent | {"by": "王五"})
    assert (
        lacking.status_code == 422 and "Write the grounds" in lacking.text and 'value="王五"' in lacking.text
    )
    wrong = sent | {"by": "王五", "grounds": "不实", "column.1": "violation_id", "value.1": "x"}
    assert "no such column" in crew.officer.post("/objections", data=wrong).text
    right = sent | {"by": "王五", "grounds": "不实", "column.1": "severity", "value.1": "minor"}
    first = crew.officer.post("/objections", data=right)
    again = crew.officer.post("/objections", data=right)
    assert first.status_code == 303 and first.headers["location"] == again.headers["location"]
    assert crew.officer.post("/objections", data=right | {"grounds": "另"}).status_code == 409
    act = first.headers["location"]
    assert "waits to be carried out" in crew.officer.get(act).text
    assert act in crew.leader.get("/objections").text and crew.stranger.get(act).status_code == 404
    [told] = settled(crew)
    assert (told["by"], told["datum"], told["corrections"]) == (
        "王五",
        ["violations", source, key],
        {"severity": "minor"},
    )
    refused = crew.officer.get(act).text
    assert "Too late" in refused and "is meant for the terminal" in refused
    mended = fields(crew.officer.get(f"{path}&again={act.rpartition('/')[2]}").text, "/objections")
    assert (mended["grounds"], mended["by"], mended["column.1"]) == (["不实"], ["王五"], ["severity"])


def test_an_officer_objects_in_the_name_the_register_has(crew: Crew, contested: tuple[str, str, str]) -> None:
    sent = fields(crew.officer.get(f"/objections/new?enterprise={contested[0]}").text, "/objections")
    crew.officer.post("/objections", data=sent | {"filer": "officer", "by": "某某", "grounds": "码色有误"})
    [told] = settled(crew, "O-2026-99")
    assert (told["by"], told["filer"], told["datum"]) == (crew.names[crew.officers[0]], "officer", None)


def test_a_leader_decides_with_reasons_and_nobody_else(crew: Crew) -> None:
    path = "/objections/O-2026-01/decision"
    sent = fields(crew.leader.get("/objections/O-2026-01").text, path)
    for lacking, said in (
        ({"reasons": REASONS}, "whether the objection is upheld"),
        ({"outcome": "upheld", "reasons": "属实"}, "20 characters are the least"),
        ({"outcome": "upheld", "reasons": REASONS, "remedy": "override"}, "a code and a last day"),
        ({"outcome": "upheld", "reasons": REASONS, "remedy": "correct"}, "what is right"),
    ):
        answer = crew.leader.post(path, data=sent | lacking)
        assert answer.status_code == 422 and said in answer.text, lacking
        assert lacking.get("reasons", "") in answer.text
    told = sent | {"outcome": "upheld", "reasons": REASONS}
    csrf = fields(crew.officer.get("/objections").text, "/logout")["csrf"]
    refused = crew.officer.post(path, data=told | {"csrf": csrf})
    assert refused.status_code == 422 and "not for your role" in refused.text
    assert crew.leader.post(path, data=told).status_code == 303
    assert "Decide it" not in crew.leader.get("/objections/O-2026-01").text, "it is being decided"
    [asked_for] = settled(crew)
    assert (asked_for["kind"], asked_for["outcome"], asked_for["by"]) == ("decide", "upheld", "Leader")
    over = fields(crew.leader.get("/objections/O-2026-01").text, path) | {
        "outcome": "upheld",
        "reasons": REASONS,
    }
    over |= {"remedy": "override", "code": "green", "until": "2026-07-10"}
    assert crew.leader.post(path, data=over).status_code == 303
    [asked_for] = settled(crew)
    assert (asked_for["remedy"], asked_for["code"], asked_for["until"]) == ("override", "green", "2026-07-10")


def login_of_recorder(crew: Crew, home: Path) -> httpx.Client:
    """A leader who recorded the datum that is contested."""
    [(officers,)] = asked(
        home,
        "SELECT v.officers FROM dispute.objections o JOIN serve.enterprise_findings f ON f.violation_id = o.datum_id "
        "JOIN serve.enterprise_visits v ON v.inspection_id = f.inspection_id AND v.source = f.source "
        "WHERE o.objection_id = 'O-2026-01'",
    )
    name = officers.split(";")[0]
    [(number,)] = asked(home, "SELECT min(officer_id) FROM serve.officers WHERE name = ?", name)
    if all(one.login != "hand" for one in users(crew.desk.ledger)):
        crew.desk.add("hand", "leader", level="district", division="370102", officer_id=number)
    return crew.desk.login("hand")


def test_who_recorded_the_datum_is_told_that_somebody_else_decides(crew: Crew, home: Path) -> None:
    page = login_of_recorder(crew, home).get("/objections/O-2026-01").text
    assert "You had a hand in it yourself" in page and "/decision" not in page


def test_who_lodged_an_objection_at_the_desk_does_not_decide_it(
    crew: Crew, contested: tuple[str, str, str]
) -> None:
    lodged = fields(crew.leader.get(f"/objections/new?enterprise={contested[0]}").text, "/objections")
    decided = fields(crew.leader.get("/objections/O-2026-01").text, "/objections/O-2026-01/decision")
    decided |= {"outcome": "upheld", "reasons": REASONS}
    crew.leader.post("/objections", data=lodged | {"by": "王五", "grounds": "不实"})
    # Before its number is noted, and after.
    for _ in range(2):
        refused = crew.leader.post("/objections/O-2026-01/decision", data=decided)
        assert refused.status_code == 422 and "Let another leader decide it" in refused.text
        if waiting(crew.desk.ledger):
            [told] = settled(crew, "O-2026-01")
            assert (told["by"], told["lodged_by"]) == ("王五", "Leader")
    page = crew.leader.get("/objections/O-2026-01").text
    assert "You lodged this objection at the desk yourself" in page and "/decision" not in page
    crew.desk.add("other", "leader", level="district", division="370102")
    other = crew.desk.login("other")
    sent = fields(other.get("/objections/O-2026-01").text, "/objections/O-2026-01/decision")
    sent |= {"outcome": "upheld", "reasons": REASONS}
    assert other.post("/objections/O-2026-01/decision", data=sent).status_code == 303
    assert len(settled(crew)) == 1


def test_who_filed_it_takes_it_back_in_writing_and_who_noted_it_is_named(crew: Crew, home: Path) -> None:
    path = "/objections/O-2026-01/withdrawal"
    sent = fields(crew.leader.get("/objections/O-2026-01").text, path)
    assert "by what and when" in crew.leader.post(path, data=sent | {"why": " "}).text
    sent |= {"why": "书面撤回 2026-06-30"}
    assert crew.leader.post(path, data=sent).status_code == 303
    [told] = settled(crew)
    assert (told["by"], told["noted_by"]) == ("王五", "Leader")
    assert told["reasons"] == "书面撤回 2026-06-30 (noted at the desk by Leader)"
    hand = login_of_recorder(crew, home)
    assert path not in hand.get("/objections/O-2026-01").text
    csrf = {"csrf": fields(hand.get("/objections").text, "/logout")["csrf"]}
    assert "You recorded what is contested" in hand.post(path, data=sent | csrf).text
    assert waiting(crew.desk.ledger) == []
    assert crew.leader.post("/objections/O-2026-02/withdrawal", data=sent).status_code in (403, 422)


def test_an_override_is_given_and_ended_by_leaders_with_a_reason(
    crew: Crew, contested: tuple[str, str, str]
) -> None:
    firm = contested[0]
    assert crew.officer.get(f"/overrides/new?enterprise={firm}").status_code == 422
    page = crew.leader.get(f"/overrides/new?enterprise={firm}")
    sent = fields(page.text, "/overrides") | {"until": "2026-07-09", "reason": REASONS}
    lacking = crew.leader.post("/overrides", data=sent)
    assert lacking.status_code == 422 and REASONS in lacking.text
    for name in ("first_day", "until"):
        far = crew.leader.post("/overrides", data=sent | {"code": "blue", name: "9999-12-31"})
        assert far.status_code == 422 and "cannot be meant" in far.text and waiting(crew.desk.ledger) == []
    assert crew.leader.post("/overrides", data=sent | {"code": "blue"}).status_code == 303
    [told] = settled(crew, "V-2026-99")
    assert (told["code"], told["first_day"], told["until"]) == ("blue", "2026-06-30", "2026-07-09")
    listed = crew.leader.get("/overrides")
    [row] = crew.leader.get("/overrides.json").json()["overrides"]
    assert (row["override_id"], row["stands"], row["verdict"]) == ("V-2026-01", True, "pending")
    # 1 to 20 July.
    assert (
        "19 days left" in listed.text
        and "/overrides/V-2026-01/end" not in crew.analyst.get("/overrides").text
    )
    path = "/overrides/V-2026-01/end"
    sent = fields(listed.text, path)
    short = crew.leader.post(path, data=sent | {"reason": "已解除"})
    assert short.status_code == 422 and "已解除" in short.text
    assert crew.leader.post(path, data=sent | {"reason": REASONS}).status_code == 303
    assert settled(crew) == [
        {"kind": "end", "override_id": "V-2026-01", "by": "Leader", "reason": REASONS},
    ]


def test_by_the_number_of_a_datum_nobody_reads_what_is_another_enterprises(crew: Crew, home: Path) -> None:
    [(own,)] = asked(home, f"SELECT min(enterprise_id) FROM core.enterprises WHERE division = '{SHIZHONG}'")
    for table, of, number in (
        ("violations", "serve.enterprise_findings", "violation_id"),
        ("inspections", "serve.enterprise_visits", "inspection_id"),
    ):
        for firm, is_own in (("= ?", True), ("<> ?", False)):
            found = asked(
                home, f"SELECT {number} FROM {of} WHERE enterprise_id {firm} ORDER BY 1 LIMIT 1", own
            )
            for (key,) in found:
                path = f"/objections/new.json?enterprise={own}&table={table}&key={key}"
                told = crew.stranger.get(path).json()["datum"]
                assert (told is not None) == is_own, path


def test_of_another_district_there_is_none(crew: Crew, contested: tuple[str, str, str]) -> None:
    assert [one["objection_id"] for one in crew.stranger.get("/objections.json").json()["objections"]] == [
        "O-2026-11",
        "O-2026-12",
    ]
    assert [one["override_id"] for one in crew.stranger.get("/overrides.json").json()["overrides"]] == [
        "V-2026-11"
    ]
    csrf = fields(crew.stranger.get("/objections").text, "/logout")["csrf"]
    form = {
        "csrf": csrf,
        "version": "0",
        "request_id": "0" * 32,
        "enterprise_id": contested[0],
        "reason": REASONS,
    }
    for path in (
        "/objections/O-2026-01",
        "/objections/O-2026-01.json",
        f"/objections/new?enterprise={contested[0]}",
    ):
        assert crew.stranger.get(path).status_code == 404, path
    nobody = crew.stranger.get("/objections/O-0000-00").text
    assert crew.stranger.get("/objections/O-2026-01").text.replace("O-2026-01", "O-0000-00") == nobody
    for path in (
        "/objections",
        "/overrides",
        "/objections/O-2026-01/decision",
        "/objections/O-2026-01/withdrawal",
    ):
        assert crew.stranger.post(path, data=form).status_code == 404, path
    assert crew.stranger.post("/overrides/V-2026-01/end", data=form).status_code == 404
    assert waiting(crew.desk.ledger) == []
