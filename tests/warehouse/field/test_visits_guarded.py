"""What a visit in the ledger is guarded against: clocks that are wrong, and being made twice."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from models.errors import FaultsError, FieldError, NotThereError
from tests.worlds.field import filing, finding, record
from tests.worlds.ledgers import EVENING_BEFORE, NOON, SHIZHONG, Desk, ask, known, person
from warehouse.field.blobs import blob_of, put_blob
from warehouse.field.visit import Brought
from warehouse.field.visits import begin, listed, load, revisions, take


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


def test_a_photo_is_seen_by_colleagues_before_the_record_is_signed_and_by_nobody_for_citing_it(desk: Desk):
    picture = b"jpeg" * 10
    name = sha256(picture).hexdigest()
    put_blob(desk.ledger, desk.inspector, name, [picture], NOON)
    with pytest.raises(NotThereError):
        blob_of(desk.ledger, desk.leader, name)
    told = record(findings=[finding(photos=[name])])
    visit = desk.took(desk.took(desk.approved(), "start", NOON), "keep", record=told)
    assert visit.state == "started"
    assert blob_of(desk.ledger, desk.leader, name).read_bytes() == picture

    stranger = person(desk.ledger, "zhao", "inspector", "leader", at=SHIZHONG)
    second = person(desk.ledger, "qian", "leader", at=SHIZHONG)
    urgent = filing(officers=["o2", "o3"], emergency={"reason": "正在违规动火", "approved_by": "李局长"})
    own = begin(desk.ledger, stranger, uuid4(), SHIZHONG, urgent, ask(now=NOON))
    own = desk.took(own, "start_emergency", by=stranger)
    desk.took(own, "keep", by=stranger, record=told)
    for user in (stranger, second):
        with pytest.raises(NotThereError):
            blob_of(desk.ledger, user, name)
    # Who has the bytes themselves has nothing to learn.
    assert not put_blob(desk.ledger, stranger, name, [picture], NOON)
    assert blob_of(desk.ledger, second, name).read_bytes() == picture


def test_bytes_are_those_of_their_name_also_where_that_is_known(desk: Desk):
    picture = b"jpeg" * 10
    name = sha256(picture).hexdigest()
    put_blob(desk.ledger, desk.inspector, name, [picture], NOON)
    stranger = person(desk.ledger, "zhao", at=SHIZHONG)
    for user in (desk.inspector, stranger):
        with pytest.raises(FieldError, match="not those of its name"):
            put_blob(desk.ledger, user, name, [b"garbage"], NOON)
    with pytest.raises(NotThereError):
        blob_of(desk.ledger, stranger, name)


def test_who_is_lent_sees_the_visit_as_long_as_the_filing_names_the_person_and_does_nothing_there(desk: Desk):
    lent = person(desk.ledger, "zhao", "inspector", "leader", at=SHIZHONG, officer_id="o2")
    visit = desk.took(desk.begun(), "file", EVENING_BEFORE)
    assert load(desk.ledger, lent, visit.visit_id) == visit and listed(desk.ledger, lent) == [visit]
    with pytest.raises(FieldError, match="another authority's"):
        desk.took(visit, "approve", by=lent)
    admin = person(desk.ledger, "sun", "admin", at=SHIZHONG, officer_id="o2")
    visit = desk.took(visit, "send_back", reason="换人")
    with pytest.raises(NotThereError):
        load(desk.ledger, admin, visit.visit_id)
    desk.took(visit, "edit", filing=filing(officers=["o1", "o3"]))
    with pytest.raises(NotThereError):
        load(desk.ledger, lent, visit.visit_id)
    assert listed(desk.ledger, lent) == []
