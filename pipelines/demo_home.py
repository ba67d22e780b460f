"""The demo city that a home holds: where it is, how large, and which day it has come to."""

from datetime import date
from pathlib import Path

from pipelines.demo import END, write_demo_city
from warehouse.database.meta import CLOSED_ON, get_meta
from warehouse.database.reading import telling_of_runs
from warehouse.home import Home
from warehouse.intake.mapping import load_mapping

DEMO_MAPPING = "demo_city"
"""Name of its mapping, and seed of its draws: an invented city may be drawn the same way every time."""
DEMO_ENTERPRISES = 5000


def demo_folder(home: Home) -> Path:
    """Everything of it but what is taken in."""
    return home.root / "demo"


def demo_delivery(home: Home) -> Path:
    """What it delivers."""
    return demo_folder(home) / "delivery"


def demo_size(home: Home) -> int | None:
    """Enterprises of the demo city this home holds, or ``None``."""
    note = demo_folder(home) / "enterprises"
    return int(note.read_text()) if note.exists() else None


def is_whole(home: Home) -> bool:
    """Whether the demo city delivers every table; one written by an earlier version of the program may not."""
    folder, tables = demo_delivery(home), load_mapping(DEMO_MAPPING).tables.values()
    return all(
        any(next(folder.glob(name), None) for entry in entries for name in entry.files) for entries in tables
    )


def write_demo(home: Home, enterprises: int) -> None:
    """Write its deliveries into a home that holds none."""
    demo_delivery(home).mkdir(parents=True, exist_ok=True)
    write_demo_city(demo_delivery(home), enterprises=enterprises)
    (demo_folder(home) / "enterprises").write_text(str(enterprises))


def kept_visits(home: Home, day: date) -> Path:
    """What the crews were told to do on a day that was lived on."""
    return demo_folder(home) / "lived" / f"{day}.parquet"


def lived_days(home: Home) -> list[date]:
    """Days lived on, in their order."""
    kept = kept_visits(home, END)
    return sorted(date.fromisoformat(path.stem) for path in kept.parent.glob(f"*{kept.suffix}"))


def demo_day(home: Home) -> date:
    """The day it has come to: the day coded last, or begun, or that on which it was delivered at first."""
    with telling_of_runs(home) as connection:
        closed = get_meta(connection, CLOSED_ON) if connection else None
    return max([END, *lived_days(home), *([date.fromisoformat(closed)] if closed else [])])
