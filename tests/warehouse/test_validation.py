"""Checks by Great Expectations on the run's own connection, and the pages that tell of them."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import Connection
from warehouse.validation import Outcome, Suite, run_suites

HOLDS = ("ExpectColumnValuesToNotBeNull", {"column": "severity"})
FAILS = ("ExpectColumnValuesToBeInSet", {"column": "severity", "value_set": ["minor", "serious"]})


@pytest.fixture
def connection() -> Iterator[Connection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA core")
        connection.execute("CREATE TABLE core.findings AS SELECT unnest(['minor', 'absurd']) AS severity")
        yield connection


def checked(connection: Connection, docs: Path) -> list[Outcome]:
    suites = [
        Suite("whole", "core.findings", "Every finding is graded.", (HOLDS,)),
        Suite("known", "core.findings", "Grades are known.", (HOLDS, FAILS), is_blocking=True),
    ]
    return run_suites(connection, suites, docs=docs)


def test_checks_print_nothing_so_that_logs_of_runs_hold_no_progress_bars(
    connection: Connection, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    checked(connection, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_each_suite_is_judged_on_the_rows_of_the_connection_and_says_what_failed(
    connection: Connection, tmp_path: Path
) -> None:
    whole, known = checked(connection, tmp_path)
    assert (whole.passed, whole.failures) == (True, ())
    assert not known.passed
    [failure] = known.failures
    assert failure.startswith("expect_column_values_to_be_in_set severity: ")
    assert len(known.observed) == 2


def test_a_check_neither_commits_nor_undoes_what_the_run_is_writing(
    connection: Connection, tmp_path: Path
) -> None:
    connection.begin()
    connection.execute("DELETE FROM core.findings WHERE severity = 'absurd'")
    checked(connection, tmp_path)
    assert connection.execute("SELECT count(*) FROM core.findings").fetchall() == [(1,)]
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM core.findings").fetchall() == [(2,)]
    connection.execute("DELETE FROM core.findings WHERE severity = 'absurd'")
    assert [outcome.passed for outcome in checked(connection, tmp_path)] == [True, True]


def test_each_result_is_a_page_that_says_what_it_is_about_and_asks_nobody(
    connection: Connection, tmp_path: Path
) -> None:
    for outcome in checked(connection, tmp_path / "docs"):
        assert outcome.docs == tmp_path / "docs" / f"{outcome.suite.name}.html"
        page = outcome.docs.read_text(encoding="utf-8")
        assert outcome.suite.about in page
        assert ("absurd" in page) is not outcome.passed
        assert re.search(r"(src|href)=[\"']https?:[^>]*\.(js|css)", page) is None
