"""``./riskcode run``: the nightly job in this process, with a summary a person wants to read."""

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from desk.files.tables import as_json
from desk.say.complaints import complaint_lines
from desk.say.plan import missing
from desk.terminal.codes import codes_table, queue_table
from desk.terminal.rejects import reject_counts_table
from desk.words.labels import BINDING
from desk.words.words import Words
from models.errors import DeliveryError, MappingError, RiskcodeError, WarehouseError
from pipelines.bulletin import tell_failure, tell_news_of_run
from pipelines.cli.options import Json, WrongUse, date_of, day
from pipelines.cli.progress import Progress
from pipelines.demo import END
from pipelines.demo_home import (
    DEMO_ENTERPRISES,
    DEMO_MAPPING,
    demo_day,
    demo_delivery,
    demo_folder,
    demo_size,
    is_whole,
    write_demo,
)
from pipelines.nightly import FIRST_DAY, Order, refuse_turned_back, run_night, run_nightly
from pipelines.settings import Settings, load_settings
from warehouse.buckets.needed import Engine, require_spark
from warehouse.clock import local_now, local_today
from warehouse.connection import MEMORY, holding
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, reading, rows
from warehouse.home import Home, log_of
from warehouse.intake.mapping import load_mapping
from warehouse.questions import codes as queries
from warehouse.questions import plan as planning
from warehouse.questions.complaints import standing
from warehouse.questions.findings import alike_days

NOT_WHOLE = 10
"""Exit code of a run that coded and published, while not all that was delivered could be read."""
_HEAD = 10
_Full = Annotated[
    bool, typer.Option("--full", help="code everybody anew, also whose code cannot have changed")
]
_Memory = Annotated[
    str | None, typer.Option(help="what the database may hold in memory, as 6GB", envvar=MEMORY)
]
_Engine = Annotated[
    Engine | None, typer.Option(help="what codes a whole city; default: RISKCODE_ENGINE, or local")
]
_Master = Annotated[
    str | None, typer.Option(help="of Spark: local[2], yarn, k8s://…; default: as Spark is configured")
]


def run(
    as_of: Annotated[datetime | None, day("day to code; default: today")] = None,
    source: Annotated[Path | None, typer.Option(help="folder with one delivery")] = None,
    mapping: Annotated[
        str | None, typer.Option(help="mapping file, or the name of one that comes along")
    ] = None,
    known_at: Annotated[datetime | None, day("use what was known then; default: --as-of")] = None,
    demo: Annotated[bool, typer.Option(help="the built-in demo city")] = False,
    full: _Full = False,
    memory: _Memory = None,
    engine: _Engine = None,
    master: _Master = None,
    enterprises: Annotated[
        int | None, typer.Option(help="size of the demo city; default: 5000, or what is there", min=1)
    ] = None,
    json: Json = False,
) -> None:
    """Take deliveries in, check, score, code, explain, queue and publish.

    Without --source the inbox is taken in (RISKCODE_HOME/inbox/<source>/).  An empty installation runs on
    the demo city.
    """
    settings = _engaged(load_settings(), engine, master, memory)
    home = settings.home.prepare()
    words, console = Words(settings.language), Console(stderr=True, highlight=False)
    choice = _choose(home, source, mapping, demo, enterprises)
    day = as_of.date() if as_of else choice.day
    if known_at is not None and as_of is None:
        raise WrongUse("--known-at {day} needs --as-of: which day is to be coded", day=known_at.date())
    if not FIRST_DAY <= day <= local_today():
        raise WrongUse("--as-of {day}: days from {first} to today can be coded", day=day, first=FIRST_DAY)
    _make_room(home, choice, words, console)
    # An invented city may be drawn the same way every time; a real one must not.
    seed = DEMO_MAPPING if choice.demo_size is not None else None
    known = date_of(known_at)
    order = Order(
        as_of=day, folder=choice.folder, mapping=choice.mapping, known_at=known, draw_seed=seed, is_full=full
    )
    with Progress(settings.home, quiet=json):
        if as_of is None and choice.is_inbox:
            run_id = _night(settings, order, words, console)
        else:
            if as_of is None:
                refuse_turned_back(home, day)
            run_id = run_nightly(settings, order)
    with _result(settings.home, run_id, day) as connection:
        summary = summarise(connection, run_id)
    if json:
        said = [row | {"said": words.of(row["said"])} for row in summary["complaints"]]
        sys.stdout.write(as_json(summary | {"complaints": said}, indent=None) + "\n")
    else:
        show(summary, words, Console(), is_demo=choice.demo_size is not None)
    _tell_alike(summary["alike"], words, console)
    tell_news_of_run(home, settings)
    if summary["run"]["state"] != "done":
        raise typer.Exit(NOT_WHOLE)


def _tell_alike(days: int, words: Words, console: Console) -> None:
    if days:
        told = words("Days on which two sources may report one finding: {n}", n=f"{days:,}")
        console.print(f"[dim]{told}{words.colon}./riskcode sources alike[/]")


def _engaged(settings: Settings, engine: Engine | None, master: str | None, memory: str | None) -> Settings:
    """The settings with what codes a whole city; where that cannot be had, it is told before anything is taken in."""
    if memory:
        os.environ[MEMORY] = memory
    settings = replace(
        settings, engine=engine or settings.engine, spark_master=master or settings.spark_master
    )
    if settings.engine == "spark":
        require_spark()
    elif master is not None:
        raise WrongUse("--master {master} needs --engine spark", master=master)
    return settings


def _night(settings: Settings, order: Order, words: Words, console: Console) -> str:
    """A night as cron asks for it: where nobody looks, its failure is told."""

    def say(missed: date, error: RiskcodeError | None) -> None:
        if error is None:
            told = words("The night of {day} was missed; it is made up for first.", day=missed)
        else:
            told = words("The night of {day} stays without codes: {error}", day=missed, error=words.of(error))
        console.print(told, markup=False)

    try:
        return run_night(settings, order, job="run", say=say)
    except Exception as error:
        if not sys.stderr.isatty():
            tell_failure(settings, error, job="run", day=order.as_of)
        raise


@contextmanager
def _result(home: Home, run_id: str, day: date) -> Generator[Connection]:
    """What a run published, or where it issued nothing, the copy of the day it coded again."""
    if home.published.exists():
        with reading(home) as connection:
            if rows(connection, "FROM ops.runs WHERE run_id = $id AND is_issued", {"id": run_id}):
                yield connection
                return
    with reading(home, replayed=day) as connection:
        yield connection


@dataclass(frozen=True)
class _Choice:
    """What a run takes in, and the day it codes unless told otherwise."""

    folder: Path | None
    mapping: str | None
    day: date
    demo_size: int | None = None

    @property
    def is_inbox(self) -> bool:
        """Whether it is what came by itself, of a city that goes on."""
        return self.folder is None and self.mapping is None


def _choose(
    home: Home, source: Path | None, mapping: str | None, demo: bool, enterprises: int | None
) -> _Choice:
    """Decide between a named delivery, the inbox, what is stored already, and the demo city."""
    if source is not None and mapping is None:
        raise MappingError("--source needs --mapping FILE: it says how to read the delivery.")
    if source is not None and not source.is_dir():
        raise DeliveryError(
            "There is no folder {source}. Give the folder that holds the delivered files.", source=source
        )
    if mapping is not None:
        ends = load_mapping(mapping).archive_ends or local_today()
        return _Choice(source, mapping, demo_day(home) if mapping == DEMO_MAPPING else ends)
    has_demo, inbox = demo_size(home) is not None, any(path.is_dir() for path in home.inbox.iterdir())
    if not demo and (inbox or (home.warehouse.exists() and not has_demo)):
        return _Choice(None, None, local_today())
    if home.warehouse.exists() and not has_demo:
        raise WarehouseError(
            "{root} holds real deliveries; invented ones are not mixed in. Set RISKCODE_HOME to "
            "another folder for the demo city.",
            root=home.root,
        )
    size = enterprises or demo_size(home) or DEMO_ENTERPRISES
    day = END if _is_other(home, size) else demo_day(home)
    return _Choice(demo_delivery(home), DEMO_MAPPING, day, size)


def _is_other(home: Home, size: int) -> bool:
    """Whether a demo city of this size has to be written first."""
    return demo_size(home) != size or not is_whole(home)


def _make_room(home: Home, choice: _Choice, words: Words, console: Console) -> None:
    """Invented and real deliveries never mix, nor two demo cities: what is in the way is moved aside.

    Done under the lock, so no running run loses its files; the published copy stays until a new one replaces it.
    """
    there = demo_size(home)
    is_other_demo = choice.demo_size is not None and _is_other(home, choice.demo_size)
    is_real = choice.demo_size is None and choice.mapping != DEMO_MAPPING
    if not is_other_demo and not (is_real and there is not None):
        return
    with holding(home):
        if there is not None:
            _set_aside(home, words, console)
        if choice.demo_size is not None:
            _write_demo(home, choice.demo_size, words, console)


def _set_aside(home: Home, words: Words, console: Console) -> None:
    target = home.root / "set_aside" / f"demo-{local_now():%Y%m%d-%H%M%S-%f}"
    target.mkdir(parents=True)
    # The log first: without its warehouse it would be taken for what is left of one that was lost.
    for path in (demo_folder(home), home.days, log_of(home.warehouse), home.warehouse):
        if path.exists():
            shutil.move(path, target / path.name)
    told = words("The demo city that was here was moved to {folder}.", folder=target)
    console.print(f"[dim]{told}[/]")


def _write_demo(home: Home, enterprises: int, words: Words, console: Console) -> None:
    told = words("demo city: writing the deliveries of {n} invented enterprises …", n=f"{enterprises:,}")
    console.print(f"[dim]{told}[/]")
    write_demo(home, enterprises)


def summarise(connection: Any, run_id: str) -> dict[str, Any]:
    """What a run did, from the copy it published."""
    last = queries.last_deliveries(connection)
    run_row = rows(connection, "FROM ops.runs WHERE run_id = $id", {"id": run_id})
    return {
        "run_id": run_id,
        "run": run_row[0],
        "deliveries": last,
        "files": rows(connection, "FROM ops.delivery_files ORDER BY table_name, file, sheet"),
        "complaints": standing(connection),
        "alike": alike_days(connection),
        "rejects": queries.reject_counts(connection),
        "codes": queries.code_counts(connection),
        "changes": queries.changes(connection),
        "queue": queries.queue(connection, limit=_HEAD),
        "plan": planning.binding(connection),
    }


def show(summary: dict[str, Any], words: Words, console: Console, *, is_demo: bool) -> None:
    """The summary of a run as a person wants to read it."""
    console.print()
    for delivery in summary["deliveries"][:5]:
        console.print(_delivery_line(delivery, words), highlight=False)
    for line in complaint_lines(summary["complaints"], words):
        console.print(line, highlight=False, soft_wrap=True)
    if summary["run"]["state"] != "done":
        console.print(
            f"[bold red]{words('Coded without what could not be read. Once it is settled, run again.')}[/]"
        )
    if summary["rejects"]:
        head = summary["rejects"][:5]
        console.print(reject_counts_table(head, words))
        if len(summary["rejects"]) > len(head):
            more = words("{n} more", n=len(summary["rejects"]) - len(head))
            console.print(f"[dim]… {more}{words.colon}./riskcode rejects[/]")
    console.print()
    console.print(codes_table(summary["codes"], words, summary["run"]))
    if summary["changes"]:
        moved = words.listing(
            f"{words.code(c['from_code'])}→{words.code(c['to_code'])} {c['enterprises']}"
            for c in summary["changes"][:8]
        )
        console.print(f"{words('change')}{words.colon}{moved}", highlight=False)
    console.print()
    if summary["queue"]:
        console.print(f"[bold]{words('Head of the red queue (first {n})', n=len(summary['queue']))}[/]")
        console.print(queue_table(summary["queue"], words, wide=console.width >= 110))
        if summary["run"]["is_issued"]:
            console.print("[dim]./riskcode queue · ./riskcode explain <id>[/]")
    if not summary["run"]["is_issued"]:
        told = words(
            "{day} was coded again: nothing was issued or planned, and what is published stays as it was.",
            day=summary["run"]["as_of"],
        )
        console.print(f"[bold]{told}[/]", highlight=False)
    elif summary["plan"]:
        show_plan(summary["plan"], words, console)
    notes = [words("Cut-offs and points are this project's assumptions, not Jinan's")]
    notes += [words("demo city: enterprises and events are invented")] if is_demo else []
    console.print(f"[dim]{' · '.join(notes)}[/]")


def show_plan(plan: dict[str, Any], words: Words, console: Console) -> None:
    """What the plan came to, and the rule that keeps most visits off it."""
    counts = plan["visits"]
    lack = missing(plan)
    if lack is not None:
        console.print(f"[bold]{words('Nothing is planned.')}[/] {words.of(lack)}", highlight=False)
    if plan["first_on"] is None:
        return
    told = words(
        "Plan from {first} to {last}: {scheduled} visits scheduled, {short} not possible",
        first=plan["first_on"],
        last=plan["last_on"],
        scheduled=f"{counts.get('scheduled', 0):,}",
        short=f"{counts.get('short', 0):,}",
    )
    late = (
        words(" ({n} of the scheduled make up for a missed deadline)", n=plan["overdue"])
        if plan["overdue"]
        else ""
    )
    console.print(f"[bold]{told}[/]{late}", highlight=False)
    for worst in plan["rules"][:1]:
        rule = words.label(BINDING, worst["rule"])
        days = f"{worst['person_days']:,.1f}".removesuffix(".0")
        line = words(
            "most binding: {rule} (visits: {visits}, person-days: {days})",
            rule=rule,
            visits=worst["visits"],
            days=days,
        )
        console.print(line, highlight=False, markup=False)
    console.print("[dim]./riskcode plan month · ./riskcode plan today[/]")


def _delivery_line(delivery: Row, words: Words) -> str:
    accepted = delivery["added"] + delivery["corrected"] + delivery["unchanged"]
    return words(
        "{source}: delivered {delivered} = accepted {accepted} (new {added}, corrected {corrected}, unchanged "
        "{unchanged}) + refused {refused}",
        source=f"[bold]{delivery['source']}[/]",
        accepted=f"{accepted:,}",
        **{
            name: f"{delivery[name]:,}"
            for name in ("delivered", "added", "corrected", "unchanged", "refused")
        },
    )
