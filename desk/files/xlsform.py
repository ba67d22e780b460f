"""The checklist of a visit as an XLSForm, which ODK Collect and its kin take: what is asked, and what is refused there.

The rules are those of ``models.field.records``, as far as a form can say them by itself; all of them are asked again
when the record is finished at the desk.  One form is one visit: it carries the visit's number and no person's name.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desk.files.tables import workbook
from desk.words.words import Words
from models import vocabulary as vocab
from models.field.forms import Filing
from models.field.records import ON_THE_SPOT, ORDER
from models.policy.check_items import CheckItem

FINDINGS: Final = "findings"
"""Name of the repeat; its file in what comes back is called by it."""
PHOTOS: Final = ("photo", "photo_2", "photo_3")
"""Fields of one finding that hold a picture."""
ASKED: Final = frozenset(
    {
        *(
            "begun_at",
            "ended_at",
            "places",
            "situation",
            "certificates_shown",
            "integrity_pledge",
            "no_finding",
        ),
        *("outcome", "item_code", "place", "description", *PHOTOS, "severity", "disposal", "is_major"),
        *("criterion", "measure", "rectify_due_on", "note"),
    }
)
"""Fields that a person fills in."""
OUTCOMES: Final = ("stopped", "refused")
"""What findings cannot tell."""
YES, NO = "yes", "no"
_WIDEST_PICTURE = "max-pixels=1600"
_HEADS = {
    "survey": (
        *("type", "name", "label", "hint", "required", "required_message", "relevant", "constraint"),
        *("constraint_message", "calculation", "choice_filter", "appearance", "default", "parameters"),
    ),
    "choices": ("list_name", "name", "label", "item"),
    "settings": ("form_title", "form_id", "version", "instance_name"),
}


@dataclass(frozen=True)
class Checklist:
    """A visit to make a form of.

    ``name``: of the enterprise; ``items``: what may be checked there, in order; ``criteria``: of lists of major
    hazards, by item, for this very enterprise.
    """

    visit_id: str
    version: int
    name: str
    filing: Filing
    items: Sequence[CheckItem]
    criteria: Mapping[str, Sequence[str]]


Line = dict[str, str]


def form_of(checklist: Checklist, words: Words) -> bytes:
    """The form as an Excel file, in one language.  The same visit gives the same cells."""
    sheets = {
        "survey": [*_survey(checklist, words)],
        "choices": [*_choices(checklist, words)],
        "settings": [_settings(checklist, words)],
    }
    written = io.BytesIO()
    with workbook(written) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for column, head in enumerate(_HEADS[name]):
                sheet.write_string(0, column, head)
            for place, line in enumerate(lines, start=1):
                for column, head in enumerate(_HEADS[name]):
                    if line.get(head):
                        sheet.write_string(place, column, line[head])
    return written.getvalue()


def criterion_name(item: str, criterion: str) -> str:
    """A criterion as a choice: the same one may stand on the list under several items."""
    return f"{item}|{criterion}"


def _settings(checklist: Checklist, words: Words) -> Line:
    title = f"{checklist.name} {checklist.filing.planned_on or ''}".strip()
    return {
        "form_title": title,
        "form_id": f"visit-{checklist.visit_id}",
        "version": f"{checklist.version}",
        "instance_name": f"'{_quoted(title)}'",
    }


def _survey(checklist: Checklist, words: Words) -> Iterable[Line]:
    day = checklist.filing.planned_on
    yield {"type": "calculate", "name": "visit_id", "calculation": f"'{checklist.visit_id}'"}
    yield _field("dateTime", "begun_at", words("begun"), required=True) | _day(day, words)
    yield _field("dateTime", "ended_at", words("ended"), required=True) | {
        "constraint": ". > ${begun_at} and . <= now()",
        "constraint_message": words("It ends after it began, and not later than now."),
    }
    places = words("places looked at, separated by commas")
    yield _field("text", "places", places, required=not checklist.filing.is_assistance)
    yield _field("text", "situation", words("what was done and seen")) | {"appearance": "multiline"}
    if checklist.filing.is_assistance:
        return
    yield _field("acknowledge", "certificates_shown", words("Certificates were shown"), required=True)
    yield _field(
        "acknowledge", "integrity_pledge", words("The integrity pledge was handed over"), required=True
    )
    yield _field("select_one yes_no", "no_finding", words("Nothing was found"), required=True)
    yield _field("select_one outcome", "outcome", words("what findings cannot tell"))
    yield _field("begin repeat", FINDINGS, words("Findings")) | {"relevant": f"${{no_finding}} = '{NO}'"}
    yield from _finding(checklist, words)
    yield {"type": "end repeat", "name": FINDINGS}


def _day(day: Any, words: Words) -> Line:
    told = ". <= now()"
    if day is None:
        return {"constraint": told, "constraint_message": words("It is not later than now.")}
    return {
        "constraint": f"format-date(., '%Y-%m-%d') = '{day}' and {told}",
        "constraint_message": words("It was filed for {day}, and is not later than now.", day=day),
    }


def _finding(checklist: Checklist, words: Words) -> Iterable[Line]:
    yield {"type": "calculate", "name": "finding_id", "calculation": "once(uuid())"}
    yield _field("select_one item", "item_code", words("check item"), required=True)
    yield _field("text", "place", words("where"), required=True)
    yield _field("text", "description", words("what was found"), required=True) | {"appearance": "multiline"}
    for name in PHOTOS:
        yield _field("image", name, words("photo")) | {"parameters": _WIDEST_PICTURE}
    yield _field("select_one severity", "severity", words("severity"), required=True) | {
        "default": "ungraded"
    }
    yield _field("select_one disposal", "disposal", words("disposal"), required=True)
    if listed := [item for item in checklist.criteria if any(one.code == item for one in checklist.items)]:
        is_major, is_listed = f"${{is_major}} = '{YES}'", f"selected('{' '.join(listed)}', ${{item_code}})"
        yield _field("select_one yes_no", "is_major", words("major accident hazard"), required=True) | {
            "relevant": is_listed
        }
        yield _field("select_one criterion", "criterion", words("criterion of the list"), required=True) | {
            "relevant": f"{is_listed} and {is_major}",
            "choice_filter": "item = ${item_code}",
        }
        yield _field("text", "measure", words("measure taken at once, such as stopping work")) | {
            "relevant": f"{is_listed} and {is_major}",
            "required": f"${{disposal}} = '{ORDER}'",
            "required_message": words("A major hazard is not settled by an order alone."),
        }
    yield _field("date", "rectify_due_on", words("to be put right by"), required=True) | {
        "relevant": f"${{disposal}} != '' and ${{disposal}} != '{ON_THE_SPOT}'",
        **_not_before(checklist.filing.planned_on, words),
    }
    yield _field("text", "note", words("remark")) | {"appearance": "multiline"}


def _not_before(day: Any, words: Words) -> Line:
    if day is None:
        return {}
    return {
        "constraint": f". >= date('{day}')",
        "constraint_message": words("The last day does not lie before the visit."),
    }


def _field(kind: str, name: str, label: str, *, required: bool = False) -> Line:
    return {"type": kind, "name": name, "label": label, **({"required": "yes"} if required else {})}


def _choices(checklist: Checklist, words: Words) -> Iterable[Line]:
    yield _choice("yes_no", YES, words("yes"))
    yield _choice("yes_no", NO, words("no"))
    for key in OUTCOMES:
        yield _choice("outcome", key, words.label(vocab.INSPECTION_RESULT, key))
    for item in checklist.items:
        star = " ★" if item.code in checklist.criteria else ""
        yield _choice("item", item.code, f"{item.code} {words.of(item.title)}{star}")
    for key in vocab.SEVERITY.keys:
        yield _choice("severity", key, words.label(vocab.SEVERITY, key))
    for key in vocab.DISPOSAL.keys:
        yield _choice("disposal", key, words.label(vocab.DISPOSAL, key))
    known = {item.code for item in checklist.items}
    for item, said in checklist.criteria.items():
        for one in said if item in known else ():
            yield _choice("criterion", criterion_name(item, one), one) | {"item": item}


def _choice(listed: str, name: str, label: str) -> Line:
    return {"list_name": listed, "name": name, "label": label}


def _quoted(text: str) -> str:
    """A text within the quotes of an expression, which knows no way to write one of them."""
    return text.replace("'", "’")
