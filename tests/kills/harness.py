"""Kill an act, look at what readers find, let somebody go on, and compare with what it comes to undisturbed."""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from models.planning.draw import sha256
from tests.kills.acts import WATCH, Act, City, prepared
from tests.kills.doom import FULL, KILLED, TORN, Doom
from tests.worlds.documented import differing_documents
from tests.worlds.runs import DECIDED, published, riskcode
from warehouse.home import Home

Rows = list[tuple[Any, ...]]

_WITHOUT = "* EXCLUDE (stored_no, {})"
STATE = {
    **DECIDED,
    "history": "SELECT enterprise_id, valid_from, valid_to, code, previous_code, score, decided_by "
    "FROM risk.code_history ORDER BY ALL",
    "facts": "SELECT violation_id, version, severity, withdrawn_on, source_file FROM core.violations ORDER BY ALL",
    "objections": f"SELECT {_WITHOUT.format('filed_at')} FROM dispute.objections ORDER BY ALL",
    "decisions": f"SELECT {_WITHOUT.format('decided_at')} FROM dispute.decisions ORDER BY ALL",
    "overrides": f"SELECT {_WITHOUT.format('given_at, ended_stored_no')} FROM dispute.overrides ORDER BY ALL",
    "activations": f"SELECT {_WITHOUT.format('activated_at')} FROM ops.activations ORDER BY ALL",
    "promotions": "SELECT * EXCLUDE (promoted_at) FROM model.promotions ORDER BY ALL",
    "draws": "SELECT draw_id, committed_on, is_revealed FROM plan.draws ORDER BY ALL",
    "targets": "SELECT count(*) FROM plan.targets",
    "visits": "SELECT visit_id, enterprise_id, state, planned_on FROM plan.visits ORDER BY ALL",
}
"""What a home holds, without the moments at which it was written and the numbers of its writes."""
READERS = (
    ("queue", "--json"),
    ("queue", "--code", "red", "--json"),
    ("codes", "--json"),
    ("objection", "list", "--json"),
    ("policy", "list", "--json"),
    ("model", "list", "--json"),
    ("plan", "month", "--json"),
)


def state_of(home: Path) -> dict[str, Rows]:
    """What the warehouse holds."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in STATE.items()}


@dataclass
class Found:
    """What came of the kills of one act."""

    act: str
    changes: int
    kills: int = 0
    not_done: int = 0
    done: int = 0
    wrong: list[str] = field(default_factory=list[str])


class Harness:
    """Kills acts in a city, each in a home of its own."""

    def __init__(self, of: City, folder: Path, *, seed: int = 2026) -> None:
        self.city, self.folder, self.doom, self.dice = of, folder, Doom(folder), random.Random(seed)

    def kill(self, act: Act, kills: int, *, full: bool = False) -> Iterator[Found]:
        """Kill an act so often, at points spread over all of it; what is found so far after each.

        ``full``: it is not killed, but no space is left from there on.
        """
        base = prepared(act, self.city, self.folder / "base")
        before = state_of(base)
        whole = _copied(base, self.folder / "whole")
        done = self.doom.run(whole, self._below(act, whole), *act.command(self.city))
        assert done.returncode in (0, 10), done.said
        self._goes_on(act, whole)
        after, found = state_of(whole), Found(act.name, done.changes)
        for number in range(kills):
            begins = 1 + done.changes * number // kills
            at = self.dice.randint(begins, max(begins, done.changes * (number + 1) // kills))
            home = _copied(base, self.folder / "killed")
            how = FULL if full else (KILLED, TORN)[number % 2]
            self._kill(act, home, at, (before, after), found, how=how, go_on=number % 3)
            shutil.rmtree(home)
            yield found
        for path in (base, whole):
            shutil.rmtree(path)

    def _goes_on(self, act: Act, home: Path) -> None:
        if act.goes_on:
            riskcode(home, *WATCH)

    def _below(self, act: Act, home: Path) -> Path:
        return self.folder if act.also else home

    def _kill(
        self,
        act: Act,
        home: Path,
        at: int,
        states: tuple[dict[str, Rows], dict[str, Rows]],
        found: Found,
        *,
        how: str,
        go_on: int,
    ) -> None:
        command, where = act.command(self.city), f"{act.name}, change {at}, {how}"
        met = self.doom.run(home, self._below(act, home), *command, at=at, how=how)
        if how != FULL and not met.is_killed:
            return
        found.kills += 1
        if how == FULL and (met.returncode not in (0, 1, 5, 10) or "Traceback" in met.said):
            found.wrong.append(f"{where}: exit code {met.returncode}: {met.said}")
        before, after = states
        if (home / "published" / "riskcode.duckdb").exists():
            found.wrong += [f"{where}: {one}" for one in _refused(home)]
        if go_on:
            # Somebody looks, or the service is started again, before the act is asked for once more.
            looked = riskcode(home, *(("doctor",) if go_on == 1 else WATCH))
            if looked.returncode not in (0, 1, 10):
                found.wrong.append(f"{where}: {looked.stderr}")
            told = state_of(home)
            if not act.goes_on and not _alike(told, before) and not _alike(told, after):
                found.wrong.append(f"{where}: half of it is done: {_differs(told, after)}")
            if published(home) != {name: told[name] for name in DECIDED}:
                found.wrong.append(f"{where}: readers are not told")
            found.not_done += _alike(told, before)
            found.done += not _alike(told, before)
        again = riskcode(home, *command)
        if again.returncode not in (0, 10):
            found.wrong.append(f"{where}: asked for again: {again.stderr}")
        self._goes_on(act, home)
        told = state_of(home)
        if not _alike(told, after):
            found.wrong.append(
                f"{where}: asked for again it comes to something else: {_differs(told, after)}"
            )
        if published(home) != {name: told[name] for name in DECIDED}:
            found.wrong.append(f"{where}: readers are not told in the end")
        wrong = (*_refused(home), *_lost_seeds(home), *differing_documents(Home(home)))
        found.wrong += [f"{where}: in the end {one}" for one in wrong]


def _copied(home: Path, target: Path) -> Path:
    # With the times of its files: they are what copies are known by.
    return Path(shutil.copytree(home, target))


def _refused(home: Path) -> list[str]:
    """Readers that are refused, and what with."""
    answers = ((one, riskcode(home, *one)) for one in READERS)
    return [f"{' '.join(one)}: {done.stderr.strip()}" for one, done in answers if done.returncode]


def _lost_seeds(home: Path) -> list[str]:
    """Draws that nobody can reveal."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        closed = connection.execute(
            "SELECT draw_id, seed_sha256 FROM plan.draws WHERE NOT is_revealed"
        ).fetchall()
    seeds = {
        path.name: sha256(json.loads(path.read_text())["seed"]) for path in (home / "seeds").glob("[!.]*")
    }
    return [f"the seed of {draw} is lost" for draw, hashed in closed if seeds.get(draw) != hashed]


def _alike(one: dict[str, Rows], other: dict[str, Rows]) -> bool:
    return not _differs(one, other)


def _differs(one: dict[str, Rows], other: dict[str, Rows]) -> list[str]:
    return [name for name in STATE if one[name] != other[name]]
