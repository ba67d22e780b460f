"""What every request and every answer is held to, before anything of it is read: size, frequency, origin, headers.

Plain ASGI: a body that is too long is cut off before a form or JSON is parsed.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import DeskError, ForbiddenError, TooLongError, TooOftenError, UnansweredError

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
}
"""Of every answer, errors and files too.  Nothing comes from elsewhere, no script or style stands in a page."""
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_UTF_8 = re.compile(r'charset="?utf-8"?(?=\s*(?:;|$))')

BODIES: Mapping[str, int] = {
    "/visits": 2 * 2**20,
    "/blobs/": 8 * 2**20 + 1,
    "/records/": 32 * 2**20,
    "/submissions": 64 * 2**20,
    "/objections": 2**18,
    "/overrides": 2**18,
}
"""Bytes: a record of two hundred findings, one photo, a form with some photos, an export of ODK, and texts of 4,000
characters."""
_MOST_ADDRESSES = 20_000
"""Addresses that are remembered; of more the ones that asked longest ago begin anew."""


@dataclass(frozen=True)
class Limits:
    """``body``: bytes a request may send, ``bodies``: under some paths; ``a_minute``: requests of one address."""

    body: int = 64 * 1024
    bodies: Mapping[str, int] = field(default_factory=lambda: dict(BODIES))
    a_minute: int = 600
    clock: Callable[[], float] = time.monotonic

    def of(self, path: str) -> int:
        """Bytes that may be sent to a path: what the longest fitting beginning says."""
        fitting = [beginning for beginning in self.bodies if path.startswith(beginning)]
        return self.bodies[max(fitting, key=len)] if fitting else self.body


class Limited:
    """An application behind the limits.  ``refuse``: what is answered instead."""

    def __init__(self, app: ASGIApp, limits: Limits, refuse: Callable[[DeskError], ASGIApp]) -> None:
        self.app, self.limits, self.refuse = app, limits, refuse
        self._rates = Rates(limits.a_minute / 60, limits.a_minute, limits.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        try:
            self._judge(scope)
        except DeskError as error:
            await self.refuse(error)(scope, receive, send)
        else:
            await self._counted(scope, receive, send)

    def _judge(self, scope: Scope) -> None:
        """Raise what can be said by the head of a request alone."""
        address = scope["client"][0] if scope.get("client") else ""
        if not self._rates.allows(address):
            raise TooOftenError("Too many requests from your address. Wait a minute, then go on.")
        headers = Headers(scope=scope)
        if scope["method"] in UNSAFE and not _is_own(headers):
            raise ForbiddenError(
                "This came from another site and was not done. Open the desk itself and do it there."
            )
        if not _is_readable(headers.get("content-type", "")):
            raise UnansweredError("What was sent cannot be read. Go back, load the page again, repeat it.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.limits.of(scope["path"]):
            raise self._too_long(scope)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and refuse in its place once a body of unknown length is too long."""
        taken, most, is_begun = 0, self.limits.of(scope["path"]), False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # Who parses a body makes its own of any error; to nobody who has gone it says nothing.
            return message if taken <= most else {"type": "http.disconnect"}

        async def told(message: Message) -> None:
            nonlocal is_begun
            if taken <= most or is_begun:
                is_begun = True
                await send(message)

        try:
            await self.app(scope, counted, told)
        except Exception:
            if taken <= most or is_begun:
                raise
        if taken > most and not is_begun:
            await self.refuse(self._too_long(scope))(scope, receive, send)

    def _too_long(self, scope: Scope) -> TooLongError:
        return TooLongError(
            "More was sent than is taken here: {most} kB at most. Send less at once.",
            most=self.limits.of(scope["path"]) // 1024,
        )


class Rates:
    """For each address a bucket that fills with time and empties with every request."""

    def __init__(self, a_second: float, most: int, clock: Callable[[], float]) -> None:
        self.a_second, self.most, self.clock = a_second, most, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Whether one more may be asked; then it counts."""
        now = self.clock()
        left, since = self._buckets.pop(address, (float(self.most), now))
        left = min(float(self.most), left + (now - since) * self.a_second)
        is_allowed = left >= 1
        self._buckets[address] = (left - is_allowed, now)
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return is_allowed


def _is_own(headers: Headers) -> bool:
    """Whether a page of this site sent it, or no page at all, as far as the browser tells."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _is_readable(content_type: str) -> bool:
    """Whether a form in parts is written as browsers do.

    Other encodings make of it what is no text (``unicode_escape``), or nothing at all.
    """
    told = content_type.lower()
    named = len(_UTF_8.findall(told))
    return not told.startswith("multipart/") or told.count("charset") == named


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            # What a page does not say about keeping it is for nobody to keep.
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sent
