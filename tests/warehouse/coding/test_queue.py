"""The red queue as it is stored: since when an enterprise is RED, who has seen to it, and what is open there."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from models.policy import Policy, load_policy
from models.policy.loading import policy_from
from tests.worlds.by_hand import row
from tests.worlds.deliveries import warehouse
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.queue import compute_open_findings, compute_red_queue
from warehouse.connection import Connection
from warehouse.database.frames import append
from warehouse.rules.in_force import coding_on
from warehouse.schema.catalogue import OWN

AS_OF, NEVER = date(2026, 6, 30), date(9999, 12, 31)
FIRST = AS_OF - timedelta(days=20)
Spans = list[tuple[date, date, str]]


def history(seed: int) -> Spans:
    """Codes issued from some day on, without gaps; now and then one that was shown for part of a day only."""
    chance, begins = Random(seed), FIRST
    spans: Spans = []
    while begins <= AS_OF:
        code = chance.choice(("red", "red", "yellow", "blue"))
        ends = begins + timedelta(days=chance.choice((0, 1, 1, 2, 6, 30)))
        spans.append((begins, ends if ends <= AS_OF else NEVER, code))
        begins = ends if ends <= AS_OF else AS_OF + timedelta(days=1)
    return spans[: chance.choice((0, len(spans), len(spans), len(spans)))]


HISTORIES = {f"e{seed}": history(seed) for seed in range(200)}


def red_since(spans: Spans) -> date:
    """Day by day: the first of the days without a break on which the code was RED in the evening, or today."""
    since = AS_OF
    while any(begins < since <= ends and code == "red" for begins, ends, code in spans if begins < ends):
        since -= timedelta(days=1)
    return since


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """Every enterprise is RED today."""
    with warehouse() as opened:
        opened.execute(OWN["risk.codes"].ddl("risk.codes"))
        codes = [(one, AS_OF, "red", 40, "score") for one in HISTORIES]
        frame = OWN["risk.codes"].frame(codes, "enterprise_id", "as_of", "code", "score", "decided_by")
        append(opened, "risk.codes", frame)
        opened.execute(
            "CREATE TABLE risk.features AS SELECT enterprise_id, as_of, 'active' AS status FROM risk.codes"
        )
        rows = [(one, *span) for one, spans in HISTORIES.items() for span in spans]
        issued = pl.DataFrame(rows, ["enterprise_id", "valid_from", "valid_to", "code"], orient="row")
        append(opened, "risk.code_history", issued)
        yield opened


STARTER = load_policy()
REMOTE = policy_from(
    {**STARTER.texts, "codes": STARTER.texts["codes"].replace("value: []", "value: [red_visit]", 1)}
)
"""A pack in which an off-site check is the special inspection of a RED."""
_BY_CAUSE = "red_is_settled_by_its_cause: {}"
BY_CAUSE = policy_from(
    {
        **STARTER.texts,
        "planning": STARTER.texts["planning"].replace(_BY_CAUSE.format("false"), _BY_CAUSE.format("true")),
    }
)
"""A pack in which the visit that made an enterprise RED is."""


def queue(connection: Connection, policy: Policy = STARTER, **told: list[dict[str, Any]]) -> Connection:
    """The queue after some visits and findings, which stay."""
    for table, rows in told.items():
        frame = canonical(table, [row(table, number, **given) for number, given in enumerate(rows, 1)])
        fill(connection, {table: frame}, received_on=AS_OF)
    coding = coding_on(connection, policy, AS_OF)
    compute_red_queue(connection, coding)
    compute_open_findings(connection, coding)
    return connection


def test_a_red_is_one_since_it_was_issued_without_a_break(connection: Connection) -> None:
    found = queue(connection).sql("SELECT enterprise_id, red_since FROM serve.red_queue").fetchall()
    assert dict(found) == {one: red_since(spans) for one, spans in HISTORIES.items()}
    assert len({day for _, day in found}) > 10


def test_a_red_is_seen_to_by_a_counted_visit_on_site_from_the_day_after_on(connection: Connection) -> None:
    since = {one: red_since(spans) for one, spans in HISTORIES.items()}
    early = [one for one, day in since.items() if day < AS_OF][:7]
    flavours: list[dict[str, Any]] = [
        {},
        {"inspected_on": AS_OF},
        {"inspected_on": "since"},
        {"mode": "off_site"},
        {"kind": "assistance"},
        {"result": "refused"},
        {"withdrawn_on": AS_OF},
    ]
    visits = [
        {"enterprise_id": one, "inspected_on": since[one] + timedelta(days=1)}
        | ({"inspected_on": since[one]} if given.get("inspected_on") == "since" else given)
        for one, given in zip(early, flavours, strict=True)
    ]
    queue(connection, inspections=visits)
    asked = "SELECT enterprise_id, visited_on FROM serve.red_queue WHERE state = 'visited' ORDER BY ALL"
    wanted = [(visit["enterprise_id"], visit["inspected_on"]) for visit in visits[:2]]
    assert connection.sql(asked).fetchall() == sorted(wanted)
    queue(connection, REMOTE)
    wanted.append((visits[3]["enterprise_id"], visits[3]["inspected_on"]))
    assert connection.sql(asked).fetchall() == sorted(wanted)


def test_open_findings_are_major_or_have_a_deadline_and_are_overdue_from_the_day_after_it(
    connection: Connection,
) -> None:
    told = {
        "due yesterday": {"rectify_due_on": AS_OF - timedelta(days=1)},
        "due today": {"rectify_due_on": AS_OF},
        "major": {"is_major_hazard": True},
        "found today": {"rectify_due_on": AS_OF, "occurred_on": AS_OF, "recorded_at": AS_OF},
        "put right tomorrow": {"is_major_hazard": True, "rectified_on": AS_OF + timedelta(days=1)},
        "put right today": {"is_major_hazard": True, "rectified_on": AS_OF},
        "withdrawn": {"is_major_hazard": True, "withdrawn_on": AS_OF},
        "minor, without a deadline": {},
    }
    usual = {"enterprise_id": "e1", "occurred_on": FIRST, "recorded_at": FIRST}
    queue(connection, violations=[{**usual, "violation_id": name, **one} for name, one in told.items()])
    found = connection.sql("SELECT violation_id, is_overdue FROM serve.open_findings").fetchall()
    assert dict(found) == {
        "due yesterday": True,
        "due today": False,
        "major": None,
        "found today": False,
        "put right tomorrow": None,
    }


def test_since_when_a_visit_is_on_record_is_told_by_the_enterprise_it_is_of_alone(
    connection: Connection,
) -> None:
    """Corrected to another enterprise, it is one of theirs since then, whether or not the former one is RED."""
    since = {one: red_since(spans) for one, spans in HISTORIES.items()}
    his, former = [one for one, day in since.items() if FIRST < day < AS_OF][-2:]
    visit = row("inspections", 99, enterprise_id=former, inspected_on=FIRST, recorded_at=FIRST)
    fill(connection, {"inspections": canonical("inspections", [visit])}, received_on=FIRST)
    moved = visit | {"enterprise_id": his, "recorded_at": since[his]}
    fill(connection, {"inspections": canonical("inspections", [moved])}, received_on=since[his])

    def visited() -> list[tuple[date | None]]:
        told = f"SELECT visited_on FROM serve.red_queue WHERE enterprise_id = '{his}'"
        return queue(connection, BY_CAUSE).sql(told).fetchall()

    found = visited()
    assert found == [(FIRST,)]
    connection.execute(f"UPDATE risk.codes SET code = 'yellow' WHERE enterprise_id = '{former}'")
    try:
        assert visited() == found
    finally:
        connection.execute(f"UPDATE risk.codes SET code = 'red' WHERE enterprise_id = '{former}'")
