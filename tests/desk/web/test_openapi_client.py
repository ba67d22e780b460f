"""The description that is kept in the repository, and a client made from it alone, which does a day at a desk."""

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from desk.web.described import OPERATIONS
from docs import openapi
from models.field.forms import Finding
from tests.worlds.crews import MORNING, Crew
from tests.worlds.desks import LIXIA, PASSWORD, desk_of
from tests.worlds.homes import copy_of
from tests.worlds.runs import ended, process


def test_the_description_in_the_repository_is_what_the_program_says() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.fresh(), "run: python -m docs.openapi"


def test_every_operation_has_a_name_of_its_own_that_the_table_knows() -> None:
    told = json.loads(openapi.FILE.read_text(encoding="utf-8"))
    found = {
        (method, path): one["operationId"]
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    }
    assert found == {at: known.name for at, known in OPERATIONS.items()}
    assert len(set(found.values())) == len(found)


@dataclass
class Served:
    """A desk that is served, its clock, the crew that is known there, and a client made from the description."""

    address: str
    clock: Path
    crew: Crew
    client: Any

    def session(self, login: str) -> Any:
        """What the client asks with after somebody has logged in."""
        made = self.client.APIConfig(base_path=self.address)
        told = self.client.log_in(made, data=self.client.Login(login=login, password=PASSWORD))
        assert (told.name, made.access_token) == (login.title(), None)
        made.set_access_token(told.token)
        return made


def generated(folder: Path) -> Any:
    """The client: all its operations and forms in one place."""
    package = folder / "desk_client"
    arguments = [str(openapi.FILE), str(package), "--library", "httpx", "--formatter", "none"]
    subprocess.run(
        [sys.executable, "-m", "openapi_python_generator", *arguments], check=True, capture_output=True
    )
    with pytest.MonkeyPatch.context() as here:
        here.syspath_prepend(str(folder))
        parts = [package / "api_config.py", *sorted((package / "models").glob("[A-Z]*.py"))]
        parts += sorted(one for one in (package / "services").glob("*_service.py") if "async" not in one.name)
        found = dict[str, Any]()
        for part in parts:
            name = ".".join(part.relative_to(folder).with_suffix("").parts)
            found |= vars(importlib.import_module(name))
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def served(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    home = copy_of(coded, folder / "home")
    with desk_of(home, home) as desk:
        desk.now = MORNING
        crew = Crew(desk, home)
    clock = folder / "clock"
    clock.write_text(MORNING.isoformat())
    client = generated(tmp_path_factory.mktemp("client"))
    server = process(home, "-m", "tests.worlds.desk_server", str(home), str(clock))
    assert server.stdout is not None
    try:
        yield Served(server.stdout.readline().strip(), clock, crew, client)
    finally:
        assert ended(server).returncode == 0


def test_a_client_made_from_the_description_does_a_day(served: Served) -> None:
    desk, crew = served.client, served.crew
    officer, leader = served.session("officer"), served.session("leader")

    def step(who: Any, visit: Any, name: str, **brought: Any) -> Any:
        told = desk.Asked(request_id=str(uuid.uuid4()), reason="", **brought)
        return desk.take_step(who, visit_id=number, step=name, if_match=f'"{visit.version}"', data=told)

    day = desk.get_day(officer, on="2026-07-01")
    assert (day["day"], day["of"]) == ("2026-07-01", "me")
    proposed = desk.propose_filing(officer, enterprise=crew.firms[0])
    number, filing = str(uuid.uuid4()), proposed["filing"] | crew.filing()
    begun = desk.Beginning(visit_id=number, request_id=str(uuid.uuid4()), filing=desk.Filing(**filing))
    visit = desk.begin_visit(officer, data=begun)
    assert (visit.visit_id, visit.state, visit.version, visit.division) == (number, "draft", 1, LIXIA)
    visit = step(officer, visit, "file")
    visit = step(leader, visit, "approve")
    visit = step(officer, visit, "start")
    served.clock.write_text("2026-07-01T11:30:00+08:00")
    [blank] = [Finding(id=uuid.uuid4()).model_dump(mode="json")]
    record = desk.get_record(officer, visit_id=number)["record"] | crew.record(blank | crew.finding())
    visit = step(officer, visit, "record", record=desk.Record(**record))
    visit = step(officer, visit, "sign", record=desk.Record(**crew.signed(record)))
    assert visit.state == "counted" and visit.record.findings[0].item_code == "GEN-01"
    read = desk.get_visit(leader, visit_id=number)
    steps = [one["step"] for one in read["steps"]]
    assert steps == ["begin", "file", "approve", "start", "record", "sign", "count"]
    listed = desk.list_visits(leader, enterprise=crew.firms[0])
    assert [one["visit_id"] for one in listed["visits"]] == [number]
    desk.log_out(officer)
    with pytest.raises(desk.HTTPException, match="401"):
        desk.get_me(officer)


def test_a_wrong_password_begins_no_session(served: Served) -> None:
    wrong = {"login": "officer", "password": "not it"}
    answer = httpx.post(f"{served.address}/login.json", json=wrong)
    assert (answer.status_code, answer.json()["kind"]) == (401, "LoginError")
    assert "set-cookie" not in answer.headers
