"""``./riskcode objection``: what is contested, until when it must be decided, and how it was."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.say.disputes import changes, thing
from desk.terminal.layout import plain_table
from desk.words.labels import FILER, OBJECTION_STATE, REMEDY
from desk.words.words import Words
from pipelines.cli.groups import Later, group_of
from pipelines.cli.options import Json, date_of, day, one_of
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading, rows
from warehouse.questions import disputes as queries
from warehouse.questions.today import published_today

On = Annotated[
    datetime | None,
    day("day it was received or decided; default: today", "--on"),
]
Number = Annotated[str, typer.Argument(help="number of the objection, e.g. O-2026-0001")]

app = typer.Typer(
    cls=group_of(
        Later("file", "sitting:file"),
        Later("decide", "sitting:decide"),
        Later("withdraw", "sitting:withdraw"),
    ),
    no_args_is_help=True,
)


@app.command("list")
def list_(
    enterprise: Annotated[str | None, typer.Option(help="of this enterprise only")] = None,
    state: Annotated[str | None, typer.Option(help="open, upheld, rejected or withdrawn_by_filer")] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """Objections, open ones first by the day they must be decided."""
    settings = load_settings()
    words, kept = Words(settings.language), one_of(OBJECTION_STATE, state) if state else None
    with reading(settings.home) as connection:
        clock = on.date() if on else published_today(connection)
        found = queries.objections(connection, day=clock, enterprise_id=enterprise, state=kept)
    if json:
        typer.echo(as_json(found))
        return
    Console().print(_table(found, words) if found else words("No objection matches"))


@app.command("show")
def show(objection_id: Number, on: On = None, json: Json = False) -> None:
    """One objection: grounds, what hangs on it, until when, how it was decided."""
    tell(load_settings(), objection_id.strip(), date_of(on), json=json)


def tell(settings: Settings, objection_id: str, day: date | None, *, json: bool) -> None:
    """One objection with its clock on a day (default: today), and the code of its enterprise as it is published now."""
    with reading(settings.home) as connection:
        found = queries.objection(connection, objection_id, day=day or published_today(connection))
        asked = "SELECT code FROM risk.codes WHERE enterprise_id = $id"
        codes = rows(connection, asked, {"id": found["enterprise_id"]})
    found["code_now"] = codes[0]["code"] if codes else None
    if json:
        typer.echo(as_json(found))
        return
    for line in _lines(found, Words(settings.language)):
        Console().print(line, highlight=False)


def _lines(row: Row, words: Words) -> list[str]:
    """One objection as a person reads it."""
    state = words.label(OBJECTION_STATE, row["state"])
    late = f" [bold red]{words('overdue')}[/]" if row["is_overdue"] else ""
    lines = [
        f"[bold]{row['objection_id']}[/] · {state}{late} · {escape(row['name'] or '')} "
        f"[dim]{escape(row['enterprise_id'])}[/]",
        f"{words.within('objection', 'contested')}{words.colon}{escape(thing(row, words))}",
        f"{words('grounds')}{words.colon}{escape(row['grounds'])}",
        f"{words('filed')}{words.colon}{row['filed_on']} · {escape(row['filed_by'])}"
        f"{_noted(words.label(FILER, row['filer']), words)} · "
        f"{words('could be filed until {day}', day=row['file_by'])}",
    ]
    further = {"late_reason": words("why late"), "new_evidence": words("new evidence")}
    lines += [f"{title}: {escape(row[name])}" for name, title in further.items() if row[name]]
    lines.append(f"{words('if upheld')}{words.colon}{_hangs(row, words)}")
    lines.append(f"{words('decide by')}{words.colon}{_clock(row, words)}")
    if row["state"] != "open":
        when = words("in time") if row["in_time"] else words("after the clock")
        remedy = f" · {words.label(REMEDY, row['remedy'])}" if row["remedy"] else ""
        lines.append(
            f"{words('decided')}{words.colon}{row['decided_on']} · {escape(row['decided_by'])} · "
            f"{state}{remedy} · {when}"
        )
        lines += [f"{words('reasons')}{words.colon}{escape(row['reasons'])}"] if row["reasons"] else []
        lines += (
            [f"{words('changed')}{words.colon}{escape(changes(row['changes'], words))}"]
            if row["changes"]
            else []
        )
    if row["code_now"]:
        lines.append(f"{words('code now')}{words.colon}{words.code(row['code_now'])}")
    return lines


def _hangs(row: Row, words: Words) -> str:
    now, then = words.code(row["code"]), row["code_if_upheld"]
    moved = f"{now} → {words.code(then)}" if then else now
    so_what = (
        words("the code hangs on it: short clock, another person decides")
        if row["is_decisive"]
        else words("the code does not hang on it")
    )
    return f"{moved} · {so_what}"


def _clock(row: Row, words: Words) -> str:
    unsure = _noted(words("calendar provisional"), words) if row["is_provisional"] else ""
    return f"{row['decide_by']}{unsure}"


def _noted(note: str, words: Words) -> str:
    return words(" ({note})", note=note)


def _table(found: list[Row], words: Words) -> Table:
    """Two lines an objection, within 80 columns."""
    table = plain_table()
    table.add_column(f"{words('objection')}\n{words('enterprise id')}", no_wrap=True)
    table.add_column(words.within("objection", "contested"), overflow="fold")
    table.add_column(f"{words('filed')}\n{words('decide by')}", no_wrap=True)
    table.add_column(f"{words('state')}\n{words('if upheld')}", no_wrap=True)
    for row in found:
        due = f"{row['decide_by']}{' ?' if row['is_provisional'] else ''}"
        due = f"[bold red]{due}[/]" if row["is_overdue"] else due
        then = words.code(row["code_if_upheld"]) if row["code_if_upheld"] else "–"
        moved = f"{words.code(row['code'])}→{then}" if row["is_decisive"] else "–"
        table.add_row(
            f"[bold]{row['objection_id']}[/]\n{escape(row['enterprise_id'])}",
            escape(thing(row, words)),
            f"{row['filed_on']}\n{due}",
            f"{words.label(OBJECTION_STATE, row['state'])}\n{moved}",
        )
    return table
