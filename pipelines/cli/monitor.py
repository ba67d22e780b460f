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
from desk.words.marks import N_
from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.cli.options import Json
from pipelines.settings import load_settings
from warehouse.database.reading import Row, reading
from warehouse.questions import monitoring as queries
from warehouse.supervision.acknowledge import acknowledge_alarm

app = typer.Typer(
    help="自我监测 · What the system watches in itself: movement, parity, feedback, flip-flops.",
    invoke_without_command=True,
)

HEADS = {
    "measure": N_("measure"),
    "group": N_("group"),
    "value": N_("value"),
    "limits": N_("limits"),
    "state": N_("state"),
}
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
    """自我监测 · Alarms first, then what was measured; --html FILE for the page with charts."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    with reading(settings.home) as connection:
        found = queries.findings(connection)
        if html is not None:
            _write_page(connection, html, settings.language)
    if json:
        typer.echo(as_json(found))
    elif html is None:
        show(found, Console(), Words(settings.language), everything=everything)


def _write_page(connection: queries.Connection, path: Path, language: str) -> None:
    # Matplotlib takes a second to import; the table does not need it.
    from desk.pages.monitoring import write_page

    try:
        written = write_page(connection, path, language=language)
    except OSError as error:
        raise RiskcodeError(
            "Cannot write {path} ({error}). Give another path with --html.", path=path, error=error
        ) from error
    typer.echo(str(written), err=True)


@app.command("acknowledge")
def acknowledge(
    metric: Annotated[str, typer.Argument(help="metric of the alarm, as --json names it, e.g. codes_moved")],
    by: Annotated[str, typer.Option(help="who looked into it")],
    reason: Annotated[str, typer.Option(help="what was found, e.g. pack 2026.3 took effect")],
    group: Annotated[str | None, typer.Option(help="only this group, e.g. 370102")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="day of the alarm; default: measured last")
    ] = None,
) -> None:
    """知悉 · Take an alarm as it is, once: the next shift alarms again.  Shown from the next run on."""
    from warehouse.connection import writing

    settings = load_settings()
    with writing(settings.home) as connection:
        day = as_of.date() if as_of else None
        covered = acknowledge_alarm(connection, metric, by=by, reason=reason, as_of=day, group=group)
    typer.echo(f"{len(covered)} 项已知悉，下次运行后显示 · acknowledged; shown after the next ./riskcode run")


def show(found: Sequence[Row], console: Console, words: Words, *, everything: bool) -> None:
    """Alarms as sentences, then a table; groups without an alarm are left out unless everything is asked for."""
    # Sentences bring polars, which takes a second to import; the other commands must answer at once.
    from desk.say import monitoring as sentences

    alarms = [row for row in found if row["state"] == "alarm"]
    verdict = sentences.verdict(found, words)
    console.print(f"[bold {'red' if alarms else 'green'}]{verdict}[/] · {found[0]['as_of']}")
    for row in alarms:
        said, since = words.either(row, "text"), words("since {day}", day=row["since"])
        console.print(f"[red]✗[/] {escape(said)} [dim]{since}[/]", highlight=False)
    for look in dict.fromkeys(words.either(row, "look") for row in alarms):
        console.print(f"  → {escape(look)}", highlight=False)
    told = [row for row in found if everything or row["state"] == "alarm" or not row["group_kind"]]
    console.print(findings_table(told, words))
    if len(told) < len(found):
        more = words("{n} more without an alarm: --all", n=len(found) - len(told))
        console.print(f"[dim]{more}[/]", highlight=False)


def findings_table(found: Sequence[Row], words: Words) -> Table:
    """One row per measure, within 80 columns."""
    from desk.say import monitoring as sentences

    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("measure", "group"):
        table.add_column(words(HEADS[key]), no_wrap=True, overflow="ellipsis", max_width=18)
    for key in ("value", "limits"):
        table.add_column(words(HEADS[key]), justify="right", no_wrap=True)
    table.add_column(words(HEADS["state"]), no_wrap=True)
    for row in found:
        state = words(sentences.STATES[row["state"]])
        table.add_row(
            sentences.title(row["metric"], words),
            escape(words.either(row, "group")),
            sentences.number(row["metric"], row["value"], words),
            sentences.bounds(row, words),
            f"[{STYLES[row['state']]}]{state}[/]",
        )
    return table
