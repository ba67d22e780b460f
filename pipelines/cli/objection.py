"""``./riskcode objection``: contest a datum or a code, and decide about it in time and with reasons.

Filing and deciding write the warehouse and republish the enterprises concerned, so that readers see it at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.files.tables import as_json
from desk.words.labels import CONTESTABLE, FILER, OBJECTION_STATE, OUTCOME, REMEDY
from desk.words.words import Words
from models import vocabulary as vocab
from models.errors import DisputeError
from pipelines.cli.options import one_of
from pipelines.settings import Settings, load_settings
from warehouse.database.reading import Row, reading
from warehouse.questions import disputes as queries

if TYPE_CHECKING:
    from warehouse.disputes.sitting import Desk

Json = Annotated[bool, typer.Option("--json", help="JSON for machines")]
By = Annotated[str, typer.Option("--by", help="name of the person who answers for it")]
On = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="day it was received or decided; default: today"),
]
Number = Annotated[str, typer.Argument(help="number of the objection, e.g. O-2026-0001")]
Enterprise = Annotated[str, typer.Argument(help="enterprise id (统一社会信用代码)")]
Correct = Annotated[
    list[str] | None,
    typer.Option(
        "--correct", help="column=value as it should be (again for more); without, the datum should go"
    ),
]

app = typer.Typer(
    name="objection", help="异议 · Objections: file, list, show, decide, withdraw.", no_args_is_help=True
)


def sit_down(settings: Settings, on: datetime | None) -> AbstractContextManager["Desk"]:
    """The desk of this installation, on the day named."""
    from models.policy import load_policy
    from warehouse.disputes.sitting import at_the_desk

    day = on.date() if on else None
    return at_the_desk(settings.home, load_policy(settings.pack), day, engine=settings.engine)


@app.command("file")
def file(
    enterprise_id: Enterprise,
    by: By,
    grounds: Annotated[str, typer.Option(help="why the datum or the code is wrong")],
    table: Annotated[
        str | None,
        typer.Option(help="what is contested: violations, alerts, inspections … (违法 预警 检查 …)"),
    ] = None,
    key: Annotated[str | None, typer.Option(help="its number, as explain --json shows it")] = None,
    source: Annotated[
        str | None, typer.Option(help="its source, where the number alone is not enough")
    ] = None,
    correct: Correct = None,
    filer: Annotated[str, typer.Option("--as", help="enterprise or officer (企业 执法人员)")] = "enterprise",
    on: On = None,
    late_reason: Annotated[str | None, typer.Option(help="why it comes after the time to object")] = None,
    new_evidence: Annotated[
        str | None, typer.Option(help="what was not known when it was decided before")
    ] = None,
    json: Json = False,
) -> None:
    """提出 · Contest a datum (--table, --key), or the code itself; tells whether the code hangs on it."""
    from warehouse.disputes.objections import Filing, file_objection
    from warehouse.disputes.what_if import Datum

    settings, enterprise_id = load_settings(), enterprise_id.strip()
    contested = _contested(table, key, enterprise_id)
    with sit_down(settings, on) as desk:
        filing = Filing(
            enterprise_id,
            by,
            grounds,
            desk.on,
            filer=one_of(FILER, filer),
            datum=Datum(contested[0], source, contested[1]) if contested else None,
            corrections=_pairs(correct),
            late_reason=late_reason,
            new_evidence=new_evidence,
        )
        number = file_objection(desk.connection, desk.coding(enterprise_id), filing)
        desk.republish(enterprise_id)
    _tell(settings, number, desk.on, json=json)


@app.command("list")
def list_(
    enterprise: Annotated[str | None, typer.Option(help="of this enterprise only")] = None,
    state: Annotated[
        str | None, typer.Option(help="open, upheld, rejected or withdrawn_by_filer (待决 成立 驳回 撤回)")
    ] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """列表 · Objections, open ones first by the day they must be decided."""
    settings = load_settings()
    words, kept = Words(settings.language), one_of(OBJECTION_STATE, state) if state else None
    with reading(settings.home) as connection:
        found = queries.objections(connection, day=_day(on), enterprise_id=enterprise, state=kept)
    if json:
        typer.echo(as_json(found))
        return
    Console().print(_table(found, words) if found else words("no_objections"))


@app.command("show")
def show(objection_id: Number, on: On = None, json: Json = False) -> None:
    """查看 · One objection: grounds, what hangs on it, until when, how it was decided."""
    _tell(load_settings(), objection_id.strip(), _day(on), json=json)


@app.command("decide")
def decide(
    objection_id: Number,
    outcome: Annotated[str, typer.Option(help="upheld or rejected (成立 驳回)")],
    by: By,
    reasons: Annotated[str, typer.Option(help="written reasons: what was checked, and what follows")],
    remedy: Annotated[
        str | None,
        typer.Option(help="withdraw, correct or override (撤销 更正 定码); default: what was asked for"),
    ] = None,
    correct: Correct = None,
    code: Annotated[str | None, typer.Option(help="code of an override")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="last day of an override")
    ] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """决定 · Uphold or reject; what is upheld acts on the data, and the code follows at once."""
    from warehouse.disputes.decisions import Ruling, decide_objection, undecided

    settings, objection_id = load_settings(), objection_id.strip()
    with sit_down(settings, on) as desk:
        enterprise_id = undecided(desk.connection, objection_id).enterprise_id
        ruling = Ruling(
            objection_id,
            one_of(OUTCOME, outcome),
            by,
            reasons,
            desk.on,
            remedy=one_of(REMEDY, remedy) if remedy else None,
            corrections=_pairs(correct),
            code=one_of(vocab.CODE, code) if code else None,
            until=until.date() if until else None,
        )
        decide_objection(desk.connection, desk.coding(enterprise_id), ruling)
        desk.republish(enterprise_id)
    _tell(settings, objection_id, desk.on, json=json)


@app.command("withdraw")
def withdraw(
    objection_id: Number,
    by: By,
    reasons: Annotated[str, typer.Option(help="why, if the filer says so")] = "",
    on: On = None,
    json: Json = False,
) -> None:
    """撤回 · Who filed an objection takes it back; the datum stands."""
    from warehouse.disputes.decisions import withdraw_objection

    settings, objection_id = load_settings(), objection_id.strip()
    with sit_down(settings, on) as desk:
        found = withdraw_objection(desk.connection, objection_id, by=by, reasons=reasons, on=desk.on)
        desk.republish(found.enterprise_id)
    _tell(settings, objection_id, desk.on, json=json)


def _contested(table: str | None, key: str | None, enterprise_id: str) -> tuple[str, str] | None:
    """Table and number of what is contested; ``None`` for the code itself.  Of the register there is one row."""
    if table is None:
        if key is not None:
            raise typer.BadParameter("--key needs --table: it says what the number is of")
        return None
    kind = one_of(CONTESTABLE, table)
    if key is None and kind != "enterprises":
        raise typer.BadParameter(f"--table {kind} needs --key: the number of what is contested")
    return kind, (key or enterprise_id).strip()


def _pairs(told: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in told or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise DisputeError(
                "'{text}' corrects nothing. Write --correct column=value, e.g. severity=minor", text=text
            )
        pairs[name.strip()] = value.strip()
    return pairs


def _day(on: datetime | None) -> date:
    """The day clocks are read on."""
    from warehouse.clock import local_today

    return on.date() if on else local_today()


def _tell(settings: Settings, objection_id: str, day: date, *, json: bool) -> None:
    """One objection, and the code of its enterprise as it is published now."""
    from warehouse.database.reading import rows

    with reading(settings.home) as connection:
        found = queries.objection(connection, objection_id, day=day)
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
    late = f" [bold red]{words('objection_overdue')}[/]" if row["is_overdue"] else ""
    lines = [
        f"[bold]{row['objection_id']}[/] · {state}{late} · {escape(row['name'] or '')} "
        f"[dim]{escape(row['enterprise_id'])}[/]",
        f"{words('contested_thing')}: {escape(_thing(row, words))}",
        f"{words('grounds')}: {escape(row['grounds'])}",
        f"{words('filed')}: {row['filed_on']} · {escape(row['filed_by'])}"
        f"（{words.label(FILER, row['filer'])}）· {words('file_by', day=row['file_by'])}",
    ]
    lines += [f"{words(key)}: {escape(row[key])}" for key in ("late_reason", "new_evidence") if row[key]]
    lines.append(f"{words('hangs')}: {_hangs(row, words)}")
    lines.append(f"{words('decide_by')}: {_clock(row, words)}")
    if row["state"] != "open":
        when = words("in_time" if row["in_time"] else "too_late")
        remedy = f" · {words.label(REMEDY, row['remedy'])}" if row["remedy"] else ""
        lines.append(
            f"{words('decided')}: {row['decided_on']} · {escape(row['decided_by'])} · {state}{remedy} · {when}"
        )
        lines += [f"{words('decision_reasons')}: {escape(row['reasons'])}"] if row["reasons"] else []
        lines += [f"{words('changed_to')}: {escape(_changes(row['changes']))}"] if row["changes"] else []
    if row["code_now"]:
        lines.append(f"{words('code_now')}: {words.code(row['code_now'])}")
    return lines


def _thing(row: Mapping[str, Any], words: Words) -> str:
    """What is contested, and what it should say."""
    if row["table_name"] is None:
        return words("the_code")
    asked = f" → {_changes(row['asked'])}" if row["asked"] else ""
    return f"{words.label(CONTESTABLE, row['table_name'])} {row['datum_id']}{asked}"


def _changes(text: str) -> str:
    import json

    told: dict[str, dict[str, str | None]] = json.loads(text)
    return "; ".join(f"{name}: {one['from'] or '–'} → {one['to'] or '–'}" for name, one in told.items())


def _hangs(row: Row, words: Words) -> str:
    now, then = words.code(row["code"]), row["code_if_upheld"]
    moved = f"{now} → {words.code(then)}" if then else now
    return f"{moved} · {words('decisive' if row['is_decisive'] else 'not_decisive')}"


def _clock(row: Row, words: Words) -> str:
    unsure = f"（{words('calendar_provisional')}）" if row["is_provisional"] else ""
    return f"{row['decide_by']}{unsure}"


def _table(found: list[Row], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("objection", "id"):
        table.add_column(words(key), no_wrap=True)
    table.add_column(words("contested_thing"), overflow="fold")
    for key in ("filed_short", "decide_by", "state", "hangs"):
        table.add_column(words(key), no_wrap=True)
    for row in found:
        due = f"{row['decide_by']}{' ?' if row['is_provisional'] else ''}"
        then = words.code(row["code_if_upheld"]) if row["code_if_upheld"] else "–"
        table.add_row(
            row["objection_id"],
            escape(row["enterprise_id"]),
            escape(_thing(row, words)),
            str(row["filed_on"]),
            f"[bold red]{due}[/]" if row["is_overdue"] else due,
            words.label(OBJECTION_STATE, row["state"]),
            f"{words.code(row['code'])}→{then}" if row["is_decisive"] else "–",
        )
    return table
