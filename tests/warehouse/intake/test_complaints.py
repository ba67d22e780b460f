"""Complaints: what cannot be read is told until it is over or a person takes it as it is."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from models.errors import MappingError, RiskcodeError, WarehouseError
from models.policy import load_policy
from tests.worlds.deliveries import MAPPING as BUREAU
from tests.worlds.deliveries import TODAY, csv_bytes, deliver, firm, violation, warehouse
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.intake.complaints import acknowledge, is_whole, of_shares
from warehouse.intake.inbox import take_in_all
from warehouse.intake.sources import approve, attempt
from warehouse.questions.complaints import standing

REGISTER = {"register.csv": csv_bytes([firm(number) for number in range(4)])}
TRUNCATED = b"PK\x03\x04 the first bytes of a workbook and then nothing"


@pytest.fixture
def connection() -> Iterator[Connection]:
    with warehouse() as connection:
        yield connection


def source(home: Home, name: str, files: dict[str, bytes], mapping: str = BUREAU) -> Path:
    own = mapping.replace("mapping: bureau", f"mapping: {name}")
    return deliver(home.inbox / name, {**files, "mapping.yaml": own.encode()})


def a_night(connection: Connection, home: Home, day: date = TODAY) -> None:
    take_in_all(connection, home, folder=None, mapping=None, received_on=day, today=day)


def stand(connection: Connection, *, only_grave: bool = True) -> list[tuple[Any, ...]]:
    """Complaints that stand; the register of these tests leaves some decisive columns out."""
    told = [row for row in standing(connection) if row["is_grave"] or not only_grave]
    return [(row["source"], row["kind"], row["place"], row["state"]) for row in told]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mapping.yaml", b"mapping: other\ntables: {violation: [{files: ['*']}]}\n"),
        ("mapping.yaml", b"mapping: [\n"),
        ("mapping.yaml", b"\xff\xfe\x00"),
        ("mapping.yaml", b"mapping: other\narchive_ends: 2025-02-30\ntables: {}\n"),
        (
            "mapping.yaml",
            b"mapping: other\ntables: {enterprises: [{files: ['r*'], columns: {name: no_such}}]}\n",
        ),
        ("r.csv", b"id\n1\n"),
    ],
    ids=[
        "a table misspelt",
        "broken yaml",
        "no text",
        "a day that does not exist",
        "a header that is gone",
        "none",
    ],
)
def test_a_source_that_cannot_be_read_is_set_aside_and_the_others_are_taken_in(
    home: Home, connection: Connection, name: str, content: bytes
) -> None:
    deliver(home.inbox / "other", {"r.csv": b"id\n1\n", name: content})
    source(home, "zz_bureau", REGISTER)
    a_night(connection, home)
    assert connection.sql("SELECT count(*) FROM core.enterprises").fetchall() == [(4,)]
    assert stand(connection) == [("other", "source_unreadable", "", "open")]
    assert not is_whole(connection)


def test_it_is_over_once_the_source_can_be_read(home: Home, connection: Connection) -> None:
    folder = deliver(home.inbox / "shiju", {"r.csv": b"id\n1\n", "mapping.yaml": b"mapping: [\n"})
    a_night(connection, home)
    a_night(connection, home, TODAY + timedelta(days=1))
    [told] = [row for row in standing(connection) if row["is_grave"]]
    assert (told["first_on"], told["last_on"]) == (TODAY, TODAY + timedelta(days=1))
    assert told["source"] == "shiju", "it is told by its folder, for its mapping cannot be read"
    deliver(folder, {**REGISTER, "mapping.yaml": BUREAU.encode()})
    (folder / "r.csv").unlink()
    a_night(connection, home, TODAY + timedelta(days=2))
    assert stand(connection) == []
    assert is_whole(connection)
    over = connection.sql("SELECT state, over_on FROM ops.complaints WHERE is_grave").fetchall()
    assert over == [("over", TODAY + timedelta(days=2))]


def test_a_file_that_cannot_be_read_is_told_until_it_comes_whole_and_settles_nothing_of_before(
    home: Home, connection: Connection
) -> None:
    bad = violation("b", severity="巨大")
    folder = source(home, "bureau", {**REGISTER, "v_1.csv": csv_bytes([violation("a"), bad])})
    a_night(connection, home)
    assert stand(connection) == []
    (folder / "v_1.csv").write_bytes(b"")
    a_night(connection, home, TODAY + timedelta(days=1))
    assert stand(connection) == [("bureau", "file_unreadable", "v_1.csv", "open")]
    states = "SELECT rules, state FROM raw.rejected_rows ORDER BY line DESC"
    assert connection.sql(states).fetchall() == [("unknown_code:severity", "open"), ("empty_file", "open")]
    assert connection.sql("SELECT count(*) FROM core.current_violations").fetchall() == [(1,)]
    (folder / "v_1.csv").write_bytes(csv_bytes([violation("a"), violation("b")]))
    a_night(connection, home, TODAY + timedelta(days=2))
    assert stand(connection) == []
    assert connection.sql(states).fetchall() == [
        ("unknown_code:severity", "superseded"),
        ("empty_file", "superseded"),
    ]


def test_a_truncated_workbook_is_a_complaint(home: Home, connection: Connection) -> None:
    source(home, "bureau", {**REGISTER, "v_1.xlsx": TRUNCATED})
    a_night(connection, home)
    assert stand(connection) == [("bureau", "file_unreadable", "v_1.xlsx", "open")]
    [told] = [row for row in standing(connection) if row["is_grave"]]
    assert "v_1.xlsx" in str(told["said"]) and "Deliver it again" in str(told["said"])


LIMITS = (
    load_policy()
    .on(TODAY)
    .review.monitoring.model_copy(update={"most_refused_permille": 200, "least_refused_rows": 3})
)


@pytest.mark.parametrize(
    ("rows", "refused", "stands"),
    [(15, 3, False), (15, 4, True), (14, 3, True), (5, 2, False), (2, 2, True), (1, 1, True), (5, 0, False)],
)
def test_a_table_of_which_more_than_a_share_was_refused_is_a_complaint_where_it_is_more_than_a_few_rows_or_all(
    home: Home, connection: Connection, rows: int, refused: int, stands: bool
) -> None:
    found = [violation(f"{at}", severity="巨大" if at < refused else "一般") for at in range(rows)]
    files = {f"v_{at}.csv": csv_bytes(part) for at, part in enumerate((found[::2], found[1::2])) if part}
    source(home, "bureau", {**REGISTER, **files})
    a_night(connection, home)
    of_shares(connection, LIMITS, on=TODAY)
    assert stand(connection) == ([("bureau", "mostly_refused", "violations", "open")] if stands else [])


def test_a_file_that_was_mended_counts_by_its_last_delivery(home: Home, connection: Connection) -> None:
    folder = source(home, "bureau", {**REGISTER, "v_1.csv": csv_bytes([violation("a", severity="巨大")])})
    a_night(connection, home)
    of_shares(connection, LIMITS, on=TODAY)
    assert not is_whole(connection)
    (folder / "v_1.csv").write_bytes(csv_bytes([violation("a")]))
    a_night(connection, home, TODAY + timedelta(days=1))
    of_shares(connection, LIMITS, on=TODAY + timedelta(days=1))
    assert stand(connection) == []


def test_what_a_person_takes_as_it_is_stays_known_while_it_is_the_same(
    home: Home, connection: Connection
) -> None:
    source(home, "bureau", {**REGISTER, "v_1.csv": b""})
    a_night(connection, home)
    [told] = [row for row in standing(connection) if row["is_grave"]]
    with pytest.raises(WarehouseError, match="cannot be followed"):
        acknowledge(connection, told["complaint_id"], by="Li", reason="ok")
    with pytest.raises(WarehouseError, match="sources complaints"):
        acknowledge(connection, "ffffffff0", by="Li", reason="the source sends nothing in January")
    done = acknowledge(
        connection, told["complaint_id"], by=" Li ", reason="the source sends nothing in January"
    )
    assert (done["state"], done["given_by"]) == ("acknowledged", "Li")
    assert is_whole(connection)
    (home.inbox / "bureau" / "v_1.csv").write_bytes(b"\n")
    a_night(connection, home, TODAY + timedelta(days=1))
    assert stand(connection) == [("bureau", "file_unreadable", "v_1.csv", "acknowledged")]
    deliver(home.inbox / "bureau", {"v_2.csv": b""})
    a_night(connection, home, TODAY + timedelta(days=2))
    assert not is_whole(connection), "another file is another complaint"


def test_a_delivery_that_was_asked_for_by_name_says_what_is_wrong_with_it(
    home: Home, connection: Connection, tmp_path: Path
) -> None:
    folder = deliver(tmp_path / "d", {"note.txt": b"nothing that is mapped"})
    (tmp_path / "m.yaml").write_text(BUREAU, encoding="utf-8")
    with pytest.raises(RiskcodeError, match="Nothing in"):
        take_in_all(
            connection,
            home,
            folder=str(folder),
            mapping=str(tmp_path / "m.yaml"),
            received_on=TODAY,
            today=TODAY,
        )


def test_files_that_were_cleared_away_are_no_fault_and_one_that_nobody_reads_may_be_the_delivery(
    home: Home, connection: Connection
) -> None:
    folder = source(home, "bureau", REGISTER)
    a_night(connection, home)
    (folder / "register.csv").unlink()
    a_night(connection, home, TODAY + timedelta(days=1))
    assert stand(connection) == []
    deliver(folder, {"名册.csv": REGISTER["register.csv"]})
    a_night(connection, home, TODAY + timedelta(days=2))
    assert stand(connection) == [("bureau", "source_unreadable", "", "open")]


def test_an_abolished_division_is_read_as_todays_and_one_that_never_was_is_told(
    home: Home, connection: Connection
) -> None:
    firms = [firm(0, division="371202"), firm(1, division="379999"), firm(2, division="莱芜区")]
    source(home, "bureau", {"register.csv": csv_bytes(firms)})
    a_night(connection, home)
    found = connection.sql("SELECT division FROM core.enterprises ORDER BY name").fetchall()
    assert found == [("370116",), ("379999",), ("莱芜区",)]
    told = [row["place"] for row in standing(connection) if row["kind"] == "division_unknown"]
    assert told == ["enterprises.division 379999"]


def test_two_folders_of_one_name_are_not_taken_for_one_source(home: Home, connection: Connection) -> None:
    source(home, "a_bureau", {**REGISTER, "v_1.csv": csv_bytes([violation("a")])}, BUREAU)
    deliver(home.inbox / "b_copy", {"v_1.csv": csv_bytes([violation("a", severity="轻微")])})
    deliver(home.inbox / "b_copy", {"mapping.yaml": (home.inbox / "a_bureau" / "mapping.yaml").read_bytes()})
    a_night(connection, home)
    assert stand(connection) == [("b_copy", "source_unreadable", "", "open")]
    assert connection.sql("SELECT severity FROM core.current_violations").fetchall() == [("general",)]


def test_a_query_in_the_inbox_is_asked_only_as_an_operator_approved_it(
    home: Home, connection: Connection
) -> None:
    secret = home.root / "secret.txt"
    secret.write_text("nobody should see this", encoding="utf-8")
    query = f"SELECT content AS enterprise_id FROM read_text('{secret}')"
    asking = f'mapping: yujing\ntables:\n  enterprises:\n    - sql: {{url: "duckdb:///:memory:", query: "{query}"}}\n'
    folder = deliver(home.inbox / "yujing", {"mapping.yaml": asking.encode()})
    a_night(connection, home)
    assert stand(connection) == [("yujing", "source_unreadable", "", "open")]
    assert "sources approve" in str(standing(connection)[0]["said"])
    assert connection.sql("SELECT count(*) FROM raw.rejected_rows").fetchall() == [(0,)]
    plain = asking.replace(
        query,
        "SELECT 'A1' AS enterprise_id, '甲' AS name, 'city' AS enforcing_level, "
        "DATE '2026-01-01' AS recorded_at",
    )
    deliver(folder, {"mapping.yaml": plain.encode()})
    assert approve(home, folder, by=" 王伟 ").name == "yujing"
    a_night(connection, home, TODAY + timedelta(days=1))
    assert stand(connection) == []
    assert connection.sql("SELECT enterprise_id FROM core.enterprises").fetchall() == [("A1",)]
    deliver(folder, {"mapping.yaml": asking.encode()})
    a_night(connection, home, TODAY + timedelta(days=2))
    assert stand(connection) == [("yujing", "source_unreadable", "", "open")], (
        "it is not the text that was approved"
    )


@pytest.mark.parametrize("by", ["", "  ", "\u3000"])
def test_nobody_approves_a_mapping_without_a_name_and_one_that_asks_no_database_needs_none(
    by: str, home: Home
) -> None:
    asking = 'mapping: yujing\ntables:\n  enterprises:\n    - sql: {url: "duckdb:///:memory:", query: "SELECT 1"}\n'
    folder = deliver(home.inbox / "yujing", {"mapping.yaml": asking.encode()})
    with pytest.raises(MappingError, match="Nobody is named"):
        approve(home, folder, by=by)
    with pytest.raises(MappingError, match="needs no approval"):
        approve(home, source(home, "bureau", REGISTER), by="王伟")
    assert not home.approved.exists()


class PanicException(BaseException):
    """As a library written in Rust raises it."""


def raising(error: BaseException) -> Any:
    def read() -> None:
        raise error

    return attempt(read)


def test_a_panic_of_a_reader_is_the_files_fault_and_an_interrupt_is_not() -> None:
    assert "PanicException: index out of bounds" in str(raising(PanicException("index out of bounds")))
    assert "OSError" in str(raising(OSError(5, "Input/output error")))
    known = WarehouseError("as it is")
    assert raising(known) is known
    for interrupt in (KeyboardInterrupt(), SystemExit(1), GeneratorExit()):
        with pytest.raises(type(interrupt)):
            raising(interrupt)


def test_a_sheet_that_nothing_reads_and_a_decisive_column_that_nothing_fills_are_told_until_settled(
    home: Home, connection: Connection
) -> None:
    book = openpyxl.Workbook()
    for at, name in enumerate(("历下区", "历城区")):
        sheet = book.active if at == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = name
        row = {key: value for key, value in violation(f"v{at}").items() if key != "severity"}
        sheet.append(list(row))
        sheet.append(list(row.values()))
    content = BytesIO()
    book.save(content)
    source(home, "bureau", {"v_1.xlsx": content.getvalue()})
    a_night(connection, home)
    assert stand(connection, only_grave=False) == [
        ("bureau", "decisive_unfilled", "violations.severity", "open"),
        ("bureau", "sheet_unread", "[历城区]", "open"),
    ]
    assert is_whole(connection), "they warn; the night is done"
    deliver(home.inbox / "bureau", {"v_2.csv": csv_bytes([violation("b")])})
    a_night(connection, home, TODAY + timedelta(days=1))
    assert stand(connection, only_grave=False) == [("bureau", "sheet_unread", "[历城区]", "open")]


# ------------------------------------------------------------------------------------ columns that are lost


def _findings(*without: str, file: str = "v_2.csv") -> dict[str, bytes]:
    row = violation("b" if without else "a")
    return {file: csv_bytes([{name: cell for name, cell in row.items() if name not in without}])}


@pytest.mark.parametrize("file", ["v_1.csv", "v_2.csv"])
def test_a_decisive_column_that_an_earlier_delivery_had_is_told_as_lost(
    home: Home, connection: Connection, file: str
) -> None:
    source(home, "bureau", {**REGISTER, **_findings(file="v_1.csv")})
    a_night(connection, home)
    source(home, "bureau", _findings("severity", file=file))
    a_night(connection, home, TODAY + timedelta(days=1))
    told = {row["place"]: row for row in standing(connection) if row["kind"] == "decisive_lost"}
    assert set(told) == {"violations.severity"}
    said = str(told["violations.severity"]["said"])
    assert said.startswith(f"{file}: nothing fills violations.severity any more")
    assert "An earlier delivery had it (severity in v_1.csv)" in said


def test_what_is_lost_is_over_once_it_is_delivered_again(home: Home, connection: Connection) -> None:
    for day, without in enumerate(([], ["severity"], [])):
        source(home, "bureau", {**REGISTER, **_findings(*without, file=f"v_{day}.csv")})
        a_night(connection, home, TODAY + timedelta(days=day))
    assert "decisive_lost" not in {row["kind"] for row in standing(connection)}


def test_a_column_that_a_source_never_had_is_missing_and_not_lost(home: Home, connection: Connection) -> None:
    for day in range(2):
        source(home, "bureau", {**REGISTER, **_findings("severity", file=f"v_{day}.csv")})
        a_night(connection, home, TODAY + timedelta(days=day))
    kinds = {row["kind"] for row in standing(connection) if row["place"] == "violations.severity"}
    assert kinds == {"decisive_unfilled"}


# ------------------------------------------------------------------------------------- what corrections leave out


GRAVE = violation("v", severity="critical", is_major_hazard="是")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"severity": "", "is_major_hazard": ""}, {"violations.severity", "violations.is_major_hazard"}),
        ({"is_major_hazard": "否"}, {"violations.is_major_hazard"}),
        ({"severity": "general"}, set()),
        ({"occurred_on": "2025-05-30"}, {"violations.occurred_on"}),
        ({"description": "说明已更正"}, set()),
    ],
    ids=["blank cells", "no hazard after all", "less grave", "another day", "words"],
)
def test_a_correction_that_leaves_out_a_danger_or_means_another_day_is_told_until_acknowledged(
    changes: dict[str, str], told: set[str], home: Home, connection: Connection
) -> None:
    other = violation("w", severity="critical", is_major_hazard="是")
    source(home, "a", {**REGISTER, "v_1.csv": csv_bytes([GRAVE, other])})
    a_night(connection, home)
    tomorrow = TODAY + timedelta(days=1)
    correction = {**GRAVE, **changes, "recorded_at": f"{TODAY}"}
    source(home, "a", {"v_2.csv": csv_bytes([correction, {**other, "description": "另一条"}])})
    a_night(connection, home, tomorrow)
    a_night(connection, home, tomorrow + timedelta(days=1))
    found = {
        place.split(" ")[0]: kind
        for _, kind, place, _ in stand(connection, only_grave=False)
        if kind in ("danger_left_out", "another_day")
    }
    assert set(found) == told
    assert all((kind == "another_day") == column.endswith("_on") for column, kind in found.items())


def test_a_blank_cell_of_the_register_where_a_danger_stood_is_told(
    home: Home, connection: Connection
) -> None:
    risky = firm(0, sector="hazardous_chemicals", major_hazard_source="1", hazardous_processes="3")
    source(home, "a", {"register.csv": csv_bytes([risky, firm(1)])})
    a_night(connection, home)
    bare = {
        **risky,
        "sector": "",
        "major_hazard_source": "",
        "hazardous_processes": "",
        "recorded_at": f"{TODAY}",
    }
    source(home, "a", {"register_2.csv": csv_bytes([bare, {**firm(1), "recorded_at": f"{TODAY}"}])})
    a_night(connection, home, TODAY + timedelta(days=1))
    found = [place for _, kind, place, _ in stand(connection, only_grave=False) if kind == "danger_left_out"]
    assert {place.split(" ")[0] for place in found} == {
        f"enterprises.{name}" for name in ("sector", "major_hazard_source", "hazardous_processes")
    }


def test_files_of_a_day_that_contradict_each_other_are_told_until_one_is_mended(
    home: Home, connection: Connection
) -> None:
    source(home, "a", {**REGISTER, "v_1.csv": csv_bytes([GRAVE])})
    a_night(connection, home)
    source(home, "a", {"v_2.csv": csv_bytes([{**GRAVE, "description": "另一说"}])})
    a_night(connection, home)
    assert ("a", "contradicted", f"violations {TODAY}", "open") in stand(connection, only_grave=False)


@pytest.mark.parametrize("name", ["违法_7月.csv", "7月/v.csv"])
def test_a_file_that_no_entry_reads_is_told_also_where_nothing_else_is_new(
    name: str, home: Home, connection: Connection
) -> None:
    folder = source(home, "a", {**REGISTER, "v_1.csv": csv_bytes([GRAVE])})
    a_night(connection, home)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(csv_bytes([violation("w")]))
    a_night(connection, home)
    told = ("a", "file_unmapped", name.split("/")[0], "open")
    assert told in stand(connection, only_grave=False)
    (folder / name).unlink()
    if "/" in name:
        (folder / name).parent.rmdir()
    a_night(connection, home)
    assert told not in stand(connection, only_grave=False)


def test_a_delivered_file_in_the_inbox_itself_is_told_and_hinders_nobody(
    home: Home, connection: Connection
) -> None:
    source(home, "a", {**REGISTER, "v_1.csv": csv_bytes([GRAVE])})
    (home.inbox / "违法.csv").write_bytes(csv_bytes([GRAVE]))
    (home.inbox / "read me.txt").write_text("notes")
    a_night(connection, home)
    assert [one[:2] for one in stand(connection)] == [("违法.csv", "source_unreadable")]
    assert connection.sql("SELECT count(*) FROM core.violations").fetchall() == [(1,)]
