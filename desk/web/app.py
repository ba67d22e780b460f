"""The desk as an application: ``build`` puts routes, limits and errors together."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from desk.files.outward.mapping import SAMPLE
from desk.web import (
    acts,
    day,
    enterprise,
    entry,
    evaluations,
    feeds,
    filing,
    mine,
    month,
    objections,
    odk,
    offline,
    overrides,
    papers,
    passes,
    people,
    photos,
    programs,
    queue,
    record,
    search,
    single,
    statutes,
    visit,
)
from desk.web import ledger as ledger_pages
from desk.web import map as map_pages
from desk.web import outward as outward_pages
from desk.web.asking import STAMP, STATIC, Desk
from desk.web.described import describe
from desk.web.errors import handlers, refusal
from desk.web.limits import Limited, Limits
from desk.web.oidc import Oidc
from desk.web.provider import Provider
from desk.web.tiles import Tiles
from models.policy.pack import Policy
from warehouse.database.frames import Connection
from warehouse.field.engine import Ledger
from warehouse.home import Home
from warehouse.questions.today import published_now

_PAGES = (
    entry,
    single,
    programs,
    day,
    map_pages,
    queue,
    enterprise,
    month,
    search,
    statutes,
    filing,
    record,
    mine,
    ledger_pages,
    # Before the visit: its paths are longer ones.
    papers,
    visit,
    odk,
    photos,
    passes,
    evaluations,
    people,
    feeds,
    acts,
    objections,
    overrides,
    outward_pages,
    offline,
)


class _Static(StaticFiles):
    """Files below the edition that is meant, so that browsers may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file; under an edition of before, the one of now, for that time only."""
        stamp, _, name = path.partition("/")
        answer = await super().get_response(name, scope)
        is_kept = stamp == STAMP
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if is_kept else "no-cache"
        return answer


def build(
    home: Home,
    language: str,
    ledger: Ledger,
    *,
    clock: Callable[[], datetime],
    limits: Limits | None = None,
    policy: Policy | None = None,
    dated: Callable[[Connection, datetime], datetime] = published_now,
    version: str = "0",
    tiles: Tiles | None = None,
    outward: Path | None = None,
    provider: Provider | None = None,
) -> FastAPI:
    """The desk of a home, in a language until somebody chooses another.

    It reads published copies and the ``ledger``, and never opens the warehouse.  ``clock``: now, with its offset.
    ``policy``: the rules of a home in which none were activated.  ``dated``, ``tiles``, ``outward``: see ``Desk``.
    ``provider``: of logins, beside passwords or instead of them.
    """
    app = FastAPI(
        title="riskcode: the desk",
        version=version,
        # Pages that explain it come from other sites; the description itself is enough.
        docs_url=None,
        redoc_url=None,
        exception_handlers=handlers(),  # pyright: ignore[reportArgumentType]
    )
    app.state.desk = Desk(
        home,
        ledger,
        language,
        clock,
        policy,
        dated,
        tiles=tiles,
        outward=outward or SAMPLE,
        oidc=Oidc(provider) if provider else None,
    )
    app.add_middleware(Limited, limits=limits or Limits(), refuse=lambda error: refusal(error, app))
    for page in _PAGES:
        app.include_router(page.router)
    app.mount("/static", _Static(directory=STATIC))
    describe(app)
    return app
