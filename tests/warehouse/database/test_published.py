"""A program that answers many keeps the published copy open, and never an old one for longer than a question."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import duckdb
import pytest

from models.errors import WarehouseError
from warehouse.database.meta import COPY_FORMAT
from warehouse.database.published import Published
from warehouse.database.reading import reading, rows
from warehouse.home import Home


def publish(home: Home, number: int, copy_format: str = COPY_FORMAT) -> None:
    """Let a copy that holds one number, a thousand times, take the place of the one there is."""
    building = home.published.with_suffix(".new")
    with duckdb.connect(str(building)) as copy:
        copy.execute("CREATE SCHEMA ops; CREATE TABLE ops.meta (key VARCHAR, value VARCHAR)")
        copy.execute("INSERT INTO ops.meta VALUES ('schema_version', ?)", [copy_format])
        copy.execute(f"CREATE TABLE ops.told AS SELECT {number} AS number FROM range(1000)")
    building.replace(home.published)


def told(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [row["number"] for row in rows(connection, "SELECT DISTINCT number FROM ops.told")]


@pytest.fixture
def open_home(home: Home) -> Iterator[Home]:
    publish(home, 1)
    yield home


def test_before_anything_is_published_the_next_step_is_named(home: Home) -> None:
    published = Published(home)
    with pytest.raises(WarehouseError, match=r"Start a run first: \./riskcode run"), published.reading():
        pass
    publish(home, 1)
    with published.reading() as connection:
        assert told(connection) == [1]


def test_whoever_began_to_read_reads_the_old_copy_to_the_end_and_who_comes_next_the_new_one(
    open_home: Home,
) -> None:
    published = Published(open_home)
    with published.reading() as first:
        assert told(first) == [1]
        before = published.mark
        publish(open_home, 2)
        with published.reading() as second:
            assert told(second) == [2]
            assert told(first) == [1]
        assert published.mark != before


def test_a_copy_that_is_open_under_its_path_elsewhere_in_the_process_does_not_hide_the_next_one(
    open_home: Home,
) -> None:
    published = Published(open_home)
    with reading(open_home) as elsewhere, published.reading() as first:
        publish(open_home, 2)
        with published.reading() as second:
            assert (told(elsewhere), told(first), told(second)) == ([1], [1], [2])


def test_a_copy_is_closed_when_another_has_come_and_its_last_reader_has_gone(open_home: Home) -> None:
    published = Published(open_home)
    for number in range(2, 12):
        with published.reading() as connection:
            told(connection)
        publish(open_home, number)
    with published.reading():
        open_files = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    assert [one for one in open_files if str(open_home.root) in one and "deleted" in one] == []


def test_threads_read_one_copy_each_while_new_ones_come(open_home: Home) -> None:
    published, over = Published(open_home), Event()

    def publish_on() -> None:
        for number in range(2, 22):
            publish(open_home, number)
        over.set()

    def read() -> list[list[int]]:
        seen = list[list[int]]()
        while not over.is_set():
            with published.reading() as connection:
                seen.append(told(connection))
        return seen

    writer = Thread(target=publish_on)
    with ThreadPoolExecutor(4) as readers:
        begun = [readers.submit(read) for _ in range(4)]
        writer.start()
        found = [one for each in begun for one in each.result()]
    writer.join()
    assert {len(one) for one in found} == {1}
    with published.reading() as connection:
        assert told(connection) == [21]


def test_nobody_can_write_into_it(open_home: Home) -> None:
    with (
        Published(open_home).reading() as connection,
        pytest.raises(duckdb.Error, match="read-only"),
    ):
        connection.execute("CREATE TABLE ops.more (a INTEGER)")


def test_a_damaged_copy_and_one_of_another_format_are_refused_and_the_next_good_one_is_read(
    open_home: Home,
) -> None:
    published = Published(open_home)
    with ExitStack() as held:
        held.enter_context(published.reading())
        publish(open_home, 2, copy_format="3")
        with pytest.raises(WarehouseError, match="format 3"), published.reading():
            pass
        damaged = open_home.published.with_suffix(".new")
        damaged.write_bytes(b"no database" * 1000)
        damaged.replace(open_home.published)
        with pytest.raises(WarehouseError, match="Run again to publish"), published.reading():
            pass
    publish(open_home, 3)
    with published.reading() as connection:
        assert told(connection) == [3]
