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
from pipelines.cli.options import Json, date_of, day, written
from pipelines.settings import load_settings
from warehouse.connection import writing
from warehouse.database.reading import Row, reading
from warehouse.questions import monitoring as queries
from warehouse.supervision.acknowledge import acknowledge_alarm

Pair = tuple[str, str]

app = typer.Typer(invoke_without_command=True)

HEADS: dict[str, Pair] = {
    "measure": ("指标", "measure"),
    "group": ("分组", "group"),
    "value": ("数值", "value"),
    "limits": ("界限", "limits"),
    "state": ("状态", "state"),
}
SINCE: Pair = ("自 {day} 起", "since {day}")
MORE: Pair = ("另有 {n} 项无警报：--all", "{n} more without an alarm: --all")
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
    at = 0 if settings.language == "zh" else 1
    with reading(settings.home) as connection:
        found = queries.findings(connection)
        if html is not None:
            _write_page(connection, html, settings.language)
    if json:
        typer.echo(as_json(found))
    elif html is None:
        show(found, Console(), at, everything=everything)


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
    """知悉 · Take an alarm as it is, once: the next shift alarms again.  Shown from the next run on."""
    settings = load_settings()
    with writing(settings.home) as connection:
        covered = acknowledge_alarm(
            connection, metric, by=by, reason=reason, as_of=date_of(as_of), group=group
        )
    typer.echo(f"{len(covered)} 项已知悉，下次运行后显示 · acknowledged; shown after the next ./riskcode run")


def show(found: Sequence[Row], console: Console, at: int, *, everything: bool) -> None:
    """Alarms as sentences, then a table; groups without an alarm are left out unless everything is asked for."""
    alarms = [row for row in found if row["state"] == "alarm"]
    console.print(f"[bold {'red' if alarms else 'green'}]{texts.verdict(found, at)}[/] · {found[0]['as_of']}")
    language = ("zh", "en")[at]
    for row in alarms:
        since = SINCE[at].format(day=row["since"])
        console.print(f"[red]✗[/] {escape(row[f'text_{language}'])} [dim]{since}[/]", highlight=False)
    for look in dict.fromkeys(row[f"look_{language}"] for row in alarms):
        console.print(f"  → {escape(look)}", highlight=False)
    told = [row for row in found if everything or row["state"] == "alarm" or not row["group_kind"]]
    console.print(findings_table(told, at))
    if len(told) < len(found):
        console.print(f"[dim]{MORE[at].format(n=len(found) - len(told))}[/]", highlight=False)


def findings_table(found: Sequence[Row], at: int) -> Table:
    """One row per measure, within 80 columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(HEADS["measure"][at], no_wrap=True, overflow="ellipsis", max_width=18)
    table.add_column(HEADS["group"][at], no_wrap=True, overflow="ellipsis", max_width=18)
    for key in ("value", "limits"):
        table.add_column(HEADS[key][at], justify="right", no_wrap=True)
    table.add_column(HEADS["state"][at], no_wrap=True)
    for row in found:
        table.add_row(
            texts.title(row["metric"], at),
            escape(row[f"group_{('zh', 'en')[at]}"]),
            texts.number(row["metric"], row["value"], at),
            texts.bounds(row, at),
            f"[{STYLES[row['state']]}]{texts.STATES[row['state']][at]}[/]",
        )
    return table
