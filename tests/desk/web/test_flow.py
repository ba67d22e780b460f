"""The life of a visit at the desk, by forms alone, and what stands against each of its steps."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.worlds.desks import LIXIA, SHIZHONG, Desk, asked, desk_of
from warehouse.field import audit, outbox

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 20
MORNING = datetime(2026, 7, 1, 0, tzinfo=UTC)
"""Eight o'clock in the city, on the day after the copy's."""


class Crew:
    """Two officers of Lixia, whom they call on, and who approves."""

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk = desk
        people = asked(
            home,
            "SELECT officer_id, name FROM serve.officers WHERE level = 'district' AND division = ? "
            "AND role = 'officer' AND certified_until >= DATE '2026-12-31' AND left_on IS NULL ORDER BY 1",
            LIXIA,
        )
        self.officers, self.names = [row[0] for row in people[:2]], dict(people)
        self.firms = [
            row[0]
            for row in asked(
                home,
                "SELECT e.enterprise_id FROM core.enterprises e JOIN plan.caps c USING (enterprise_id) "
                "WHERE e.enforcing_level = 'district' AND e.division = ? AND c.used < c.cap "
                "AND e.enterprise_id NOT IN (SELECT enterprise_id FROM serve.recusals) ORDER BY 1",
                LIXIA,
            )
        ]
        add = desk.add
        who: dict[str, Any] = {"level": "district", "division": LIXIA}
        self.officer = desk.login(add("officer", **who, officer_id=self.officers[0]))
        self.leader = desk.login(add("leader", "leader", "inspector", **who))
        self.analyst = desk.login(add("analyst", "analyst", **who))
        self.stranger = desk.login(
            add("stranger", "inspector", "leader", level="district", division=SHIZHONG)
        )

    def at(self, now: datetime) -> None:
        """Go on at another moment; sessions do not last from one day to another, so everybody logs in anew."""
        self.desk.now = now
        for login in ("officer", "leader", "analyst", "stranger"):
            client: httpx.Client = getattr(self, login)
            client.cookies = self.desk.login(login).cookies

    def filing(self, firm: str | None = None, **other: Any) -> dict[str, Any]:
        """A filing nothing stands against at eight o'clock: ten to twelve on 1 July, off the plan."""
        told = {
            "enterprise_id": firm or self.firms[0],
            "kind": "immediate",
            "channel": "immediate",
            "basis": "安全生产法 65",
            "item_codes": ["GEN-01"],
            "planned_on": "2026-07-01",
            "begins_at": "10:00",
            "ends_at": "12:00",
            "officers": self.officers,
            "recusal_confirmed": True,
            # Tests visit the same enterprise again and again.
            "beyond_cap_reason": "群众举报",
        }
        return told | other

    def begin(self, who: httpx.Client | None = None, **other: Any) -> str:
        """A draft, by JSON; its number."""
        number = str(uuid.uuid4())
        told = {"visit_id": number, "request_id": str(uuid.uuid4()), "filing": self.filing(**other)}
        answer = (who or self.officer).post("/visits.json", json=told)
        assert answer.status_code == 200, answer.text
        return number

    def step(self, number: str, step: str, who: httpx.Client | None = None, **brought: Any) -> httpx.Response:
        """A step by JSON, at the version that the visit has."""
        client = who or self.officer
        seen = client.get(f"/visits/{number}.json")
        version = brought.pop("version", seen.json().get("version", 1))
        told = {"request_id": str(uuid.uuid4()), **brought}
        return client.post(
            f"/visits/{number}/steps/{step}.json", json=told, headers={"If-Match": f'"{version}"'}
        )

    def done(self, number: str, step: str, who: httpx.Client | None = None, **brought: Any) -> Any:
        """The visit after a step that nothing stands against."""
        answer = self.step(number, step, who, **brought)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def begun(self, **other: Any) -> str:
        """A visit that is filed, approved and begun."""
        number = self.begin(**other)
        self.done(number, "file")
        self.done(number, "approve", self.leader)
        self.done(number, "start")
        return number

    def record(self, *findings: dict[str, Any], **other: Any) -> dict[str, Any]:
        """A record, ten to eleven, of some findings or of none."""
        told = {
            "begun_at": "2026-07-01T10:00:00+08:00",
            "ended_at": "2026-07-01T11:00:00+08:00",
            "places": ["一车间"],
            "certificates_shown": True,
            "integrity_pledge": True,
            "no_finding": not findings,
            "findings": list(findings),
        }
        return told | other

    def finding(self, **other: Any) -> dict[str, Any]:
        told = {"id": str(uuid.uuid4()), "item_code": "GEN-01", "description": "通道堵塞", "place": "一车间"}
        return told | {"disposal": "order", "rectify_due_on": "2026-07-10"} | other

    def signed(self, record: dict[str, Any]) -> dict[str, Any]:
        at = "2026-07-01T11:00:00+08:00"
        officers = [{"officer_id": one, "signed_at": at} for one in self.officers]
        return record | {"officers": officers, "unit": {"name": "王五", "post": "厂长", "signed_at": at}}

    def counted(self, *findings: dict[str, Any], **other: Any) -> str:
        """A visit whose record counts."""
        number = self.begun(**other)
        self.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
        try:
            record = self.record(*findings)
            self.done(number, "record", record=record)
            assert self.done(number, "sign", record=self.signed(record))["state"] == "counted"
        finally:
            self.at(MORNING)
        return number


@pytest.fixture(scope="module")
def crew(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with desk_of(coded, tmp_path_factory.mktemp("flow")) as desk:
        desk.now = MORNING
        yield Crew(desk, coded)


def fields(page: str, action: str) -> dict[str, Any]:
    """What a form of a page sends when nothing is typed."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if f'action="{action}"' in one)
    told: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if found.get("type") == "file" or (found.get("type") == "checkbox" and " checked" not in tag):
            continue
        told.setdefault(found["name"], []).append(found.get("value", ""))
    for name, content in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S):
        told[name] = [unescape(content)]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        told[name] = [(chosen or first).group(1)]  # pyright: ignore[reportOptionalMemberAccess]
    return told


def rules(answer: httpx.Response) -> set[str]:
    """What stands against a step, by rule."""
    assert answer.status_code == 422, answer.text
    faults = answer.json()["faults"]
    assert all(one["message"] and one["clause"] and one["part"] for one in faults)
    return {one["rule"] for one in faults}


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
    answers |= {"responsible_unit": "仓储部", "responsible_person": "钱七", "same_kind": "其余仓库无此情况"}
    assert officer.post(path, data=answers).status_code == 303
    page = officer.get(f"/visits/{number}").text
    officer.post(f"/visits/{number}/steps/close", data=fields(page, f"/visits/{number}/steps/close"))
    visit = officer.get(f"/visits/{number}.json").json()
    assert (visit["state"], visit["findings"][0]["rectified_on"]) == ("closed", "2026-07-06")
    with desk.ledger.reading() as connection:
        row = outbox.latest(connection, "violations", finding)
    assert row is not None and row[1]["rectified_on"] == "2026-07-06"
    crew.at(MORNING)


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
    assert crew.done(number, "sign", record=crew.signed(record))["state"] == "signed"
    assert "not filed" in crew.officer.get(f"/visits/{number}").text
    crew.at(datetime(2026, 7, 2, 16, 1, tzinfo=UTC))
    assert crew.done(number, "file_afterwards")["is_late"], "one minute after midnight of Thursday"
    assert crew.done(number, "approve_afterwards", crew.leader)["state"] == "counted"
    crew.at(MORNING)


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
    crew.at(MORNING)


def test_assistance_carries_no_findings_and_counts_nowhere(crew: Crew) -> None:
    told = {"kind": "assistance", "channel": None, "basis": "", "item_codes": [], "recusal_confirmed": False}
    number = crew.begun(**told)
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    record = crew.record(no_finding=False)
    with_finding = record | {"findings": [crew.finding()]}
    assert rules(crew.step(number, "record", record=with_finding)) == {"assistance_with_findings"}
    crew.done(number, "record", record=record)
    crew.done(number, "sign", record=crew.signed(record))
    crew.at(MORNING)
    assert "it counts nowhere" in crew.officer.get(f"/visits/{number}").text
    with crew.desk.ledger.reading() as connection:
        assert outbox.latest(connection, "filings", number) is None


def test_what_is_signed_changes_by_a_revision_with_its_reason_alone(crew: Crew) -> None:
    number = crew.counted(crew.finding())
    assert crew.step(number, "keep", record=crew.record()).status_code == 422
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
    crew.at(datetime(2026, 7, 1, 5, tzinfo=UTC))
    assert crew.officer.post(path, data=told | {"reason": "漏记检查情况"}).status_code == 303
    visit = crew.officer.get(f"/visits/{number}.json").json()
    assert (visit["revision"], visit["state"], visit["record"]["situation"]) == (2, "counted", "补记")
    assert [one["reason"] for one in visit["revisions"]] == ["", "漏记检查情况"]
    assert crew.step(number, "withdraw", reason="x").status_code == 422, "that is for leaders"
    assert crew.done(number, "withdraw", crew.leader, reason="重复记录")["state"] == "withdrawn"
    crew.at(MORNING)


def test_asked_again_nothing_is_done_twice_and_something_else_under_the_same_number_is_refused(
    crew: Crew,
) -> None:
    told = {"visit_id": str(uuid.uuid4()), "request_id": str(uuid.uuid4()), "filing": crew.filing()}
    seen = [crew.officer.post("/visits.json", json=told) for _ in range(3)]
    assert {answer.status_code for answer in seen} == {200} and {
        answer.json()["version"] for answer in seen
    } == {1}
    other = crew.officer.post("/visits.json", json=told | {"filing": crew.filing(basis="另一依据")})
    assert other.status_code == 409 and other.json()["held"]["filing"]["basis"] == "安全生产法 65"
    path, asked_for = f"/visits/{told['visit_id']}/steps/file.json", {"request_id": str(uuid.uuid4())}
    match = {"If-Match": '"1"'}
    filed = [crew.officer.post(path, json=asked_for, headers=match) for _ in range(3)]
    assert [(one.status_code, one.json()["version"], one.headers["etag"]) for one in filed] == [
        (200, 2, '"2"')
    ] * 3
    assert crew.officer.post(path, json=asked_for).status_code == 428


def test_of_two_who_edit_one_visit_the_second_is_shown_both_versions(crew: Crew) -> None:
    number = crew.begin()
    path = f"/visits/{number}/filing"
    first, second = (fields(who.get(path).text, path) for who in (crew.officer, crew.leader))
    assert crew.officer.post(path, data=first | {"basis": "甲", "do": "edit"}).status_code == 303
    lost = crew.leader.post(path, data=second | {"basis": "乙", "do": "edit"})
    assert lost.status_code == 409 and "甲" in lost.text and "乙" in lost.text
    answer = crew.step(number, "edit", crew.leader, version=1, filing=crew.filing(basis="丙"))
    told = answer.json()
    assert (answer.status_code, told["held"]["filing"]["basis"], told["offered"]["filing"]["basis"]) == (
        409,
        "甲",
        "丙",
    )
    assert crew.officer.get(f"/visits/{number}.json").json()["filing"]["basis"] == "甲"


def test_a_visit_of_another_district_is_as_if_it_were_not_there(crew: Crew) -> None:
    number, nobody = crew.counted(crew.finding()), str(uuid.uuid4())
    finding = crew.officer.get(f"/visits/{number}.json").json()["findings"][0]["finding_id"]
    for path in ("", ".json", "/pass", "/pass.json", "/filing"):
        answer = crew.stranger.get(f"/visits/{number}{path}")
        assert answer.status_code == 404, path
        assert answer.text.replace(number, nobody) == crew.stranger.get(f"/visits/{nobody}{path}").text
    for path in (f"/records/{number}", f"/records/{number}.json", f"/visits/new?rechecks={number}"):
        assert crew.stranger.get(path).status_code == 404, path
    csrf = fields(crew.stranger.get("/visits").text, "/logout")["csrf"][0]
    form = {"csrf": csrf, "version": "1", "request_id": str(uuid.uuid4()), "kind": "other", "reason": "x"}
    for path in ("/filing", "/signatures", "/steps/cancel", "/steps/withdraw", f"/findings/{finding}"):
        assert crew.stranger.post(f"/visits/{number}{path}", data=form).status_code == 404, path
    assert crew.stranger.post(f"/records/{number}", data=form).status_code == 404
    asked_for = {"request_id": str(uuid.uuid4()), "reason": "x"}
    for step in ("withdraw", "revise", "close_finding", "close"):
        answer = crew.stranger.post(
            f"/visits/{number}/steps/{step}.json", json=asked_for, headers={"If-Match": '"8"'}
        )
        assert answer.status_code == 404, step
    assert number not in crew.stranger.get("/visits.json?size=200").text
    assert number not in crew.stranger.get("/visits.csv").text
    assert crew.stranger.get(f"/visits/new?enterprise={crew.firms[0]}").status_code == 404
    begun = {"visit_id": nobody, "request_id": nobody, "filing": crew.filing()}
    assert crew.stranger.post("/visits.json", json=begun).status_code == 404


def test_analysts_read_and_write_nothing(crew: Crew) -> None:
    number = crew.begin()
    page = crew.analyst.get(f"/visits/{number}")
    assert page.status_code == 200 and "What can be done" not in page.text
    assert crew.step(number, "file", crew.analyst).status_code == 422
    told = {"visit_id": str(uuid.uuid4()), "request_id": str(uuid.uuid4()), "filing": crew.filing()}
    assert crew.analyst.post("/visits.json", json=told).status_code == 422
    assert crew.analyst.put(f"/blobs/{sha256(JPEG).hexdigest()}", content=JPEG).status_code == 403


def test_a_form_of_another_session_is_not_taken(crew: Crew) -> None:
    number = crew.begin()
    path = f"/visits/{number}/steps/cancel"
    sent = fields(crew.officer.get(f"/visits/{number}").text, path) | {"reason": "x"}
    assert crew.leader.post(path, data=sent).status_code == 403
    assert crew.officer.post(path, data=sent | {"csrf": ""}).status_code == 403
    assert crew.officer.post(path, data=sent).status_code == 303


def test_the_pass_code_opens_without_an_account_and_tells_of_no_hazard(crew: Crew) -> None:
    number = crew.begin()
    assert crew.officer.get(f"/visits/{number}/pass").status_code == 422
    crew.done(number, "file")
    crew.done(number, "approve", crew.leader)
    page = crew.officer.get(f"/visits/{number}/pass")
    assert "<svg" in page.text and "style=" not in page.text
    code = crew.officer.get(f"/visits/{number}/pass.json").json()["code"]
    assert len(code) == 43
    anybody = crew.desk.browser()
    told = anybody.get(f"/pass/{code}.json").json()
    assert {*told} == {
        *(
            "as_of",
            "published_at",
            "authority",
            "unit",
            "day",
            "begins_at",
            "ends_at",
            "is_filed",
            "officers",
        ),
        *("is_assistance", "is_emergency", "assistants", "basis", "items"),
    }
    assert [one["officer_id"] for one in told["officers"]] == crew.officers
    shown = anybody.get(f"/pass/{code}").text
    assert "安全生产法 65" in shown and "12345" in shown and 'class="chip' not in shown
    wrong = code[:-2] + ("A" if code[-2] != "A" else "B") + code[-1]
    for one in (wrong, code[:20], "x", number):
        assert anybody.get(f"/pass/{one}").status_code == 404, one
    crew.done(number, "cancel", reason="企业停产")
    assert anybody.get(f"/pass/{code}").status_code == 404


def test_a_photo_is_a_picture_under_the_hash_of_its_bytes(crew: Crew) -> None:
    other = JPEG + b"other"
    name = sha256(other).hexdigest()
    assert crew.officer.put(f"/blobs/{name}", content=other).json()["is_new"]
    assert not crew.officer.put(f"/blobs/{name}", content=other).json()["is_new"]
    assert crew.officer.put(f"/blobs/{name}", content=JPEG + b"x").status_code in (200, 422)
    page = b"<script>alert(1)</script>"
    refused = crew.officer.put(f"/blobs/{sha256(page).hexdigest()}", content=page)
    assert refused.status_code == 422 and "JPEG" in refused.json()["error"]
    large = JPEG + bytes(9 * 2**20)
    assert crew.officer.put(f"/blobs/{sha256(large).hexdigest()}", content=large).status_code == 413


def test_a_record_counts_only_when_its_photos_are_there(crew: Crew) -> None:
    number, photo = crew.begun(), JPEG + b"late"
    name = sha256(photo).hexdigest()
    crew.at(datetime(2026, 7, 1, 4, tzinfo=UTC))
    record = crew.record(crew.finding(photos=[name]))
    crew.done(number, "record", record=record)
    assert crew.done(number, "sign", record=crew.signed(record))["state"] == "signed"
    assert "photos are still on their way" in crew.officer.get(f"/visits/{number}").text
    assert crew.officer.put(f"/blobs/{name}", content=photo).status_code == 201
    assert crew.officer.get(f"/visits/{number}.json").json()["state"] == "counted"
    crew.at(MORNING)


def test_the_ledger_is_filtered_and_exported(crew: Crew) -> None:
    number = crew.begin(firm=crew.firms[2], planned_on="2026-07-03")
    crew.done(number, "file")
    for query in (
        "day=2026-07-03",
        f"enterprise={crew.firms[2]}&state=filed",
        f"enterprise={crew.firms[2]}&officer={crew.officers[0]}",
        f"enterprise={crew.firms[2]}&officer={crew.names[crew.officers[1]]}",
    ):
        told = crew.leader.get(f"/visits.json?{query}").json()
        assert [one["visit_id"] for one in told["visits"]] == [number], query
    assert crew.leader.get(f"/visits.json?enterprise={crew.firms[2]}&officer=nobody").json()["of"] == 0
    table = crew.leader.get(f"/visits.csv?enterprise={crew.firms[2]}")
    lines = table.content.decode("utf-8-sig").splitlines()
    assert table.headers["content-type"].startswith("text/csv") and len(lines) == 2
    assert number in lines[1] and crew.names[crew.officers[0]] in lines[1] and "安全生产法 65" in lines[1]


def test_reading_a_visit_or_a_passport_is_written_down(crew: Crew) -> None:
    number = crew.begin()
    before = audit.verify(crew.desk.ledger).place
    crew.analyst.get(f"/visits/{number}.json")
    crew.analyst.get(f"/enterprises/{crew.firms[0]}")
    crew.analyst.get("/visits")
    assert audit.verify(crew.desk.ledger).place == before + 2


def test_my_day_tells_what_the_ledger_has_of_a_planned_visit_and_who_claimed_it(
    crew: Crew, coded: Path
) -> None:
    rows = asked(
        coded,
        "SELECT v.visit_id, v.planned_on, v.enterprise_id FROM plan.visits v JOIN core.enterprises e USING "
        "(enterprise_id) WHERE v.level = 'district' AND v.division = ? AND e.division = ? AND "
        "e.enforcing_level = 'district' AND v.planned_on > DATE '2026-07-01' AND v.state = 'scheduled' ORDER BY 2, 1",
        LIXIA,
        LIXIA,
    )
    plan, day, firm = rows[0]
    page = crew.leader.get(f"/day?on={day}&of=authority")
    to_file = f"/visits/new?plan={quote(plan)}"
    assert to_file in page.text
    told = crew.leader.get("/visits/new.json", params={"plan": plan}).json()["filing"]
    assert (told["enterprise_id"], told["planned_on"], told["plan_visit_id"]) == (firm, str(day), plan)
    assert len(told["officers"]) >= 2 and told["item_codes"]
    number = crew.begin(**told | {"recusal_confirmed": True})
    crew.done(number, "file")
    found = crew.leader.get(f"/day.json?on={day}&of=authority").json()["visits"]
    [held] = [row["ledger"] for row in found if row["visit_id"] == plan]
    assert (held["visit_id"], held["state"], held["is_mine"]) == (number, "filed", False)
    page = crew.leader.get(f"/day?on={day}&of=authority").text
    assert f"/visits/{number}" in page and "claimed by others" in page and to_file not in page
