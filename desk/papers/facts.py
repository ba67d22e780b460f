"""What the fields of a document hold: told from the filing, the record, the register, and by whoever issues it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from desk.say import field as say
from desk.words.labels import CHANNEL
from desk.words.words import Words
from models import vocabulary as vocab
from models.credit_codes import is_credit_code
from models.field.facts import Officer
from models.field.forms import OPINION, PROLONGED, Finding, Record
from models.field.papers import SLOTS, Stand
from models.policy.papers import AuthorityForm, Paper, PapersPolicy
from warehouse.database.reading import Row
from warehouse.field.visit import Visit

Value = str | list[str] | list[Row]
"""A line or text, numbered entries, or signatures and photos with their keys."""
_DISTRICT_DIGITS = 6


@dataclass(frozen=True)
class Source:
    """From what a document is told.

    ``register``: row of the enterprise, with whom to ask for; ``officers``: of the register, by number; ``items``: of
    the catalogue, by code; ``used`` and ``cap``: visits of this year; ``people``: names of users; ``before``: the visit
    that is looked at again, where this one does; ``address``: of the pass code; ``orders``: numbers of the orders of
    ``before``; ``opinion``: what the approver wrote.
    """

    visit: Visit
    register: Row
    officers: Mapping[str, Officer]
    items: Mapping[str, Any]
    papers: PapersPolicy
    words: Words
    now: datetime
    used: int = 0
    cap: int | None = None
    people: Mapping[str, str] = field(default_factory=dict[str, str])
    address: str = ""
    before: Visit | None = None
    orders: tuple[str, ...] = ()
    opinion: str = ""
    cancelled_for: str = ""

    @property
    def record(self) -> Record:
        """The signed record; an empty one before."""
        return self.visit.record or Record()


def stand_of(visit: Visit) -> Stand:
    """Where a visit stands, as far as its documents ask."""
    return Stand(visit.state, visit.filed_at is not None, visit.filing, visit.record)


def told(paper: Paper, source: Source, typed: Mapping[str, str]) -> dict[str, Value]:
    """All fields of a document; those that are typed as they were typed."""
    return {
        name: typed.get(name, "").strip() or _none(source) if SLOTS[name].typed else TOLD[name](source)
        for name in paper.fields
    }


def offered(paper: Paper, source: Source) -> dict[str, str]:
    """The fields that somebody types, with what the program offers to begin with."""
    offers = {name: TOLD.get(name, _nothing)(source) for name in paper.fields if SLOTS[name].typed}
    return {name: value if isinstance(value, str) else "" for name, value in offers.items()}


def number_of(source: Source, word: str, year: int, n: int) -> str:
    """The number of a document as it is written on it; the same in every language."""
    chinese = Words("zh")
    form = _form(source)
    # What kind of place it is, is left out of its number.
    endings = chinese.within("last letters of the names of places", "-")
    places = {name: said.rstrip(endings) for name, said in _places(source, chinese).items()}
    place = form.short.format(**places)
    return source.papers.numbers.form.format(place=place, word=word, year=year, n=n)


def authority(source: Source) -> str:
    """The authority by its name."""
    return source.words.of(_form(source).name).format(**_places(source, source.words))


def _form(source: Source) -> AuthorityForm:
    return getattr(source.papers.authorities, source.visit.authority.level)


def _places(source: Source, words: Words) -> dict[str, str]:
    division = source.visit.authority.division
    district = words.division(division[:_DISTRICT_DIGITS]) if division else ""
    is_town = len(division) > _DISTRICT_DIGITS
    return {"place": division[_DISTRICT_DIGITS:] if is_town else district, "district": district}


def _none(source: Source) -> str:
    """What stands where there is nothing to say, so that nobody writes it in later."""
    return "/" if source.words.language == "zh" else "–"


def _nothing(_source: Source) -> str:
    return ""


def _or_none(source: Source, said: str) -> str:
    return said or _none(source)


def day(source: Source, when: date | None) -> str:
    """A day as documents write it."""
    if when is None:
        return _none(source)
    told = {"year": when.year, "month": when.month, "day": when.day}
    return source.words.within("a day as documents write it", "{year}-{month}-{day}", **told)


def _moment(source: Source, at: datetime | None) -> str:
    return _none(source) if at is None else f"{day(source, at.date())} {at:%H:%M}"


def _window(source: Source) -> str:
    filing = source.visit.filing
    hours = [f"{at:%H:%M}" for at in (filing.begins_at, filing.ends_at) if at is not None]
    return " ".join(filter(None, (day(source, filing.planned_on), "–".join(hours))))


def _officers(source: Source, numbers: tuple[str, ...]) -> str:
    words, told_each = source.words, list[str]()
    for number in numbers:
        known = source.officers.get(number)
        name = source.visit.names.get(number) or (known.name if known else "")
        until = known.certified_until if known else None
        valid = words("{number}, valid until {day}", number=number, day=until) if until else number
        told_each.append(words.aside(name, valid) if name else valid)
    return _or_none(source, words.listing(told_each))


def _items(source: Source) -> str:
    codes = source.visit.filing.item_codes
    return _or_none(source, source.words.listing(say.item(one, source.items, source.words) for one in codes))


def _mode(source: Source) -> str:
    filing, words = source.visit.filing, source.words
    mode = words.label(vocab.INSPECTION_MODE, filing.mode)
    with_whom = words.listing(filing.departments)
    return (
        words("{mode}; departments: {departments}", mode=mode, departments=with_whom) if with_whom else mode
    )


def _visits(source: Source) -> str:
    cap = "–" if source.cap is None else str(source.cap)
    why = source.visit.filing.beyond_cap_reason
    return f"{source.used}/{cap}" + (
        f"；{why}" if why and source.words.language == "zh" else f"; {why}" if why else ""
    )


def _emergency(source: Source) -> str:
    emergency, words = source.visit.filing.emergency, source.words
    if emergency is None:
        return _none(source)
    allowed = words("allowed by word of mouth by {name}", name=emergency.approved_by or "–")
    late = [words("filed late")] if source.visit.is_late else []
    return " · ".join([emergency.reason or "–", allowed, *late])


def _by(source: Source, user_id: str | None, at: datetime | None) -> str:
    if at is None:
        return _none(source)
    return f"{source.people.get(user_id or '', user_id or '–')} {_moment(source, at)}"


def _responsible(source: Source) -> str:
    unit = source.record.unit
    if unit is None:
        return _none(source)
    return source.words.aside(unit.name, unit.post) if unit.post else unit.name


def _from_to(source: Source) -> str:
    began, ended = source.record.begun_at, source.record.ended_at
    if began is None or ended is None or began.date() != ended.date():
        return f"{_moment(source, began)} – {_moment(source, ended)}"
    return f"{_moment(source, began)}–{ended:%H:%M}"


def _refusal(source: Source) -> str:
    refusal, words = source.record.refusal, source.words
    if refusal is None:
        return _none(source)
    return words("{reason}; witness: {name}", reason=refusal.reason or "–", name=refusal.witness or "–")


def finding(source: Source, one: Finding, photos: range) -> str:
    """A finding as documents tell it: item, place, fact, whether it is a major hazard, how it is handled, photos."""
    words = source.words
    parts = say.finding_parts(one, source.items, words, partial(day, source))
    if photos:
        numbers = f"{photos[0] + 1}" if len(photos) == 1 else f"{photos[0] + 1}–{photos[-1] + 1}"
        parts.append(words("photo {numbers}", numbers=numbers))
    return ("；" if words.language == "zh" else "; ").join(parts)


def _findings(source: Source) -> list[str]:
    if source.record.no_finding or not source.record.findings:
        return [source.words("nothing was found")]
    said, place = list[str](), 0
    for one in source.record.findings:
        said.append(finding(source, one, range(place, place + len(one.photos))))
        place += len(one.photos)
    return said


def _measures(source: Source) -> list[str]:
    return [finding(source, one, range(0)) for one in source.record.findings if one.measure]


def _problems(source: Source) -> list[str]:
    return [finding(source, one, range(0)) for one in source.record.findings if one.disposal == "order"]


def _opinions(source: Source) -> list[str]:
    words, before = source.words, source.before
    held = {one.id: one for one in before.record.findings} if before and before.record else {}
    said = list[str]()
    for one in source.record.opinions:
        known = held.get(one.finding_id)
        what = finding(source, known, range(0)) if known else str(one.finding_id)
        until = (
            words("to be put right by {day}", day=day(source, one.due_on)) if one.opinion == PROLONGED else ""
        )
        opinion = " · ".join(filter(None, (words.label(OPINION, one.opinion), one.note, until)))
        said.append(words("{what} — opinion: {opinion}", what=what, opinion=opinion))
    return said


def _photos(source: Source) -> list[Row]:
    found = list[Row]()
    for n, one in enumerate(source.record.findings, start=1):
        for name in one.photos:
            caption = source.words("Photo {n}, problem {m}", n=len(found) + 1, m=n)
            found.append({"sha256": name, "caption": caption})
    return found


def _signed_by_officers(source: Source) -> list[Row]:
    record, visit = source.record, source.visit
    signed = {one.officer_id: one for one in record.officers}
    rows = list[Row]()
    for number in visit.filing.people:
        held = signed.get(number)
        name = visit.names.get(number) or number
        row = {"label": source.words("Officer"), "name": source.words.aside(name, number)}
        rows.append(
            row
            | {"at": _moment(source, held.signed_at) if held else "", "sha256": held.image if held else None}
        )
    return rows


def _signed_for_unit(source: Source) -> list[Row]:
    unit, words = source.record.unit, source.words
    label = words("For the unit")
    if unit is None:
        return [
            {
                "label": label,
                "name": words("refused to sign") if source.record.refusal else "",
                "at": "",
                "sha256": None,
            }
        ]
    at = _moment(source, unit.signed_at)
    return [{"label": label, "name": _responsible(source), "at": at, "sha256": unit.image}]


def _officers_by_hand(source: Source) -> list[Row]:
    rows = _signed_by_officers(source)
    return [{**row, "at": "", "sha256": None} for row in rows]


def _by_hand(source: Source) -> list[Row]:
    """Room for a signature by hand; the label is that of the field."""
    return [{"label": "", "name": "", "at": "", "sha256": None}]


def _attached(source: Source) -> list[str]:
    words = source.words
    return [
        words("Report of the investigation"),
        words("List of the goods concerned"),
        words("Test reports and appraisals"),
        words("Other material of the case"),
    ]


def _facts(source: Source) -> str:
    return "\n".join(_findings(source)) if source.record.findings else ""


def _review(source: Source) -> str:
    return source.words.of(_form(source).review).format(**_places(source, source.words))


def _court(source: Source) -> str:
    return source.words.of(_form(source).court).format(**_places(source, source.words))


def _task_source(source: Source) -> str:
    filing, words = source.visit.filing, source.words
    kind = words.label(vocab.INSPECTION_KIND, filing.kind)
    return words.aside(words.label(CHANNEL, filing.channel), kind) if filing.channel else kind


TOLD: Final[Mapping[str, Callable[[Source], Value]]] = {
    "authority": authority,
    "unit": lambda source: source.register["name"],
    "credit_code": lambda source: (
        code if is_credit_code(code := source.register["enterprise_id"]) else _none(source)
    ),
    "address": lambda source: _or_none(source, source.register["address"] or ""),
    "issued_on": lambda source: day(source, source.now.date()),
    "task_source": _task_source,
    "basis": lambda source: _or_none(source, source.visit.filing.basis),
    "items": _items,
    "mode": _mode,
    "window": _window,
    "officers": lambda source: _officers(source, source.visit.filing.officers),
    "technical_inspectors": lambda source: _officers(source, source.visit.filing.technical_inspectors),
    "assistants": lambda source: str(source.visit.filing.assistants or _none(source)),
    "visits_this_year": _visits,
    "recusal": lambda source: (
        source.words("confirmed") if source.visit.filing.recusal_confirmed else source.words("not confirmed")
    ),
    "emergency": _emergency,
    "filed": lambda source: _by(source, source.visit.filed_by, source.visit.filed_at),
    "approved": lambda source: " · ".join(
        filter(None, (source.opinion, _by(source, source.visit.approved_by, source.visit.approved_at)))
    ),
    "pass_code": lambda source: _or_none(source, source.address),
    "cancelled": lambda source: _or_none(source, source.cancelled_for),
    "responsible": _responsible,
    "places": lambda source: _or_none(source, source.words.listing(source.record.places)),
    "from_to": _from_to,
    "situation": lambda source: _or_none(source, source.record.situation),
    "findings": _findings,
    "measures": _measures,
    "problems": _problems,
    "opinions": _opinions,
    "refusal": _refusal,
    "photos": _photos,
    "sign_officers": _signed_by_officers,
    "sign_unit": _signed_for_unit,
    "hand_officers": _officers_by_hand,
    "hand_unit": _by_hand,
    "sign_handlers": _by_hand,
    "sign_division": _by_hand,
    "sign_head": _by_hand,
    "attached": _attached,
    # What somebody types begins so.
    "phone": lambda source: source.register["phone"] or "",
    "facts": _facts,
    "review_body": _review,
    "court": _court,
    "case_source": _task_source,
    "order_ref": lambda source: source.words.listing(source.orders),
}
"""What each field holds, or begins with; those that nothing is known of begin empty."""
