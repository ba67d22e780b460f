"""News of a publication: each kind once, again when it comes back, in numbers and never in names."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from dagster import DagsterInstance

from models.errors import WarehouseError
from pipelines.alerts import ALARM, NOTIFIER, OBJECTION, OVERDUE, alerts, since_publication
from pipelines.bulletin import tell_news, tell_news_of_run
from pipelines.settings import load_settings
from pipelines.supervision import news
from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm, warehouse
from tests.worlds.instances import Watch
from tests.worlds.receivers import Receiver
from tests.worlds.runs import riskcode
from warehouse.clock import local_today
from warehouse.connection import writing
from warehouse.database.copies import copy_tables
from warehouse.database.frames import Connection, insert
from warehouse.database.meta import CLOSED_ON, set_meta
from warehouse.home import Home
from warehouse.publish import PUBLISHED
from warehouse.schema.catalogue import OWN
from warehouse.schema.monitoring import MEASURED

TODAY = date(2026, 7, 1)
"""A Wednesday."""
ASKED = (
    "core.enterprises",
    "dispute.decisions",
    "dispute.objections",
    "ops.complaints",
    "ops.meta",
    "ops.runs",
    "risk.cut_offs",
    "serve.red_queue",
)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A warehouse whose last night was issued."""
    monkeypatch.setattr("pipelines.bulletin.local_today", lambda: TODAY)
    with warehouse() as connection:
        connection.execute(OWN["serve.red_queue"].ddl("serve.red_queue"))
        insert(connection, "ops.runs", run_id="r1", as_of=date(2026, 6, 30), is_issued=True, number=1)
        yield connection


def publishes(connection: Connection, home: Home) -> None:
    """What of the published files is asked."""
    asked = {name: PUBLISHED[name] for name in ASKED}
    copy_tables(connection, home.published, asked, known_at=TODAY)
    copy_tables(
        connection, home.published_measures, {name: f"FROM {name}" for name in MEASURED}, known_at=TODAY
    )


def tells(connection: Connection, home: Home) -> list[str]:
    """Publish and tell twice.  Returns the kinds that were told, which are told once."""
    publishes(connection, home)
    told = tell_news(home, load_settings())
    assert tell_news(home, load_settings()) == []
    return told


def red(connection: Connection, *numbers: int, since: date = date(2026, 6, 1)) -> None:
    """So many firms are RED, and nobody has been there."""
    connection.execute("DELETE FROM serve.red_queue")
    for number in numbers:
        insert(
            connection,
            "serve.red_queue",
            rank=number,
            enterprise_id=f"9137{number}",
            red_since=since,
            state="overdue",
        )


def objection(connection: Connection, number: int, decide_by: date) -> None:
    insert(
        connection,
        "dispute.objections",
        objection_id=f"O-2026-{number:04}",
        enterprise_id="91371",
        filed_by="王伟",
        filer="firm",
        filed_on=date(2026, 6, 1),
        decide_by=decide_by,
    )


def alarm(connection: Connection, *groups: tuple[str, str], metric: str = "red_rate") -> None:
    connection.execute("DELETE FROM risk.monitoring")
    for kind, value in groups:
        insert(
            connection,
            "risk.monitoring",
            metric=metric,
            group_kind=kind,
            group_value=value,
            group_en=value.title(),
            state="alarm",
        )


def causes(home: Home, kind: str) -> list[str]:
    """What was told of a kind, oldest first."""
    return [one.cause for one in alerts(home) if one.kind == kind][::-1]


def test_reds_that_are_overdue_are_counted_and_told_again_when_there_are_new_ones(
    home: Home, connection: Connection, there: Receiver
) -> None:
    red(connection, 1, 2)
    assert tells(connection, home) == [OVERDUE]
    red(connection, 2)
    assert tells(connection, home) == [], "one is over"
    red(connection, 2, 3)
    assert tells(connection, home) == [OVERDUE]
    red(connection, 2, 3, since=date(2026, 6, 20))
    assert tells(connection, home) == [OVERDUE], "RED once more is a new deadline"
    assert causes(home, OVERDUE) == [
        f"2 RED enterprises have not had their special inspection in time; new: {new}." for new in (2, 1, 2)
    ]
    assert there.titles[0] == "riskcode home · RED inspections overdue · 2026-06-30"
    assert not any("9137" in text for text in there.texts)
    red(connection)
    assert tells(connection, home) == []
    red(connection, 2)
    assert tells(connection, home) == [OVERDUE], "it is back"


def test_objections_are_told_by_their_numbers_a_working_day_before_and_when_they_are_overdue(
    home: Home, connection: Connection, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    objection(connection, 1, TODAY - timedelta(days=2))
    objection(connection, 2, TODAY + timedelta(days=1))
    objection(connection, 3, TODAY + timedelta(days=5))
    assert tells(connection, home) == [OBJECTION]
    assert causes(home, OBJECTION) == [
        "Objections to be decided: O-2026-0001 (overdue since 2026-06-29), O-2026-0002 (by 2026-07-02)."
    ]
    monkeypatch.setattr("pipelines.bulletin.local_today", lambda: date(2026, 7, 3))
    assert tells(connection, home) == [OBJECTION], "a Friday: Monday is the next day to decide on"
    assert causes(home, OBJECTION)[1:] == [
        "Objections to be decided: O-2026-0002 (overdue since 2026-07-02), O-2026-0003 (by 2026-07-06)."
    ]
    for number in (1, 2, 3):
        insert(connection, "dispute.decisions", objection_id=f"O-2026-{number:04}", outcome="rejected")
    assert tells(connection, home) == []
    assert not any("王伟" in text or "9137" in text for text in there.texts)


def test_alarms_are_told_by_measure_and_group_ten_of_them_and_the_rest_counted(
    home: Home, connection: Connection, there: Receiver
) -> None:
    alarm(connection, *(("sector", f"s{number:02}") for number in range(12)))
    assert tells(connection, home) == [ALARM]
    [text] = there.texts
    assert text.startswith("New alarms of monitoring: RED rate: S00, RED rate: S01")
    assert "RED rate: S09, 2 more." in text and "S10" not in text
    alarm(connection, ("", ""), metric="codes_moved")
    assert tells(connection, home) == [ALARM]
    assert there.texts[1].startswith("New alarms of monitoring: Codes moved.")


def test_a_first_publication_is_told_by_one_message_of_each_kind(
    home: Home, connection: Connection, there: Receiver, instance: DagsterInstance
) -> None:
    red(connection, *range(30))
    for number in range(30):
        objection(connection, number + 1, TODAY)
    alarm(connection, *(("sector", f"s{number}") for number in range(30)))
    publishes(connection, home)
    Watch(news, instance).looks(3)
    assert sorted(one.kind for one in alerts(home)) == [ALARM, OBJECTION, OVERDUE]
    assert len(there.got) == 3 and "20 more" in there.texts[1]
    assert since_publication(home) == [], "news of the copy is no fault since it was made"


def test_before_anything_is_published_and_in_a_closed_archive_there_is_no_news(
    home: Home, connection: Connection
) -> None:
    assert tell_news(home, load_settings()) == []
    red(connection, 1)
    objection(connection, 1, TODAY)
    alarm(connection, ("", ""))
    set_meta(connection, CLOSED_ON, "2026-06-30")
    assert tells(connection, home) == []
    assert alerts(home) == []


def test_a_sensor_and_a_run_that_look_at_once_tell_once(
    home: Home, connection: Connection, there: Receiver
) -> None:
    red(connection, 1, 2)
    publishes(connection, home)
    with ThreadPoolExecutor(4) as looks:
        told = [one.result() for one in [looks.submit(tell_news, home, load_settings()) for _ in range(4)]]
    assert sorted(told) == [[], [], [], [OVERDUE]] and len(there.got) == 1


@pytest.mark.whole
@pytest.mark.slow
def test_without_a_daemon_run_and_watch_tell_after_they_published(home: Home, there: Receiver) -> None:
    mapped = {"mapping.yaml": MAPPING.encode()}
    deliver(home.inbox / "bureau", {**mapped, "register.csv": csv_bytes(firm(number) for number in range(4))})
    with writing(home) as connection:
        objection(connection, 1, local_today())
    assert riskcode(home.root, "run", RISKCODE_NOTIFY=there.url).returncode == 0
    [first] = [text for text in there.texts if "Objections" in text]
    assert "O-2026-0001" in first
    with writing(home) as connection:
        objection(connection, 2, local_today())
    deliver(home.inbox / "bureau", {"register.csv": csv_bytes(firm(number) for number in range(5))})
    watched = riskcode(home.root, "watch", "--once", "--interval", "0.05", RISKCODE_NOTIFY=there.url)
    assert watched.returncode == 0, watched.stderr
    _, second = [text for text in there.texts if "Objections" in text]
    assert "O-2026-0002" in second and "O-2026-0001" not in second


def test_what_could_not_be_sent_is_not_told_over_and_over(
    home: Home, connection: Connection, there: Receiver
) -> None:
    there.status = 500
    red(connection, 1)
    assert tells(connection, home) == [OVERDUE]
    assert [one.kind for one in alerts(home)] == [NOTIFIER, OVERDUE]


def test_where_nothing_can_be_remembered_nothing_is_told_and_a_run_goes_on(
    home: Home, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    red(connection, 1)
    publishes(connection, home)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as here:
        here.setattr("pipelines.bulletin.put_in_place", full)
        with pytest.raises(OSError, match="No space"):
            tell_news(home, load_settings())
        tell_news_of_run(home, load_settings())
    assert alerts(home) == []
    told = home.logs / "told.json"
    told.write_text("[]")
    with pytest.raises(WarehouseError, match="Move it away"):
        tell_news(home, load_settings())
    told.unlink()
    assert tell_news(home, load_settings()) == [OVERDUE]
