"""``./riskcode sources draft``: a first mapping, written from the files of a folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from desk.files.mappings import draft_text
from desk.files.tables import as_json
from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.cli.options import Json, WrongUse, written
from pipelines.settings import load_settings
from warehouse.clock import local_today
from warehouse.intake.drafting.draft import drafted
from warehouse.intake.drafting.names import source_name
from warehouse.intake.drafting.proposal import Column, Draft
from warehouse.intake.files.raw import placed


def draft(
    folder: Annotated[Path, typer.Argument(help="folder with the files as they were exported")],
    out: Annotated[Path | None, typer.Option("--out", help="mapping file to write")] = None,
    name: Annotated[str | None, typer.Option(help="name of the source; else that of the folder")] = None,
    force: Annotated[bool, typer.Option("--force", help="overwrite the file")] = False,
    json: Json = False,
) -> None:
    """A first mapping from the files themselves: what fits, and what stays open as questions."""
    words = Words(load_settings().language)
    if out is not None and out.exists() and not force:
        raise RiskcodeError("{path} exists. Give another path with --out, or --force.", path=out)
    if name is not None and source_name(name) != name:
        raise WrongUse(
            "'{name}' is no name of a source: letters of a to z, digits, _ . - and no more than 60", name=name
        )
    found = drafted(folder, today=local_today(), name=name)
    text = draft_text(found, words)
    if json:
        typer.echo(as_json(_as_data(found, words) | {"text": text}))
    elif out is None:
        typer.echo(text, nl=False)
    if out is not None:
        written(out, lambda path: path.write_text(text, encoding="utf-8"), option="--out", shown=False)
    _tell_next(found, folder, out, words)


def _tell_next(found: Draft, folder: Path, out: Path | None, words: Words) -> None:
    """The next step, beside what is written: the draft itself may go into a pipe."""
    file = out or "mapping.yaml"
    if out is None:
        typer.echo(words("Keep it in a file: --out {file}", file=file), err=True)
    said = words.plural("{n} question is open.", "{n} questions are open.", found.questions)
    typer.echo(f"{out}{words.colon}{said}" if out else said, err=True)
    command = f"./riskcode sources check {folder} --mapping {file}"
    typer.echo(words("Next: {command}", command=command), err=True)


def _as_data(found: Draft, words: Words) -> dict[str, Any]:
    return {
        "mapping": found.mapping(),
        "questions": found.questions,
        "asked": [words.of(one) for one in found.asked],
        "entries": [
            {
                "table": entry.table,
                "files": entry.files,
                "layout": entry.layout,
                "rows": entry.rows,
                "notes": [words.of(note) for note in entry.notes],
                "questions": [words.of(question) for question in entry.questions],
                "columns": [_column(one, words) for one in entry.columns],
                "unread": [{"header": header, "nearest": near} for header, near in entry.unread],
            }
            for entry in found.entries
        ],
        "unread": [{"place": placed(one.file, one.sheet), "why": words.of(one.why)} for one in found.unread],
    }


def _column(column: Column, words: Words) -> dict[str, Any]:
    told = {key: [words.of(one) for one in getattr(column, key)] for key in ("notes", "questions")}
    return vars(column) | told
