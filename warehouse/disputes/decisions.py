"""Decisions on objections: by whom, in time, with written reasons; what is upheld flows back.

An upheld objection makes a new version of the datum, withdrawn or corrected, that names the objection as its file;
nothing that was delivered is deleted.  Where the code itself is contested, it is an override.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import polars as pl

from models.disputes import Involved, names_in, require_name, require_reason, require_reviewer, same_name
from models.errors import DisputeError
from models.messages import Message
from models.vocabulary import CODE_KEYS
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection, insert, transaction
from warehouse.database.meta import next_stored_no, value, written_at
from warehouse.database.reading import rows
from warehouse.database.versions import add_versions
from warehouse.disputes.data import (
    DELIVERY,
    as_it_stands,
    corrections,
    find,
    require_valid,
    with_changes,
    withdrawal,
)
from warehouse.disputes.overrides import Given, give_override, givers
from warehouse.disputes.what_if import Datum
from warehouse.intake.decided import changes_in, changes_text


@dataclass(frozen=True)
class Ruling:
    """A decision as it comes in.

    ``remedy`` and ``corrections`` of what is upheld: by default what was asked for.  ``code`` and ``until``: of an
    override.  ``noted_by``: who notes at the desk that it is taken back, where that is another than ``by``.
    """

    objection_id: str
    outcome: str
    by: str
    reasons: str
    on: date
    remedy: str | None = None
    corrections: Mapping[str, str] = field(default_factory=dict[str, str])
    code: str | None = None
    until: date | None = None
    noted_by: str | None = None


@dataclass(frozen=True)
class Objection:
    """An objection that waits for its decision.

    ``datum``: what is contested, ``None``: the code.  ``asked``: what it should say (``changes_text``), ``None``: it
    should not stand.  ``earlier_id``: the objection to the same thing that was decided before.
    """

    objection_id: str
    enterprise_id: str
    filed_on: date
    filed_by: str
    datum: Datum | None
    asked: str | None
    earlier_id: str | None
    is_decisive: bool
    decide_by: date


def decide_objection(connection: Connection, coding: Coding, ruling: Ruling) -> Objection:
    """Record a decision and let it act on the datum, in one transaction.  Returns the objection.

    Raises DisputeError when it may not be decided like that: by somebody involved, without reasons, against the
    contract of the table.  Codes follow when the enterprise is coded anew.
    """
    objection = undecided(connection, ruling.objection_id)
    reasons = require_reason(ruling.reasons, Message("The reasons of a decision"))
    reviewer = require_name(ruling.by, Message("Who decides"))
    if ruling.on < objection.filed_on:
        raise DisputeError(
            "{objection_id} was filed on {filed_on}, after {on}. Correct --on.",
            objection_id=ruling.objection_id,
            filed_on=objection.filed_on,
            on=ruling.on,
        )
    hands = require_reviewer(
        reviewer, _involved(connection, objection, coding), is_decisive=objection.is_decisive
    )
    with transaction(connection):
        acted = _act(connection, coding, objection, ruling) if ruling.outcome == "upheld" else {}
        _record(connection, objection, ruling, reviewer=reviewer, reasons=reasons, hands=hands, acted=acted)
    return objection


WITHDRAWN_BY_FILER = "withdrawn_by_filer"


def withdraw_objection(connection: Connection, ruling: Ruling) -> Objection:
    """Record that who filed an objection takes it back.  Returns the objection.

    Raises DisputeError when somebody else asks for it, or who recorded the datum notes it.
    """
    objection_id, objection = ruling.objection_id, undecided(connection, ruling.objection_id)
    if same_name(ruling.by) != same_name(objection.filed_by):
        raise DisputeError(
            "{objection_id} was filed by {filed_by}; nobody else can take it back. Decide it instead: "
            "./riskcode objection decide",
            objection_id=objection_id,
            filed_by=objection.filed_by,
        )
    if ruling.noted_by and same_name(ruling.noted_by) in _recorders(connection, objection):
        raise DisputeError(
            "{name} recorded what is contested: have a colleague note that {objection_id} is taken back.",
            name=ruling.noted_by,
            objection_id=objection_id,
        )
    taken_back = replace(ruling, on=max(ruling.on, objection.filed_on))
    _record(
        connection,
        objection,
        taken_back,
        reviewer=ruling.by.strip(),
        reasons=ruling.reasons.strip(),
        hands=(),
        acted={},
    )
    return objection


def is_decided_so(connection: Connection, ruling: Ruling) -> bool:
    """Whether this very decision was recorded: whoever took it died before it was told, and decides again."""
    decided = "SELECT outcome, decided_by, reasons FROM dispute.decisions WHERE objection_id = ?"
    found = connection.execute(decided, [ruling.objection_id]).fetchall()
    return found == [(ruling.outcome, ruling.by.strip(), ruling.reasons.strip())]


def undecided(connection: Connection, objection_id: str) -> Objection:
    """An open objection.  Raises DisputeError when there is none, or it is decided."""
    found = rows(connection, "FROM dispute.objections WHERE objection_id = $id", {"id": objection_id})
    if not found:
        raise DisputeError(
            "There is no objection '{objection_id}'. See ./riskcode objection list", objection_id=objection_id
        )
    outcome = value(
        connection, "SELECT outcome FROM dispute.decisions WHERE objection_id = ?", [objection_id]
    )
    if outcome is not None:
        raise DisputeError(
            "{objection_id} is decided already ({outcome}). On new evidence it can be filed again: "
            "./riskcode objection file … --new-evidence TEXT",
            objection_id=objection_id,
            outcome=outcome,
        )
    [row] = found
    datum = Datum(row["table_name"], row["source"], row["datum_id"]) if row["table_name"] else None
    return Objection(
        datum=datum,
        **{one.name: row[one.name] for one in fields(Objection) if one.name != "datum"},
    )


def _act(connection: Connection, coding: Coding, objection: Objection, ruling: Ruling) -> dict[str, Any]:
    """Let an upheld objection act.  Returns what the decision's row keeps of it."""
    remedy = ruling.remedy or _asked_remedy(objection, ruling)
    if remedy == "override":
        return {"remedy": remedy, "override_id": _override(connection, coding, objection, ruling)}
    datum = objection.datum
    if datum is None:
        raise DisputeError(
            "A code is neither withdrawn nor corrected: it follows from data. Give another code for a time "
            "(--remedy override --code CODE --until DATE), or object to the datum."
        )
    if remedy == "withdraw" and ruling.corrections:
        raise DisputeError(
            "What is withdrawn is not corrected. Leave out --correct, or decide --remedy correct."
        )
    standing = find(connection, datum, objection.enterprise_id, ruling.on)
    counts_on = max(ruling.on, standing.recorded_at)
    if remedy == "withdraw":
        changes = withdrawal(connection, standing, ruling.on)
    elif ruling.corrections:
        changes = corrections(connection, standing, ruling.corrections, ruling.on)
    else:
        changes = as_it_stands(standing, changes_in(objection.asked))
    if not changes:
        raise DisputeError("A correction says what is right: --correct column=value")
    row = with_changes(standing, changes, counts_on).with_columns(
        delivery_id=pl.lit(DELIVERY),
        source_file=pl.lit(objection.objection_id),
        source_line=pl.lit(0, dtype=pl.Int64),
    )
    require_valid(connection, datum.kind, row, ruling.on)
    add_versions(connection, datum.kind, row, received_on=ruling.on)
    kept = {"changes": changes_text(changes), "base_on": standing.recorded_at, "counts_on": counts_on}
    return {"remedy": remedy, **kept}


def _asked_remedy(objection: Objection, ruling: Ruling) -> str:
    if objection.datum is None or ruling.code:
        return "override"
    return "correct" if objection.asked or ruling.corrections else "withdraw"


def _override(connection: Connection, coding: Coding, objection: Objection, ruling: Ruling) -> str:
    if ruling.code not in CODE_KEYS or ruling.until is None:
        raise DisputeError("An override needs a code and a last day: --code CODE --until DATE")
    given = Given(
        objection.enterprise_id,
        ruling.code,
        coding.as_of,
        ruling.until,
        ruling.reasons,
        ruling.by,
        ruling.on,
        objection.objection_id,
    )
    return give_override(connection, coding, given)


def _record(
    connection: Connection,
    objection: Objection,
    ruling: Ruling,
    *,
    reviewer: str,
    reasons: str,
    hands: tuple[str, ...],
    acted: Mapping[str, Any],
) -> None:
    insert(
        connection,
        "dispute.decisions",
        objection_id=objection.objection_id,
        decided_at=written_at(connection),
        decided_on=ruling.on,
        decided_by=reviewer,
        outcome=ruling.outcome,
        reasons=reasons,
        involved_as=", ".join(hands) or None,
        in_time=ruling.on <= objection.decide_by,
        stored_no=next_stored_no(connection),
        **acted,
    )


def _involved(connection: Connection, objection: Objection, coding: Coding) -> Involved:
    decided = connection.execute(
        "SELECT decided_by FROM dispute.decisions WHERE objection_id = ?", [objection.earlier_id]
    ).fetchall()
    return Involved(
        filed_by=objection.filed_by,
        recorded_by=_recorders(connection, objection),
        overridden_by=givers(connection, objection.enterprise_id, coding.as_of),
        decided_before={str(name) for (name,) in decided},
    )


def _recorders(connection: Connection, objection: Objection) -> set[str]:
    """Officers of the visit that recorded the datum, in any of its versions."""
    datum = objection.datum
    if datum is not None and datum.table == "violations":
        visit = "SELECT inspection_id FROM core.violations WHERE violation_id = $datum AND source = $source"
    elif datum is not None and datum.table == "inspections":
        visit = "SELECT $datum"
    else:
        return set()
    found = connection.execute(
        f"SELECT DISTINCT officers FROM core.inspections WHERE source = $source AND inspection_id IN ({visit})",
        {"datum": datum.ident, "source": datum.source},
    ).fetchall()
    return {name for (officers,) in found for name in names_in(officers)}
