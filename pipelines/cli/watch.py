"""``./riskcode watch``: what arrives in the inbox is coded and published within seconds."""

import os
import sys
import threading
from typing import Annotated

import typer
from rich.console import Console

from desk.files.tables import as_json
from desk.say.complaints import complaint_lines
from desk.words.words import Words
from pipelines.cli.progress import Progress
from pipelines.settings import load_settings
from pipelines.watch import watch as looks
from warehouse.clock import local_now


def watch(
    interval: Annotated[float, typer.Option(help="seconds between two looks", min=0.05, max=3600)] = 0.3,
    once: Annotated[bool, typer.Option(help="take up what is waiting, then end")] = False,
    json: Annotated[bool, typer.Option("--json", help="one JSON line for each arrival")] = False,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="end with the standard input, as the child of a program does")
    ] = False,
) -> None:
    """Watch the inbox: new files change the codes they are about within seconds.

    A sender writes name.part and renames it when it is whole; other files are taken once they stand still.
    """
    settings = load_settings()
    settings.home.prepare()
    words, console = Words(settings.language), Console(stderr=True, highlight=False)
    ends = threading.Event()
    if until_eof:
        threading.Thread(target=_wait_for_end, args=(ends,), daemon=True).start()
    console.print(f"[dim]{words('watching {folder} … (Ctrl-C ends)', folder=settings.home.inbox)}[/]")
    with Progress(settings.home, quiet=True):
        try:
            for seen in looks(settings, interval_seconds=interval, forever=not once, is_ended=ends.is_set):
                rows = sum(one.delivered for one in seen.taken)
                refused = sum(one.refused for one in seen.taken)
                told = {
                    "at": local_now().isoformat(timespec="seconds"),
                    "sources": sorted({one.source for one in seen.taken}),
                    "rows": rows,
                    "refused": refused,
                    "as_of": seen.updated.as_of,
                    "enterprises": seen.updated.enterprises,
                    "changed": seen.updated.changed,
                    "seconds": round(seen.seconds, 3),
                    "complaints": [row | {"said": words.of(row["said"])} for row in seen.complaints],
                }
                if json:
                    typer.echo(as_json(told, indent=None))
                else:
                    typer.echo(
                        words(
                            "{at} {rows} rows ({refused} refused), {enterprises} enterprises, {changed} "
                            "codes changed, {seconds} s",
                            **told,
                        )
                    )
                    for line in complaint_lines(seen.complaints, words):
                        console.print(line, soft_wrap=True)
        except KeyboardInterrupt:
            console.print(f"[dim]{words('watch ended')}[/]")


def _wait_for_end(ends: threading.Event) -> None:
    """Tell when the standard input has ended, which it does however whoever began this process ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ends.set()
