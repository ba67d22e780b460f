"""``./riskcode backup`` and ``restore``: what cannot be made again is kept elsewhere, and put back."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.words.words import Words
from models.coding.card import code_version
from pipelines.cli.options import Json
from pipelines.cli.progress import Progress
from pipelines.settings import Settings, load_settings, version
from warehouse.clock import LOCAL
from warehouse.database.frames import log
from warehouse.keeping import backup as keeping
from warehouse.keeping import restore as restoring
from warehouse.keeping.manifest import Manifest

Wait = Annotated[
    int | None,
    typer.Option(help="seconds to wait for a run that writes; default: RISKCODE_WAIT_SECONDS", min=0),
]


def backup(
    to: Annotated[Path, typer.Argument(help="the folder that holds the backups, best on another disk")],
    keep: Annotated[
        int | None, typer.Option(help="keep so many of this home, and remove the oldest", min=1)
    ] = None,
    wait: Wait = None,
    json: Json = False,
) -> None:
    """Keep a verified copy of what cannot be made again: warehouse, cards, seeds, mappings, logs.

    Reading goes on meanwhile; a run waits.  It holds seeds and names of persons: only you can read it.
    """
    settings = load_settings()
    words = Words(settings.language)
    with Progress(settings.home, quiet=json):
        made = keeping.back_up(
            settings.home,
            to.resolve(),
            at=datetime.now(LOCAL),
            program=_program(),
            keep=keep,
            wait_seconds=_patience(settings, wait),
        )
        log.info("backed up to %s", made.folder)
    if json:
        typer.echo(as_json({"backup": f"{made.folder}", **_told(made.manifest), "removed": made.removed}))
        return
    console = Console(highlight=False)
    _show(made.manifest, words, console)
    console.print(f"  {escape(str(made.folder))}", soft_wrap=True)
    for folder in made.removed:
        console.print(f"[dim]{escape(words('removed: {folder}', folder=folder))}[/]", soft_wrap=True)


def restore(
    backup: Annotated[Path, typer.Argument(help="a backup: the folder riskcode-DAY…")],
    only_check: Annotated[
        bool, typer.Option("--check", help="read it to its end and change nothing")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="take the place of the warehouse that is there")
    ] = False,
    wait: Wait = None,
    json: Json = False,
) -> None:
    """Let the home be what a backup holds; what has to give way is set aside.

    After a kill the old home or the new one is there; the same command once more finishes.
    """
    settings = load_settings()
    words, console = Words(settings.language), Console(highlight=False)
    if only_check:
        with Progress(None, quiet=json):
            found = restoring.check(backup)
        if json:
            typer.echo(as_json({"backup": f"{backup}", **_told(found)}))
        else:
            _show(found, words, console)
        return
    with Progress(None, quiet=json):
        done = restoring.restore(
            settings.home,
            backup,
            at=datetime.now(LOCAL),
            replace=replace,
            wait_seconds=_patience(settings, wait),
        )
    with Progress(settings.home, quiet=True):
        log.info("restored from %s", backup.resolve())
    if json:
        typer.echo(as_json({"backup": f"{backup}", **_told(done.manifest), "aside": done.aside}))
        return
    told = words("{home} is what the backup holds.", home=settings.home.root)
    console.print(f"[green]✓[/] {escape(told)}", soft_wrap=True)
    _show(done.manifest, words, console)
    if done.aside is not None:
        aside = words("What was there before: {folder}; remove it once it is not wanted.", folder=done.aside)
        console.print(f"  {escape(aside)}", soft_wrap=True)
    next_step = words("Next: ./riskcode init, ./riskcode doctor, and restart what is running.")
    console.print(escape(next_step), soft_wrap=True)


def _patience(settings: Settings, wait: int | None) -> int:
    return settings.wait_seconds if wait is None else wait


def _program() -> str:
    """Version of this program, and what tells two states of its method apart."""
    return f"{version()}-{code_version()}"


def _told(manifest: Manifest) -> dict[str, Any]:
    """What machines are told of a backup."""
    return {
        "home": manifest.home,
        "program": manifest.program,
        "made_at": manifest.made_at,
        "issued_on": manifest.issued_on,
        "files": len(manifest.files),
        "bytes": manifest.size,
    }


def _show(manifest: Manifest, words: Words, console: Console) -> None:
    files = words.plural("{n} file", "{n} files", len(manifest.files))
    made_at, size = f"{manifest.made_at:%Y-%m-%d %H:%M}", f"{manifest.size / 2**20:,.1f}"
    last = manifest.issued_on or words("none yet")
    lines = (
        words("backup of {at}, read back: {files}, {size} MiB", at=made_at, files=files, size=size),
        words("codes issued last: {day}", day=last),
    )
    for mark, line in zip(("[green]✓[/]", " "), lines, strict=True):
        console.print(f"{mark} {escape(line)}", soft_wrap=True)
