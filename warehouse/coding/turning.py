"""When what is told of an enterprise may turn by itself: ``risk.turns``, by which the next night is kept small."""

from models.coding.timeline import Reading
from models.features import CATALOGUE
from models.features.turns import next_turns
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.timelines import FORESEEN_DAYS

BY_CODE = {"blue": "blue_on", "yellow": "yellow_on", "red": "red_on"}
"""Column of the first turn after the day by which an act betters that code, if it does."""


def dwell_of(coding: Coding) -> dict[str, int]:
    """Days after which an act of the coded day betters a code, by code."""
    return coding.policy.codes.change.dwell_days.model_dump()


def turns_query(coding: Coding) -> str:
    """SQL of ``risk.turns``: one row per enterprise that is prepared (``Rows.levels_on``)."""
    today, dwell = day_number(coding.as_of), dwell_of(coding)
    after = {
        "read_on": today,
        **{column: today + dwell[code] for code, column in BY_CODE.items()},
        "beyond_on": today + FORESEEN_DAYS,
    }
    asked = {name: sorted(values) for name, values in _read(coding).items()}
    turns = next_turns(asked, coding.policy.features, after, ("level_on", today))
    columns = ", ".join(f"DATE '1970-01-01' + {name} AS {name}" for name in (*after, "level_on"))
    return (
        f"SELECT enterprise_id, DATE '{coding.as_of}' AS as_of, {columns} FROM firms LEFT JOIN ({turns}) USING (f) "
        "ORDER BY enterprise_id"
    )


def _read(coding: Coding) -> dict[str, set[int]]:
    """Levels that rules read from the coded day on, with the values that matter; and what acts are offered by.

    What a rule only tells its end by is read, too.
    """
    asked: dict[str, set[int]] = {feature.name: set() for feature in CATALOGUE if feature.acts != "none"}
    asked["severity_points"] = set()
    expiring = (rule.expires for rule in coding.policy.codes.rules)
    asked |= {one.days_since: set[int]() for one in expiring if one and one.days_since not in asked}
    begun = sum(one.since <= coding.as_of for one in coding.in_force)
    for one in coding.in_force[max(begun - 1, 0) :]:
        for name, values in Reading(one).levels.items():
            asked.setdefault(name, set()).update(values)
    return asked
