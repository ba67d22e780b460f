"""What one would write instead: the same violation features by hand, in SQL and in pandas.

Like for like: ours is measured here on the violations alone.  Every variant must give the same integers.
"""

from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl

from benchmarks.bulk import AS_OF
from benchmarks.floor import WAREHOUSE
from benchmarks.meter import Measured, Meter
from benchmarks.stages import coding
from models.features.asof import Moment
from models.features.fold import part_features
from models.policy import FeaturePolicy
from models.tables.canonical import TABLES
from models.vocabulary import day_number
from warehouse.coding.engines import integer_query
from warehouse.connection import Connection, writing
from warehouse.home import Home

COLUMNS = (
    "violation_points",
    "violations_36m",
    "major_hazards_24m",
    "open_major_hazards",
    "open_rectifications",
    "overdue_rectifications",
)
"""What the alternatives compute; ours computes four columns more from the same rows."""
PANDAS_SHARE = 10
"""pandas gets one enterprise in ten; the table shows that share as measured, the lines below it scale it."""


def measure_ours(root: Path, engine: str, keep: Path) -> list[Measured]:
    """``models.features.violations`` on one engine."""
    meter, what = Meter("alternative"), coding(AS_OF, engine)
    moment = Moment(day_number(what.as_of), day_number(what.known_at))
    with (
        writing(Home(root)) as connection,
        meter.stage(f"ours on {engine}, violations only", floor=WAREHOUSE) as stage,
    ):
        rows = connection.sql(integer_query(TABLES["violations"]))
        native: Any = rows.pl().lazy() if engine == "polars" else rows
        folded = part_features(
            "violations", nw.from_native(native).lazy(), moment, what.policy.features
        ).to_native()
        features = folded.collect() if engine == "polars" else folded.pl()
        stage.rows = features.height
    _kept(features).write_parquet(keep)
    return meter.found


def measure_sql(root: Path, keep: Path) -> list[Measured]:
    """The same by hand in DuckDB SQL."""
    meter, query = Meter("alternative"), hand_written(coding(AS_OF, "duckdb").policy.features)
    with (
        writing(Home(root)) as connection,
        meter.stage("hand-written DuckDB SQL", floor=WAREHOUSE) as stage,
    ):
        features = connection.sql(query).pl()
        stage.rows = features.height
    _kept(features).write_parquet(keep)
    return meter.found


def measure_pandas(root: Path, keep: Path) -> list[Measured]:
    """The same by hand in pandas, for one enterprise in ten."""
    meter, policy = Meter("alternative"), coding(AS_OF, "polars").policy.features
    with (
        writing(Home(root)) as connection,
        meter.stage(f"pandas, 1/{PANDAS_SHARE} of the enterprises", floor=WAREHOUSE) as stage,
    ):
        features = in_pandas(connection, policy)
        stage.rows = len(features)
    _kept(pl.from_pandas(features.reset_index())).write_parquet(keep)
    return meter.found


def _kept(features: pl.DataFrame) -> pl.DataFrame:
    return features.select("enterprise_id", pl.col(*COLUMNS).cast(pl.Int64)).sort("enterprise_id")


def hand_written(policy: FeaturePolicy) -> str:
    """The query; the numbers of the policy are put in so that it stays right when they change."""
    day = f"DATE '{AS_OF}'"
    severity = " ".join(f"WHEN '{name}' THEN {points}" for name, points in policy.severity_points.items())
    bands = " ".join(f"WHEN age <= {upto} THEN {weight}" for upto, weight in policy.violation_bands)
    return f"""
        WITH standing AS (
            SELECT enterprise_id, coalesce(inspection_id, violation_id) AS visit,
                   coalesce(item_code, violation_id) AS item, severity, quantity, is_major_hazard,
                   rectify_due_on, {day} - occurred_on AS age,
                   rectified_on IS NULL OR rectified_on > {day} AS is_open
            FROM core.violations
            WHERE known_from <= {day} AND known_to > {day} AND occurred_on <= {day}
              AND (withdrawn_on IS NULL OR withdrawn_on > {day})
        ),
        points AS (
            SELECT enterprise_id, sum(points) AS violation_points FROM (
                SELECT enterprise_id, visit, item,
                       max(CASE severity {severity} ELSE 0 END * CASE {bands} ELSE 0 END * quantity) AS points
                FROM standing GROUP BY enterprise_id, visit, item)
            GROUP BY enterprise_id
        ),
        counts AS (
            SELECT enterprise_id,
                   sum(quantity) FILTER (age <= 1096) AS violations_36m,
                   count(*) FILTER (is_major_hazard AND age <= 730) AS major_hazards_24m,
                   count(*) FILTER (is_major_hazard AND is_open) AS open_major_hazards,
                   count(*) FILTER (rectify_due_on IS NOT NULL AND is_open) AS open_rectifications,
                   count(*) FILTER (rectify_due_on < {day} AND is_open) AS overdue_rectifications
            FROM standing GROUP BY enterprise_id
        )
        SELECT enterprise_id, violation_points, coalesce(violations_36m, 0) AS violations_36m,
               major_hazards_24m, open_major_hazards, open_rectifications, overdue_rectifications
        FROM counts JOIN points USING (enterprise_id)
    """


def in_pandas(connection: Connection, policy: FeaturePolicy) -> pd.DataFrame:
    """The same steps as the query, on a sample of the enterprises."""
    day = pd.Timestamp(AS_OF)
    rows = connection.sql(
        f"""
        SELECT enterprise_id, violation_id, inspection_id, item_code, occurred_on, severity, quantity,
               is_major_hazard, rectify_due_on, rectified_on, withdrawn_on, known_from, known_to
        FROM core.violations WHERE {sampled("enterprise_id")}
        """
    ).df()
    # 9999-12-31 is past the last nanosecond of pandas; DuckDB delivers such days in microseconds.
    rows = rows[(rows.known_from <= day) & (rows.known_to > day) & (rows.occurred_on <= day)]
    rows = rows[rows.withdrawn_on.isna() | (rows.withdrawn_on > day)].copy()
    rows["visit"] = rows.inspection_id.fillna(rows.violation_id)
    rows["item"] = rows.item_code.fillna(rows.violation_id)
    age = (day - rows.occurred_on).dt.days
    open_ = rows.rectified_on.isna() | (rows.rectified_on > day)
    weight = np.select(
        [age <= upto for upto, _ in policy.violation_bands], [w for _, w in policy.violation_bands], default=0
    )
    rows["points"] = rows.severity.map(dict(policy.severity_points)).fillna(0) * weight * rows.quantity
    rows["violations_36m"] = rows.quantity.where(age <= 1096, 0)
    rows["major_hazards_24m"] = rows.is_major_hazard & (age <= 730)
    rows["open_major_hazards"] = rows.is_major_hazard & open_
    rows["open_rectifications"] = rows.rectify_due_on.notna() & open_
    rows["overdue_rectifications"] = (rows.rectify_due_on < day) & open_
    per_item = rows.groupby(["enterprise_id", "visit", "item"])["points"].max()
    features = rows.groupby("enterprise_id")[list(COLUMNS[1:])].sum()
    return features.assign(violation_points=per_item.groupby(level=0).sum())


def sampled(column: str) -> str:
    """SQL condition of the sample: the last digit of the enterprise's id."""
    return f"right({column}, 1) = '0'"


def same_result(ours: Path, other: Path) -> bool:
    """Whether another variant gives our integers for every enterprise it covers, and covers all or its sample."""
    expected, found = pl.read_parquet(ours), pl.read_parquet(other)
    if found.height != expected.height:
        expected = expected.filter(pl.col("enterprise_id").str.ends_with("0"))
    return expected.equals(found)
