"""What a form of a page brings: read into the forms of ``models.field``; what cannot be read is told, not guessed."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from desk.web.asking import Asking
from models.errors import FaultsError, FieldError, ForbiddenError
from models.field.facts import Fault
from models.field.forms import Answers, Filing, Record
from warehouse.clock import LOCAL
from warehouse.field.visit import Ask, Visit

Form = TypeVar("Form", bound=BaseModel)
MOST_LETTERS = 4000
"""Of a text of several lines."""
MOST_FIELDS = 8000
"""Of one form: two hundred findings with their photos."""


async def _sent(request: Request) -> FormData:
    return await request.form(max_fields=MOST_FIELDS, max_files=200)


Sent = Annotated[FormData, Depends(_sent)]


def text(sent: FormData, name: str) -> str:
    """A field, empty where it was not sent."""
    value = sent.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def prose(sent: FormData, name: str) -> str:
    """A text of several lines.  Raises FieldError for one that is too long."""
    told = text(sent, name).replace("\r\n", "\n")
    if len(told) > MOST_LETTERS:
        raise FieldError("A text is too long. Write it in 4,000 characters at most.")
    return told


def fields(sent: FormData) -> dict[str, str]:
    """A form as it was sent, without its files, to be shown once more."""
    return {name: value for name, value in sent.items() if isinstance(value, str)}


def texts(sent: FormData, name: str) -> list[str]:
    """All values of a field that are not empty, each once."""
    found = (value.strip() for value in sent.getlist(name) if isinstance(value, str))
    return [*dict.fromkeys(value for value in found if value)]


def uploads(sent: FormData, name: str) -> list[UploadFile]:
    """Files that were chosen in a field."""
    return [one for one in sent.getlist(name) if isinstance(one, UploadFile) and one.filename]


def number_of(told: str) -> UUID:
    """A number that pages and devices make.  Raises FieldError."""
    try:
        return UUID(told)
    except ValueError:
        raise FieldError(
            "What was sent has no number of its own. Load the page again, and repeat it."
        ) from None


def ask_of(asking: Asking, sent: FormData) -> Ask:
    """What comes with every form: its session's mark, its number, the version it was made from.

    Raises ForbiddenError, FieldError.
    """
    asking.require_form(text(sent, "csrf"))
    version = text(sent, "version")
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise ForbiddenError(
            "This form is too old and was not taken. Go back, load the page again, repeat it."
        )
    return Ask(number_of(text(sent, "request_id")), asking.now, int(version))


def after(ask: Ask, step: str, version: int) -> Ask:
    """The same request once more, for the next of several steps that it takes in a row."""
    return Ask(uuid.uuid5(ask.request_id, step), ask.now, version, ask.device_at)


def read(form: type[Form], told: Mapping[str, Any]) -> Form:
    """A form of what was sent.  Raises FieldError with the fields that no rule could make sense of."""
    try:
        return form.model_validate(dict(told))
    except ValidationError as error:
        names = dict.fromkeys(".".join(map(str, one["loc"])) for one in error.errors())
        raise FieldError(
            "These fields cannot be read as they were filled in: {fields}. Correct them, and send it again.",
            fields=", ".join(names) or "–",
        ) from None


def filing_of(sent: FormData, held: Filing) -> Filing:
    """The filing a form brings.  ``held``: what of it no form changes."""
    told: dict[str, Any] = {
        "enterprise_id": held.enterprise_id,
        "plan_visit_id": held.plan_visit_id,
        "rechecks": held.rechecks,
        "channel": text(sent, "channel") or None,
        "kind": text(sent, "kind"),
        "basis": text(sent, "basis"),
        "item_codes": texts(sent, "item"),
        "mode": text(sent, "mode") or "on_site",
        "departments": _parts(text(sent, "departments")),
        "planned_on": text(sent, "planned_on") or None,
        "begins_at": text(sent, "begins_at") or None,
        "ends_at": text(sent, "ends_at") or None,
        "officers": [*dict.fromkeys([*texts(sent, "officer"), *_parts(text(sent, "more_officers"))])],
        "technical_inspectors": texts(sent, "technical"),
        "assistants": text(sent, "assistants") or 0,
        "recusal_confirmed": bool(text(sent, "recusal_confirmed")),
        "beyond_cap_reason": text(sent, "beyond_cap_reason"),
    }
    reason, by = text(sent, "emergency.reason"), text(sent, "emergency.approved_by")
    if reason or by or text(sent, "emergency"):
        told["emergency"] = {"reason": reason, "approved_by": by}
    return read(Filing, told)


def _parts(line: str) -> list[str]:
    """Names separated as people separate them."""
    for mark in "；;，、\n":
        line = line.replace(mark, ",")
    return [one.strip() for one in line.split(",") if one.strip()]


def _moment(told: str) -> datetime | None:
    """A time of the place as browsers send it.  Raises FieldError."""
    try:
        return datetime.fromisoformat(told).replace(tzinfo=LOCAL) if told else None
    except ValueError:
        raise FieldError("'{text}' is no time. Write day, hour and minute.", text=told) from None


def record_of(sent: FormData, held: Record | None, photos: Mapping[str, Iterable[str]]) -> Record:
    """The record a form brings, without signatures.  ``photos``: of each finding, those that came with the form."""
    told: dict[str, Any] = {
        "begun_at": _moment(text(sent, "begun_at")),
        "ended_at": _moment(text(sent, "ended_at")),
        "places": _parts(text(sent, "places")),
        "situation": text(sent, "situation"),
        "certificates_shown": bool(text(sent, "certificates_shown")),
        "no_finding": bool(text(sent, "no_finding")),
        "integrity_pledge": bool(text(sent, "integrity_pledge")),
        "outcome": text(sent, "outcome") or None,
        "findings": [_finding(sent, one, photos.get(one, ())) for one in texts(sent, "finding")],
        "opinions": [
            opinion
            for one in texts(sent, "opinion")
            if (opinion := _opinion(sent, one, photos.get(one, ()))) is not None
        ],
    }
    if held is not None:
        told |= {"officers": held.officers, "unit": held.unit, "refusal": held.refusal}
    return read(Record, told)


def _finding(sent: FormData, number: str, photos: Iterable[str]) -> dict[str, Any]:
    item, criterion = text(sent, f"{number}.item_code"), text(sent, f"{number}.criterion")
    return {
        "id": number,
        "item_code": item,
        "description": text(sent, f"{number}.description"),
        "place": text(sent, f"{number}.place"),
        "severity": text(sent, f"{number}.severity") or "ungraded",
        "is_major": bool(text(sent, f"{number}.is_major")),
        "criterion": criterion,
        "disposal": text(sent, f"{number}.disposal") or None,
        "measure": text(sent, f"{number}.measure"),
        "rectify_due_on": text(sent, f"{number}.rectify_due_on") or None,
        "photos": [*dict.fromkeys([*texts(sent, f"{number}.photos"), *photos])],
    }


def _opinion(sent: FormData, number: str, photos: Iterable[str]) -> dict[str, Any] | None:
    verdict = text(sent, f"{number}.opinion")
    if not verdict:
        return None
    return {
        "finding_id": number,
        "opinion": verdict,
        "note": text(sent, f"{number}.note"),
        "due_on": text(sent, f"{number}.due_on") or None,
        "photos": [*dict.fromkeys([*texts(sent, f"{number}.photos"), *photos])],
    }


def with_signatures(
    sent: FormData, record: Record, visit: Visit, names: Mapping[str, str], now: datetime
) -> Record:
    """The record as signed on the page: names typed, each confirmed.  Raises FaultsError for a name that differs.

    ``names``: as they must be typed, by number.
    """
    signed, faults = list[dict[str, Any]](), list[Fault]()
    going = (*visit.filing.officers, *visit.filing.technical_inspectors)
    for officer_id in going:
        typed = text(sent, f"sign.{officer_id}")
        if not typed:
            continue
        if typed != names.get(officer_id, officer_id):
            faults.append(
                Fault(
                    "The name typed is not that of {officer} in the register. Let the person type the own name.",
                    {"officer": officer_id},
                    rule="name_differs",
                    clause="D2",
                    part="officers",
                )
            )
        signed.append({"officer_id": officer_id, "signed_at": now})
    told: dict[str, Any] = {"officers": signed, "unit": None, "refusal": None}
    if name := text(sent, "unit.name"):
        told["unit"] = {"name": name, "post": text(sent, "unit.post"), "signed_at": now}
    reason, witness = text(sent, "refusal.reason"), text(sent, "refusal.witness")
    if reason or witness:
        told["refusal"] = {"reason": reason, "witness": witness}
    if not text(sent, "confirmed"):
        faults.append(
            Fault(
                "It is not confirmed that those named signed themselves. Let them read the record, then confirm it.",
                rule="not_confirmed",
                clause="D3",
                part="confirmed",
            )
        )
    if faults:
        raise FaultsError("Nothing was recorded:", faults=tuple(faults))
    return read(Record, {**record.model_dump(), **told})


def answers_of(sent: FormData) -> Answers:
    """The four answers (D6)."""
    return read(Answers, {name: text(sent, name) for name in Answers.model_fields})


def day_or_none(told: str) -> date | None:
    """A day of a form; none where it cannot be read."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None
