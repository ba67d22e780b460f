"""Which rules hold on which day: the pack activated for it, that pack's dated values, and the champion card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from models.coding.card import with_card
from models.coding.path import memory_days
from models.coding.timeline import InForce
from models.policy import Policy
from warehouse.coding.coding import Coding
from warehouse.coding.timelines import FORESEEN_DAYS
from warehouse.database.frames import Connection
from warehouse.rules.cards import champion, promotion_days
from warehouse.rules.packs import FromDay, packs_between


def rules_between(
    connection: Connection,
    pack: Policy,
    first: date,
    last: date,
    *,
    stored_by: int | None = None,
    packs: Sequence[FromDay] | None = None,
) -> tuple[InForce, ...]:
    """The rules of a span of days, one entry for each stretch on which they stay the same; the first begins it.

    ``pack`` holds in a home where none was activated.  ``packs``, where given, hold instead of those activated.
    """
    held = (
        _within(packs, first, last)
        if packs
        else packs_between(connection, pack, first, last, stored_by=stored_by)
    )
    promoted = promotion_days(connection, first, last)
    rules: list[InForce] = []
    for at, one in enumerate(held):
        until = held[at + 1].since - timedelta(days=1) if at + 1 < len(held) else last
        days = {one.since, *one.policy.changes_between(one.since, until)}
        days |= {day for day in promoted if one.since < day <= until}
        rules += [rules_on(connection, one.policy, day) for day in sorted(days)]
    return tuple(rules)


def _within(packs: Sequence[FromDay], first: date, last: date) -> list[FromDay]:
    """The packs that hold in a span, the first one from its first day on (or, where it begins later, all the same)."""
    before = [one for one in packs if one.since <= first] or list(packs[:1])
    return [replace(before[-1], since=first), *(one for one in packs if first < one.since <= last)]


def rules_on(connection: Connection, pack: Policy, day: date) -> InForce:
    """The rules of a pack on a day."""
    card = champion(connection, day)
    return InForce(day, with_card(pack.on(day), card), card)


def coding_on(
    connection: Connection,
    pack: Policy,
    as_of: date,
    *,
    known_at: date | None = None,
    only: tuple[str, ...] | None = None,
    stored_by: int | None = None,
    packs: Sequence[FromDay] | None = None,
) -> Coding:
    """What it takes to code a day: the rules of that day, of those the change rules remember, and of those to come.

    ``pack`` is coded by in a home where no pack was activated (``warehouse.rules.packs``).  ``packs``: code by these,
    whatever was activated.
    """
    [*_, held] = (
        _within(packs, as_of, as_of)
        if packs
        else packs_between(connection, pack, as_of, as_of, stored_by=stored_by)
    )
    today = rules_on(connection, held.policy, as_of)
    last = as_of + timedelta(days=FORESEEN_DAYS)
    remembered, rules = -1, (today,)
    while memory_days(rules) > remembered:
        # A rule book of other days may remember longer than that of today.
        remembered = memory_days(rules)
        begins = as_of - timedelta(days=remembered)
        rules = rules_between(connection, pack, begins, last, stored_by=stored_by, packs=packs)
    return Coding(as_of, known_at or as_of, today.policy, today.card, rules, only, stored_by)
