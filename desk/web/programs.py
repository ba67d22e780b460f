"""Coming in and going out for programs, as ``entry`` is for browsers: a session by JSON."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from desk.web.asking import Anybody
from models.documents import Strict
from warehouse.field.sessions import log_in, log_out

router = APIRouter()

_LONGEST = 200
_TOLD: dict[int | str, dict[str, Any]] = {
    400: {"description": "What was sent cannot be read at all."},
    401: {"description": "Login or password is wrong, there were too many attempts, or nobody is logged in."},
    403: {"description": "Another site sent it, or nobody logs in by password here."},
    413: {"description": "More was sent than is taken."},
    422: {"description": "What was sent is not what is asked for."},
    429: {"description": "One address asked too often."},
}


class Login(Strict):
    """Who comes in, by login and password."""

    login: Annotated[str, Field(max_length=_LONGEST)]
    password: Annotated[str, Field(max_length=_LONGEST)]


class LoggedIn(Strict):
    """Whose session began; ``token`` goes into the header of all that is asked in it (``Authorization: Bearer``)."""

    token: str
    user_id: str
    name: str
    roles: list[str]
    expires_at: datetime


@router.post("/login.json", responses={200: {"model": LoggedIn}, **_TOLD}, response_model=None)
def enter(asking: Anybody, asked: Login) -> Response:
    """Begin a session of twelve hours at most, of four without a request."""
    asking.desk.require_passwords()
    ledger, now = asking.desk.ledger, asking.desk.clock()
    session = log_in(ledger, asked.login, asked.password, address=asking.address, now=now)
    told = LoggedIn(
        token=session.token,
        user_id=session.user.user_id,
        name=session.user.name,
        roles=sorted(session.user.roles),
        expires_at=session.expires_at,
    )
    return JSONResponse(told.model_dump(mode="json"))


@router.post("/logout.json", status_code=204, responses=_TOLD, response_model=None, response_class=Response)
def leave(asking: Anybody) -> Response:
    """End the session, here and in the ledger."""
    log_out(asking.desk.ledger, asking.own_session, asking.desk.clock())
    return Response(status_code=204)
