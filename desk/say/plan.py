"""What a plan lacks, said with the next step; and what its order of visits is not."""

import re
from collections.abc import Sequence

from desk.words.words import Words
from models.messages import N_, Message
from models.places import NO_TOWN, place_of
from models.vocabulary import LEVEL
from warehouse.database.reading import Row
from warehouse.questions.area import Area, districts

NO_TARGET = N_(
    "Expected serious findings only put visits in order. The number of major hazards found is nobody's target: once "
    "it is one, it is filled, and the data stop meaning anything (C6)."
)
"""Said wherever what a visit is expected to find is shown."""

_NO_CREW = N_("No crew of their own: {named}. Deliver their officers (table officers).")
_NO_TOWN = N_(
    "No town is named, and no officer without a town delivered: {named}. Name the towns of these enterprises (column "
    "division, table enterprises)."
)


def missing(plan: Row) -> Message | None:
    """Why nobody can be sent anywhere, and what to deliver; ``None`` where somebody is.

    ``plan``: the plan as a whole (``warehouse.questions.plan.horizon``).
    """
    if not plan["firms"]:
        return Message(
            "No enterprise is registered, so nothing is due. Deliver the register of enterprises and the officers who "
            "inspect (tables enterprises and officers), then run again."
        )
    if not plan["people"]:
        return Message(
            "No officer has a valid certificate, so nobody can be sent. Deliver the officers of every authority with "
            "certified_until (table officers), then run again."
        )
    if not plan["crews"]:
        return Message(
            "No authority has enough officers on duty for a crew (D2). Deliver more officers, or correct who is away "
            "(tables officers and absences), then run again."
        )
    if not plan["due"]:
        return Message(
            "Nothing is due until {last}; enterprises meant for later months: {later}. What calls for visits before "
            "that: findings, alerts and tasks (tables violations, alerts and tasks).",
            {"last": plan["last_on"], "later": plan["later"]},
        )
    if not plan["scheduled"]:
        return Message(
            "Visits that are due: {n}, none of which can be made until {last}. What keeps each off the plan: "
            "./riskcode plan month",
            {"n": plan["due"], "last": plan["last_on"]},
        )
    return None


def without_crew(plan: Row, authorities: Sequence[Row], words: Words) -> str:
    """Which authorities have nobody to send, and what to deliver; nothing where all have, or nobody has at all."""
    if not authorities or not plan["crews"]:
        return ""
    nameless = [
        one for one in authorities if one["level"] == "town" and re.fullmatch(NO_TOWN, one["division"])
    ]
    known = [one for one in authorities if one not in nameless]
    return words.sentences(
        words(sentence, named=_named(part, words))
        for sentence, part in ((_NO_CREW, known), (_NO_TOWN, nameless))
        if part
    )


def _named(authorities: Sequence[Row], words: Words) -> str:
    return words.listing(words.authority(one["level"], one["division"]) for one in authorities)


def whose(area: Area, words: Words) -> str:
    """Whose part of the plan is shown; nothing where it is everybody's."""
    place = next(iter(districts(area.district) or []), "")
    if not place:
        return words.label(LEVEL, area.level) if area.level else ""
    is_town = place_of("district", place) != place
    return words.authority(area.level or ("town" if is_town else None), place)
