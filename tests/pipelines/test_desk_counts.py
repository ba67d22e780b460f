"""From a signature at the desk to a code: by processes of their own, by the real inbox, and back into the visit."""

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from desk.say.way_back import refusals, standing
from desk.words.words import Words
from tests.kills.doom import KILLED, TORN, Doom
from tests.pipelines.test_way_back import CODES, CORE, asked, code_of, green, nothing, stored, watched
from tests.worlds.desks import Desk as Served
from tests.worlds.field import FINDING, filing, finding, record
from tests.worlds.hazards import hazard, rechecked
from tests.worlds.homes import copy_of
from tests.worlds.ledgers import LIXIA, MORNING, NOON, Desk, ask, ledger_of, person
from tests.worlds.runs import DAY_1, ended, process, riskcode, run_arguments, until
from warehouse.clock import LOCAL
from warehouse.database.reading import reading
from warehouse.field.export import export
from warehouse.field.outbox import latest, put
from warehouse.field.way_back import WayBack, way_back
from warehouse.home import Home
from warehouse.questions.today import published_now

EN, ZH = Words("en"), Words("zh")


@pytest.fixture
def home(coded: Path, tmp_path: Path) -> Home:
    """The small demo city, coded on the last day of its archive."""
    return Home(copy_of(coded, tmp_path / "home"))


def way(desk: Desk, home: Home, visit_id: UUID) -> WayBack:
    with reading(home) as copy:
        return way_back(desk.ledger, copy, home, desk.inspector, visit_id)


def test_a_record_signed_in_one_process_turns_the_code_red_by_serve_and_watch(home: Home) -> None:
    firm = green(home)
    with process(home.root, "-m", "pipelines", "serve", "--watch", "--port", "0") as served:
        assert served.stdout is not None
        assert "http://" in served.stdout.readline()
        done = ended(process(home.root, "-m", "tests.worlds.hazards", str(home.root), firm))
        assert done.returncode == 0, done.stderr
        until(lambda: code_of(home, firm) == "red")
        served.send_signal(signal.SIGINT)
        assert served.wait(90) == 0
    with ledger_of(home) as ledger:
        assert export(ledger, home).files == ()
    assert nothing(home), "whoever watched has taken up all of it, and its lock is free"


@pytest.mark.whole
def test_where_the_desk_is_killed_its_watch_ends_too(home: Home) -> None:
    firm = green(home)
    with process(home.root, "-m", "pipelines", "serve", "--watch", "--port", "0") as served:
        assert served.stdout is not None
        served.stdout.readline()
        ended(process(home.root, "-m", "tests.worlds.hazards", str(home.root), firm))
        until(lambda: (home.inbox / "desk" / ".exported").exists())
        served.kill()
        # Its output is the desk's own, so that comes to an end when both have ended.
        served.stdout.read()
    with ledger_of(home) as ledger:
        export(ledger, home)
    watched(home)
    assert code_of(home, firm) == "red"
    assert stored(home, "SELECT count(*) FROM core.violations WHERE source = 'desk'") == [(1,)]


@pytest.mark.whole
def test_from_record_to_code_takes_few_cpu_seconds(home: Home) -> None:
    """Of a watch that stands ready, as it does at a desk: its own time between the record and the code."""
    firms = [firm for (firm,) in asked(home, "SELECT enterprise_id FROM risk.codes WHERE code = 'green'")]
    with ledger_of(home) as ledger, process(home.root, "-m", "pipelines", "watch", "--until-eof") as watch:
        desk = Desk(ledger)
        hazard(desk, firms[0], 1)
        export(ledger, home)
        until(lambda: code_of(home, firms[0]) == "red")
        until(lambda: not _is_busy(watch.pid))
        own, others = time.process_time(), _cpu_seconds(watch.pid)
        hazard(desk, firms[1], 2)
        export(ledger, home, everything=False)
        export_seconds = time.process_time() - own
        until(lambda: code_of(home, firms[1]) == "red")
        watch_seconds = _cpu_seconds(watch.pid) - others
        assert watch.stdin is not None
        watch.stdin.close()
        assert watch.wait(60) == 0
    assert export_seconds + watch_seconds <= 5, (export_seconds, watch_seconds)


def _cpu_seconds(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(told[11]) + int(told[12])) / 100


def _is_busy(pid: int) -> bool:
    before = _cpu_seconds(pid)
    time.sleep(1)
    return _cpu_seconds(pid) - before > 0.2


@pytest.mark.whole
def test_a_visit_tells_how_far_it_has_come(home: Home) -> None:
    firm = green(home)
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        draft = desk.begun(filing(enterprise_id=firm))
        assert standing(way(desk, home, draft.visit_id), EN) == "not signed yet"
        visit = hazard(desk, firm)
        told = way(desk, home, visit.visit_id)
        assert (told.state, told.received_at, told.counted_at) == ("received", NOON, None)
        assert standing(told, EN) == "received 12:00 · not yet in the inbox"

        export(ledger, home)
        told = way(desk, home, visit.visit_id)
        assert {(one.table, one.state) for one in told.rows} == {
            ("inspections", "exported"),
            ("violations", "exported"),
            ("filings", "exported"),
        }
        assert told.exported_at is not None
        exported = f"{told.exported_at.astimezone(LOCAL):%H:%M}"
        assert standing(told, EN) == f"received 12:00 · exported {exported} · on its way into the codes"

        watched(home)
        told = way(desk, home, visit.visit_id)
        assert told.state == "counted" and told.counted_at is not None
        assert standing(told, EN) == (
            f"received 12:00 · exported {exported} · counted {told.counted_at.astimezone(LOCAL):%H:%M}"
        )
        assert standing(told, ZH).startswith("12:00 已接收 · ")

        again = rechecked(desk, visit, firm)
        assert way(desk, home, visit.visit_id).state == "received", "its finding has another row now"
        export(ledger, home, everything=False)
        assert way(desk, home, visit.visit_id).state == "exported", "readers see the row of before"
        watched(home)
        assert way(desk, home, visit.visit_id).state == way(desk, home, again.visit_id).state == "counted"
        assert code_of(home, firm) != "red"
        told = way(desk, home, visit.visit_id)
        moments = [one for one in (told.received_at, told.exported_at, told.counted_at) if one]
        assert told.counted_at is not None and moments == sorted(moments), "its finding went back twice"
        [(on,)] = stored(home, "SELECT rectified_on FROM core.current_violations WHERE source = 'desk'")
        assert on == DAY_1

        desk.took(desk.again(visit), "withdraw", reason="重复登记")
        export(ledger, home, everything=False)
        assert way(desk, home, visit.visit_id).state == "exported"
        watched(home)
        assert way(desk, home, visit.visit_id).state == "counted"
        assert asked(home, "SELECT count(*) FROM serve.enterprise_findings WHERE source = 'desk'") == [(0,)]


def test_a_record_without_its_photos_waits_and_says_for_what(home: Home) -> None:
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        photo = "ab" * 32
        visit = desk.signed(record(findings=[finding(photos=[photo])]), filing(enterprise_id=green(home)))
        told = way(desk, home, visit.visit_id)
        assert (told.state, told.waits_for) == ("waits", ("photos",))
        assert "waits for its photos" in standing(told, EN)


def test_a_refused_row_shows_its_rule_on_the_record(home: Home) -> None:
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        visit = hazard(desk, "91370100MA3C0000XX")
        export(ledger, home)
        [seen] = watched(home)
        assert seen["refused"] == 3
        told = way(desk, home, visit.visit_id)
        assert told.state in {"refused", "waits"}
        said = refusals(told, EN)
        assert len(said) == 3 and "unknown_enterprise" in said[0], said
        assert "an enterprise of the register" in said[0]
        assert all("被拒" in one for one in refusals(told, ZH))

        # The desk says so on the page of the visit, which waits for its enterprise; a wrong word is refused for good.
        served = Served(home, ledger)
        browser = served.login("wang")
        page = browser.get(f"/visits/{visit.visit_id}")
        assert page.status_code == 200 and "unknown_enterprise" in page.text
        assert not browser.get("/visits.json").json()["visits"][0]["is_refused"]
        with ledger.writing() as connection:
            held = latest(connection, "inspections", str(visit.visit_id))
            assert held is not None
            row = held[1] | {"enterprise_id": green(home), "kind": "nonsense"}
            put(connection, "inspections", str(visit.visit_id), row, DAY_1)
        export(ledger, home, everything=False)
        watched(home)
        shown = browser.get(f"/visits/{visit.visit_id}.json").json()["way_back"]
        assert shown["state"] == "refused" and "unknown_code:kind" in shown["refused"][0]
        assert "by a revision with its reason" in shown["refused"][0] and shown["exported_at"]
        assert browser.get("/visits.json").json()["visits"][0]["is_refused"]
        assert "a row was refused" in browser.get("/visits").text

        # Of another authority it is as if it were not there.
        stranger = person(ledger, "zhao", at=type(LIXIA)("district", "370103"))
        with reading(home) as copy, pytest.raises(Exception, match="no such visit"):
            way_back(ledger, copy, home, stranger, visit.visit_id)
        assert ask(visit, MORNING).expected == visit.version


def test_a_demo_city_has_its_own_day(home: Home) -> None:
    with reading(home) as copy:
        told = published_now(copy, NOON.replace(year=2027, hour=23, minute=59))
    assert told.isoformat() == f"{DAY_1}T23:59:00+08:00"


@pytest.mark.whole
def test_deleted_and_exported_again_it_comes_to_the_same_codes(
    home: Home, delivery: Path, tmp_path: Path
) -> None:
    firms = [firm for (firm,) in asked(home, "SELECT enterprise_id FROM risk.codes ORDER BY 1 LIMIT 3")]
    with ledger_of(home) as ledger:
        desk = Desk(ledger)
        visits = [hazard(desk, firm, number) for number, firm in enumerate(firms, start=1)]
        export(ledger, home)
        watched(home)
        assert UUID(int=1) == FINDING
        rechecked(desk, visits[0], firms[0])
        export(ledger, home, everything=False)
        watched(home)
        anew = Home(tmp_path / "anew").prepare()
        export(ledger, anew)
    done = riskcode(anew.root, *run_arguments(delivery, DAY_1))
    assert done.returncode == 0, done.stderr
    watched(anew)
    for query in CODES:
        assert asked(anew, query) == asked(home, query)
    assert stored(anew, CORE) == stored(home, CORE)


@pytest.mark.whole
def test_a_ledger_that_came_back_from_a_backup_exports_the_same_bytes(home: Home, tmp_path: Path) -> None:
    with ledger_of(home) as ledger:
        hazard(Desk(ledger), green(home))
        export(ledger, home)
    watched(home)
    to, other = tmp_path / "to", Home(tmp_path / "other")
    to.mkdir()
    made = riskcode(home.root, "backup", str(to))
    assert made.returncode == 0, made.stderr
    [backup] = to.iterdir()
    assert riskcode(other.root, "restore", str(backup)).returncode == 0
    with ledger_of(other) as ledger:
        assert len(export(ledger, other, everything=False).files) == 3
    for path in sorted((home.inbox / "desk").glob("*.csv")):
        assert (other.inbox / "desk" / path.name).read_bytes() == path.read_bytes()
    assert nothing(other), "its warehouse knows them"


KILLS = 20
"""Points at which a watch dies, spread over all that it does."""


@dataclass(frozen=True)
class Waiting:
    """A home in whose inbox a record waits, and what it comes to undisturbed, by so many changes of files."""

    home: Home
    doom: Doom
    changes: int
    comes_to: list[object]


def _all_of(home: Home) -> list[object]:
    return [*(asked(home, query) for query in CODES), stored(home, CORE)]


@pytest.fixture(scope="module")
def waiting(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    folder = tmp_path_factory.mktemp("waiting")
    doom, home = Doom(folder), Home(copy_of(coded, folder / "home"))
    with ledger_of(home) as ledger:
        hazard(Desk(ledger), green(home))
        export(ledger, home)
    whole = Home(copy_of(home.root, folder / "whole"))
    done = doom.run(whole.root, whole.root, "watch", "--once")
    assert done.returncode == 0, done.said
    return Waiting(home, doom, done.changes, _all_of(whole))


@pytest.mark.whole
@pytest.mark.parametrize("number", range(KILLS))
def test_a_watch_killed_at_twenty_points_loses_and_doubles_nothing(
    waiting: Waiting, tmp_path: Path, number: int
) -> None:
    home, at = Home(copy_of(waiting.home.root, tmp_path / "home")), 1 + waiting.changes * number // KILLS
    killed = waiting.doom.run(
        home.root, home.root, "watch", "--once", at=at, how=(KILLED, TORN)[(number + number // 10) % 2]
    )
    assert killed.is_killed
    with ledger_of(home) as ledger:
        assert export(ledger, home).files == ()
    watched(home)
    assert _all_of(home) == waiting.comes_to
    assert stored(home, "SELECT count(*) FROM core.inspections WHERE source = 'desk'") == [(1,)]
