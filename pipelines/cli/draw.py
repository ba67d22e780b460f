"""Draws: which there were, their open records, and verifying one from nothing but its file."""

from collections.abc import Iterable, Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.say.plan import missing
from desk.terminal.layout import plain_table
from desk.words.labels import CHANNEL
from desk.words.words import Words, kept
from models import vocabulary as vocab
from models.errors import DrawError
from models.messages import NC_, Message
from models.planning.draw import check, from_json
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import District, Json, Level, one_of, say, written
from pipelines.settings import load_settings
from warehouse.database.reading import reading
from warehouse.questions import plan as queries

NOT_VERIFIED = DrawError.exit_code
_KINDS = {"objects": NC_("draw", "enterprises"), "crews": NC_("draw", "officers")}
_TITLES = {
    "level": NC_("draw", "level"),
    "division": NC_("draw", "division"),
    "period": NC_("draw", "period"),
    "committed_on": NC_("draw", "committed on"),
    "roster_sha256": NC_("draw", "roster SHA-256"),
    "seed_sha256": NC_("draw", "seed SHA-256"),
    "public_source": NC_("draw", "public source"),
    "public_value": NC_("draw", "public value"),
}
_LINES = ("level", "division", "period", "committed_on")
_HASHES = ("roster_sha256", "seed_sha256", "public_source", "public_value")

app = typer.Typer(
    cls=group_of(Later("commit", "draw_ahead:commit"), Later("reveal", "draw_ahead:reveal")),
    no_args_is_help=True,
)


@app.callback()
def draw() -> None:
    """Draws that anybody can check."""


@app.command("list")
def list_(
    level: Level = None,
    district: District = None,
    json: Json = False,
) -> None:
    """Every draw of the published plan: its number, how many of how many, its hashes (--json)."""
    settings = load_settings()
    words, at = Words(settings.language), one_of(vocab.LEVEL, level) if level else None
    with reading(settings.home) as connection:
        found = queries.draws(connection, queries.Area(at, district))
        lack = None if found else missing(queries.horizon(connection))
    if not found:
        say(words.of(lack) if lack else words("No draw matches"), beside=json)
    if json:
        typer.echo(as_json(found))
    elif found:
        Console().print(_list_table(found, words))


def _list_table(found: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = plain_table()
    for head in (words("draw"), words("authority"), words.within("visit", "why")):
        table.add_column(head, no_wrap=True)
    for head in (words("frame"), words("drawn")):
        table.add_column(head, justify="right")
    table.add_column(words.within("draw", "committed on"), no_wrap=True)
    for row in found:
        drawn = f"{row['drawn'] or 0:,}" if row["is_revealed"] else words("not revealed")
        table.add_row(
            escape(row["draw_id"]),
            escape(words.authority(row["level"], row["division"], is_short=True)),
            words.label(CHANNEL, row["channel"]),
            f"{row['frame_size'] or 0:,}",
            drawn,
            str(row["committed_on"]),
        )
    return table


@app.command("show")
def show(
    draw_id: Annotated[str, typer.Argument(help="number of a draw; see draw list")],
    output: Annotated[Path | None, typer.Option(help="file to write; default: standard output")] = None,
) -> None:
    """The open record of a draw, as anybody may have and verify it."""
    settings = load_settings()
    with reading(settings.home) as connection:
        record = queries.draw_record(connection, draw_id.strip())
    if output is None:
        typer.echo(record)
        return
    written(output, lambda path: _keep(record, path), shown=False)
    words = Words(settings.language)
    typer.echo(words("verify it: ./riskcode draw verify {file}", file=output), err=True)


def _keep(record: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record, encoding="utf-8")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the published record of a draw")],
    json: Json = False,
) -> None:
    """Draw again from the file alone.  Exit code 0: verified; 7: something does not match."""
    words = Words(load_settings().language)
    record, problems = _checked(file)
    if json:
        found = {"verified": not problems, **_facts(record), "problems": [kept(one) for one in problems]}
        typer.echo(dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(record, problems, words)
    if problems:
        raise typer.Exit(NOT_VERIFIED)


def _checked(file: Path) -> tuple[Mapping[str, Any], Sequence[Message]]:
    """The record as far as it is readable, and what does not match."""
    try:
        record = from_json(file.read_text(encoding="utf-8-sig"))
    except (DrawError, UnicodeDecodeError) as error:
        return {}, [Message("The file is not readable: {error}", {"error": error})]
    return record, check(record)


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of itself; unknown where it is not of the expected form."""
    strata, result = record.get("strata"), record.get("result")
    fields = ("draw_id", "kind", *_LINES, *_HASHES)
    facts: dict[str, Any] = {field: _short(record.get(field)) for field in fields}
    if record.get("kind") == "crews":
        parts = result if isinstance(result, Mapping) else {}
        facts |= {"frame_size": _size(record.get("officers")), "objects": _size(record.get("objects"))}
        return facts | {"drawn": _size(parts.get("crews")), "without_crew": _open(parts.get("objects"))}
    return facts | {
        "frame_size": _size(record.get("frame")),
        "strata": _size(strata),
        "drawn": _size(result),
    }


def _short(value: Any) -> str | None:
    return value if isinstance(value, str) and value.isprintable() else None


def _size(rows: Any) -> int | None:
    return len(rows) if isinstance(rows, list) else None


def _open(rows: Any) -> int | None:
    """Objects no crew may visit."""
    if not isinstance(rows, list):
        return None
    return sum(isinstance(row, list) and row[1:] == [None] for row in rows)


def _show(record: Mapping[str, Any], problems: Sequence[Message], words: Words) -> None:
    console, facts = Console(), _facts(record)
    table = plain_table(show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for title, value in _rows(facts, words) if record else ():
        table.add_row(title, escape(value))
    console.print(table)
    for sentence in problems:
        console.print(f"[red]✗[/] {escape(words.of(sentence))}", highlight=False, soft_wrap=True)
    if problems:
        console.print(f"[bold red]{words('Not verified')}[/]")
        return
    console.print(f"[bold green]{words('Verified: drawn again with the same result')}[/]")
    for note in _notes(facts, words):
        console.print(f"[dim]{note}[/]", highlight=False, soft_wrap=True)


def _notes(facts: Mapping[str, Any], words: Words) -> Iterable[str]:
    """What a file that verifies does not prove."""
    yield words(
        "Compare both hashes with those published before the draw: a file cannot prove when it was published."
    )
    if not facts["public_source"]:
        yield words(
            "No public value was used: the committer could have tried many seeds, and no check can tell."
        )


def _rows(facts: Mapping[str, Any], words: Words) -> Iterable[tuple[str, str]]:
    n = {key: "–" if value is None else value for key, value in facts.items()}
    if facts["kind"] == "crews":
        kind = "crews"
        frame = words("{n} officers, {objects} enterprises", n=n["frame_size"], objects=n["objects"])
        drawn = words("{n} crews; {open} enterprises without a crew", n=n["drawn"], open=n["without_crew"])
    else:
        kind = "objects"
        frame = words("{n} enterprises in {strata} strata", n=n["frame_size"], strata=n["strata"])
        drawn = words("{n} enterprises", n=n["drawn"])
    yield words("draw"), f"{n['draw_id']}"
    yield words.within("draw", "kind"), words.within(*_KINDS[kind])
    yield from _named(_LINES, n, words)
    yield words("frame"), frame
    yield words("drawn"), drawn
    yield from _named(_HASHES, n, words)


def _named(names: Iterable[str], n: Mapping[str, Any], words: Words) -> Iterable[tuple[str, str]]:
    return ((words.within(*_TITLES[name]), f"{n[name] or '–'}") for name in names)
