"""What is said about every measure of the system itself: what was found, and what to look at when it alarms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from desk.say.groups import KINDS, group
from desk.words.words import STORED, Words
from models.messages import N_
from models.supervision.drift import Measured

TITLES = {
    "codes_moved": N_("Codes moved"),
    "psi_score": N_("Spread of the score"),
    "psi": N_("Spread of a factor's points"),
    "quiet_codes": N_("Codes stand still"),
    "quiet_data": N_("Data stand still"),
    "events_in": N_("Events coming in"),
    "red_rate": N_("RED rate"),
    "feedback": N_("Feedback loop"),
    "flip_flops": N_("Flip-flops"),
    "missing": N_("Measure missing"),
    "complaints": N_("Deliveries not read"),
    "nights_missed": N_("Nights missed"),
    "nights_late": N_("Nights late"),
    "kept_wrongly": N_("Kept wrongly"),
    "calendar": N_("Days off announced"),
    "overrides_standing": N_("Standing overrides"),
    "objections_open": N_("Open objections"),
}
GROUPS = {**KINDS, "factor": N_("factor"), "table": N_("table")}
"""What measures are taken of."""
STATES = {
    "ok": N_("ok"),
    "alarm": N_("alarm"),
    "unknown": N_("too little"),
    "acknowledged": N_("acknowledged"),
}

SENTENCES = {
    "codes_moved": N_(
        "{changed} of {enterprises} enterprises changed their code in {days} days: {value}; the "
        "limit is {high}."
    ),
    "psi_score": N_(
        "Against {baseline} the spread of the score has a stability index (PSI) of {value}; the "
        "limit is {high}."
    ),
    "psi": N_(
        "Against {baseline} the points of “{group}” have a stability index (PSI) of {value}; the "
        "limit is {high}."
    ),
    "quiet_codes": N_(
        "No code has changed since {since}, {value}, while {events} events came in; {high} and "
        "{least} events are too many."
    ),
    "quiet_data": N_("The newest datum became known on {watermark}, {value} ago; the limit is {high}."),
    "events_in": N_(
        "{group}: {value} in the last {days} days; in the mean of the year before {usual} in as many days."
    ),
    "red_rate": N_(
        "{kind} “{group}”: {red} of {enterprises} enterprises are RED, {value} (95% interval "
        "{interval}); of all others {rest}."
    ),
    "feedback": N_(
        "Among firms of the same sector and size, each visit of the last two years moves the "
        "code's rank by {value} (95% interval {interval}; above 0 is worse, the limit is {high}). This does not "
        "prove a loop: visits that were rightly aimed at risky firms give the same sign."
    ),
    "flip_flops": N_(
        "In the last {days} days {flips} codes went and came back within {within} days: {value}; "
        "the limit is {high}."
    ),
    "missing": N_("“{group}” last had a value on {last} and has none now. No value is not a pass."),
    "complaints": N_(
        "{value} complaints about deliveries are not settled, {grave} of them grave, from: {sources}."
    ),
    "nights_missed": N_(
        "Of the last {looked} nights, those never issued: {value} ({days}); the limit is {high}."
    ),
    "nights_late": N_(
        "Of the last {looked} nights, those issued after noon of the next day: {value} ({days}); the limit is {high}."
    ),
    "kept_wrongly": N_(
        "Tables of which this night kept what a random sample, coded anew, showed to be otherwise: {value} ({told})."
    ),
    "calendar": N_(
        "Plan and clocks reckon with days until {reckoned}; the days off are announced until {last}. Days beyond "
        "that, which are provisional: {value}."
    ),
    "overrides_standing": N_("{value} overrides stand on this day."),
    "objections_open": N_("{value} objections are not decided yet."),
}
"""What was found."""
TOO_LITTLE = N_("Too little to judge by.")
KNOWN_ALREADY = N_("A person has looked into it and takes it as it is.")

_ALIKE = N_(
    "{kind} “{group}”: {red} of {enterprises} enterprises are RED, {value} (95% interval {interval}); of "
    "enterprises of the same sectors and sizes elsewhere {rest}."
)
"""Of a red rate that is compared like with like."""

LOOK = {
    "codes_moved": N_(
        "Look at the reasons of the changes (risk.change_reasons): new rules or card, a bulk "
        "correction, or real? If it was meant, acknowledge it."
    ),
    "psi_score": N_("See which factor below moved most, then the deliveries it comes from."),
    "psi": N_(
        "Look at where the factor comes from: did a meaning, a unit or the coverage change, is "
        "something missing or sent twice?"
    ),
    "quiet_codes": N_(
        "Data came in and no code moved: check that the nightly run codes the right day and day of "
        "knowledge, and that events meet their enterprises."
    ),
    "quiet_data": N_(
        "Check the inbox and who delivers: were the last deliveries refused (./riskcode rejects), "
        "is a window frozen?"
    ),
    "events_in": N_(
        "Ask who delivers this table; while the rest flows on, the codes look healthy with this part missing."
    ),
    "red_rate": N_(
        "Look at the reasons of this district's RED codes: real hazards, or how it reports and how often "
        "it visits?"
    ),
    "feedback": N_(
        "Compare with random draws (the model report's section on feedback): if these firms are no "
        "worse there, points that add up by visit are too heavy."
    ),
    "flip_flops": N_(
        "Look at who flips and why; if most lie near a cut-off, consider a longer dwell or a wider "
        "margin (change in codes.yaml)."
    ),
    "complaints": N_(
        "See what could not be read and settle it with who delivers, or acknowledge it: ./riskcode sources complaints"
    ),
    "nights_missed": N_(
        "See why nothing ran or every run failed (Dagster's page, logs/alerts.jsonl). A day before the one issued last "
        "can only be coded again, not issued; once the cause is known, acknowledge it."
    ),
    "nights_late": N_(
        "See what held the nights up (Dagster's page, logs/alerts.jsonl): runs that failed first, a machine that was "
        "off, deliveries or runs that took too long? Once the cause is known, acknowledge it."
    ),
    "kept_wrongly": N_(
        "The whole city was coded anew, so the codes are right. Tell who keeps this program, with the log of the run; "
        "until it is mended, code everybody every night: ./riskcode run --full"
    ),
    "calendar": N_(
        "Once the notice of the State Council on the next year's days off is out, update the library "
        "holidays or write it into models/notices.yaml; what was reckoned follows with the next run."
    ),
    "missing": N_(
        "Check whether a table, factor or group was renamed or dropped; if it was meant, acknowledge it."
    ),
}
"""What to look at when it alarms."""

NUMBERS = {
    "codes_moved": N_("{n:,.1f} ‰ a day"),
    "psi_score": "{n:.3f}",
    "psi": "{n:.3f}",
    "quiet_codes": N_("{n:,.0f} days"),
    "quiet_data": N_("{n:,.0f} days"),
    "events_in": N_("{n:,.0f} events"),
    "red_rate": "{n:.1%}",
    "feedback": "{n:+.3f}",
    "flip_flops": N_("{n:,.1f} ‰ a year"),
}
"""How a value is written, with its unit."""


def number(metric: str, value: Any, words: Words) -> str:
    """A value of a metric, with its unit."""
    if value is None:
        return "–"
    text = words(NUMBERS.get(metric, "{n:,.0f}"), n=value).replace("-", "−")
    return text if value else text.lstrip("+−")


def title(metric: str, words: Words) -> str:
    """What a metric is called; one there is no text for is shown by its key."""
    return words(TITLES.get(metric, metric))


def bounds(row: Mapping[str, Any], words: Words) -> str:
    """Where the alarm of a stored measure begins, below and above; nothing where it has no limit."""
    low, high = row["limit_low"], row["limit_high"]
    least, most = (number(row["metric"], end, words) for end in (low, high))
    if low is not None and high is not None:
        return f"{least} … {most}"
    if high is not None:
        return f"≤ {most}"
    return "" if low is None else f"≥ {least}"


def verdict(found: Sequence[Mapping[str, Any]], words: Words) -> str:
    """The first thing to know: how many alarms, or that there is none."""
    alarms = sum(row["state"] == "alarm" for row in found)
    return words.plural("{n} alarm", "{n} alarms", alarms) if alarms else words("All is well: no alarm.")


def told(found: Sequence[Measured], factors: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """Text columns of ``risk.monitoring``, one row a measure: its group, what was found, what to look at.

    ``factors``: titles of the factors in force, Chinese and English, as the pack has them.
    """
    said = dict[str, list[str]]()
    for language in STORED:
        words, at = Words(language), STORED.index(language)
        titles = {factor: pair[at] for factor, pair in factors.items()}
        groups = [measured_group(one, titles, words) for one in found]
        said[f"group_{language}"] = groups
        said[f"text_{language}"] = [
            sentence(one, name, words) for one, name in zip(found, groups, strict=True)
        ]
        said[f"look_{language}"] = [look(one, words) for one in found]
    return pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))


def measured_group(one: Measured, titles: Mapping[str, str], words: Words) -> str:
    """What the group of a measure is called; of a measure that is gone, which one it was."""
    if one.metric != "missing":
        return group_of(one.group_kind, one.group_value, titles, words)
    measure, name = (
        title(one.group_kind, words),
        group_of(one.facts["kind"], one.facts["group"], titles, words),
    )
    return words("{measure}: {group}", measure=measure, group=name) if name else measure


def group_of(kind: str, value: str, titles: Mapping[str, str], words: Words) -> str:
    """What a group is called; ``titles``: of the factors in force."""
    if kind == "factor":
        return titles.get(value, value)
    if kind == "table":
        return words.within("table", value.replace("_", " "))
    return group(kind, value, words) if kind else value


def sentence(one: Measured, name: str, words: Words) -> str:
    """What was found, in one or two sentences; ``name``: what its group is called."""
    if one.value is None and one.metric != "missing":
        return words("There is too little to compute it.")
    facts = {key: _told(key, value, words) for key, value in one.facts.items()}
    low, high = (number(one.metric, end, words) for end in (one.low, one.high))
    facts |= {
        "group": name,
        "kind": words(GROUPS.get(one.group_kind, one.group_kind)).capitalize(),
        "value": number(one.metric, one.value, words),
        "high": number(one.metric, one.limit_high, words),
        "interval": f"{low} … {high}",
    }
    text = words(_ALIKE if one.facts.get("alike") else SENTENCES[one.metric], **facts)
    more = {"unknown": TOO_LITTLE, "acknowledged": KNOWN_ALREADY}.get(one.state)
    return words.sentences([text, words(more)]) if more else text


def look(one: Measured, words: Words) -> str:
    """What to look at; nothing where there is no alarm."""
    return words(LOOK[one.metric]) if one.state == "alarm" else ""


def _told(name: str, value: Any, words: Words) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if name == "rest":
        return number("red_rate", value, words)
    return f"{value:,}" if isinstance(value, int) else str(value)
