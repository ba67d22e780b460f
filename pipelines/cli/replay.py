"""``./riskcode replay``: past codes as they were known then, and what relied on what was wrong."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from desk.files.tables import as_json
from desk.terminal.layout import plain_table
from desk.words.labels import BASIS
from desk.words.words import Words
from models.errors import BusyError, ScoreError
from models.messages import N_
from models.policy import load_policy
from pipelines.cli.options import Json, day
from pipelines.settings import Settings, load_settings
from warehouse.connection import looking_back, refuse_when_busy
from warehouse.database.frames import Connection
from warehouse.database.reading import Row
from warehouse.intake.inbox import city_today
from warehouse.what_if.replay import differences, issued_days, issued_on, past_coding, past_explanation
from warehouse.what_if.replay import impact as relied

app = typer.Typer(no_args_is_help=True)


@contextmanager
def _past(settings: Settings) -> Generator[Connection]:
    """What the warehouse holds; while a run writes, its end is waited for."""
    try:
        refuse_when_busy(settings.home.prepare())
    except BusyError as error:
        words = Words(settings.language)
        told = words("A run is writing ({holder}); this waits for its end.", holder=error.facts["holder"])
        Console(stderr=True, highlight=False).print(f"[dim]{told}[/]")
    with looking_back(settings.home, wait_seconds=settings.wait_seconds) as connection:
        yield connection


@app.command("days")
def days(json: Json = False) -> None:
    """Days whose codes were issued, and by which rules."""
    settings = load_settings()
    with _past(settings) as connection:
        found = issued_days(connection)
    if json:
        typer.echo(as_json(found))
        return
    for one in found:
        typer.echo(f"{one['as_of']}  {one['pack']} {one['pack_version']}  ×{one['runs']}")


@app.command("check")
def check(
    as_of: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="an issued day")], json: Json = False
) -> None:
    """Compute an issued day again on what was known then; fails unless every code comes out the same."""
    settings, day = load_settings(), as_of.date()
    words = Words(settings.language)
    with _past(settings) as connection:
        found = differences(connection, load_policy(settings.pack), day)
        size = issued_on(connection, day).height
    if json:
        typer.echo(as_json({"as_of": day, "enterprises": size, "differences": found}))
    elif not found:
        typer.echo(
            words(
                "{day}: the codes of {n} enterprises, replayed as known then, are those that were issued",
                day=day,
                n=f"{size:,}",
            )
        )
    else:
        columns = (
            ("enterprise_id", N_("enterprise id")),
            ("code", N_("issued")),
            ("replayed", N_("replayed")),
        )
        Console().print(_table(found[:20], columns, words))
    if found:
        raise ScoreError(
            "{day}: the codes of {n} enterprises are not those that were issued", day=day, n=len(found)
        )


@app.command("show")
def show(
    enterprise_id: Annotated[str, typer.Argument(help="enterprise id")],
    as_of: Annotated[datetime, day("the day coded")],
    known_at: Annotated[datetime | None, day("use what was known then; default: --as-of")] = None,
    json: Json = False,
) -> None:
    """One enterprise's code and reasons on a past day, as known then or as known later."""
    settings, day = load_settings(), as_of.date()
    words, known = Words(settings.language), known_at.date() if known_at else day
    with _past(settings) as connection:
        coding = past_coding(
            connection, load_policy(settings.pack), day, known, only=(enterprise_id.strip(),)
        )
        [found] = past_explanation(connection, coding)
    if json:
        typer.echo(as_json(found))
        return
    console = Console()
    head = words(
        "{id}: the code of {as_of} as known on {known_at} (rules {pack} {version})",
        id=found["enterprise_id"],
        as_of=day,
        known_at=known,
        pack=found["pack"],
        version=found["pack_version"],
    )
    console.print(f"{head}: {words.code(found['code'])} {found['score']}", highlight=False)
    lines = [
        {**one, "title": words.either(one, "title"), "basis": words.label(BASIS, one["basis"])}
        for one in found["reasons"]
    ]
    columns = (
        ("title", N_("reason")),
        ("value", N_("datum")),
        ("points", N_("points")),
        ("basis", N_("basis")),
    )
    console.print(_table(lines, columns, words))


@app.command("impact")
def impact(
    enterprise: Annotated[str | None, typer.Option(help="only this enterprise")] = None,
    known_at: Annotated[datetime | None, day("what is known by then; default: today")] = None,
    json: Json = False,
) -> None:
    """Codes, visits and penalties that relied on a datum withdrawn or corrected since."""
    settings = load_settings()
    words = Words(settings.language)
    with _past(settings) as connection:
        known = known_at.date() if known_at else city_today(connection)
        found = vars(relied(connection, load_policy(settings.pack), known_at=known, enterprise_id=enterprise))
    if json:
        typer.echo(as_json(found))
        return
    _show_impact(found, words)


_IMPACT: dict[str, tuple[tuple[str, str], ...]] = {
    "codes": (
        ("enterprise_id", N_("enterprise id")),
        ("first_day", N_("from")),
        ("last_day", N_("to")),
        ("issued", N_("issued")),
        ("should_be", N_("should be")),
        ("data", N_("data it relied on, withdrawn or corrected since")),
    ),
    "visits": (
        ("enterprise_id", N_("enterprise id")),
        ("inspected_on", N_("from")),
        ("inspection_id", N_("datum")),
    ),
    "planned": (
        ("enterprise_id", N_("enterprise id")),
        ("planned_on", N_("from")),
        ("visit_id", N_("datum")),
    ),
    "penalties": (
        ("enterprise_id", N_("enterprise id")),
        ("decided_on", N_("from")),
        ("violation_id", N_("datum")),
    ),
}
_CONCERNED = {
    "codes": N_("Codes that would have been others"),
    "visits": N_("Special visits and re-checks of that time"),
    "planned": N_("RED visits still planned"),
    "penalties": N_("Penalties concerned"),
}


def _show_impact(found: dict[str, list[Row]], words: Words) -> None:
    console = Console()
    if not any(found.values()):
        console.print(words("No code, visit or penalty relied on it"))
    for name, columns in _IMPACT.items():
        if found[name]:
            console.print(f"[bold]{words(_CONCERNED[name])}[/] ({len(found[name]):,})", highlight=False)
            console.print(_table(found[name][:20], columns, words))


def _table(found: list[Row], columns: tuple[tuple[str, str], ...], words: Words) -> Table:
    table = plain_table(header_style="dim")
    for _, title in columns:
        table.add_column(words(title), overflow="fold")
    for row in found:
        table.add_row(*(_cell(name, row[name], words) for name, _ in columns))
    return table


def _cell(name: str, told: Any, words: Words) -> str:
    if told is None:
        return "–"
    if name in ("code", "replayed", "issued", "should_be"):
        return words.code(told)
    return words.listing(told) if isinstance(told, list) else str(told)
