"""When what is told of an enterprise may turn by itself: ``risk.turns``, by which the next night is kept small."""

import polars as pl

from models.coding.timeline import Reading
from models.features import CATALOGUE
from models.features.turns import next_turns
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.levels import rows_of
from warehouse.coding.rows import put_in_portions
from warehouse.coding.timelines import FORESEEN_DAYS
from warehouse.database.frames import Connection

BY_CODE = {"blue": "blue_on", "yellow": "yellow_on", "red": "red_on"}
"""Column of the first turn after the day by which an act betters that code, if it does."""


def compute_turns(connection: Connection, coding: Coding) -> int:
    """``risk.turns``: one row per enterprise.  Returns their number."""
    policy, today = coding.policy.features, day_number(coding.as_of)
    dwell = coding.policy.codes.change.dwell_days
    after = {
        "read_on": today,
        **{column: today + int(getattr(dwell, code)) for code, column in BY_CODE.items()},
        "beyond_on": today + FORESEEN_DAYS,
    }
    read = next_turns({name: sorted(values) for name, values in _read(coding).items()}, policy, after)
    every = next_turns(dict.fromkeys(CATALOGUE.names, ()), policy, {"level_on": today})
    columns = ", ".join(f"DATE '1970-01-01' + {name} AS {name}" for name in (*after, "level_on"))
    query = (
        f"SELECT enterprise_id, DATE '{coding.as_of}' AS as_of, {columns} FROM firms LEFT JOIN ({read}) USING (f) "
        f"LEFT JOIN ({every}) USING (f) ORDER BY enterprise_id"
    )

    def made(portion: Coding) -> pl.DataFrame:
        rows_of(connection, portion.extract).prepare(coding.known_at, policy)
        return connection.sql(query).pl()

    return put_in_portions(connection, "risk.turns", coding, made)


def _read(coding: Coding) -> dict[str, set[int]]:
    """Levels that rules read from the coded day on, with the values that matter; and what acts are offered by."""
    asked: dict[str, set[int]] = {feature.name: set() for feature in CATALOGUE if feature.acts != "none"}
    asked["severity_points"] = set()
    begun = sum(one.since <= coding.as_of for one in coding.in_force)
    for one in coding.in_force[max(begun - 1, 0) :]:
        for name, values in Reading(one).levels.items():
            asked.setdefault(name, set()).update(values)
    return asked
