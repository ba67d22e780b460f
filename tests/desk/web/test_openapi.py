"""Whatever is asked within the description of the desk, no answer is a fault of the program, and all are described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from desk.web.asking import SESSION
from tests.worlds.desks import LIXIA, Desk
from tests.worlds.effort import tries

PATHS = (
    "/day.json",
    "/queue.json",
    "/enterprises/{enterprise_id}.json",
    "/month.json",
    "/search.json",
    "/visits/new.json",
    "/visits.json",
    "/visits/{visit_id}.json",
    "/visits/{visit_id}/pass.json",
    "/records/{visit_id}.json",
    "/pass/{code}.json",
)
WRITTEN = {
    ("post", "/visits.json"),
    ("post", "/visits/{visit_id}/steps/{step}.json"),
    ("put", "/blobs/{name}"),
}


@pytest.fixture(scope="module")
def description(desk: Desk) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", desk.app)


@pytest.fixture(scope="module")
def cookies(desk: Desk) -> dict[str, str]:
    """The session of somebody of every role, and of nobody."""
    known = {
        role: desk.login(desk.add(f"asks-{role}", role, level="district", division=LIXIA)).cookies[SESSION]
        for role in ("inspector", "leader", "analyst", "auditor")
    }
    known["admin"] = desk.login(desk.add("asks-admin", "admin")).cookies[SESSION]
    return {**known, "nobody": "none"}


def test_all_that_programs_may_ask_is_described_and_nothing_else(description: Any) -> None:
    operations = [one.ok() for one in description.get_all_operations()]
    assert {one.path for one in operations if one.method == "get" and one.path.endswith(".json")} == {*PATHS}
    assert {(one.method, one.path) for one in operations if one.method != "get"} == WRITTEN
    others = [one.path for one in operations if one.method == "get" and not one.path.endswith(".json")]
    assert others == ["/visits.csv", "/blobs/{name}"]


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
    if who in ("nobody", "admin") and path != "/month.json":
        assert answer.status_code in (401, 403, 404, 422)
