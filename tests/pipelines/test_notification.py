"""Messages to whoever ``RISKCODE_NOTIFY`` names: what arrives, what never does, and that nothing waits for long."""

import json
import time

import pytest

from desk.words.words import Words
from models.errors import RiskcodeError, SettingsError
from pipelines.alerts import (
    LATE,
    NOTIFIER,
    RECOVERED,
    RETRIED,
    RUN,
    SOURCE,
    TICK,
    Alert,
    alerts,
    alerts_file,
    notify,
    text_of,
)
from pipelines.notification import MOST_BYTES, send, service_of
from tests.worlds.receivers import Receiver, receiver
from tests.worlds.runs import riskcode
from warehouse.home import Home

ALERT = Alert(RUN, "no space left", "Make room.", run_id="r1", job="nightly", day="2026-06-30")


def test_an_alert_arrives_with_its_kind_job_and_day_its_cause_and_its_next_step(
    home: Home, there: Receiver
) -> None:
    notify(home, ALERT)
    [got] = there.got
    assert got["title"] == "riskcode home · run failed · nightly · 2026-06-30"
    assert got["message"] == "no space left\nMake room."
    assert got["type"] == "failure"
    assert [one.kind for one in alerts(home)] == [RUN], "nothing went wrong"


def test_it_is_said_in_the_language_of_the_settings(
    home: Home, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCODE_LANG", "zh")
    notify(home, Alert(LATE, "2026-06-30 的风险码未按时发布。", "请查明。"))
    assert there.titles == ["riskcode home · 夜间赋码缺失"]
    assert there.texts == ["2026-06-30 的风险码未按时发布。\n请查明。"]
    notify(home, Alert(RECOVERED, "好了。", ""))
    assert [one["type"] for one in there.got] == ["failure", "info"]


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            'codes: Could not convert string "王伟" to INT32',
            "codes: Could not convert string … to INT32",
        ),
        ("Invalid cell '13800000000' of 王伟(济南)厂", "Invalid cell … of …(…)…"),
        ("run 8 of 2026-06-30T02:04 died at port 3000", "run 8 of 2026-06-30T02:04 died at port 3000"),
        ("no firm 91370102MA3C00000X, call 138 0000 0000", "no firm …, call …"),
        ("cannot open postgresql://u:secret@db/x now", "cannot open … now"),
        ("it's full, isn't it", "it's full, isn't it"),
    ],
)
def test_what_a_failure_may_quote_stays_in_the_house(cause: str, said: str) -> None:
    words = Words("en")
    for kind in (RUN, RETRIED, TICK):
        told = text_of(Alert(kind, cause, "Look."), words).splitlines()
        assert told[:2] == [said, "Look."]
        assert len(told) == (2 if said == cause else 3)
    assert text_of(Alert(SOURCE, "bureau: 企业名册.csv", ""), words) == "bureau: 企业名册.csv"


def test_a_long_message_is_cut_to_what_every_service_takes(home: Home, there: Receiver) -> None:
    notify(home, Alert(SOURCE, "企" * 3_000, "请查明。"))
    [got] = there.got
    assert len((got["title"] + got["message"]).encode()) <= MOST_BYTES
    assert got["message"].endswith("企…")


@pytest.mark.parametrize(("status", "cause"), [(404, "error=404"), (500, "error=500")])
def test_a_receiver_that_refuses_is_written_down_and_breaks_nothing(
    status: int, cause: str, home: Home, there: Receiver
) -> None:
    there.status = status
    notify(home, ALERT)
    failed, first = alerts(home)
    assert (failed.kind, first.kind) == (NOTIFIER, RUN)
    assert cause in failed.cause and "doctor --notify" in failed.todo


def test_a_receiver_that_hangs_is_given_up_and_nobody_waits_for_it(
    home: Home, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.notification.SECONDS", 1)
    service_of(there.url)
    there.hangs, begun = True, time.monotonic()
    notify(home, ALERT)
    assert time.monotonic() - begun < 3
    assert alerts(home)[0].kind == NOTIFIER and "did not finish within 1." in alerts(home)[0].cause


def test_where_nobody_listens_or_the_url_is_none_the_alert_stands_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as gone:
        pass
    for url, cause in (
        (gone.url, "Connection error"),
        ("/usr/local/bin/tell --to duty", "RISKCODE_NOTIFY is no URL"),
        ("nosuch://key", "nosuch://…"),
    ):
        monkeypatch.setenv("RISKCODE_NOTIFY", url)
        notify(home, ALERT)
        assert alerts(home)[0].kind == NOTIFIER and cause in alerts(home)[0].cause


def test_where_nothing_can_be_written_the_message_is_sent_all_the_same(home: Home, there: Receiver) -> None:
    alerts_file(home).mkdir()
    notify(home, ALERT)
    assert there.texts == ["no space left\nMake room."]


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("wecombot://KEY-1234", "WeCom Bot"),
        ("dingtalk://SECabcd@abcd1234", "DingTalk"),
        ("feishu://abcd-1234", "Feishu"),
        ("mailtos://duty:word@mail.bureau.invalid?to=a@bureau.invalid,b@bureau.invalid", "E-Mail"),
        ("jsons://duty:word@hooks.bureau.invalid/told", "JSON"),
    ],
)
def test_the_urls_of_the_manual_are_known(url: str, service: str) -> None:
    assert service_of(url) == service


def test_no_error_tells_a_key_or_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        service_of("wecombot://KEY WITH SPACES/")
    assert "KEY WITH" not in str(refused.value) and "wecombot://…" in str(refused.value)
    # A port of this machine on which nobody listens, instead of the way to the service.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(RiskcodeError, match="did not accept the message") as failed:
        send("lark://abcd-1234-efgh", "title", "text")
    assert "hook/…" in str(failed.value) and "1234" not in str(failed.value)


# ------------------------------------------------------------------------------------ the doctor


def test_the_doctor_sends_a_test_message_and_says_whether_it_was_accepted(
    home: Home, there: Receiver
) -> None:
    done = riskcode(home.root, "doctor", "--notify", RISKCODE_NOTIFY=there.url)
    assert done.returncode == 0 and done.stdout.startswith("JSON accepted the test message")
    assert len(done.stdout.splitlines()) == 1 and "test message" in there.titles[0]
    assert alerts(home) == []
    there.status = 403
    refused = riskcode(home.root, "doctor", "--notify", RISKCODE_NOTIFY=there.url)
    assert refused.returncode == 1 and "error=403" in refused.stderr


def test_the_doctor_says_how_to_set_a_url_and_what_is_wrong_with_one(home: Home) -> None:
    unset = riskcode(home.root, "doctor", "--notify", RISKCODE_NOTIFY="")
    assert unset.returncode == 2 and "Set it to a URL" in unset.stderr
    wrong = riskcode(home.root, "doctor", "--json", RISKCODE_NOTIFY="tell --to duty")
    assert wrong.returncode == 1
    [found] = [one for one in json.loads(wrong.stdout) if one["check"] == "messages"]
    assert not found["ok"] and "wecombot://KEY" in found["found"]
