"""What devices keep and send: which pages, for whom, and what the desk answers to an outbox."""

import re
import uuid
from typing import Any

from starlette.datastructures import FormData

from desk.web.sent import record_of
from tests.worlds.crews import Crew, fields


def kept(crew: Crew, who: Any = None) -> list[str]:
    told = (who or crew.officer).get("/kept.json").json()
    return [one["address"] for one in told["pages"]]


def test_kept_are_the_day_the_outbox_and_the_visits_of_the_own_crew_that_are_worked_on(crew: Crew) -> None:
    approved, draft = crew.begin(), crew.begin()
    crew.done(approved, "file")
    assert f"/records/{approved}" not in kept(crew)
    crew.done(approved, "approve", crew.leader)
    pages = kept(crew)
    assert pages[:2] == ["/day", "/outbox"]
    assert f"/visits/{approved}" in pages and f"/records/{approved}" in pages
    assert f"/visits/{draft}" not in pages
    # The leader approves and does not go; who is of elsewhere sees nothing of it.
    assert kept(crew, crew.leader) == kept(crew, crew.stranger) == ["/day", "/outbox"]
    crew.done(approved, "cancel", reason="停产")
    assert f"/visits/{approved}" not in kept(crew)


def test_a_page_is_fetched_again_when_its_visit_has_changed_and_else_not(crew: Crew) -> None:
    number = crew.begun()

    def mark() -> str:
        pages = crew.officer.get("/kept.json").json()["pages"]
        return next(one["mark"] for one in pages if one["address"] == f"/records/{number}")

    before = mark()
    assert mark() == before
    crew.done(number, "keep", record=crew.record())
    changed = mark()
    assert changed != before
    crew.officer.cookies = crew.desk.login("officer").cookies
    assert mark() != changed, "forms of another session are of no use"


def test_the_worker_is_asked_for_each_time_and_files_stand_below_their_edition(crew: Crew) -> None:
    worker = crew.officer.get("/worker.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-type"].startswith("text/javascript")
    told = crew.officer.get("/kept.json").json()
    assert f"/static/{told['stamp']}/idb/index.js" in told["files"]
    for one in told["files"]:
        answer = crew.officer.get(one)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], one
    before = crew.officer.get("/static/000000000000/desk.css")
    assert (before.status_code, before.headers["cache-control"]) == (200, "no-cache")
    assert crew.officer.get("/static/desk.css").status_code == 404


def test_pages_name_whose_they_are_and_nobodys_do_not(crew: Crew) -> None:
    user = crew.officer.get("/kept.json").json()["user_id"]
    assert crew.officer.get("/day").headers["desk-user"] == user
    assert "desk-user" not in crew.desk.browser().get("/login").headers
    assert crew.desk.browser().get("/outbox").headers["location"] == "/login?next=%2Foutbox"


def test_what_somebody_wrote_is_not_taken_in_the_session_of_another(crew: Crew) -> None:
    number = crew.begun()
    mine = {"desk-user": crew.officer.get("/kept.json").json()["user_id"]}
    told = {"request_id": str(uuid.uuid4()), "record": crew.record()}
    path, headers = f"/visits/{number}/steps/keep.json", {"If-Match": '"4"', **mine}
    assert crew.leader.post(path, json=told, headers=headers).status_code == 401
    assert crew.leader.put(f"/blobs/{'0' * 64}", content=b"x", headers=mine).status_code == 401
    assert crew.officer.get(f"/visits/{number}.json").json()["version"] == 4
    assert crew.officer.post(path, json=told, headers=headers).json()["version"] == 5


def test_a_hundred_repeats_make_one_record(crew: Crew) -> None:
    number = crew.begun()
    told = {"request_id": str(uuid.uuid4()), "record": crew.record(crew.finding())}
    path = f"/visits/{number}/steps/keep.json"
    answers = [crew.officer.post(path, json=told, headers={"If-Match": '"4"'}) for _ in range(100)]
    assert {(one.status_code, one.json()["version"]) for one in answers} == {(200, 5)}
    steps = crew.officer.get(f"/visits/{number}.json").json()["steps"]
    assert [one["step"] for one in steps].count("keep") == 1


def test_programs_are_told_both_versions_in_words(crew: Crew) -> None:
    number = crew.begun()
    crew.done(number, "keep", record=crew.record(situation="先到的"))
    answer = crew.step(number, "keep", version=4, record=crew.record(situation="后到的"))
    assert answer.status_code == 409
    said = answer.json()["said"]
    texts = {side: " ".join(text for _, text in rows) for side, rows in said.items()}
    assert "先到的" in texts["held"] and "后到的" not in texts["held"]
    assert "后到的" in texts["offered"] and "先到的" not in texts["offered"]
    assert answer.json()["held"]["version"] == 5


def test_the_record_of_a_visit_that_is_approved_begins_it(crew: Crew) -> None:
    number = crew.begin()
    crew.done(number, "file")
    assert crew.officer.get(f"/records/{number}").status_code == 422
    crew.done(number, "approve", crew.leader)
    assert f'href="/records/{number}"' in crew.officer.get(f"/visits/{number}").text
    path = f"/records/{number}"
    told = fields(crew.officer.get(path).text, path) | {"begun_at": "2026-07-01T10:00", "do": "keep"}
    for _ in range(2):
        assert crew.officer.post(path, data=told).headers["location"] == path
    visit = crew.officer.get(f"/visits/{number}.json").json()
    assert [one["step"] for one in visit["steps"]] == ["begin", "file", "approve", "start", "keep"]
    assert (visit["state"], visit["record"]["begun_at"]) == ("started", "2026-07-01T10:00:00+08:00")
    # It was begun all the same where the record lacks something; the page goes on from there.
    other = crew.begin()
    crew.done(other, "file")
    crew.done(other, "approve", crew.leader)
    path = f"/records/{other}"
    lacking = crew.officer.post(
        path, data=fields(crew.officer.get(path).text, path) | {"do": "record", "situation": "写了一半"}
    )
    assert lacking.status_code == 422 and "写了一半" in lacking.text
    again = fields(lacking.text, path)
    assert again["version"] == ["4"]
    assert crew.officer.post(path, data=again | {"do": "keep"}).status_code == 303


def test_who_opens_the_record_too_late_is_shown_both_and_begins_nothing(crew: Crew) -> None:
    number = crew.begin()
    crew.done(number, "file")
    crew.done(number, "approve", crew.leader)
    path = f"/records/{number}"
    told = fields(crew.officer.get(path).text, path) | {"situation": "后到的", "do": "keep"}
    crew.done(number, "cancel", crew.leader, reason="停产")
    answer = crew.officer.post(path, data=told)
    assert answer.status_code == 409 and "后到的" in answer.text
    assert crew.officer.get(f"/visits/{number}.json").json()["state"] == "cancelled"


def test_what_the_page_says_to_its_script_is_no_script(crew: Crew) -> None:
    number = crew.begun()
    text = crew.officer.get(f"/records/{number}").text + crew.officer.get("/outbox").text
    inline = re.findall(r"<script([^>]*)>([^<]*)", text)
    assert len(inline) >= 4
    assert all('type="application/json"' in tag if said.strip() else "src=" in tag for tag, said in inline)
    assert "<style" not in text and " style=" not in text


def test_a_form_with_signatures_typed_on_the_device_is_read_as_before(crew: Crew) -> None:
    number = crew.begun()
    path = f"/records/{number}"
    told = fields(crew.officer.get(path).text, path)
    assert {f"sign.{one}" for one in crew.officers} <= told.keys()
    pairs = [(name, value) for name, values in told.items() for value in values]
    assert record_of(FormData(pairs), None, {}).officers == ()
