"""What a visit in the ledger is guarded against: clocks that are wrong, and being made twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.errors import FaultsError
from tests.worlds.field import filing, record
from tests.worlds.ledgers import EVENING_BEFORE, NOON, Desk, ask, known
from warehouse.field.visit import Brought
from warehouse.field.visits import revisions, take


def test_a_clock_that_is_wrong_holds_no_signature_up_and_asking_again_later_changes_nothing(desk: Desk):
    visit = desk.took(desk.took(desk.approved(), "start", NOON), "record", record=record())
    ahead = [{"officer_id": one, "signed_at": "2099-01-01T00:00:00Z"} for one in ("o1", "o2")]
    asked, brought = ask(visit), Brought(record=record(officers=ahead))
    signed = take(desk.ledger, desk.inspector, visit.visit_id, "sign", asked, brought, known())
    again = replace(asked, now=NOON + timedelta(hours=1))
    assert take(desk.ledger, desk.inspector, visit.visit_id, "sign", again, brought, known()) == signed
    assert signed.record is not None and {one.signed_at for one in signed.record.officers} == {NOON}
    (kept,) = revisions(desk.ledger, desk.inspector, visit.visit_id)
    assert "2099" not in str(kept["record"])


@pytest.mark.parametrize("gives_up", ["cancel", "send_back"])
def test_a_visit_of_the_plan_is_filed_once_until_that_filing_is_given_up(desk: Desk, gives_up: str):
    planned = filing(plan_visit_id="p1")
    first, second = desk.begun(planned), desk.begun(planned)
    first = desk.took(first, "file", EVENING_BEFORE)
    with pytest.raises(FaultsError, match="visit of the plan is filed already"):
        desk.took(second, "file", EVENING_BEFORE)
    urgent = filing(plan_visit_id="p1", emergency={"reason": "正在违规动火", "approved_by": "李局长"})
    with pytest.raises(FaultsError, match="visit of the plan is filed already"):
        desk.took(second, "start_emergency", EVENING_BEFORE, filing=urgent)
    assert desk.took(desk.begun(filing(plan_visit_id="p2")), "file", EVENING_BEFORE).state == "filed"
    desk.took(first, gives_up, EVENING_BEFORE, reason="时间冲突")
    assert desk.took(second, "file", EVENING_BEFORE).state == "filed"


def test_a_visit_of_the_plan_of_another_enterprise_is_not_filed(desk: Desk):
    visit = desk.begun(filing(plan_visit_id="p1"))
    with pytest.raises(FaultsError, match="another enterprise"):
        desk.took(visit, "file", EVENING_BEFORE, known=known(planned_for="e2"))
    assert desk.took(visit, "file", EVENING_BEFORE, known=known(planned_for="e1")).state == "filed"
