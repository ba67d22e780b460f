"""Calls to another system: signed, tried again until they are taken, lost by no death, to nobody in the house."""

import hmac
import ipaddress
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from models.errors import RiskcodeError, SettingsError
from pipelines.calls import TELL_AFTER, make
from pipelines.settings import Settings, load_settings
from pipelines.webhook import Webhook, networks_of, signature
from tests.worlds.field import finding, record
from tests.worlds.hooks import Hook, hook
from tests.worlds.ledgers import EVENING_BEFORE, LIXIA, NOON, Desk, ask, home_in, ledger_of
from tests.worlds.runs import process, until
from warehouse.field.acts import DECIDE, FILE, ask_act, settle
from warehouse.field.calls import AGAIN, due, gather, gather_refused, waiting
from warehouse.field.outbox import TABLES
from warehouse.home import Home

SECRET = "s" * 32
CALLING = """
import sys
from pipelines.calls import calling
from pipelines.settings import load_settings
from warehouse.field.opening import opened
settings = load_settings()
with opened(settings.home) as ledger, calling(settings, ledger):
    print("calls", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    with ledger_of(home) as ledger:
        yield Desk(ledger)


@pytest.fixture
def there() -> Iterator[Hook]:
    with hook() as one:
        yield one


@pytest.fixture
def settings(home: Home, there: Hook) -> Settings:
    return replace(load_settings(), home=home, webhook=Webhook(there.url, SECRET))


def made(settings: Settings, desk: Desk) -> list[bool]:
    """Make all calls that are due at noon of the day, or were tried before."""
    assert settings.webhook is not None
    calls = due(desk.ledger, NOON + timedelta(days=400))
    return [make(settings, settings.webhook, desk.ledger, one) for one in calls]


def test_what_happens_to_a_visit_is_told_signed_and_without_names(
    desk: Desk, settings: Settings, there: Hook
) -> None:
    desk.begun()
    assert gather(desk.ledger, NOON) == 0, "what was before is not told"
    visit = desk.signed(record(findings=[finding()]))
    assert gather(desk.ledger, NOON) == 3 and gather(desk.ledger, NOON) == 0
    assert made(settings, desk) == [True, True, True] and waiting(desk.ledger) == []
    assert [one.told["type"] for one in there.came] == ["visit.filed", "visit.approved", "visit.counted"]
    for one in there.came:
        head = one.headers
        signed = f"{head['riskcode-timestamp']}.{head['riskcode-id']}.".encode() + one.content
        assert head["riskcode-signature"] == f"v1={hmac.new(SECRET.encode(), signed, sha256).hexdigest()}"
        assert one.told["id"] == head["riskcode-id"] and one.told["visit_id"] == str(visit.visit_id)
        assert {"at", "place", "enterprise_id", "level", "division", "version"} < set(one.told)
        assert "Li" not in one.content.decode() and "o1" not in one.content.decode()
    assert len({one.told["id"] for one in there.came}) == 3


def test_an_objection_that_is_decided_is_told_and_one_that_is_only_lodged_is_not(desk: Desk) -> None:
    gather(desk.ledger, NOON)
    decided = {"objection_id": "O-2026-0001", "outcome": "upheld", "by": "刘敏", "reasons": "查明属实"}
    lodged = {"by": "王五", "grounds": "不服"}
    for kind, who, told in ((FILE, desk.inspector, lodged), (DECIDE, desk.leader, decided)):
        act = ask_act(desk.ledger, who, kind, "e1", LIXIA, told, ask())
        settle(desk.ledger, act.act_id, number="O-2026-0001", said=None, now=NOON)
    assert gather(desk.ledger, NOON) == 1
    [call] = waiting(desk.ledger)
    told = ("objection_id", "outcome", "enterprise_id", "division")
    assert call.kind == "objection.decided"
    assert [call.body[name] for name in told] == ["O-2026-0001", "upheld", "e1", "370102"]
    assert "刘敏" not in str(call.body)


def test_a_signature_is_reckoned_by_hand() -> None:
    expected = hmac.new(b"k" * 32, b'7.a.{"x":1}', sha256).hexdigest()
    assert signature("k" * 32, "a", 7, b'{"x":1}') == f"v1={expected}"


def test_what_is_not_taken_is_tried_again_ever_later_under_the_same_number(
    desk: Desk, settings: Settings, there: Hook
) -> None:
    gather(desk.ledger, NOON)
    desk.took(desk.begun(), "file", EVENING_BEFORE)
    gather(desk.ledger, NOON)
    there.status = 503
    for tries in range(1, TELL_AFTER + 1):
        assert made(settings, desk) == [False]
        [call] = waiting(desk.ledger)
        assert (call.tries, call.said) == (tries, "The other system answered 503.")
    told = (settings.home.logs / "alerts.jsonl").read_text("utf-8").splitlines()
    assert len(told) == 1 and '"call"' in told[0]
    there.status = 204
    assert made(settings, desk) == [True] and made(settings, desk) == []
    assert len({one.told["id"] for one in there.came}) == 1 and len(there.came) == TELL_AFTER + 1
    assert [*AGAIN] == sorted(AGAIN)


def test_a_redirect_is_not_followed(desk: Desk, settings: Settings, there: Hook) -> None:
    gather(desk.ledger, NOON)
    desk.took(desk.begun(), "file", EVENING_BEFORE)
    gather(desk.ledger, NOON)
    with hook() as other:
        there.status, there.location = 302, other.url
        assert made(settings, desk) == [False] and other.came == []


def test_a_row_that_is_refused_is_told_once(desk: Desk) -> None:
    row = {"table": TABLES[1], "number": "v-1", "rules": ["no_item"], "refused_on": date(2026, 6, 30)}
    assert gather_refused(desk.ledger, [row], NOON) == 1
    assert gather_refused(desk.ledger, [row], NOON) == 0
    assert gather_refused(desk.ledger, [row | {"rules": ["other"]}], NOON) == 1
    assert [one.body["rules"] for one in waiting(desk.ledger)] in (
        [["no_item"], ["other"]],
        [["other"], ["no_item"]],
    )


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.1.2.3", False),
        ("2002:a01:203::1", False),
        ("64:ff9b::a01:203", False),
    ],
)
def test_only_the_world_is_called_unless_a_network_is_named(address: str, may: bool) -> None:
    plain = Webhook("https://hooks.invalid/in", SECRET)
    assert plain.may_call(ipaddress.ip_address(address)) == may
    named = Webhook("https://hooks.invalid/in", SECRET, networks_of("10.1.2.0/24"))
    assert named.may_call(ipaddress.ip_address("10.1.2.3")) and not named.may_call(
        ipaddress.ip_address("10.1.3.3")
    )


def test_an_address_within_the_house_is_not_even_connected_to(there: Hook) -> None:
    port = there.url.split(":")[2].split("/")[0]
    with pytest.raises(RiskcodeError, match="within the house"):
        Webhook(f"https://[::ffff:127.0.0.1]:{port}/", SECRET).send("a", "{}", 1)
    assert there.came == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"RISKCODE_WEBHOOK": "http://hooks.invalid/in"}, "https://"),
        ({"RISKCODE_WEBHOOK": "ftp://127.0.0.1/"}, "https://"),
        ({"RISKCODE_WEBHOOK_SECRET": "short"}, "32 characters"),
        ({"RISKCODE_WEBHOOK_NETWORKS": "house"}, "10.1.2.0/24"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], said: str
) -> None:
    given = {"RISKCODE_WEBHOOK": "https://hooks.invalid/in", "RISKCODE_WEBHOOK_SECRET": SECRET}
    for name, value in (given | told).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        load_settings()


def test_a_desk_that_is_killed_while_it_calls_loses_no_call(home: Home, desk: Desk, there: Hook) -> None:
    gather(desk.ledger, NOON)
    for _ in range(3):
        desk.took(desk.begun(), "file", EVENING_BEFORE)
    told = {"RISKCODE_WEBHOOK": there.url, "RISKCODE_WEBHOOK_SECRET": SECRET}
    there.hangs = True
    first = process(home.root, "-c", CALLING, **told)
    until(lambda: len(there.came) == 1)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert len(waiting(desk.ledger)) == 3
    desk.took(desk.begun(), "file", EVENING_BEFORE)
    there.hangs = False
    there.let_go.set()
    second = process(home.root, "-c", CALLING, **told)
    until(lambda: len({one.told["id"] for one in there.came}) == 4 and not waiting(desk.ledger))
    second.communicate("")
    assert second.returncode == 0
    ids = [one.told["id"] for one in there.came]
    assert len(ids) == 5 and ids[0] in ids[1:], "the one that hung came twice, under its number"
