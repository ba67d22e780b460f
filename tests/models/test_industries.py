"""Industries: codes as registers write them, read alike in Python and in DuckDB, and the branches they lie in."""

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.industries import CODE, branches_of, industry_code

SAID = st.lists(
    st.sampled_from(["C", "a", "26", "4", "1", " ", "-", ".", "化学", "（", "_"]), max_size=6
).map("".join)


@given(SAID)
@example("C2614 化学原料")
@example("26化学3")
@example("26.14")
@example("236115")
def test_a_code_is_read_alike_by_both(said: str):
    query = f"SELECT CASE WHEN regexp_matches($1, '{CODE}') THEN regexp_extract($1, '{CODE}', 1) END"
    [(found,)] = duckdb.execute(query, [said]).fetchall()
    assert found == industry_code(said)


@pytest.mark.parametrize(
    ("code", "branches"),
    [
        ("2614", ("26", "261", "2614")),
        ("26", ("26",)),
        ("236115", ("23", "236", "2361", "23611", "236115")),
        ("2", ("2",)),
        ("建筑业", ("建筑业",)),
        ("26a", ("26a",)),
    ],
)
def test_the_branches_of_a_code_are_its_beginnings(code: str, branches: tuple[str, ...]):
    assert branches_of(code) == branches
