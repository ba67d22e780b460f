"""The command line for people and schedulers.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 policy or mapping unusable · 4 delivery unreadable ·
5 warehouse or published copy unusable · 6 another run is writing · 7 a blocking check or promise broke ·
8 a scorecard cannot be fitted, found or promoted · 9 an objection or override is not allowed like that ·
10 coded and published, but not all that was delivered could be read.
"""

import json
import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from desk.words.catalogue import SOURCE
from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.access import keep_to_ourselves
from pipelines.cli.groups import Later, group_of
from pipelines.cli.help import mistake
from pipelines.settings import load_settings, version
from warehouse.faults import fault_of

COMMANDS = (
    Later("run", "run:run", "Take deliveries in, check, score, code, explain, queue and publish."),
    Later(
        "queue",
        "read:queue",
        "Every visit that is due, in order of precedence: who, why, by when, what to check.",
    ),
    Later(
        "explain",
        "read:explain",
        "Why an enterprise has its code, until when, and what would change it.",
    ),
    Later(
        "codes",
        "read:codes",
        "Enterprises by code and the change since the day coded before; or all of them.",
    ),
    Later(
        "watch",
        "watch:watch",
        "Watch the inbox: new files change the codes they are about within seconds.",
    ),
    Later("serve", "serve:serve", "The desk in a browser: my day, the queue, enterprises; Ctrl-C ends it."),
    Later("desk", "desk:app", "What the desk keeps: export what counts, the audit, users, photos."),
    Later("demo", "demo:app", "The demo city: write its deliveries, live some days on."),
    Later(
        "init",
        "init:init",
        "Prepare a home: its folders, Dagster's configuration, and how a source comes into the inbox.",
    ),
    Later(
        "dev",
        "dev:dev",
        "Dagster's page, its daemon and the Data Docs on this machine, to try out; Ctrl-C ends them.",
    ),
    Later("doctor", "admin:doctor", "Whether this installation can run, and what to do where it cannot."),
    Later(
        "nights",
        "nights:nights",
        "The last nights: issued, caught up or missed, when, what failed, what was set aside.",
    ),
    Later(
        "backup",
        "keep:backup",
        "Keep a verified copy of what cannot be made again: warehouse, cards, seeds, mappings, logs.",
    ),
    Later(
        "restore", "keep:restore", "Let the home be what a backup holds; what has to give way is set aside."
    ),
    Later(
        "share", "share:share", "Write what is published for other programs, without what tells of persons."
    ),
    Later("rejects", "rejects:app", "Refused rows: list, export, retry."),
    Later("sources", "sources:app", "Deliveries, mapping files, and what could not be read."),
    Later("model", "model:app", "Scorecards: fit, evaluate, show, compare, promote, roll back."),
    Later("plan", "plan:app", "The plan: year, month, today."),
    Later("draw", "draw:app", "Draws that anybody can check."),
    Later("replay", "replay:app", "Past codes as known then, and as they should have been."),
    Later(
        "monitor",
        "monitor:app",
        "What the system watches in itself: movement, parity, feedback, flip-flops.",
    ),
    Later("objection", "objection:app", "Objections: file, list, show, decide, withdraw."),
    Later("override", "override:app", "Overrides: give, end, and see whether they were right."),
    Later("policy", "policy:app", "The rules: compare packs, look for faults, put one in force, list."),
)
"""Each with the line that stands for it in ``./riskcode --help``: the first one of a command's own help."""

app = typer.Typer(
    name="riskcode",
    cls=group_of(*COMMANDS),
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Risk codes for enterprises, and the inspections they call for.",
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"riskcode {version()}")
        raise typer.Exit


@app.callback()
def riskcode(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="which version this is")
    ] = False,
) -> None:
    """Nothing is done before a command is known."""


def main() -> None:
    """Run a command; errors a user can act on are told in one sentence, without a traceback."""
    keep_to_ourselves()
    words = Words(SOURCE)
    try:
        words = Words(load_settings().language)
        status = app(standalone_mode=False, prog_name="riskcode")
    except RiskcodeError as error:
        status = _tell(error, words)
    except typer.Exit as done:
        status = done.exit_code
    except typer.Abort:
        status = 130
    except BrokenPipeError:
        # Who reads, as a pager, has seen enough.
        os._exit(141)
    except Exception as error:
        # Wrong usage; the class that says so is private to typer.
        show, fault = getattr(error, "show", None), fault_of(error)
        if fault is not None:
            status = _tell(fault, words)
        elif show is None:
            raise
        else:
            if hasattr(error, "ctx") and type(error).__name__ != "NoArgsIsHelpError":
                typer.echo(mistake(error, words), err=True)
            else:
                show()
            status = getattr(error, "exit_code", 2)
    _leave(status if isinstance(status, int) else 0)


def _tell(error: RiskcodeError, words: Words) -> int:
    """Say what went wrong, and to a machine as a line of JSON.  Returns the exit code."""
    said = words.of(error)
    Console(stderr=True, highlight=False).print(f"[bold red]✗[/] {_plain(said)}", soft_wrap=True)
    if "--json" in sys.argv:
        told = {"error": said, "kind": type(error).__name__, "exit_code": error.exit_code}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    return error.exit_code


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _leave(status: int) -> None:
    """End at once: DuckDB's Python module prints pages of harmless leak reports when taken down after GX."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
