"""The days on which a feature can change by the mere passing of time.

Between two such days every feature that is asked for stays what it is, so a code needs to be computed on those
days only.  The measure of each feature names the events it counts and after how many days their weight changes; a
feature that is an age changes every day, but only the values somebody asks about matter.
"""

from collections.abc import Iterable, Iterator

from models.features.catalogue import CATALOGUE
from models.features.measures import Combined, Thresholds
from models.features.windows import FeaturePolicy, Step

DAY_OF = {name: table.day for name, table in CATALOGUE.tables.items()}
"""The day of an event in integer form, as an SQL expression."""


def steps_of(policy: FeaturePolicy, asked: Thresholds) -> tuple[Step, ...]:
    """Where the features that are asked for can change.

    ``asked`` names the features somebody reads, each with the values that matter to the reader.  Register
    features never change by themselves; spells may change on any day and are left to the timeline.
    """
    found = (step for feature, values in asked.items() for step in _steps(feature, values, policy))
    return tuple(dict.fromkeys(found))


def _steps(name: str, values: Iterable[int], policy: FeaturePolicy) -> Iterator[Step]:
    if name not in CATALOGUE:
        return
    feature = CATALOGUE[name]
    if isinstance(feature.measure, Combined):
        for part, of_part in feature.measure.of.items():
            yield from _steps(part, of_part, policy)
    else:
        yield from feature.measure.steps(feature.table, DAY_OF[feature.table], policy, values)
