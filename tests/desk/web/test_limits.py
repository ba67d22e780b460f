"""Requests are cut, counted and judged before anything of them is read; every answer carries the same headers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from desk.web.limits import HEADERS, Limited, Limits
from models.errors import DeskError

Message = dict[str, Any]


class Parser:
    """An application that reads all of a body and makes its own of every error, as parsers of forms do."""

    def __init__(self) -> None:
        self.read, self.calls = 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        status = 200
        while True:
            message = await receive()
            if message["type"] != "http.request":
                status = 400
                break
            self.read += len(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def refuse(error: DeskError) -> Callable[..., Awaitable[None]]:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": error.status, "headers": []})
        await send({"type": "http.response.body", "body": str(error).encode()})

    return answer


def ask(
    app: Any,
    *,
    path: str = "/",
    method: str = "POST",
    address: str = "a",
    headers: dict[str, str] | None = None,
    body: list[bytes] | None = None,
) -> tuple[int, dict[str, str], str]:
    """Send a request in pieces; its answer."""
    pieces = list(body or [b""])
    sent: list[Message] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (address, 1),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }

    async def receive() -> Message:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    heads = [one for one in sent if one["type"] == "http.response.start"]
    assert len(heads) == 1, "one answer"
    text = b"".join(one["body"] for one in sent if one["type"] == "http.response.body").decode()
    return heads[0]["status"], {k.decode(): v.decode() for k, v in heads[0]["headers"]}, text


def test_a_body_whose_head_says_it_is_too_long_is_not_read_at_all() -> None:
    parser = Parser()
    app = Limited(parser, Limits(body=2048), refuse)
    status, _, text = ask(app, headers={"content-length": "2049"}, body=[b"x" * 2049])
    assert (status, parser.calls) == (413, 0)
    assert text == "More was sent than is taken here: 2 kB at most. Send less at once."
    assert ask(app, headers={"content-length": "2048"}, body=[b"x" * 2048])[0] == 200


def test_a_body_of_unknown_length_is_cut_where_it_becomes_too_long() -> None:
    parser = Parser()
    app = Limited(parser, Limits(body=2048), refuse)
    status, _, text = ask(app, body=[b"x" * 1024] * 2 + [b"x"] * 50)
    assert status == 413 and "2 kB" in text
    assert parser.read == 2048


def test_a_head_that_says_less_than_is_sent_helps_nobody() -> None:
    app = Limited(Parser(), Limits(body=10), refuse)
    assert ask(app, headers={"content-length": "5"}, body=[b"x" * 11])[0] == 413
    assert ask(app, headers={"content-length": "-5"}, body=[b"x" * 11])[0] == 413


def test_some_paths_take_more_and_the_longest_beginning_counts() -> None:
    limits = Limits(body=10, bodies={"/blobs/": 1000, "/blobs/small/": 20})
    lengths = {path: limits.of(path) for path in ("/", "/blobs/a", "/blobs/small/a", "/x/blobs/")}
    assert lengths == {"/": 10, "/blobs/a": 1000, "/blobs/small/a": 20, "/x/blobs/": 10}


def test_an_address_that_asks_too_often_waits_and_others_do_not() -> None:
    seconds = [0.0]
    app = Limited(Parser(), Limits(a_minute=3, clock=lambda: seconds[0]), refuse)
    assert [ask(app)[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    assert ask(app, address="b")[0] == 200
    # Three a minute are one in twenty seconds; what was refused costs nothing.
    seconds[0] = 19.0
    assert ask(app)[0] == 429
    seconds[0] = 21.0
    assert [ask(app)[0] for _ in range(2)] == [200, 429]
    seconds[0] = 10_000.0
    assert [ask(app)[0] for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("headers", "is_done"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://desk:8000", "host": "desk:8000"}, True),
        ({"origin": "http://desk:8001", "host": "desk:8000"}, False),
        ({"origin": "null", "host": "desk"}, False),
        ({"origin": "https://elsewhere.invalid", "sec-fetch-site": "cross-site", "host": "desk"}, False),
    ],
)
def test_what_another_site_sends_is_not_done(headers: dict[str, str], is_done: bool) -> None:
    parser = Parser()
    app = Limited(parser, Limits(), refuse)
    assert ask(app, headers=headers)[0] == (200 if is_done else 403)
    assert parser.calls == is_done
    # A link from anywhere may be followed.
    assert ask(app, method="GET", headers=headers)[0] == 200


def test_every_answer_carries_the_headers_refusals_too() -> None:
    app = Limited(Parser(), Limits(body=1), refuse)
    for status, headers, _ in (ask(app), ask(app, body=[b"xx"])):
        assert {name: headers[name] for name in HEADERS} == dict(HEADERS), status
        assert headers["cache-control"] == "no-store"
    policy = HEADERS["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "http" not in json.dumps(dict(HEADERS))
