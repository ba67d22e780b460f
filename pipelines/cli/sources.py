"""``./riskcode sources``: what lies in the inbox, what a delivery would give, and what could not be read."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.say.alike import alike_lines
from desk.say.complaints import complaint, complaint_lines
from desk.terminal.layout import plain_table
from desk.terminal.rejects import reject_counts_table, rejects_table
from desk.words.words import Words
from models.errors import DeliveryError
from models.former_numbers import NO_FORMER
from models.messages import Message
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import By, Json, Limit, Reason, said
from pipelines.settings import load_settings
from warehouse.clock import local_today
from warehouse.connection import writing
from warehouse.database.reading import Row, reading
from warehouse.intake.accepted import former_numbers, known_enterprises
from warehouse.intake.complaints import acknowledge, lost_columns
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.files.raw import placed
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import MAPPINGS, load_mapping
from warehouse.intake.sources import approve, sources
from warehouse.questions.complaints import standing
from warehouse.questions.findings import alike

app = typer.Typer(cls=group_of(Later("draft", "draft:draft")), no_args_is_help=True)
_EXAMPLES = 10


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="folder with the delivery")],
    mapping: Annotated[str, typer.Option(help="mapping file, or the name of one that comes along")],
    json: Json = False,
) -> None:
    """What would be accepted and refused, and why; nothing is written."""
    settings = load_settings()
    known, former = pl.Series([], dtype=pl.String), NO_FORMER
    if settings.home.published.exists():
        with reading(settings.home) as connection:
            known, former = known_enterprises(connection), former_numbers(connection)
    with TemporaryDirectory(prefix="riskcode-check-") as scratch:
        judged = judge_delivery(
            load_mapping(mapping),
            folder,
            known_enterprises=known,
            former=former,
            today=local_today(),
            scratch=Path(scratch),
        )
    lost: list[Message] = []
    if settings.home.published.exists():
        with reading(settings.home) as connection:
            lost = list(lost_columns(connection, judged).values())
    words = Words(settings.language)
    if json:
        typer.echo(
            as_json(
                {
                    "delivered": judged.delivered,
                    "accepted": judged.delivered - judged.refused,
                    "refused": judged.refused,
                    "repeated": judged.repeated,
                    "notes": judged.notes,
                    "unused": [one._asdict() for one in judged.unused],
                    "unfilled": [one._asdict() for one in judged.unfilled],
                    "lost": [words.of(one) for one in lost],
                    "files": [vars(count) for count in judged.files],
                    "rules": [
                        dict(zip(("table", "rule", "rows"), row, strict=True)) for row in judged.rules()
                    ],
                    "examples": judged.rejects.head(20)
                    .select("table_name", "file", "sheet", "line", "rules", "content")
                    .to_dicts(),
                }
            )
        )
    else:
        _show_check(judged, lost, words, Console())
    if _lost(judged):
        raise typer.Exit(DeliveryError.exit_code)


def _show_check(judged: Judged, lost: list[Message], words: Words, console: Console) -> None:
    files = plain_table()
    for head in (words("table"), words("file")):
        files.add_column(head, overflow="fold")
    for head in (words("delivered"), words("accepted"), words("refused")):
        files.add_column(head, justify="right")
    for count in judged.files:
        files.add_row(
            count.table,
            escape(placed(count.file, count.sheet)),
            f"{count.delivered:,}",
            f"{count.accepted:,}",
            f"{count.refused:,}",
        )
    console.print(files)
    for note in judged.remarks():
        console.print(f"[dim]{escape(words.of(note))}[/]")
    for one in lost:
        console.print(f"[yellow]![/] {escape(words.of(one))}")
    if judged.rejects.is_empty():
        console.print(words("No refused rows"))
        return
    console.print(reject_counts_table([_count(*one) for one in judged.rules()], words))
    console.print(rejects_table(judged.rejects.head(_EXAMPLES).to_dicts(), words))


def _count(table: str, rule: str, rows: int) -> Row:
    return {"table_name": table, "rule": rule, "rows": rows, "waiting": 0}


def _lost(judged: Judged) -> list[str]:
    """Tables of which everything was refused, but for what only waits for its enterprise or its day."""
    refused = judged.rejects.filter(judged.rejects["state"] == "open")
    lost = dict(refused.filter(refused["line"] > 0)["table_name"].value_counts().iter_rows())
    whole = set(refused.filter(refused["line"] == 0)["table_name"])
    delivered: dict[str, int] = {}
    for count in judged.files:
        delivered[count.table] = delivered.get(count.table, 0) + count.delivered
    return [name for name, rows in delivered.items() if rows == lost.get(name, 0) and (rows or name in whole)]


@app.command("list")
def list_(json: Json = False) -> None:
    """Mapping files that come along, and the sources of the inbox."""
    settings = load_settings()
    known = [load_mapping(path) for path in sorted(MAPPINGS.glob("*.yaml"))]
    found, words = sources(settings.home), Words(settings.language)
    if json:
        inbox = [
            {
                "folder": str(one.folder),
                "mapping": one.mapping.name if one.mapping else None,
                "problem": words.of(one.problem) if one.problem else None,
            }
            for one in found
        ]
        named = [{"name": one.name, "title": one.title} for one in known]
        typer.echo(as_json({"mappings": named, "inbox": inbox}))
        return
    for mapping in known:
        typer.echo(f"{mapping.name:18} {mapping.title}")
    for one in found:
        typer.echo(f"{words('inbox')}{words.colon}{one.folder} → {one.name}")
        if one.problem:
            typer.echo(f"  ✗ {words.of(one.problem)}")


@app.command("approve")
def approve_(
    folder: Annotated[Path, typer.Argument(help="folder of the inbox whose mapping.yaml asks a database")],
    by: By,
) -> None:
    """Let the mapping of a source, as it is written now, ask its databases; a changed one must be approved again."""
    settings = load_settings()
    words = Words(settings.language)
    found = approve(settings.home.prepare(), folder, by=said(by, "--by"))
    typer.echo(
        words("The mapping '{name}' may ask its databases ({hash})", name=found.name, hash=found.hash[:12])
    )


@app.command("complaints")
def complaints(json: Json = False) -> None:
    """What could not be read or counted, until it is over or acknowledged."""
    settings = load_settings()
    words, console = Words(settings.language), Console(highlight=False)
    with reading(settings.home) as connection:
        found = standing(connection)
    if json:
        typer.echo(as_json([row | {"said": words.of(row["said"])} for row in found]))
        return
    for line in complaint_lines(found, words):
        console.print(line, soft_wrap=True)
    if not found:
        console.print(words("Everything that was delivered could be read"))


@app.command("alike")
def alike_(limit: Limit = None, json: Json = False) -> None:
    """Findings of one enterprise and day that two sources report and that may be the same: they count twice.

    What surely is the same counts once and is not listed.  Whoever knows better objects to one of the reports, or lets
    the mapping say that the sources share their numbers (shares_numbers_with).
    """
    settings = load_settings()
    words, console = Words(settings.language), Console(highlight=False)
    with reading(settings.home) as connection:
        found = alike(connection)
    if json:
        typer.echo(as_json(found[:limit]))
        return
    for line in alike_lines(found[:limit], words):
        console.print(line)
    if not found:
        console.print(words("No finding looks as if two sources report it"))


@app.command("acknowledge")
def acknowledge_(
    complaint_id: Annotated[str, typer.Argument(help="id, as sources complaints shows it")],
    by: By,
    reason: Reason,
    json: Json = False,
) -> None:
    """Take a complaint as it is, with a reason; shown as such from the next run on."""
    settings = load_settings()
    words = Words(settings.language)
    with writing(settings.home) as connection:
        row = acknowledge(connection, complaint_id, by=said(by, "--by"), reason=reason)
    if json:
        typer.echo(as_json(row))
        return
    typer.echo(words("Acknowledged: {complaint}", complaint=complaint(row, words)))
