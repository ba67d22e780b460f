"""Whose visits somebody sees and acts for: every role, every authority and every question, asked of a real ledger."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy import insert as insert_into

from models.errors import ConflictError, FaultsError, FieldError, NotThereError
from models.field.states import ENTERPRISE, ROLE, STEPS
from tests.worlds.effort import tries
from tests.worlds.field import filing, record
from tests.worlds.ledgers import EVENING_BEFORE, LIXIA, NOON, SHIZHONG, ask, home_in, known, ledger_of, person
from warehouse.field.blobs import blob_of, put_blob
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import READERS, Authority, Jurisdiction
from warehouse.field.tables import VISITS
from warehouse.field.users import User
from warehouse.field.visit import Brought, Visit
from warehouse.field.visits import begin, findings, history, listed, load, revisions, take

CITY = Authority("city")
TOWN, ITS_NEIGHBOUR, ELSEWHERE = (Authority("town", code) for code in ("370102001", "370102002", "370103001"))
OF_AUTHORITIES = [role for role in ROLE.keys if role != ENTERPRISE]
AUTHORITIES = (CITY, LIXIA, SHIZHONG, TOWN, ITS_NEIGHBOUR, ELSEWHERE)
SEES = {
    CITY: {*AUTHORITIES},
    LIXIA: {LIXIA, TOWN, ITS_NEIGHBOUR},
    SHIZHONG: {SHIZHONG, ELSEWHERE},
    TOWN: {TOWN},
    ITS_NEIGHBOUR: {ITS_NEIGHBOUR},
    ELSEWHERE: {ELSEWHERE},
}
"""The rule by hand: the city sees all, a district itself and its towns, a town itself."""
Town = tuple[Ledger, dict[tuple[Authority, str], User], dict[Authority, Visit]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A ledger with a person of every role at every authority, and one filed visit of each authority."""
    with ledger_of(home_in(tmp_path_factory.mktemp("town"))) as ledger:
        people = {
            (at, role): person(ledger, f"{role}-{at.level}-{at.division}", role, at=at)
            for at, role in product(AUTHORITIES, OF_AUTHORITIES)
        }
        visits = dict[Authority, Visit]()
        for at in AUTHORITIES:
            inspector = people[at, "inspector"]
            visit = begin(ledger, inspector, uuid4(), at, filing(), ask(now=EVENING_BEFORE))
            visits[at] = take(
                ledger, inspector, visit.visit_id, "file", ask(visit, EVENING_BEFORE), Brought(), known()
            )
        yield ledger, people, visits


QUESTIONS = {
    "load": lambda ledger, user, visit: load(ledger, user, visit).visit_id,
    "history": lambda ledger, user, visit: history(ledger, user, visit),
    "revisions": lambda ledger, user, visit: revisions(ledger, user, visit),
    "findings": lambda ledger, user, visit: findings(ledger, user, visit),
}


@settings(max_examples=tries(150), deadline=None)
@given(data=st.data())
def test_whoever_does_not_see_a_visit_gets_the_answer_of_one_that_is_not_there(
    town: Town, data: st.DataObject
):
    ledger, people, visits = town
    at, role = data.draw(st.sampled_from(AUTHORITIES)), data.draw(st.sampled_from(OF_AUTHORITIES))
    of, name = data.draw(st.sampled_from(AUTHORITIES)), data.draw(st.sampled_from(sorted(QUESTIONS)))
    user, number = people[at, role], visits[of].visit_id
    if role in READERS and of in SEES[at]:
        QUESTIONS[name](ledger, user, number)
        assert number in {one.visit_id for one in listed(ledger, user)}
        return
    said = [_said(ledger, user, name, one) for one in (number, UUID(int=12345))]
    assert said[0] == said[1]
    assert number not in {one.visit_id for one in listed(ledger, user)}


def _said(ledger: Ledger, user: User, name: str, number: UUID) -> str:
    with pytest.raises(NotThereError) as told:
        QUESTIONS[name](ledger, user, number)
    return str(told.value)


@settings(max_examples=tries(150), deadline=None)
@given(data=st.data())
def test_nobody_acts_for_another_authority_or_out_of_the_own_role(town: Town, data: st.DataObject):
    ledger, people, visits = town
    at, role = data.draw(st.sampled_from(AUTHORITIES)), data.draw(st.sampled_from(OF_AUTHORITIES))
    of, step = data.draw(st.sampled_from(AUTHORITIES)), data.draw(st.sampled_from(sorted(STEPS)))
    user, visit = people[at, role], visits[of]
    wanted: type[FieldError] = NotThereError if role not in READERS or of not in SEES[at] else FieldError
    if at == of and role in STEPS[step].roles:
        return
    brought = Brought(record=record(), reason="x")
    with pytest.raises(wanted) as told:
        take(ledger, user, visit.visit_id, step, ask(visit, NOON), brought, known())
    assert not isinstance(told.value, ConflictError | FaultsError), "said before anything is looked at"
    assert load(ledger, people[of, "leader"], visit.visit_id) == visit


def test_only_inspectors_and_leaders_begin_and_only_for_their_own(town: Town):
    ledger, people, _ = town
    for (at, role), user in people.items():
        for of in AUTHORITIES:
            if role in ("inspector", "leader") and at == of:
                continue
            with pytest.raises(FieldError):
                begin(ledger, user, uuid4(), of, filing(), ask())


def test_a_photo_is_seen_by_whoever_sent_it_until_a_record_shows_it(town: Town):
    ledger, people, _ = town
    picture = b"picture"
    name = "a9f9f3a4d2b4f4e4" * 4
    with pytest.raises(FieldError, match="not those of its name"):
        put_blob(ledger, people[LIXIA, "inspector"], name, [picture], NOON)
    name = sha256(picture).hexdigest()
    put_blob(ledger, people[LIXIA, "inspector"], name, [picture], NOON)
    for (at, role), user in people.items():
        if (at, role) == (LIXIA, "inspector"):
            assert blob_of(ledger, user, name).read_bytes() == picture
        else:
            with pytest.raises(NotThereError):
                blob_of(ledger, user, name)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63 + "/"])
def test_a_photo_is_named_by_its_hash_and_no_path(town: Town, name: str):
    ledger, people, _ = town
    with pytest.raises(FieldError, match="SHA-256"):
        put_blob(ledger, people[LIXIA, "inspector"], name, [b""], NOON)
    with pytest.raises(FieldError, match="SHA-256"):
        blob_of(ledger, people[LIXIA, "inspector"], name)


CODES = st.text("0123456789%_", max_size=10)
PLACES = st.builds(Authority, st.sampled_from(["city", "district", "town"]), CODES)


@settings(max_examples=tries(200), deadline=None)
@given(st.lists(PLACES, max_size=8), PLACES, st.sets(st.sampled_from(OF_AUTHORITIES)))
def test_the_condition_and_the_rule_say_the_same(places: list[Authority], own: Authority, roles: set[str]):
    mine = Jurisdiction(own, frozenset(roles))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        VISITS.create(connection)
        for n, one in enumerate(places):
            row = {"visit_id": str(n), "enterprise_id": "e", "level": one.level, "division": one.division}
            row |= {"state": "draft", "version": 1, "revision": 0, "counted_revision": 0, "created_by": "u"}
            row |= {"created_at": NOON, "changed_at": NOON, "filing": {}, "names": {}, "is_late": False}
            connection.execute(insert_into(VISITS).values(**row))
        found = set(connection.execute(select(VISITS.c.visit_id).where(mine.where(VISITS))).scalars())
    engine.dispose()
    assert found == {str(n) for n, one in enumerate(places) if mine.sees(one)}


def test_an_authority_is_one_however_its_code_is_written():
    assert Authority("district", "370102000000") == LIXIA == Authority("district", "历下区")
    assert Authority("town", "370102001000") == TOWN
    assert Authority("city", "370100") == CITY
