"""``./riskcode run``: the nightly job in this process, with a summary a person wants to read."""

import logging
import shutil
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.status import Status

from models.errors import DeliveryError, MappingError, WarehouseError
from pipelines.cli.exports import as_json
from pipelines.cli.render import codes_table, queue_table, reject_counts_table
from pipelines.cli.texts import Words
from pipelines.settings import Settings, load_settings
from warehouse import queries
from warehouse.home import Home
from warehouse.reading import Row, reading, rows

DEMO_MAPPING = "demo_city"
_HEAD = 10


def run(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="day to code; default: today")
    ] = None,
    source: Annotated[Path | None, typer.Option(help="folder with one delivery")] = None,
    mapping: Annotated[
        str | None, typer.Option(help="mapping file, or the name of one that comes along")
    ] = None,
    known_at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="use what was known then; default: --as-of")
    ] = None,
    demo: Annotated[bool, typer.Option(help="the built-in demo city")] = False,
    enterprises: Annotated[int, typer.Option(help="size of the demo city", min=1)] = 5000,
    json: Annotated[bool, typer.Option("--json", help="JSON for machines")] = False,
) -> None:
    """夜间赋码 · Take deliveries in, check, score, code, explain, queue and publish.

    Without --source the inbox is taken in (RISKCODE_HOME/inbox/<source>/).  An empty installation runs on
    the demo city.
    """
    settings = load_settings()
    # Heavy imports only now: the other commands must answer at once.
    from pipelines.nightly import Order, run_nightly

    console = Console(stderr=True, highlight=False)
    folder, mapping_file, is_demo, default_day = _what_to_run(
        settings, source, mapping, demo, enterprises, console
    )
    day = as_of.date() if as_of else default_day
    order = Order(
        as_of=day, folder=folder, mapping=mapping_file, known_at=known_at.date() if known_at else None
    )
    with _Progress(console, settings.home, quiet=json):
        run_id = run_nightly(settings, order)
    with reading(settings.home) as connection:
        summary = summarise(connection, run_id)
    if json:
        sys.stdout.write(as_json(summary) + "\n")
    else:
        show(summary, Words(settings.language), Console(), is_demo=is_demo)


def _what_to_run(
    settings: Settings,
    source: Path | None,
    mapping: str | None,
    demo: bool,
    enterprises: int,
    console: Console,
) -> tuple[Path | None, str | None, bool, date]:
    """Folder, mapping, whether it is the demo city, and the day coded by default."""
    from warehouse.deliveries import local_today
    from warehouse.sources.mapping import load_mapping

    home = settings.home.prepare()
    marker = home.root / "demo" / "delivery"
    inbox = any(path.is_dir() for path in home.inbox.iterdir())
    if source is not None and mapping is None:
        raise MappingError("--source needs --mapping FILE: it says how to read the delivery.")
    if source is not None and not source.is_dir():
        raise DeliveryError(f"There is no folder {source}. Give the folder that holds the delivered files.")
    if mapping is not None:
        loaded = load_mapping(mapping)
        if loaded.name != DEMO_MAPPING:
            _set_demo_aside(settings, console)
        return source, mapping, False, loaded.archive_ends or local_today()
    if inbox and not demo:
        _set_demo_aside(settings, console)
        return None, None, False, local_today()
    if home.warehouse.exists() and not marker.exists():
        if demo:
            raise WarehouseError(
                f"{home.root} holds real deliveries; invented ones are not mixed in. "
                "Set RISKCODE_HOME to another folder for the demo city."
            )
        return None, None, False, local_today()
    _write_demo(marker, enterprises, console)
    return marker, DEMO_MAPPING, True, load_mapping(DEMO_MAPPING).archive_ends or local_today()


def _write_demo(folder: Path, enterprises: int, console: Console) -> None:
    from pipelines.demo import write_demo_city

    size = folder.parent / "enterprises"
    if size.exists() and size.read_text() == str(enterprises):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    console.print(f"[dim]demo city: writing the deliveries of {enterprises:,} invented enterprises …[/]")
    write_demo_city(folder, enterprises=enterprises)
    size.write_text(str(enterprises))


def _set_demo_aside(settings: Settings, console: Console) -> None:
    """Real deliveries never mix with the demo city: what it left behind is moved out of the way."""
    home = settings.home
    if not (home.root / "demo").exists():
        return
    target = home.root / "set_aside" / f"demo-{datetime.now():%Y%m%d-%H%M%S}"
    target.mkdir(parents=True)
    for path in (
        home.root / "demo",
        home.warehouse,
        home.warehouse.with_suffix(".duckdb.wal"),
        home.published,
    ):
        if path.exists():
            shutil.move(path, target / path.name)
    console.print(
        f"[dim]The demo city was moved to {target}; real deliveries start with an empty warehouse.[/]"
    )


class _Progress(logging.Handler):
    """Shows what the run is doing, one line that changes on a terminal, plain lines elsewhere; keeps a log."""

    def __init__(self, console: Console, home: Home, *, quiet: bool) -> None:
        super().__init__(logging.INFO)
        self.file = logging.FileHandler(home.logs / "runs.log", encoding="utf-8")
        self.file.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        self.console, self.quiet = console, quiet
        self.status: Status | None = None
        self.log = logging.getLogger("riskcode")

    def __enter__(self) -> "_Progress":
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        self.log.addHandler(self)
        self.log.addHandler(self.file)
        if self.console.is_terminal and not self.quiet:
            self.status = self.console.status("starting …")
            self.status.start()
        return self

    def emit(self, record: logging.LogRecord) -> None:
        if self.status is not None:
            self.status.update(record.getMessage())
        elif not self.quiet:
            self.console.print(f"[dim]{datetime.now():%H:%M:%S} {record.getMessage()}[/]")

    def __exit__(self, *_: object) -> None:
        self.log.removeHandler(self)
        self.log.removeHandler(self.file)
        self.file.close()
        if self.status is not None:
            self.status.stop()


def summarise(connection: Any, run_id: str) -> dict[str, Any]:
    """What a run did, from the copy it published."""
    last = queries.last_deliveries(connection)
    run_row = rows(connection, "FROM ops.runs WHERE run_id = $id", {"id": run_id})
    return {
        "run_id": run_id,
        "run": run_row[0],
        "deliveries": last,
        "files": rows(connection, "FROM ops.delivery_files ORDER BY table_name, file"),
        "rejects": queries.reject_counts(connection),
        "codes": queries.code_counts(connection),
        "changes": queries.changes(connection),
        "queue": queries.queue(connection, limit=_HEAD),
    }


def show(summary: dict[str, Any], words: Words, console: Console, *, is_demo: bool) -> None:
    """The summary of a run as a person wants to read it."""
    console.print()
    for delivery in summary["deliveries"][:5]:
        console.print(_delivery_line(delivery, words), highlight=False)
    if summary["rejects"]:
        head = summary["rejects"][:5]
        console.print(reject_counts_table(head, words))
        if len(summary["rejects"]) > len(head):
            console.print(
                f"[dim]… {words('more', n=len(summary['rejects']) - len(head))}: ./riskcode rejects[/]"
            )
    console.print()
    console.print(codes_table(summary["codes"], words, summary["run"]))
    if summary["changes"]:
        moved = ", ".join(
            f"{words.code(c['from_code'])}→{words.code(c['to_code'])} {c['enterprises']}"
            for c in summary["changes"][:8]
        )
        console.print(f"{words('change')}: {moved}", highlight=False)
    console.print()
    if summary["queue"]:
        console.print(f"[bold]{words('queue_head', n=len(summary['queue']))}[/]")
        console.print(queue_table(summary["queue"], words, wide=console.width >= 110))
        console.print("[dim]./riskcode queue · ./riskcode explain <id>[/]")
    console.print(f"[dim]{words('assumption')}{' · ' + words('demo_note') if is_demo else ''}[/]")


def _delivery_line(delivery: Row, words: Words) -> str:
    accepted = delivery["added"] + delivery["corrected"] + delivery["unchanged"]
    return (
        f"[bold]{delivery['source']}[/]: {words('delivered')} {delivery['delivered']:,} = {words('accepted')} "
        f"{accepted:,} ({words('added')} {delivery['added']:,}, {words('corrected')} {delivery['corrected']:,}, "
        f"{words('unchanged')} {delivery['unchanged']:,}) + {words('refused')} {delivery['refused']:,}"
    )
