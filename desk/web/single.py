"""Coming in by another's word: an OpenID provider that settings name."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from desk.web.asking import SESSION, Anybody, Asking, local
from desk.web.entry import form, keep
from desk.web.errors import status_of
from desk.web.oidc import Oidc
from models.errors import NotThereError, RiskcodeError
from warehouse.field.sessions import log_in_as

router = APIRouter(include_in_schema=False)

BEGUN = "riskcode_begun"
"""Cookie: the state of a login that is under way."""
_Text = Annotated[str, Query(max_length=4000)]


@router.get("/login/provider")
def begin(asking: Anybody, next: str = "/") -> Response:
    """Go to the provider, and come back to ``next``."""
    try:
        address, state = _oidc(asking).begin(_base(asking), local(next), asking.desk.clock())
    except RiskcodeError as error:
        return _refused(asking, error)
    answer = RedirectResponse(address, 303)
    keep(asking, answer, BEGUN, state, seconds=600)
    return answer


@router.get("/login/back")
def back(asking: Anybody, state: _Text = "", code: _Text = "", iss: _Text = "") -> Response:
    """Come back from the provider: a session begins, or it is said why not."""
    kept, now = asking.request.cookies.get(BEGUN, ""), asking.desk.clock()
    try:
        login, next = _oidc(asking).finish(state=state, kept=kept, code=code, issuer=iss, now=now)
        session = log_in_as(asking.desk.ledger, login, address=asking.address, now=now)
    except RiskcodeError as error:
        return _refused(asking, error)
    answer = asking.go(next)
    keep(asking, answer, SESSION, session.token)
    answer.delete_cookie(BEGUN)
    return answer


@router.get("/login/out")
def out(asking: Anybody) -> Response:
    """End the session at the provider as well, where it has a place for that."""
    address = _oidc(asking).end_address(_base(asking), asking.desk.clock())
    return RedirectResponse(address or "/login", 303)


def _oidc(asking: Asking) -> Oidc:
    if asking.desk.oidc is None:
        raise NotThereError("There is no provider of logins here. Log in by your password: /login")
    return asking.desk.oidc


def _base(asking: Asking) -> str:
    return str(asking.request.base_url)


def _refused(asking: Asking, error: RiskcodeError) -> Response:
    if asking.desk.oidc is None:
        raise error
    return form(asking, "/", fault=asking.words.of(error), status=status_of(error))
