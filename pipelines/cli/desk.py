"""``./riskcode desk``: what the desk keeps, from the machine it runs on: export, audit, users, photos, doors."""

import json as jsonlib
import time
from pathlib import Path
from typing import Annotated

import typer

from desk.files.tables import as_json
from desk.words.words import Words
from pipelines.cli.desk_doors import odk, outward
from pipelines.cli.desk_papers import app as papers_app
from pipelines.cli.desk_users import app as users_app
from pipelines.cli.options import Json, WrongUse
from pipelines.settings import load_settings
from warehouse.field import audit
from warehouse.field.audit import Head
from warehouse.field.blobs import sweep as swept
from warehouse.field.export import export as exported
from warehouse.field.opening import opened

app = typer.Typer(no_args_is_help=True)
audit_app = typer.Typer(no_args_is_help=True)
blobs_app = typer.Typer(no_args_is_help=True)
app.add_typer(audit_app, name="audit", help="Whether anybody changed what was noted.")
app.add_typer(users_app, name="user", help="Who may come in: add, list, change, password, remove.")
app.add_typer(papers_app, name="papers", help="What documents tell, and their templates.")
app.add_typer(blobs_app, name="blobs", help="Photos of records.")
app.command("odk")(odk)
app.command("outward")(outward)


@app.command("export")
def export(json: Json = False) -> None:
    """Write what counts at the desk into the inbox; days that lie there as they should are left alone.

    The desk does it by itself while it runs.
    """
    settings = load_settings()
    home, words = settings.home.prepare(), Words(settings.language)
    with opened(home) as ledger:
        done = exported(ledger, home)
    names = [path.name for path in done.files]
    if json:
        typer.echo(as_json({"folder": f"{home.inbox / 'desk'}", "files": names, "place": done.place}))
        return
    for name in names:
        typer.echo(name)
    typer.echo(words("{n} files written to {folder}", n=len(names), folder=home.inbox / "desk"))


@audit_app.command("verify")
def verify(
    against: Annotated[
        str | None, typer.Option(help="a head kept elsewhere: PLACE:HASH, or a file with what --json told")
    ] = None,
    json: Json = False,
) -> None:
    """Go through all lines of the audit; exit code 5 where one is not what was written.

    Lines cut off at the end show only against a head of before: keep what this tells on another machine.
    """
    settings = load_settings()
    kept = _head(against) if against is not None else None
    with opened(settings.home.prepare()) as ledger:
        last = audit.verify(ledger, kept)
    if json:
        typer.echo(as_json({"place": last.place, "hash": last.hash}))
        return
    words = Words(settings.language)
    typer.echo(words("The audit is whole: {n} lines. Keep this head elsewhere:", n=f"{last.place:,}"))
    typer.echo(f"{last.place}:{last.hash}")


@blobs_app.command("sweep")
def sweep(
    hours: Annotated[int, typer.Option(help="begun at least so long ago", min=1)] = 24,
    json: Json = False,
) -> None:
    """Take away photos that were begun and never arrived whole."""
    settings = load_settings()
    with opened(settings.home.prepare()) as ledger:
        count = swept(ledger, time.time() - hours * 3600)
    if json:
        typer.echo(as_json({"removed": count}))
        return
    typer.echo(Words(settings.language)("{n} unfinished photos removed", n=count))


def _head(told: str) -> Head:
    """A head as it was told before.  Raises WrongUse."""
    try:
        if ":" not in told or Path(told).is_file():
            text = Path(told).read_text(encoding="utf-8").strip()
            if text.startswith("{"):
                kept = jsonlib.loads(text)
                return Head(int(kept["place"]), str(kept["hash"]))
            told = text.splitlines()[-1]
        place, _, sealed = told.strip().partition(":")
        return Head(int(place), sealed)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise WrongUse(
            "'{text}' is no head of the audit. Give PLACE:HASH, or a file with what --json told.", text=told
        ) from None
