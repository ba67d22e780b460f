"""``./riskcode nights``: the last nights at a glance."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.terminal.layout import plain_table
from desk.words.words import Words
from models.messages import NC_
from pipelines.alerts import RETRIED, RUN, Written, alerts, brief
from pipelines.cli.options import Json
from pipelines.settings import load_settings
from warehouse.database.meta import CLOSED_ON, get_meta
from warehouse.database.reading import reading
from warehouse.questions.nights import SHOWN_DAYS, Told, told_nights

STATES = {
    "issued": ("green", NC_("night", "issued")),
    "late": ("yellow", NC_("night", "caught up")),
    "missed": ("bold red", NC_("night", "without codes")),
}


def nights(
    days: Annotated[int, typer.Option(min=1, max=SHOWN_DAYS, help="how far back")] = 7,
    json: Json = False,
) -> None:
    """The last nights: issued, caught up or missed, when, what failed, what was set aside."""
    settings = load_settings()
    words = Words(settings.language)
    with reading(settings.home) as connection:
        is_closed = bool(get_meta(connection, CLOSED_ON))
        found = told_nights(connection, days)
    failed = [one for one in alerts(settings.home) if one.kind in (RUN, RETRIED)]
    if json:
        typer.echo(as_json([asdict(one) | {"failed": _failed(one, failed)} for one in found]))
    elif not found:
        typer.echo(words("A closed archive has no nights." if is_closed else "There was no night yet."))
    else:
        console = Console()
        console.print(_table(found, failed, words))
        for one in failed:
            if any(one.day == f"{night.day}" for night in found):
                console.print(f"[dim]{one.day}[/] {escape(brief(one.cause))}", highlight=False)


def _failed(night: Told, failed: list[Written]) -> int:
    return sum(one.day == f"{night.day}" for one in failed)


def _table(found: list[Told], failed: list[Written], words: Words) -> Table:
    """One row a night, within 80 columns."""
    table = plain_table()
    table.add_column(words("day"), no_wrap=True)
    table.add_column(words("codes"), no_wrap=True)
    table.add_column(words("published"), no_wrap=True)
    for head in (words("red"), words("updates"), words("failed")):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(words("set aside"), overflow="fold")
    for night in found:
        style, state = STATES[night.state]
        at = f"{night.finished_at:%m-%d %H:%M}" if night.finished_at else "–"
        table.add_row(
            f"{night.day}",
            f"[{style}]{words.within(*state)}[/]",
            at,
            *(f"{n:,}" if night.finished_at else "–" for n in (night.red, night.updates)),
            f"{_failed(night, failed) or '–'}",
            escape(", ".join(night.set_aside)) or "–",
        )
    return table
