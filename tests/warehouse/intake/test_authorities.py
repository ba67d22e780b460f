"""Registers of two sources that name two authorities for one enterprise: held, told, and settled by a person (P1)."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.deliveries import FIRMS, MAPPING, TODAY, Row, csv_bytes, deliver, firm, taken, warehouse
from tests.worlds.effort import tries
from warehouse.database.opening import prepare_schema
from warehouse.intake.complaints import acknowledge
from warehouse.questions.complaints import standing

CITY, DISTRICT = "shi", "lixia"


class Nights:
    """Registers that come night after night, each source in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.connection, self.folder, self.at = warehouse(), folder, 0

    def comes(self, source: str, *rows: Row, day: int = 0, **mapping: Any) -> "Nights":
        self.at += 1
        keys = "".join(f"{name}: {told}\n" for name, told in mapping.items())
        text = MAPPING.replace("mapping: bureau\n", f"mapping: {source}\n{keys}")
        folder = deliver(self.folder / f"{self.at}", {f"register_{source}_{self.at}.csv": csv_bytes(rows)})
        taken(self.connection, folder, text, received_on=TODAY + timedelta(days=day))
        return self

    def in_force(self, of: str = FIRMS[0]) -> tuple[Any, ...]:
        [found] = self.connection.execute(
            "SELECT enforcing_level, division FROM core.current_enterprises WHERE enterprise_id = ?", [of]
        ).fetchall()
        return found

    def contested(self) -> list[tuple[Any, ...]]:
        return self.connection.sql(
            "SELECT column_name, held, held_by, said, said_by FROM ops.contested_authorities ORDER BY ALL"
        ).fetchall()

    def told(self, state: str = "open") -> list[str]:
        return [
            f"{row['source']}: {row['said']}"
            for row in standing(self.connection)
            if row["kind"] == "authority_contested" and row["state"] == state
        ]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def at(level: str, division: str = "370102", **more: Any) -> Row:
    return firm(0, enforcing_level=level, division=division, **more)


LEVELS = ("enforcing_level", "city", CITY, "district", DISTRICT)


def test_a_second_source_changes_no_level_and_the_contradiction_is_told(nights: Nights):
    nights.comes(CITY, at("city")).comes(DISTRICT, at("district", recorded_at="2025-06-01"), day=1)
    assert nights.in_force() == ("city", "370102")
    assert nights.contested() == [LEVELS]
    [told] = nights.told()
    assert told.startswith("lixia: 1 enterprises have another enterprises.enforcing_level here than in shi")
    assert f"({FIRMS[0]}: city, here district)" in told


def test_the_other_columns_of_the_row_count_as_delivered(nights: Nights):
    nights.comes(CITY, at("city"))
    nights.comes(DISTRICT, at("district", recorded_at="2025-06-01", sector="烟花爆竹", name="新名"), day=1)
    assert nights.connection.sql(
        "SELECT name, sector, enforcing_level, source FROM core.current_enterprises"
    ).fetchall() == [("新名", "fireworks", "city", DISTRICT)]


@pytest.mark.parametrize("recorded_at", [None, "2024-01-01"])
def test_night_after_night_nothing_alternates(nights: Nights, recorded_at: str | None):
    for night in range(3):
        recorded = recorded_at or f"2026-01-{20 + night}"
        nights.comes(CITY, at("city", recorded_at=recorded), day=night)
        nights.comes(DISTRICT, at("district", "370103", recorded_at=recorded), day=night)
        assert nights.in_force() == ("city", "370102")
    [(versions,)] = nights.connection.sql("SELECT count(*) FROM core.enterprises").fetchall()
    assert versions == (2 if recorded_at else 6)
    assert len(nights.told()) == 2, "the level and the district"
    days = "SELECT DISTINCT first_on FROM ops.contested_authorities"
    assert nights.connection.sql(days).fetchall() == [(TODAY,)]


def test_on_a_first_day_whoever_knew_first_counts_then_the_higher_level(nights: Nights):
    nights.comes(DISTRICT, at("district", "370103", recorded_at="2024-03-01"))
    nights.comes(CITY, at("city", recorded_at="2024-02-01"))
    assert nights.in_force() == ("city", "370102")
    alike = Nights(nights.folder / "alike").comes(DISTRICT, at("district")).comes(CITY, at("city"))
    assert alike.in_force() == ("city", "370102")
    assert alike.contested() == [LEVELS]


def test_a_firm_that_one_source_knows_moves_as_that_source_says(nights: Nights):
    nights.comes(CITY, at("city")).comes(CITY, at("district", "370103", recorded_at="2025-06-01"), day=1)
    assert nights.in_force() == ("district", "370103")
    assert nights.contested() == []


def test_two_files_of_a_source_that_take_turns_are_told(nights: Nights):
    for night, division in enumerate(["370102", "370103", "370102"]):
        nights.comes(CITY, at("district", division), day=night)
    assert nights.in_force() == ("district", "370102")
    told = [row for row in standing(nights.connection) if row["kind"] == "authority_by_turns"]
    assert ["district 370103 became district 370102" in str(row["said"]) for row in told] == [True]


def test_the_source_that_holds_may_correct_itself_and_agreement_ends_it(nights: Nights):
    nights.comes(CITY, at("city")).comes(DISTRICT, at("district"), day=1)
    nights.comes(CITY, at("town", recorded_at="2025-07-01"), day=2)
    assert nights.in_force() == ("town", "370102"), "what held is said by nobody any more; its source goes on"
    assert nights.contested() == [("enforcing_level", "town", CITY, "district", DISTRICT)]
    nights.comes(CITY, at("district", recorded_at="2025-08-01"), day=3)
    assert nights.in_force() == ("district", "370102")
    assert (nights.contested(), nights.told()) == ([], [])


def test_what_both_said_is_not_changed_by_one_of_them(nights: Nights):
    nights.comes(CITY, at("district")).comes(DISTRICT, at("district"), day=1)
    nights.comes(CITY, at("city", recorded_at="2025-07-01"), day=2)
    assert nights.in_force() == ("district", "370102")
    assert nights.contested() == [("enforcing_level", "district", DISTRICT, "city", CITY)]


def test_the_mapping_of_the_source_that_decides_settles_it_whichever_comes_last(nights: Nights):
    nights.comes(CITY, at("city")).comes(DISTRICT, at("district", "370103"), day=1)
    nights.comes(DISTRICT, at("district", "370103"), day=2, settles_authority="true")
    assert nights.in_force() == ("district", "370103")
    assert (nights.contested(), nights.told()) == ([], [])
    nights.comes(CITY, at("city", recorded_at="2025-09-01"), day=3)
    assert nights.in_force() == ("district", "370103")


def test_who_takes_it_as_it_is_is_told_of_other_firms_only(nights: Nights):
    nights.comes(CITY, at("city"), firm(1, enforcing_level="city", division="370102"))
    nights.comes(DISTRICT, at("district"), day=1)
    [row] = [one for one in standing(nights.connection) if one["kind"] == "authority_contested"]
    acknowledge(nights.connection, row["complaint_id"], by="王伟", reason="市局已函告，维持市级执法")
    nights.comes(DISTRICT, firm(1, enforcing_level="district", division="370102"), day=2)
    assert [len(nights.told(state)) for state in ("acknowledged", "open")] == [1, 1]
    assert f"({FIRMS[1]}: " in nights.told()[0]
    assert nights.in_force() == nights.in_force(FIRMS[1]) == ("city", "370102")


def test_a_town_within_the_district_is_no_contradiction_and_holds(nights: Nights):
    nights.comes(CITY, at("town")).comes(DISTRICT, at("town", "370102001"), day=1)
    nights.comes(CITY, at("town", recorded_at="2025-06-01"), day=2)
    assert (nights.in_force(), nights.contested()) == (("town", "370102001"), [])


def test_days_issued_before_are_known_as_they_were(nights: Nights):
    """What a run saw is told by the number of the write before it: no version of then is changed or counts no more."""
    nights.comes(CITY, at("city"), day=0)
    before = nights.connection.sql(
        "SELECT version, enforcing_level, known_from FROM core.enterprises"
    ).fetchall()
    nights.comes(DISTRICT, at("district", recorded_at="2023-01-01"), day=1)
    nights.comes(CITY, at("district", recorded_at="2022-01-01"), day=2)
    told = "SELECT version, enforcing_level, known_from FROM core.enterprises WHERE undone_no IS NULL ORDER BY version"
    assert nights.connection.sql(told).fetchall()[:1] == before
    assert nights.in_force() == ("city", "370102"), "an older word of the city's is no news"


def test_what_two_sources_say_alike_on_one_day_is_refused_for_neither(nights: Nights):
    nights.comes(CITY, at("city")).comes(DISTRICT, at("city"))
    assert nights.in_force() == ("city", "370102")
    assert nights.connection.sql("FROM raw.rejected_rows").fetchall() == []


def test_a_warehouse_made_before_this_was_kept_gets_what_is_new_and_goes_on(nights: Nights):
    nights.comes(CITY, at("city"))
    held = nights.connection
    held.execute("DROP VIEW core.current_enterprises; ALTER TABLE core.enterprises DROP COLUMN told_as")
    held.execute(
        "CREATE VIEW core.current_enterprises AS FROM core.enterprises WHERE known_to = DATE '9999-12-31'"
    )
    held.execute("DROP TABLE ops.contested_authorities")
    prepare_schema(held)
    nights.comes(DISTRICT, at("district"), day=1)
    assert (nights.in_force(), nights.contested()) == (("city", "370102"), [LEVELS])


# ------------------------------------------------------------------------------------ any order

words = st.builds(
    at,
    st.sampled_from(["city", "district", "town"]),
    st.sampled_from(["370102", "370102001", "370103", ""]),
    recorded_at=st.sampled_from(["2025-01-01", "2025-02-01"]),
)
a_day = st.lists(st.tuples(st.sampled_from("abc"), words), min_size=1, max_size=3)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[list[tuple[str, Row]]], list[list[tuple[str, Row]]]]:
    days = draw(st.lists(a_day, min_size=1, max_size=2))
    return days, [draw(st.permutations(day)) for day in days]


def counting(nights: Nights) -> list[tuple[Any, ...]]:
    """What counts on each day: whose row carries it says the order, of rows that say the same of one day."""
    spans = nights.connection.sql(
        "SELECT known_from, known_to, enforcing_level, division FROM core.enterprises "
        "WHERE known_to > known_from ORDER BY ALL"
    ).fetchall()
    joined: list[tuple[date, date, Any, Any]] = []
    for first, last, *said in spans:
        if joined and joined[-1][1] == first and list(joined[-1][2:]) == said:
            first = joined.pop()[0]
        joined.append((first, last, *said))
    return joined


@settings(max_examples=tries(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=orders())
def test_the_files_of_a_day_may_come_in_any_order(
    world: tuple[Sequence[Sequence[tuple[str, Row]]], Sequence[Sequence[tuple[str, Row]]]],
):
    found: list[Any] = []
    for days in world:
        with tempfile.TemporaryDirectory() as folder:
            nights = Nights(Path(folder))
            for day, words in enumerate(days):
                for source, row in words:
                    nights.comes(source, row, day=day)
            found.append((counting(nights), nights.contested(), sorted(nights.told())))
            nights.connection.close()
    assert found[0] == found[1]
