"""``./riskcode demo``: an invented city, its deliveries, and its life after them."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from desk.files.tables import as_json
from desk.words.words import Words
from pipelines.access import as_asked
from pipelines.advance import DemoLife, LivedDay
from pipelines.cli.options import WrongUse
from pipelines.cli.progress import Progress
from pipelines.demo import SEED, write_demo_city
from pipelines.demo_home import DEMO_ENTERPRISES, DEMO_MAPPING
from pipelines.settings import load_settings

app = typer.Typer(no_args_is_help=True)


@app.command("write")
def write(
    folder: Annotated[Path, typer.Argument(help="where to write the delivery")],
    enterprises: Annotated[int, typer.Option(min=1)] = DEMO_ENTERPRISES,
    seed: Annotated[int, typer.Option()] = SEED,
    dirty: Annotated[bool, typer.Option(help="with a small share of bad rows of every kind")] = True,
) -> None:
    """Write the deliveries of an invented city (mapping: demo_city)."""
    with as_asked(folder):
        city = write_demo_city(folder, enterprises=enterprises, seed=seed, dirty=dirty)
    for table, count in city.rows.items():
        typer.echo(f"{table:14} {count:>10,}")
    typer.echo(f"./riskcode run --source {folder} --mapping {DEMO_MAPPING}")


@app.command("advance")
def advance(
    days: Annotated[int, typer.Argument(min=1, help="how many days")] = 1,
    json: Annotated[bool, typer.Option("--json", help="one JSON line for each day")] = False,
) -> None:
    """Let the demo city of this home live on: visits of its plan are made, what happens is delivered and coded.

    Crews make what the published plan has for each day, but for a few visits. The further files lie in demo/delivery.
    """
    settings = load_settings()
    words, is_quiet = Words(settings.language), json or not Console(stderr=True).is_terminal
    with Progress(settings.home, quiet=is_quiet):
        life = DemoLife(settings)
    left = (life.end - life.last).days
    if days > left:
        raise WrongUse(
            "The demo city has come to {last} and can live until {end}, days left: {n}. To begin anew, set "
            "RISKCODE_HOME to an empty folder and call ./riskcode run",
            last=life.last,
            end=life.end,
            n=left,
        )
    for _ in range(days):
        with Progress(settings.home, quiet=is_quiet):
            lived = life.live()
        typer.echo(as_json(asdict(lived), indent=None) if json else _line(lived, words))
    if not json:
        look = "./riskcode nights · ./riskcode codes · ./riskcode queue · ./riskcode plan today"
        Console(highlight=False).print(f"[dim]{look}[/]", soft_wrap=True)


def _line(lived: LivedDay, words: Words) -> str:
    told = {name: one if name == "day" else f"{one:,}" for name, one in asdict(lived).items()}
    return words(
        "{day}: visits made {made} of {scheduled}, findings {findings}, codes changed {changed}, RED {red}",
        **told,
    )
