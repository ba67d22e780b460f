"""The damages by name, each with a sentence and the kinds of files it can befall."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.mangling.city import COLUMNS, KINDS, Delivery, File
from tests.mangling.oracle import Damage

TEXT = ("csv", "gb", "bom")
GRID = (*TEXT, "xlsx")
JSON = ("json", "jsonl")
BOOK = ("xlsx",)
PARQUET = ("parquet",)

Words = tuple[str, ...]
Apply = Callable[[Delivery, File, Random], Damage | Words | None]


@dataclass(frozen=True)
class Kind:
    """One way of damaging a file.

    ``apply`` changes a delivery and gives the words that a remark about it has to hold, or where it is to be found if
    not in the file; ``None`` where the file offers nothing to damage.
    """

    name: str
    sentence: str
    kinds: Words
    apply: Apply


_TRIES = 40
"""Files that are tried, one after the other, until one offers something to damage."""

DAMAGES: dict[str, Kind] = {}


def damage(sentence: str, *kinds: str) -> Callable[[Apply], Apply]:
    """Enter a function as a damage to files of some kinds (default: all)."""

    def enter(apply: Apply) -> Apply:
        name = apply.__name__
        assert name not in DAMAGES, name
        DAMAGES[name] = Kind(name, sentence, kinds or KINDS, apply)
        return apply

    return enter


def mangled(good: Delivery, kind: Kind, chance: Random) -> tuple[Delivery, Delivery, Damage] | None:
    """A good delivery, a damaged copy of it, and where; ``None`` where the damage finds nothing to damage.

    The file to be damaged is of a kind that can be, whatever it was of before.
    """
    for _ in range(_TRIES):
        base = good.copy()
        file = chance.choice(list(base.files.values()))
        if file.kind not in kind.kinds:
            file.become(chance.choice(kind.kinds))
        bad = base.copy()
        done = kind.apply(bad, bad.files[file.table], chance)
        if done is not None:
            return base, bad, done if isinstance(done, Damage) else Damage(file.name, done)
    return None


# ---- what damages are made of --------------------------------------------------------------------------


def words_of(file: File, *names: str) -> Words:
    """Header and canonical name of columns."""
    headers = {name: header for header, name in COLUMNS[file.table].items()}
    return tuple(word for name in names for word in (name, f"{file.table}.{name}", headers[name]))


def any_column(file: File, chance: Random, among: Words = ()) -> str | None:
    """A column of the file, one of some if given."""
    mine = [name for name in file.names() if name in (among or file.names())]
    return chance.choice(mine) if mine else None


def some_rows(file: File, chance: Random) -> list[int]:
    """One row, a few, or all."""
    count = chance.choice((1, 1, 2, 5, len(file.rows)))
    return sorted(chance.sample(range(len(file.rows)), min(count, len(file.rows))))


def change_cells(
    file: File, chance: Random, among: Words, change: Callable[[str], str | None]
) -> Words | None:
    """Change cells of one column in some rows; what ``change`` gives ``None`` for stays."""
    name = any_column(file, chance, among)
    if name is None:
        return None
    at, is_changed = file.column(name), False
    for row in some_rows(file, chance):
        new = change(file.rows[row][at])
        if new is not None and new != file.rows[row][at]:
            file.rows[row][at], is_changed = new, True
    return words_of(file, name) if is_changed else None
