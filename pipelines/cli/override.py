"""``./riskcode override``: codes given by a person, with a reason and a last day, and whether they were right."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.terminal.layout import plain_table
from desk.words.labels import VERDICT
from desk.words.words import Words
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import Json
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading
from warehouse.questions import disputes as queries

app = typer.Typer(
    cls=group_of(Later("give", "sitting:give"), Later("end", "sitting:end")),
    no_args_is_help=True,
)


@app.command("list")
def list_(
    enterprise: Annotated[str | None, typer.Option(help="of this enterprise only")] = None,
    json: Json = False,
) -> None:
    """Every override: who, why, until when, and whether what came to light proved it right."""
    settings = load_settings()
    words = Words(settings.language)
    with reading(settings.home) as connection:
        found = queries.overrides(connection, enterprise_id=enterprise)
    if json:
        typer.echo(as_json(found))
        return
    Console().print(_table(found, words) if found else words("No override"))


def tell(settings: Settings, number: str, enterprise_id: str, *, json: bool) -> None:
    """One override, as it is published now."""
    with reading(settings.home) as connection:
        found = queries.overrides(connection, enterprise_id=enterprise_id)
    mine = [row for row in found if row["override_id"] == number]
    if json:
        typer.echo(as_json(mine[0]))
    else:
        Console().print(_table(mine, Words(settings.language)))


def _table(found: list[Row], words: Words) -> Table:
    table = plain_table()
    for head in (words("override"), words("enterprise id")):
        table.add_column(head, no_wrap=True)
    for head in (words("code"), words("from – until"), words("by"), words("reason"), words("was it right?")):
        table.add_column(head, overflow="fold")
    for row in found:
        ended = f" ({words('ended from {day}', day=row['ended_from'])})" if row["ended_from"] else ""
        table.add_row(
            row["override_id"],
            escape(row["enterprise_id"]),
            f"{words.code(row['code_before'])}→{words.code(row['code'])}",
            f"{row['first_day']} – {row['last_day']}{ended}",
            escape(row["given_by"]),
            escape(row["reason"]),
            words.label(VERDICT, row["verdict"]),
        )
    return table
