"""``./riskcode share``: what is published, for other programs and without what tells of persons."""

from pathlib import Path
from typing import Annotated

import typer

from desk.files.tables import as_json
from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.access import is_ours
from pipelines.cli.options import Json, written
from pipelines.settings import load_settings
from warehouse.sharing import share as shared


def share(
    to: Annotated[
        Path, typer.Argument(help="file to write, e.g. /srv/share/riskcode.duckdb; replaced whole")
    ],
    json: Json = False,
) -> None:
    """Write what is published for other programs, without what tells of persons.

    Left out are names and numbers of officers, who decided or filed, and what was written freely or delivered.
    Who may read the file says your umask.
    """
    settings, sizes = load_settings(), list[int]()
    if is_ours(to):
        raise RiskcodeError(
            "{file} lies in the home, which only its user can read. Name a file elsewhere.", file=to
        )
    written(to, lambda path: sizes.append(shared(settings.home, path)), option="TO", shown=False)
    if json:
        typer.echo(as_json({"file": f"{to}", "bytes": sizes[0]}))
        return
    told = Words(settings.language)("{file}: {size} MiB", file=to, size=f"{sizes[0] / 2**20:,.1f}")
    typer.echo(told)
