"""Within the day: whatever comes in, in whatever order, the result is that of a full run; and every day replays."""

import atexit
import shutil
import tempfile
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from models.policy import load_policy
from tests.day_by_day import spread
from tests.worlds.by_hand import row
from tests.worlds.documented import differing_documents
from tests.worlds.effort import EVERYTHING, histories
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.order import code_enterprises
from warehouse.coding.touched import touched
from warehouse.connection import Connection, writing
from warehouse.database.places import open_place
from warehouse.database.reading import reading, rows
from warehouse.database.runs import rules_changed, stored_by
from warehouse.home import Home
from warehouse.intraday import is_coded_for, update_enterprises
from warehouse.planning.plan import compute_plan
from warehouse.publish import CODES, PUBLISHED, publish_run, published_as_of
from warehouse.rules.in_force import coding_on
from warehouse.what_if.replay import differences, issued_days

PACK = load_policy()
START = date(2026, 6, 30)
FIRMS = tuple(f"e{number}" for number in range(1, 5))

DECIDED = {
    "risk.features": "FROM risk.features ORDER BY ALL",
    "risk.scores": "FROM risk.scores ORDER BY ALL",
    "risk.steps": "FROM risk.steps ORDER BY ALL",
    "risk.point_steps": "FROM risk.point_steps ORDER BY ALL",
    "risk.forecast": "FROM risk.forecast ORDER BY ALL",
    "risk.codes": "SELECT * EXCLUDE (data_watermark) FROM risk.codes ORDER BY ALL",
    "risk.explanations": "FROM risk.explanations ORDER BY ALL",
    "risk.ways": "FROM risk.ways ORDER BY enterprise_id, option",
    "risk.near_red": "FROM risk.near_red ORDER BY ALL",
    "serve.red_queue": "FROM serve.red_queue ORDER BY ALL",
    "serve.open_findings": "FROM serve.open_findings ORDER BY ALL",
    "serve.alike_findings": "FROM serve.alike_findings ORDER BY ALL",
}
"""What a run decides.  The watermark of a code is that of the moment its enterprise was coded."""


def decided(connection: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    return {name: connection.sql(query).pl() for name, query in DECIDED.items()}


def differing(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> list[str]:
    return [name for name in one if not one[name].equals(other[name])]


def register() -> dict[str, pl.DataFrame]:
    firms = [
        {
            "enterprise_id": one,
            "sector": sector,
            "employees": 40,
            "recorded_at": date(2020, 1, 1),
            "source": "a",
        }
        for one, sector in zip(FIRMS, ("general", "fireworks", "general", "metal_smelting"), strict=True)
    ]
    return {"enterprises": canonical("enterprises", [row("enterprises", 0, **firm) for firm in firms])}


def full_run(connection: Connection, home: Home, day: date) -> None:
    coding = coding_on(connection, PACK, day)
    with open_place(connection, home, day):
        code_enterprises(connection, coding)
        compute_plan(connection, coding)
        publish_run(connection, home, coding, run_id=f"night {day}")


@cache
def begun() -> Path:
    """The home of the enterprises after their first run, before anything happened to them."""
    home = Home(Path(tempfile.mkdtemp(prefix="riskcode-begun-"))).prepare()
    atexit.register(shutil.rmtree, home.root, ignore_errors=True)
    with writing(home) as connection:
        fill(connection, register(), received_on=START)
        full_run(connection, home, START)
    return home.root


class City(RuleBasedStateMachine):
    """A few enterprises, to which things happen; every step is published within the day."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="riskcode-city-"))
        shutil.copytree(begun(), self.folder, dirs_exist_ok=True)
        self.home = Home(self.folder)
        self.day, self.number = START, 0
        self.told: dict[tuple[str, int], dict[str, Any]] = {}
        self.context = writing(self.home)
        self.connection = self.context.__enter__()

    def teardown(self) -> None:
        try:
            self.every_issued_day_replays_and_the_history_has_no_gap()
        finally:
            self.context.__exit__(None, None, None)
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- what happens --------------------------------------------------------------------------------------

    def tell(self, table: str, number: int, **facts: Any) -> None:
        """Store one row, new or corrected, and publish what it changes."""
        self.store(table, number, **facts)
        self.publish()

    def store(self, table: str, number: int, **facts: Any) -> None:
        """Store one row, new or corrected."""
        told = self.told[table, number] = {
            **self.told.get((table, number), {}),
            **facts,
            "recorded_at": self.day,
        }
        frame = canonical(table, [row(table, number, **told)])
        fill(self.connection, {table: frame}, received_on=self.day)

    def publish(self) -> None:
        """Publish what changed within the day."""
        update_enterprises(
            self.connection, self.home, PACK, known_at=self.day, run_id=f"update {self.number} {self.day}"
        )
        self.number += 1

    @rule(
        firm=st.sampled_from(FIRMS),
        ago=st.sampled_from((0, 1, 20, 200, 500)),
        severity=st.sampled_from(("minor", "serious", "critical")),
        is_major=st.booleans(),
        is_rectified=st.booleans(),
        source=st.sampled_from("ab"),
        text=st.sampled_from("xy"),
    )
    def a_finding(
        self, firm: str, ago: int, severity: str, is_major: bool, is_rectified: bool, source: str, text: str
    ) -> None:
        found = self.day - timedelta(days=ago)
        self.tell(
            "violations",
            1000 + self.number,
            source=source,
            description=text,
            enterprise_id=firm,
            occurred_on=found,
            severity=severity,
            is_major_hazard=is_major,
            rectify_due_on=found + timedelta(days=15),
            rectified_on=self.day if is_rectified else None,
        )

    @rule(firm=st.sampled_from(FIRMS), level=st.sampled_from(("red", "blue")))
    def an_alert(self, firm: str, level: str) -> None:
        at = datetime.combine(self.day, time(8, 30))
        self.tell("alerts", 2000 + self.number, enterprise_id=firm, level=level, raised_at=at)

    @rule(firm=st.sampled_from(FIRMS), result=st.sampled_from(("clean", "serious", "refused")))
    def a_visit(self, firm: str, result: str) -> None:
        self.tell("inspections", 3000 + self.number, enterprise_id=firm, inspected_on=self.day, result=result)

    @rule(chance=st.integers(0, 10**6))
    def something_is_withdrawn_or_put_right_or_was_about_another(self, chance: int) -> None:
        dice = Random(chance)
        if not self.told:
            return
        table, number = dice.choice(sorted(self.told))
        change = dice.choice(("withdrawn", "another", "rectified"))
        if change == "another":
            self.tell(table, number, enterprise_id=dice.choice(FIRMS))
        elif change == "rectified" and table == "violations":
            self.tell(table, number, rectified_on=self.day)
        else:
            self.tell(table, number, withdrawn_on=self.day)

    @rule(days=st.sampled_from((1, 2, 40)))
    def days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)
        full_run(self.connection, self.home, self.day)

    # ---- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def the_result_is_that_of_a_full_run(self) -> None:
        updated = decided(self.connection)
        assert not differing(updated, _published(self.home)), "what is published is not what was decided"
        assert not differing_documents(self.home), "documents say something else"
        with open_place(self.connection, self.home, self.day):
            code_enterprises(self.connection, coding_on(self.connection, PACK, self.day))
            assert not differing(updated, decided(self.connection)), "an update is not a full run"
        assert not differing(updated, decided(self.connection)), "what lives was touched"

    def every_issued_day_replays_and_the_history_has_no_gap(self) -> None:
        days = [run["as_of"] for run in issued_days(self.connection)]
        for day in days:
            assert differences(self.connection, PACK, day) == []
        history = self.connection.sql("FROM risk.code_history").pl()
        spread(history, days[0], days[-1])
        moved = history.filter(pl.col("previous_code").is_not_null())
        assert (moved["code"] != moved["previous_code"]).all()


def _published(home: Home) -> dict[str, pl.DataFrame]:
    with duckdb.connect(str(home.published), read_only=True) as copy:
        return decided(copy)


@pytest.mark.whole
@pytest.mark.slow
def test_updates_in_any_order_give_what_a_full_run_gives_and_every_day_replays() -> None:
    run_state_machine_as_test(City, settings=histories(6 if EVERYTHING else 1, steps=4))


@pytest.fixture
def city() -> Any:
    machine = City()
    yield machine
    machine.teardown()


def test_an_update_touches_only_the_enterprises_it_is_about(city: City) -> None:
    before = city.connection.sql("SELECT rowid, enterprise_id FROM risk.codes ORDER BY ALL").fetchall()
    city.tell("violations", 1, enterprise_id="e2", occurred_on=START, is_major_hazard=True)
    after = city.connection.sql("SELECT rowid, enterprise_id FROM risk.codes ORDER BY ALL").fetchall()
    assert [one for one in before if one[1] != "e2"] == [one for one in after if one[1] != "e2"]
    runs = city.connection.sql("SELECT rescored, enterprises FROM ops.runs ORDER BY finished_at").fetchall()
    assert runs == [(None, 4), (1, 4)]


def test_a_second_report_of_a_finding_changes_within_the_day_what_a_full_run_would_change(city: City) -> None:
    grave = {"enterprise_id": "e1", "occurred_on": START, "is_major_hazard": True, "description": "x"}
    city.tell("violations", 1, **grave)
    for number, text, majors, alike in ((2, "x", 1, 0), (3, "y", 2, 0), (2, "z", 3, 3), (2, "y", 2, 0)):
        city.tell("violations", number, source="ab"[number == 2], **grave | {"description": text})
        counted = "SELECT open_major_hazards FROM risk.features WHERE enterprise_id = 'e1'"
        assert city.connection.sql(counted).fetchall() == [(majors,)]
        assert len(city.connection.sql("FROM serve.alike_findings").fetchall()) == alike
        if alike or EVERYTHING:
            city.the_result_is_that_of_a_full_run()
    city.the_result_is_that_of_a_full_run()


def test_a_code_changed_twice_within_a_day_leaves_both_changes_with_their_reasons(city: City) -> None:
    city.tell("violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True)
    city.tell("violations", 1, withdrawn_on=START)
    told = city.connection.sql(
        "SELECT valid_from, valid_to, previous_code, code FROM risk.code_history WHERE enterprise_id = 'e1' "
        "ORDER BY issued_at"
    ).fetchall()
    never = date(9999, 12, 31)
    assert told == [
        (START, START, None, "blue"),
        (START, START, "blue", "red"),
        (START, never, "red", "blue"),
    ]
    reasons = city.connection.sql(
        "SELECT cause, factor FROM risk.change_reasons WHERE enterprise_id = 'e1' AND kind = 'veto' ORDER BY issued_at"
    ).fetchall()
    assert reasons == [("fired", "open_major_hazard"), ("cleared", "open_major_hazard")]
    # What spoke before and after is no reason of a change; nor is the band, which follows from the points.
    causes = city.connection.sql(
        "SELECT list(DISTINCT (cause, kind) ORDER BY (cause, kind)) FROM risk.change_reasons "
        "WHERE enterprise_id = 'e1' GROUP BY issued_at ORDER BY issued_at"
    ).fetchall()
    assert causes == [
        ([("came", "points"), ("fired", "floor"), ("fired", "veto")],),
        ([("cleared", "floor"), ("cleared", "veto"), ("went", "points")],),
    ]


def test_a_datum_dated_back_changes_no_day_that_was_issued_without_it(city: City) -> None:
    city.days_pass(1)
    city.tell("violations", 1, enterprise_id="e3", occurred_on=START, is_major_hazard=True)
    city.connection.execute(
        "UPDATE core.violations SET known_from = $day, recorded_at = $day", {"day": START}
    )
    assert differences(city.connection, PACK, START) == []


def test_what_was_issued_but_not_published_is_published_by_the_next_update(city: City) -> None:
    before = city.home.published.read_bytes()
    city.tell("violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True)
    city.home.published.write_bytes(before)
    assert not CODES.stands(city.connection, city.home)
    update_enterprises(city.connection, city.home, PACK, known_at=START, run_id="again")
    assert not differing(decided(city.connection), _published(city.home))


def test_nothing_new_changes_nothing(city: City) -> None:
    assert touched(city.connection) == ()
    updated = update_enterprises(city.connection, city.home, PACK, known_at=START, run_id="idle")
    assert (updated.enterprises, updated.changed) == (0, 0)


@pytest.mark.whole
def test_an_update_knows_nothing_of_a_day_that_was_coded_again(city: City) -> None:
    city.days_pass(1)
    coding = coding_on(city.connection, PACK, START, stored_by=stored_by(city.connection, START, START))
    with open_place(city.connection, city.home, START):
        code_enterprises(city.connection, coding)
        assert publish_run(city.connection, city.home, coding, run_id="again") is None
    city.tell("violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True)
    city.the_result_is_that_of_a_full_run()
    assert published_as_of(city.home) == city.day
    with reading(city.home, replayed=START) as again:
        assert rows(again, "SELECT DISTINCT as_of FROM risk.codes") == [{"as_of": START}]


def test_where_rules_were_changed_updates_go_on_and_the_city_is_to_be_coded_again(city: City) -> None:
    assert is_coded_for(city.connection, city.day)
    rules_changed(city.connection)
    city.tell("violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True)
    city.the_result_is_that_of_a_full_run()
    assert not is_coded_for(city.connection, city.day)
    full_run(city.connection, city.home, city.day)
    assert is_coded_for(city.connection, city.day)


def unlike(city: City, copy: Path) -> list[str]:
    """Published tables whose rows are not those that the warehouse would publish now."""
    with duckdb.connect(str(copy), read_only=True) as published:

        def differs(name: str, query: str) -> bool:
            told = {"known_at": city.day} if "$known_at" in query else None
            mine = city.connection.sql(f"FROM ({query}) ORDER BY ALL", params=told).pl()
            return not mine.equals(published.sql(f"FROM {name} ORDER BY ALL").pl())

        return [name for name, query in PUBLISHED.items() if differs(name, query)]


def test_after_an_update_every_row_of_every_published_table_is_that_of_the_warehouse(
    city: City, tmp_path: Path
) -> None:
    city.tell("violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True)
    city.tell("enterprises", 0, enterprise_id="e2", sector="fireworks", employees=41, source="a")
    assert unlike(city, city.home.published) == []
    changed = Path(shutil.copyfile(city.home.published, tmp_path / "changed.duckdb"))
    with duckdb.connect(str(changed)) as copy:
        copy.execute("UPDATE serve.red_queue SET score = score + 1 WHERE enterprise_id = 'e1'")
        copy.execute("UPDATE risk.features SET employees = employees + 1 WHERE enterprise_id = 'e3'")
    assert unlike(city, changed) == ["risk.features", "serve.red_queue"]
