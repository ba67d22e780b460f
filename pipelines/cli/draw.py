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
from desk.words.labels import CHANNEL
from desk.words.words import Words
from models import vocabulary as vocab
from models.errors import DrawError
from models.planning.draw import Sentence, check, from_json
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import District, Json, Level, one_of, written
from pipelines.settings import load_settings
from warehouse.database.reading import reading
from warehouse.questions import plan as queries

NOT_VERIFIED = DrawError.exit_code
TEXTS: dict[str, tuple[str, str]] = {
    "draw_id": ("抽取编号", "draw"),
    "kind": ("类型", "kind"),
    "objects": ("抽取企业", "enterprises"),
    "crews": ("抽取人员", "officers"),
    "level": ("层级", "level"),
    "division": ("区划", "division"),
    "period": ("期间", "period"),
    "committed_on": ("承诺日期", "committed on"),
    "frame": ("抽取名册", "frame"),
    "drawn": ("抽取结果", "drawn"),
    "objects_text": ("{n} 家企业，{strata} 层", "{n} enterprises in {strata} strata"),
    "crews_text": ("{n} 名人员，{objects} 家企业", "{n} officers, {objects} enterprises"),
    "objects_drawn": ("{n} 家企业", "{n} enterprises"),
    "crews_drawn": ("{n} 组，{open} 家企业无组可派", "{n} crews; {open} enterprises without a crew"),
    "roster_sha256": ("名册哈希", "roster SHA-256"),
    "seed_sha256": ("种子哈希", "seed SHA-256"),
    "public_source": ("公开值来源", "public source"),
    "public_value": ("公开值", "public value"),
    "compare": (
        "请与承诺时公布的两个哈希值核对：文件不能证明自己何时公布。",
        "Compare both hashes with those published before the draw: a file cannot prove when it was published.",
    ),
    "no_public": (
        "没有使用公开值：承诺人可能试过多个种子，核验无法排除。",
        "No public value was used: the committer could have tried many seeds, and no check can tell.",
    ),
    "verified": ("核验通过：重新抽取，结果一致", "Verified: drawn again with the same result"),
    "not_verified": ("核验未通过", "Not verified"),
    "next": ("核验：./riskcode draw verify {file}", "verify it: ./riskcode draw verify {file}"),
}
_LINES = ("level", "division", "period", "committed_on")
_HASHES = ("roster_sha256", "seed_sha256", "public_source", "public_value")

app = typer.Typer(
    cls=group_of(Later("commit", "draw_ahead:commit"), Later("reveal", "draw_ahead:reveal")),
    no_args_is_help=True,
)


@app.callback()
def draw() -> None:
    """双随机 · Draws that anybody can check."""


@app.command("list")
def list_(
    level: Level = None,
    district: District = None,
    json: Json = False,
) -> None:
    """列表 · Every draw of the published plan: its number, how many of how many, its hashes (--json)."""
    settings = load_settings()
    words, at = Words(settings.language), one_of(vocab.LEVEL, level) if level else None
    with reading(settings.home) as connection:
        queries.require_plan(connection)
        found = queries.draws(connection, queries.Area(at, district))
    if json:
        typer.echo(as_json(found))
        return
    Console().print(_list_table(found, words) if found else words("no_draws"))


def _list_table(found: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("draw_id", "authority", "channel"):
        table.add_column(words(key), no_wrap=True)
    for key in ("frame_size", "drawn"):
        table.add_column(words(key), justify="right")
    table.add_column(words("committed_on"), no_wrap=True)
    for row in found:
        drawn = f"{row['drawn'] or 0:,}" if row["is_revealed"] else words("not_revealed")
        table.add_row(
            escape(row["draw_id"]),
            escape(words.authority(row["level"], row["division"])),
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
    """公开记录 · The open record of a draw, as anybody may have and verify it."""
    settings = load_settings()
    with reading(settings.home) as connection:
        queries.require_plan(connection)
        record = queries.draw_record(connection, draw_id.strip())
    if output is None:
        typer.echo(record)
        return
    written(output, lambda path: _keep(record, path), shown=False)
    typer.echo(TEXTS["next"][Words(settings.language).at].format(file=output), err=True)


def _keep(record: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record, encoding="utf-8")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the published record of a draw")],
    json: Json = False,
) -> None:
    """核验 · Draw again from the file alone.  Exit code 0: verified; 7: something does not match."""
    language = load_settings().language
    record, problems = _checked(file)
    if json:
        told = [sentence._asdict() for sentence in problems]
        found = {"verified": not problems, **_facts(record), "problems": told}
        typer.echo(dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(record, problems, 0 if language == "zh" else 1)
    if problems:
        raise typer.Exit(NOT_VERIFIED)


def _checked(file: Path) -> tuple[Mapping[str, Any], Sequence[Sentence]]:
    """The record as far as it is readable, and what does not match."""
    try:
        record = from_json(file.read_text(encoding="utf-8-sig"))
    except (DrawError, UnicodeDecodeError) as error:
        return {}, [Sentence(f"文件无法读取：{error}", f"The file is not readable: {error}")]
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


def _show(record: Mapping[str, Any], problems: Sequence[Sentence], at: int) -> None:
    console, facts = Console(), _facts(record)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for title, value in _rows(facts, at) if record else ():
        table.add_row(TEXTS[title][at], escape(value))
    console.print(table)
    for sentence in problems:
        console.print(f"[red]✗[/] {escape(sentence[at])}", highlight=False, soft_wrap=True)
    heading, colour = ("not_verified", "red") if problems else ("verified", "green")
    console.print(f"[bold {colour}]{TEXTS[heading][at]}[/]")
    for note in () if problems else ("compare", *(() if facts["public_source"] else ("no_public",))):
        console.print(f"[dim]{TEXTS[note][at]}[/]", highlight=False, soft_wrap=True)


def _rows(facts: Mapping[str, Any], at: int) -> Iterable[tuple[str, str]]:
    kind = "crews" if facts["kind"] == "crews" else "objects"
    n = {key: "–" if value is None else value for key, value in facts.items()}
    frame = {"n": n["frame_size"], "strata": n.get("strata"), "objects": n.get("objects")}
    yield "draw_id", f"{n['draw_id']}"
    yield "kind", TEXTS[kind][at]
    yield from ((title, f"{n[title] or '–'}") for title in _LINES)
    yield "frame", TEXTS[f"{kind}_text"][at].format(**frame)
    yield "drawn", TEXTS[f"{kind}_drawn"][at].format(n=n["drawn"], open=n.get("without_crew"))
    yield from ((title, f"{n[title] or '–'}") for title in _HASHES)
