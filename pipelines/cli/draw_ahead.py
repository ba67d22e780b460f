"""``draw commit`` and ``draw reveal``: the year's draws, promised before they are made."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from desk.words.words import Words
from models.errors import WarehouseError
from models.policy import load_policy
from pipelines.settings import Settings, load_settings
from warehouse.coding.coding import Coding
from warehouse.connection import Connection, writing
from warehouse.planning.ahead import commit_ahead, reveal_ahead
from warehouse.planning.plan import planned_as_of
from warehouse.rules.in_force import coding_on

Year = Annotated[int | None, typer.Option(help="year of the plan; default: that of the day coded last")]


def commit(
    public_source: Annotated[
        str, typer.Option(help="public value that will be mixed in, exactly: which lottery, which drawing")
    ],
    year: Year = None,
) -> None:
    """Commit to all draws a year calls for; they are made by draw reveal, once the public value is known."""
    settings = load_settings()
    with _coded(settings) as (connection, coding):
        drawn = commit_ahead(
            connection,
            settings.home,
            coding,
            year=year or coding.as_of.year,
            public_source=public_source.strip(),
        )
    words, home = Words(settings.language), settings.home
    told = words(
        "Committed to {n} draws. Publish the files in {folder} now; the seeds in {seeds} stay secret until the "
        "public value is known.",
        n=len(drawn),
        folder=home.exports / "draws",
        seeds=home.seeds,
    )
    none = words(
        "No draw is called for: all are committed to or made already, and the files to publish lie in {folder}. Where "
        "none ever was, deliver the register (table enterprises), then run again.",
        folder=home.exports / "draws",
    )
    typer.echo(told if drawn else none)


def reveal(
    public_value: Annotated[str, typer.Option(help="the public value, written as promised")],
    year: Year = None,
) -> None:
    """Draw what was committed to, with the public value; anybody can then verify it."""
    settings = load_settings()
    with _coded(settings) as (connection, coding):
        drawn = reveal_ahead(
            connection,
            settings.home,
            coding,
            year=year or coding.as_of.year,
            public_value=public_value.strip(),
        )
    told = Words(settings.language)(
        "Drawn: {n}. The whole records are in {folder}; the next run plans the visits.",
        n=len(drawn),
        folder=settings.home.exports / "draws",
    )
    typer.echo(told)


@contextmanager
def _coded(settings: Settings) -> Generator[tuple[Connection, Coding]]:
    """The warehouse, held for writing, and the coding of its last day.  Raises WarehouseError without one."""
    with writing(settings.home) as connection:
        day = planned_as_of(connection)
        if day is None:
            raise WarehouseError("Nothing is planned yet. Start a run first: ./riskcode run")
        yield connection, coding_on(connection, load_policy(settings.pack), day)
