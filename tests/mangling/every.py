"""All damages together, and manglings by their seed: which damage, to which city, in which place."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.mangling import books, cells, documents, files, tables
from tests.mangling.city import Delivery, good_delivery
from tests.mangling.oracle import Damage, Outcome, outcome_of, silent_differences
from tests.mangling.registry import DAMAGES, Kind, mangled

assert {one.apply.__module__ for one in DAMAGES.values()} == {
    module.__name__ for module in (books, cells, documents, files, tables)
}
CITIES = 8
"""Good deliveries: the same city, its tables in files of different kinds."""


def drawn(seed: int) -> tuple[Kind, Random, int]:
    """The damage, the chance and the city of a seed; every damage comes once in so many seeds."""
    names = list(DAMAGES)
    return DAMAGES[names[seed % len(names)]], Random(seed), seed // len(names) % CITIES


@dataclass
class Mangler:
    """Manglings in a folder of their own, and what they came to."""

    folder: Path
    tried: int = 0
    changed: int = 0
    mute: int = 0
    _goods: dict[int, tuple[Delivery, Outcome]] = field(default_factory=dict)

    def good(self, city: int) -> tuple[Delivery, Outcome]:
        """A good delivery and what it comes to."""
        if city not in self._goods:
            delivery = good_delivery(Random(city))
            self._goods[city] = delivery, outcome_of(delivery, self.folder / f"good {city}")
        return self._goods[city]

    def mangling(self, seed: int) -> tuple[Kind, Delivery, Delivery, Damage]:
        """What a seed does: the damage, the delivery before and after it, and where it is."""
        kind, chance, city = drawn(seed)
        done = mangled(self.good(city)[0], kind, chance)
        assert done is not None, f"{kind.name} found nothing to damage"
        return kind, *done

    def silent(self, seed: int) -> str:
        """Which silent differences a seed makes, in words; empty where there are none."""
        kind, _, bad, damage = self.mangling(seed)
        folder = self.folder / f"bad {seed}"
        good, outcome = self.good(drawn(seed)[2])[1], outcome_of(bad, folder)
        shutil.rmtree(folder)
        differ = silent_differences(good, outcome, damage)
        self.tried += 1
        self.changed += good.rows != outcome.rows
        self.mute += bool(differ)
        told = {one: (good.codes.get(one), outcome.codes.get(one)) for one in differ}
        return f"{kind.name} (seed {seed}), {damage}: {told}" if differ else ""
