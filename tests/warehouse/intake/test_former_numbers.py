"""Former numbers: events find their enterprise by them, whatever arrives first, and what is stored stays."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.tables.canonical import TABLES
from tests.warehouse.intake.test_clashes import counting, refused
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    csv_bytes,
    deliver,
    firm,
    former,
    taken,
    violation,
    warehouse,
)
from tests.worlds.effort import EVERYTHING, tries
from warehouse.connection import Connection
from warehouse.database.validity import as_stored
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, take_in_arrivals, waiting
from warehouse.intake.inbox import take_in_all
from warehouse.intake.rejects import retry_rejects

OLD, OLDER = "370102200012349", "370102200012357"
"""Two registration numbers with their check digits."""
Row = dict[str, Any]
REGISTER = [firm(number) for number in range(3)]


def _take(connection: Connection, folder: Path, files: dict[str, Sequence[Row]], *, days: int = 0) -> None:
    """Files that arrive one by one on a day, in their order."""
    day = TODAY + timedelta(days=days)
    for at, (name, rows) in enumerate(files.items()):
        one = deliver(folder / f"{days}-{at}-{name}", {f"{name}.csv": csv_bytes(rows)})
        taken(connection, one, received_on=day)
        retry_rejects(connection, received_on=day, today=day)


def _told(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.sql(
        "SELECT violation_id, enterprise_id, named_as FROM core.current_violations WHERE undone_no IS NULL ORDER BY ALL"
    ).fetchall()


def _refused(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.sql(
        "SELECT file, line, rules, cells FROM raw.rejected_rows WHERE state IN ('open', 'waiting') ORDER BY ALL"
    ).fetchall()


def orders(files: Sequence[str] | dict[str, Any]) -> list[tuple[str, ...]]:
    """Orders in which three files arrive; in a usual run three, in which each file comes once at each place."""
    every = list(permutations(files))
    return every if EVERYTHING else [every[0], every[3], every[4]]


ONE = {"register": REGISTER, "former": [former(OLD)], "v_1": [violation("a", enterprise_id=OLD)]}


@pytest.mark.parametrize("order", list(permutations(ONE)))
def test_an_event_finds_its_enterprise_by_a_former_number_whatever_comes_first(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    connection = warehouse()
    _take(connection, tmp_path, {name: ONE[name] for name in order})
    assert _told(connection) == [("a", FIRMS[0], OLD)]
    assert _refused(connection) == []


def test_the_delivery_notes_how_many_rows_name_former_numbers(tmp_path: Path) -> None:
    from tests.worlds.deliveries import judged

    files = {f"{name}.csv": csv_bytes(rows) for name, rows in ONE.items()}
    notes = [note for note in judged(deliver(tmp_path, files)).notes if not note.startswith("no file came")]
    assert notes == ["violations: 1 rows name former numbers, read as the enterprises of today"]


def test_the_registration_number_in_the_register_is_a_former_number_and_none_is_written_in_many_ways(
    tmp_path: Path,
) -> None:
    connection = warehouse()
    register = [firm(at, registration_number=number) for at, number in enumerate((OLD, "无", "/", ""))]
    _take(connection, tmp_path, {"register": register, "v_1": [violation("a", enterprise_id=OLD)]})
    assert _told(connection) == [("a", FIRMS[0], OLD)]
    numbers = "SELECT registration_number FROM core.enterprises ORDER BY name"
    assert connection.sql(numbers).fetchall() == [(OLD,), (None,), (None,), (None,)]


def test_a_number_that_two_enterprises_had_refuses_the_event_until_one_is_taken_back(tmp_path: Path) -> None:
    register = [firm(at, registration_number=OLD if at == 0 else "") for at in range(3)]
    two = {"register": register, "former": [former(OLD, 1)], "v_1": [violation("a", enterprise_id=OLD)]}
    for at, order in enumerate(orders(two)):
        connection = warehouse()
        _take(connection, tmp_path / str(at), {name: two[name] for name in order})
        assert _told(connection) == [], order
        [(file, line, rules, cells)] = _refused(connection)
        assert (file, line, rules) == ("v_1.csv", 2, "ambiguous_former_number")
        assert OLD in cells
        back = [former(OLD, 1, withdrawn_on="2026-01-31")]
        _take(connection, tmp_path / str(at), {"former": back}, days=1)
        assert _told(connection) == [("a", FIRMS[0], OLD)], order


def test_a_number_given_to_another_since_means_the_former_owner_until_the_day_it_was_given_up(
    tmp_path: Path,
) -> None:
    """Firm 2 has the number that firm 0 had until the end of 2024."""
    dated = [former(FIRMS[2], 0, kind="former_credit_code", used_until="2024-12-31")]
    days = ["2024-12-31", "2025-01-01"]
    events = [
        violation(day, enterprise_id=FIRMS[2], occurred_on=day, recorded_at="2025-06-02") for day in days
    ]
    files = {"register": REGISTER, "former": dated, "v_1": events}
    for at, order in enumerate(orders(files)):
        connection = warehouse()
        _take(connection, tmp_path / str(at), {name: files[name] for name in order})
        assert _told(connection) == [(days[0], FIRMS[0], FIRMS[2]), (days[1], FIRMS[2], None)], order
        assert _refused(connection) == []


def test_what_came_on_an_earlier_day_stays_and_may_be_delivered_again(tmp_path: Path) -> None:
    connection = warehouse()
    old = [violation("a", enterprise_id=FIRMS[2], occurred_on="2024-05-05")]
    _take(connection, tmp_path, {"register": REGISTER, "v_1": old})
    dated = [former(FIRMS[2], 0, kind="former_credit_code", used_until="2024-12-31")]
    more = [*old, violation("b", enterprise_id=FIRMS[2], occurred_on="2024-05-06")]
    _take(connection, tmp_path, {"former": dated, "v_1": more}, days=1)
    assert _told(connection) == [("a", FIRMS[2], None), ("b", FIRMS[0], FIRMS[2])]
    assert _refused(connection) == []


def test_a_past_run_is_replayed_on_the_enterprises_that_rows_had_then(tmp_path: Path) -> None:
    connection = warehouse()
    _take(connection, tmp_path, {"register": REGISTER, "former": [former(OLD)], "v_1": ONE["v_1"]})
    [(before,)] = connection.sql("SELECT max(stored_no) FROM core.violations").fetchall()
    _take(connection, tmp_path, {"register_2": [firm(1, registration_number=OLD, recorded_at="2024-02-02")]})
    assert _told(connection) == []
    then = (
        f"SELECT enterprise_id FROM ({as_stored(TABLES['violations'], before)}) WHERE known_to > known_from"
    )
    assert connection.sql(then).fetchall() == [(FIRMS[0],)]


def test_rows_undone_with_a_number_are_read_again_as_they_were_stored(tmp_path: Path) -> None:
    """The second owner is contradicted: the number has one owner again."""
    connection = warehouse()
    event = violation("a", enterprise_id=OLD, severity="重大", is_major_hazard="是", description="=漏气=")
    files = {
        "register": [firm(at, registration_number=OLD if at == 0 else "") for at in range(3)],
        "v_1": [event | {"description": "漏气, 两处"}],
        "former_1": [former(OLD, 1)],
    }
    _take(connection, tmp_path, files)
    assert _told(connection) == []
    _take(connection, tmp_path, {"former_2": [former(OLD, 2)]})
    assert _told(connection) == [("a", FIRMS[0], OLD)]
    assert connection.sql(
        "SELECT severity, is_major_hazard, description, source_file, source_line FROM core.violations "
        "WHERE undone_no IS NULL"
    ).fetchall() == [("critical", True, "漏气, 两处", "v_1.csv", 2)]


@pytest.mark.parametrize("number", ["370102200012345", "37010220001234X", "3701021801234"])
def test_a_registration_number_of_fifteen_digits_is_checked(tmp_path: Path, number: str) -> None:
    connection = warehouse()
    _take(connection, tmp_path, {"register": REGISTER, "former": [former(number)]})
    wrong = ["bad_registration_number:former_number"] if number.endswith("45") else []
    assert [rules for _, _, rules, _ in _refused(connection)] == wrong


def test_a_number_with_a_wrong_digit_is_taken_where_the_mapping_names_it(tmp_path: Path) -> None:
    connection = warehouse()
    said = (
        "id_scheme: uscc\naccepted_codes:\n  - {code: '370102200012345', since: 2020-01-01, reference: reply}"
    )
    files = {
        "register.csv": csv_bytes([firm(0, registration_number="370102200012345")]),
        "v_1.csv": csv_bytes([violation("a", enterprise_id="370102200012345")]),
    }
    taken(connection, deliver(tmp_path, files), MAPPING.replace("id_scheme: uscc", said))
    assert _told(connection) == [("a", FIRMS[0], "370102200012345")]


def test_rows_of_one_file_that_contradict_each_other_do_so_although_one_of_them_waited(
    tmp_path: Path,
) -> None:
    """The night refuses both; so does whoever gets the former number last."""
    events = [violation("a", enterprise_id=OLD), violation("a", enterprise_id=FIRMS[1])]
    files = {"register": REGISTER, "former": [former(OLD)], "v_1": events}
    for at, order in enumerate(orders(files)):
        connection = warehouse()
        _take(connection, tmp_path / str(at), {name: files[name] for name in order})
        assert _told(connection) == [], order
        assert {rules for _, _, rules, _ in _refused(connection)} <= {
            "duplicate_key",
            "key_names_another_enterprise",
        }


# ------------------------------------------------------------------------------------ the partition law


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[dict[str, list[Row]], list[str]]:
    """A register, former numbers and events dealt out to files, and an order in which they arrive."""
    numbers = [OLD, OLDER, FIRMS[0], FIRMS[1], FIRMS[4]]
    event = st.builds(
        violation,
        st.sampled_from("abc"),
        enterprise_id=st.sampled_from(numbers),
        occurred_on=st.sampled_from(["2024-12-31", "2025-01-02"]),
        severity=st.sampled_from(["一般", "重大"]),
    )
    told = st.builds(
        former,
        st.sampled_from([OLD, OLDER, FIRMS[1]]),
        st.sampled_from([0, 0, 1]),
        used_until=st.sampled_from(["", "2024-12-31"]),
    )
    borne = st.sampled_from(["", OLD, OLDER])
    files: dict[str, list[Row]] = {"register": [firm(at, registration_number=draw(borne)) for at in range(2)]}
    for kind, rows in (
        ("v", st.lists(event, min_size=1, max_size=5)),
        ("former", st.lists(told, max_size=2)),
    ):
        for row in draw(rows):
            files.setdefault(f"{kind}_{draw(st.integers(0, 2))}", []).append(row)
    return files, draw(st.permutations(list(files)))


@settings(max_examples=tries(30, 8), deadline=None, suppress_health_check=list(HealthCheck))
@given(world=_worlds())
def test_files_with_former_numbers_one_by_one_in_any_order_count_as_all_of_them_in_one_night(
    world: tuple[dict[str, list[Row]], list[str]],
) -> None:
    rows, order = world
    files = {f"{name}.csv": csv_bytes(part) for name, part in rows.items()}
    with tempfile.TemporaryDirectory() as folder, warehouse() as one_by_one, warehouse() as night:
        home = Home(Path(folder)).prepare()
        deliver(home.inbox / "bureau", {**files, "mapping.yaml": MAPPING.encode()})
        [whole] = waiting(home)
        for name in order:
            part = Arrival(whole.source, frozenset({f"{name}.csv"}))
            take_in_arrivals(one_by_one, [part], received_on=TODAY, today=TODAY)
        take_in_all(night, home, folder=None, mapping=None, received_on=TODAY, today=TODAY)
        assert counting(one_by_one) == counting(night)
        assert _without_repeats(one_by_one) == _without_repeats(night)


def _without_repeats(connection: Connection) -> list[tuple[Any, ...]]:
    """What is refused, but for rows that say by a former number what counts already by today's."""
    count = {row[1] for row in counting(connection)}
    return [
        one for one in refused(connection) if not (one[0] in count and one[2] == "ambiguous_former_number")
    ]
