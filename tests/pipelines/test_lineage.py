"""What the graph says an asset rests on is what its code reads."""

import re
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey

from assets.groups import method_version
from desk.say.monitoring import told
from models.policy import load_policy
from models.tables.canonical import TABLES
from pipelines.definitions import build_definitions
from pipelines.demo.city import build_city
from pipelines.settings import load_settings
from tests.worlds.warehouses import city_world, fill, night
from warehouse.coding.coding import identity_of
from warehouse.coding.order import STAGES, run_stage
from warehouse.connection import Connection, writing
from warehouse.database import places
from warehouse.home import Home
from warehouse.planning.plan import compute_plan
from warehouse.publish import PUBLISHED
from warehouse.rules.in_force import coding_on
from warehouse.supervision.measure import measure

DAY = date(2026, 6, 30)
NEXT = DAY + timedelta(days=1)

MAKER = {
    **{f"core.{name}": name for name in TABLES},
    **{f"core.current_{name}": name for name in TABLES},
    "raw.rejected_rows": "rejected_rows",
    "risk.features": "features",
    "risk.scores": "scores",
    "risk.probabilities": "scores",
    "risk.rates": "scores",
    "risk.steps": "timelines",
    "risk.forecast": "timelines",
    "risk.point_steps": "timelines",
    "risk.codes": "codes",
    "risk.explanations": "explanations",
    "risk.factors": "explanations",
    "risk.cut_offs": "explanations",
    "risk.ways": "passports",
    "risk.near_red": "passports",
    "serve.red_queue": "red_queue",
    "serve.open_findings": "red_queue",
    "serve.alike_findings": "red_queue",
    "serve.inspection_queue": "inspection_plan",
    "serve.month_list": "inspection_plan",
}
"""The asset that makes a table.  Ledgers of what was issued, measured and run are of no asset alone."""

_READ = re.compile(r"(?i)(?:FROM|JOIN)\s+(?:\w+\.)?((?:core|risk|serve|plan|dispute|raw)\.\w+)")

ORDER = {"timelines": {"features"}, "inspection_plan": set[str](), "published_copy": {"inspection_plan"}}
"""Edges that say what comes first: features begin the coding of a day."""


class Traced:
    """A connection that remembers which tables its queries read."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.read = connection, set[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, query: str, *arguments: Any, **named: Any) -> Any:
        self.read.update(_READ.findall(query))
        return self.connection.execute(query, *arguments, **named)

    def sql(self, query: str, *arguments: Any, **named: Any) -> Any:
        self.read.update(_READ.findall(query))
        return self.connection.sql(query, *arguments, **named)


def makers(tables: set[str]) -> set[str]:
    """The assets that make tables."""
    found = {MAKER.get(table) for table in tables}
    found |= {"inspection_plan" for table in tables if table.startswith("plan.")}
    found |= {"disputes" for table in tables if table.startswith("dispute.")}
    return {name for name in found if name is not None}


@pytest.fixture(scope="module")
def read() -> dict[str, set[str]]:
    """What every asset of a night reads, as the assets that make it."""
    home, found = Home(Path(tempfile.mkdtemp())).prepare(), dict[str, set[str]]()
    with writing(home) as connection:
        fill(connection, city_world(build_city(40, DAY, 2, 2026)), received_on=DAY)
    night(home, DAY)

    def trace(name: str, work: Any) -> None:
        traced = Traced(connection)
        work(traced)
        found[name] = makers(traced.read) - {name}

    with writing(home) as connection, places.open_place(connection, home, NEXT):
        coding = coding_on(connection, load_policy(), NEXT)
        places.begin(connection, identity_of(connection, coding))
        for stage in STAGES:
            trace(stage, lambda traced, stage=stage: run_stage(traced, coding, stage))
        trace("inspection_plan", lambda traced: compute_plan(traced, coding))
        trace("monitoring", lambda traced: measure(traced, coding, say=told))
    found["published_copy"] = makers(
        {table for query in PUBLISHED.values() for table in _READ.findall(query)}
    )
    return found


def test_whatever_an_asset_reads_it_names_or_what_it_names_rests_on(
    home: Home, read: dict[str, set[str]]
) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    for name, tables in read.items():
        above = {key.to_user_string() for key in graph.get_ancestor_asset_keys(AssetKey(name))}
        assert tables <= above | {"monitoring"}, f"{name} reads {tables - above} unsaid"


def test_whatever_an_asset_names_it_reads(home: Home, read: dict[str, set[str]]) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    for name, tables in read.items():
        named = {key.to_user_string() for key in graph.get(AssetKey(name)).parent_keys}
        # Rules and cards are read from the ledger of activations, by all that codes.
        unread = named - tables - {"policy_pack", "scorecards"} - ORDER.get(name, set())
        assert not unread, f"{name} names {unread} and does not read it"


def test_nothing_that_is_made_by_night_ends_nowhere_but_what_people_see(home: Home) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    ends = {key.to_user_string() for key in graph.get_all_asset_keys() if not graph.get(key).child_keys}
    assert ends == {"published_copy", "replayed_day", "monitoring"}


def test_another_method_is_another_version() -> None:
    assert method_version("models/coding") != method_version("models/planning")
    assert method_version("models/coding") == method_version("models/coding")
