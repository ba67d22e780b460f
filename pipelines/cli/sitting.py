"""Commands that contest and decide: objections filed, decided and withdrawn, overrides given and ended.

They write the warehouse and republish the enterprises concerned, so that readers see it at once.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated

import typer

from desk.words.labels import CONTESTABLE, FILER, OUTCOME, REMEDY
from models import vocabulary as vocab
from models.errors import DisputeError
from models.policy import load_policy
from pipelines.cli import objection, override
from pipelines.cli.objection import Number, On
from pipelines.cli.options import Json, WrongUse, date_of, day, one_of
from pipelines.settings import Settings, load_settings
from warehouse.disputes.decisions import (
    WITHDRAWN_BY_FILER,
    Ruling,
    decide_objection,
    is_decided_so,
    undecided,
    withdraw_objection,
)
from warehouse.disputes.objections import Filing, file_objection
from warehouse.disputes.overrides import Given, end_override, enterprise_of, give_override
from warehouse.disputes.sitting import Desk, at_the_desk
from warehouse.disputes.what_if import Datum

By = Annotated[str, typer.Option("--by", help="name of the person who answers for it")]
Enterprise = Annotated[str, typer.Argument(help="enterprise id")]
Correct = Annotated[
    list[str] | None,
    typer.Option(
        "--correct", help="column=value as it should be (again for more); without, the datum should go"
    ),
]

Reason = Annotated[str, typer.Option("--reason", help="why, in a sentence that is kept and shown")]


def sit_down(settings: Settings, on: datetime | None) -> AbstractContextManager[Desk]:
    """The desk of this installation, on the day named."""
    return at_the_desk(settings.home, load_policy(settings.pack), date_of(on))


def file(
    enterprise_id: Enterprise,
    by: By,
    grounds: Annotated[str, typer.Option(help="why the datum or the code is wrong")],
    table: Annotated[
        str | None,
        typer.Option(help="what is contested: violations, alerts, inspections …"),
    ] = None,
    key: Annotated[str | None, typer.Option(help="its number, as explain --json shows it")] = None,
    source: Annotated[
        str | None, typer.Option(help="its source, where the number alone is not enough")
    ] = None,
    correct: Correct = None,
    filer: Annotated[str, typer.Option("--as", help="enterprise or officer")] = "enterprise",
    on: On = None,
    late_reason: Annotated[str | None, typer.Option(help="why it comes after the time to object")] = None,
    new_evidence: Annotated[
        str | None, typer.Option(help="what was not known when it was decided before")
    ] = None,
    json: Json = False,
) -> None:
    """Contest a datum (--table, --key), or the code itself; tells whether the code hangs on it."""
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
        with desk.deciding(enterprise_id):
            number = file_objection(desk.connection, desk.coding(enterprise_id), filing)
    objection.tell(settings, number, desk.on, json=json)


def decide(
    objection_id: Number,
    outcome: Annotated[str, typer.Option(help="upheld or rejected")],
    by: By,
    reasons: Annotated[str, typer.Option(help="written reasons: what was checked, and what follows")],
    remedy: Annotated[
        str | None,
        typer.Option(help="withdraw, correct or override; default: what was asked for"),
    ] = None,
    correct: Correct = None,
    code: Annotated[str | None, typer.Option(help="code of an override")] = None,
    until: Annotated[datetime | None, day("last day of an override")] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """Uphold or reject; what is upheld acts on the data, and the code follows at once."""
    settings, objection_id = load_settings(), objection_id.strip()
    with sit_down(settings, on) as desk:
        ruling = Ruling(
            objection_id,
            one_of(OUTCOME, outcome),
            by,
            reasons,
            desk.on,
            remedy=one_of(REMEDY, remedy) if remedy else None,
            corrections=_pairs(correct),
            code=one_of(vocab.CODE, code) if code else None,
            until=date_of(until),
        )
        if not is_decided_so(desk.connection, ruling):
            enterprise_id = undecided(desk.connection, objection_id).enterprise_id
            with desk.deciding(enterprise_id):
                decide_objection(desk.connection, desk.coding(enterprise_id), ruling)
    objection.tell(settings, objection_id, desk.on, json=json)


def withdraw(
    objection_id: Number,
    by: By,
    reasons: Annotated[str, typer.Option(help="why, if the filer says so")] = "",
    on: On = None,
    json: Json = False,
) -> None:
    """Who filed an objection takes it back; the datum stands."""
    settings, objection_id = load_settings(), objection_id.strip()
    with sit_down(settings, on) as desk:
        ruling = Ruling(objection_id, WITHDRAWN_BY_FILER, by, reasons, desk.on)
        if not is_decided_so(desk.connection, ruling):
            with desk.deciding(undecided(desk.connection, objection_id).enterprise_id):
                withdraw_objection(desk.connection, ruling)
    objection.tell(settings, objection_id, desk.on, json=json)


def give(
    enterprise_id: Enterprise,
    code: Annotated[str, typer.Option(help="red, yellow, blue or green")],
    until: Annotated[datetime, day("last day it holds")],
    reason: Reason,
    by: By,
    first: Annotated[
        datetime | None,
        day("first day it holds; default: the day coded last", "--from"),
    ] = None,
    on: On = None,
    json: Json = False,
) -> None:
    """Give an enterprise another code for a time; a veto cannot be bettered."""
    settings, enterprise_id = load_settings(), enterprise_id.strip()
    with sit_down(settings, on) as desk:
        given = Given(
            enterprise_id,
            one_of(vocab.CODE, code),
            first.date() if first else desk.as_of,
            until.date(),
            reason,
            by,
            desk.on,
        )
        with desk.deciding(enterprise_id):
            number = give_override(desk.connection, desk.coding(enterprise_id), given)
    override.tell(settings, number, enterprise_id, json=json)


def end(
    override_id: Annotated[str, typer.Argument(help="number of the override, e.g. V-2026-0001")],
    by: By,
    reason: Reason,
    on: On = None,
    json: Json = False,
) -> None:
    """End an override before its last day; the code follows at once."""
    settings, override_id = load_settings(), override_id.strip()
    with sit_down(settings, on) as desk:
        enterprise_id = enterprise_of(desk.connection, override_id)
        with desk.deciding(enterprise_id):
            end_override(
                desk.connection, override_id, by=by, reason=reason, on=desk.on, first_day_without=desk.as_of
            )
    override.tell(settings, override_id, enterprise_id, json=json)


def _contested(table: str | None, key: str | None, enterprise_id: str) -> tuple[str, str] | None:
    """Table and number of what is contested; ``None`` for the code itself.  Of the register there is one row."""
    if table is None:
        if key is not None:
            raise WrongUse("--key needs --table: it says what the number is of")
        return None
    kind = one_of(CONTESTABLE, table)
    if key is None and kind != "enterprises":
        raise WrongUse("--table {kind} needs --key: the number of what is contested", kind=kind)
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
