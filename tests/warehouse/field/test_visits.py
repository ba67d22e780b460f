"""Visits in the ledger: begun once, changed by one at a time, signed for good, and counted with all their photos."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from models.errors import ConflictError, FaultsError, FieldError, NotThereError
from models.field.forms import Answers
from tests.worlds.field import CRITERION, DAY, FINDING, MAJOR_ITEM, filing, finding, moment, record
from tests.worlds.ledgers import EVENING_BEFORE, LIXIA, NOON, SHIZHONG, Desk, ask, known, person
from warehouse.field import outbox
from warehouse.field.blobs import blob_of, put_blob
from warehouse.field.jurisdiction import Authority
from warehouse.field.tables import STEPS, VISITS
from warehouse.field.visit import Brought
from warehouse.field.visits import begin, findings, history, listed, load, revisions, take

PICTURE = b"jpeg" * 1000
PHOTO = sha256(PICTURE).hexdigest()
ANSWERS = Answers(
    cause="未落实日检",
    consequence="火灾时疏散受阻",
    responsible_unit="二号车间",
    responsible_person="孙某",
    same_kind="一号车间同查，未发现",
)


def test_a_visit_goes_from_draft_to_counted_and_every_step_is_told(desk: Desk):
    visit = desk.signed()
    assert (visit.state, visit.revision, visit.counted_revision) == ("counted", 1, 1)
    told = [
        (one["step"], one["before"], one["after"])
        for one in history(desk.ledger, desk.inspector, visit.visit_id)
    ]
    assert told == [
        ("begin", "draft", "draft"),
        ("file", "draft", "filed"),
        ("approve", "filed", "approved"),
        ("start", "approved", "started"),
        ("record", "started", "recorded"),
        ("sign", "recorded", "signed"),
        ("count", "signed", "counted"),
    ]
    assert visit.version == len(told)


def test_what_counts_goes_back_as_rows_of_the_day(desk: Desk):
    desk.signed(record(findings=[finding()]))
    (inspection,) = outbox.rows(desk.ledger, "inspections", DAY)
    (violation,) = outbox.rows(desk.ledger, "violations", DAY)
    assert outbox.days(desk.ledger, "filings") == [DAY - timedelta(days=1)]
    (filed,) = outbox.rows(desk.ledger, "filings", DAY - timedelta(days=1))
    assert inspection["inspected_on"] == inspection["recorded_at"] == "2026-06-30"
    assert (inspection["result"], inspection["kind"], inspection["filed_on"]) == (
        "findings",
        "immediate",
        "2026-06-29",
    )
    assert violation["inspection_id"] == inspection["inspection_id"] == filed["filing_id"]
    assert (violation["violation_id"], violation["rectify_due_on"]) == (str(FINDING), "2026-07-15")
    assert (violation["rectified_on"], violation["disposal"]) == (None, "order")
    assert (filed["state"], filed["filed_at"], filed["planned_on"]) == (
        "filed",
        "2026-06-29 16:00",
        "2026-06-30",
    )


def test_officers_go_back_by_the_names_of_the_register(desk: Desk):
    named = {
        one: replace(known().facts.officers[one], name=name) for one, name in (("o1", "李明"), ("o2", "王芳"))
    }
    visit = desk.begun()
    visit = desk.took(visit, "file", EVENING_BEFORE, known=known(officers=named))
    (filed,) = outbox.rows(desk.ledger, "filings", DAY - timedelta(days=1))
    assert filed["officers"] == "李明;王芳"


def test_begun_a_hundred_times_it_is_one_visit_and_one_step(desk: Desk):
    number, request = uuid4(), ask(now=EVENING_BEFORE)
    all_of_them = {
        begin(desk.ledger, desk.inspector, number, LIXIA, filing(), request).version for _ in range(100)
    }
    assert all_of_them == {1}
    with desk.ledger.reading() as connection:
        assert connection.execute(select(func.count()).select_from(VISITS)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(STEPS)).scalar_one() == 1


def test_signed_a_hundred_times_it_is_one_record(desk: Desk):
    visit = desk.took(desk.took(desk.approved(), "start", NOON), "record", record=record())
    request, brought = ask(visit), Brought(record=record())
    versions = {
        take(desk.ledger, desk.inspector, visit.visit_id, "sign", request, brought, known()).version
        for _ in range(100)
    }
    assert versions == {visit.version + 2}, "sign and count"
    assert len(revisions(desk.ledger, desk.inspector, visit.visit_id)) == 1
    assert len(outbox.rows(desk.ledger, "inspections", DAY)) == 1


def test_the_same_number_with_another_filing_is_a_conflict_that_shows_both(desk: Desk):
    visit = desk.begun()
    other = filing(basis="安全生产法 66")
    with pytest.raises(ConflictError) as told:
        begin(desk.ledger, desk.inspector, visit.visit_id, LIXIA, other, ask())
    assert told.value.held == visit and told.value.offered == other


def test_another_persons_number_is_a_conflict_and_not_shown_to_another_authority(desk: Desk):
    visit = desk.begun()
    stranger = person(desk.ledger, "zhao", at=SHIZHONG)
    with pytest.raises(ConflictError) as told:
        begin(desk.ledger, stranger, visit.visit_id, SHIZHONG, filing(), ask())
    assert told.value.held is None


def test_whoever_looked_at_an_older_version_sees_both_and_nothing_is_merged(desk: Desk):
    visit = desk.begun()
    first = desk.took(visit, "edit", filing=filing(basis="安全生产法 65"))
    mine = Brought(filing=filing(basis="山东省安全生产条例 42"))
    with pytest.raises(ConflictError) as told:
        take(desk.ledger, desk.inspector, visit.visit_id, "edit", ask(visit), mine, known())
    assert told.value.held == first and told.value.offered == mine
    assert "at version 2, and you looked at 1" in str(told.value)
    assert desk.again(visit) == first


def test_a_number_of_a_request_is_not_used_for_something_else(desk: Desk):
    visit, request = desk.begun(), uuid4()
    take(desk.ledger, desk.inspector, visit.visit_id, "edit", ask(visit, request=request), Brought(), known())
    with pytest.raises(ConflictError, match="new number"):
        take(
            desk.ledger,
            desk.inspector,
            visit.visit_id,
            "file",
            ask(visit, request=request),
            Brought(),
            known(),
        )


def test_a_filing_that_lacks_something_is_refused_with_all_of_it_and_nothing_is_recorded(desk: Desk):
    visit = desk.begun(filing(basis="", item_codes=[], officers=["o1"]))
    with pytest.raises(FaultsError) as told:
        desk.took(visit, "file", EVENING_BEFORE)
    assert {one.rule for one in told.value.faults} == {"no_basis", "no_items", "too_few_officers"}
    assert desk.again(visit) == visit
    assert outbox.days(desk.ledger, "filings") == []


def test_whoever_files_does_not_approve_though_a_leader(desk: Desk):
    both = person(desk.ledger, "sun", "inspector", "leader")
    visit = desk.took(desk.begun(), "file", EVENING_BEFORE, by=both)
    with pytest.raises(FaultsError, match="another leader"):
        desk.took(visit, "approve", by=both)
    assert desk.took(visit, "approve").state == "approved"


def test_a_visit_of_another_district_is_as_if_it_were_not_there(desk: Desk):
    visit = desk.begun()
    stranger = person(desk.ledger, "zhao", "inspector", "leader", at=SHIZHONG)
    acts: list[Callable[[UUID], object]] = [
        lambda number: load(desk.ledger, stranger, number),
        lambda number: history(desk.ledger, stranger, number),
        lambda number: findings(desk.ledger, stranger, number),
        lambda number: take(desk.ledger, stranger, number, "file", ask(visit), Brought(), known()),
    ]
    said = set[str]()
    for act, number in product(acts, (visit.visit_id, uuid4())):
        with pytest.raises(NotThereError) as told:
            act(number)
        said.add(str(told.value))
    assert len(said) == 1
    assert listed(desk.ledger, stranger) == []
    assert [one.visit_id for one in listed(desk.ledger, desk.inspector)] == [visit.visit_id]


def test_the_city_sees_the_visits_of_its_districts_and_does_not_act_for_them(desk: Desk):
    visit = desk.begun()
    city = person(desk.ledger, "city", "inspector", "leader", at=Authority("city"))
    assert load(desk.ledger, city, visit.visit_id) == visit
    with pytest.raises(FieldError, match="another authority"):
        desk.took(visit, "file", EVENING_BEFORE, by=city)
    with pytest.raises(FaultsError, match="belongs to the district authority"):
        begin(desk.ledger, city, uuid4(), LIXIA, filing(), ask())


def test_a_record_counts_only_when_every_photo_is_there(desk: Desk):
    other = b"png" * 10
    second = sha256(other).hexdigest()
    visit = desk.signed(record(findings=[finding(photos=[PHOTO, second])]))
    assert visit.state == "signed" and outbox.days(desk.ledger, "inspections") == []
    assert put_blob(desk.ledger, desk.inspector, PHOTO, [PICTURE[:7], PICTURE[7:]], NOON)
    assert desk.again(visit).state == "signed"
    assert put_blob(desk.ledger, desk.inspector, second, [other], NOON)
    assert desk.again(visit).state == "counted"
    assert len(outbox.rows(desk.ledger, "violations", DAY)) == 1
    assert blob_of(desk.ledger, desk.leader, PHOTO).read_bytes() == PICTURE


def test_photos_that_came_before_the_record_count_as_well(desk: Desk):
    put_blob(desk.ledger, desk.inspector, PHOTO, [PICTURE], EVENING_BEFORE)
    assert desk.signed(record(findings=[finding(photos=[PHOTO])])).state == "counted"


def test_what_is_signed_is_followed_by_a_revision_with_a_reason_and_both_stay(desk: Desk):
    visit = desk.signed(record(findings=[finding()]))
    better = record(findings=[finding(description="安全出口上锁")])
    with pytest.raises(FieldError, match="cannot be taken"):
        desk.took(visit, "record", record=better)
    with pytest.raises(FieldError, match="reason"):
        desk.took(visit, "revise", record=better)
    later = NOON + timedelta(days=1)
    revised = desk.took(visit, "revise", later, record=better, reason="问题描述有误")
    assert (revised.state, revised.revision, revised.counted_revision) == ("counted", 2, 2)
    kept = revisions(desk.ledger, desk.inspector, visit.visit_id)
    assert [one["reason"] for one in kept] == ["", "问题描述有误"]
    assert [one["record"]["findings"][0]["description"] for one in kept] == [
        "疏散通道堆放杂物",
        "安全出口上锁",
    ]
    (first,) = outbox.rows(desk.ledger, "violations", DAY)
    (second,) = outbox.rows(desk.ledger, "violations", DAY + timedelta(days=1))
    assert (first["description"], second["description"]) == ("疏散通道堆放杂物", "安全出口上锁")
    assert (first["recorded_at"], second["recorded_at"]) == ("2026-06-30", "2026-07-01")
    assert outbox.rows(desk.ledger, "inspections", DAY + timedelta(days=1)) == [], (
        "nothing new of the visit itself"
    )


def test_a_finding_left_out_of_a_revision_is_withdrawn(desk: Desk):
    visit = desk.signed(record(findings=[finding(), finding(id=UUID(int=2))]))
    desk.took(visit, "revise", record=record(findings=[finding()]), reason="第二项不成立")
    rows = outbox.rows(desk.ledger, "violations", DAY)
    assert [row["withdrawn_on"] for row in rows] == [None, "2026-06-30"]
    assert [one.finding_id for one in findings(desk.ledger, desk.inspector, visit.visit_id)] == [FINDING]


def test_a_revision_that_waits_for_a_photo_leaves_what_counted_before(desk: Desk):
    visit = desk.signed(record(findings=[finding()]))
    waiting = record(findings=[finding(description="安全出口上锁", photos=[PHOTO])])
    revised = desk.took(visit, "revise", record=waiting, reason="补照片")
    assert (revised.state, revised.revision, revised.counted_revision) == ("signed", 2, 1)
    assert outbox.rows(desk.ledger, "violations", DAY)[0]["description"] == "疏散通道堆放杂物"
    put_blob(desk.ledger, desk.inspector, PHOTO, [PICTURE], NOON)
    assert outbox.rows(desk.ledger, "violations", DAY)[0]["description"] == "安全出口上锁"


def test_a_withdrawn_visit_takes_all_its_rows_back(desk: Desk):
    visit = desk.signed(record(findings=[finding()]))
    later = NOON + timedelta(days=2)
    assert desk.took(visit, "withdraw", later, reason="检查对象错误").state == "withdrawn"
    for table in ("inspections", "violations"):
        (row,) = outbox.rows(desk.ledger, table, DAY + timedelta(days=2))
        assert row["withdrawn_on"] == row["recorded_at"] == "2026-07-02"


def test_an_emergency_is_recorded_first_and_counts_when_it_is_filed_and_approved(desk: Desk):
    urgent = filing(emergency={"reason": "正在违规动火", "approved_by": "李局长"})
    visit = desk.took(desk.begun(now=NOON), "start_emergency", filing=urgent)
    visit = desk.took(visit, "record", record=record())
    visit = desk.took(visit, "sign", record=record())
    assert visit.state == "signed"
    late = moment("2026-07-02 00:01")
    visit = desk.took(visit, "file_afterwards", late)
    assert visit.is_late and visit.state == "signed"
    visit = desk.took(visit, "approve_afterwards", late)
    assert visit.state == "counted"
    (row,) = outbox.rows(desk.ledger, "filings", date(2026, 7, 2))
    assert (row["is_emergency"], row["state"]) == (True, "filed")
    (row,) = outbox.rows(desk.ledger, "inspections", date(2026, 7, 2))
    assert (row["inspected_on"], row["recorded_at"]) == ("2026-06-30", "2026-07-02")


def test_an_emergency_filed_at_the_last_minute_is_not_late(desk: Desk):
    urgent = filing(emergency={"reason": "正在违规动火", "approved_by": "李局长"})
    visit = desk.took(desk.begun(now=NOON), "start_emergency", filing=urgent)
    assert not desk.took(visit, "file_afterwards", moment("2026-07-01 23:59")).is_late


def test_a_filing_that_is_sent_back_and_filed_for_another_day_was_moved(desk: Desk):
    visit = desk.took(desk.begun(), "file", EVENING_BEFORE)
    visit = desk.took(visit, "send_back", EVENING_BEFORE, reason="时间冲突")
    states = [outbox.rows(desk.ledger, "filings", EVENING_BEFORE.date())[0]["state"]]
    visit = desk.took(visit, "file", EVENING_BEFORE, filing=filing(planned_on=date(2026, 7, 1)))
    states.append(outbox.rows(desk.ledger, "filings", EVENING_BEFORE.date())[0]["state"])
    desk.took(visit, "cancel", EVENING_BEFORE, reason="企业停产")
    states.append(outbox.rows(desk.ledger, "filings", EVENING_BEFORE.date())[0]["state"])
    assert states == ["cancelled", "moved", "cancelled"]


def test_assistance_goes_back_as_what_it_is_and_files_nothing(desk: Desk):
    form = filing(kind="assistance", channel=None)
    visit = desk.signed(record(no_finding=False, situation="讲解有限空间作业审批"), form)
    assert visit.state == "counted"
    (row,) = outbox.rows(desk.ledger, "inspections", DAY)
    assert (row["kind"], row["result"]) == ("assistance", "unknown")
    assert outbox.days(desk.ledger, "filings") == outbox.days(desk.ledger, "violations") == []


@pytest.fixture
def rechecked(desk: Desk) -> Callable[..., object]:
    """Takes a re-check of a visit on 16 July to the end, with an opinion about its one finding."""

    def make(earlier: UUID, opinion: str, day: date = date(2026, 7, 16), **more: object) -> object:
        form = filing(kind="recheck", channel="recheck", rechecks=earlier, planned_on=day)
        kept = record(
            begun_at=f"{day}T09:35:00+08:00",
            ended_at=f"{day}T10:00:00+08:00",
            opinions=[{"finding_id": FINDING, "opinion": opinion, **more}],
        )
        after = moment(f"{day} 12:00")
        visit = desk.approved(form)
        visit = desk.took(visit, "start", after)
        visit = desk.took(visit, "record", after, record=kept)
        return desk.took(visit, "sign", after, record=kept)

    return make


def test_a_finding_seen_to_be_rectified_is_closed_with_the_four_answers(
    desk: Desk, rechecked: Callable[..., object]
):
    visit = desk.signed(record(findings=[finding()]))
    with pytest.raises(FaultsError, match="Look at it again"):
        desk.took(visit, "close_finding", finding_id=FINDING, answers=ANSWERS)
    rechecked(visit.visit_id, "done")
    (row,) = outbox.rows(desk.ledger, "violations", date(2026, 7, 16))
    assert row["rectified_on"] == "2026-07-16"
    with pytest.raises(FieldError, match="not closed yet"):
        desk.took(visit, "close")
    with pytest.raises(FaultsError, match="unit and the person"):
        no_person = ANSWERS.model_copy(update={"responsible_person": ""})
        desk.took(visit, "close_finding", finding_id=FINDING, answers=no_person)
    visit = desk.took(visit, "close_finding", finding_id=FINDING, answers=ANSWERS)
    (told,) = findings(desk.ledger, desk.inspector, visit.visit_id)
    assert (told.state, told.rectified_on, told.answers) == ("closed", date(2026, 7, 16), ANSWERS)
    assert desk.took(visit, "close").state == "closed"


def test_a_recheck_prolongs_then_one_sees_it_done_and_a_withdrawn_one_leaves_nothing(
    desk: Desk, rechecked: Callable[..., object]
):
    visit = desk.signed(record(findings=[finding()]))
    rechecked(visit.visit_id, "prolonged", due_on=date(2026, 7, 31))
    (told,) = findings(desk.ledger, desk.inspector, visit.visit_id)
    assert (told.state, told.due_on) == ("due", date(2026, 7, 31))
    second = rechecked(visit.visit_id, "done", date(2026, 8, 3))
    visit = desk.took(visit, "close_finding", finding_id=FINDING, answers=ANSWERS)
    assert desk.took(visit, "close").state == "closed"
    desk.took(second, "withdraw", moment("2026-08-05 09:00"), reason="复查对象错误")
    (told,) = findings(desk.ledger, desk.inspector, visit.visit_id)
    assert (told.state, told.rectified_on, told.due_on) == ("due", None, date(2026, 7, 31))
    assert desk.again(visit).state == "counted", "open again"
    (row,) = outbox.rows(desk.ledger, "violations", date(2026, 8, 5))
    assert (row["rectified_on"], row["rectify_due_on"]) == (None, "2026-07-31")


def test_a_recheck_of_another_enterprises_visit_is_refused(desk: Desk):
    visit = desk.signed(record(findings=[finding()]))
    other = desk.begun(filing(enterprise_id="e2", kind="recheck", channel="recheck", rechecks=visit.visit_id))
    with pytest.raises(FieldError, match="same enterprise"):
        desk.took(other, "file", EVENING_BEFORE)


def test_a_finding_keeps_to_its_visit(desk: Desk):
    desk.signed(record(findings=[finding()]))
    other = desk.took(desk.approved(filing(enterprise_id="e2")), "start", NOON)
    with pytest.raises(FieldError, match="number of its own"):
        desk.took(other, "record", record=record(findings=[finding()]))


def test_a_major_hazard_by_an_order_alone_is_not_recorded(desk: Desk):
    visit = desk.took(desk.approved(), "start", NOON)
    major = finding(item_code=MAJOR_ITEM, is_major=True, criterion=CRITERION)
    with pytest.raises(FaultsError, match="not settled by an order alone"):
        desk.took(visit, "record", record=record(findings=[major]))
    by_case = major.model_copy(update={"disposal": "case"})
    assert desk.took(visit, "record", record=record(findings=[by_case])).state == "recorded"


def test_an_unfinished_record_is_kept_and_can_be_gone_on_with(desk: Desk):
    visit = desk.took(desk.approved(), "start", NOON)
    visit = desk.took(visit, "keep", record=record(places=[], no_finding=False))
    assert visit.state == "started" and visit.record is not None
    assert desk.took(visit, "record", record=record()).state == "recorded"
