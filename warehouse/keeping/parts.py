"""What of a home a backup keeps: whatever cannot be made again from the rest, and what a person wrote.

Not kept are the published copies and places of days (made again from the warehouse), exports, passports and Data Docs
(made again by their commands), deliveries (what was taken in is in the warehouse, as are rule packs and mappings), and
Dagster's runs (its daemon writes them at any time, and no code rests on them).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from warehouse.home import Home, sides_of

FOLDERS = ("field", "cards", "reports", "seeds", "exports/draws", "logs", "demo", "map")
"""Folders that are kept with all that is in them; the ledger before its photos, so that none it tells of is missing."""
CONFIG = "dagster/dagster.yaml"
"""Kept, but put back only where there is none: it says how this machine works."""


def kept_files(home: Home) -> Iterator[Path]:
    """Every file of a home that a backup keeps; links are not followed.

    The desk goes on meanwhile: of its ledger a copy as of one moment is kept, without its log, and no unfinished photo.
    """
    yield home.warehouse
    single = [home.approved, home.root / CONFIG, *sorted(home.inbox.glob("*/mapping.yaml"))]
    within = [path for folder in FOLDERS for path in sorted((home.root / folder).rglob("*"))]
    passing = {*sides_of(home.ledger)}
    for path in (home.ledger, *single, *within):
        is_unfinished = path.suffix == ".part" and path.is_relative_to(home.field)
        if path not in passing and not is_unfinished and path.is_file() and not path.is_symlink():
            passing.add(path)
            yield path


def units_of(home: Home, names: Iterable[str]) -> tuple[str, ...]:
    """What changes as one when a home gives way to these files: also what they have none of."""
    folders = (*FOLDERS, home.days.name, f"{home.published.parent.name}/{home.published_days.name}")
    singles = [name for name in names if not any(name.startswith(f"{folder}/") for folder in folders)]
    return (*dict.fromkeys((home.warehouse.name, home.approved.name, *singles, *folders)),)
