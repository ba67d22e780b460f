"""Committing to the year's draws ahead of time, and drawing once the public value is known (P3)."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from models.errors import DrawError
from models.planning.draw import to_json
from models.planning.situation import Situation
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection
from warehouse.home import Home
from warehouse.planning.draws import commit_year, fresh_seed, reveal_year, unrevealed
from warehouse.planning.situation import read_situation


def commit_ahead(
    connection: Connection, home: Home, coding: Coding, *, year: int, public_source: str
) -> list[str]:
    """Commit to the draws of a year.  Returns their ids.

    The open records go to ``exports/draws``, to be made public at once; the seeds to ``seeds``, readable by this
    user alone, to be kept until the public value is known.
    """
    now = _seen_from(read_situation(connection, coding), year)
    kept = commit_year(
        connection,
        now,
        coding.policy.planning,
        fresh_seed,
        public_source=public_source,
        committed_on=coding.as_of,
    )
    for draw_id, one in kept.items():
        _write(home, draw_id, to_json(one.record))
    _keep_seeds(home, {draw_id: one.seed for draw_id, one in kept.items()})
    return sorted(kept)


def reveal_ahead(
    connection: Connection, home: Home, coding: Coding, *, year: int, public_value: str
) -> list[str]:
    """Draw what was committed to.  Returns the ids; the records, now whole, replace those in ``exports/draws``.

    Raises DrawError when nothing waits, or a seed is missing.
    """
    if not unrevealed(connection, year):
        raise DrawError(
            "No draw of {year} waits to be revealed. Commit first: ./riskcode draw commit", year=year
        )
    now = _seen_from(read_situation(connection, coding), year)
    drawn = reveal_year(connection, now, coding.policy.planning, _seeds(home), public_value=public_value)
    records = connection.execute(
        "SELECT draw_id, record FROM plan.draws WHERE list_contains(?, draw_id)", [drawn]
    ).fetchall()
    for draw_id, record in records:
        _write(home, draw_id, record)
    return drawn


def _seen_from(now: Situation, year: int) -> Situation:
    """The draws of a year to come see it from the evening before it begins."""
    return now if now.year == year else replace(now, as_of=date(year - 1, 12, 31))


def _write(home: Home, draw_id: str, text: str) -> None:
    folder = home.exports / "draws"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{draw_id}.json").write_text(text, encoding="utf-8")


def _keep_seeds(home: Home, seeds: Mapping[str, str]) -> None:
    home.seeds.mkdir(parents=True, exist_ok=True, mode=0o700)
    for draw_id, seed in seeds.items():
        with open(home.seeds / draw_id, "w", encoding="utf-8", opener=_mine) as file:
            file.write(json.dumps({"draw_id": draw_id, "seed": seed}))


def _mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _seeds(home: Home) -> dict[str, str]:
    if not home.seeds.exists():
        return {}
    return {path.name: json.loads(path.read_text(encoding="utf-8"))["seed"] for path in home.seeds.iterdir()}
