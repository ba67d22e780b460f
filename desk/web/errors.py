"""How what cannot be answered is said: the fact and the next step, on a page or as JSON."""

import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import duckdb
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from desk.files.tables import as_json
from desk.web.asking import Asking
from desk.web.conflicts import both, conflict
from desk.web.knowing import plain
from desk.web.limits import HEADERS
from models.errors import (
    BusyError,
    ConflictError,
    DeskError,
    DisputeError,
    DrawError,
    FaultsError,
    FieldError,
    LoginError,
    ModelError,
    NotThereError,
    RiskcodeError,
    UnansweredError,
)
from models.field.facts import Fault
from warehouse.database.frames import log
from warehouse.faults import fault_of
from warehouse.field.visit import Visit

STATUS: tuple[tuple[type[RiskcodeError], int], ...] = (
    (BusyError, 503),
    (LoginError, 401),
    (NotThereError, 404),
    (ConflictError, 409),
    (FieldError, 422),
    (DisputeError, 409),
    (DrawError, 409),
    (ModelError, 409),
    # Settings, rules, mappings, deliveries, the warehouse: nothing that who asks can mend.
    (RiskcodeError, 503),
)
"""What a browser is told of each family; the first that fits.  Of what was asked of the desk the error says it."""
_RETRY = {429: "60", 503: "30"}
"""Seconds after which it may be tried again."""


def status_of(error: RiskcodeError) -> int:
    """Status of the answer to a request that came to an error."""
    if isinstance(error, DeskError):
        return error.status
    return next(status for family, status in STATUS if isinstance(error, family))


def said(request: Request, error: RiskcodeError) -> Response:
    """The answer to a request that came to an error."""
    asking, status = Asking(request), status_of(error)
    if isinstance(error, LoginError) and not asking.wants_json and request.method == "GET":
        asked = quote(f"{request.url.path}{'?' if request.url.query else ''}{request.url.query}", safe="")
        return RedirectResponse(f"/login?next={asked}", 303)
    headers = {"retry-after": _RETRY[status]} if status in _RETRY else {}
    message = asking.words.of(error)
    faults = error.faults if isinstance(error, FaultsError) else ()
    if asking.wants_json:
        told = {"error": message, "kind": type(error).__name__, "status": status, **_more(error, asking)}
        return Response(as_json(told, indent=None), status, headers, "application/json")
    if isinstance(error, ConflictError):
        return conflict(asking, error, message)
    return asking.page("error.html", status=status, headers=headers, message=message, faults=faults)


def _more(error: RiskcodeError, asking: Asking) -> dict[str, Any]:
    """What programs are told of some errors besides: every fault by its rule, both versions of a conflict."""
    if isinstance(error, FaultsError):
        faults = [one for one in error.faults if isinstance(one, Fault)]
        return {"faults": [{**one.to_dict(), "message": asking.words.of(one)} for one in faults]}
    if isinstance(error, ConflictError):
        held, offered = error.held, error.offered
        return {
            "held": plain(held) if isinstance(held, Visit) else None,
            "offered": offered.model_dump(mode="json") if isinstance(offered, BaseModel) else None,
            "said": both(asking, error),
        }
    return {}


def refusal(error: DeskError, app: FastAPI) -> ASGIApp:
    """The same as an application, for what is refused before the application is asked."""

    async def answer(scope: object, receive: object, send: object) -> None:
        scope["app"] = app  # pyright: ignore[reportIndexIssue]
        await said(Request(scope), error)(scope, receive, send)  # pyright: ignore[reportArgumentType]

    return answer  # pyright: ignore[reportReturnType]


def handlers() -> dict[type[Exception], Callable[[Request, Exception], Response]]:
    """What the application does with errors, by kind."""
    of_the_machine = dict.fromkeys((OSError, sqlite3.Error, duckdb.Error), _of_the_machine)
    return {
        RiskcodeError: _told,
        HTTPException: _of_the_framework,
        RequestValidationError: _of_a_question,
        **of_the_machine,
        Exception: _of_the_program,
    }


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, RiskcodeError)
    return said(request, error)


def _of_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return said(request, NotThereError("There is no such page here. Begin with your day: /day"))
    other = UnansweredError("What was sent cannot be read. Go back, load the page again, repeat it.")
    other.status = error.status_code
    return said(request, other)


def _of_a_question(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    names = ", ".join(dict.fromkeys(str(one["loc"][-1]) for one in error.errors()))
    asked = UnansweredError(
        "What the address asks for cannot be: {names}. Correct it, or begin again: /day", names=names
    )
    return said(request, asked)


def _of_the_machine(request: Request, error: Exception) -> Response:
    fault = fault_of(error)
    return said(request, fault) if fault else _of_the_program(request, error)


def _of_the_program(request: Request, error: Exception) -> Response:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    unforeseen = DeskError(
        "Something went wrong here that is no mistake of yours; it was written to the log. Try once more, then tell "
        "the administrator of the desk what you did and when."
    )
    unforeseen.status = 500
    answer = said(request, unforeseen)
    # It is sent from outside of what gives all other answers their headers.
    answer.headers.update(HEADERS)
    return answer
