"""Acts asked of the warehouse: written down whole, once, for whom they concern, and settled once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from models.errors import ConflictError, FieldError, NotThereError
from tests.worlds.ledgers import LIXIA, NOON, SHIZHONG, ask, person
from warehouse.field import audit
from warehouse.field.acts import act_of, ask_act, may_ask, put_off, settle, unsettled, waiting
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority

TOLD = {"enterprise_id": "e1", "by": "王五", "grounds": "已停用", "filer": "enterprise", "datum": None}


def test_asked_again_an_act_is_the_same_and_another_under_its_number_is_refused(ledger: Ledger):
    li, one = person(ledger, "li"), ask(request=uuid4())
    made = [ask_act(ledger, li, "file", "e1", LIXIA, TOLD, one) for _ in range(2)]
    assert made[0] == made[1] and (made[0].state, made[0].tries) == ("asked", 0)
    assert made[0].asked_on == NOON.date()
    with pytest.raises(ConflictError):
        ask_act(ledger, li, "file", "e1", LIXIA, TOLD | {"by": "赵六"}, one)
    assert [act.told for act in waiting(ledger)] == [TOLD]


def test_leaders_decide_and_inspectors_lodge_for_their_own_authority_and_those_below(ledger: Ledger):
    li, wang = person(ledger, "li"), person(ledger, "wang", "leader")
    city = person(ledger, "city", "leader", at=Authority("city"))
    for kind in ("decide", "give", "end"):
        assert not may_ask(li, kind, LIXIA)
        with pytest.raises(FieldError, match="not for your role"):
            ask_act(ledger, li, kind, "e1", LIXIA, TOLD, ask())
        assert may_ask(wang, kind, LIXIA) and may_ask(city, kind, LIXIA) and not may_ask(wang, kind, SHIZHONG)
    with pytest.raises(FieldError, match="another authority"):
        ask_act(ledger, wang, "give", "e2", SHIZHONG, TOLD, ask())
    assert not any(may_ask(person(ledger, role, role), "file", LIXIA) for role in ("analyst", "auditor"))


def test_who_lodged_an_objection_decides_it_under_no_account_and_no_name(ledger: Ledger):
    wang, other = person(ledger, "wang", "leader"), person(ledger, "other", "leader")
    lodged = ask_act(ledger, wang, "file", "e1", LIXIA, TOLD | {"lodged_by": "王 强"}, ask())
    told = {"objection_id": "O-1", "outcome": "upheld", "reasons": "属实"}
    tried = ((wang, "某某"), (other, "王强"))
    for _ in range(2):
        for who, name in tried:
            with pytest.raises(FieldError, match="Let another leader decide it"):
                ask_act(ledger, who, "decide", "e1", LIXIA, told | {"by": name}, ask())
        settle(ledger, lodged.act_id, number="O-1", said=None, now=NOON)
    assert ask_act(ledger, other, "decide", "e1", LIXIA, told | {"by": "赵六"}, ask()).state == "asked"
    another = told | {"objection_id": "O-2", "by": "王强"}
    assert ask_act(ledger, wang, "decide", "e1", LIXIA, another, ask()).state == "asked"


def test_an_act_waits_until_it_is_settled_and_then_stays_so(ledger: Ledger):
    li = person(ledger, "li")
    first, second = (ask_act(ledger, li, "file", firm, LIXIA, TOLD, ask()) for firm in ("e1", "e2"))
    put_off(ledger, first.act_id, {"en": "Another run is writing.", "zh": "另有任务正在写入。"})
    assert {(one.act_id, one.tries) for one in waiting(ledger)} == {(first.act_id, 1), (second.act_id, 0)}
    settle(ledger, first.act_id, number="O-2026-0001", said=None, now=NOON)
    settle(ledger, first.act_id, number=None, said={"en": "late", "zh": "逾期"}, now=NOON)
    done = act_of(ledger, li, first.act_id)
    assert (done.state, done.number, done.said) == ("done", "O-2026-0001", None)
    settle(ledger, second.act_id, number=None, said={"en": "late", "zh": "逾期"}, now=NOON)
    assert waiting(ledger) == []
    since = NOON - timedelta(days=1)
    assert [one.act_id for one in unsettled(ledger, li, ("file",), since=since)] == [second.act_id]
    assert unsettled(ledger, li, ("file",), since=NOON + timedelta(days=1)) == []
    assert unsettled(ledger, li, ("give",), since=since) == []
    assert audit.verify(ledger).place == 5, "somebody added, two asked, two settled"


def test_of_one_person_only_so_many_acts_wait(ledger: Ledger):
    li, wang = person(ledger, "li"), person(ledger, "wang")
    for _ in range(20):
        ask_act(ledger, li, "file", "e1", LIXIA, TOLD, ask())
    with pytest.raises(FieldError, match="still waits"):
        ask_act(ledger, li, "file", "e1", LIXIA, TOLD, ask())
    assert ask_act(ledger, wang, "file", "e1", LIXIA, TOLD, ask()).state == "asked"


def test_an_act_of_another_district_is_as_if_it_were_not_there(ledger: Ledger):
    made = ask_act(ledger, person(ledger, "li"), "file", "e1", LIXIA, TOLD, ask())
    stranger = person(ledger, "zhao", "leader", at=SHIZHONG)
    with pytest.raises(NotThereError):
        act_of(ledger, stranger, made.act_id)
    assert unsettled(ledger, stranger, ("file",), since=NOON - timedelta(days=1)) == []
