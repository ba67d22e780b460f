"""Commands for those who look after the installation: sources, demo, doctor."""

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.words.words import Words
from models.calendar import is_working_day
from models.errors import RiskcodeError
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
    """试读 · What would be accepted and refused, and why; nothing is written."""
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
                    "files": [vars(count) for count in judged.files],
                    "rules": [
                        dict(zip(("table", "rule", "rows"), row, strict=True)) for row in judged.rules()
                    ],
                    "examples": judged.rejects.head(20)
                    .select("table_name", "file", "line", "rules", "content")
                    .to_dicts(),
                }
            )
        )
        return
    _show_check(judged, Words(settings.language), Console())


def _show_check(judged: Judged, words: Words, console: Console) -> None:
    files = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("table", "file"):
        files.add_column(words(key), overflow="fold")
    for key in ("delivered", "accepted", "refused"):
        files.add_column(words(key), justify="right")
    for count in judged.files:
        files.add_row(
            count.table,
            escape(count.file),
            f"{count.delivered:,}",
            f"{count.accepted:,}",
            f"{count.refused:,}",
        )
    console.print(files)
    for note in judged.notes:
        console.print(f"[dim]{escape(note)}[/]")
    if judged.rejects.is_empty():
        console.print(words("no_rejects"))
        return
    rules = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("table", "rule"):
        rules.add_column(words(key))
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
    """来源 · Mapping files that come along, and the folders of the inbox."""
    settings = load_settings()
    known = [load_mapping(path) for path in sorted(MAPPINGS.glob("*.yaml"))]
    waiting = [(str(folder), mapping.name) for folder, mapping in inbox_deliveries(settings.home)]
    if json:
        typer.echo(
            as_json({"mappings": [{"name": m.name, "title": m.title} for m in known], "inbox": waiting})
        )
        return
    for mapping in known:
        typer.echo(f"{mapping.name:18} {mapping.title}")
    for folder, name in waiting:
        typer.echo(f"inbox: {folder} → {name}")


def retry(
    mapping: Annotated[str | None, typer.Option(help="a mended mapping file to read them by")] = None,
) -> None:
    """重试 · Judge the kept rows again, e.g. after a mapping was mended.  Codes follow with the next run."""
    settings, today = load_settings(), local_today()
    with writing(settings.home) as connection:
        taken = retry_rejects(
            connection,
            received_on=today,
            today=today,
            only_waiting=False,
            mapping=load_mapping(mapping) if mapping else None,
        )
    typer.echo(f"{taken:,} 行已接收 · rows taken up. 下次运行后生效 · ./riskcode run")


def demo(
    folder: Annotated[Path, typer.Argument(help="where to write the delivery")],
    enterprises: Annotated[int, typer.Option(min=1)] = 5000,
    seed: Annotated[int, typer.Option()] = 2026,
    dirty: Annotated[bool, typer.Option(help="with a small share of bad rows of every kind")] = True,
) -> None:
    """演示城市 · Write the deliveries of an invented city (mapping: demo_city)."""
    city = write_demo_city(folder, enterprises=enterprises, seed=seed, dirty=dirty)
    for table, count in city.rows.items():
        typer.echo(f"{table:14} {count:>10,}")
    typer.echo(f"./riskcode run --source {folder} --mapping demo_city")


def doctor(json: Json = False) -> None:
    """体检 · Whether this installation can run, and what to do where it cannot."""
    settings = load_settings()
    results: list[dict[str, Any]] = []
    for name, examine in _EXAMINATIONS.items():
        try:
            results.append({"check": name, "ok": True, "found": examine(settings)})
        except (RiskcodeError, OSError, ImportError) as error:
            results.append({"check": name, "ok": False, "found": str(error)})
    if json:
        typer.echo(as_json(results))
    else:
        for result in results:
            mark = "[green]✓[/]" if result["ok"] else "[red]✗[/]"
            Console(highlight=False).print(
                f"{mark} {result['check']:12} {escape(str(result['found']))}", soft_wrap=True
            )
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _python(_: Settings) -> str:
    return sys.version.split()[0]


def _libraries(_: Settings) -> str:
    names = ("polars", "duckdb", "dagster", "great-expectations", "narwhals", "dataframely")
    return ", ".join(f"{name} {version(name)}" for name in names)


def _home(settings: Settings) -> str:
    home = settings.home.prepare()
    probe = home.root / ".probe"
    probe.write_text("")
    probe.unlink()
    free = shutil.disk_usage(home.root).free / 2**30
    if free < 1:
        raise RiskcodeError(
            "only {free:.1f} GiB free below {root}; make room before the next run", free=free, root=home.root
        )
    return f"{home.root}, writable, {free:.0f} GiB free"


def _policy(settings: Settings) -> str:
    policy = load_policy(settings.pack)
    return f"{policy.name} {policy.version} ({policy.hash[:12]}), {policy.title.zh}"


def _inbox(settings: Settings) -> str:
    found = inbox_deliveries(settings.home)
    return (
        ", ".join(mapping.name for _, mapping in found)
        or "empty: ./riskcode run uses the demo city or --source"
    )


def _published(settings: Settings) -> str:
    if not settings.home.published.exists():
        return "nothing yet: ./riskcode run"
    with reading(settings.home) as connection:
        last = queries.last_run(connection)
    return f"{last['enterprises']:,} enterprises as of {last['as_of']}, {last['red']:,} RED"


def _lock(settings: Settings) -> str:
    refuse_when_busy(settings.home.prepare())
    return "no run is writing"


def _calendar(_: Settings) -> str:
    today = local_today()
    unsure = is_working_day(today.replace(month=12, day=31))[1]
    if unsure:
        raise RiskcodeError(
            "no announced calendar for {year}: update chinesecalendar; due days are provisional",
            year=today.year,
        )
    return f"working days of {today.year} are announced"


_EXAMINATIONS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "libraries": _libraries,
    "home": _home,
    "policy": _policy,
    "inbox": _inbox,
    "published": _published,
    "lock": _lock,
    "calendar": _calendar,
}
