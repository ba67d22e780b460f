"""What the recording half keeps apart: requests asked again, versions, districts, sessions, passes, photos."""

import uuid
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import update

from desk.web import ledger
from tests.worlds.crews import JPEG, Crew, fields, rules
from tests.worlds.desks import LIXIA, SHIZHONG, asked
from warehouse.field import audit, visits
from warehouse.field.tables import VISITS


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


def test_moments_out_of_our_time_are_refused_and_those_stored_before_are_shown(crew: Crew) -> None:
    number = crew.begun()
    for at in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        day, refused = at[:10], [crew.step(number, "keep", record=crew.record(begun_at=at))]
        refused.append(crew.step(number, "keep", record=crew.record(), device_at=at))
        refused.append(crew.step(number, "keep", record=crew.record(crew.finding(rectify_due_on=day))))
        told = {"visit_id": str(uuid.uuid4()), "request_id": str(uuid.uuid4())}
        refused.append(crew.officer.post("/visits.json", json=told | {"filing": crew.filing(planned_on=day)}))
        form = fields(crew.officer.get(f"/records/{number}").text, f"/records/{number}")
        sent = form | {"begun_at": f"{day}T09:00", "do": "keep"}
        refused.append(crew.officer.post(f"/records/{number}", data=sent))
        assert [one.status_code for one in refused] == [422] * 5
    crew.done(number, "keep", record=crew.record())
    with crew.desk.ledger.writing() as connection:
        mine = VISITS.c.visit_id == number
        old = crew.record(begun_at="0001-01-01T00:00:00+08:00", ended_at="9999-12-31T23:59:59+00:00")
        connection.execute(update(VISITS).where(mine).values(record=old))
    for page in (f"/visits/{number}", f"/records/{number}", f"/visits/{number}.json", "/visits"):
        assert crew.officer.get(page).status_code == 200, page
    assert "times_backwards" not in rules(crew.step(number, "record"))


def test_a_form_of_another_session_is_not_taken(crew: Crew) -> None:
    number = crew.begin()
    path = f"/visits/{number}/steps/cancel"
    sent = fields(crew.officer.get(f"/visits/{number}").text, path) | {"reason": "x"}
    assert crew.leader.post(path, data=sent).status_code == 403
    assert crew.officer.post(path, data=sent | {"csrf": ""}).status_code == 403
    assert crew.officer.post(path, data=sent).status_code == 303


@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "utf-8; charset=utf-7"])
def test_forms_in_encodings_of_no_browser_are_not_read(crew: Crew, charset: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\\ud800\r\n'
    body = b"".join(part % name for name in (b"csrf", b"name", b"reason", b"to")) + b"--x--\r\n"
    head = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    for path in ("/logout", "/login", "/language", f"/visits/{uuid.uuid4()}/steps/cancel"):
        assert crew.officer.post(path, content=body, headers=head).status_code == 422, path
    plain = {"content-type": 'multipart/form-data; boundary=x; charset="UTF-8"'}
    assert crew.officer.post("/logout", content=body, headers=plain).status_code == 403
    answer = crew.officer.post(
        "/visits.json", content=b'{"reason": "\\ud800"}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


def test_who_is_lent_sees_the_visit_and_its_enterprise_and_nothing_else(crew: Crew) -> None:
    officer = next(one for one in crew.names if one not in crew.officers)
    lent = crew.desk.login(crew.desk.add("helper", level="district", division=SHIZHONG, officer_id=officer))
    number = crew.begin(officers=[crew.officers[0], officer])
    crew.done(number, "file")
    assert lent.get(f"/visits/{number}").status_code == 200
    assert lent.get(f"/enterprises/{crew.firms[0]}").status_code == 200
    assert lent.get(f"/enterprises/{crew.firms[1]}").status_code == 404
    assert number in lent.get("/visits").text
    assert crew.step(number, "edit", lent).status_code == 422


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
        *("is_assistance", "is_emergency", "assistants", "basis", "items", "evaluation"),
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
    assert crew.officer.put(f"/blobs/{name}", content=JPEG + b"x").status_code == 422
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


def test_the_ledger_tells_a_range_of_days_and_its_table_has_all_that_its_list_has_not(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = crew.firms[3]
    numbers = [crew.begin(firm=firm, planned_on=f"2026-07-1{day}") for day in range(5)]
    asked_for = f"enterprise={firm}&from=2026-07-11&to=2026-07-13"
    told = crew.leader.get(f"/visits.json?{asked_for}").json()
    assert ([one["visit_id"] for one in told["visits"]], told["is_whole"]) == (numbers[3:0:-1], True)
    assert {one["is_refused"] for one in told["visits"]} == {False}
    monkeypatch.setattr(ledger, "MOST_LISTED", 2)
    monkeypatch.setattr(ledger, "_PORTION", 1)
    monkeypatch.setattr(visits, "_PORTION", 2)
    told = crew.leader.get(f"/visits.json?{asked_for}").json()
    assert ([one["visit_id"] for one in told["visits"]], told["is_whole"]) == (numbers[3:1:-1], False)
    assert "More than 2 visits match" in crew.leader.get(f"/visits?{asked_for}").text
    lines = crew.leader.get(f"/visits.csv?{asked_for}").content.decode("utf-8-sig").splitlines()
    assert [line[:36] for line in lines[1:]] == numbers[3:0:-1]
    assert crew.leader.get("/visits.csv?from=x").status_code == 422


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
    crew.begin(**told)
    other, *_ = (one for one in crew.firms if one != firm)
    strange = crew.begin(**told | {"enterprise_id": other, "recusal_confirmed": True})
    assert "plan_visit_of_another" in rules(crew.step(strange, "file"))
    found = crew.leader.get(f"/day.json?on={day}&of=authority").json()["visits"]
    assert [row["ledger"] for row in found if row["visit_id"] == plan] == [held], "the one that is farthest"
    page = crew.leader.get(f"/day?on={day}&of=authority").text
    assert f"/visits/{number}" in page and "claimed by others" in page and to_file not in page
    filed = crew.leader.get(f"/visits/{number}.json").json()["filed_at"]
    assert f"filed 2026-07-01 {filed[11:16]}" in page and "approved 2026" not in page
    crew.done(number, "approve", crew.leader)
    assert "approved 2026-07-01 08:00" in crew.leader.get(f"/day?on={day}&of=authority").text
