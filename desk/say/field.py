"""How a filing, a record and the steps of a visit are told: heads and what stands under them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from desk.say.visits import filing
from desk.words.labels import CHANNEL
from desk.words.words import Words
from models import vocabulary as vocab
from models.field.forms import OPINION, Filing, Finding, Opinion, Record, in_zone
from warehouse.clock import LOCAL
from warehouse.database.reading import Row

Told = list[tuple[str, str]]
"""Heads, each with what stands under it."""


def moment(at: datetime | None) -> str:
    """A moment in the time of the place, to the minute."""
    return f"{in_zone(at, LOCAL):%Y-%m-%d %H:%M}" if at else "–"


def filed(row: Row, words: Words) -> str:
    """When a visit of the plan was filed and approved, by the ledger (``ledger``); before that, when it must be."""
    held = row["ledger"]
    if not held or not held["filed_at"]:
        return filing(row, words)
    told = [words("filed {at}", at=moment(held["filed_at"]))]
    told += [words("approved {at}", at=moment(held["approved_at"]))] if held["approved_at"] else []
    return " · ".join(told)


def yes(told: bool, words: Words) -> str:
    """Yes or no."""
    return words("yes") if told else words("no")


def filing_rows(filing: Filing, names: Mapping[str, str], items: Mapping[str, Any], words: Words) -> Told:
    """A filing; ``names``: of who goes, by number; ``items``: of the catalogue, by code."""
    window = f"{filing.planned_on or '–'} {_clock(filing.begins_at)}–{_clock(filing.ends_at)}"
    told: Told = [
        (words("kind of visit"), words.label(vocab.INSPECTION_KIND, filing.kind)),
        (words("why it is due"), words.label(CHANNEL, filing.channel)),
        (words("day and time"), window),
        (words("mode"), words.label(vocab.INSPECTION_MODE, filing.mode)),
        (words("legal basis"), filing.basis or "–"),
        (words("check items"), words.listing(item(code, items, words) for code in filing.item_codes) or "–"),
        (words("officers"), people(filing.officers, names, words)),
    ]
    optional = (
        (words("technical inspectors"), people(filing.technical_inspectors, names, words)),
        (words("helpers"), str(filing.assistants or "–")),
        (words("departments"), words.listing(filing.departments) or "–"),
        (words("why beyond the cap"), filing.beyond_cap_reason or "–"),
    )
    told += [(head, said) for head, said in optional if said != "–"]
    if filing.emergency is not None:
        told.append((words("emergency"), filing.emergency.reason or "–"))
        told.append((words("allowed by word of mouth by"), filing.emergency.approved_by or "–"))
    told.append(
        (words("recusal"), words("confirmed") if filing.recusal_confirmed else words("not confirmed"))
    )
    return told


def record_rows(
    record: Record, names: Mapping[str, str], items: Mapping[str, Any], words: Words, *, is_whole: bool = True
) -> Told:
    """A record.  ``is_whole``: with its findings, each in one line."""
    told: Told = [
        (words("from – to"), f"{moment(record.begun_at)} – {moment(record.ended_at)}"),
        (words("places looked at"), words.listing(record.places) or "–"),
        (words("what was done"), record.situation or "–"),
        (words("certificates shown"), yes(record.certificates_shown, words)),
        (words("integrity pledge handed over"), yes(record.integrity_pledge, words)),
    ]
    if record.no_finding:
        told.append((words("findings"), words("nothing was found")))
    if record.outcome:
        told.append((words("outcome"), words.label(vocab.INSPECTION_RESULT, record.outcome)))
    if is_whole:
        for place, one in enumerate(record.findings, start=1):
            told.append((words("finding {n}", n=place), finding_line(one, items, words)))
        told += [(words("opinion"), opinion_line(one, words)) for one in record.opinions]
    if record.officers:
        signed = people([one.officer_id for one in record.officers], names, words)
        told.append((words("signed by the officers"), f"{signed} · {moment(record.officers[-1].signed_at)}"))
    if record.unit is not None:
        unit = words.aside(record.unit.name, record.unit.post) if record.unit.post else record.unit.name
        told.append((words("signed for the unit"), f"{unit} · {moment(record.unit.signed_at)}"))
    if record.refusal is not None:
        told.append((words("refused to sign"), record.refusal.reason or "–"))
        told.append((words("witness"), record.refusal.witness or "–"))
    return told


def finding_parts(
    one: Finding, items: Mapping[str, Any], words: Words, said_of: Callable[[date], str] = str
) -> list[str]:
    """What there is to say of a finding but its photos, piece by piece.  ``said_of``: how a day is written."""
    parts = [item(one.item_code, items, words) if one.item_code else "", one.place, one.description]
    if one.is_major:
        parts.append(words.aside(words("major accident hazard"), one.criterion or "–"))
    if one.disposal:
        parts.append(words.label(vocab.DISPOSAL, one.disposal))
    if one.measure:
        parts.append(one.measure)
    if one.rectify_due_on:
        parts.append(words("to be put right by {day}", day=said_of(one.rectify_due_on)))
    return [*filter(None, parts)]


def finding_line(one: Finding, items: Mapping[str, Any], words: Words) -> str:
    """A finding in one line."""
    parts = finding_parts(one, items, words)
    if one.photos:
        parts.append(words.plural("{n} photo", "{n} photos", len(one.photos)))
    return " · ".join(parts) or "–"


def opinion_line(one: Opinion, words: Words) -> str:
    """An opinion of a re-check in one line."""
    due = words("to be put right by {day}", day=one.due_on) if one.due_on else ""
    return " · ".join(filter(None, (words.label(OPINION, one.opinion), one.note, due)))


def item(code: str, items: Mapping[str, Any], words: Words) -> str:
    """A check item by code and title."""
    known = items.get(code)
    return f"{code} {words.of(known.title)}" if known else code


def people(numbers: Iterable[str], names: Mapping[str, str], words: Words) -> str:
    """People by name and number."""
    said = (words.aside(names[one], one) if one in names else one for one in numbers)
    return words.listing(said) or "–"


def _clock(at: Any) -> str:
    return f"{at:%H:%M}" if at else "–"
