"""The checklist of a visit as a form of ODK, and what comes back of it as the record of that visit."""

import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from pyxform.xls2xform import convert

from tests.worlds.crews import JPEG, Crew, fields
from tests.worlds.odk import archive, finding, root
from tests.worlds.runs import riskcode
from warehouse.field import audit

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
PHOTO = sha256(JPEG).hexdigest()


def form(crew: Crew, visit: str) -> bytes:
    answer = crew.officer.get(f"/visits/{visit}/form.xlsx")
    assert answer.status_code == 200, answer.text
    return answer.content


def sheet(content: bytes, name: str) -> list[dict[str, Any]]:
    [heads, *rows] = openpyxl.load_workbook(io.BytesIO(content))[name].values
    return [dict(zip(heads, row, strict=True)) for row in rows]


def brought(crew: Crew, content: bytes, who: httpx.Client | None = None) -> list[dict[str, Any]]:
    """All submissions that are listed after a file was brought, by the page."""
    client = who or crew.officer
    mark = {"csrf": fields(client.get("/submissions").text, "/submissions")["csrf"]}
    answer = client.post("/submissions", data=mark, files={"file": ("visit.zip", content)})
    assert answer.status_code == 200, answer.text
    return client.get("/submissions.json").json()["submissions"]


def of(told: list[dict[str, Any]], instance: str) -> dict[str, str]:
    """State of each submission of an instance, by its rule."""
    return {one["rule"]: one["state"] for one in told if one["instance_id"] == instance}


def test_the_form_of_a_visit_is_one_that_odk_takes_without_a_warning(crew: Crew) -> None:
    visit = crew.begun()
    content = form(crew, visit)
    converted = convert(io.BytesIO(content), validate=False)
    assert converted.warnings == []
    asked = [
        row["name"] for row in sheet(content, "survey") if row["type"] not in ("end repeat", "calculate")
    ]
    assert asked[:9] == [
        *("begun_at", "ended_at", "places", "situation", "certificates_shown", "integrity_pledge"),
        *("no_finding", "outcome", "findings"),
    ]
    assert {"item_code", "place", "photo", "severity", "disposal", "rectify_due_on", "note"} < set(asked)
    items = [row["name"] for row in sheet(content, "choices") if row["list_name"] == "item"]
    assert items[0] == "GEN-01", "what the filing names comes first"
    assert sheet(content, "settings")[0]["form_id"] == f"visit-{visit}"
    assert sheet(content, "survey") == sheet(form(crew, visit), "survey")


def test_the_form_asks_for_a_criterion_only_where_a_list_has_one_for_the_item(crew: Crew) -> None:
    visit = crew.begun()
    content = form(crew, visit)
    known = crew.officer.get(f"/records/{visit}.json").json()["criteria"]
    offered = {row["name"] for row in sheet(content, "choices") if row["list_name"] == "item"}
    criteria = [row for row in sheet(content, "choices") if row["list_name"] == "criterion"]
    assert (
        {(row["item"], row["label"]) for row in criteria}
        == {(item, one) for item, said in known.items() if item in offered for one in said}
        != set()
    )
    survey = {row["name"]: row for row in sheet(content, "survey")}
    for name in ("is_major", "criterion", "measure"):
        assert "GEN-04" in survey[name]["relevant"] and "GEN-01" not in survey[name]["relevant"]
    assert survey["measure"]["required"] == "${disposal} = 'order'"
    assert "2026-07-01" in survey["rectify_due_on"]["constraint"]
    assert "2026-07-01" in survey["begun_at"]["constraint"]


def test_there_is_a_form_of_a_visit_that_is_approved_and_for_who_sees_it(crew: Crew) -> None:
    draft = crew.begin()
    assert crew.officer.get(f"/visits/{draft}/form.xlsx").status_code == 422
    visit = crew.begun()
    assert crew.stranger.get(f"/visits/{visit}/form.xlsx").status_code == 404


def test_a_submission_becomes_the_record_of_its_visit_and_people_finish_and_sign_it(crew: Crew) -> None:
    visit = crew.begin()
    crew.done(visit, "file")
    crew.done(visit, "approve", crew.leader)
    crew.at(NOON)
    told = brought(crew, archive([root(visit, "uuid:a")], [finding("uuid:a")]))
    assert of(told, "uuid:a") == {"": "taken"}
    seen = crew.officer.get(f"/visits/{visit}.json").json()
    assert (seen["state"], seen["revision"], seen["record"]["officers"]) == ("started", 0, [])
    [found] = seen["record"]["findings"]
    assert (found["item_code"], found["photos"], found["description"]) == (
        "GEN-01",
        [PHOTO],
        "通道堵塞\n当场告知",
    )
    assert seen["record"]["places"] == ["一车间", "仓库"] and seen["record"]["no_finding"] is False
    assert crew.officer.get(f"/blobs/{PHOTO}").content == JPEG
    assert crew.done(visit, "record", record=seen["record"])["state"] == "recorded"
    assert crew.done(visit, "sign", record=crew.signed(seen["record"]))["state"] == "counted"


def test_the_same_submission_again_does_nothing_and_a_changed_one_is_a_conflict(crew: Crew) -> None:
    visit = crew.begun()
    crew.at(NOON)
    content = archive([root(visit, "uuid:b")], [finding("uuid:b")])
    brought(crew, content)
    version = crew.officer.get(f"/visits/{visit}.json").json()["version"]
    lines = audit.verify(crew.desk.ledger).place
    told = brought(crew, content)
    assert of(told, "uuid:b") == {"": "taken"} and len([one for one in told if one["visit_id"] == visit]) == 1
    changed = archive([root(visit, "uuid:b")], [finding("uuid:b", place="二车间")])
    told = brought(crew, changed)
    assert of(told, "uuid:b") == {"": "taken", "changed_submission": "conflict"}
    told = brought(crew, archive([root(visit, "uuid:c")], [finding("uuid:c", place="三车间")]))
    assert of(told, "uuid:c") == {"other_record": "conflict"}
    seen = crew.officer.get(f"/visits/{visit}.json").json()
    assert (seen["version"], seen["record"]["findings"][0]["place"]) == (version, "一车间")
    assert audit.verify(crew.desk.ledger).place == lines + 3, "two conflicts, and a look at the visit"
    page = crew.officer.get("/submissions").text
    assert "二车间" in page and "三车间" in page and "Look at both" in page


def test_what_cannot_be_read_is_refused_by_its_rule_and_kept_and_taken_once_it_can_be(crew: Crew) -> None:
    visit = crew.begun()
    crew.at(NOON)
    told = brought(
        crew,
        archive(
            [
                root(visit, "uuid:d"),
                root(visit, "uuid:e", begun_at="yesterday"),
                root("no number", "uuid:f"),
            ],
            [finding("uuid:d")],
            media={},
        ),
    )
    assert of(told, "uuid:d") == {"photo_missing": "refused"}
    assert of(told, "uuid:e") == {"unreadable": "refused"}
    assert of(told, "uuid:f") == {"no_such_visit": "refused"}
    assert (
        next(one for one in told if one["instance_id"] == "uuid:e")["told"]["root"]["begun_at"] == "yesterday"
    )
    assert crew.officer.get(f"/visits/{visit}.json").json()["record"] is None
    told = brought(crew, archive([root(visit, "uuid:d")], [finding("uuid:d")]))
    assert of(told, "uuid:d") == {"": "taken"}


def test_a_visit_of_another_authority_is_none_and_who_only_reads_brings_nothing(crew: Crew) -> None:
    visit = crew.begun()
    told = brought(crew, archive([root(visit, "uuid:g")], [finding("uuid:g")]), crew.stranger)
    assert of(told, "uuid:g") == {"no_such_visit": "refused"}
    assert of(crew.officer.get("/submissions.json").json()["submissions"], "uuid:g") == {
        "no_such_visit": "refused"
    }, "people of the visit see that somebody brought it"
    assert crew.analyst.get("/submissions").status_code == 200
    mark = {"csrf": fields(crew.officer.get("/submissions").text, "/submissions")["csrf"]}
    assert crew.analyst.post("/submissions", data=mark, files={"file": ("a.zip", b"")}).status_code == 403


@pytest.mark.parametrize("content", [b"no zip", archive([{"a": "b"}])])
def test_a_file_that_is_no_export_is_told(crew: Crew, content: bytes) -> None:
    mark = {"csrf": fields(crew.officer.get("/submissions").text, "/submissions")["csrf"]}
    answer = crew.officer.post("/submissions", data=mark, files={"file": ("a.zip", content)})
    assert answer.status_code == 422 and "Export" in answer.text


def test_the_command_does_the_same_for_somebody_who_may(crew: Crew, tmp_path: Path) -> None:
    visit = crew.begun()
    file = tmp_path / "visit.zip"
    file.write_bytes(archive([root(visit, "uuid:h", outcome="", no_finding="yes")]))
    home = crew.desk.ledger.blobs.parents[1]
    published = crew.desk.home.published
    (home / "published").mkdir(exist_ok=True)
    (home / "published" / published.name).symlink_to(published)
    done = riskcode(home, "desk", "odk", str(file), "--by", "officer", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["state"] for one in json.loads(done.stdout)] == ["taken"]
    assert riskcode(home, "desk", "odk", str(file), "--by", "analyst").returncode == 2
    assert crew.officer.get(f"/visits/{visit}.json").json()["record"]["no_finding"] is True
