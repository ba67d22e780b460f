"""Another system that is called: a real server on this machine that keeps what came, and answers as it is told."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Came:
    """One request."""

    headers: dict[str, str]
    content: bytes

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.content)


@dataclass
class Hook:
    """What came, oldest first; ``status``: what is answered; where it ``hangs`` nothing is, until it is let go."""

    url: str = ""
    came: list[Came] = field(default_factory=list[Came])
    status: int = 200
    location: str = ""
    hangs: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)


@contextmanager
def hook() -> Generator[Hook]:
    """One that listens on a free port."""
    made = Hook()

    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            made.came.append(Came({name.lower(): one for name, one in self.headers.items()}, content))
            if made.hangs:
                made.let_go.wait()
            self.send_response(made.status)
            if made.location:
                self.send_header("Location", made.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Post)
    made.url = f"http://127.0.0.1:{server.server_port}/told"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
