"""A crew at the desk: two officers of a district, their leader, an analyst, somebody of elsewhere, and their forms."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worlds.desks import LIXIA, SHIZHONG, Desk, asked, desk_of

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
def crews(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """A crew whose ledger all tests of a file write in."""
    with desk_of(coded, tmp_path_factory.mktemp("crew")) as desk:
        desk.now = MORNING
        yield Crew(desk, coded)


@pytest.fixture
def crew(crews: Crew) -> Crew:
    """The crew in the morning."""
    if crews.desk.now != MORNING:
        crews.at(MORNING)
    return crews


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
