"""One measure by itself, of a few events of one enterprise: a catalogue that has no other, and small tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import polars as pl
import pytest

from models.features import CATALOGUE
from models.features.day import levels_of_day
from models.features.feature import Feature
from models.features.measures import Combined, Inherent, Measure
from models.features.span import TABLES, Levels, Stretch
from tests.worlds.by_hand import POLICY

NUMBERS = replace(
    POLICY.features,
    severity_points={"minor": 1, "general": 3, "serious": 10},
    violation_bands=((10, 3), (20, 1)),
    severity_window_days=30,
    repeat_window_days=15,
)
Changes = list[tuple[int, int | None]]


@dataclass(frozen=True)
class Told:
    """What a measure makes of the events of one enterprise, ``x``, or what comes of it, ``y``."""

    connection: duckdb.DuckDBPyConnection
    name: str

    def on(self, day: int) -> Any:
        """The level of a day."""
        [[level]] = self.connection.sql(f"SELECT {self.name} FROM ({levels_of_day(NUMBERS, day)})").fetchall()
        return level

    def over(self, first: int, last: int, asked: Sequence[int] = ()) -> Changes:
        """The level at the begin of a span, where one is told, and every change of it."""
        for statement in Levels({self.name: asked}, NUMBERS, Stretch(first, last)).statements():
            self.connection.execute(statement)
        return self.connection.sql("SELECT day, v FROM sampled WHERE k = 0 ORDER BY day").fetchall()


Tell = Callable[..., Told]
COLUMNS = {
    "day": pl.Int32,
    "bad": pl.Boolean,
    "n": pl.Int64,
    "kind": pl.String,
    "since": pl.Int32,
    "until": pl.Int32,
    "rests_from": pl.Int32,
    "rests_until": pl.Int32,
    "source": pl.String,
    "visit": pl.String,
    "item": pl.String,
    "one": pl.Int64,
}


def telling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tell]:
    """Tells of a catalogue with one measure, and of events whose columns are given."""
    with duckdb.connect(config={"threads": 1}) as connection:

        def told(measure: Measure, combined: Combined | None = None, **columns: list[Any]) -> Told:
            features = [Feature("enterprises", "enterprise_id", Inherent(), is_text=True)]
            features.append(Feature("violations", "x", measure))
            if combined:
                features.append(Feature("", "y", combined, is_text=bool(combined.categories)))
            monkeypatch.setattr(CATALOGUE, "features", tuple(features))
            height = len(next(iter(columns.values())))
            frame = pl.DataFrame(
                {name: columns.get(name, [None] * height) for name in COLUMNS}, schema=COLUMNS
            )
            connection.register("rows", frame.to_arrow())
            connection.execute(
                "CREATE OR REPLACE TABLE firms AS SELECT 0::INTEGER AS f, 'e1' AS enterprise_id"
            )
            for table in TABLES:
                connection.execute(
                    f"CREATE OR REPLACE TABLE of_{table} AS SELECT 0::INTEGER AS f, one IS NULL AS is_alone, * "
                    f"FROM rows WHERE {str(table == 'violations').lower()}"
                )
            connection.execute("CREATE OR REPLACE TABLE together AS FROM of_violations WHERE NOT is_alone")
            return Told(connection, "y" if combined else "x")

        yield told
