"""``./riskcode dev``: Dagster's page, its daemon and the Data Docs on this machine, on ports that are free."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from desk.words.words import Words
from pipelines.instance import write_instance_config
from pipelines.settings import REPOSITORY, load_settings
from warehouse.home import Home

HERE = "127.0.0.1"
USUAL_PORT, USUAL_DOCS_PORT = 3000, 3001
PATIENCE_SECONDS = 60


def dev() -> None:
    """Dagster's page, its daemon and the Data Docs on this machine, to try out; Ctrl-C ends them.

    The usual ports are 3000 and 3001; where one is taken, another one is found and told.
    """
    settings = load_settings()
    home = settings.home.prepare()
    write_instance_config(home)
    words, console = Words(settings.language), Console(highlight=False)
    with data_docs(home) as docs:
        port = free_port(USUAL_PORT)
        for title, address in ((words("Dagster"), f"http://{HERE}:{port}"), (words("Data Docs"), docs)):
            console.print(f"{escape(title)}{words.colon}[bold]{address}[/]", soft_wrap=True)
        status = _served(home, port, docs)
    raise typer.Exit(status)


def free_port(usual: int) -> int:
    """The usual port where it is free, else another one."""
    for port in (usual, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HERE, port))
            except OSError:
                continue
            return tried.getsockname()[1]
    raise AssertionError("the operating system has a free port")


class _Silent(SimpleHTTPRequestHandler):
    """Pages, without a line for each in the terminal."""

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def data_docs(home: Home) -> Generator[str]:
    """The Data Docs of a home served; their address."""
    home.data_docs.mkdir(exist_ok=True)
    pages = partial(_Silent, directory=str(home.data_docs))
    with ThreadingHTTPServer((HERE, free_port(USUAL_DOCS_PORT)), pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HERE}:{server.server_port}"
        finally:
            server.shutdown()


def _served(home: Home, port: int, docs: str) -> int:
    """Run ``dagster dev`` until it or whoever called is done; what it began ends with it.  Returns its exit status."""
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "dev",
        "-w",
        str(REPOSITORY / "workspace.yaml"),
    ]
    environment = {
        **os.environ,
        "RISKCODE_HOME": str(home.root),
        "RISKCODE_DATA_DOCS_URL": docs,
        "DAGSTER_HOME": str(home.dagster),
    }
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.default_int_handler)
    # Away from the terminal's group, so that it hears of Ctrl-C once, from here.
    with subprocess.Popen(
        [*command, "-h", HERE, "-p", str(port)], cwd=REPOSITORY, env=environment, start_new_session=True
    ) as served:
        try:
            return served.wait()
        except KeyboardInterrupt:
            served.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                served.wait(PATIENCE_SECONDS)
            return 0
        finally:
            _end_all_of(served.pid)


def _end_all_of(group: int) -> None:
    """End what is left of a group of processes."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
