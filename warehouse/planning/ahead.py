"""Committing to the year's draws ahead of time, and drawing once the public value is known (P3)."""

import json
import os
from dataclasses import replace
from datetime import date

from models.errors import DrawError
from models.planning.draw import to_json
from models.planning.situation import Situation
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection, transaction
from warehouse.home import Home
from warehouse.planning.draws import commit_year, fresh_seed, reveal_year, unrevealed
from warehouse.planning.situation import read_situation


def commit_ahead(
    connection: Connection, home: Home, coding: Coding, *, year: int, public_source: str
) -> list[str]:
    """Commit to the draws of a year.  Returns their ids.

    The open records go to ``exports/draws``, to be made public at once; the seeds to ``seeds``, readable by this
    user alone, to be kept until the public value is known.  A seed is kept before its draw is committed to: whoever
    dies in between has committed to nothing, and asks again.
    """
    now = _seen_from(read_situation(connection, coding), year)
    with transaction(connection):
        kept = commit_year(
            connection,
            now,
            coding.policy.planning,
            lambda draw_id: _kept_seed(home, draw_id),
            public_source=public_source,
            committed_on=coding.as_of,
        )
    for draw_id, record in unrevealed(connection, year).items():
        _write(home, draw_id, to_json(record))
    return sorted(kept)


def reveal_ahead(
    connection: Connection, home: Home, coding: Coding, *, year: int, public_value: str
) -> list[str]:
    """Draw what was committed to.  Returns the ids; the records, now whole, replace those in ``exports/draws``.

    Raises DrawError when nothing waits, or a seed is missing.  Asked again with the same value, it tells what it drew.
    """
    now = _seen_from(read_situation(connection, coding), year)
    with transaction(connection):
        drawn = reveal_year(connection, now, coding.policy.planning, _seeds(home), public_value=public_value)
    drawn = drawn or _revealed_by(connection, year, public_value)
    if not drawn:
        raise DrawError(
            "No draw of {year} waits to be revealed. Commit first: ./riskcode draw commit", year=year
        )
    records = connection.execute(
        "SELECT draw_id, record FROM plan.draws WHERE list_contains(?, draw_id)", [drawn]
    ).fetchall()
    for draw_id, record in records:
        _write(home, draw_id, record)
    return drawn


def _revealed_by(connection: Connection, year: int, public_value: str) -> list[str]:
    """Draws of a year that were made with a public value."""
    found = connection.execute(
        "SELECT draw_id FROM plan.draws WHERE is_revealed AND year = ? AND record ->> 'public_value' = ? ORDER BY 1",
        [year, public_value],
    ).fetchall()
    return [draw_id for (draw_id,) in found]


def _seen_from(now: Situation, year: int) -> Situation:
    """The draws of a year to come see it from the evening before it begins."""
    return now if now.year == year else replace(now, as_of=date(year - 1, 12, 31))


def _write(home: Home, draw_id: str, text: str) -> None:
    folder = home.exports / "draws"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{draw_id}.json"
    building = path.with_suffix(".building")
    building.write_text(text, encoding="utf-8")
    building.replace(path)


def _kept_seed(home: Home, draw_id: str) -> str:
    """The seed of a draw that is to be committed to: a new one, on disk before anything rests on it."""
    home.seeds.mkdir(parents=True, exist_ok=True, mode=0o700)
    seed, building = fresh_seed(draw_id), home.seeds / f".{draw_id}"
    with open(building, "w", encoding="utf-8", opener=_mine) as file:
        file.write(json.dumps({"draw_id": draw_id, "seed": seed}))
        file.flush()
        os.fsync(file.fileno())
    building.replace(home.seeds / draw_id)
    # That it bears its name must be on disk, too: without its seed a draw stays closed for ever.
    folder = os.open(home.seeds, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return seed


def _mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _seeds(home: Home) -> dict[str, str]:
    """Seeds by draw; what a process that died was writing is none."""
    if not home.seeds.exists():
        return {}
    whole = (path for path in home.seeds.iterdir() if not path.name.startswith("."))
    return {path.name: json.loads(path.read_text(encoding="utf-8"))["seed"] for path in whole}
