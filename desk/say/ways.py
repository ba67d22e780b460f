"""What would change a code, in sentences: what can be done, and what must not happen."""

from desk.say import facts
from desk.say.passport import RULES, Found, rules
from desk.words.words import Words
from models.messages import N_

_ACTS = 2
"""Acts named in the one line about what would change the code; the checklist has all."""

ACTS = {
    "close_finding": N_("Rectify it and have it closed: {about}"),
    "file_self_report": N_("File the self-inspection report"),
    "pass_recheck": N_("Ask for a re-check on site and pass it (nothing found)"),
    "answer_alerts": N_("Answer every alert that is still unanswered"),
    "restore_monitoring": N_("Bring the monitoring devices back on line"),
}
EVENTS = {
    "complaint": N_("one complaint"),
    "general_finding": N_("one ordinary finding at an inspection"),
    "serious_finding": N_("one serious finding at an inspection"),
    "overdue_order": N_("one order not rectified in time"),
    "red_alert": N_("one red alert of a monitoring system"),
    "accident": N_("one accident, even without a death"),
}
"""Adverse events of everyday business."""
NOT_NEAR = N_(
    "No single ordinary event (complaint, finding, overdue order, red alert, accident without a death) does."
)


def helps(found: Found, words: Words) -> list[tuple[str, str]]:
    """Rules that apply and what ends each, where no shortest way is told."""
    if found["ways"] or found["code"] == "green":
        return []
    told = [
        (words.either(one, "title"), words.either(one, "clearing"))
        for one in rules(found)
        if one["kind"] in RULES
    ]
    return [(title, clearing) for title, clearing in told if clearing]


def promise(option: Found, words: Words) -> str:
    """From when an option's code counts."""
    return words("from {day}", day=words.day(option["reached_on"]))


def condition(found: Found, words: Words) -> str:
    """What the promises of the options rest on; empty where nothing needs be done."""
    options = [option for option in found["ways"] or [] if option["acts"]]
    day = words.day(found["as_of"])
    if len(options) > 1:
        return words(
            "Any one option is enough; within it nothing can be left out. The promise holds if all is done on {day} "
            "and nothing new is found; a day later means at least a day later.",
            day=day,
        )
    return (
        words(
            "The promise holds if all is done on {day} and nothing new is found; a day later means at least a day "
            "later.",
            day=day,
        )
        if options
        else ""
    )


def shortest(found: Found, words: Words) -> str:
    """The first option in one line; empty where there is none, or nothing needs be done."""
    if not found["ways"] or not found["ways"][0]["acts"]:
        return ""
    option = found["ways"][0]
    acts = [act(one, words) for one in option["acts"]]
    told = words.listing(acts[:_ACTS])
    if len(acts) > _ACTS:
        told = words("{acts} and {n} more", acts=told, n=len(acts) - _ACTS)
    return words(
        "{acts} → {code} from {day}",
        acts=told,
        day=words.day(option["reached_on"]),
        code=facts.code(option["code"], words),
    )


def act(one: Found, words: Words) -> str:
    """One thing to do; what there is no text for is shown as it is."""
    about = one["about"] or one["ref"] or ""
    if one["kind"] not in ACTS:
        return f"{one['kind']} {about}".strip()
    return words(ACTS[one["kind"]], about=about).strip()


def no_way(found: Found, words: Words) -> str:
    """What is said where there is no option."""
    if found["code"] == "green":
        return words("This is the best code already.")
    others = helps(found, words)
    if others:
        said = words("What can be done now is not enough to better the code soon.")
    else:
        said = words(
            "Nothing that can be done now, alone or together, betters the code soon; time decides, see the dates "
            "below."
        )
    return words.sentences([said, words("What helps in any case:")] if others else [said])


def finding(one: Found, words: Words) -> str:
    """An open finding in one line."""
    about = " ".join(part for part in (one["item_code"], one["description"]) if part) or one["violation_id"]
    due = words("due {day}", day=words.day(one["rectify_due_on"])) if one["rectify_due_on"] else ""
    late = words.within("finding", "overdue") if one["is_overdue"] else ""
    several = one.get("reports") or []
    also = words("reported as {reports}", reports=words.listing(several)) if len(several) > 1 else ""
    told = words.listing(part for part in (due, late, also) if part)
    return words("{what} ({detail})", what=about, detail=told) if told else about


def event(key: str, words: Words) -> str:
    """One adverse event of everyday business."""
    return words(EVENTS.get(key, key))
