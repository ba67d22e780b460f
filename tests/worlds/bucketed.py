"""A small world with all that a bucket has to be told, coded at once and in buckets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from models.coding.calibration import Calibration, Step
from models.coding.card import FittedCard, Origin
from models.coding.shrinkage import WHOLE, Priors
from models.policy import Policy, Thresholds, load_policy
from tests.worlds.edges import edgy_world
from tests.worlds.packs import changed
from tests.worlds.warehouses import fill
from warehouse.buckets.coded import Run, bring
from warehouse.coding.coding import Coding
from warehouse.coding.order import begin, code_enterprises
from warehouse.connection import Connection, writing
from warehouse.database.frames import insert
from warehouse.database.meta import stored_no
from warehouse.database.places import PLACE, held, open_place
from warehouse.home import Home
from warehouse.rules.cards import save_card
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import Activation, activate, begin_with

DAY = date(2026, 6, 30)
STARTER = load_policy()
FEW = 60
"""Events of a bucket."""


@dataclass(frozen=True)
class World:
    """A warehouse in which something was stored after a first write, and where others are coded beside it."""

    connection: Connection
    home: Home
    beside: Home
    first_write: int


@cache
def _stricter() -> Policy:
    return changed(
        "stricter",
        ("codes", "value: {blue: 15, yellow: 25, red: 42}", "value: {blue: 12, yellow: 22, red: 38}"),
    )


@contextmanager
def world(root: Path, seed: int) -> Iterator[World]:
    """Two sources that share their numbers, overrides, a champion card, and a pack that comes into force later."""
    home = Home(root / "home").prepare()
    coming = Activation(DAY + timedelta(days=40), "ZHOU", "for a test", None)
    activate(home, _stricter(), coming, default=STARTER)
    with writing(home) as connection:
        begin_with(connection, None, STARTER)
        _champion(connection)
        told = edgy_world(seed, DAY, firms=30, most_events=60)
        fill(connection, told, received_on=DAY)
        connection.execute(
            "INSERT INTO ops.number_pools VALUES ('a', ['b'], ?, 0)", [DAY - timedelta(days=200)]
        )
        first = stored_no(connection)
        for number, code in enumerate(("red", "green", "blue")):
            _override(
                connection, f"e{number + 3}", code, first if number else first + 1, ended=first + number
            )
        again = told["violations"][::3].with_columns(recorded_at=pl.lit(DAY), enterprise_id=pl.lit("e7"))
        fill(connection, {"violations": again}, received_on=DAY)
        yield World(connection, home, Home(root / "beside").prepare(), first)


def some_card() -> FittedCard:
    """A card with the points of the pack, other cut-offs, a probability and priors."""
    step = Step(0, 0.1, 0.05, 0.2, 100, 10)
    label, day = "serious_finding", f"{DAY - timedelta(days=400)}"
    origin = Origin("expert", label, day, day, day, 1, 100, 10, 30, day, "starter", "1.0", "hash", "code")
    return FittedCard(
        STARTER.on(DAY).scorecard,
        Thresholds(blue=7, yellow=17, red=31),
        logit_per_point=0.1,
        directions={},
        calibrations={
            label: Calibration(label, 0.1, (step, replace(step, least_points=12, probability=0.4)))
        },
        priors=Priors({WHOLE: (1.0, 9.0)}),
        origin=origin,
    )


def _champion(connection: Connection) -> None:
    """Such a card, in force for some days."""
    insert(
        connection,
        "model.promotions",
        number=1,
        promoted_at=DAY - timedelta(days=100),
        action="promote",
        card_id=save_card(connection, some_card(), fitted_on=DAY - timedelta(days=100)),
        approved_by="ZHOU",
        reason="for a test",
        effective_from=DAY - timedelta(days=60),
        overridden=False,
        gate="[]",
    )


def _override(connection: Connection, enterprise: str, code: str, stored: int, *, ended: int) -> None:
    insert(
        connection,
        "dispute.overrides",
        override_id=f"{enterprise} {code}",
        enterprise_id=enterprise,
        code=code,
        code_before="blue",
        first_day=DAY - timedelta(days=5),
        last_day=DAY + timedelta(days=25),
        reason="for a test",
        given_by="LIU",
        given_at=DAY - timedelta(days=5),
        given_on=DAY - timedelta(days=5),
        judged_on=DAY - timedelta(days=5),
        stored_no=stored,
        ended_on=DAY - timedelta(days=1),
        ended_stored_no=ended,
    )


Tables = dict[str, tuple[list[tuple[str, str]], pl.DataFrame]]


def tables_of(connection: Connection) -> Tables:
    """Everything that the open place holds: columns and kinds, and rows in their order."""
    return {
        name: (
            [row[:2] for row in connection.execute(f"DESCRIBE {PLACE}.{name}").fetchall()],
            connection.sql(f"FROM {PLACE}.{name}").pl(),
        )
        for name in sorted(held(connection))
    }


def both_ways(
    one: World, run: Run, *, most: int = FEW, stored_by: int | None = None
) -> tuple[Tables, Tables]:
    """The tables of a coding at once, and of the same in buckets."""
    coding = coding_on(one.connection, STARTER, DAY, stored_by=stored_by)

    def coded(home: Home, first: Callable[[Coding], None]) -> Tables:
        with open_place(one.connection, home, DAY):
            begin(one.connection, coding)
            first(coding)
            code_enterprises(one.connection, coding)
            return tables_of(one.connection)

    at_once = coded(one.beside, lambda coding: None)
    folder = one.home.root / "buckets"
    return at_once, coded(
        one.home, lambda coding: bring(one.connection, coding, STARTER, folder, run, most=most)
    )


def differing(at_once: Tables, in_buckets: Tables) -> list[str]:
    """Tables that are not the same to the byte, or that only one way has."""
    names = {*at_once, *in_buckets}
    return sorted(
        name
        for name in names
        if name not in at_once
        or name not in in_buckets
        or at_once[name][0] != in_buckets[name][0]
        or not at_once[name][1].equals(in_buckets[name][1])
    )
