"""The command line for people and schedulers.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 policy or mapping unusable · 4 delivery unreadable ·
5 warehouse or published copy unusable · 6 another run is writing · 7 a blocking check or promise broke ·
8 a scorecard cannot be fitted, found or promoted · 9 an objection or override is not allowed like that.
"""

import os
import sys

import typer
from rich.console import Console

from desk.words.catalogue import SOURCE
from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.cli import (
    admin,
    draw,
    draw_ahead,
    model,
    monitor,
    objection,
    override,
    plan,
    policy,
    read,
    replay,
    run,
    watch,
)
from pipelines.cli.help import Spoken, mistake
from pipelines.settings import load_settings

app = typer.Typer(
    name="riskcode",
    cls=Spoken,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Risk codes for enterprises, and the inspections they call for.",
)
app.command("run")(run.run)
app.command("queue")(read.queue)
app.command("explain")(read.explain)
app.command("codes")(read.codes)
app.add_typer(read.rejects_app, name="rejects")
app.add_typer(admin.sources_app, name="sources")
app.add_typer(model.app, name="model")
app.add_typer(plan.app, name="plan")
draw.app.command("commit")(draw_ahead.commit)
draw.app.command("reveal")(draw_ahead.reveal)
app.add_typer(draw.app, name="draw")
app.add_typer(replay.app, name="replay")
app.command("watch")(watch.watch)
app.add_typer(monitor.app, name="monitor")
app.add_typer(objection.app, name="objection")
app.add_typer(override.app, name="override")
app.add_typer(policy.app, name="policy")
app.command("demo")(admin.demo)
app.command("doctor")(admin.doctor)


def main() -> None:
    """Run a command; errors a user can act on are told in one sentence, without a traceback."""
    words = Words(SOURCE)
    try:
        words = Words(load_settings().language)
        status = app(standalone_mode=False, prog_name="riskcode")
    except RiskcodeError as error:
        Console(stderr=True, highlight=False).print(
            f"[bold red]✗[/] {_plain(words.error(error))}", soft_wrap=True
        )
        status = error.exit_code
    except typer.Exit as done:
        status = done.exit_code
    except typer.Abort:
        status = 130
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        if hasattr(error, "ctx") and type(error).__name__ != "NoArgsIsHelpError":
            typer.echo(mistake(error, words), err=True)
        else:
            error.show()
        status = getattr(error, "exit_code", 2)
    _leave(status if isinstance(status, int) else 0)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _leave(status: int) -> None:
    """End at once: DuckDB's Python module prints pages of harmless leak reports when taken down after GX."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
