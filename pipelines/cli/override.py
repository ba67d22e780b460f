"""``./riskcode override``: a person gives a code, with a reason and a last day, and answers for it later."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.words.labels import VERDICT
from desk.words.words import Words
from models import vocabulary as vocab
from pipelines.cli.objection import By, Enterprise, Json, On, sit_down
from pipelines.cli.options import one_of
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading
from warehouse.questions import disputes as queries

Reason = Annotated[str, typer.Option("--reason", help="why, in a sentence that is kept and shown")]

app = typer.Typer(
    name="override",
    help="Overrides: give, end, and see whether they were right.",
    no_args_is_help=True,
)


@app.command("give")
def give(
    enterprise_id: Enterprise,
    code: Annotated[str, typer.Option(help="red, yellow, blue or green")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="last day it holds")],
    reason: Reason,
    by: By,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="first day it holds; default: the day coded last"),
    ] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """Give an enterprise another code for a time; a veto cannot be bettered."""
    from warehouse.disputes.overrides import Given, give_override

    settings, enterprise_id = load_settings(), enterprise_id.strip()
    with sit_down(settings, on) as desk:
        given = Given(
            enterprise_id,
            one_of(vocab.CODE, code),
            first.date() if first else desk.as_of,
            until.date(),
            reason,
            by,
            desk.on,
        )
        number = give_override(desk.connection, desk.coding(enterprise_id), given)
        desk.republish(enterprise_id)
    _tell(settings, number, enterprise_id, json=json)


@app.command("end")
def end(
    override_id: Annotated[str, typer.Argument(help="number of the override, e.g. V-2026-0001")],
    by: By,
    reason: Reason,
    on: On = None,
    json: Json = False,
) -> None:
    """End an override before its last day; the code follows at once."""
    from warehouse.disputes.overrides import end_override

    settings, override_id = load_settings(), override_id.strip()
    with sit_down(settings, on) as desk:
        enterprise_id = end_override(
            desk.connection, override_id, by=by, reason=reason, on=desk.on, first_day_without=desk.as_of
        )
        desk.republish(enterprise_id)
    _tell(settings, override_id, enterprise_id, json=json)


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


def _tell(settings: Settings, number: str, enterprise_id: str, *, json: bool) -> None:
    with reading(settings.home) as connection:
        found = queries.overrides(connection, enterprise_id=enterprise_id)
    mine = [row for row in found if row["override_id"] == number]
    if json:
        typer.echo(as_json(mine[0]))
    else:
        Console().print(_table(mine, Words(settings.language)))


def _table(found: list[Row], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
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
