"""``./riskcode serve``: the desk, for browsers."""

import socket
import subprocess
import sys
from contextlib import nullcontext, suppress
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.markup import escape

from desk.terminal.layout import plain_table
from desk.web.app import build
from desk.web.tiles import tiles_of
from desk.words.words import Words
from models.errors import RiskcodeError
from models.field.states import ROLE
from models.policy import load_policy
from pipelines.acts import carrying
from pipelines.beside import watching
from pipelines.calls import calling
from pipelines.demo_people import let_in, require_demo
from pipelines.settings import REPOSITORY, Settings, load_settings, version
from warehouse.clock import local_now
from warehouse.database.reading import is_published, reading
from warehouse.field.engine import Ledger
from warehouse.field.export import exporting
from warehouse.field.opening import opened
from warehouse.questions.today import published_today

_GRACE_SECONDS = 10
"""How long requests that are being answered may go on when the desk is ended."""


def serve(
    host: Annotated[
        str, typer.Option(help="address to listen on; other machines need a proxy that encrypts in front")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8000,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="of a demo city, made where there is none, with people to log in as"),
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="and code what counts, as ./riskcode watch does, in a process beside"),
    ] = False,
) -> None:
    """The desk in a browser: my day, the queue, enterprises; Ctrl-C ends it.

    It reads the published copy, and the newest one as soon as it is there; runs and watch go on beside it.
    What counts at the desk goes into the inbox at once; objections and overrides are carried out by a process beside.
    """
    settings = load_settings()
    tiles = tiles_of(settings.tiles)
    home, words, console = settings.home.prepare(), Words(settings.language), Console(highlight=False)
    if demo:
        _make_demo(settings)
    with (
        opened(home) as ledger,
        _listening(host, port) as listener,
        exporting(ledger, home),
        carrying(settings, ledger),
        calling(settings, ledger),
        watching(settings) if watch else nullcontext(),
    ):
        if demo:
            _show_accounts(settings, ledger, words, console)
        address = f"http://{host}:{listener.getsockname()[1]}"
        console.print(f"{escape(words('The desk'))}{words.colon}[bold]{escape(address)}[/]", soft_wrap=True)
        app = build(
            home,
            settings.language,
            ledger,
            clock=local_now,
            policy=load_policy(settings.pack),
            version=version(),
            tiles=tiles,
            outward=settings.outward,
            provider=settings.provider,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                # What is asked for tells who looks at whom; that is for the ledger to keep.
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.  Raises RiskcodeError where that cannot be."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise RiskcodeError(
            "{host}:{port} cannot be listened on ({why}). Choose another one: --port",
            host=host,
            port=port,
            why=error.strerror or error,
        ) from error


def _make_demo(settings: Settings) -> None:
    """Code the demo city where nothing is published; in a process of its own, whose memory goes with it."""
    if is_published(settings.home):
        require_demo(settings.home)
        return
    done = subprocess.run([sys.executable, "-m", "pipelines", "run", "--demo"], cwd=REPOSITORY, check=False)
    if done.returncode != 0:
        raise typer.Exit(done.returncode)


def _show_accounts(settings: Settings, ledger: Ledger, words: Words, console: Console) -> None:
    """People of the demo city; every start gives them new passwords, which are shown here alone."""
    table = plain_table()
    for head in (words("Login"), words("Password"), words("name"), words("role"), words("authority")):
        table.add_column(head, no_wrap=True)
    for one in let_in(settings.home, ledger, words):
        place = words.authority(one.authority.level, one.authority.division) if one.authority else "–"
        cells = (one.login, one.password, one.name, words.label(ROLE, one.role), place)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    console.print(f"[dim]{escape(words('The next start gives new passwords; these are kept nowhere.'))}[/]")
    with reading(settings.home) as copy:
        day = published_today(copy)
    hint = words(
        "In this city it is {day}: file a visit for that day, and you can record it at once.", day=day
    )
    console.print(escape(hint), soft_wrap=True)
