"""Objections and overrides asked for at the desk, carried out by processes of their own in the warehouse."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.errors import DisputeError
from pipelines.acts import carry, carry_out, carrying
from pipelines.settings import Settings, load_settings
from tests.pipelines.test_desk_counts import until
from tests.worlds.desks import asked
from tests.worlds.homes import copy_of
from tests.worlds.ledgers import NOON, ask, ledger_of, person
from tests.worlds.runs import DAY_1
from warehouse.connection import holding
from warehouse.field.acts import Act, act_of, ask_act, ended_unforeseen
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.users import User, users

CITY = Authority("city")
REASONS = "现场核实设备已于六月一日停用并断电，有照片和停用记录为证"


@pytest.fixture(scope="module")
def settings(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A demo city to decide about."""
    home = copy_of(coded, tmp_path_factory.mktemp("acts") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCODE_HOME", f"{home}")
        yield load_settings()


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    with ledger_of(settings.home) as made:
        yield made


def act(ledger: Ledger, kind: str, firm: str, **told: Any) -> Act:
    """What a leader of the city asks for."""
    return ask_act(ledger, person_of(ledger), kind, firm, CITY, told, ask(now=NOON))


def person_of(ledger: Ledger) -> User:
    """The leader of the city."""
    found = [one for one in users(ledger) if one.login == "head"]
    return found[0] if found else person(ledger, "head", "leader", at=CITY)


def latest_finding(home: Path) -> tuple[str, str, str]:
    """A finding that was told last, of the enterprise it is about."""
    query = "SELECT enterprise_id, source, violation_id FROM serve.enterprise_findings ORDER BY recorded_at DESC, 3"
    return asked(home, query)[0]


def test_an_objection_is_lodged_and_decided_and_what_is_done_twice_is_done_once(
    settings: Settings, ledger: Ledger
) -> None:
    home = settings.home.root
    firm, source, key = latest_finding(home)
    told = {"enterprise_id": firm, "by": "王五", "grounds": "设备已停用", "filer": "enterprise"}
    filed = act(ledger, "file", firm, **told, datum=["violations", source, key], late_reason="住院")
    assert carry(settings, ledger, filed)
    done = act_of(ledger, person_of(ledger), filed.act_id)
    assert (done.state, done.number) == ("done", "O-2026-0001")
    assert carry_out(settings, "file", DAY_1, filed.told) == "O-2026-0001", (
        "who died before telling does it again"
    )
    ruling = {"objection_id": "O-2026-0001", "outcome": "upheld", "by": "钱七", "reasons": REASONS}
    for _ in range(2):
        assert carry_out(settings, "decide", DAY_1, ruling) == "O-2026-0001"
    assert asked(home, "SELECT outcome, remedy FROM dispute.decisions") == [("upheld", "withdraw")]
    assert asked(home, "SELECT count(*) FROM serve.enterprise_findings WHERE violation_id = ?", key) == [(0,)]


def test_an_act_that_ends_unforeseen_five_times_is_refused_and_the_log_has_why(
    settings: Settings, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    # Asked by who went past the form.
    told = {"code": "red", "first_day": "9999-12-31", "until": "9999-12-31", "reason": REASONS, "by": "钱七"}
    [(firm,)] = asked(settings.home.root, "SELECT min(enterprise_id) FROM risk.codes WHERE code = 'green'")
    asked_for, head = act(ledger, "give", firm, enterprise_id=firm, **told), person_of(ledger)
    for _ in range(3):
        ended_unforeseen(ledger, asked_for.act_id, now=NOON)
    assert not carry(settings, ledger, asked_for)
    waits = act_of(ledger, head, asked_for.act_id)
    assert waits.state == "asked" and "tried again" in (waits.said or {})["en"]
    assert "Traceback" in caplog.text and "OverflowError" in caplog.text
    assert carry(settings, ledger, asked_for)
    refused = act_of(ledger, head, asked_for.act_id)
    assert refused.state == "refused" and "Ask the administrator" in (refused.said or {})["en"]


@pytest.mark.whole
def test_an_override_is_given_and_ended_and_the_code_follows(settings: Settings, ledger: Ledger) -> None:
    home = settings.home.root
    [(firm,)] = asked(home, "SELECT min(enterprise_id) FROM risk.codes WHERE code = 'green'")
    told = {"enterprise_id": firm, "code": "yellow", "until": "2026-07-10", "reason": REASONS, "by": "钱七"}
    told["first_day"] = f"{DAY_1}"
    numbers = {carry_out(settings, "give", DAY_1, told) for _ in range(2)}
    assert numbers == {"V-2026-0001"}
    assert asked(home, "SELECT code FROM risk.codes WHERE enterprise_id = ?", firm) == [("yellow",)]
    again = told | {"code": "red", "reason": REASONS + "，再次", "until": "2026-07-11"}
    with pytest.raises(DisputeError, match="has an override on these days already"):
        carry_out(settings, "give", DAY_1, again)
    ended = {"override_id": "V-2026-0001", "reason": REASONS, "by": "钱七"}
    assert carry_out(settings, "end", DAY_1, ended) == "V-2026-0001"
    assert asked(home, "SELECT code FROM risk.codes WHERE enterprise_id = ?", firm) == [("green",)]


@pytest.mark.whole
def test_an_act_from_before_a_night_counts_on_the_first_day_that_can_be_decided(settings: Settings) -> None:
    firm, source, key = latest_finding(settings.home.root)
    told = {
        "enterprise_id": firm,
        "by": "赵六",
        "grounds": "已整改",
        "filer": "enterprise",
        "late_reason": "住院",
    }
    number = carry_out(settings, "file", date(2026, 6, 1), told | {"datum": ["violations", source, key]})
    home = settings.home.root
    assert asked(home, "SELECT filed_on FROM dispute.objections WHERE objection_id = ?", number) == [(DAY_1,)]
    assert (
        carry_out(settings, "withdraw", DAY_1, {"objection_id": number, "by": "赵六", "reasons": ""})
        == number
    )
    assert asked(home, "SELECT outcome FROM dispute.decisions WHERE objection_id = ?", number) == [
        ("withdrawn_by_filer",)
    ]


@pytest.mark.whole
def test_while_a_run_writes_an_act_waits_and_what_cannot_be_is_refused_in_both_languages(
    settings: Settings, ledger: Ledger
) -> None:
    firm = latest_finding(settings.home.root)[0]
    told = {"enterprise_id": firm, "by": "王五", "grounds": "不服", "filer": "enterprise"}
    wrong = act(ledger, "file", firm, **told, datum=["violations", None, "nothing"])
    with holding(settings.home):
        assert not carry(settings, ledger, wrong)
    head = person_of(ledger)
    waits = act_of(ledger, head, wrong.act_id)
    assert (waits.state, waits.tries) == ("asked", 1) and "正在写入" in (waits.said or {})["zh"]
    with carrying(settings, ledger):
        until(lambda: act_of(ledger, head, wrong.act_id).state != "asked")
    refused = act_of(ledger, head, wrong.act_id)
    assert refused.state == "refused" and "is not on record" in (refused.said or {})["en"]
