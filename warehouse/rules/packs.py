"""Packs as they were activated, and which one is in force on a day.

Once a home has coded, its rules no longer come from files: every pack ever activated is kept with all its files as
they were read, and the pack in force on a day is the latest activation that takes effect by it.  A file edited in
place changes nothing until it is activated, in the name of a person, from a day on that is not coded yet.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.errors import PolicyError
from models.policy import Policy
from models.policy.loading import policy_from
from warehouse.connection import writing
from warehouse.database.copies import Copy, copy_tables, stamp
from warehouse.database.frames import Connection, insert, transaction
from warehouse.database.meta import next_stored_no, value, written_at
from warehouse.database.reading import Row, open_copy, telling_of_runs
from warehouse.database.runs import LAST_ISSUED, rules_changed
from warehouse.home import Home
from warehouse.rules.decisions import Decisions, copied, first_free_day

FIRST_DAY = date(2000, 1, 1)
"""First day a pack can be in force: the first day that can be coded.  The first pack holds before it, too."""

_ACTIVATIONS = Decisions("ops.activations", chosen="pack_hash", noted="activated_at")

ACTIVE = "active"
"""How the pack in force is called where a pack may be named."""


@dataclass(frozen=True)
class FromDay:
    """The pack in force from a day on."""

    since: date
    policy: Policy


@dataclass(frozen=True)
class Activation:
    """A decision to put a pack in force: from which day, who, why, and what the comparison before it said."""

    effective_from: date
    by: str
    reason: str
    diff: Mapping[str, Any] | None


# ---- writing, on a connection that holds the lock --------------------------------------------------------


def begin_with(connection: Connection, home: Home | None, policy: Policy) -> bool:
    """Record the pack a home begins with, unless it has one.  Returns whether it was recorded now.

    ``home``: where the readers' copy is kept; ``None`` leaves it as it is.
    """
    if value(connection, "SELECT count(*) FROM ops.activations"):
        return False
    with transaction(connection):
        _store(connection, policy)
        first = Activation(FIRST_DAY, "", "", None)
        _record(connection, policy, first, kind="initial", stored_no=0)
    if home is not None:
        publish_packs(connection, home)
    return True


def activate(home: Home, policy: Policy, wanted: Activation, *, default: Policy) -> None:
    """Put a pack in force from a day on.

    ``default``: the pack a home begins with that never coded.  Raises PolicyError when the day was coded already,
    when the pack has no values for it, or when it is in force then anyway.
    """
    policy.on(wanted.effective_from)
    with writing(home) as connection:
        free = first_free_day(connection)
        if free and wanted.effective_from < free:
            raise PolicyError(
                "{coded} is coded already and codes are not rewritten: a pack can take effect from "
                "{coded_2} on. Name that day or a later one with --from.",
                coded=free - timedelta(days=1),
                coded_2=free,
            )
        begin_with(connection, None, default)
        if _ACTIVATIONS.is_last(
            connection,
            pack_hash=policy.content_hash,
            effective_from=wanted.effective_from,
            activated_by=wanted.by,
            reason=wanted.reason,
        ):
            publish_packs(connection, home)
            return
        if _holds_anyway(connection, policy, wanted.effective_from):
            raise PolicyError(
                "{name} {version} ({content_hash}) is in force on {effective_from} as it is. Change the "
                "pack first; ./riskcode policy list shows what is in force.",
                name=policy.name,
                version=policy.version,
                content_hash=policy.content_hash[:12],
                effective_from=wanted.effective_from,
            )
        with transaction(connection):
            _store(connection, policy)
            _record(connection, policy, wanted, kind="activate", stored_no=next_stored_no(connection))
            rules_changed(connection)
        publish_packs(connection, home)


def _holds_anyway(connection: Connection, policy: Policy, day: date) -> bool:
    """Whether a pack is in force from a day on as things stand, with nothing else decided for later."""
    days = (day, *_ACTIVATIONS.days(connection, day))
    return {_hash_on(connection, one) for one in days} == {policy.content_hash}


def publish_packs(connection: Connection, home: Home) -> None:
    """Replace the readers' copy of packs and activations."""
    copy_tables(
        connection,
        PACKS.at(home),
        {
            "ops.packs": "FROM ops.packs ORDER BY stored_at, hash",
            "ops.activations": "FROM ops.activations ORDER BY number",
        },
    )
    PACKS.note(connection, home)


PACKS = Copy("policy.duckdb", "SELECT max(number) FROM ops.activations")


def _store(connection: Connection, policy: Policy) -> None:
    insert(
        connection,
        "ops.packs",
        if_there="ignore",
        hash=policy.content_hash,
        name=policy.name,
        version=policy.version,
        title_zh=policy.title.zh,
        title_en=policy.title.en,
        content=json.dumps(dict(policy.texts), ensure_ascii=False),
        stored_at=written_at(connection),
    )


def _record(connection: Connection, policy: Policy, one: Activation, *, kind: str, stored_no: int) -> None:
    _ACTIVATIONS.record(
        connection,
        pack=policy.name,
        version=policy.version,
        pack_hash=policy.content_hash,
        effective_from=one.effective_from,
        activated_by=one.by,
        reason=one.reason,
        diff=json.dumps(one.diff, ensure_ascii=False, default=str) if one.diff is not None else None,
        kind=kind,
        stored_no=stored_no,
    )


# ---- which pack holds, on a connection to the warehouse ----------------------------------------------------


def packs_between(
    connection: Connection, default: Policy, first: date, last: date, *, stored_by: int | None = None
) -> tuple[FromDay, ...]:
    """The packs in force in a span of days, ascending; the first entry begins it.

    ``default`` holds in a home where none was activated.  ``stored_by``: only what was decided by that write.
    Raises PolicyError when one of them can no longer be read.
    """
    found: list[FromDay] = []
    for day in (first, *_ACTIVATIONS.days(connection, first, last, stored_by=stored_by)):
        policy = pack_on(connection, default, day, stored_by=stored_by)
        # A later decision may overrule one that was to begin on this day.
        if not found or found[-1].policy.content_hash != policy.content_hash:
            found.append(FromDay(day, policy))
    return tuple(found)


def activated_on(connection: Connection, day: date) -> Policy | None:
    """The pack activated for a day, ``None`` in a home where none was."""
    held = _hash_on(connection, day)
    return None if held is None else read_pack(connection, held)


def pack_on(connection: Connection, default: Policy, day: date, *, stored_by: int | None = None) -> Policy:
    """The pack in force on a day; ``default`` in a home where none was activated."""
    held = _hash_on(connection, day, stored_by)
    if held is None or held == default.content_hash:
        return default
    return read_pack(connection, held)


def read_pack(connection: Connection, content_hash: str) -> Policy:
    """A stored pack.  Raises PolicyError when it is not there or this program cannot read it."""
    return _read_back(content_hash, _content(connection, content_hash))


def _content(connection: Connection, content_hash: str) -> str:
    content = value(connection, "SELECT content FROM ops.packs WHERE hash = ?", [content_hash])
    if content is None:
        raise PolicyError(
            "Pack {content_hash} is in force but is not stored. Restore the warehouse from a backup.",
            content_hash=content_hash[:12],
        )
    return content


@lru_cache(maxsize=64)
def _read_back(content_hash: str, content: str) -> Policy:
    """Reading YAML takes a second, and a run asks for its rules at every stage."""
    try:
        policy = policy_from(json.loads(content))
    except PolicyError as error:
        raise PolicyError(
            "Stored pack {content_hash} cannot be read by this program: {error} It is kept as it was "
            "activated; use the version of the program that activated it, or one that still reads it.",
            content_hash=content_hash[:12],
            error=error,
        ) from error
    if policy.content_hash != content_hash:
        raise PolicyError(
            "Stored pack {content_hash} was changed after it was stored. Restore the warehouse from a "
            "backup.",
            content_hash=content_hash[:12],
        )
    return policy


def _hash_on(connection: Connection, day: date, stored_by: int | None = None) -> str | None:
    return _ACTIVATIONS.in_force(connection, max(day, FIRST_DAY), stored_by=stored_by)


def differs(connection: Connection, packaged: Policy, day: date) -> str | None:
    """What to tell when the files at hand are not what is in force on a day; ``None`` when they are."""
    held = pack_on(connection, packaged, day)
    if held.content_hash == packaged.content_hash:
        return None
    return (
        f"The files of pack {packaged.name} {packaged.version} ({packaged.content_hash[:8]}) are not what is in force "
        f"on {day}: {held.name} {held.version} ({held.content_hash[:8]}), as activated. See what they would change: "
        f"./riskcode policy diff {packaged.name}; put them in force: ./riskcode policy activate {packaged.name}"
    )


# ---- reading, from the readers' copy ----------------------------------------------------------------------


def list_activations(home: Home) -> list[Row]:
    """Activations, newest first, each with its state: active, coming, past, or overruled before it began."""
    return copied(PACKS.at(home), _STATES, {"day": max(_last_issued(home) or FIRST_DAY, FIRST_DAY)})


def published_pack_on(home: Home, default: Policy, day: date) -> Policy:
    """The pack in force on a day, for who reads the readers' copy; ``default`` in a home where none was activated."""
    path = PACKS.at(home)
    held = _published_on(path, mark, max(day, FIRST_DAY)) if (mark := stamp(path)) else None
    if held is None or held[0] == default.content_hash:
        return default
    return _read_back(*held)


@lru_cache(maxsize=64)
def _published_on(path: Path, _mark: str, day: date) -> tuple[str, str] | None:
    """Hash and content of the pack in force; opening the copy takes longer than a page may."""
    with open_copy(path) as connection:
        held = _hash_on(connection, day)
        return None if held is None else (held, _content(connection, held))


def list_packs(home: Home) -> list[Row]:
    """Stored packs, oldest first, without their content."""
    return copied(PACKS.at(home), "SELECT * EXCLUDE (content) FROM ops.packs ORDER BY stored_at, hash")


def stored_pack(home: Home, beginning: str) -> Policy | None:
    """The stored pack whose hash begins so, or ``None``.  Raises PolicyError when several do."""
    found = copied(
        PACKS.at(home),
        "SELECT hash, content FROM ops.packs WHERE starts_with(hash, $start)",
        {"start": beginning},
    )
    if len(found) > 1:
        known = ", ".join(str(row["hash"])[:12] for row in found)
        raise PolicyError(
            "{count} stored packs begin with {beginning}: {known}. Write more of it.",
            count=len(found),
            beginning=beginning,
            known=known,
        )
    return _read_back(found[0]["hash"], found[0]["content"]) if found else None


def active_pack(home: Home, default: Policy) -> Policy:
    """The pack in force on the last day coded; ``default`` in a home where none was activated."""
    active = next((row for row in list_activations(home) if row["state"] == ACTIVE), None)
    if active is None or active["pack_hash"] == default.content_hash:
        return default
    return stored_pack(home, active["pack_hash"]) or default


def _last_issued(home: Home) -> date | None:
    with telling_of_runs(home) as connection:
        return value(connection, LAST_ISSUED) if connection else None


# In force is what holds on the last day issued; what a later decision overruled before it began never holds.
_STATES = """
WITH standing AS (
    SELECT a.*, (SELECT min(effective_from) FROM ops.activations n WHERE n.number > a.number) AS overruled_from
    FROM ops.activations a)
SELECT * EXCLUDE (overruled_from),
       CASE WHEN overruled_from <= effective_from THEN 'overruled' WHEN effective_from > $day THEN 'coming'
            WHEN overruled_from <= $day THEN 'past' ELSE 'active' END AS state
FROM standing ORDER BY number DESC
"""
