"""The pass code of a visit: shown by officers as a picture to scan, opened by the enterprise without an account."""

import io
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Path
from fastapi.responses import Response
from markupsafe import Markup

from desk.say import field as sayings
from desk.web.asking import Anybody, Asking, Somebody, page_and_json
from desk.web.knowing import names_of
from models.errors import FieldError
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.evaluations import MADE, evaluation_code
from warehouse.field.passes import SHOWN, pass_code, visit_of_pass
from warehouse.field.visit import Visit
from warehouse.questions.desk_facts import items_by_code, register_of

router = APIRouter()


@page_and_json(router, "/visits/{visit_id}/pass")
def pass_of(asking: Somebody, visit_id: UUID) -> Response:
    """The code of a visit that is approved, or began as an emergency, as a picture and as an address."""
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if visit.state not in SHOWN:
        raise FieldError("A visit has a pass code once it is approved. Have it approved first.")
    code = pass_code(asking.desk.ledger, visit_id)
    address = f"{str(asking.request.base_url).rstrip('/')}/pass/{code}"
    told: Row = {"visit_id": str(visit_id), "code": code, "address": address}
    return asking.answer("pass.html", told, visit=visit, picture=_picture(address, asking))


def _picture(address: str, asking: Asking) -> Markup:
    """The address as a QR code: one picture of shapes, without a script or a style."""
    drawn = io.BytesIO()
    label = asking.words("Pass code to scan; the address below says the same")
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, scale=6, border=4, light="#fff", title=label
    )
    # Made here from an address of this site: nothing of it is anybody's text.
    return Markup(drawn.getvalue().decode())


@page_and_json(router, "/pass/{code}")
def opened(asking: Anybody, code: Annotated[str, Path(max_length=60)]) -> Response:
    """What an enterprise sees of a visit: authority, officers, basis, items, rights; nothing of its hazards."""
    visit = visit_of_pass(asking.desk.ledger, code)
    return asking.answer("opened.html", _public(asking, visit), say=sayings)


def _public(asking: Asking, visit: Visit) -> Row:
    filing, words, names = visit.filing, asking.words, names_of(asking, visit)
    with asking.reading() as connection:
        register = register_of(connection, filing.enterprise_id)
    items = items_by_code(filing.planned_on or asking.now.date())
    numbers = (*filing.officers, *filing.technical_inspectors)
    return {
        "authority": words.authority(visit.authority.level, visit.authority.division),
        "unit": register["name"] if register else filing.enterprise_id,
        "day": filing.planned_on,
        "begins_at": f"{filing.begins_at:%H:%M}" if filing.begins_at else None,
        "ends_at": f"{filing.ends_at:%H:%M}" if filing.ends_at else None,
        "is_filed": visit.filed_at is not None,
        "is_assistance": filing.is_assistance,
        "is_emergency": filing.emergency is not None,
        "officers": [{"officer_id": one, "name": names.get(one)} for one in numbers],
        "assistants": filing.assistants,
        "basis": filing.basis,
        "evaluation": f"/evaluate/{evaluation_code(asking.desk.ledger, visit.visit_id)}"
        if visit.state in MADE
        else None,
        "items": [sayings.item(one, items, words) for one in filing.item_codes],
    }
