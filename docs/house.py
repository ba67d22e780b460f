"""Draws the house from its imports into ``docs/img/house.svg``: ``python -m docs.house``.

A room is what lies directly in one of the five packages: a folder or a loose file.  It stands above every room of its
package that it imports; drawn are the imports that do not follow from others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import grimp

FILE = Path(__file__).with_name("img") / "house.svg"
WORDS = {
    "pipelines": "assemble",
    "assets": "declare",
    "desk": "speaks",
    "warehouse": "stores",
    "models": "think",
}
"""The five packages from top to bottom: what each does."""

WIDTH, MARGIN, HEAD, GAP = 1160, 16, 130, 12
ROOM, FLOOR, LETTER = 28, 56, 7.6
"""Pixels: height of a room, from floor to floor, width of a letter."""

Rooms = Mapping[str, frozenset[str]]
"""Rooms of a package, with the rooms each imports."""


def rooms(package: str, graph: grimp.ImportGraph) -> Rooms:
    """The rooms of a package and which of them each imports."""
    children = sorted(graph.find_children(package))
    return {
        child.removeprefix(f"{package}."): frozenset(
            other.removeprefix(f"{package}.")
            for other in children
            if other != child and graph.direct_import_exists(importer=child, imported=other, as_packages=True)
        )
        for child in children
    }


def floors(house: Rooms) -> list[list[str]]:
    """Rooms by floor, the highest first; a room stands one above the highest that it imports.

    Raises ValueError for rooms that import each other in a circle.
    """
    level = dict[str, int]()
    while len(level) < len(house):
        ready = [room for room in house if room not in level and house[room] <= level.keys()]
        if not ready:
            raise ValueError(f"A circle among {sorted(house.keys() - level.keys())}.")
        level |= {room: 1 + max((level[below] for below in house[room]), default=-1) for room in ready}
    made = list[list[str]]()
    for floor in range(max(level.values()), -1, -1):
        made.append(_beneath(made, sorted(room for room in house if level[room] == floor), house))
    return made


def _beneath(above: Sequence[Sequence[str]], floor: Sequence[str], house: Rooms) -> list[str]:
    """A floor in an order that puts each room under those that import it."""
    at = {room: (place + 1) / (len(row) + 1) for row in above for place, room in enumerate(row)}

    def middle(room: str) -> float:
        users = [place for user, place in at.items() if room in house[user]]
        return sum(users) / len(users) if users else 0.5

    return sorted(floor, key=middle)


def told_imports(house: Rooms) -> Iterator[tuple[str, str]]:
    """Imports that do not follow from others: from room to room below."""
    reach = dict[str, frozenset[str]]()
    for floor in reversed(floors(house)):
        for room in floor:
            reach[room] = house[room].union(*(reach[below] for below in house[room]))
    for room, below in house.items():
        implied = frozenset[str]().union(*(reach[each] for each in below))
        yield from ((room, each) for each in sorted(below - implied))


def draw(houses: Mapping[str, Rooms]) -> str:
    """The five packages one below the other, as SVG."""
    parts, top = list[str](), MARGIN
    for package, house in houses.items():
        rows = [part for floor in floors(house) for part in _rows(floor)]
        height = len(rows) * FLOOR + GAP
        parts += _band(package, top, height)
        parts += _inside(house, rows, top + GAP)
        top += height + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif">'
    return "\n".join([head, _STYLE, *parts, "</svg>", ""])


_STYLE = """<style>
.band{fill:#f4f6f8;stroke:#c9d1d9}.room{fill:#fff;stroke:#57606a}.word{font-weight:bold;font-size:17px}
.does{font-size:13px;fill:#57606a}.name{font-size:13px;text-anchor:middle}.arrow{stroke:#8c959f;fill:none}
</style>"""


def _rows(floor: Sequence[str]) -> Iterator[list[str]]:
    """A floor in as many rows as it needs to fit the width."""
    row, used = list[str](), 0.0
    for room in floor:
        if row and used + _wide(room) > WIDTH - HEAD - 3 * MARGIN:
            yield row
            row, used = [], 0.0
        row.append(room)
        used += _wide(room) + GAP
    yield row


def _wide(room: str) -> float:
    return len(room) * LETTER + 20


def _band(package: str, top: int, height: int) -> Iterable[str]:
    yield f'<rect class="band" x="{MARGIN}" y="{top}" width="{WIDTH - 2 * MARGIN}" height="{height}" rx="6"/>'
    yield f'<text class="word" x="{2 * MARGIN}" y="{top + height / 2:.0f}">{package}</text>'
    yield f'<text class="does" x="{2 * MARGIN}" y="{top + height / 2 + 18:.0f}">{WORDS[package]}</text>'


def _inside(house: Rooms, rows: Sequence[Sequence[str]], top: int) -> Iterator[str]:
    """Arrows first, so that the rooms lie on them."""
    at = dict[str, tuple[float, float]]()
    for number, row in enumerate(rows):
        free = WIDTH - HEAD - 3 * MARGIN - sum(_wide(room) for room in row)
        step, x = free / (len(row) + 1), HEAD + MARGIN + free / (len(row) + 1)
        for room in row:
            at[room] = (x, top + number * FLOOR)
            x += _wide(room) + step
    for room, below in told_imports(house):
        (x, y), (to_x, to_y) = at[room], at[below]
        x, to_x = x + _wide(room) / 2, to_x + _wide(below) / 2
        bend = (to_y - y - ROOM) / 2
        path = f"M{x:.0f} {y + ROOM} C{x:.0f} {y + ROOM + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y}"
        yield f'<path class="arrow" d="{path}"/>'
    for room, (x, y) in at.items():
        wide = _wide(room)
        yield f'<rect class="room" x="{x:.0f}" y="{y}" width="{wide:.0f}" height="{ROOM}" rx="4"/>'
        yield f'<text class="name" x="{x + wide / 2:.0f}" y="{y + 19}">{escape(room)}</text>'


def fresh() -> str:
    """The picture of the house as it stands."""
    graph = grimp.build_graph(*WORDS, cache_dir=None)
    return draw({package: rooms(package, graph) for package in WORDS})


if __name__ == "__main__":
    FILE.write_text(fresh(), encoding="utf-8", newline="\n")
