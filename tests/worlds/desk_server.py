"""The desk as a process of its own, whose clock is a file: ``python -m tests.worlds.desk_server HOME CLOCK``.

It exports what counts, as ``./riskcode serve`` does, prints its address, and ends with its standard input.
"""

import os
import socket
import sys
import threading
from datetime import datetime
from pathlib import Path

import uvicorn

from desk.web.app import build
from desk.web.limits import Limits
from warehouse.field.export import exporting
from warehouse.field.opening import opened
from warehouse.home import Home


def main(folder: str, clock: str, language: str = "en") -> None:
    """Serve until nobody holds the other end of the standard input."""
    home = Home(Path(folder))

    def now() -> datetime:
        return datetime.fromisoformat(Path(clock).read_text())

    with (
        opened(home) as ledger,
        socket.create_server(("127.0.0.1", 0)) as listener,
        exporting(ledger, home),
    ):
        app = build(
            home, language, ledger, clock=now, limits=Limits(a_minute=1_000_000), dated=lambda _, at: at
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))

        def wait() -> None:
            sys.stdin.read()
            server.should_exit = True

        threading.Thread(target=wait, daemon=True).start()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
    # What is still read for is nobody's any more.
    os._exit(0)
