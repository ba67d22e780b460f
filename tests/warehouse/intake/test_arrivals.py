"""What comes into the inbox while somebody looks: told once it stands still, and one source never holds up another."""

import logging
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    csv_bytes,
    deliver,
    firm,
    judged,
    violation,
    warehouse,
)
from warehouse.connection import Connection
from warehouse.database.frames import insert
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, Lookout, take_in_arrivals, waiting
from warehouse.intake.inbox import city_today, take_in_all
from warehouse.intake.sources import sources
from warehouse.intake.take_in import TakenIn
from warehouse.questions.complaints import standing

FIRMS_OF_FOUR = csv_bytes([firm(number) for number in range(4)])


@pytest.fixture
def connection() -> Iterator[Connection]:
    with warehouse() as connection:
        yield connection


def source(home: Home, name: str, files: dict[str, bytes], *, ends: date | None = None) -> Path:
    """A source of its own in the inbox."""
    closed = f"archive_ends: {ends}\n" if ends else ""
    mapping = closed + MAPPING.replace("mapping: bureau", f"mapping: {name}").lstrip()
    return deliver(home.inbox / name, {**files, "mapping.yaml": mapping.encode()})


def told(arrivals: list[Arrival]) -> dict[str, list[str]]:
    return {arrival.source.name: sorted(arrival.files) for arrival in arrivals}


def counts(taken: list[TakenIn]) -> dict[str, tuple[int, int, int]]:
    return {one.source: (one.delivered, one.added, one.refused) for one in taken}


# ------------------------------------------------------------------------------------ looking


def test_a_file_is_told_once_it_has_stood_still_for_a_look_and_again_once_it_has_changed(home: Home) -> None:
    lookout = Lookout(home)
    folder = source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    assert told(lookout.arrivals()) == {}, "it may still be written"
    assert told(lookout.arrivals()) == {"bureau": ["register.csv"]}
    assert told(lookout.arrivals()) == {}, "it was told"
    deliver(folder, {"v_1.csv": csv_bytes([violation("a")]), "v_2.csv.part": b"half", ".v_3.csv": b"half"})
    assert told(lookout.arrivals()) == {}
    assert told(lookout.arrivals()) == {"bureau": ["v_1.csv"]}
    deliver(folder, {"v_1.csv": csv_bytes([violation("b"), violation("c")])})
    assert told(lookout.arrivals()) == {}
    deliver(folder, {"v_1.csv": csv_bytes([violation("b"), violation("c"), violation("d")])})
    assert told(lookout.arrivals()) == {}, "it has changed since the last look"
    assert told(lookout.arrivals()) == {"bureau": ["v_1.csv"]}


def test_a_file_written_anew_with_the_same_size_is_told_again(home: Home) -> None:
    lookout = Lookout(home)
    folder = source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    lookout.arrivals(), lookout.arrivals()
    os.utime(folder / "register.csv", ns=(1, 1))
    lookout.arrivals()
    assert told(lookout.arrivals()) == {"bureau": ["register.csv"]}


def test_what_could_not_be_taken_in_is_told_again_and_nothing_else_is(home: Home) -> None:
    lookout = Lookout(home)
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    source(home, "other", {"register.csv": FIRMS_OF_FOUR})
    lookout.arrivals()
    seen = lookout.arrivals()
    lookout.forget([arrival for arrival in seen if arrival.source.name == "other"])
    assert told(lookout.arrivals()) == {"other": ["register.csv"]}
    assert told(lookout.arrivals()) == {}


def test_a_file_that_is_gone_again_is_not_told(home: Home) -> None:
    lookout = Lookout(home)
    folder = source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    lookout.arrivals()
    (folder / "register.csv").unlink()
    (folder / "register.csv").symlink_to(folder / "nowhere")
    assert told(lookout.arrivals()) == {}


# ------------------------------------------------------------------------------------ taking in


def test_what_arrived_is_taken_in_once_and_only_the_files_told(home: Home, connection: Connection) -> None:
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR, "v_1.csv": csv_bytes([violation("a")])})
    [whole] = waiting(home)
    assert whole.files == {"register.csv", "v_1.csv"}
    part = Arrival(whole.source, frozenset({"register.csv"}))
    assert counts(take_in_arrivals(connection, [part], received_on=TODAY, today=TODAY)) == {
        "bureau": (4, 4, 0)
    }
    assert counts(take_in_arrivals(connection, [whole], received_on=TODAY, today=TODAY)) == {
        "bureau": (1, 1, 0)
    }
    assert take_in_arrivals(connection, [whole], received_on=TODAY, today=TODAY) == []


def test_what_arrived_counts_from_the_day_it_was_received_and_is_judged_by_today(
    home: Home, connection: Connection
) -> None:
    later, before = date(2026, 2, 2), date(2025, 6, 1)
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR, "v_1.csv": csv_bytes([violation("a")])})
    take_in_arrivals(connection, waiting(home), received_on=later, today=before)
    assert connection.sql("SELECT DISTINCT rules FROM raw.rejected_rows").fetchall() == [
        ("future_date:recorded_at",)
    ]
    assert connection.sql("SELECT DISTINCT received_on FROM ops.deliveries").fetchall() == [(later,)]


def test_rows_that_waited_are_taken_up_when_their_enterprise_arrives(
    home: Home, connection: Connection
) -> None:
    folder = source(home, "bureau", {"v_1.csv": csv_bytes([violation("a", enterprise_id=FIRMS[2])])})
    take_in_arrivals(connection, waiting(home), received_on=TODAY, today=TODAY)
    assert connection.sql("SELECT rules, state FROM raw.rejected_rows").fetchall() == [
        ("unknown_enterprise", "waiting")
    ]
    deliver(folder, {"register.csv": FIRMS_OF_FOUR})
    take_in_arrivals(connection, waiting(home), received_on=TODAY, today=TODAY)
    assert connection.sql("SELECT state FROM raw.rejected_rows").fetchall() == [("accepted",)]
    assert connection.sql("SELECT count(*) FROM core.violations").fetchall() == [(1,)]


def test_a_source_that_cannot_be_read_is_named_and_holds_up_no_other(
    home: Home, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    broken = source(home, "a_broken", {"register.csv": b"id\n1\n"})
    mapping = (broken / "mapping.yaml").read_text(encoding="utf-8")
    wanted = '    - files: ["register*"]\n      columns: {name: {column: no_such_header}}\n'
    (broken / "mapping.yaml").write_text(
        mapping.replace('    - files: ["register*"]\n', wanted), encoding="utf-8"
    )
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    with caplog.at_level(logging.WARNING, logger="riskcode"):
        taken = take_in_arrivals(connection, waiting(home), received_on=TODAY, today=TODAY)
    assert counts(taken) == {"bureau": (4, 4, 0)}
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("a_broken is set aside: ") and "no_such_header" in said
    [complaint] = [row for row in standing(connection) if row["is_grave"]]
    assert (complaint["source"], complaint["kind"], complaint["state"]) == (
        "a_broken",
        "source_unreadable",
        "open",
    )
    assert "no_such_header" in str(complaint["said"])


# ------------------------------------------------------------------------------------ the inbox as a whole


def test_a_folder_is_read_by_its_own_mapping_and_the_shipped_one_of_its_name_where_it_has_none(
    home: Home,
) -> None:
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    deliver(home.inbox / "demo_city", {"a.csv": b""})
    (home.inbox / "note.txt").write_text("no folder", encoding="utf-8")
    found = {source.folder.name: source.mapping and source.mapping.name for source in sources(home)}
    assert found == {"bureau": "bureau", "demo_city": "demo_city"}


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        ".Trash-1000",
        "#recycle",
        "$RECYCLE.BIN",
        "lost+found",
        "System Volume Information",
        "__MACOSX",
    ],
)
def test_what_a_file_system_leaves_is_no_source_nor_is_a_folder_without_files(home: Home, name: str) -> None:
    deliver(home.inbox / name, {"a.csv": b"1"})
    deliver(home.inbox / "新建文件夹" / "deeper", {"a.csv": b"1"})
    deliver(home.inbox / "half", {".a.csv": b"1", "b.csv.part": b"1"})
    assert sources(home) == []


def test_the_inbox_is_taken_in_source_by_source_and_a_query_free_source_is_read_once(
    home: Home, connection: Connection
) -> None:
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR})
    source(home, "other", {"v_1.csv": csv_bytes([violation("a"), violation("b", severity="巨大")])})
    order = {"folder": None, "mapping": None, "received_on": TODAY, "today": TODAY}
    assert counts(take_in_all(connection, home, **order)) == {"bureau": (4, 4, 0), "other": (2, 1, 1)}
    again = take_in_all(connection, home, **order)
    assert [one.already_known for one in again] == [True, True]
    assert counts(again) == {"bureau": (0, 0, 0), "other": (0, 0, 0)}
    assert [vars(one) for one in again] == [
        {
            "delivery_id": one.delivery_id,
            "source": one.source,
            **dict.fromkeys(("delivered", "added", "corrected", "unchanged", "refused"), 0),
            "already_known": True,
        }
        for one in again
    ]
    assert {one.delivery_id for one in again} == {
        one for (one,) in connection.sql("SELECT delivery_id FROM ops.deliveries").fetchall()
    }


def test_today_is_the_end_of_the_archives_where_all_sources_are_closed_and_the_clock_otherwise(
    home: Home, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = date(2031, 5, 5)
    monkeypatch.setattr("warehouse.intake.inbox.local_today", lambda: clock)
    assert city_today(connection) == clock, "nothing was delivered yet"
    source(home, "one", {"register.csv": FIRMS_OF_FOUR}, ends=date(2025, 12, 31))
    source(home, "two", {"register.csv": FIRMS_OF_FOUR}, ends=date(2026, 1, 15))
    take_in_all(connection, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
    assert city_today(connection) == date(2026, 1, 15)
    source(home, "three", {"register.csv": FIRMS_OF_FOUR})
    take_in_all(connection, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
    assert city_today(connection) == clock


def issued(connection: Connection, day: date) -> None:
    """Codes of a day were issued."""
    insert(connection, "ops.runs", run_id="r", as_of=day, known_at=day, stored_no=1, is_issued=True, number=1)


def test_in_closed_archives_it_is_the_day_issued_last_where_that_is_later(
    home: Home, connection: Connection
) -> None:
    source(home, "one", {"register.csv": FIRMS_OF_FOUR}, ends=date(2025, 12, 31))
    take_in_all(connection, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
    issued(connection, date(2026, 3, 1))
    assert city_today(connection) == date(2026, 3, 1)


def test_what_comes_in_while_a_past_day_is_coded_is_received_on_the_day_of_knowledge_issued_last(
    home: Home, connection: Connection
) -> None:
    later = date(2026, 3, 1)
    issued(connection, later)
    bad = csv_bytes([violation("a"), violation("b", severity="巨大")])
    source(home, "bureau", {"register.csv": FIRMS_OF_FOUR, "v_1.csv": bad})
    take_in_all(connection, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
    assert connection.sql("SELECT DISTINCT received_on FROM ops.deliveries").fetchall() == [(later,)]
    assert connection.sql("SELECT DISTINCT refused_on FROM raw.rejected_rows").fetchall() == [(later,)]


def test_refusals_are_counted_by_table_and_rule_the_most_frequent_first(tmp_path: Path) -> None:
    rows = [violation(f"v{at}", severity="巨大") for at in range(3)]
    rows[0] |= {"quantity": "0", "enterprise_id": FIRMS[4]}
    folder = deliver(tmp_path, {"register.csv": FIRMS_OF_FOUR, "v_1.csv": csv_bytes(rows)})
    assert judged(folder).rules() == [
        ("violations", "unknown_code:severity", 3),
        ("violations", "too_small:quantity", 1),
        ("violations", "unknown_enterprise", 1),
    ]
