"""Hypothesis strategies drawn from ``models/tables``: small consistent worlds that the tables' own schemas accept.

A cell is drawn from the type, limits, nullability and code list of its column.  Within a row, other days lie on
the allowed side of the day it happened; ``canonical`` holds every frame against its schema, so a row rule that
is added to ``models/tables/canonical.py`` and not respected here fails loudly.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

import dataframely as dy
import polars as pl
from hypothesis import strategies as st

from models.features import CATALOGUE, Events, integer_form
from models.features.events import EVENT_COLUMNS
from models.policy import load_policy
from models.scorecard import Factor
from models.tables.canonical import TABLES, Table, code_list

FIRST_DAY, LAST_DAY = date(2020, 7, 1), date(2026, 6, 30)
FOREVER = date(9999, 12, 31)

World = dict[str, pl.DataFrame]
Row = dict[str, Any]

LAGS = (0, 1, 14, 200, 800)
"""Days between what happened and what followed it: on the day, the next one, and beyond every short window."""
WAITS = (0, 240, 241, 1440, 1441, 60_000)
"""Minutes until an alert is answered or over: each side of the limits of the starter pack."""
BEFORE_IT_HAPPENED = frozenset({"period_start", "first_day", "opens_on"})
"""Days that precede the day of the row; all others follow it."""
SHARED_TEXTS = ("x", "y")
"""Few texts, so that findings share visits and items often."""


def _values(column: dy.Column) -> list[Any]:
    """Values of a column that is no day: its categories, or the edges of its limits and something small."""
    codes = code_list(column)
    if codes is not None:
        return list(codes.keys)
    if column.name == "source":
        return ["a", "b"]
    if isinstance(column, dy.Bool):
        return [False, True]
    if isinstance(column, dy.Int64):
        least, most = column.min or 0, column.max
        assert most is not None, "an unlimited integer column could overflow a sum"
        return [value for value in (least, least + 1, least + 3, least + 40) if value <= most]
    if isinstance(column, dy.Float64):
        return [column.min, 0.0, column.max]
    assert isinstance(column, dy.String), f"no strategy for {column}"
    return list(SHARED_TEXTS)


@cache
def cells(name: str) -> dict[str, list[Any]]:
    """The values drawn for each column of a table that is no day."""
    return {
        column: [*([None] if kind.nullable else []), *_values(kind)]
        for column, kind in TABLES[name].columns().items()
        if not isinstance(kind, (dy.Date, dy.Datetime))
    }


def _moment(chance: Random, name: str, column: dy.Column, happened: date) -> date | None:
    if column.nullable and chance.random() < 0.5:
        return None
    if isinstance(column, dy.Datetime):
        return happened + timedelta(minutes=chance.choice(WAITS))
    distance = timedelta(days=chance.choice(LAGS))
    return happened - distance if name in BEFORE_IT_HAPPENED else happened + distance


def _row(chance: Random, table: Table, key: str, enterprises: tuple[str, ...]) -> Row:
    day = FIRST_DAY + timedelta(days=chance.randint(0, (LAST_DAY - FIRST_DAY).days))
    at = datetime.combine(day, time()) + timedelta(minutes=chance.choice((0, 1, 720, 1439)))
    row: Row = {}
    for name, column in table.columns().items():
        if name == "enterprise_id":
            row[name] = chance.choice(enterprises)
        elif name in table.key and name != "source":
            row[name] = key
        elif name == table.happened:
            row[name] = at if isinstance(column, dy.Datetime) else day
        elif isinstance(column, (dy.Date, dy.Datetime)):
            row[name] = _moment(chance, name, column, at if isinstance(column, dy.Datetime) else day)
        else:
            row[name] = chance.choice(cells(table.name)[name])
    if table.name == "self_reports":
        row["hazards_fixed"] = min(row["hazards_fixed"], row["hazards_found"])
    if table.name == "violations" and row["plan_approved_on"] and row["plan_until"]:
        row["plan_until"] = max(row["plan_until"], row["plan_approved_on"])
    if table.name == "filings":
        row["filed_at"] = min(row["filed_at"], datetime.combine(row["recorded_at"], time(23, 59)))
    return row


def _versions(seed: int, table: Table, key: str, enterprises: tuple[str, ...]) -> list[Row]:
    """One thing as it was told once or, one time in four, twice; what is told later is recorded later."""
    chance = Random(f"{seed} {table.name} {key}")
    told = [_row(chance, table, key, enterprises)]
    if chance.random() < 0.25:
        again = _row(chance, table, key, enterprises)
        again["source"] = told[0]["source"]
        again["recorded_at"] = max(again["recorded_at"], told[0]["recorded_at"] + timedelta(days=1))
        told.append(again)
    return told


SEEDS = st.integers(0, 2**32 - 1)


def rows(table: Table, *, key: str, enterprises: tuple[str, ...]) -> st.SearchStrategy[Row]:
    """One row of any table, about one of the enterprises where it is about one."""
    return SEEDS.map(lambda seed: _row(Random(seed), table, key, enterprises))


@st.composite
def worlds(draw: st.DrawFn, *, most_enterprises: int = 5, most_events: int = 40) -> World:
    """The six tables of the fold: a few enterprises and up to ``most_events`` things of each kind of event.

    The cells of a thing depend on one seed and its own key alone.  So a small number of examples already brings
    very different worlds, and shrinking takes things away without changing those that stay.
    """
    seed = draw(SEEDS)
    ids = tuple(f"e{n}" for n in range(1, draw(st.integers(1, most_enterprises)) + 1))
    register = [row for one in ids for row in _versions(seed, TABLES["enterprises"], one, (one,))]
    world = {"enterprises": canonical("enterprises", register)}
    for name in EVENT_COLUMNS:
        table = TABLES[name]
        if not table.is_register:
            things = range(draw(st.integers(0, most_events)))
            world[name] = canonical(
                name, [row for n in things for row in _versions(seed, table, f"{name}-{n}", ids)]
            )
    return world


def corrected(world: World, seed: int, *, recorded_at: date) -> World:
    """The world once every thing in it is told anew, on a day after all else was."""
    ids = tuple(sorted({one for frame in world.values() for one in frame["enterprise_id"]}))
    later: World = {}
    for name, frame in world.items():
        table = TABLES[name]
        again = [
            {
                **_row(Random(f"{seed} {thing}"), table, "", (thing[-1],) if table.is_register else ids),
                **dict(zip(table.key, thing, strict=True)),
                "recorded_at": recorded_at,
            }
            for thing in frame.select(table.key).unique().sort(table.key).iter_rows()
        ]
        later[name] = canonical(name, [*frame.to_dicts(), *again])
    return later


@st.composite
def coded_days(draw: st.DrawFn, world: World) -> date:
    """A day on which something of the world happens, or the day before: where a wrong cut shows."""
    eventful = {
        day.date() if isinstance(day, datetime) else day
        for name, frame in world.items()
        if not TABLES[name].is_register
        for column in frame.select(pl.col(pl.Date, pl.Datetime)).iter_columns()
        for day in column.drop_nulls()
    }
    day = draw(st.sampled_from(sorted(eventful or {LAST_DAY})))
    return day - timedelta(days=draw(st.sampled_from((0, 1))))


def canonical(name: str, told: list[Row]) -> pl.DataFrame:
    """Rows as a canonical frame.  Raises when the schema of the table does not accept every one of them."""
    if not told:
        return _nothing(name)
    schema = TABLES[name].schema
    return schema.validate(pl.DataFrame(told, schema=schema.create_empty().schema, orient="row"))


@cache
def _nothing(name: str) -> pl.DataFrame:
    return TABLES[name].schema.create_empty()


def integer_frames(world: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables the fold reads in integer form, each version with the days from and to which it counts.

    ``known_from`` is the day a version was recorded, ``known_to`` the day the next version of the same thing was,
    or a far day.
    """
    return {name: _integer_frame(TABLES[name], world[name]) for name in EVENT_COLUMNS}


def _integer_frame(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    following = pl.col("recorded_at").shift(-1).over(table.key, order_by="recorded_at")
    timed = frame.with_columns(
        known_from=pl.col("recorded_at"), known_to=following.fill_null(pl.lit(FOREVER, dtype=pl.Date))
    )
    return integer_form(timed.select(*EVENT_COLUMNS[table.name], "known_from", "known_to"))


def as_events(frames: Mapping[str, pl.DataFrame]) -> Events:
    """Integer frames as the lazy Polars frames the fold takes."""
    return Events(**{name: frame.lazy() for name, frame in frames.items()})


def _edges(feature: str) -> list[int]:
    """Values of a feature each side of every limit the starter pack tests it with."""
    policy = load_policy().on(LAST_DAY)
    limits = {0, 1}
    for factor in policy.scorecard.factors:
        if factor.feature == feature and factor.is_numeric:
            limits |= _with_neighbours(factor)
    conditions = [test for rule in policy.codes.rules for test in rule.when]
    conditions += [test for group in policy.codes.sufficiency.any_of for test in group]
    for test in conditions:
        if test.feature == feature:
            limits |= {
                near
                for edge in (test.at_least, test.at_most)
                if edge is not None
                for near in (edge - 1, edge, edge + 1)
            }
    return sorted(value for value in limits if value >= 0)


def _with_neighbours(factor: Factor) -> set[int]:
    return {near for least in factor.points if isinstance(least, int) for near in (least - 1, least)}


FEATURE_SCHEMA = {one.name: pl.String if one.is_text else pl.Int64 for one in CATALOGUE}


DERIVED = {
    "industry": [None, "26", "261", "2614", "建筑"],
    "industry_division": [None, "26", "建筑"],
    "track_record": ["visited", "records", "none"],
}
"""Values of the text features that the fold makes itself."""


@cache
def _feature_cells() -> dict[str, st.SearchStrategy[Any]]:
    inherent = cells("enterprises")
    cells_of: dict[str, st.SearchStrategy[Any]] = {}
    for feature in CATALOGUE:
        name = feature.name
        if name in DERIVED:
            cells_of[name] = st.sampled_from(DERIVED[name])
        elif feature.is_text:
            cells_of[name] = st.sampled_from(inherent[name])
        elif name != "high_hazard":
            unknown = [None] if feature.table and feature.measure.blank is None else []
            cells_of[name] = st.sampled_from([*unknown, *_edges(name)])
    return cells_of


@cache
def _feature_rows() -> st.SearchStrategy[Row]:
    """Rows of which half are quiet in most counts, or hardly one would be anything but RED."""
    loud = _feature_cells()
    quiet = {
        name: st.just(0) | values if name in CATALOGUE.counts else values for name, values in loud.items()
    }
    return st.one_of(st.fixed_dictionaries(quiet), st.fixed_dictionaries(loud))


@st.composite
def feature_frames(draw: st.DrawFn, *, most: int = 6) -> pl.DataFrame:
    """Feature rows as a run computes them, with values each side of every limit of the starter pack."""
    told = [
        {**row, "enterprise_id": f"e{n}", "high_hazard": int(row["sector"] not in (None, "general"))}
        for n, row in enumerate(draw(st.lists(_feature_rows(), min_size=1, max_size=most)), 1)
    ]
    return pl.DataFrame(told, schema=FEATURE_SCHEMA, orient="row")
