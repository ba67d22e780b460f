"""``./riskcode init``: a home is prepared, and how to go on."""

import os
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from desk.words.words import Words
from pipelines.instance import Prepared, State, renew_instance_config
from pipelines.settings import REPOSITORY, load_settings
from warehouse.home import Home


def init(
    home: Annotated[Path | None, typer.Argument(help="the folder; default: RISKCODE_HOME")] = None,
) -> None:
    """Prepare a home: its folders, Dagster's configuration, and how a source comes into the inbox.

    It may be called again at any time; what somebody changed stays as it is.
    """
    if home is not None:
        os.environ["RISKCODE_HOME"] = str(home)
    settings = load_settings()
    words, console = Words(settings.language), Console(highlight=False)
    place = settings.home.prepare()
    place.data_docs.mkdir(exist_ok=True)
    told = [words("{folder} is ready.", folder=place.root), _told(renew_instance_config(place), words)]
    if _write_readme(place, words):
        told.append(words("{file} tells how a source comes into the inbox.", file=place.inbox / _README))
    for line in told:
        console.print(f"[green]✓[/] {escape(line)}", soft_wrap=True)
    console.print()
    for title, commands in _next_steps(place, words):
        console.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
        for command in commands:
            console.print(f"  {escape(command)}", soft_wrap=True)


def _told(prepared: Prepared, words: Words) -> str:
    config = prepared.config
    match prepared.state:
        case State.WRITTEN:
            return words("{file} is written.", file=config)
        case State.STANDS:
            return words("{file} stands as it should be.", file=config)
        case State.RENEWED:
            return words("{file} is replaced: nobody had changed it. Restart what is running.", file=config)
        case State.BESIDE:
            return words(
                "{file} is not as this version writes it, and is left as it is. {new} is what would be written: "
                "compare, and take over what is missing.",
                file=config,
                new=prepared.beside,
            )


_README = "README.md"


def _write_readme(home: Home, words: Words) -> bool:
    """How to put a source there, for whoever delivers; written once."""
    readme = home.inbox / _README
    if readme.exists():
        return False
    lines = [
        words(
            "A folder for each source, and its files directly in it: CSV, Excel, Parquet or JSON. Beside them lies "
            "mapping.yaml, which says which file and column is what."
        ),
        words(
            "Write a file as name.part and rename it when it is whole. A later file may bring the same rows again: "
            "what is known already changes nothing."
        ),
        words("Who has files and no mapping yet begins with:"),
    ]
    commands = [
        "./riskcode sources draft FOLDER --out mapping.yaml",
        "./riskcode sources check FOLDER --mapping mapping.yaml",
    ]
    readme.write_text(
        "\n\n".join(lines) + "\n\n" + "".join(f"    {one}\n" for one in commands), encoding="utf-8"
    )
    return True


def _next_steps(home: Home, words: Words) -> list[tuple[str, list[str]]]:
    """What an operator does now, as commands to copy."""
    dagster = ".venv/bin/dagster schedule start -w workspace.yaml -l riskcode nightly_schedule"
    return [
        (
            words("In every shell and service, from {folder}:", folder=REPOSITORY),
            [f"export RISKCODE_HOME={quote(str(home.root))} DAGSTER_HOME={quote(str(home.dagster))}"],
        ),
        (words("First codes:"), ["./riskcode run"]),
        (words("Every night, while a scheduler is running:"), [dagster]),
        (
            words("A scheduler to try out, and those for good (docs/operations.md):"),
            ["./riskcode dev", "deploy/systemd", "deploy/compose.yaml"],
        ),
    ]
