"""Where the event fold runs.  The fold is written once (``models.features``); an engine only brings the data.

Polars reads the columns it needs out of DuckDB and folds in memory; DuckDB folds where the data lies.  Both
give the same integers; ``benchmarks/`` measures them.
"""

from datetime import date

import duckdb
import polars as pl

from models.errors import PolicyError
from models.features import Events, fold_features
from models.features.fold import EVENT_COLUMNS
from models.policy import FeaturePolicy
from models.tables import TABLES, Table

ENGINES = ("polars", "duckdb")


def integer_query(table: Table) -> str:
    """SQL of a canonical table in integer form: the same shape as ``models.features.integer_form``."""
    columns = table.columns()
    parts = [_integer(name, columns[name].dtype) for name in EVENT_COLUMNS[table.name]]
    parts += [f"{name} - DATE '1970-01-01' AS {name}" for name in ("known_from", "known_to")]
    return f"SELECT {', '.join(parts)} FROM core.{table.name}"


def _integer(name: str, dtype: pl.DataType) -> str:
    if dtype == pl.Date:
        return f"{name} - DATE '1970-01-01' AS {name}"
    if dtype == pl.Datetime:
        return f"epoch_us({name}) // 60000000 AS {name}"
    return f"{name}::BIGINT AS {name}" if dtype == pl.Boolean else name


def fold(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    known_at: date,
    policy: FeaturePolicy,
    engine: str = "polars",
) -> pl.DataFrame:
    """Features of all enterprises known at ``known_at``, one row each, sorted by ``enterprise_id``."""
    if engine not in ENGINES:
        raise PolicyError(f"There is no engine '{engine}'. Choose one of {', '.join(ENGINES)}.")
    relations = {name: connection.sql(integer_query(TABLES[name])) for name in EVENT_COLUMNS}
    if engine == "duckdb":
        folded = fold_features(Events(**relations), as_of=as_of, known_at=known_at, policy=policy)
        features: pl.DataFrame = folded.pl()
    else:
        frames = {name: relation.pl().lazy() for name, relation in relations.items()}
        folded = fold_features(Events(**frames), as_of=as_of, known_at=known_at, policy=policy)
        features = folded.collect()
    return features.sort("enterprise_id")
