"""What goes to another authority's platform of a day, looked at before it goes (``desk.files.outward``)."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.files.outward.documents import documents_of, in_envelope, require_fit, text_of
from desk.files.outward.mapping import read_outward
from desk.web.asking import Somebody, page_and_json
from desk.web.knowing import names_of_firms
from desk.web.queue import day_of
from models.errors import ForbiddenError, MappingError
from models.field.states import LEADER
from warehouse.database.reading import Row
from warehouse.field.counted import counted_on

router = APIRouter()


@page_and_json(router, "/outward")
def outward(
    asking: Somebody, day: Annotated[str, Query(description="default: today", max_length=20)] = ""
) -> Response:
    """Counted visits of a day as the mapping tells them to the platform, of the own area; and whether they fit."""
    user = asking.own_session.user
    if LEADER not in user.roles:
        raise ForbiddenError("What goes to a platform is for leaders to see. Ask one of them.")
    asked = day_of(day) or asking.now.date()
    mapping = read_outward(asking.desk.outward)
    found = counted_on(asking.desk.ledger, asked, user)
    told: Row = {
        "day": asked,
        "mapping": mapping.outward,
        "basis": mapping.basis,
        "persons": list(mapping.persons),
    }
    documents, fault = list[Row](), ""
    names = names_of_firms(asking, [one.visit for one in found])
    try:
        documents = documents_of(found, names, mapping)
        require_fit(in_envelope(documents, asked, 1, mapping), mapping, asking.desk.outward)
    except MappingError as error:
        fault = asking.words.of(error)
    asking.note_look("outward", f"{asked}")
    told |= {"documents": documents, "fits": not fault}
    shown = [(one, text_of(document)) for one, document in zip(found, documents, strict=False)]
    return asking.answer("outward.html", told, fault=fault, shown=shown, names=names)
