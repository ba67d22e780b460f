"""``./riskcode monitor``: what the system watches in itself, and alarms a person takes as they are."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.say import monitoring as texts
from desk.terminal.layout import plain_table
from desk.words.words import Words
from pipelines.cli.options import Json, date_of, day, written
from pipelines.settings import load_settings
from warehouse.connection import writing
from warehouse.database.reading import Row, reading
from warehouse.questions import monitoring as queries
from warehouse.supervision.acknowledge import acknowledge_alarm

app = typer.Typer(invoke_without_command=True)

STYLES = {"alarm": "bold red", "acknowledged": "yellow", "unknown": "dim", "ok": "green"}


@app.callback()
def monitor(
    context: typer.Context,
    html: Annotated[
        Path | None, typer.Option(help="write the page with charts: FILE.html, needs no network")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="every group, not only alarms")] = False,
    json: Json = False,
) -> None:
    """Alarms first, then what was measured; --html FILE for the page with charts."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    with reading(settings.home, measured=True) as connection:
        found = queries.findings(connection)
        if html is not None:
            _write_page(connection, html, settings.language)
    if json:
        typer.echo(as_json(found))
    elif html is None:
        show(found, Words(settings.language), Console(), everything=everything)


def _write_page(connection: queries.Connection, path: Path, language: str) -> None:
    # Matplotlib takes a second to import; the table does not need it.
    from desk.pages.monitoring import write_page

    written(path, lambda path: write_page(connection, path, language=language), option="--html")


@app.command("acknowledge")
def acknowledge(
    metric: Annotated[str, typer.Argument(help="metric of the alarm, as --json names it, e.g. codes_moved")],
    by: Annotated[str, typer.Option(help="who looked into it")],
    reason: Annotated[str, typer.Option(help="what was found, e.g. pack 2026.3 took effect")],
    group: Annotated[str | None, typer.Option(help="only this group, e.g. 370102")] = None,
    as_of: Annotated[datetime | None, day("day of the alarm; default: measured last")] = None,
) -> None:
    """Take an alarm as it is, once: the next shift alarms again.  Shown from the next run on."""
    settings = load_settings()
    with writing(settings.home) as connection:
        covered = acknowledge_alarm(
            connection, metric, by=by, reason=reason, as_of=date_of(as_of), group=group
        )
    told = Words(settings.language).plural(
        "{n} alarm acknowledged; shown after the next ./riskcode run",
        "{n} alarms acknowledged; shown after the next ./riskcode run",
        len(covered),
    )
    typer.echo(told)


def show(found: Sequence[Row], words: Words, console: Console, *, everything: bool) -> None:
    """Alarms as sentences, then a table; groups without an alarm are left out unless everything is asked for."""
    alarms = [row for row in found if row["state"] == "alarm"]
    console.print(
        f"[bold {'red' if alarms else 'green'}]{texts.verdict(found, words)}[/] · {found[0]['as_of']}"
    )
    for row in alarms:
        since = words("since {day}", day=row["since"])
        console.print(f"[red]✗[/] {escape(words.either(row, 'text'))} [dim]{since}[/]", highlight=False)
    for look in dict.fromkeys(words.either(row, "look") for row in alarms):
        console.print(f"  → {escape(look)}", highlight=False)
    told = [row for row in found if everything or row["state"] == "alarm" or not row["group_kind"]]
    console.print(findings_table(told, words))
    if len(told) < len(found):
        more = words("{n} more without an alarm: --all", n=len(found) - len(told))
        console.print(f"[dim]{more}[/]", highlight=False)


def findings_table(found: Sequence[Row], words: Words) -> Table:
    """One row per measure, within 80 columns."""
    table = plain_table()
    table.add_column(words("measure"), no_wrap=True, overflow="ellipsis", max_width=18)
    table.add_column(words("group"), no_wrap=True, overflow="ellipsis", max_width=18)
    for head in (words("value"), words("limits")):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(words("state"), no_wrap=True)
    for row in found:
        table.add_row(
            texts.title(row["metric"], words),
            escape(words.either(row, "group")),
            texts.number(row["metric"], row["value"], words),
            texts.bounds(row, words),
            f"[{STYLES[row['state']]}]{words(texts.STATES[row['state']])}[/]",
        )
    return table
