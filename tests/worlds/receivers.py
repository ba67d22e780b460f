"""Receivers of messages: a real server on this machine that Apprise's ``json://`` posts to."""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Receiver:
    """What arrived, oldest first; ``status``: what is answered; where it ``hangs`` nothing is, until it is let go."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    hangs: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def titles(self) -> list[str]:
        """Titles of what arrived."""
        return [one["title"] for one in self.got]

    @property
    def texts(self) -> list[str]:
        """Texts of what arrived."""
        return [one["message"] for one in self.got]


@contextmanager
def receiver() -> Generator[Receiver]:
    """A receiver that listens on a free port."""
    made = Receiver()

    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"]))
            if made.hangs:
                made.let_go.wait()
            made.got.append(json.loads(said))
            self.send_response(made.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    made.url = f"json://127.0.0.1:{server.server_port}/told"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver, and the setting that names it."""
    with receiver() as made:
        monkeypatch.setenv("RISKCODE_NOTIFY", made.url)
        yield made
