"""``./riskcode desk papers``: what the documents of a visit tell, and the templates of Word a bureau may replace."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from desk.files.tables import as_json
from desk.papers.template import template_of
from desk.papers.word import FOLDER, faults
from desk.terminal.layout import plain_table
from desk.words.catalogue import languages
from desk.words.labels import BASIS
from desk.words.words import Words
from models.errors import SettingsError
from models.field.papers import PAPER, SLOTS
from models.policy import load_policy
from models.policy.papers import PAPERS, PapersPolicy
from pipelines.cli.options import Json, one_of
from pipelines.settings import Settings, load_settings
from warehouse.clock import local_today
from warehouse.database.reading import Row
from warehouse.rules.packs import published_pack_on

app = typer.Typer(no_args_is_help=True)


@app.command("fields")
def fields(
    kind: Annotated[str, typer.Argument(help="kind of document: filing, notice, record, order …")] = "",
    json: Json = False,
) -> None:
    """The fields of the documents: what a template may ask for, and where it comes from that the document tells it."""
    settings = load_settings()
    words, papers = Words(settings.language), _papers(settings)
    kinds = (one_of(PAPER, kind),) if kind else PAPERS
    told: list[Row] = [
        {"kind": each, "field": name, "label": words.of(one.label), "is_typed": SLOTS[name].typed}
        | {"shape": SLOTS[name].shape, "basis": one.basis, "reference": one.reference}
        for each in kinds
        for name, one in papers.of(each).fields.items()
    ]
    if json:
        typer.echo(as_json(told))
        return
    table = plain_table()
    for head in (words("document"), words("field"), words("label"), words("basis")):
        table.add_column(head)
    for row in told:
        document = words.label(PAPER, row["kind"])
        table.add_row(document, row["field"], row["label"], words.label(BASIS, row["basis"]))
    Console(highlight=False).print(table)


@app.command("templates")
def templates(
    folder: Annotated[
        Path, typer.Argument(help="where to write them; files that are there stay as they are")
    ],
    json: Json = False,
) -> None:
    """Write the templates of the pack as Word files, to be changed and put into the folder ``papers`` of the home."""
    settings = load_settings()
    papers, written = _papers(settings), list[str]()
    folder.mkdir(parents=True, exist_ok=True)
    for kind in PAPERS:
        for language in languages():
            path = folder / f"{kind}.{language}.docx"
            if not path.exists():
                path.write_bytes(template_of(papers.of(kind), Words(language)))
                written.append(path.name)
    if json:
        typer.echo(as_json({"folder": f"{folder}", "files": written}))
        return
    typer.echo(Words(settings.language)("{n} files written to {folder}", n=len(written), folder=folder))


@app.command("check")
def check(json: Json = False) -> None:
    """Whether the templates in the folder ``papers`` of the home can be filled in; exit code 2 where one cannot."""
    settings = load_settings()
    papers, words = _papers(settings), Words(settings.language)
    own = settings.home.root / FOLDER
    found = faults(own, {kind: papers.of(kind) for kind in PAPERS}, languages())
    if json:
        typer.echo(as_json({"folder": f"{own}", "faults": [str(one) for one in found]}))
    else:
        for one in found:
            typer.echo(words.of(one))
        if not found:
            typer.echo(words("The templates in {folder} can be filled in.", folder=own))
    if found:
        raise typer.Exit(SettingsError.exit_code)


def _papers(settings: Settings) -> PapersPolicy:
    """What the pack in force today says of documents."""
    today = local_today()
    return published_pack_on(settings.home, load_policy(settings.pack), today).on(today).papers
