"""Options that several commands share, and what every command does with what it is given."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from desk.words.words import spellings
from models import vocabulary as vocab
from models.errors import RiskcodeError
from pipelines.access import as_asked, is_ours

District = Annotated[
    str | None,
    typer.Option(help="GB/T 2260 code or name, e.g. 370102 or Lixia; a town by its code, e.g. 370102001"),
]


Level = Annotated[str | None, typer.Option(help="city, district or town")]


Limit = Annotated[int | None, typer.Option(help="at most so many rows", min=1)]


_LEAST_PART = 2
"""Characters of a label that can stand for the whole: one Chinese word."""


Form = Annotated[str, typer.Option("--format", help="table, csv, xlsx or json")]


Json = Annotated[bool, typer.Option("--json", help="JSON for machines")]


Raw = Annotated[
    bool, typer.Option("--raw", help="csv and xlsx with the columns and values of the database, for programs")
]


Output = Annotated[Path | None, typer.Option(help="file to write; xlsx has a default in the exports folder")]


By = Annotated[str, typer.Option("--by", help="the person who decides")]


Reason = Annotated[str, typer.Option("--reason", help="why, in a sentence that is kept")]


def day(help: str, *names: str) -> Any:
    """An option that is a day, as 2026-06-30."""
    return typer.Option(*names, formats=["%Y-%m-%d"], help=help)


def date_of(moment: datetime | None) -> date | None:
    """The day of what a person typed, if anything."""
    return moment.date() if moment else None


class WrongUse(typer.BadParameter):
    """Wrong usage, as a sentence and its facts apart: ``main`` says it in the reader's language."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence.format(**facts) if facts else sentence)
        self.sentence, self.facts = sentence, facts


def said(text: str, option: str) -> str:
    """A text that must say something.  Raises WrongUse when blank."""
    if not text.strip():
        raise WrongUse(
            "{option} is blank; it is kept with the decision. Write who decides and why.", option=option
        )
    return text.strip()


def on_a_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def written(
    path: Path | None,
    write: Callable[[Any], Any],
    *,
    option: str = "--output",
    shown: bool = True,
    is_folder: bool = False,
) -> None:
    """Write a file, or what goes into a folder, and name it on the error stream; standard output without a path.

    Raises RiskcodeError, with the option that names another path, when it cannot be written.  Folders are made only
    below our own: one that a person mistyped is told.
    """
    if path is not None and not path.parent.is_dir() and not is_ours(path):
        raise RiskcodeError(
            "There is no folder {folder}. Make it, or give another path with {option}.",
            folder=path.parent,
            option=option,
        )
    if path is not None and path.is_dir() and not is_folder:
        raise RiskcodeError("{path} is a folder. Name a file with {option}.", path=path, option=option)
    try:
        with as_asked(path):
            write(path)
    except OSError as error:
        raise RiskcodeError(
            "Cannot write {path} ({error}). Give another path with {option}.",
            path=path,
            error=error,
            option=option,
        ) from error
    if shown and path is not None:
        typer.echo(str(path), err=True)


def say(sentence: str, *, beside: bool) -> None:
    """Say a sentence where a table would stand; ``beside`` rows that machines read it goes to the error stream."""
    if beside:
        typer.echo(sentence, err=True)
    else:
        Console(highlight=False).print(escape(sentence))


def one_of(codes: vocab.CodeList, text: str) -> str:
    """Stored key of a value as a person typed it: key, label of any language, or a part that only one has.

    Raises WrongUse with all that is known.
    """
    known, typed = spellings(codes), text.strip().lower()
    near = {key for spelling, key in known.items() if typed in spelling and len(typed) >= _LEAST_PART}
    key = known.get(typed) or (near.pop() if len(near) == 1 else None)
    if key is None:
        raise WrongUse("'{text}' is not one of {known}", text=text, known=", ".join(codes.keys))
    return key
