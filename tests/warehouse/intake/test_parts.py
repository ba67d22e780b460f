"""A delivery with more rows than are held at once: nothing of it depends on how many that are."""

from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.former_numbers import NO_FORMER
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    deliver,
    firm,
    require_nothing_lost,
    violation,
    visit,
    warehouse,
)
from warehouse.connection import writing
from warehouse.database import rows as held
from warehouse.database.frames import Connection, held_within
from warehouse.database.rows import Rows, scratch_beside
from warehouse.home import Home
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.files import parquet, raw
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import parse_mapping
from warehouse.intake.take_in import take_in

KEPT = """
SELECT table_name, file, line, rules, content, cells, state, entry FROM raw.rejected_rows ORDER BY ALL
"""


@pytest.fixture(params=[1, 2, 3, 7])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    hold(monkeypatch, request.param)
    return request.param


def hold(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    for module in (raw, parquet):
        monkeypatch.setattr(module, "AT_ONCE", count)
    monkeypatch.setattr(held, "MOST_HELD", count)


def many(folder: Path) -> Path:
    """Good rows, versions, repeats, contradictions, strangers, moves and cells that cannot be read, in two formats."""
    rows = [violation(f"v{n}", enterprise_id=FIRMS[n % 3], occurred_on="2025-06-01") for n in range(9)]
    rows += [
        violation("v1", recorded_at=str(TODAY), severity="critical"),
        rows[2],
        violation("v3", severity="critical"),
        violation("v4", enterprise_id="stranger"),
        violation("v5", severity="巨大"),
        violation("v6", enterprise_id=FIRMS[1], recorded_at=str(TODAY)),
        violation("v7", occurred_on="2024-05-05", recorded_at=str(TODAY), enterprise_id=FIRMS[7 % 3]),
        rows[8],
        violation("later", recorded_at=str(TODAY + timedelta(days=9))),
        violation("private \ue000"),
    ]
    deliver(folder, {})
    pl.DataFrame(rows).write_parquet(folder / "v_1.parquet")
    pl.DataFrame([*rows[:3], violation("v3", severity="serious"), *rows[5:7]]).write_csv(folder / "v_2.csv")
    pl.DataFrame([firm(n) for n in range(3)]).write_csv(folder / "register.csv")
    pl.DataFrame([visit("a"), visit("b"), visit("a")]).write_csv(folder / "visits.csv")
    return folder


def decided(folder: Path, connection: Connection, scratch: Path | None) -> Judged:
    nobody = pl.Series([], dtype=pl.String)
    mapping = parse_mapping(MAPPING)
    found = judge_delivery(
        mapping, folder, known_enterprises=nobody, former=NO_FORMER, today=TODAY, scratch=scratch
    )
    require_nothing_lost(found)
    return found


def stored(folder: Path, path: Path) -> dict[str, object]:
    """All that a delivery leaves behind, in the order of the tables."""
    connection = warehouse(path)
    with scratch_beside(connection) as scratch:
        judged = decided(folder, connection, scratch)
        assert scratch is not None
        files = len(list(scratch.iterdir()))
        take_in(connection, judged, received_on=TODAY)
    assert not scratch.exists()
    tables = [f"core.{name}" for name in judged.rows]
    left: dict[str, object] = {name: connection.sql(f"FROM {name}").fetchall() for name in tables}
    left["kept"] = connection.sql(KEPT).fetchall()
    left["notes"] = sorted(judged.remarks())
    left["counts"] = judged.files
    left["contradictions"] = connection.sql("FROM ops.contradictions ORDER BY ALL").fetchall()
    assert left["core.violations"] and left["kept"] and left["contradictions"]
    connection.close()
    return left | {"files": files > 0}


def test_how_many_rows_are_held_at_once_changes_nothing(
    at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = many(tmp_path / "delivery")
    parted = stored(folder, tmp_path / "parted.duckdb")
    monkeypatch.undo()
    whole = stored(folder, tmp_path / "whole.duckdb")
    assert (parted.pop("files"), whole.pop("files")) == (True, False)
    assert parted == whole


def test_a_second_delivery_of_many_rows_counts_as_it_would_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored already meets rows in files, and rows in memory, alike."""
    first = {"register.csv": pl.DataFrame([firm(n) for n in range(3)]).write_csv().encode()}
    first["v_0.csv"] = pl.DataFrame([violation("v1"), violation("v3"), violation("v8")]).write_csv().encode()
    deliver(tmp_path / "first", first)
    folder, left = many(tmp_path / "second"), []
    for count in (2, 10_000):
        hold(monkeypatch, count)
        path = tmp_path / f"{count}.duckdb"
        connection = warehouse(path)
        take_in(
            connection, decided(tmp_path / "first", connection, None), received_on=TODAY - timedelta(days=1)
        )
        connection.close()
        left.append(stored(folder, path))
        assert left[-1].pop("files") == (count == 2)
    assert left[0] == left[1]


@pytest.mark.parametrize("fault", ["damaged", "changed"])
def test_a_file_that_cannot_be_read_to_its_end_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Its first parts were judged already, and are let go."""
    hold(monkeypatch, 4)
    folder = many(tmp_path / "delivery")
    file = folder / "v_1.parquet"
    whole = file.read_bytes()
    read = parquet.ParquetPieces._from

    def broken(pieces: parquet.ParquetPieces, first: int) -> pl.DataFrame:
        if first >= 8:
            if fault == "damaged":
                raise pl.exceptions.ComputeError("page is cut off")
            file.write_bytes(whole + b" ")
        return read(pieces, first)

    monkeypatch.setattr(parquet.ParquetPieces, "_from", broken)
    judged = decided(folder, warehouse(), tmp_path)
    told = judged.rejects.filter(file="v_1.parquet").select("line", "rules").rows()
    assert told == [(0, "unreadable_file")]
    assert set(judged.accepted["violations"]["source_file"]) == {"v_2.csv"}
    [count] = [one for one in judged.files if one.file == "v_1.parquet"]
    assert (count.delivered, count.accepted, count.refused) == (0, 0, 0)


def test_a_row_below_another_header_is_refused_in_whatever_part_it_stands(
    at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [violation(f"v{n}") for n in range(8)]
    names = dict.fromkeys(rows[0])
    other = dict(zip(names, reversed(list(names)), strict=True))
    told = [*rows[:2], other, *rows[2:5], {name: name for name in names}, *rows[5:]]
    deliver(tmp_path / "d", {"register.csv": pl.DataFrame([firm(n) for n in range(3)]).write_csv().encode()})
    pl.DataFrame(told).write_parquet(tmp_path / "d" / "v_1.parquet")
    judged = decided(tmp_path / "d", warehouse(), tmp_path)
    assert set(judged.accepted["violations"]["violation_id"]) == {"v0", "v1", "v5", "v6", "v7"}


def test_what_a_killed_process_left_goes_with_the_next_writer(tmp_path: Path) -> None:
    left = tmp_path / held.SCRATCH.format(1)
    left.mkdir()
    (left / "violations-0.parquet").write_bytes(b"half of it")
    with writing(Home(tmp_path)) as connection:
        assert not left.exists()
        with scratch_beside(connection) as scratch:
            assert scratch is not None and scratch.parent == tmp_path
    assert not list(tmp_path.glob(held.SCRATCH.format("*")))


# ------------------------------------------------------------------------------------ rows in files


def frame(*numbers: int) -> pl.DataFrame:
    rows = [(number, f"t{number}") for number in numbers]
    return pl.DataFrame(rows, schema={"row": pl.Int64, "text": pl.String}, orient="row")


@pytest.fixture(params=[True, False], ids=["in files", "held"])
def some(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.setattr(held, "MOST_HELD", 3)
    rows = Rows(frame().clear(), tmp_path if request.param else None)
    for number in range(8):
        rows.add(frame(number))
    assert rows.are_few is not request.param
    return rows


def seen(rows: Rows) -> list[tuple[int, str]]:
    with duckdb.connect() as connection, rows.shown_as(connection, "shown"):
        by_sql = sorted(connection.sql("SELECT row, text FROM shown").fetchall())
    assert by_sql == sorted(rows.frame().rows())
    assert rows.height == len(by_sql)
    return by_sql


def test_rows_are_taken_out_and_put_right_wherever_they_lie(some: Rows) -> None:
    some.take_out(pl.Series([1, 7]))
    some.take_out(pl.Series([1, 99]))
    some.put_right(pl.DataFrame({"row": [2, 6], "text": ["x", "y"]}))
    assert seen(some) == [(0, "t0"), (2, "x"), (3, "t3"), (4, "t4"), (5, "t5"), (6, "y")]
    some.take_out(pl.Series([2, 3]))
    some.put_right(pl.DataFrame({"row": [6], "text": ["z"]}))
    assert seen(some) == [(0, "t0"), (4, "t4"), (5, "t5"), (6, "z")]
    assert some.numbered(pl.Series([6, 3, 0]), ["text"])["text"].sort().to_list() == ["t0", "z"]


def test_columns_are_reckoned_anew_wherever_rows_lie(some: Rows) -> None:
    some.change(pl.col("text") + "!")
    assert seen(some)[0] == (0, "t0!") and len(seen(some)) == 8


def test_the_database_holds_less_for_a_while() -> None:
    asked = "SELECT current_setting('memory_limit')"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2 GiB'")
        for most, allowed in (("1 GiB", "1.0 GiB"), ("3 GiB", "2.0 GiB")):
            with held_within(connection, most):
                assert connection.execute(asked).fetchall() == [(allowed,)]
            assert connection.execute(asked).fetchall() == [("2.0 GiB",)]
