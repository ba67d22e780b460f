"""Areas: what lies in a district is the same in SQL and in Python."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from models.vocabulary import JINAN_DIVISIONS
from tests.worlds.effort import tries
from warehouse.questions.area import Area, in_district

NAMES = [name for code, names in JINAN_DIVISIONS.items() for name in (code, *names)]
PLACES = st.sampled_from(
    ["370102", "370102001", "370102001005", "370102000", "3701020", "370103", *NAMES, "", "?"]
)


@settings(max_examples=tries(200))
@given(district=st.none() | PLACES, division=st.none() | PLACES)
def test_a_division_lies_in_a_district_alike_in_sql_and_in_python(
    district: str | None, division: str | None
) -> None:
    area = Area(district=district)
    query = f"SELECT coalesce({in_district('e')}, false) FROM (SELECT $division::VARCHAR AS division) e"
    arguments = {"districts": area.arguments["districts"], "division": division}
    with duckdb.connect() as connection:
        [(told,)] = connection.execute(query, arguments).fetchall()
    assert area.covers(division) == told
