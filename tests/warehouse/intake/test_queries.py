"""What a query may do: read its database, and nothing else."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

from models.errors import DeliveryError
from warehouse.intake.files.queries import READ_ONLY, read_sql


@pytest.fixture
def urls(tmp_path: Path) -> dict[str, str]:
    """A database of one table for each kind that lies in a file, and a file beside them that nobody should read."""
    (tmp_path / "secret.txt").write_text("nobody should see this", encoding="utf-8")
    with sqlite3.connect(tmp_path / "a.db") as lite:
        lite.execute("CREATE TABLE found AS SELECT 'x' AS id")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE secret AS SELECT 'hidden' AS id")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as duck:
        duck.execute("CREATE TABLE found AS SELECT 'x' AS id")
    return {"sqlite": f"sqlite:///{tmp_path / 'a.db'}", "duckdb": f"duckdb:///{tmp_path / 'a.duckdb'}"}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_query_reads(urls: dict[str, str], kind: str) -> None:
    assert read_sql(urls[kind], "WITH f AS (SELECT * FROM found) SELECT upper(id) AS id FROM f", "q").frame[
        "id"
    ].to_list() == ["X"]


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("sqlite", "INSERT INTO found VALUES ('y')"),
        ("sqlite", "DROP TABLE found"),
        ("sqlite", "ATTACH '{folder}/other.db' AS o"),
        ("sqlite", "VACUUM INTO '{folder}/copy.db'"),
        ("sqlite", "PRAGMA writable_schema = 1"),
        ("sqlite", "SELECT load_extension('{folder}/x')"),
        ("duckdb", "INSERT INTO found VALUES ('y')"),
        ("duckdb", "SELECT content FROM read_text('{folder}/secret.txt')"),
        ("duckdb", "SELECT * FROM '{folder}/secret.txt'"),
        ("duckdb", "SELECT * FROM read_csv('{folder}/secret.txt')"),
        ("duckdb", "SELECT * FROM glob('{folder}/*')"),
        ("duckdb", "COPY found TO '{folder}/copy.csv'"),
        ("duckdb", "ATTACH '{folder}/b.duckdb' AS b"),
        ("duckdb", "SET enable_external_access = true; SELECT content FROM read_text('{folder}/secret.txt')"),
        ("duckdb", "INSTALL httpfs"),
    ],
)
def test_a_query_neither_writes_nor_reaches_beside_its_database(
    urls: dict[str, str], tmp_path: Path, kind: str, query: str
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DeliveryError, match="gave nothing"):
        read_sql(urls[kind], query.format(folder=tmp_path), "q")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'no.db'}", f"duckdb:///{tmp_path / 'no.duckdb'}"):
        with pytest.raises(DeliveryError, match="gave nothing"):
            read_sql(url, "SELECT 1 AS a", "q")
    assert list(tmp_path.iterdir()) == []


def test_only_known_kinds_of_databases_are_asked() -> None:
    with pytest.raises(DeliveryError, match="Known: sqlite"):
        read_sql("shillelagh://", "SELECT 1 AS a", "q")
    assert "duckdb" in READ_ONLY
