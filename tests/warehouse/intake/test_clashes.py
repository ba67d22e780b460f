"""One truth, whatever the path: files that come one by one and all files of a night count the same, in any order."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.tables.canonical import TABLES
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    csv_bytes,
    deliver,
    firm,
    taken,
    violation,
    warehouse,
)
from tests.worlds.effort import tries
from warehouse.connection import Connection
from warehouse.database.validity import as_stored
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, take_in_arrivals, waiting
from warehouse.intake.inbox import take_in_all

REGISTER = csv_bytes([firm(number) for number in range(3)])
Row = dict[str, Any]


def counting(connection: Connection) -> list[tuple[Any, ...]]:
    """Every version that counts from some day on: what codes can rest on."""
    return connection.sql(
        "SELECT * EXCLUDE (delivery_id, source_file, source_line, named_as, stored_no, version) FROM core.violations "
        "WHERE known_to > known_from ORDER BY ALL"
    ).fetchall()


def refused(connection: Connection) -> list[tuple[Any, ...]]:
    """Keys of what is refused, and why; which of the two contradictions was met first depends on the order."""
    return connection.sql(
        "SELECT DISTINCT content ->> '$.violation_id' AS id, state, "
        "regexp_replace(rules, 'duplicate_key|key_names_another_enterprise', 'contradiction') AS rules "
        "FROM raw.rejected_rows WHERE state IN ('open', 'waiting') ORDER BY ALL"
    ).fetchall()


# ------------------------------------------------------------------------------------ the partition law

some_rows = st.lists(
    st.builds(
        violation,
        st.sampled_from("ab"),
        recorded_at=st.sampled_from(["2025-06-02", "2025-06-05"]),
        severity=st.sampled_from(["一般", "重大", "巨大"]),
        enterprise_id=st.sampled_from([FIRMS[0], FIRMS[0], FIRMS[1], FIRMS[4]]),
    ),
    min_size=1,
    max_size=7,
)


@st.composite
def partitions(draw: st.DrawFn) -> tuple[list[list[Row]], list[int]]:
    """Rows dealt out to files, and an order in which the files and the register (file 0) arrive."""
    rows = draw(some_rows)
    files = draw(st.integers(1, 4))
    dealt: list[list[Row]] = [[] for _ in range(files)]
    for row in rows:
        dealt[draw(st.integers(0, files - 1))].append(row)
    kept = [part for part in dealt if part]
    return kept, draw(st.permutations(range(len(kept) + 1)))


@pytest.mark.whole
@settings(max_examples=tries(60, 8), deadline=None, suppress_health_check=list(HealthCheck))
@given(world=partitions())
def test_files_one_by_one_in_any_order_count_as_all_of_them_in_one_night(
    world: tuple[list[list[Row]], list[int]],
) -> None:
    parts, order = world
    files = {"register.csv": REGISTER, **{f"v_{at}.csv": csv_bytes(part) for at, part in enumerate(parts)}}
    names = list(files)
    with tempfile.TemporaryDirectory() as folder, warehouse() as one_by_one, warehouse() as night:
        home = Home(Path(folder)).prepare()
        deliver(home.inbox / "bureau", {**files, "mapping.yaml": MAPPING.encode()})
        [whole] = waiting(home)
        for at in order:
            part = Arrival(whole.source, frozenset({names[at]}))
            take_in_arrivals(one_by_one, [part], received_on=TODAY, today=TODAY)
        take_in_all(night, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
        assert counting(one_by_one) == counting(night)
        assert refused(one_by_one) == refused(night)


# ------------------------------------------------------------------------------------ by hand


def nights(
    tmp_path: Path, *deliveries: Sequence[Row], days: Sequence[int] | None = None, **more: str
) -> Connection:
    """Deliveries of one source, each a file of its own, on days of their own."""
    connection = warehouse()
    taken(connection, deliver(tmp_path / "register", {"register.csv": REGISTER}))
    mapping = MAPPING.replace(
        "id_scheme: uscc", "\n".join(f"{name}: {set_to}" for name, set_to in more.items())
    )
    for at, rows in enumerate(deliveries):
        day = TODAY + timedelta(days=days[at] if days else 0)
        folder = deliver(tmp_path / str(at), {f"v_{at}.csv": csv_bytes(rows)})
        taken(connection, folder, mapping, received_on=day)
    return connection


def told(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.sql(
        "SELECT violation_id, enterprise_id, severity FROM core.current_violations ORDER BY ALL"
    ).fetchall()


def test_two_files_of_a_day_that_contradict_each_other_are_both_refused_and_none_counts(
    tmp_path: Path,
) -> None:
    connection = nights(tmp_path, [violation("a")], [violation("a", severity="重大")])
    assert told(connection) == []
    assert connection.sql(
        "SELECT file, line, rules, state FROM raw.rejected_rows ORDER BY file"
    ).fetchall() == [
        ("v_0.csv", 2, "duplicate_key", "open"),
        ("v_1.csv", 2, "duplicate_key", "open"),
    ]


def test_a_third_file_of_that_day_settles_nothing(tmp_path: Path) -> None:
    graver = violation("a", severity="重大")
    connection = nights(tmp_path, [violation("a")], [graver], [violation("a")], [violation("a")])
    assert told(connection) == []


def test_another_content_on_a_later_day_is_a_correction(tmp_path: Path) -> None:
    connection = nights(tmp_path, [violation("a")], [violation("a", severity="重大")], days=[0, 1])
    assert told(connection) == [("a", FIRMS[0], "critical")]


def test_what_was_contradicted_is_settled_by_a_later_day(tmp_path: Path) -> None:
    graver = violation("a", severity="重大")
    connection = nights(tmp_path, [violation("a")], [graver], [graver], days=[0, 0, 1])
    assert told(connection) == [("a", FIRMS[0], "critical")]


def test_a_file_that_comes_again_replaces_what_it_said_that_day(tmp_path: Path) -> None:
    connection = warehouse()
    taken(connection, deliver(tmp_path / "r", {"register.csv": REGISTER}))
    for at, severity in enumerate(("一般", "重大")):
        files = {"v_1.csv": csv_bytes([violation("a", severity=severity)])}
        taken(connection, deliver(tmp_path / str(at), files))
    assert told(connection) == [("a", FIRMS[0], "critical")]


def test_a_corrected_file_of_the_same_day_settles_what_it_contradicted(tmp_path: Path) -> None:
    connection = nights(tmp_path, [violation("a")], [violation("a", severity="重大")])
    assert told(connection) == []
    taken(connection, deliver(tmp_path / "x", {"v_0.csv": csv_bytes([violation("a", severity="重大")])}))
    assert told(connection) == [("a", FIRMS[0], "critical")], "both files say so now"


def test_rows_that_wait_do_not_let_what_their_file_contradicted_be_forgotten(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    stranger = violation("w", enterprise_id=FIRMS[4])
    first = [violation("b", severity="重大"), stranger, violation("b")]
    files = {"register.csv": REGISTER, "v_0.csv": csv_bytes(first), "v_1.csv": csv_bytes([violation("b")])}
    deliver(home.inbox / "bureau", {**files, "mapping.yaml": MAPPING.encode()})
    [whole] = waiting(home)
    with warehouse() as connection:
        for name in files:
            part = Arrival(whole.source, frozenset({name}))
            take_in_arrivals(connection, [part], received_on=TODAY, today=TODAY)
        assert counting(connection) == []


def test_a_contradiction_of_today_lets_what_stood_before_stand(tmp_path: Path) -> None:
    later = violation("a", severity="重大"), violation("a", severity="轻微")
    connection = nights(tmp_path, [violation("a")], [later[0]], [later[1]], days=[0, 1, 1])
    assert told(connection) == [("a", FIRMS[0], "general")]


def test_a_known_event_does_not_move_to_another_enterprise(tmp_path: Path) -> None:
    moved = violation("a", enterprise_id=FIRMS[1], recorded_at="2025-06-09")
    connection = nights(tmp_path, [violation("a")], [moved], days=[0, 3])
    assert told(connection) == [("a", FIRMS[0], "general")]
    assert connection.sql("SELECT file, rules FROM raw.rejected_rows").fetchall() == [
        ("v_1.csv", "key_names_another_enterprise")
    ]


def test_a_mapping_may_say_that_its_source_moves_events(tmp_path: Path) -> None:
    moved = violation("a", enterprise_id=FIRMS[1], recorded_at="2025-06-09")
    connection = nights(tmp_path, [violation("a")], [moved], days=[0, 3], may_move="true", id_scheme="uscc")
    assert told(connection) == [("a", FIRMS[1], "general")]


@pytest.mark.parametrize("in_one_file", [True, False])
def test_one_number_for_two_enterprises_on_one_day_is_refused_for_both(
    tmp_path: Path, in_one_file: bool
) -> None:
    one, other = (
        violation("a", is_major_hazard="是"),
        violation("a", enterprise_id=FIRMS[1], recorded_at="2025-06-09"),
    )
    connection = nights(tmp_path, *([[one, other]] if in_one_file else [[one], [other]]))
    assert told(connection) == []
    assert connection.sql("SELECT DISTINCT rules FROM raw.rejected_rows").fetchall() == [
        ("key_names_another_enterprise",)
    ]


def test_counts_of_the_files_follow_what_is_refused_for_what_is_stored(tmp_path: Path) -> None:
    moved = violation("a", enterprise_id=FIRMS[1], recorded_at="2025-06-09")
    connection = nights(tmp_path, [violation("a")], [moved, violation("b")], days=[0, 3])
    assert connection.sql(
        "SELECT file, delivered, accepted, refused FROM ops.delivery_files WHERE table_name = 'violations' ORDER BY 1"
    ).fetchall() == [("v_0.csv", 1, 1, 0), ("v_1.csv", 2, 1, 1)]
    assert connection.sql("SELECT delivered, added, refused FROM ops.deliveries ORDER BY number").fetchall()[
        -1
    ] == (2, 1, 1)


def test_a_past_run_of_that_day_is_replayed_on_what_counted_before_it_was_undone(tmp_path: Path) -> None:
    connection = nights(tmp_path, [violation("a")])
    [(before,)] = connection.sql("SELECT max(stored_no) FROM core.violations").fetchall()
    taken(connection, deliver(tmp_path / "x", {"v_x.csv": csv_bytes([violation("a", severity="重大")])}))
    [(after,)] = connection.sql("SELECT max(undone_no) FROM core.violations").fetchall()
    held = [
        connection.sql(
            f"SELECT severity FROM ({as_stored(TABLES['violations'], by)}) WHERE known_to > known_from"
        ).fetchall()
        for by in (before, after)
    ]
    assert held == [[("general",)], []]
