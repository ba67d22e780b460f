"""Overrides (人工定码): which stand, why and until when; given and ended here."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.web import acts
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.errors import status_of
from desk.web.knowing import firm_of, rules_on
from desk.web.queue import Page, Paged, Size, Text, link_of, one_of, worst_first
from desk.web.sent import Sent, fields, text
from desk.words.labels import ACT, VERDICT
from models.errors import FieldError, NotThereError
from models.vocabulary import CODE
from warehouse.database.reading import Row
from warehouse.field.acts import END, GIVE
from warehouse.questions import disputes as queries
from warehouse.questions.codes import code_of

router = APIRouter()

SIZE = 50
Number = Annotated[str, Path(max_length=40)]


@page_and_json(router, "/overrides")
def listed(asking: Somebody, enterprise: Text = "", page: Page = 1, size: Size = SIZE) -> Response:
    """Overrides of enterprises of the own area, the newest first: why, until when, and whether they were right."""
    return _page(asking, enterprise, page, size)


def _page(
    asking: Asking,
    enterprise: str = "",
    page: int = 1,
    size: int = SIZE,
    *,
    given: Mapping[str, str] | None = None,
    fault: FieldError | None = None,
) -> Response:
    today, firm = asking.now.date(), enterprise.strip()
    with asking.reading() as copy:
        found = queries.overrides(copy, enterprise_id=firm or None, area=asking.viewer.area)
    waits = [one for one in acts.pending(asking, acts.OF_OVERRIDES) if firm in ("", one["enterprise_id"])]
    asked = {one["told"].get("override_id") for one in waits if one["state"] == "asked"}
    paged = Paged(page, size, len(found))
    shown = [row | {"stands": _stands(asking, row)} for row in found[paged.skip :][:size]]
    ends = {
        row["override_id"]
        for row in shown
        if row["stands"] and row["override_id"] not in asked and acts.may(asking, _firm(asking, row))[END]
    }
    filters = {"enterprise": enterprise}
    return asking.answer(
        "overrides.html",
        {"of": paged.of, "page": page, "size": size, "overrides": shown, "acts": waits},
        status=status_of(fault) if fault else 200,
        fault=asking.words.of(fault) if fault else "",
        today=today,
        filters=filters,
        paged=paged,
        link=link_of("/overrides", filters),
        ends=ends,
        given=given or {},
        request_id=uuid.uuid4,
        act_codes=ACT,
        verdicts=VERDICT,
    )


def _firm(asking: Asking, row: Row) -> Row:
    return firm_of(asking, row["enterprise_id"])


def _stands(asking: Asking, row: Row) -> bool:
    """Whether it holds on the day of the codes, or will."""
    return row["ended_from"] is None and row["last_day"] >= asking.desk.edition["as_of"]


@page_and_json(router, "/overrides/new")
def new(
    asking: Somebody,
    enterprise: Annotated[str, Query(description="which gets another code for a time", max_length=200)],
    again: acts.Again = "",
) -> Response:
    """What is asked of an override, and how long it may last."""
    return _giving(asking, firm_of(asking, enterprise.strip()), acts.as_sent(asking, again))


def _giving(asking: Asking, register: Row, given: Row, *, fault: FieldError | None = None) -> Response:
    if not acts.may(asking, register)[GIVE]:
        raise FieldError("Another code is given by a leader of the authority. Let one of them do it.")
    with asking.reading() as copy:
        code = code_of(copy, register["enterprise_id"])
    limits = rules_on(asking, asking.now.date()).review.overrides
    told: Row = {"register": register, "code": code, "first_day": asking.desk.edition["as_of"]}
    return asking.answer(
        "override_new.html",
        told | {"longest_days": limits.longest_days},
        status=status_of(fault) if fault else 200,
        given=defaultdict(str, given),
        fault=asking.words.of(fault) if fault else "",
        request_id=uuid.uuid4(),
        codes=[one for one in worst_first() if code is None or one != code["code"]],
    )


@router.post("/overrides", include_in_schema=False)
def give(asking: Somebody, sent: Sent) -> Response:
    """Give an enterprise another code for a time."""
    asking.require_form(text(sent, "csrf"))
    register = firm_of(asking, text(sent, "enterprise_id"))
    try:
        return acts.ask(asking, GIVE, register, _given(asking, register, sent), sent)
    except FieldError as error:
        return _giving(asking, register, fields(sent), fault=error)


def _given(asking: Asking, register: Row, sent: FormData) -> Row:
    """What the form gives.  Raises FieldError."""
    code, until = one_of(CODE, text(sent, "code")), acts.day_of(text(sent, "until"))
    if code is None or until is None:
        raise FieldError("An override needs a code and a last day. Choose both.")
    return {
        "enterprise_id": register["enterprise_id"],
        "code": code,
        # The day stays that of the form, however long it waits: done again it is the same override.
        "first_day": (acts.day_of(text(sent, "first_day")) or asking.desk.edition["as_of"]).isoformat(),
        "until": until.isoformat(),
        "reason": acts.reason(sent, "reason"),
        "by": acts.own_name(asking),
    }


@router.post("/overrides/{override_id}/end", include_in_schema=False)
def end(asking: Somebody, override_id: Number, sent: Sent) -> Response:
    """End an override before its last day."""
    asking.require_form(text(sent, "csrf"))
    with asking.reading() as copy:
        found = queries.overrides(copy, override_id=override_id, area=asking.viewer.area)
    if not found:
        raise NotThereError("There is no such override here. Look at the list: /overrides")
    try:
        told = {
            "override_id": override_id,
            "by": acts.own_name(asking),
            "reason": acts.reason(sent, "reason"),
        }
        return acts.ask(asking, END, _firm(asking, found[0]), told, sent)
    except FieldError as error:
        # Of this enterprise alone, so that its form is on the first page.
        firm, said = found[0]["enterprise_id"], {override_id: text(sent, "reason")}
        return _page(asking, firm, given=said, fault=error)
