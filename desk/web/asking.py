"""One request: who asks, in which language, of which published copy; and how it is answered, as a page or as JSON."""

import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment

from desk.files.outward.mapping import SAMPLE
from desk.files.tables import as_json
from desk.web.environment import environment
from desk.web.limits import Rates
from desk.web.oidc import Oidc
from desk.web.tiles import Tiles
from desk.web.viewer import Viewer, viewer_of
from desk.words.catalogue import languages
from desk.words.words import Words
from models.errors import ForbiddenError, LoginError, WarehouseError
from models.field.states import ADMIN
from models.policy.pack import Policy
from warehouse.clock import LOCAL
from warehouse.database.frames import Connection
from warehouse.database.published import Published
from warehouse.database.reading import Row
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.sessions import Session, session_of
from warehouse.field.users import users
from warehouse.home import Home
from warehouse.questions.codes import last_run
from warehouse.questions.today import published_now

HERE = Path(__file__).parent
STATIC = HERE / "static"
SESSION, LANGUAGE = "riskcode_session", "riskcode_language"
"""Cookies."""
_BEARER = "Bearer "
OWNER: Final = "desk-user"
"""Header of pages: for whom they are; of requests of a device: by whom what is sent was written."""
YEAR = 366 * 24 * 3600


def _stamp() -> str:
    digest = sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(STATIC)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


STAMP: Final = _stamp()
"""Edition of all files of pages together: part of their address, so that modules find each other beside themselves."""


@lru_cache
def speaker(language: str) -> Words:
    """Words in a language."""
    return Words(language)


@dataclass
class Desk:
    """What all requests share.

    ``language``: of who has chosen none; ``clock``: now, in the time of the place; ``policy``: the rules of a home in
    which none were activated, the pack that comes with the program where none is given.  ``dated``: what moment it is
    in the city of the copy.  ``tiles``: pictures below the points of the map, none where no setting names them.
    ``outward``: the mapping of what goes to a platform.  ``oidc``: who else tells who somebody is.
    ``feeds``: how often each calendar has asked.
    """

    home: Home
    ledger: Ledger
    language: str
    clock: Callable[[], datetime]
    policy: Policy | None = None
    dated: Callable[[Connection, datetime], datetime] = published_now
    tiles: Tiles | None = None
    outward: Path = SAMPLE
    oidc: Oidc | None = None
    published: Published = field(init=False)
    feeds: Rates = field(init=False, default_factory=lambda: Rates(1 / 10, 30, time.monotonic))
    environment: Environment = field(init=False, default_factory=lambda: environment(STAMP))
    _told: tuple[object, Row] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.published = Published(self.home)

    def require_passwords(self) -> None:
        """Raise ForbiddenError where nobody logs in by password."""
        if self.oidc is not None and self.oidc.provider.is_only:
            raise ForbiddenError("Nobody logs in by password here. Log in by the provider: /login")

    @property
    def edition(self) -> Row:
        """The day of the copy and when it was published.  Raises WarehouseError while there is none."""
        mark, told = self.published.mark, self._told
        if told is None or told[0] != mark:
            with self.published.reading() as connection:
                run = last_run(connection)
            told = (mark, {"as_of": run.get("as_of"), "published_at": run.get("finished_at")})
            self._told = told
        return told[1]


@dataclass
class Asking:
    """A request and who made it."""

    request: Request

    @cached_property
    def desk(self) -> Desk:
        """The desk that is asked."""
        return self.request.app.state.desk

    @cached_property
    def words(self) -> Words:
        """The speaker in the language that was chosen."""
        chosen = self.request.cookies.get(LANGUAGE)
        return speaker(chosen if chosen in languages() else self.desk.language)

    @cached_property
    def session(self) -> Session | None:
        """Whose session it is, if anybody's."""
        try:
            return self.own_session
        except LoginError:
            return None

    @cached_property
    def own_session(self) -> Session:
        """The session.  Raises LoginError where there is none, or another person's than who wrote what is sent."""
        told = self.request.headers.get("authorization", "")
        # Programs send what they got at the login; browsers keep a cookie.
        token = told[len(_BEARER) :] if told.startswith(_BEARER) else self.request.cookies.get(SESSION)
        if not token:
            raise LoginError("Nobody is logged in. Log in and ask again: /login")
        session = session_of(self.desk.ledger, token, self.desk.clock())
        if self.request.headers.get(OWNER, session.user.user_id) != session.user.user_id:
            raise LoginError(
                "Somebody else wrote this than is logged in. Let that person log in and send it."
            )
        return session

    @cached_property
    def viewer(self) -> Viewer:
        """Who asks.  Raises LoginError where nobody is logged in, ForbiddenError for who sees no enterprises."""
        return viewer_of(self.own_session.user)

    @property
    def keeps_users(self) -> bool:
        """Whether an administrator asks.  Raises LoginError where nobody is logged in."""
        return ADMIN in self.own_session.user.roles

    @property
    def wants_json(self) -> bool:
        """Whether a program asks."""
        return self.request.url.path.endswith(".json") or self.request.method == "PUT"

    @cached_property
    def now(self) -> datetime:
        """The moment, in the time of the place; in a closed archive this hour of its day."""
        moment = self.desk.clock().astimezone(LOCAL)
        with self.reading() as connection:
            return self.desk.dated(connection, moment)

    @cached_property
    def people(self) -> dict[str, str]:
        """Names of everybody who uses the desk, by number."""
        return {one.user_id: one.name for one in users(self.desk.ledger)}

    @property
    def address(self) -> str:
        """From where it is asked."""
        return self.request.client.host if self.request.client else ""

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """The published copy."""
        with self.desk.published.reading() as connection:
            yield connection

    def note_look(self, what: str, subject: str) -> None:
        """Have it in the audit that this person read what is noted by name."""
        by = self.own_session.user.user_id
        audit.looked_at(self.desk.ledger, at=self.now, by=by, what=what, subject=subject)

    def require_form(self, csrf: str) -> None:
        """Raise ForbiddenError unless a form of this session was sent."""
        if not self.own_session.is_own(csrf):
            raise ForbiddenError(
                "This form is too old and was not taken. Go back, load the page again, repeat it."
            )

    def answer(
        self,
        template: str,
        told: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **said: Any,
    ) -> Response:
        """The facts ``told``, with the day they are of: to programs as JSON, to people on a page.

        ``said``: what only the page needs.
        """
        facts_told = {**self._edition(), **told}
        if self.wants_json:
            return Response(as_json(facts_told, indent=None), status, headers, "application/json")
        return self.page(template, status=status, headers=headers, **facts_told, **said)

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **content: Any
    ) -> HTMLResponse:
        """A page."""
        request, words = self.request, self.words
        around = {
            "as_of": None,
            "published_at": None,
            "words": words,
            "session": self.session,
            "here": request.url.path,
            "address": f"{request.url.path}{'?' if request.url.query else ''}{request.url.query}",
            "others": [speaker(one) for one in languages() if one != words.language],
        }
        if "as_of" not in content:
            around |= self._edition()
        text = self.desk.environment.get_template(template).render(around | content)
        owner = {OWNER: self.session.user.user_id} if self.session else {}
        return HTMLResponse(text, status, {**owner, **(headers or {})})

    def _edition(self) -> Row:
        try:
            return self.desk.edition
        except WarehouseError:
            return {"as_of": None, "published_at": None}

    def go(self, path: str) -> RedirectResponse:
        """Send the browser to another page of this site."""
        return RedirectResponse(path, 303)


def anybody(request: Request) -> Asking:
    """A request that everybody may make."""
    return Asking(request)


def somebody(request: Request) -> Asking:
    """A request of a person who is logged in and sees enterprises.  Raises LoginError, ForbiddenError."""
    asking = Asking(request)
    _ = asking.viewer
    return asking


def person(request: Request) -> Asking:
    """A request of a person who is logged in, whatever the role.  Raises LoginError."""
    asking = Asking(request)
    _ = asking.own_session
    return asking


def owner(request: Request) -> Asking:
    """A request of somebody of an enterprise, about that enterprise.  Raises LoginError, ForbiddenError."""
    asking = person(request)
    if not asking.own_session.user.enterprise_id:
        raise ForbiddenError("This page is for people of an enterprise. Your own pages begin at /day")
    return asking


def keeper(request: Request) -> Asking:
    """A request of an administrator.  Raises LoginError, ForbiddenError."""
    asking = person(request)
    if not asking.keeps_users:
        raise ForbiddenError("Users are kept by administrators. Ask one of them; your own password: /me")
    return asking


Anybody = Annotated[Asking, Depends(anybody)]
Somebody = Annotated[Asking, Depends(somebody)]
Person = Annotated[Asking, Depends(person)]
Owner = Annotated[Asking, Depends(owner)]
Keeper = Annotated[Asking, Depends(keeper)]


class Known(APIRoute):
    """A route that asks who it is before it reads what was sent.

    FastAPI parses JSON first: whoever is not logged in would be told what is wrong with it, and have it parsed.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The answer, once it is known that somebody asks who may."""
        answer = super().get_route_handler()

        async def known(request: Request) -> Response:
            await run_in_threadpool(somebody, request)
            return await answer(request)

        return known


TOLD: dict[int | str, dict[str, Any]] = {
    200: {"description": "The facts of the page of the same name, with the day they are of."},
    401: {"description": "Nobody is logged in."},
    403: {"description": "Who is logged in may not see that."},
    404: {"description": "There is no such thing, or none for who asks."},
    422: {"description": "The question cannot be answered as asked."},
    429: {"description": "One address asked too often."},
    503: {"description": "Nothing is published that can be read."},
}


_WRITTEN: dict[int | str, dict[str, Any]] = {
    **{status: told for status, told in TOLD.items() if status != 200},
    400: {"description": "What was sent cannot be read at all."},
    409: {"description": "It was changed meanwhile, or something else was asked under this number."},
    413: {"description": "More was sent than is taken."},
}


def for_programs(
    router: APIRouter, path: str, method: str = "POST", **more: dict[str, Any]
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let a function take what programs send to a path; who is not logged in is refused before it is read.

    ``more``: answers of its own, by ``told_STATUS``.
    """
    own: dict[int | str, dict[str, Any]] = {
        int(name.removeprefix("told_")): told for name, told in more.items()
    }

    def add(function: Callable[..., Response]) -> Callable[..., Response]:
        router.add_api_route(
            path,
            function,
            methods=[method],
            responses=_WRITTEN | own,
            response_model=None,
            route_class_override=Known,
        )
        return function

    return add


def page_and_json(
    router: APIRouter, path: str
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let a function answer under a path for people, and under the same with ``.json`` for programs."""

    def add(function: Callable[..., Response]) -> Callable[..., Response]:
        # The longer one first: a name in a path takes dots too.
        router.add_api_route(f"{path}.json", function, methods=["GET"], responses=TOLD, response_model=None)
        router.add_api_route(path, function, methods=["GET"], include_in_schema=False, response_model=None)
        return function

    return add


def local(path: str | None) -> str:
    """A path of this site to go to; anything else is the first page."""
    is_local = bool(path) and path[0] == "/" and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if path and is_local else "/"
