"""The life of a visit at the desk, by forms alone, and what stands against each of its steps."""

from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from desk.web.filing import window
from tests.worlds.crews import JPEG, Crew, fields, rules
from tests.worlds.desks import LIXIA, asked
from warehouse.clock import LOCAL
from warehouse.field import outbox


def test_a_visit_lives_from_its_filing_to_its_closing_on_forms_alone(crew: Crew) -> None:
    desk, officer, leader, firm = crew.desk, crew.officer, crew.leader, crew.firms[1]
    page = officer.get(f"/visits/new?enterprise={firm}")
    assert page.status_code == 200 and "Visits this year that count" in page.text
    sent = fields(page.text, "/visits")
    sent |= {"item": ["GEN-01"], "officer": crew.officers, "begins_at": "10:00", "ends_at": "12:00"}
    lacking = officer.post("/visits", data=sent | {"do": "file"})
    assert lacking.status_code == 422 and "Let everybody who goes confirm it." in lacking.text
    number = sent["visit_id"][0]
    again = fields(lacking.text, f"/visits/{number}/filing")
    assert again["item"] == ["GEN-01"] and again["officer"] == crew.officers
    filed = officer.post(f"/visits/{number}/filing", data=again | {"recusal_confirmed": "1", "do": "file"})
    assert (filed.status_code, filed.headers["location"]) == (303, f"/visits/{number}")
    page = leader.get(f"/visits/{number}")
    approved = leader.post(
        f"/visits/{number}/steps/approve", data=fields(page.text, f"/visits/{number}/steps/approve")
    )
    assert approved.status_code == 303
    page = officer.get(f"/visits/{number}")
    officer.post(f"/visits/{number}/steps/start", data=fields(page.text, f"/visits/{number}/steps/start"))
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    path = f"/records/{number}"
    told = fields(officer.get(path).text, path)
    told |= {"begun_at": "2026-07-01T10:00", "ended_at": "2026-07-01T11:00", "places": "一车间，仓库"}
    told |= {"certificates_shown": "1", "integrity_pledge": "1"}
    more = officer.post(path, data=told | {"do": "more"})
    assert more.status_code == 303 and "#f-" in more.headers["location"]
    told = fields(officer.get(path).text, path)
    [one] = told["finding"]
    told |= {f"{one}.item_code": "GEN-01", f"{one}.place": "仓库", f"{one}.description": "通道堵塞"}
    told |= {f"{one}.disposal": "order", f"{one}.rectify_due_on": "2026-07-10"}
    kept = officer.post(
        path, data=told | {"do": "record"}, files={f"{one}.photo": ("a.jpg", JPEG, "image/jpeg")}
    )
    assert (kept.status_code, kept.headers.get("location")) == (303, f"/visits/{number}"), kept.text
    assert officer.get(f"/visits/{number}.json").json()["record"]["findings"][0]["photos"] == [
        sha256(JPEG).hexdigest()
    ]
    shown = officer.get(f"/blobs/{sha256(JPEG).hexdigest()}")
    assert (shown.content, shown.headers["content-type"]) == (JPEG, "image/jpeg")
    assert crew.stranger.get(f"/blobs/{sha256(JPEG).hexdigest()}").status_code == 404
    path = f"/visits/{number}/signatures"
    told = fields(officer.get(f"/visits/{number}").text, path)
    told |= {f"sign.{one}": crew.names[one] for one in crew.officers}
    told |= {"refusal.reason": "负责人认为不存在问题", "refusal.witness": "社区工作人员赵六"}
    unconfirmed = officer.post(path, data=told)
    assert unconfirmed.status_code == 422 and "not confirmed" in unconfirmed.text
    told = fields(unconfirmed.text, path)
    assert told["refusal.witness"] == ["社区工作人员赵六"]
    assert officer.post(path, data=told | {"confirmed": "1"}).status_code == 303
    visit = officer.get(f"/visits/{number}.json").json()
    assert visit["state"] == "counted"
    assert [step["step"] for step in visit["steps"]] == [
        *("begin", "file", "approve", "start", "keep", "record", "sign", "count")
    ]
    assert [step["by"] for step in visit["steps"]][-2:] == ["Officer", None]
    crew.at(datetime(2026, 7, 6, 1, tzinfo=UTC))
    recheck = fields(officer.get(f"/visits/new?rechecks={number}").text, "/visits")
    assert (recheck["kind"], recheck["rechecks"], recheck["item"]) == (["recheck"], [number], ["GEN-01"])
    again = crew.begin(
        firm=firm,
        kind="recheck",
        channel="recheck",
        rechecks=number,
        planned_on="2026-07-06",
        begins_at="10:00",
    )
    crew.done(again, "file")
    crew.done(again, "approve", leader)
    crew.done(again, "start")
    crew.at(datetime(2026, 7, 6, 4, tzinfo=UTC))
    times = {
        "begun_at": "2026-07-06T10:00:00+08:00",
        "ended_at": "2026-07-06T11:00:00+08:00",
        "no_finding": False,
    }
    assert rules(crew.step(again, "record", record=crew.record(**times))) == {"nothing_said", "no_opinion"}
    [finding] = [row["finding_id"] for row in officer.get(f"/records/{again}.json").json()["to_recheck"]]
    told = crew.record(**times, opinions=[{"finding_id": finding, "opinion": "done"}])
    crew.done(again, "record", record=told)
    crew.done(again, "sign", record=crew.signed(told))
    path = f"/visits/{number}/findings/{finding}"
    answers = fields(officer.get(f"/visits/{number}").text, path) | {
        "cause": "无人清理",
        "consequence": "影响疏散",
    }
    half = officer.post(path, data=answers)
    assert half.status_code == 422 and "no_responsible" in half.text and "no_same_kind" in half.text
    typed = fields(half.text, path)
    assert (typed["cause"], typed["consequence"]) == (["无人清理"], ["影响疏散"])
    answers = typed
    answers |= {"responsible_unit": "仓储部", "responsible_person": "钱七", "same_kind": "其余仓库无此情况"}
    assert officer.post(path, data=answers).status_code == 303
    page = officer.get(f"/visits/{number}").text
    officer.post(f"/visits/{number}/steps/close", data=fields(page, f"/visits/{number}/steps/close"))
    visit = officer.get(f"/visits/{number}.json").json()
    assert (visit["state"], visit["findings"][0]["rectified_on"]) == ("closed", "2026-07-06")
    with desk.ledger.reading() as connection:
        row = outbox.latest(connection, "violations", finding)
    assert row is not None and row[1]["rectified_on"] == "2026-07-06"


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        ({"basis": ""}, {"no_basis"}),
        ({"item_codes": []}, {"no_items"}),
        ({"item_codes": ["XXX-99"]}, {"unknown_item"}),
        ({"channel": None}, {"no_channel"}),
        ({"begins_at": None}, {"no_window"}),
        ({"ends_at": "10:00"}, {"window_backwards"}),
        ({"begins_at": "07:00"}, {"filed_after_it_began"}),
        ({"officers": []}, {"too_few_officers"}),
        ({"officers": ["NOBODY-1", "NOBODY-2"]}, {"unknown_officer", "too_few_officers"}),
        ({"recusal_confirmed": False}, {"recusal_not_confirmed"}),
        ({"kind": "recheck"}, {"recheck_of_nothing"}),
        ({"kind": "assistance"}, {"assistance_as_inspection"}),
        ({"emergency": {}}, {"emergency_without_reason", "emergency_not_approved"}),
    ],
)
def test_a_filing_that_lacks_something_is_refused_with_the_next_step(
    crew: Crew, other: dict[str, Any], wanted: set[str]
) -> None:
    number = crew.begin(**other)
    assert rules(crew.step(number, "file")) == wanted
    assert crew.officer.get(f"/visits/{number}.json").json()["state"] == "draft"


@pytest.mark.parametrize(
    ("hour", "day", "begins", "ends"),
    [
        ("08:00", 1, "09:00", "11:00"),
        ("09:14", 1, "09:30", "11:30"),
        ("09:16", 1, "10:00", "12:00"),
        ("21:15", 1, "21:30", "23:30"),
        ("21:16", 2, "09:00", "11:00"),
        ("23:50", 2, "09:00", "11:00"),
    ],
)
def test_the_window_that_is_offered_can_still_be_filed(hour: str, day: int, begins: str, ends: str) -> None:
    now = datetime.combine(date(2026, 7, 1), time.fromisoformat(hour), LOCAL)
    told = {"begins_at": time.fromisoformat(begins), "ends_at": time.fromisoformat(ends)}
    assert window(now, now.date()) == {"planned_on": date(2026, 7, day), **told}
    assert window(now, date(2026, 7, 5)) == {
        "planned_on": date(2026, 7, 5),
        "begins_at": time(9),
        "ends_at": time(11),
    }


def test_of_a_visit_that_counts_nothing_is_filed_any_more(crew: Crew) -> None:
    number = crew.counted()
    answer = crew.officer.get(f"/visits/{number}/filing")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/visits/{number}")
    assert 'value="file"' in crew.officer.get(f"/visits/{crew.begin()}/filing").text


def test_who_is_recused_or_uncertified_does_not_go(crew: Crew, coded: Path) -> None:
    [(firm, officer)] = asked(
        coded,
        "SELECT r.enterprise_id, r.officer_id FROM serve.recusals r JOIN core.enterprises e USING (enterprise_id) "
        "JOIN serve.officers o USING (officer_id) WHERE e.division = ? AND e.enforcing_level = 'district' "
        "AND o.role = 'officer' AND o.left_on IS NULL ORDER BY ALL LIMIT 1",
        LIXIA,
    )
    number = crew.begin(firm=firm, officers=[officer, *crew.officers])
    assert "recused" in rules(crew.step(number, "file"))
    number = crew.begin(planned_on="2040-07-02")
    assert {"not_certified", "too_few_officers"} <= rules(crew.step(number, "file"))


def test_beyond_the_cap_a_visit_of_the_plan_is_left_out_and_another_needs_its_reason(
    crew: Crew, coded: Path
) -> None:
    [(firm, used)] = asked(
        coded,
        "SELECT c.enterprise_id, c.used FROM plan.caps c JOIN core.enterprises e USING (enterprise_id) "
        "WHERE e.enforcing_level = 'district' AND e.division = ? AND c.used >= c.cap ORDER BY 1 LIMIT 1",
        LIXIA,
    )
    page = crew.officer.get(f"/visits/new.json?enterprise={firm}").json()
    assert page["visits_this_year"] == used >= page["cap"]
    planned = crew.begin(firm=firm, kind="random", channel="random")
    assert rules(crew.step(planned, "file")) == {"beyond_cap"}
    other = crew.begin(firm=firm, beyond_cap_reason="")
    assert rules(crew.step(other, "file")) == {"beyond_cap_without_reason"}
    told = crew.filing(firm)
    assert crew.done(other, "file", filing=told)["filing"]["beyond_cap_reason"] == "群众举报"


def test_whoever_files_does_not_approve_and_inspectors_never_do(crew: Crew) -> None:
    number = crew.begin(who=crew.leader)
    crew.done(number, "file", crew.leader)
    assert rules(crew.step(number, "approve", crew.leader)) == {"approver_is_filer"}
    refused = crew.step(number, "approve")
    assert refused.status_code == 422 and "not for your role" in refused.json()["error"]
    crew.done(number, "send_back", crew.leader, reason="时间有误")
    assert crew.step(number, "cancel").status_code == 422
    assert crew.done(number, "cancel", reason="企业停产")["state"] == "cancelled"


def test_an_emergency_begins_at_once_and_counts_only_when_it_is_filed_and_approved(crew: Crew) -> None:
    emergency = {"reason": "群众举报正在违规动火", "approved_by": "李局长"}
    number = crew.begin(emergency=emergency)
    assert rules(crew.step(crew.begin(), "start_emergency")) == {"no_emergency"}
    crew.done(number, "start_emergency")
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    record = crew.record()
    crew.done(number, "record", record=record)
    page = crew.officer.get(f"/visits/{number}").text
    assert f"{crew.names[crew.officers[0]]} signs by typing the name" in page, "though nothing is filed yet"
    assert crew.done(number, "sign", record=crew.signed(record))["state"] == "signed"
    assert "not filed" in crew.officer.get(f"/visits/{number}").text
    crew.at(datetime(2026, 7, 2, 16, 1, tzinfo=UTC))
    assert crew.done(number, "file_afterwards")["is_late"], "one minute after midnight of Thursday"
    assert crew.done(number, "approve_afterwards", crew.leader)["state"] == "counted"


def test_a_major_hazard_needs_the_criterion_and_more_than_an_order(crew: Crew) -> None:
    number = crew.begun()
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    criteria = crew.officer.get(f"/records/{number}.json").json()["criteria"]
    code, [criterion, *_] = next(iter(criteria.items()))
    major = {"item_code": code, "is_major": True}
    for other, wanted in (
        ({"item_code": "GEN-01", "is_major": True, "disposal": "case"}, {"not_on_a_list"}),
        (major | {"disposal": "case"}, {"no_criterion"}),
        (major | {"criterion": criterion}, {"major_by_order_alone"}),
        ({"rectify_due_on": None}, {"no_deadline"}),
        ({"rectify_due_on": "2026-06-30"}, {"deadline_before_visit"}),
    ):
        record = crew.record(crew.finding(**other))
        assert rules(crew.step(number, "record", record=record)) == wanted, other
    stopped = crew.finding(**major, criterion=criterion, measure="责令停止使用")
    assert crew.done(number, "record", record=crew.record(stopped))["state"] == "recorded"


def test_assistance_carries_no_findings_and_counts_nowhere(crew: Crew) -> None:
    told = {"kind": "assistance", "channel": None, "basis": "", "item_codes": [], "recusal_confirmed": False}
    number = crew.begun(**told)
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    record = crew.record(no_finding=False)
    with_finding = record | {"findings": [crew.finding()]}
    assert rules(crew.step(number, "record", record=with_finding)) == {"assistance_with_findings"}
    crew.done(number, "record", record=record)
    crew.done(number, "sign", record=crew.signed(record))
    assert "it counts nowhere" in crew.officer.get(f"/visits/{number}").text
    with crew.desk.ledger.reading() as connection:
        assert outbox.latest(connection, "filings", number) is None


def test_what_is_signed_changes_by_a_revision_with_its_reason_alone(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    assert crew.step(number, "keep", record=crew.record()).status_code == 422
    crew.at(datetime(2026, 7, 1, 5, tzinfo=UTC))
    path = f"/records/{number}"
    page = crew.officer.get(path)
    assert "What was signed stays as it is" in page.text
    told = fields(page.text, path)
    more = crew.officer.post(path, data=told | {"do": "more"})
    assert more.status_code == 200 and len(fields(more.text, path)["finding"]) == 2
    assert len(crew.officer.get(f"/visits/{number}.json").json()["record"]["findings"]) == 1
    told |= {f"sign.{one}": crew.names[one] for one in crew.officers}
    told |= {"unit.name": "王五", "confirmed": "1", "situation": "补记", "do": "revise"}
    assert "needs a reason" in crew.officer.post(path, data=told).text
    assert crew.officer.post(path, data=told | {"reason": "漏记检查情况"}).status_code == 303
    visit = crew.officer.get(f"/visits/{number}.json").json()
    assert (visit["revision"], visit["state"], visit["record"]["situation"]) == (2, "counted", "补记")
    assert [one["reason"] for one in visit["revisions"]] == ["", "漏记检查情况"]
    assert crew.step(number, "withdraw", reason="x").status_code == 422, "that is for leaders"
    assert crew.done(number, "withdraw", crew.leader, reason="重复记录")["state"] == "withdrawn"
