"""The plan in the warehouse: promises kept from night to night, and what is made of delivered inspections."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.errors import DrawError
from models.planning.draw import from_json, verify
from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.worlds.warehouses import stored_city
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.intake.accepted import write_versions
from warehouse.planning.ahead import commit_ahead, reveal_ahead
from warehouse.planning.draws import seeds_from, unverified
from warehouse.planning.plan import Planned, compute_plan

END = date(2026, 3, 31)
SEEDS = seeds_from("test")

DECIDED = ("plan.visits", "plan.visit_items", "plan.shortfalls", "plan.targets", "plan.crews", "plan.changes")


def plan(connection: Connection, day: date) -> Planned | None:
    """Code a day and plan it."""
    coding = Coding(day, day, load_policy().on(day))
    code_only(connection, coding)
    planned = compute_plan(connection, coding, seeds=SEEDS)
    issue(connection, coding, run_id=f"{day}")
    return planned


def held(connection: Connection) -> dict[str, pl.DataFrame]:
    """Everything the plan decides."""
    return {name: connection.sql(f"FROM {name} ORDER BY ALL").pl() for name in DECIDED}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small city, planned once, as a file."""
    path = tmp_path_factory.mktemp("plan") / "city.duckdb"
    connection = stored_city(250, end=END, years=2).connection
    plan(connection, END)
    connection.execute(f"ATTACH '{path}' AS kept")
    connection.execute("COPY FROM DATABASE memory TO kept")
    connection.execute("DETACH kept")
    return path


@pytest.fixture(scope="module")
def planned(kept: Path) -> Iterator[Connection]:
    """The city, to be read."""
    with duckdb.connect(str(kept), read_only=True) as connection:
        yield connection


@pytest.fixture
def city(kept: Path, tmp_path: Path) -> Iterator[Connection]:
    """The same city for one test alone."""
    path = shutil.copy(kept, tmp_path / "own.duckdb")
    with duckdb.connect(str(path)) as connection:
        yield connection


def one(connection: Connection, query: str) -> object:
    """The one value of a query."""
    [(found,)] = connection.sql(query).fetchall()
    return found


def test_every_item_has_a_visit_or_a_rule_or_comes_later(planned: Connection) -> None:
    lost = (
        "SELECT count(*) FROM plan.visit_items WHERE visit_id IS NULL AND waived_by IS NULL AND NOT is_later"
    )
    assert one(planned, lost) == 0
    assert one(planned, "SELECT count(*) FROM plan.visit_items") != 0


def test_planning_a_day_again_gives_the_same_plan(city: Connection) -> None:
    before = held(city)
    plan(city, END)
    for name, frame in held(city).items():
        assert frame.equals(before[name]), name


def test_a_day_before_the_planned_one_leaves_the_plan_alone(city: Connection) -> None:
    before = held(city)
    assert plan(city, END - timedelta(days=30)) is None
    assert all(frame.equals(before[name]) for name, frame in held(city).items())


def test_a_run_that_dies_leaves_the_plan_as_it_was(city: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(city)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("warehouse.planning.plan._serve", die)
    with pytest.raises(KeyboardInterrupt):
        plan(city, END + timedelta(days=1))
    assert all(frame.equals(before[name]) for name, frame in held(city).items())
    monkeypatch.undo()
    assert plan(city, END + timedelta(days=1)) is not None


def test_every_draw_verifies_from_its_record_alone(planned: Connection) -> None:
    assert unverified(planned, END) == {}
    records = planned.sql("SELECT record FROM plan.draws").fetchall()
    assert len(records) > 20
    changed = json.loads(records[0][0])
    changed["seed"] = "0" * 64
    assert verify(changed)
    assert verify(from_json(records[0][0])) == []


def test_the_draw_reaches_thirty_percent_or_says_by_how_much_it_falls_short(planned: Connection) -> None:
    floors = planned.sql("FROM plan.floors").pl()
    reached = floors["done"] + floors["planned"]
    assert ((reached >= floors["required"]) | (floors["short"] > 0)).all()
    told = one(planned, "SELECT coalesce(sum(count), 0) FROM plan.shortfalls WHERE rule = 'draw_floor'")
    assert told == floors["short"].sum()
    assert (floors["required"] * 10 >= floors["base"] * 3).all()


def test_a_draw_committed_to_waits_for_its_public_value_and_is_not_made_twice(
    city: Connection, home: Home
) -> None:
    city.execute("DELETE FROM plan.draws WHERE kind = 'objects'")
    city.execute("DELETE FROM plan.targets WHERE channel IN ('random', 'audit')")
    coding = Coding(END, END, load_policy().on(END))
    draws = commit_ahead(city, home, coding, year=2026, public_source="lottery of 2026-04-01")
    plan(city, END + timedelta(days=1))
    assert one(city, "SELECT count(*) FROM plan.targets WHERE channel = 'random'") == 0
    assert one(city, "SELECT count(*) FROM plan.shortfalls WHERE rule = 'draw_pending'") != 0
    assert (home.seeds / draws[0]).stat().st_mode & 0o077 == 0
    revealed = reveal_ahead(city, home, coding, year=2026, public_value="3 14 15")
    assert revealed == draws
    for draw_id in draws:
        record = from_json((home.exports / "draws" / f"{draw_id}.json").read_text(encoding="utf-8"))
        assert record["public_value"] == "3 14 15" and verify(record) == []
    assert one(city, "SELECT count(*) FROM plan.targets WHERE channel = 'random'") != 0
    again = reveal_ahead(city, home, coding, year=2026, public_value="3 14 15")
    assert again == draws, "whoever was interrupted is told once more"
    with pytest.raises(DrawError, match="No draw of 2026 waits"):
        reveal_ahead(city, home, coding, year=2026, public_value="2 71 82")


def test_a_lost_seed_keeps_the_draw_closed_and_says_which(city: Connection, home: Home) -> None:
    city.execute("DELETE FROM plan.draws WHERE kind = 'objects'")
    city.execute("DELETE FROM plan.targets")
    coding = Coding(END, END, load_policy().on(END))
    draws = commit_ahead(city, home, coding, year=2026, public_source="lottery")
    (home.seeds / draws[0]).unlink()
    with pytest.raises(DrawError, match=f"seed of {draws[0]} is missing"):
        reveal_ahead(city, home, coding, year=2026, public_value="1")


def test_inclusion_chances_of_every_draw_are_kept(planned: Connection) -> None:
    for (text,) in planned.sql("SELECT record FROM plan.draws WHERE kind = 'objects'").fetchall():
        for stratum in from_json(text)["strata"]:
            assert 0 <= stratum["drawn"] <= stratum["size"]


def test_the_month_list_warns_nobody_of_an_unannounced_visit(planned: Connection) -> None:
    listed = planned.sql("FROM serve.month_list").pl()
    assert listed.height
    assert set(listed.columns) == {"month_on", "level", "division", "enterprise_id", "kind", "as_of"}
    targets = planned.sql("SELECT enterprise_id FROM plan.targets").pl()
    assert set(listed["enterprise_id"]) <= set(targets["enterprise_id"])


def test_a_visit_made_settles_all_its_items_and_is_not_planned_again(city: Connection) -> None:
    visit = city.sql(
        "FROM plan.visits WHERE state = 'scheduled' AND len(item_ids) > 1 AND mode = 'on_site' "
        "ORDER BY planned_on, visit_id"
    ).pl()
    made = visit.row(0, named=True)
    deliver_inspection(city, made["enterprise_id"], made["planned_on"], kind="annual_full")
    plan(city, made["planned_on"])
    settled = city.sql("SELECT item_id FROM plan.done_items").pl()["item_id"].to_list()
    assert set(made["item_ids"]) <= set(settled)
    again = city.sql("SELECT unnest(item_ids) AS item FROM plan.visits").pl()["item"].to_list()
    assert not set(made["item_ids"]) & set(again)
    changes = dict(city.sql("SELECT visit_id, change FROM plan.changes").fetchall())
    assert changes[made["visit_id"]] == "done"


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"kind": "special", "departments": "应急管理局"}, None),
        ({"kind": "other"}, "scheduled"),
        ({"kind": "special", "result": "refused"}, "scheduled"),
        ({"kind": "special", "departments": "消防救援大队"}, "awaiting"),
    ],
    ids=["done", "of another kind", "refused", "not ours"],
)
def test_a_record_of_the_authority_that_says_so_does_what_is_owed_and_any_other_of_its_own_ends_the_wait(
    city: Connection, record: dict[str, str], state: str | None
):
    red = "FROM plan.visits WHERE state = 'scheduled' AND list_contains(channels, 'red')"
    made = city.sql(f"{red} ORDER BY planned_on, visit_id").pl().row(0, named=True)
    firm, day = made["enterprise_id"], made["planned_on"]
    deliver_inspection(city, firm, day, **record)
    plan(city, day)
    done = f"SELECT count(*) > 0 FROM plan.done_items WHERE enterprise_id = '{firm}' AND item_id LIKE 'red:%'"
    queue = f"SELECT visited_on FROM serve.red_queue WHERE enterprise_id = '{firm}'"
    assert city.sql(done).fetchall() == [(state is None,)]
    assert city.sql(queue).fetchall() == [(day if state is None else None,)]
    again = (
        f"FROM plan.visits WHERE enterprise_id = '{firm}' AND array_to_string(item_ids, ' ') LIKE '%red:%'"
    )
    owed = f"SELECT state, planned_on > '{day}' {again}"
    assert city.sql(owed).fetchall() == ([] if state is None else [(state, state == "scheduled")])
    if state == "scheduled":
        # Nobody can have a record of the visit that is planned now; when its day has come it is awaited.
        [(then,)] = city.sql(f"SELECT planned_on {again}").fetchall()
        plan(city, then)
        assert city.sql(owed).fetchall()[0][0] == "awaiting"


def test_a_record_is_that_of_one_visit_and_of_no_other_on_a_later_night(city: Connection) -> None:
    red = "FROM plan.visits WHERE state = 'scheduled' AND list_contains(channels, 'red')"
    made = city.sql(f"{red} ORDER BY planned_on, visit_id").pl().row(0, named=True)
    day = made["planned_on"]
    deliver_inspection(city, made["enterprise_id"], day, kind="special")
    plan(city, day)
    # Another authority's visit to the same firm, planned for some days later before the first one was made.
    city.execute(
        "INSERT INTO plan.visits BY NAME SELECT * REPLACE ('later' AS visit_id, ['immediate:later'] AS item_ids, "
        "'scheduled' AS state, $day::DATE + 3 AS planned_on, $day::DATE - 3 AS made_on) "
        "FROM plan.former_visits WHERE visit_id = $visit",
        {"day": day, "visit": made["visit_id"]},
    )
    plan(city, day + timedelta(days=1))
    items = {item for (item,) in city.sql("SELECT item_id FROM plan.done_items").fetchall()}
    assert "immediate:later" not in items
    assert set(made["item_ids"]) <= items


def test_a_finding_still_open_after_its_recheck_is_checked_again(city: Connection) -> None:
    visit = city.sql(
        "FROM plan.visits WHERE channel = 'recheck' AND state = 'scheduled' "
        "AND array_to_string(item_ids, ' ') LIKE '%demo/WF%' ORDER BY planned_on, visit_id"
    ).pl()
    made = visit.row(0, named=True)
    deliver_inspection(city, made["enterprise_id"], made["planned_on"], kind="recheck")
    wait = load_policy().on(END).planning.recheck.again_after_days
    plan(city, made["planned_on"] + timedelta(days=wait))
    items = city.sql(
        f"SELECT item_id FROM plan.visit_items WHERE enterprise_id = '{made['enterprise_id']}'"
    ).pl()["item_id"]
    assert [item for item in items if f"/after {made['planned_on']}" in item]


def test_a_visit_without_a_record_waits_and_then_is_planned_again(city: Connection) -> None:
    first = city.sql("SELECT min(planned_on) FROM plan.visits").fetchall()[0][0]
    planned_then = city.sql(f"SELECT visit_id FROM plan.visits WHERE planned_on = '{first}'").pl()["visit_id"]
    plan(city, first)
    waiting = city.sql("SELECT visit_id FROM plan.visits WHERE state = 'awaiting'").pl()["visit_id"]
    assert set(planned_then) == set(waiting)
    held_items = city.sql("SELECT unnest(item_ids) AS i FROM plan.visits WHERE state = 'scheduled'").pl()["i"]
    waiting_items = city.sql("SELECT unnest(item_ids) AS i FROM plan.visits WHERE state = 'awaiting'").pl()[
        "i"
    ]
    assert not set(held_items) & set(waiting_items)
    days = load_policy().on(END).planning.visiting.record_within_days
    plan(city, first + timedelta(days=days))
    still = city.sql("SELECT visit_id FROM plan.visits WHERE state = 'awaiting'").pl()["visit_id"]
    assert not set(planned_then) & set(still)
    due_again = city.sql("SELECT item_id FROM plan.visit_items WHERE visit_id IS NOT NULL").pl()["item_id"]
    red = [item for item in waiting_items if item.startswith("red:")]
    still_red = (
        city.sql("SELECT enterprise_id FROM risk.codes WHERE code = 'red'").pl()["enterprise_id"].to_list()
    )
    assert {item for item in red if item.split(":")[1] in still_red} <= set(due_again)


def test_filed_visits_keep_day_and_crew_on_a_quiet_night(city: Connection) -> None:
    before = city.sql("SELECT visit_id, planned_on, crew_id FROM plan.visits WHERE state = 'scheduled'").pl()
    filed = before.filter(pl.col("planned_on") <= END + timedelta(days=2))
    assert filed.height
    plan(city, END + timedelta(days=1))
    after = city.sql("SELECT visit_id, planned_on, crew_id FROM plan.visits").pl()
    both = filed.join(after, on="visit_id", suffix="_now")
    assert (both["planned_on"] == both["planned_on_now"]).all()
    assert (both["crew_id"] == both["crew_id_now"]).all()


def test_without_officers_everything_is_certified_and_nothing_crashes(city: Connection) -> None:
    city.execute("DELETE FROM core.officers")
    city.execute("DELETE FROM plan.crews")
    city.execute("DELETE FROM plan.ties")
    plan(city, END + timedelta(days=1))
    assert one(city, "SELECT count(*) FROM plan.visits WHERE state = 'scheduled'") == 0
    rules = city.sql("SELECT DISTINCT rule FROM plan.shortfalls WHERE scope IN ('visit', 'deferred')").pl()
    assert set(rules["rule"]) == {"no_officers", "record_awaited"}


@pytest.mark.parametrize("undone", ["corrected into assistance", "withdrawn"])
def test_a_record_that_is_undone_settles_nothing_any_more(city: Connection, undone: str) -> None:
    visit = city.sql(
        "FROM plan.visits WHERE state = 'scheduled' AND mode = 'on_site' ORDER BY planned_on, visit_id"
    )
    made = visit.pl().row(0, named=True)
    deliver_inspection(city, made["enterprise_id"], made["planned_on"], kind="other")
    plan(city, made["planned_on"])
    assert one(city, "SELECT count(*) FROM plan.done_items") != 0
    next_day = made["planned_on"] + timedelta(days=1)
    deliver_inspection(
        city,
        made["enterprise_id"],
        made["planned_on"],
        kind="other" if undone == "withdrawn" else "assistance",
        recorded_at=next_day,
        withdrawn_on=next_day if undone == "withdrawn" else None,
    )
    plan(city, next_day)
    assert one(city, "SELECT count(*) FROM plan.done_items") == 0


def test_a_visit_far_from_the_planned_day_is_not_the_planned_one(city: Connection) -> None:
    near = load_policy().on(END).planning.visiting.record_within_days
    # Most of what this small city plans is planned soon.
    city.execute(
        "UPDATE plan.visits SET planned_on = planned_on + $near::INT WHERE is_planned", {"near": near}
    )
    visit = city.sql(
        "FROM plan.visits WHERE is_planned AND state = 'scheduled' ORDER BY planned_on DESC, visit_id"
    )
    made = visit.pl().row(0, named=True)
    day = END + timedelta(days=1)
    assert (made["planned_on"] - day).days > near
    deliver_inspection(city, made["enterprise_id"], day, kind="immediate")
    plan(city, day)
    assert one(city, "SELECT count(*) FROM plan.done_items") == 0


def test_a_second_draw_on_one_day_leaves_the_first_ones_record_alone(city: Connection) -> None:
    before = dict(city.sql("SELECT draw_id, record FROM plan.draws WHERE kind = 'objects'").fetchall())
    city.execute("DELETE FROM plan.targets WHERE channel = 'random'")
    plan(city, END)
    after = dict(city.sql("SELECT draw_id, record FROM plan.draws WHERE kind = 'objects'").fetchall())
    assert all(after[draw_id] == record for draw_id, record in before.items())
    assert len(after) > len(before) and unverified(city, END) == {}


def test_immediate_visits_of_the_first_day_are_filed_after_and_all_others_before(planned: Connection) -> None:
    filed = planned.sql(
        "SELECT channel, planned_on, file_by FROM plan.visits WHERE planned_on IS NOT NULL"
    ).pl()
    first = filed["planned_on"].min()
    late = filed["file_by"].dt.date() > filed["planned_on"]
    assert filed["file_by"].null_count() == 0
    is_emergency = (filed["channel"] == "immediate") & (filed["planned_on"] == first)
    assert (late == is_emergency).all()


def test_assistance_visits_settle_nothing(city: Connection) -> None:
    visit = city.sql("FROM plan.visits WHERE state = 'scheduled' ORDER BY planned_on, visit_id").pl()
    made = visit.row(0, named=True)
    deliver_inspection(city, made["enterprise_id"], made["planned_on"], kind="assistance")
    plan(city, made["planned_on"])
    assert one(city, "SELECT count(*) FROM plan.done_items") == 0


def deliver_inspection(
    connection: Connection,
    enterprise_id: str,
    day: date,
    *,
    kind: str,
    departments: str | None = None,
    result: str = "clean",
    recorded_at: date | None = None,
    withdrawn_on: date | None = None,
) -> None:
    """Take in the record of one visit."""
    row = {
        "source": "demo",
        "inspection_id": "new",
        "recorded_at": recorded_at or day,
        "enterprise_id": enterprise_id,
        "inspected_on": day,
        "kind": kind,
        "mode": "on_site",
        "level": "district",
        "departments": departments,
        "result": result,
        "filed_on": day,
        "withdrawn_on": withdrawn_on,
    }
    schema = TABLES["inspections"].schema.create_empty().schema
    frame = pl.DataFrame([{**dict.fromkeys(schema), **row}], schema=schema).with_columns(
        delivery_id=pl.lit("d"), source_file=pl.lit("f"), source_line=pl.lit(1, dtype=pl.Int64)
    )
    write_versions(connection, TABLES["inspections"], frame, received_on=recorded_at or day)
