"""``./riskcode rejects``: what was refused, by which rule, and what would be allowed."""

from typing import Annotated

import typer
from rich.console import Console

from desk.terminal.rejects import reject_counts_table, rejects_table
from desk.words.words import Words
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import Form, Json, Limit, Output
from pipelines.cli.read import exported
from pipelines.settings import load_settings
from warehouse.database.reading import reading
from warehouse.questions import codes as queries

app = typer.Typer(cls=group_of(Later("retry", "admin:retry")), invoke_without_command=True)


@app.callback()
def rejects(
    context: typer.Context,
    table: Annotated[str | None, typer.Option(help="only this table")] = None,
    rule: Annotated[str | None, typer.Option(help="only rules that contain this text")] = None,
    limit: Limit = None,
    listing: Annotated[bool, typer.Option("--list", help="the rows themselves, not just counts")] = False,
    form: Form = "table",
    output: Output = None,
    json: Json = False,
) -> None:
    """What was refused, by which rule; --list for the rows, --format to export them."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    words, form = Words(settings.language), "json" if json else form
    with reading(settings.home) as connection:
        if form == "table" and not (listing or table or rule):
            found = queries.reject_counts(connection)
            Console().print(reject_counts_table(found, words) if found else words("No refused rows"))
            return
        found = queries.rejects(connection, table=table, rule=rule, limit=limit)
    if form == "table":
        Console().print(rejects_table(found, words) if found else words("No refused rows"))
    else:
        exported(found, form, output, settings, name="rejects")
