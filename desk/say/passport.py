"""What a passport says, in sentences: shared by the terminal and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from desk.say.facts import Texts
from warehouse.questions.passport import OPEN, rank

Found = Mapping[str, Any]
"""A passport (``warehouse.questions.passport``) or a part of it."""

DECIDERS = ("held", "override")
"""What decides although the facts say something else; the datum of its reason is the code of the facts."""
RULES = ("veto", "floor", "unrated")
"""Kinds of reasons that give a code by themselves, whatever the score."""
_MAIN = 3
"""Factors named in the sentence; the table has all."""


_ACTS = 2
"""Acts named in the one line about what would change the code; the checklist has all."""


@dataclass(frozen=True)
class Stretch:
    """Days of one code to come: when, and what decides it; ``waits`` tells why it comes later than the facts do."""

    code: str
    first: date
    last: date | None
    when: str
    why: str
    waits: str


def because(found: Found, texts: Texts) -> str:
    """The one sentence that says why."""
    code, by = texts.code(found["code"]), found["decided_by"]
    reason = decisive(found)
    if by in DECIDERS:
        until = _until_day(reason["expires_on"], texts) if by == "override" else ""
        return texts(f"because_{by}", code=code, facts=texts.code(reason["value"]), until=until)
    if by == "unrated":
        return texts("because_unrated", code=code)
    if by != "score":
        datum = texts.datum(by, reason["value"])
        return texts("because_rule", code=code, title=texts.either(reason, "title"), datum=datum)
    if found["code"] == "green":
        return texts("because_green", code=code, score=found["score"], least=_least(found, "blue"))
    main = texts("list").join(_with_points(one, texts) for one in giving(found)[:_MAIN])
    return texts(
        "because_score", code=code, score=found["score"], least=_least(found, found["code"]), main=main
    )


def also(found: Found, texts: Texts) -> list[str]:
    """What else would give the code that the facts say."""
    said = facts_code(found)
    titles = [
        texts.either(one, "title")
        for one in found["reasons"]
        if one["kind"] in RULES and one["code"] == said and one["factor"] != found["decided_by"]
    ]
    by_score = any(one["kind"] == "band" and one["code"] == said for one in found["reasons"])
    score = texts("by_score", score=found["score"])
    named, code = texts("list"), texts.code(said)
    if found["decided_by"] in DECIDERS:
        told = titles + ([score] if by_score else [])
        now = [texts("facts_rule", facts=code, titles=named.join(told))] if told else []
        return [*_held_from(found, texts), *now]
    sentences = [texts("also_rules", code=code, titles=named.join(titles))] if titles else []
    if by_score and found["decided_by"] != "score" and said != "green":
        sentences.append(texts("also_score", code=code, score=found["score"], least=_least(found, said)))
    return sentences


def _held_from(found: Found, texts: Texts) -> list[str]:
    """What the facts said when they last gave the code that is still held."""
    worse = [
        row
        for row in found["facts"]
        if row["valid_to"] <= found["as_of"] and rank(row["code"]) >= rank(found["code"])
    ]
    if found["decided_by"] != "held" or not worse:
        return []
    last = worse[-1]
    why = texts.either(last, "reason") or texts("by_score", score=last["score"])
    day = texts.day(last["valid_to"] - timedelta(days=1))
    return [texts("held_from", code=texts.code(last["code"]), day=day, why=why)]


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


def helps(found: Found, texts: Texts) -> list[tuple[str, str]]:
    """Rules that apply and what ends each, where no shortest way is told."""
    if found["ways"] or found["code"] == "green":
        return []
    told = [
        (texts.either(one, "title"), texts.either(one, "clearing"))
        for one in rules(found)
        if one["kind"] in RULES
    ]
    return [(title, clearing) for title, clearing in told if clearing]


def ends(reason: Found, texts: Texts) -> str:
    """When a rule ends by itself."""
    day = reason["expires_on"]
    return texts("ends_on", day=texts.day(day)) if day else texts("ends_never")


def later(reason: Found, texts: Texts, *, most: int = 4) -> str:
    """What becomes of the points of a factor; of more steps than ``most`` the first ones and the last."""
    steps = reason["after"]
    if not steps:
        return texts("stays")
    before = [reason.get("points", 0), *(step["points"] for step in steps)]
    told = [_step(step, texts, is_end=step is steps[-1] and before[-2] > 0) for step in steps]
    if len(told) > most:
        told = [*told[: most - 1], f"… {told[-1]}"]
    return texts("list").join(told)


def outlook(found: Found, texts: Texts) -> list[Stretch]:
    """The codes to come, the present one first."""
    return [_stretch(row, texts, is_now=at == 0) for at, row in enumerate(found["forecast"])]


def headline(found: Found, texts: Texts, *, most: int = 3) -> str:
    """The codes to come in one line; later ones than ``most`` are left to the table."""
    ahead = found["forecast"][1:]
    if not ahead:
        return texts("no_end", code=texts.code(found["code"])) if found["forecast"] else ""
    return texts("list").join(
        texts("from_day", day=texts.day(row["valid_from"]), code=texts.code(row["code"]))
        for row in ahead[:most]
    )


def promise(option: Found, texts: Texts) -> str:
    """From when an option's code counts."""
    return texts("leads_to", day=texts.day(option["reached_on"]))


def condition(found: Found, texts: Texts) -> str:
    """What the promises of the options rest on; empty where nothing needs be done."""
    options = [option for option in found["ways"] or [] if option["acts"]]
    return (
        texts("do_lead" if len(options) > 1 else "do_only", day=texts.day(found["as_of"])) if options else ""
    )


def shortest(found: Found, texts: Texts) -> str:
    """The first option in one line; empty where there is none, or nothing needs be done."""
    if not found["ways"] or not found["ways"][0]["acts"]:
        return ""
    option = found["ways"][0]
    acts = [act(one, texts) for one in option["acts"]]
    told = texts("list").join(acts[:_ACTS])
    if len(acts) > _ACTS:
        told += f"{'' if texts.at == 0 else ' '}{texts('and_more', n=_more(len(acts), texts))}"
    return texts(
        "shortest_text", acts=told, day=texts.day(option["reached_on"]), code=texts.code(option["code"])
    )


def act(one: Found, texts: Texts) -> str:
    """One thing to do; what there is no text for is shown as it is."""
    about = one["about"] or one["ref"] or ""
    return texts.known(f"act_{one['kind']}", f"{one['kind']} {{about}}").format(about=about).strip()


def no_way(found: Found, texts: Texts) -> str:
    """What is said where there is no option."""
    if found["code"] == "green":
        return texts("nothing_better")
    others = helps(found, texts)
    searched = texts("no_way_ever" if others else "no_way")
    said = texts("ways_unknown") if found["ways"] is None else searched
    return joined([said, texts("helps") if others else ""], texts)


def finding(one: Found, texts: Texts) -> str:
    """An open finding in one line."""
    about = " ".join(part for part in (one["item_code"], one["description"]) if part) or one["violation_id"]
    due = texts("due_on", day=texts.day(one["rectify_due_on"])) if one["rectify_due_on"] else ""
    late = texts("overdue") if one["is_overdue"] else ""
    told = texts("list").join(part for part in (due, late) if part)
    return f"{about} ({told})" if told else about


def event(key: str, texts: Texts) -> str:
    """One adverse event of everyday business."""
    return texts.known(f"event_{key}", key)


def contested(found: Found, texts: Texts) -> str:
    """The mark of an open objection; empty where there is none."""
    until = found.get("contested_until")
    if until is None:
        return ""
    key = "contested_overdue" if found.get("contested_overdue") else "contested"
    return texts(key, day=texts.day(until))


def turned(row: Found, texts: Texts) -> str:
    """From which code to which."""
    if row["previous_code"] is None:
        return f"{texts.code(row['code'])}{texts('colon')}{texts('first_code')}"
    day = texts("part_of_day") if row["valid_from"] == row["valid_to"] else ""
    return texts("turned", before=texts.code(row["previous_code"]), code=texts.code(row["code"])) + day


def causes(row: Found, texts: Texts) -> list[str]:
    """Why it changed: what came, went, fired or was cleared."""
    if row["previous_code"] is None:
        return []
    told = [_cause(one, texts) for one in row["causes"]]
    return told or [texts("no_causes")]


def _cause(one: Found, texts: Texts) -> str:
    title = texts.either(one, "title")
    if one["kind"] != "points":
        return f"{texts(one['cause'])}{texts('colon')}{title}"
    before, after = one["points_before"] or 0, one["points_after"] or 0
    return f"{texts(one['cause'])}{texts('colon')}{title} {_signed(before)} → {_signed(after)}"


def _stretch(row: Found, texts: Texts, *, is_now: bool) -> Stretch:
    first, last = row["valid_from"], None if row["valid_to"] >= OPEN else row["valid_to"] - timedelta(days=1)
    begins = texts("today") if is_now else texts.day(first)
    if last is None:
        when = texts("no_end", code=texts.code(row["code"])) if is_now else texts("from_on", first=begins)
    else:
        when = texts("from_to", first=begins, last=texts.day(last))
    title = texts.either(row, "reason")
    why = title or texts("by_score", score=row["score"])
    since = row["facts_since"]
    waits = texts("waits", day=texts.day(since)) if since is not None and since < first else ""
    return Stretch(row["code"], first, last, when, why, waits)


def _step(step: Found, texts: Texts, *, is_end: bool) -> str:
    day = texts.day(step["changes_on"])
    if is_end and step["points"] == 0:
        return texts("gone", day=day)
    return texts("then", day=day, points=_signed(step["points"]))


def _with_points(reason: Found, texts: Texts) -> str:
    """A factor with what it gives."""
    title = texts.either(reason, "title")
    return f"{title}（{reason['points']}）" if texts.at == 0 else f"{title} ({reason['points']})"


def _least(found: Found, code: str) -> object:
    return found["cut_offs"].get(code, "–")


def _until_day(day: date | None, texts: Texts) -> str:
    return texts("override_until", day=texts.day(day - timedelta(days=1))) if day else ""


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"


def _more(acts: int, texts: Texts) -> int:
    """Chinese counts all (等 n 项), English those not named."""
    return acts if texts.at == 0 else acts - _ACTS


def joined(parts: Sequence[str], texts: Texts) -> str:
    """Sentences in a row; Chinese ones need no space between them."""
    return ("" if texts.at == 0 else " ").join(part for part in parts if part)
