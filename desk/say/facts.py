"""What is on record about an enterprise, as a passport calls it, for people who have never seen the system."""

from desk.words.labels import CATEGORIES
from desk.words.words import Words
from models import vocabulary as vocab
from models.messages import N_, NC_, NN_

CODES = {
    "green": NC_("code in a sentence", "GREEN"),
    "blue": NC_("code in a sentence", "BLUE"),
    "yellow": NC_("code in a sentence", "YELLOW"),
    "red": NC_("code in a sentence", "RED"),
}
"""Codes as they stand in a sentence, where a language says more than the colour."""

BASIS = {"law": N_("law"), "policy": N_("policy"), "proposal": N_("proposal"), "unverified": N_("unverified")}
"""What a rule or a number rests on."""

DATA = {
    "accidents": NN_("{n} accident", "{n} accidents"),
    "alert_points": NN_("weighted: {n}", "weighted: {n}"),
    "clean_streak": NN_("{n} visit", "{n} visits in a row"),
    "closure_threshold": NN_("{n} penalty", "{n} penalties"),
    "closure_threshold_of_a_year": NN_("{n} penalty", "{n} penalties"),
    "complaint_found_true": NN_("{n} complaint", "{n} complaints"),
    "complaints": NN_("{n} complaint", "{n} complaints"),
    "days_since_inspection": NN_("{n} day ago", "{n} days ago"),
    "employees": NN_("{n} person", "{n} people"),
    "failed_rechecks": NN_("{n} time", "{n} times"),
    "fatal_accident": NN_("{n} accident", "{n} accidents"),
    "hazardous_processes": NN_("{n} process", "{n} processes"),
    "high_hazard_without_self_report": NN_("none filed", "none filed"),
    "major_accident": NN_("{n} accident", "{n} accidents"),
    "major_hazard_source": NN_("grade {n}", "grade {n}"),
    "major_hazards": NN_("{n} found", "{n} found"),
    "offline_days": NN_("{n} day", "{n} days"),
    "open_major_hazard": NN_("{n} open", "{n} open"),
    "open_rectifications": NN_("{n} order", "{n} orders"),
    "overdue_rectification": NN_("{n} order past its deadline", "{n} orders past their deadline"),
    "overdue_rectifications": NN_("{n} order", "{n} orders"),
    "recent_accident": NN_("{n} day ago", "{n} days ago"),
    "repeat_items": NN_("{n} item", "{n} items"),
    "repeated_penalties": NN_("{n} penalty", "{n} penalties"),
    "self_reports": NN_("last one {n} day ago", "last one {n} days ago"),
    "serious_injuries": NN_("{n} person", "{n} people"),
    "silent_sensors": NN_("{n} day", "{n} days"),
    "slow_alerts": NN_("{n} alert", "{n} alerts"),
    "two_larger_accidents": NN_("{n} accident", "{n} accidents"),
    "unanswered_alerts": NN_("{n} alert", "{n} alerts"),
    "unchecked_major_hazard": NN_("{n} not re-checked", "{n} not re-checked"),
    "unrated": NN_("{n} recent inspection", "{n} recent inspections"),
    "unsettled_findings": NN_("there is one", "there is one"),
    "violation_points": NN_("weighted: {n}", "weighted: {n}"),
}
"""What is on record, by factor or rule: for one, for more."""

PLAIN = {
    "alert_points": N_("alerts of monitoring systems; what is grave or recent counts more"),
    "days_since_inspection": N_("after long without a visit the state of things is unknown"),
    "employees": N_("the more people, the graver an accident"),
    "repeat_items": N_("the same item of the check list was found wrong at two visits or more"),
    "severity_mean": N_(
        "how grave the findings of one visit were on average, over years; with few visits drawn towards the average"
    ),
    "violation_points": N_(
        "everything that was found; what is grave or recent counts more, and less with time"
    ),
}
"""Factors in everyday words, where their titles have words of the trade."""

ABSENT = {
    "days_since_inspection": N_("never inspected on site"),
    "self_reports": N_("never filed"),
    "last_result": N_("never inspected on site"),
}
"""What an empty datum means; of all others it means that nothing is on record."""

_RESULTS = {str(rank): result for result, rank in vocab.RESULT_RANK.items()}
_TEN = 10


def code(key: str, words: Words) -> str:
    """A code as it stands in a sentence."""
    return words.within(*CODES[key])


def letter(key: str, words: Words) -> str:
    """A code as short as can be: one character, so that it is told without its colour."""
    return words.label(vocab.CODE, key)[:1]


def plainly(factor: str, words: Words) -> str:
    """A factor in everyday words; empty where its title is plain enough."""
    return words(PLAIN.get(factor, ""))


def basis(key: str, words: Words) -> str:
    """Whether a rule or a number rests on law, on policy or on a proposal of this project."""
    return words(BASIS[key])


def datum(factor: str, value: str | None, words: Words) -> str:
    """What is on record, in words."""
    if value is None:
        return words(ABSENT[factor]) if factor in ABSENT else words("nothing on record")
    if factor in ("held", "override"):
        return words("facts: {code}", code=code(value, words))
    if factor in CATEGORIES:
        return words.label(CATEGORIES[factor], value)
    if factor == "last_result" and value in _RESULTS:
        return words.label(vocab.INSPECTION_RESULT, _RESULTS[value])
    if factor == "refused_inspection":
        return words.label(vocab.INSPECTION_RESULT, "refused")
    if value.lstrip("-").isdigit():
        if factor == "severity_mean":
            return words("{n} per visit", n=f"{int(value) / _TEN:.1f}")
        if factor in DATA:
            return words.plural(*DATA[factor], int(value))
    return value
