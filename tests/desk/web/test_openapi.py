"""Whatever is asked within the description of the desk, no answer is a fault of the program, and all are described."""

import uuid
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from desk.web.asking import SESSION
from tests.worlds.desks import LIXIA, Desk, asked
from tests.worlds.effort import tries

PATHS = (
    "/day.json",
    "/map.json",
    "/map/ground.json",
    "/queue.json",
    "/enterprises/{enterprise_id}.json",
    "/month.json",
    "/search.json",
    "/statutes.json",
    "/visits/new.json",
    "/visits.json",
    "/objections.json",
    "/objections/new.json",
    "/objections/{objection_id}.json",
    "/overrides.json",
    "/overrides/new.json",
    "/acts/{act_id}.json",
    "/users.json",
    "/users/new.json",
    "/users/{user_id}.json",
    "/me.json",
    "/visits/{visit_id}.json",
    "/visits/{visit_id}/pass.json",
    "/records/{visit_id}.json",
    "/pass/{code}.json",
    "/papers.json",
    "/visits/{visit_id}/papers.json",
    "/evaluations.json",
    "/my.json",
    "/submissions.json",
    "/outward.json",
)
OPEN = {
    "nobody": ("/month.json",),
    "admin": ("/month.json", "/me.json", "/users.json", "/users/new.json", "/users/{user_id}.json"),
    "enterprise": ("/month.json", "/me.json", "/my.json"),
}
"""What nobody, who keeps users alone, and enterprises may ask."""
WRITTEN = {
    ("post", "/visits.json"),
    ("post", "/visits/{visit_id}/steps/{step}.json"),
    ("post", "/visits/{visit_id}/papers/{kind}.json"),
    ("put", "/blobs/{name}"),
}


LET_IN = {("post", "/login.json"), ("post", "/logout.json")}
"""What begins and ends a session."""


@pytest.fixture(scope="module")
def description(desk: Desk) -> Any:
    # Who asks is told by the tests, not by cookies that are made up.
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_asgi("/openapi.json", desk.app, config=config)


@pytest.fixture(scope="module")
def cookies(desk: Desk) -> dict[str, str]:
    """The session of somebody of every role, and of nobody."""
    known = {
        role: desk.login(desk.add(f"asks-{role}", role, level="district", division=LIXIA)).cookies[SESSION]
        for role in ("inspector", "leader", "analyst", "auditor")
    }
    known["admin"] = desk.login(desk.add("asks-admin", "admin")).cookies[SESSION]
    [(firm,)] = asked(desk.home.root, "SELECT min(enterprise_id) FROM risk.codes")
    known["enterprise"] = desk.login(desk.add("asks-firm", "enterprise", enterprise_id=firm)).cookies[SESSION]
    return {**known, "nobody": "none"}


def test_all_that_programs_may_ask_is_described_and_nothing_else(description: Any) -> None:
    operations = [one.ok() for one in description.get_all_operations()]
    assert {one.path for one in operations if one.method == "get" and one.path.endswith(".json")} == {*PATHS}
    assert {(one.method, one.path) for one in operations if one.method != "get"} == WRITTEN | LET_IN
    others = [one.path for one in operations if one.method == "get" and not one.path.endswith(".json")]
    assert set(others) == {
        "/visits.csv",
        "/blobs/{name}",
        "/visits/{visit_id}/form.xlsx",
        "/my/papers/{paper_id}.pdf",
        "/my/papers/{paper_id}.docx",
        "/papers/{paper_id}.pdf",
        "/papers/{paper_id}.docx",
        "/visits/{visit_id}/papers/{kind}/draft.pdf",
    }


@settings(max_examples=tries(120), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), path=st.sampled_from(PATHS))
def test_no_question_of_anybody_makes_the_desk_fail(
    description: Any, cookies: dict[str, str], data: st.DataObject, path: str
) -> None:
    case = data.draw(description[path]["GET"].as_strategy())
    who = data.draw(st.sampled_from(sorted(cookies)))
    answer = case.call(headers={"cookie": f"{SESSION}={cookies[who]}"})
    assert answer.status_code < 500
    case.validate_response(answer, checks=[status_code_conformance, content_type_conformance])
    if who in OPEN and path not in OPEN[who]:
        assert answer.status_code in (401, 403, 404, 422)
    if who not in ("nobody", "admin") and path.startswith("/users"):
        assert answer.status_code in (403, 422)


@settings(max_examples=tries(60), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), operation=st.sampled_from(sorted(WRITTEN)))
def test_nothing_that_a_program_sends_makes_the_desk_fail(
    description: Any, cookies: dict[str, str], data: st.DataObject, operation: tuple[str, str]
) -> None:
    method, path = operation
    case = data.draw(description[path][method.upper()].as_strategy())
    who = data.draw(st.sampled_from(sorted(cookies)))
    answer = case.call(headers={"cookie": f"{SESSION}={cookies[who]}"})
    assert answer.status_code < 500
    case.validate_response(answer, checks=[status_code_conformance])
    if who in OPEN:
        assert answer.status_code == (401 if who == "nobody" else 403)


@settings(max_examples=tries(30), suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), operation=st.sampled_from(sorted(LET_IN)))
def test_nobody_is_let_in_by_what_a_program_makes_up(
    description: Any, data: st.DataObject, operation: tuple[str, str]
) -> None:
    method, path = operation
    answer = (case := data.draw(description[path][method.upper()].as_strategy())).call()
    assert answer.status_code in (400, 401, 403, 422) and "set-cookie" not in answer.headers
    case.validate_response(answer, checks=[status_code_conformance, content_type_conformance])


@pytest.mark.parametrize(("method", "path"), sorted(WRITTEN))
def test_who_is_not_logged_in_is_told_that_and_not_what_is_wrong_with_what_was_sent(
    desk: Desk, method: str, path: str
) -> None:
    address = path.format(visit_id=uuid.uuid4(), step="file", name="0" * 64, kind="record")
    nobody, auditor = desk.browser(), desk.login(desk.add(f"auditor-{method}-{len(path)}", "auditor"))
    for content in (b"{", b"[" * 10_000, b'{"visit_id": 1}', b"\xff"):
        headers = {"content-type": "application/json"}
        assert nobody.request(method, address, content=content, headers=headers).status_code == 401
        assert auditor.request(method, address, content=content, headers=headers).status_code in (
            400,
            403,
            422,
        )
    large = nobody.request(method, address, content=bytes(9 * 2**20))
    assert large.status_code == 413, "what is too long is cut off before anybody is asked for"
