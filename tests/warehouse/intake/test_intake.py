"""What taking deliveries in leaves behind: versions, refusals, and nothing at all when it fails."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import MappingError, WarehouseError
from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    Row,
    absence,
    alert,
    conflict,
    csv_bytes,
    deliver,
    firm,
    former,
    ids,
    judged,
    officer,
    refusals,
    report,
    require_nothing_lost,
    taken,
    task,
    violation,
    visit,
    warehouse,
)
from tests.worlds.effort import tries
from warehouse.coding.coding import Coding, data_watermark
from warehouse.coding.order import code_only
from warehouse.coding.stages import compute_features
from warehouse.connection import Connection
from warehouse.database.meta import set_meta
from warehouse.database.opening import prepare_schema
from warehouse.home import Home
from warehouse.intake import rejects
from warehouse.intake import take_in as intake
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping, parse_mapping
from warehouse.intake.rejects import retry_rejects

FOREVER = date(9999, 12, 31)
REGISTER = csv_bytes([firm(0), firm(1)])


@pytest.fixture
def connection() -> Connection:
    return warehouse()


def violations(*rows: Row) -> dict[str, bytes]:
    return {"register.csv": REGISTER, "v_1.csv": csv_bytes(rows)}


def versions(connection: Connection, table: str = "violations", *columns: str) -> list[tuple[Any, ...]]:
    chosen = ", ".join(columns or ("severity",))
    return connection.sql(
        f"SELECT {chosen}, known_from, known_to FROM core.{table} ORDER BY version"
    ).fetchall()


def everything(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    names = [*(f"core.{table}" for table in TABLES), "raw.rejected_rows"]
    return {name: sorted(connection.sql(f"FROM {name}").fetchall(), key=str) for name in names}


# ------------------------------------------------------------------------------------ versions


def test_the_same_delivery_twice_changes_nothing(tmp_path: Path, connection: Connection) -> None:
    files = violations(
        violation("a"), violation("b", severity="巨大"), violation("c", enterprise_id=FIRMS[4])
    )
    folder = deliver(tmp_path, files)
    first = taken(connection, folder)
    before = everything(connection)
    second = taken(connection, folder, received_on=TODAY + timedelta(days=1))
    assert (first.added, first.corrected, first.unchanged, first.refused) == (3, 0, 0, 2)
    assert (second.added, second.corrected, second.unchanged, second.refused) == (0, 0, 3, 2)
    assert everything(connection) == before


def test_a_delivery_taken_in_before_is_not_even_read(
    tmp_path: Path, home: Home, connection: Connection
) -> None:
    folder = deliver(tmp_path / "d", violations(violation("a")))
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    order = {
        "folder": str(folder),
        "mapping": str(folder / "mapping.yaml"),
        "received_on": TODAY,
        "today": TODAY,
    }
    [first] = take_in_all(connection, home, **order)
    [second] = take_in_all(connection, home, **order)
    assert not first.already_known
    assert second.already_known


def test_a_correction_of_the_same_day_counts_from_the_day_it_was_received(
    tmp_path: Path, connection: Connection
) -> None:
    taken(connection, deliver(tmp_path / "1", violations(violation("a"))), received_on=date(2025, 6, 3))
    done = taken(
        connection,
        deliver(tmp_path / "2", violations(violation("a", severity="重大"))),
        received_on=date(2025, 7, 1),
    )
    assert (done.added, done.corrected) == (0, 1)
    assert versions(connection) == [
        ("general", date(2025, 6, 2), date(2025, 7, 1)),
        ("critical", date(2025, 7, 1), FOREVER),
    ]


def test_a_version_recorded_later_counts_from_that_day(tmp_path: Path, connection: Connection) -> None:
    later = violation("a", severity="重大", recorded_at="2025-06-20")
    taken(connection, deliver(tmp_path / "1", violations(violation("a"))))
    taken(connection, deliver(tmp_path / "2", violations(later)))
    assert versions(connection) == [
        ("general", date(2025, 6, 2), date(2025, 6, 20)),
        ("critical", date(2025, 6, 20), FOREVER),
    ]


def test_an_older_version_that_arrives_late_takes_its_place_in_the_past(
    tmp_path: Path, connection: Connection
) -> None:
    later = violation("a", severity="重大", recorded_at="2025-06-20")
    taken(connection, deliver(tmp_path / "1", violations(later)))
    taken(connection, deliver(tmp_path / "2", violations(violation("a"))))
    assert versions(connection) == [
        ("critical", date(2025, 6, 20), FOREVER),
        ("general", date(2025, 6, 2), date(2025, 6, 20)),
    ]
    assert connection.sql("SELECT severity FROM core.current_violations").fetchall() == [("critical",)]


def test_correcting_an_outdated_version_does_not_bring_it_back(
    tmp_path: Path, connection: Connection
) -> None:
    later = violation("a", severity="重大", recorded_at="2025-06-20")
    taken(
        connection, deliver(tmp_path / "1", violations(violation("a"), later)), received_on=date(2025, 7, 1)
    )
    mended = violation("a", severity="轻微")
    taken(connection, deliver(tmp_path / "2", violations(mended, later)), received_on=date(2025, 8, 1))
    assert versions(connection) == [
        ("general", date(2025, 6, 2), date(2025, 6, 20)),
        ("critical", date(2025, 6, 20), FOREVER),
        ("minor", date(2025, 8, 1), date(2025, 8, 1)),
    ]


def test_a_correction_taken_back_counts_again(tmp_path: Path, connection: Connection) -> None:
    for day, severity in ((1, "一般"), (2, "重大"), (3, "一般")):
        folder = deliver(tmp_path / str(day), violations(violation("a", severity=severity)))
        taken(connection, folder, received_on=date(2025, 7, day))
    assert versions(connection) == [
        ("general", date(2025, 6, 2), date(2025, 7, 2)),
        ("critical", date(2025, 7, 2), date(2025, 7, 3)),
        ("general", date(2025, 7, 3), FOREVER),
    ]


def test_the_register_keeps_its_history(tmp_path: Path, connection: Connection) -> None:
    rows = [firm(0), firm(0, name="新名", recorded_at="2025-03-01")]
    taken(connection, deliver(tmp_path, {"register.csv": csv_bytes(rows)}))
    assert versions(connection, "enterprises", "name") == [
        ("企业0", date(2024, 1, 1), date(2025, 3, 1)),
        ("新名", date(2025, 3, 1), FOREVER),
    ]
    assert connection.sql("SELECT name FROM core.current_enterprises").fetchall() == [("新名",)]


def test_every_accepted_row_knows_its_file_and_line(tmp_path: Path, connection: Connection) -> None:
    taken(connection, deliver(tmp_path, violations(violation("a"), violation("b"))))
    found = connection.sql(
        "SELECT violation_id, source_file, source_line FROM core.violations ORDER BY 1"
    ).fetchall()
    assert found == [("a", "v_1.csv", 2), ("b", "v_1.csv", 3)]


@settings(max_examples=tries(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=st.lists(
        st.tuples(
            st.sampled_from(["2025-06-02", "2025-06-05", "2025-06-09"]), st.sampled_from(["轻微", "重大"])
        ),
        min_size=1,
        max_size=6,
    )
)
def test_on_any_day_exactly_one_version_counts_and_the_last_recorded_wins(
    tmp_path_factory: pytest.TempPathFactory, arrivals: list[tuple[str, str]]
) -> None:
    connection = warehouse()
    for day, (recorded, severity) in enumerate(arrivals, start=1):
        row = violation("a", recorded_at=recorded, severity=severity)
        folder = deliver(tmp_path_factory.mktemp("d"), violations(row))
        taken(connection, folder, received_on=date(2025, 7, day))
    known = [
        (known_from, known_to) for _, known_from, known_to in versions(connection) if known_from < known_to
    ]
    assert min(start for start, _ in known) == date.fromisoformat(min(recorded for recorded, _ in arrivals))
    assert sorted(start for start, _ in known)[1:] == sorted(end for _, end in known)[:-1]
    newest = max(recorded for recorded, _ in arrivals)
    wanted = [severity for recorded, severity in arrivals if recorded == newest][-1]
    [current] = connection.sql("SELECT severity FROM core.current_violations").fetchall()
    assert current == ({"轻微": "minor", "重大": "critical"}[wanted],)


# ------------------------------------------------------------------------------------ refusals


def states(connection: Connection) -> list[tuple[str, str]]:
    return connection.sql("SELECT rules, state FROM raw.rejected_rows ORDER BY rowid").fetchall()


def test_events_that_waited_are_taken_up_when_their_enterprise_arrives(
    tmp_path: Path, home: Home, connection: Connection
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    waiting = violation("w", enterprise_id=FIRMS[4])
    order = {"mapping": str(mapping), "today": TODAY}
    folder = deliver(tmp_path / "1", violations(violation("a"), waiting))
    take_in_all(connection, home, folder=str(folder), received_on=date(2025, 7, 1), **order)
    assert states(connection) == [("unknown_enterprise", "waiting")]
    folder = deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])})
    take_in_all(connection, home, folder=str(folder), received_on=date(2025, 7, 2), **order)
    assert states(connection) == [("unknown_enterprise", "accepted")]
    found = connection.sql(
        "SELECT violation_id, source_file, source_line FROM core.violations ORDER BY 1"
    ).fetchall()
    assert found == [("a", "v_1.csv", 2), ("w", "v_1.csv", 3)]
    take_in_all(connection, home, folder=str(folder), received_on=date(2025, 7, 3), **order)
    assert len(connection.sql("FROM core.violations").fetchall()) == 2


def test_a_mended_mapping_takes_up_what_it_can_now_read(tmp_path: Path, connection: Connection) -> None:
    rows = [violation("a", severity="甲"), violation("b", severity="乙")]
    taken(connection, deliver(tmp_path, violations(*rows)))
    mended = parse_mapping(
        MAPPING.replace(
            '["v_*"]', '["v_*"]\n      columns: {severity: {column: severity, values: {甲: critical}}}'
        )
    )
    dates = {"received_on": TODAY, "today": TODAY}
    assert retry_rejects(connection, **dates, only_waiting=False) == 0
    assert retry_rejects(connection, **dates, only_waiting=False, mapping=mended) == 1
    assert connection.sql("SELECT violation_id, severity FROM core.violations").fetchall() == [
        ("a", "critical")
    ]
    assert states(connection) == [("unknown_code:severity", "accepted"), ("unknown_code:severity", "open")]
    assert retry_rejects(connection, **dates, only_waiting=False, mapping=mended) == 0


def test_a_row_that_only_waits_for_its_enterprise_once_the_mapping_is_mended_then_waits(
    tmp_path: Path, connection: Connection
) -> None:
    row = violation("a", severity="甲", enterprise_id=FIRMS[4])
    taken(connection, deliver(tmp_path / "1", violations(row)))
    assert states(connection) == [("unknown_code:severity, unknown_enterprise", "open")]
    mended = parse_mapping(
        MAPPING.replace(
            '["v_*"]', '["v_*"]\n      columns: {severity: {column: severity, values: {甲: critical}}}'
        )
    )
    dates = {"received_on": TODAY, "today": TODAY}
    assert retry_rejects(connection, **dates, only_waiting=False, mapping=mended) == 0
    assert states(connection) == [("unknown_enterprise", "waiting")]
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])}))
    assert retry_rejects(connection, **dates) == 1
    assert versions(connection) == [("critical", date(2025, 6, 2), FOREVER)]


def test_a_row_from_parquet_that_is_still_bad_stays_refused(tmp_path: Path, connection: Connection) -> None:
    frame = pl.DataFrame([violation("a"), violation("b")]).with_columns(
        quantity=pl.Series([1, -1]), occurred_on=pl.lit(date(2025, 6, 1)), violation_id=pl.Series([1.0, 2.0])
    )
    folder = deliver(tmp_path, {"register.csv": REGISTER})
    frame.write_parquet(folder / "v_1.parquet")
    taken(connection, folder)
    before = states(connection)
    assert before == [("too_small:quantity", "open")]
    assert retry_rejects(connection, received_on=TODAY, today=TODAY, only_waiting=False) == 0
    assert states(connection) == before


def test_a_row_from_parquet_that_waited_has_the_id_it_would_have_had(
    tmp_path: Path, connection: Connection
) -> None:
    """2.0 is id 2, and a time at midnight is a day, whether the row waited or not."""
    mapping = MAPPING.replace(
        '["v_*"]', '["v_*"]\n      columns: {violation_id: {join: [violation_id, when]}}'
    )
    frame = pl.DataFrame([violation("a"), violation("b", enterprise_id=FIRMS[4])]).with_columns(
        violation_id=pl.Series([1.0, 2.0]), when=pl.lit(date(2025, 6, 1)).cast(pl.Datetime("us"))
    )
    folder = deliver(tmp_path / "1", {"register.csv": REGISTER})
    frame.write_parquet(folder / "v_1.parquet")
    taken(connection, folder, mapping)
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])}))
    assert retry_rejects(connection, received_on=TODAY, today=TODAY) == 1
    found = connection.sql("SELECT violation_id FROM core.violations ORDER BY 1").fetchall()
    assert found == [("1|2025-06-01",), ("2|2025-06-01",)]


def test_lines_that_could_not_be_read_are_not_retried_and_do_no_harm(
    tmp_path: Path, connection: Connection
) -> None:
    taken(connection, deliver(tmp_path, {"register.csv": REGISTER, "v_1.jsonl": b'{"violation_id": \n5\n'}))
    assert retry_rejects(connection, received_on=TODAY, today=TODAY, only_waiting=False) == 0
    assert states(connection) == [("not_json", "open"), ("not_a_flat_object", "open")]


def test_a_mended_mapping_without_the_entry_says_so(tmp_path: Path, connection: Connection) -> None:
    taken(connection, deliver(tmp_path, violations(violation("a", severity="巨大"))))
    mended = parse_mapping('mapping: bureau\ntables:\n  enterprises:\n    - files: ["register*"]\n')
    with pytest.raises(MappingError, match="deliver the files again"):
        retry_rejects(connection, received_on=TODAY, today=TODAY, only_waiting=False, mapping=mended)


def test_refusals_a_corrected_file_no_longer_has_are_superseded(
    tmp_path: Path, connection: Connection
) -> None:
    taken(
        connection,
        deliver(tmp_path, violations(violation("a", severity="巨大"), violation("b", severity="无边"))),
    )
    taken(connection, deliver(tmp_path, violations(violation("a"), violation("b", severity="无边"))))
    assert states(connection) == [("unknown_code:severity", "superseded"), ("unknown_code:severity", "open")]
    assert connection.sql("SELECT violation_id FROM core.violations").fetchall() == [("a",)]


def test_a_row_refused_for_another_reason_by_a_mended_mapping_is_kept_under_that_reason(
    tmp_path: Path, connection: Connection
) -> None:
    folder = deliver(tmp_path, violations(violation("a", severity="甲", enterprise_id=FIRMS[4])))
    taken(connection, folder)
    mended = MAPPING.replace(
        '["v_*"]', '["v_*"]\n      columns: {severity: {column: severity, otherwise: minor}}'
    )
    taken(connection, folder, mended)
    assert states(connection) == [
        ("unknown_code:severity, unknown_enterprise", "superseded"),
        ("unknown_enterprise", "waiting"),
    ]


def test_a_waiting_row_is_taken_up_by_the_mapping_it_was_read_by_last(
    tmp_path: Path, connection: Connection
) -> None:
    folder = deliver(tmp_path / "1", violations(violation("a", enterprise_id=FIRMS[4])))
    taken(connection, folder)
    mended = MAPPING.replace(
        '["v_*"]', '["v_*"]\n      columns: {severity: {column: severity, values: {一般: minor}}}'
    )
    taken(connection, folder, mended)
    assert states(connection) == [("unknown_enterprise", "waiting")]
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])}))
    assert retry_rejects(connection, received_on=TODAY, today=TODAY) == 1
    assert versions(connection) == [("minor", date(2025, 6, 2), FOREVER)]


# ------------------------------------------------------------------------------------ order and cut

EVENTS = {
    "register": [
        firm(0),
        firm(1),
        firm(2),
        firm(1, name="新名", recorded_at="2025-02-01"),
        firm(3, employees="-1"),
    ],
    "v": [
        violation("a", severity="重大", is_major_hazard="是"),
        violation("b", enterprise_id=FIRMS[1], rectified_on="2025-07-01", recorded_at="2025-07-01"),
        violation("b", enterprise_id=FIRMS[1]),
        violation("c", enterprise_id=FIRMS[4]),
        violation("d"),
        violation("d"),
        violation("e"),
        violation("e", severity="重大"),
    ],
    "alerts": [alert("a"), alert("b", level="blue", raised_at="2025-12-01 08:00", recorded_at="2025-12-02")],
    "visits": [visit("a"), visit("b", enterprise_id=FIRMS[2], inspected_on="2025-06-02")],
    "reports": [report("a"), report("b", hazards_fixed="9")],
    "officers": [officer("p1"), officer("p2", certified_until=""), officer("p1", recorded_at="2025-01-01")],
    "absences": [absence("a"), absence("b", last_day="2026-06-30")],
    "former_numbers": [former("370102200012349")],
    "conflicts": [conflict("a"), conflict("b", enterprise_id=FIRMS[4])],
    "tasks": [task("a"), task("b", enterprise_id=FIRMS[1], closed_on="2025-06-30")],
}


def outcome_of(folder: Path) -> tuple[dict[str, list[Any]], list[Any], list[Any]]:
    connection = warehouse()
    taken(connection, folder)
    tables = {
        name: connection.sql(
            f"SELECT {', '.join(table.columns())}, version, known_from, known_to FROM core.{name} "
            f"ORDER BY {', '.join(table.key)}, recorded_at"
        ).fetchall()
        for name, table in TABLES.items()
    }
    day = date(2025, 12, 31)
    coding = Coding(day, day, load_policy().on(day))
    code_only(connection, coding)
    codes = connection.sql("FROM risk.codes ORDER BY enterprise_id").fetchall()
    refused = connection.sql("SELECT rules, content, state FROM raw.rejected_rows ORDER BY ALL").fetchall()
    return tables, codes, refused


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[Any]], list[Any], list[Any]]:
    folder = tmp_path_factory.mktemp("whole")
    return outcome_of(deliver(folder, {f"{name}_1.csv": csv_bytes(rows) for name, rows in EVENTS.items()}))


def test_the_whole_delivery_is_coded(whole: tuple[dict[str, list[Any]], list[Any], list[Any]]) -> None:
    tables, codes, refused = whole
    assert {name: len(rows) for name, rows in tables.items()} == {
        "enterprises": 4,
        "former_numbers": 1,
        "violations": 4,
        "alerts": 2,
        "inspections": 2,
        "accidents": 0,
        "self_reports": 1,
        "officers": 3,
        "absences": 1,
        "conflicts": 1,
        "tasks": 2,
        "filings": 0,
    }
    assert len(codes) == 3
    assert len(refused) == 7


@settings(max_examples=tries(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_cut_of_a_delivery_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    whole: tuple[dict[str, list[Any]], list[Any], list[Any]],
    data: st.DataObject,
) -> None:
    files: dict[str, bytes] = {}
    for name, rows in EVENTS.items():
        shuffled = data.draw(st.permutations(rows))
        cut = data.draw(st.integers(1, len(rows)))
        for part, piece in enumerate((shuffled[:cut], shuffled[cut:])):
            if piece:
                files[f"{name}_{part}.csv"] = csv_bytes(piece)
    assert outcome_of(deliver(tmp_path_factory.mktemp("cut"), files)) == whole


# ------------------------------------------------------------------------------------ people and tasks

ROSTER = {
    "register.csv": REGISTER,
    "officers.csv": csv_bytes([officer("p1"), officer("p2", role="技术检查员", certified_until="")]),
    "absences.csv": csv_bytes([absence("a"), absence("b", first_day="2026-07-03", last_day="2026-07-02")]),
    "conflicts.csv": csv_bytes([conflict("a"), conflict("b", enterprise_id=FIRMS[4])]),
    "tasks.csv": csv_bytes([task("a"), task("b", due_on=""), task("c", due_on="2025-06-01")]),
}


def test_people_and_tasks_are_judged_like_all_other_rows(tmp_path: Path) -> None:
    outcome = judged(deliver(tmp_path, ROSTER))
    require_nothing_lost(outcome)
    assert ids(outcome, "officers") == {"p1", "p2"}
    assert ids(outcome, "tasks") == {"a", "b"}
    assert refusals(outcome, "absences.csv") == {3: "last_before_first"}
    assert refusals(outcome, "conflicts.csv") == {3: "unknown_enterprise"}
    assert refusals(outcome, "tasks.csv") == {4: "due_before_opens"}
    people = outcome.accepted["officers"].sort("officer_id")
    assert people["role"].to_list() == ["officer", "technical_inspector"]
    assert people["certified_until"].to_list() == [date(2027, 12, 31), None]
    assert outcome.accepted["tasks"]["mode"].to_list() == ["on_site", "on_site"]


def test_a_conflict_waits_for_its_enterprise(tmp_path: Path, connection: Connection) -> None:
    taken(connection, deliver(tmp_path / "1", ROSTER))
    waiting = "SELECT table_name, state FROM raw.rejected_rows WHERE rules = 'unknown_enterprise'"
    assert connection.sql(waiting).fetchall() == [("conflicts", "waiting")]
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])}))
    assert retry_rejects(connection, received_on=TODAY, today=TODAY) == 1
    assert connection.sql(waiting).fetchall() == [("conflicts", "accepted")]
    assert connection.sql("SELECT conflict_id FROM core.current_conflicts ORDER BY 1").fetchall() == [
        ("a",),
        ("b",),
    ]


def test_people_and_tasks_delivered_twice_change_nothing(tmp_path: Path, connection: Connection) -> None:
    folder = deliver(tmp_path, ROSTER)
    first = taken(connection, folder)
    before = everything(connection)
    second = taken(connection, folder, received_on=TODAY + timedelta(days=1))
    assert (first.added, first.refused) == (8, 3)
    assert (second.added, second.corrected, second.unchanged, second.refused) == (0, 0, 8, 3)
    assert everything(connection) == before


def test_a_renewed_certificate_and_a_closed_task_are_new_versions(
    tmp_path: Path, connection: Connection
) -> None:
    taken(connection, deliver(tmp_path / "1", ROSTER))
    renewed = officer("p1", recorded_at="2025-12-01", certified_until="2030-12-31")
    closed = task("a", recorded_at="2025-12-02", closed_on="2025-12-02")
    news = {"officers.csv": csv_bytes([renewed]), "tasks.csv": csv_bytes([closed])}
    assert taken(connection, deliver(tmp_path / "2", news)).corrected == 2
    day = date(2025, 12, 1)
    assert [
        row for row in versions(connection, "officers", "officer_id", "certified_until") if "p1" in row
    ] == [
        ("p1", date(2027, 12, 31), date(2024, 1, 1), day),
        ("p1", date(2030, 12, 31), day, FOREVER),
    ]
    assert connection.sql("SELECT closed_on FROM core.current_tasks ORDER BY task_id").fetchall() == [
        (date(2025, 12, 2),),
        (None,),
    ]


def test_people_and_tasks_reach_no_feature_and_no_watermark(tmp_path: Path) -> None:
    day, told = date(2026, 1, 31), []
    events = {"register.csv": REGISTER, "v_1.csv": csv_bytes([violation("a")])}
    for name, files in {"without": events, "with": {**events, **ROSTER}}.items():
        connection = warehouse()
        taken(connection, deliver(tmp_path / name, files))
        compute_features(connection, Coding(day, day, load_policy().on(day)))
        features = connection.sql("FROM risk.features ORDER BY enterprise_id").fetchall()
        told.append((features, data_watermark(connection, day)))
    assert told[0] == told[1]


@pytest.mark.parametrize("other", ["2", "4", None])
def test_a_warehouse_of_another_format_is_refused_with_the_next_step(other: str | None) -> None:
    connection = warehouse()
    prepare_schema(connection)
    connection.execute("DELETE FROM ops.meta WHERE key = 'schema_version'")
    if other:
        set_meta(connection, "schema_version", other)
    with pytest.raises(
        WarehouseError, match=rf"format {other or 0}, this program knows 6.*run once: \./riskcode run"
    ):
        prepare_schema(connection)


# ------------------------------------------------------------------------------------ all or nothing


@pytest.mark.parametrize("broken", ["third table", "refusals", "database"])
def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "warehouse.duckdb"
    connection = warehouse(path)
    taken(connection, deliver(tmp_path / "1", violations(violation("a"))))
    before = everything(connection)
    files = {
        **violations(violation("b"), violation("x", severity="巨大")),
        "visits.csv": csv_bytes([visit("a")]),
    }
    write, written = intake.write_versions, list[str]()

    def fail_at_third(where: Connection, table: Any, rows: pl.DataFrame, **more: Any) -> Any:
        written.append(table.name)
        if broken == "third table" and len(written) == 3:
            raise OSError("No space left on device")
        if broken == "database" and len(written) == 2:
            where.execute("SELECT no_such_column FROM core.violations")
        return write(where, table, rows, **more)

    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(intake, "write_versions", fail_at_third)
    if broken == "refusals":
        monkeypatch.setattr(intake, "write_rejects", fail)
    with pytest.raises((OSError, duckdb.Error), match=r"No space left|no_such_column"):
        taken(connection, deliver(tmp_path / "2", files))
    assert everything(connection) == before
    connection.close()
    monkeypatch.undo()
    connection = warehouse(path)
    assert everything(connection) == before
    assert connection.sql("SELECT count(*) FROM ops.deliveries").fetchall() == [(1,)]
    assert taken(connection, tmp_path / "2").added == 2


def test_a_row_the_database_refuses_is_named_by_the_database(connection: Connection) -> None:
    """What went wrong is said, not what a broken transaction can no longer do."""
    rows = pl.DataFrame([dict.fromkeys(TABLES["violations"].columns())]).with_columns(
        delivery_id=pl.lit("x"), source_file=pl.lit("x"), source_line=pl.lit(1)
    )
    connection.begin()
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        intake.write_versions(connection, TABLES["violations"], rows, received_on=TODAY)
    connection.rollback()


def test_a_failed_retry_leaves_the_rows_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    taken(connection, deliver(tmp_path / "1", violations(violation("a", enterprise_id=FIRMS[4]))))
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(4)])}))
    before = everything(connection)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(rejects, "_write_still_refused", fail)
        retry_rejects(connection, received_on=TODAY, today=TODAY)
    assert everything(connection) == before
    assert retry_rejects(connection, received_on=TODAY, today=TODAY) == 1


# ------------------------------------------------------------------------------------ mappings


def mapping_of(columns: str, *, more: str = "") -> str:
    events = f'  violations:\n    - files: ["v_*"]\n      columns: {columns}\n'
    return f'mapping: bureau\ntables:\n  enterprises: [{{files: ["register*"]}}]\n{events}{more}'


def chinese(row: Row) -> Row:
    columns = TABLES["violations"].columns()
    return {(columns[name].metadata or {})["zh"]: cell for name, cell in row.items()}


def test_headers_in_chinese_in_english_and_by_mapping_give_the_same_rows(tmp_path: Path) -> None:
    row = violation("a")
    mapped = {f"x_{name}": cell for name, cell in row.items()}
    columns = "{" + ", ".join(f"{name}: x_{name}" for name in row) + "}"
    ways = {"en": (row, "{}"), "zh": (chinese(row), "{}"), "mapped": (mapped, columns)}
    found = []
    for way, (delivered, named) in ways.items():
        outcome = judged(deliver(tmp_path / way, violations(delivered)), mapping_of(named))
        require_nothing_lost(outcome)
        found.append(outcome.accepted["violations"].drop("delivery_id").rows())
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 1


RULES: dict[str, tuple[str, Row, str, Any]] = {
    "value map": (
        "{severity: {column: 程度, values: {甲: critical}}}",
        {"程度": "甲"},
        "severity",
        "critical",
    ),
    "value map by number": (
        "{severity: {column: 程度, values: {1: critical}}}",
        {"程度": "1"},
        "severity",
        "critical",
    ),
    "value map passes known labels": (
        "{severity: {column: 程度, values: {甲: critical}}}",
        {"程度": "轻微"},
        "severity",
        "minor",
    ),
    "otherwise": ("{severity: {column: 程度, otherwise: minor}}", {"程度": "甲"}, "severity", "minor"),
    "otherwise leaves an empty cell": (
        "{severity: {column: 程度, otherwise: minor}}",
        {"程度": ""},
        "severity",
        "ungraded",
    ),
    "blank": ("{severity: {column: 程度, blank: serious}}", {"程度": " "}, "severity", "serious"),
    "first": (
        "{occurred_on: {first: [发现, 立案]}}",
        {"发现": "", "立案": "2025-05-30"},
        "occurred_on",
        date(2025, 5, 30),
    ),
    "one of several headers": (
        "{item_code: {column: [条款, 事项]}}",
        {"事项": "第3条"},
        "item_code",
        "第3条",
    ),
    "join": ("{inspection_id: {join: [甲, 乙]}}", {"甲": "x", "乙": "7"}, "inspection_id", "x|7"),
    "join with a sign": (
        "{inspection_id: {join: [甲, 乙], with: '-'}}",
        {"甲": "x", "乙": "7"},
        "inspection_id",
        "x-7",
    ),
    "constant": ("{disposal: {constant: case}}", {}, "disposal", "case"),
    "constant day": ("{decided_on: {constant: 2025-06-01}}", {}, "decided_on", date(2025, 6, 1)),
    "days later": (
        "{recorded_at: {column: occurred_on, plus_days: 92}}",
        {},
        "recorded_at",
        date(2025, 9, 1),
    ),
    "control characters dropped": (
        "{description: {column: 问题, strip_control: true}}",
        {"问题": "a\x00b"},
        "description",
        "a b",
    ),
    "column not taken": ("{description: null}", {}, "description", None),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_mapping_rule_fills_its_column(tmp_path: Path, rule: str) -> None:
    columns, cells, column, value = RULES[rule]
    row = violation("a", **cells)
    if column in ("severity", "occurred_on") and "column" not in row:
        row.pop(column)
    outcome = judged(deliver(tmp_path, violations(row)), mapping_of(columns))
    require_nothing_lost(outcome)
    assert not refusals(outcome, "v_1.csv")
    assert outcome.accepted["violations"][column].to_list() == [value]


def test_a_join_with_an_empty_part_is_missing(tmp_path: Path) -> None:
    outcome = judged(
        deliver(tmp_path, violations(violation("a", 甲="x", 乙=""))),
        mapping_of("{violation_id: {join: [甲, 乙]}}"),
    )
    assert refusals(outcome, "v_1.csv") == {2: "missing:violation_id"}


def test_a_query_delivers_by_the_url_of_an_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = duckdb.connect(str(tmp_path / "source.duckdb"))
    source.execute(
        "CREATE TABLE found AS SELECT 'a' AS violation_id, DATE '2025-06-01' AS day, ? AS firm", [FIRMS[0]]
    )
    source.close()
    mapping = """
mapping: bureau
tables:
  enterprises: [{files: ["register*"]}]
  violations:
    - sql: {url: "duckdb:///${RISKCODE_SOURCE_FINDINGS}", query: "SELECT * FROM found"}
      columns: {enterprise_id: firm, occurred_on: day, recorded_at: day}
"""
    folder = deliver(tmp_path / "files", {"register.csv": REGISTER})
    with pytest.raises(
        MappingError, match=r"needs the environment variable RISKCODE_SOURCE_FINDINGS\. Set it"
    ):
        judged(folder, mapping)
    monkeypatch.setenv("RISKCODE_SOURCE_FINDINGS", str(tmp_path / "source.duckdb"))
    outcome = judged(folder, mapping)
    require_nothing_lost(outcome)
    assert ids(outcome) == {"a"}


BAD_MAPPINGS = {
    "table misspelt": (
        'mapping: x\ntables: {violation: [{files: ["*"]}]}',
        "there is no 'violation'. Did you mean 'violations'",
    ),
    "column misspelt": (mapping_of("{severty: 程度}"), "Did you mean 'severity'"),
    "column unlike any": (mapping_of("{zzz: 程度}"), "there is no 'zzz'. Known:"),
    "key nobody knows": (mapping_of("{severity: {colum: 程度}}"), "tables.violations.0.columns.severity"),
    "two origins": (mapping_of("{severity: {column: 程度, constant: minor}}"), "exactly one of"),
    "no origin": (mapping_of("{severity: {blank: minor}}"), "exactly one of"),
    "neither files nor sql": ("mapping: x\ntables: {violations: [{sheet: 0}]}", "either files or sql"),
    "name with a slash": ("mapping: ../x\ntables: {}", "mapping:"),
    "no YAML": ("mapping: [", "not a mapping file"),
    "a list": ("- 1", "not a mapping file"),
    "nothing": ("", "not a mapping file"),
    "ignored without reason": ('mapping: x\ntables: {}\nignore: [{files: ["*"], why: ""}]', "ignore.0.why"),
}


@pytest.mark.parametrize("case", BAD_MAPPINGS)
def test_a_bad_mapping_says_where_and_what_to_do(case: str) -> None:
    text, said = BAD_MAPPINGS[case]
    with pytest.raises(MappingError) as caught:
        parse_mapping(text)
    assert said in str(caught.value)


def test_a_mapping_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="or one of: demo_city"):
        load_mapping(tmp_path / "nowhere.yaml")
    (tmp_path / "gbk.yaml").write_bytes("mapping: x # 中文".encode("gb18030"))
    with pytest.raises(MappingError, match=r"gbk\.yaml"):
        load_mapping(tmp_path / "gbk.yaml")


def test_every_mapping_of_the_project_can_be_read() -> None:
    for name in ("demo_city", "msha_quarterly", "nrc_reactors", "nyc_restaurants", "tw_osh"):
        assert load_mapping(name).name == name
