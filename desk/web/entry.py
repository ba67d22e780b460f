"""Coming in and going out: login, logout, the language, the first page."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from desk.web.asking import LANGUAGE, SESSION, YEAR, Anybody, Asking, local
from desk.web.errors import status_of
from desk.words.catalogue import languages
from models.errors import RiskcodeError, UnansweredError
from warehouse.field.sessions import log_in, log_out

router = APIRouter(include_in_schema=False)

_LONGEST = 200


@router.get("/")
def first(asking: Anybody) -> Response:
    """My day is the first page; of who keeps users alone, the users; of an enterprise, itself."""
    session = asking.session
    if session and session.user.enterprise_id:
        return asking.go("/my")
    return asking.go("/users" if session and not session.user.jurisdiction.reads else "/day")


@router.get("/login")
def login(asking: Anybody, next: str = "/") -> Response:
    """The form; who is logged in goes on."""
    if asking.session is not None:
        return asking.go(local(next))
    return form(asking, next)


@router.post("/login")
def enter(
    asking: Anybody,
    name: Annotated[str, Form(max_length=_LONGEST)] = "",
    password: Annotated[str, Form(max_length=_LONGEST)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session, or say why not."""
    asking.desk.require_passwords()
    try:
        session = log_in(asking.desk.ledger, name, password, address=asking.address, now=asking.desk.clock())
    except RiskcodeError as error:
        return form(asking, next, name=name, fault=asking.words.of(error), status=status_of(error))
    answer = asking.go(local(next))
    keep(asking, answer, SESSION, session.token)
    return answer


def form(asking: Asking, next: str, *, name: str = "", fault: str = "", status: int = 200) -> Response:
    """The page to log in."""
    provider = asking.desk.oidc.provider if asking.desk.oidc else None
    return asking.page(
        "login.html",
        status=status,
        next=local(next),
        name=name,
        fault=fault,
        has_provider=provider is not None,
        has_passwords=provider is None or not provider.is_only,
        is_out="out" in asking.request.query_params,
    )


@router.post("/logout")
def leave(asking: Anybody, csrf: Annotated[str, Form(max_length=_LONGEST)] = "") -> Response:
    """End the session, here and in the ledger."""
    asking.require_form(csrf)
    log_out(asking.desk.ledger, asking.own_session, asking.desk.clock())
    answer = asking.go("/login?out=1" if asking.desk.oidc else "/login")
    answer.delete_cookie(SESSION)
    return answer


@router.post("/language")
def choose(asking: Anybody, to: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:
    """Speak another language from now on."""
    if to not in languages():
        raise UnansweredError(
            "'{language}' is not spoken here. Choose one of: {known}.", language=to, known=_known()
        )
    answer = asking.go(local(next))
    keep(asking, answer, LANGUAGE, to, seconds=YEAR)
    return answer


def _known() -> str:
    return ", ".join(languages())


def keep(asking: Asking, answer: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Let the browser keep something no script can read; only over an encrypted line where this one is."""
    is_encrypted = asking.request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=is_encrypted)
