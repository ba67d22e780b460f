"""What a passport says of a code, in sentences: why, until when, and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from desk.say import facts
from desk.words.words import Words
from models.messages import N_
from warehouse.questions.passport import OPEN, rank

Found = Mapping[str, Any]
"""A passport (``warehouse.questions.passport``) or a part of it."""

DECIDERS = ("held", "override")
"""What decides although the facts say something else; the datum of its reason is the code of the facts."""
RULES = ("veto", "floor", "unrated")
"""Kinds of reasons that give a code by themselves, whatever the score."""
_MAIN = 3
"""Factors named in the sentence; the table has all."""
CAUSES = {
    "came": N_("came"),
    "went": N_("went"),
    "fired": N_("rule applies"),
    "cleared": N_("rule ended"),
}
"""How a reason made a code change."""


@dataclass(frozen=True)
class Stretch:
    """Days of one code to come: when, and what decides it; ``waits`` tells why it comes later than the facts do."""

    code: str
    first: date
    last: date | None
    when: str
    why: str
    waits: str


def because(found: Found, words: Words) -> str:
    """The one sentence that says why."""
    code, by = facts.code(found["code"], words), found["decided_by"]
    reason = decisive(found)
    if by in DECIDERS:
        said = facts.code(reason["value"], words)
        return _held(code, said, words) if by == "held" else _overridden(code, said, reason, words)
    if by == "unrated":
        return words(
            "{code} for the time being, because too little is on record to rate it. Unknown is not clean: "
            "not GREEN.",
            code=code,
        )
    if by != "score":
        datum = facts.datum(by, reason["value"], words)
        return words(
            "{code} because of a rule: {title} ({datum}). While this holds, no score makes it better than "
            "{code}.",
            code=code,
            title=words.either(reason, "title"),
            datum=datum,
        )
    if found["code"] == "green":
        return words(
            "{code} because it has only {score} risk points (worse begins at {least}) and no rule asks for "
            "a worse code.",
            code=code,
            score=found["score"],
            least=_least(found, "blue"),
        )
    main = words.listing(_with_points(one, words) for one in giving(found)[:_MAIN])
    return words(
        "{code} because it has {score} risk points and {code} begins at {least}. Most come from: {main}.",
        code=code,
        score=found["score"],
        least=_least(found, found["code"]),
        main=main,
    )


def _held(code: str, said: str, words: Words) -> str:
    return words(
        "Still {code}, although today's facts would give {facts}: a better code has to be kept up for some time "
        "first.",
        code=code,
        facts=said,
    )


def _overridden(code: str, said: str, reason: Found, words: Words) -> str:
    if reason["expires_on"]:
        return words(
            "{code} by the decision of a named person, until {day}; the facts by themselves give {facts}.",
            code=code,
            facts=said,
            day=words.day(reason["expires_on"] - timedelta(days=1)),
        )
    return words(
        "{code} by the decision of a named person; the facts by themselves give {facts}.",
        code=code,
        facts=said,
    )


def also(found: Found, words: Words) -> list[str]:
    """What else would give the code that the facts say."""
    said = facts_code(found)
    titles = [
        words.either(one, "title")
        for one in found["reasons"]
        if one["kind"] in RULES and one["code"] == said and one["factor"] != found["decided_by"]
    ]
    by_score = any(one["kind"] == "band" and one["code"] == said for one in found["reasons"])
    score = words("{score} risk points", score=found["score"])
    code = facts.code(said, words)
    if found["decided_by"] in DECIDERS:
        told = titles + ([score] if by_score else [])
        now = (
            [words("The facts give {facts} because of: {titles}.", facts=code, titles=words.listing(told))]
            if told
            else []
        )
        return [*_held_from(found, words), *now]
    sentences = (
        [words("These ask for {code} too: {titles}.", code=code, titles=words.listing(titles))]
        if titles
        else []
    )
    if by_score and found["decided_by"] != "score" and said != "green":
        sentences.append(
            words(
                "It would be {code} without that rule too: it has {score} risk points and {code} begins at "
                "{least}.",
                code=code,
                score=found["score"],
                least=_least(found, said),
            )
        )
    return sentences


def _held_from(found: Found, words: Words) -> list[str]:
    """What the facts said when they last gave the code that is still held."""
    worse = [
        row
        for row in found["facts"]
        if row["valid_to"] <= found["as_of"] and rank(row["code"]) >= rank(found["code"])
    ]
    if found["decided_by"] != "held" or not worse:
        return []
    last = worse[-1]
    why = words.either(last, "reason") or words("{score} risk points", score=last["score"])
    day = words.day(last["valid_to"] - timedelta(days=1))
    return [
        words(
            "Until {day} the facts gave {code} ({why}).",
            code=facts.code(last["code"], words),
            day=day,
            why=why,
        )
    ]


def decisive(found: Found) -> Found:
    """The reason that decides the code."""
    by = "band" if found["decided_by"] == "score" else found["decided_by"]
    return next((one for one in found["reasons"] if one["factor"] == by), found["reasons"][0])


def facts_code(found: Found) -> str:
    """The code that the facts alone give."""
    return decisive(found)["value"] if found["decided_by"] in DECIDERS else found["code"]


def scored(found: Found) -> list[Found]:
    """Reasons with points, those that add most first and those that take off last."""
    with_points = [one for one in found["reasons"] if one["kind"] == "points"]
    return sorted(with_points, key=lambda one: -one["points"])


def giving(found: Found) -> list[Found]:
    """Reasons that add points, most first."""
    return [one for one in scored(found) if one["points"] > 0]


def rules(found: Found) -> list[Found]:
    """Reasons that give a code by themselves, and the change rules or the person, where they decide."""
    return [one for one in found["reasons"] if one["kind"] in (*RULES, *DECIDERS)]


def ends(reason: Found, words: Words) -> str:
    """When a rule ends by itself."""
    day = reason["expires_on"]
    return (
        words("ends on {day} if nothing new happens", day=words.day(day))
        if day
        else words("does not end by itself")
    )


def later(reason: Found, words: Words, *, most: int = 4) -> str:
    """What becomes of the points of a factor; of more steps than ``most`` the first ones and the last."""
    steps = reason["after"]
    if not steps:
        return words("stays")
    before = [reason.get("points", 0), *(step["points"] for step in steps)]
    told = [_step(step, words, is_end=step is steps[-1] and before[-2] > 0) for step in steps]
    if len(told) > most:
        told = [*told[: most - 1], f"… {told[-1]}"]
    return words.listing(told)


def outlook(found: Found, words: Words) -> list[Stretch]:
    """The codes to come, the present one first."""
    return [_stretch(row, words, is_now=at == 0) for at, row in enumerate(found["forecast"])]


def headline(found: Found, words: Words, *, most: int = 3) -> str:
    """The codes to come in one line; later ones than ``most`` are left to the table."""
    ahead = found["forecast"][1:]
    if not ahead:
        return (
            words("{code}; time alone does not change it", code=facts.code(found["code"], words))
            if found["forecast"]
            else ""
        )
    return words.listing(
        words("{code} from {day}", day=words.day(row["valid_from"]), code=facts.code(row["code"], words))
        for row in ahead[:most]
    )


def contested(found: Found, words: Words) -> str:
    """The mark of an open objection; empty where there is none."""
    until = found.get("contested_until")
    if until is None:
        return ""
    day = words.day(until)
    if found.get("contested_overdue"):
        return words("contested: an objection was to be decided by {day} and is overdue", day=day)
    return words("contested: an objection is being decided, by {day}", day=day)


def turned(row: Found, words: Words) -> str:
    """From which code to which."""
    code = facts.code(row["code"], words)
    if row["previous_code"] is None:
        first = words("first code")
        return f"{code}{words.colon}{first}"
    before = facts.code(row["previous_code"], words)
    if row["valid_from"] == row["valid_to"]:
        return words("{before} to {code} (part of the day)", before=before, code=code)
    return words("{before} to {code}", before=before, code=code)


def causes(row: Found, words: Words) -> list[str]:
    """Why it changed: what came, went, fired or was cleared."""
    if row["previous_code"] is None:
        return []
    told = [_cause(one, words) for one in row["causes"]]
    return told or [words("no reasons on record")]


def _cause(one: Found, words: Words) -> str:
    which = words.either(one, "title")
    if one["kind"] == "points":
        before, after = one["points_before"] or 0, one["points_after"] or 0
        which = f"{which} {_signed(before)} → {_signed(after)}"
    what = words(CAUSES[one["cause"]])
    return f"{what}{words.colon}{which}"


def _stretch(row: Found, words: Words, *, is_now: bool) -> Stretch:
    first, last = row["valid_from"], None if row["valid_to"] >= OPEN else row["valid_to"] - timedelta(days=1)
    begins = words("today") if is_now else words.day(first)
    if last is None:
        when = (
            words("{code}; time alone does not change it", code=facts.code(row["code"], words))
            if is_now
            else words("from {first}", first=begins)
        )
    else:
        when = words("{first} to {last}", first=begins, last=words.day(last))
    title = words.either(row, "reason")
    why = title or words("{score} risk points", score=row["score"])
    since = row["facts_since"]
    waits = (
        words(
            "facts better from {day} on; that must be kept up for some time before the code follows",
            day=words.day(since),
        )
        if since is not None and since < first
        else ""
    )
    return Stretch(row["code"], first, last, when, why, waits)


def _step(step: Found, words: Words, *, is_end: bool) -> str:
    day = words.day(step["changes_on"])
    if is_end and step["points"] == 0:
        return words("gone on {day}", day=day)
    return words("{points} from {day}", day=day, points=_signed(step["points"]))


def _with_points(reason: Found, words: Words) -> str:
    """A factor with what it gives."""
    return words("{what} ({detail})", what=words.either(reason, "title"), detail=reason["points"])


def _least(found: Found, code: str) -> object:
    return found["cut_offs"].get(code, "–")


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"
