"""Commands for those who look after the installation: sources, demo, doctor."""

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.terminal.layout import plain_table
from desk.words.words import Words
from models.calendar import is_working_day
from models.errors import RiskcodeError
from models.messages import NC_
from models.policy import load_policy
from pipelines.cli.options import Json
from pipelines.demo import write_demo_city
from pipelines.settings import Settings, load_settings
from warehouse.clock import local_today
from warehouse.connection import refuse_when_busy, writing
from warehouse.database.reading import reading, rows
from warehouse.intake.delivery import Judged, judge_delivery
from warehouse.intake.inbox import inbox_deliveries
from warehouse.intake.mapping import MAPPINGS, load_mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.questions import codes as queries

sources_app = typer.Typer(no_args_is_help=True)


@sources_app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="folder with the delivery")],
    mapping: Annotated[str, typer.Option(help="mapping file, or the name of one that comes along")],
    json: Json = False,
) -> None:
    """What would be accepted and refused, and why; nothing is written."""
    settings = load_settings()
    known: list[str] = []
    if settings.home.published.exists():
        with reading(settings.home) as connection:
            known = [
                row["enterprise_id"] for row in rows(connection, "SELECT enterprise_id FROM core.enterprises")
            ]
    judged = judge_delivery(
        load_mapping(mapping),
        folder,
        known_enterprises=pl.Series(known, dtype=pl.String),
        today=local_today(),
    )
    if json:
        typer.echo(
            as_json(
                {
                    "delivered": judged.delivered,
                    "accepted": judged.delivered - judged.refused,
                    "refused": judged.refused,
                    "repeated": judged.repeated,
                    "notes": judged.notes,
                    "unused": [one._asdict() for one in judged.unused],
                    "unfilled": [one._asdict() for one in judged.unfilled],
                    "files": [vars(count) for count in judged.files],
                    "rules": [
                        dict(zip(("table", "rule", "rows"), row, strict=True)) for row in judged.rules()
                    ],
                    "examples": judged.rejects.head(20)
                    .select("table_name", "file", "sheet", "line", "rules", "content")
                    .to_dicts(),
                }
            )
        )
        return
    _show_check(judged, Words(settings.language), Console())


def _show_check(judged: Judged, words: Words, console: Console) -> None:
    files = plain_table()
    for head in (words("table"), words("file")):
        files.add_column(head, overflow="fold")
    for head in (words("delivered"), words("accepted"), words("refused")):
        files.add_column(head, justify="right")
    for count in judged.files:
        files.add_row(
            count.table,
            escape(f"{count.file} [{count.sheet}]" if count.sheet else count.file),
            f"{count.delivered:,}",
            f"{count.accepted:,}",
            f"{count.refused:,}",
        )
    console.print(files)
    for note in judged.remarks():
        console.print(f"[dim]{escape(note)}[/]")
    if judged.rejects.is_empty():
        console.print(words("No refused rows"))
        return
    rules = plain_table()
    for head in (words("table"), words("rule")):
        rules.add_column(head)
    rules.add_column(words("rows"), justify="right")
    rules.add_column(words("line"), overflow="ellipsis", no_wrap=True)
    for table, rule, count in judged.rules():
        first = judged.rejects.filter(
            (judged.rejects["table_name"] == table) & judged.rejects["rules"].str.contains(rule, literal=True)
        )
        rules.add_row(table, escape(rule), f"{count:,}", escape(f"{first['file'][0]}:{first['line'][0]}"))
    console.print(rules)


@sources_app.command("list")
def list_sources(json: Json = False) -> None:
    """Mapping files that come along, and the folders of the inbox."""
    settings = load_settings()
    known = [load_mapping(path) for path in sorted(MAPPINGS.glob("*.yaml"))]
    waiting = [(str(folder), mapping.name) for folder, mapping in inbox_deliveries(settings.home)]
    words = Words(settings.language)
    if json:
        typer.echo(
            as_json({"mappings": [{"name": m.name, "title": m.title} for m in known], "inbox": waiting})
        )
        return
    for mapping in known:
        typer.echo(f"{mapping.name:18} {mapping.title}")
    for folder, name in waiting:
        typer.echo(f"{words('inbox')}{words.colon}{folder} → {name}")


def retry(
    mapping: Annotated[str | None, typer.Option(help="a mended mapping file to read them by")] = None,
) -> None:
    """Judge the kept rows again, e.g. after a mapping was mended.  Codes follow with the next run."""
    settings, today = load_settings(), local_today()
    with writing(settings.home) as connection:
        taken = retry_rejects(
            connection,
            received_on=today,
            today=today,
            only_waiting=False,
            mapping=load_mapping(mapping) if mapping else None,
        )
    told = Words(settings.language)(
        "{n} rows taken up. Codes follow with the next run: ./riskcode run", n=f"{taken:,}"
    )
    typer.echo(told)


def demo(
    folder: Annotated[Path, typer.Argument(help="where to write the delivery")],
    enterprises: Annotated[int, typer.Option(min=1)] = 5000,
    seed: Annotated[int, typer.Option()] = 2026,
    dirty: Annotated[bool, typer.Option(help="with a small share of bad rows of every kind")] = True,
) -> None:
    """Write the deliveries of an invented city (mapping: demo_city)."""
    city = write_demo_city(folder, enterprises=enterprises, seed=seed, dirty=dirty)
    for table, count in city.rows.items():
        typer.echo(f"{table:14} {count:>10,}")
    typer.echo(f"./riskcode run --source {folder} --mapping demo_city")


def doctor(json: Json = False) -> None:
    """Whether this installation can run, and what to do where it cannot."""
    settings = load_settings()
    words = Words(settings.language)
    results: list[dict[str, Any]] = []
    for (_, name), examine in _EXAMINATIONS.items():
        try:
            results.append({"check": name, "ok": True, "found": examine(settings, words)})
        except RiskcodeError as error:
            results.append({"check": name, "ok": False, "found": words.of(error)})
        except (OSError, ImportError) as error:
            results.append({"check": name, "ok": False, "found": str(error)})
    if json:
        typer.echo(as_json(results))
    else:
        for title, result in zip(_EXAMINATIONS, results, strict=True):
            mark = "[green]✓[/]" if result["ok"] else "[red]✗[/]"
            Console(highlight=False).print(
                f"{mark} {_padded(words.within(*title))} {escape(str(result['found']))}", soft_wrap=True
            )
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _padded(title: str) -> str:
    return set_cell_size(title, max(_TITLE_WIDTH, cell_len(title)))


def _python(_: Settings, words: Words) -> str:
    return sys.version.split()[0]


def _libraries(_: Settings, words: Words) -> str:
    names = ("polars", "duckdb", "dagster", "great-expectations", "narwhals", "dataframely")
    return words.listing(f"{name} {version(name)}" for name in names)


def _home(settings: Settings, words: Words) -> str:
    home = settings.home.prepare()
    probe = home.root / ".probe"
    probe.write_text("")
    probe.unlink()
    free = shutil.disk_usage(home.root).free / 2**30
    if free < 1:
        raise RiskcodeError(
            "only {free:.1f} GiB free below {root}; make room before the next run", free=free, root=home.root
        )
    return words("{folder}, writable, {free} GiB free", folder=home.root, free=f"{free:.0f}")


def _policy(settings: Settings, words: Words) -> str:
    policy = load_policy(settings.pack)
    return f"{policy.name} {policy.version} ({policy.hash[:12]}), {words.of(policy.title)}"


def _inbox(settings: Settings, words: Words) -> str:
    found = inbox_deliveries(settings.home)
    named = words.listing(mapping.name for _, mapping in found)
    return named or words("empty: ./riskcode run uses the demo city or --source")


def _published(settings: Settings, words: Words) -> str:
    if not settings.home.published.exists():
        return words("nothing yet: ./riskcode run")
    with reading(settings.home) as connection:
        last = queries.last_run(connection)
    return words(
        "{n} enterprises as of {day}, {red} RED",
        n=f"{last['enterprises']:,}",
        day=last["as_of"],
        red=f"{last['red']:,}",
    )


def _lock(settings: Settings, words: Words) -> str:
    refuse_when_busy(settings.home.prepare())
    return words("no run is writing")


def _calendar(_: Settings, words: Words) -> str:
    today = local_today()
    unsure = is_working_day(today.replace(month=12, day=31))[1]
    if unsure:
        raise RiskcodeError(
            "no announced calendar for {year}: update chinesecalendar; due days are provisional",
            year=today.year,
        )
    return words("working days of {year} are announced", year=today.year)


_TITLE_WIDTH = 12
_EXAMINATIONS: dict[tuple[str, str], Callable[[Settings, Words], str]] = {
    NC_("examination", "python"): _python,
    NC_("examination", "libraries"): _libraries,
    NC_("examination", "home"): _home,
    NC_("examination", "policy"): _policy,
    NC_("examination", "inbox"): _inbox,
    NC_("examination", "published"): _published,
    NC_("examination", "lock"): _lock,
    NC_("examination", "calendar"): _calendar,
}
"""What is examined, by what it is called."""
