"""A desk that is killed while it writes loses nothing that it said was done, and does nothing twice."""

import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from desk.web.asking import SESSION
from tests.kills.doom import KILLED, TORN, Doom
from tests.worlds.crews import JPEG, MORNING, Crew
from tests.worlds.desks import desk_of
from tests.worlds.homes import copy_of
from tests.worlds.ledgers import ledger_of
from tests.worlds.runs import process
from warehouse.field import audit
from warehouse.field.tables import BLOBS, FINDINGS, OUTBOX, REVISIONS, STEPS, VISITS
from warehouse.home import Home

KILLS, USUAL = 40, (29,)
"""Points at which the desk is killed in all, and those of a usual run."""
PHOTO = sha256(JPEG).hexdigest()
HELD = {
    VISITS: "visit_id state version revision counted_revision filed_by approved_by",
    STEPS: "visit_id version step before after reason",
    REVISIONS: "visit_id revision record reason",
    FINDINGS: "finding_id visit_id state due_on",
    BLOBS: "sha256",
    OUTBOX: "table key revision recorded_on row",
}
"""What the ledger holds, without the numbers that only tell in which order it was written."""


@dataclass
class Request:
    """Something that is asked of the desk; asked again it is the very same."""

    who: str
    method: str
    path: str
    more: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class World:
    """A home whose desk nobody has asked yet, what is asked, and what it comes to."""

    home: Home
    doom: Doom
    asked: list[Request]
    tokens: dict[str, str]
    changes: int = 0
    comes_to: dict[str, Any] = field(default_factory=dict[str, Any])


def a_day(crew: Crew) -> list[Request]:
    """Two visits: one to its counting with a photo and a revision, one that is begun as an emergency."""
    first, second = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
    number = iter(range(100, 200))

    def told(**more: Any) -> dict[str, Any]:
        return {"request_id": str(uuid.UUID(int=next(number))), **more}

    def step(visit: str, name: str, version: int, who: str = "officer", **more: Any) -> Request:
        match = {"If-Match": f'"{version}"'}
        return Request(
            who, "POST", f"/visits/{visit}/steps/{name}.json", {"json": told(**more), "headers": match}
        )

    finding = crew.finding(id=str(uuid.UUID(int=9)), photos=[PHOTO])
    urgent = {"reason": "群众举报正在违规动火", "approved_by": "李局长"}
    day = {"begun_at": f"{MORNING:%Y-%m-%d}T07:30:00+08:00", "ended_at": f"{MORNING:%Y-%m-%d}T07:50:00+08:00"}
    record = crew.record(finding, **day)
    corrected = crew.record(finding | {"place": "二车间"}, **day)
    filing = crew.filing(begins_at="07:30", emergency=urgent)
    return [
        Request("officer", "POST", "/visits.json", {"json": told(visit_id=first, filing=filing)}),
        step(first, "start_emergency", 1, filing=filing),
        step(first, "file_afterwards", 2, filing=filing),
        step(first, "approve_afterwards", 3, "leader"),
        step(first, "keep", 4, record=record),
        step(first, "record", 5, record=record),
        step(first, "sign", 6, record=crew.signed(record)),
        Request("officer", "PUT", f"/blobs/{PHOTO}", {"content": JPEG}),
        Request(
            "officer",
            "POST",
            "/visits.json",
            {"json": told(visit_id=second, filing=crew.filing(crew.firms[1]))},
        ),
        step(second, "file", 1),
        step(second, "approve", 2, "leader"),
        step(first, "revise", 8, record=crew.signed(corrected), reason="位置写错"),
    ]


@pytest.fixture(scope="module")
def world(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("killed")
    home = copy_of(coded, folder / "home")
    with desk_of(home, home) as desk:
        desk.now = MORNING
        crew = Crew(desk, home)
        tokens = {who: getattr(crew, who).cookies[SESSION] for who in ("officer", "leader")}
        made = World(Home(home), Doom(folder), a_day(crew), tokens)
    whole = Home(copy_of(home, folder / "whole"))
    server = made.doom.begun(whole.root, whole.root, *_server(whole))
    assert played(made, whole, server, server) == 0
    made.changes = made.doom.over(server).changes
    made.comes_to = held(whole)
    yield made


def _server(home: Home) -> tuple[str, ...]:
    clock = home.root.parent / "clock"
    clock.write_text(MORNING.isoformat())
    return "-m", "tests.worlds.desk_server", str(home.root), str(clock)


def played(world: World, home: Home, server: "subprocess.Popen[str]", last: object = None) -> int:
    """Ask everything in its order, of another server when one is dead; how many died.  All end at the end."""
    dead, address = 0, _address(server)
    for one in world.asked:
        while True:
            try:
                answer = httpx.request(
                    one.method,
                    f"{address}{one.path}",
                    cookies={SESSION: world.tokens[one.who]},
                    timeout=60,
                    **one.more,
                )
                break
            except httpx.HTTPError:
                assert server.wait(60) != 0
                dead += 1
                server = process(home.root, *_server(home))
                address = _address(server)
        assert answer.status_code in (200, 201), (one.path, answer.text)
    # What counts last is exported before it ends.
    assert server.stdin is not None
    server.stdin.close()
    server.stdin = None
    if server is not last:
        server.wait(60)
    return dead


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    # A server that died before it could tell has no address; who asks it finds that out.
    return server.stdout.readline().strip() or "http://127.0.0.1:1"


def held(home: Home) -> dict[str, Any]:
    """All that the ledger and the inbox hold; the chain of the audit is whole."""
    with ledger_of(home) as ledger:
        audit.verify(ledger)
        with ledger.reading() as connection:
            found: dict[str, Any] = {
                table.name: sorted(
                    [
                        tuple(row)
                        for row in connection.execute(select(*(table.c[one] for one in names.split())))
                    ],
                    key=str,
                )
                for table, names in HELD.items()
            }
    inbox = home.inbox / "desk"
    return found | {"inbox": {path.name: path.read_bytes() for path in sorted(inbox.glob("*.csv"))}}


def test_a_desk_that_is_left_alone_does_what_it_is_asked(world: World) -> None:
    told = world.comes_to
    assert [(row[1], row[3]) for row in told["visits"]] == [("counted", 2), ("approved", 0)]
    assert len(told["steps"]) == len(world.asked) + 1 and len(told["blobs"]) == 1
    assert {name[: name.index("_")] for name in told["inbox"]} == {"filings", "inspections", "violations"}


@pytest.mark.parametrize(
    "number",
    [pytest.param(one, marks=() if one in USUAL else pytest.mark.whole) for one in range(KILLS)],
)
def test_a_desk_that_is_killed_and_asked_again_has_done_everything_once(
    world: World, tmp_path: Path, number: int
) -> None:
    home, at = Home(copy_of(world.home.root, tmp_path / "home")), 1 + world.changes * number // KILLS
    how = (KILLED, TORN)[(number + number // 10) % 2]
    dead = played(world, home, world.doom.begun(home.root, home.root, *_server(home), at=at, how=how))
    # Threads differ in what they are early enough to change, so the last points may not be come to.
    assert dead == 1 or number >= KILLS - 6
    assert held(home) == world.comes_to, (at, how)
