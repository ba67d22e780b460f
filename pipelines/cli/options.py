"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from models import vocabulary as vocab

District = Annotated[str | None, typer.Option(help="GB/T 2260 code or name, e.g. 370102 or 历下区")]


Limit = Annotated[int | None, typer.Option(help="at most so many rows", min=1)]


Form = Annotated[str, typer.Option("--format", help="table, csv, xlsx or json")]


Json = Annotated[bool, typer.Option("--json", help="JSON for machines")]


Output = Annotated[Path | None, typer.Option(help="file to write; xlsx has a default in the exports folder")]


def one_of(codes: vocab.CodeList, text: str) -> str:
    """Stored key of a value as a person typed it.  Raises BadParameter with all that is known."""
    key = codes.spellings().get(text.strip().lower())
    if key is None:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(codes.keys)}")
    return key
