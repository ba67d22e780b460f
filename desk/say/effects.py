"""What a card would change, in sentences: special inspections against what the crews can make."""

from collections.abc import Iterator, Mapping
from typing import Any

from desk.say import numbers
from desk.words.words import Words
from models.learning.effects import Effects
from models.messages import N_

OF_THE_FACTS = N_(
    "Codes are those of the facts of {day}. A code gets worse at once, but better only by the change rules: for some "
    "time those no longer RED stay RED beside the newly RED."
)


def workload(told: Effects, words: Words) -> Iterator[str]:
    """Special inspections of RED now and with the card, and what the crews can make, a sentence each."""
    yield words(
        "RED enterprises, each owed a special inspection: {now} now, {then} with the card ({new} newly RED, {gone} no "
        "longer); {rule} of them are RED by a rule, whatever their points.",
        now=numbers.count(told.red_now),
        then=numbers.count(told.red_then),
        new=numbers.count(told.newly_red),
        gone=numbers.count(told.no_longer_red),
        rule=numbers.count(told.red_by_rule),
    )
    if told.capacity is None:
        yield words(
            "How many special inspections the crews can make is not known: no roster is on record that a crew could "
            "be formed from."
        )
        return
    yield words(
        "All crews together can make {visits} special inspections within {days} working days, if they do nothing else: "
        "all RED would take {all} of that, the newly RED, due in the same days, {new}.",
        visits=numbers.count(told.capacity.visits),
        days=told.capacity.working_days,
        all=numbers.rounded_share(told.red_then / told.capacity.visits),
        new=numbers.rounded_share(told.newly_red / told.capacity.visits),
    )
    if told.red_then > told.capacity.visits:
        yield words("That is MORE than can be made.")


RED_BOUND = {
    "share": N_(
        "RED by score as often as under the card in force; the crews could make {n} special inspections"
    ),
    "capacity": N_(
        "RED by score less often than under the card in force: with those RED by a rule, no more than the {n} special "
        "inspections the crews can make in time"
    ),
    "no_roster": N_(
        "RED by score as often as under the card in force; what the crews can visit in time is not known"
    ),
}
"""What bounds RED, by ``Origin.red_bound``."""


def red_bound(origin: Mapping[str, Any], words: Words) -> str:
    """What bounds RED, as the origin of a card tells it; nothing where the policy did not ask."""
    said = RED_BOUND.get(origin.get("red_bound") or "", "")
    return words(said, n=numbers.count(origin.get("red_capacity")))
