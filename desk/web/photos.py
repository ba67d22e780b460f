"""Photos: put under the hash of their bytes, and shown to whoever sees the visit they belong to."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.files.pictures import image_type
from desk.files.tables import as_json
from desk.web.asking import Asking, Somebody, for_programs
from desk.web.sent import uploads
from models.errors import ForbiddenError
from models.field.states import INSPECTOR, LEADER
from warehouse.field.blobs import MOST_BYTES, blob_of, put_blob

router = APIRouter()


async def _body(request: Request) -> bytes:
    return await request.body()


@for_programs(router, "/blobs/{name}", "PUT", told_201={"description": "It was new."})
def put(asking: Somebody, name: str, content: Annotated[bytes, Depends(_body)]) -> Response:
    """Keep a photo under the SHA-256 of its bytes; sending it again changes nothing."""
    is_new = keep(asking, name, content)
    told = {"sha256": name, "size": len(content), "is_new": is_new}
    return Response(as_json(told, indent=None), 201 if is_new else 200, None, "application/json")


def keep(asking: Asking, name: str, content: bytes) -> bool:
    """Keep a photo; whether it was new.  Raises ForbiddenError, FieldError."""
    user = asking.own_session.user
    if user.roles.isdisjoint({INSPECTOR, LEADER}):
        raise ForbiddenError("Photos are taken by those who inspect. Ask one of them.")
    image_type(content)
    return put_blob(asking.desk.ledger, user, name, [content], asking.now)


def kept_from(asking: Asking, sent: FormData, numbers: list[str]) -> dict[str, list[str]]:
    """Photos that came with a form, kept: their hashes, by the finding they are of."""
    found = dict[str, list[str]]()
    for number in numbers:
        for one in uploads(sent, f"{number}.photo"):
            content = one.file.read(MOST_BYTES + 1)
            name = sha256(content).hexdigest()
            keep(asking, name, content)
            found.setdefault(number, []).append(name)
    return found


@router.get("/blobs/{name}", response_class=Response)
def show(asking: Somebody, name: str) -> Response:
    """A photo, for whoever sees a visit that shows it, or sent it."""
    content = blob_of(asking.desk.ledger, asking.own_session.user, name).read_bytes()
    return Response(content, 200, None, image_type(content))
