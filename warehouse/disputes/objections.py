"""Objections: filed against a datum or a code, inside a time limit, once.

On filing it is computed whether the code hangs on it, which decides about the clock and who may decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.disputes import decide_by, is_decisive, last_filing_day, require_name
from models.errors import DisputeError
from models.messages import Message
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection, insert
from warehouse.database.meta import FOREVER, next_stored_no, value, written_at
from warehouse.disputes.data import WITHDRAWN, Standing, corrections, find
from warehouse.disputes.overrides import next_id
from warehouse.disputes.what_if import CodeIf, Datum, code_if
from warehouse.intake.decided import Change, changes_text


@dataclass(frozen=True)
class Filing:
    """An objection as it comes in.

    ``datum``: what is contested; ``None``: the code.  ``corrections``: what columns should say instead, as texts; none:
    the datum should not stand at all.  ``on``: day it was received.
    """

    enterprise_id: str
    by: str
    grounds: str
    on: date
    filer: str = "enterprise"
    datum: Datum | None = None
    corrections: Mapping[str, str] = field(default_factory=dict[str, str])
    late_reason: str | None = None
    new_evidence: str | None = None


def file_objection(connection: Connection, coding: Coding, filing: Filing) -> str:
    """Record an objection, and whether the code hangs on it.  Returns its number, like ``O-2026-0001``.

    ``coding``: the day coded last, as known on the day of filing.  Raises DisputeError when nothing can be contested
    like that: no such datum, too late without a reason, open or decided already.
    """
    by = require_name(filing.by, Message("Who objects"))
    if not filing.grounds.strip():
        raise DisputeError("An objection says why. Give the grounds: --grounds TEXT")
    standing = (
        None if filing.datum is None else find(connection, filing.datum, filing.enterprise_id, filing.on)
    )
    known_on = standing.known_on if standing else _issued_on(connection, filing.enterprise_id)
    asked = _asked(connection, standing, filing)
    if (there := _filed_so(connection, filing, by, standing, asked)) is not None:
        return there
    earlier = _earlier(connection, filing, standing, known_on)
    file_by = last_filing_day(known_on, coding.policy.review).day
    _refuse_late(filing, known_on, file_by)
    now = code_if(connection, coding, filing.enterprise_id)
    then = _upheld(connection, coding, filing.enterprise_id, standing, asked)
    decisive = is_decisive(now, then, code=now.shown)
    clock = decide_by(filing.on, coding.policy.review, is_decisive=decisive)
    number = next_id(connection, "O", filing.on.year)
    insert(
        connection,
        "dispute.objections",
        objection_id=number,
        filed_at=written_at(connection),
        filed_on=filing.on,
        filed_by=by,
        filer=filing.filer,
        enterprise_id=filing.enterprise_id,
        **_about(standing),
        asked=changes_text(asked) if asked else None,
        grounds=filing.grounds.strip(),
        known_on=known_on,
        file_by=file_by,
        late_reason=filing.late_reason if filing.on > file_by else None,
        new_evidence=filing.new_evidence if earlier else None,
        earlier_id=earlier,
        as_of=coding.as_of,
        code=now.shown,
        code_if_upheld=then.shown if then else None,
        is_decisive=decisive,
        decide_by=clock.day,
        is_provisional=clock.is_provisional,
        stored_no=next_stored_no(connection),
    )
    return number


def _filed_so(
    connection: Connection, filing: Filing, by: str, standing: Standing | None, asked: tuple[Change, ...]
) -> str | None:
    """Number of this very objection, if it is open: whoever filed it died before it was told, and files it again."""
    found = """
        SELECT objection_id FROM dispute.objections ANTI JOIN dispute.decisions USING (objection_id)
        WHERE enterprise_id = $id AND table_name IS NOT DISTINCT FROM $table_name AND filed_by = $by
          AND source IS NOT DISTINCT FROM $source AND datum_id IS NOT DISTINCT FROM $datum_id
          AND asked IS NOT DISTINCT FROM $asked AND grounds = $grounds AND filed_on <= $on
        """
    told = {"id": filing.enterprise_id, "by": by, "grounds": filing.grounds.strip(), "on": filing.on}
    return value(
        connection, found, {**told, **_about(standing), "asked": changes_text(asked) if asked else None}
    )


def _about(standing: Standing | None) -> dict[str, Any]:
    """The columns that say which datum is contested; empty where the code is."""
    datum = standing.datum if standing else None
    return {
        "table_name": datum.table if datum else None,
        "source": datum.source if datum else None,
        "datum_id": datum.ident if datum else None,
    }


def _issued_on(connection: Connection, enterprise_id: str) -> date:
    """Day the code that stands was issued."""
    found = value(
        connection,
        f"SELECT max(valid_from) FROM risk.code_history WHERE enterprise_id = ? AND valid_to = {FOREVER}",
        [enterprise_id],
    )
    if found is None:
        raise DisputeError(
            "No code of '{enterprise_id}' was issued. Check the id: ./riskcode codes --list",
            enterprise_id=enterprise_id,
        )
    return found


def _refuse_late(filing: Filing, known_on: date, file_by: date) -> None:
    if filing.on < known_on:
        raise DisputeError(
            "What is contested became known on {known_on} only, after {on}. Correct --on.",
            known_on=known_on,
            on=filing.on,
        )
    if filing.on > file_by and not (filing.late_reason or "").strip():
        raise DisputeError(
            "The time to object ended on {file_by} (it became known on {known_on}). If there is a "
            "good reason for being late, record it: --late-reason TEXT",
            file_by=file_by,
            known_on=known_on,
        )


def _earlier(connection: Connection, filing: Filing, standing: Standing | None, known_on: date) -> str | None:
    """The decided objection to the same thing, if there is one; the same code is contested once, too."""
    found = connection.execute(
        """
        SELECT o.objection_id, d.outcome FROM dispute.objections o LEFT JOIN dispute.decisions d USING (objection_id)
        WHERE o.enterprise_id = $id AND o.table_name IS NOT DISTINCT FROM $table_name
          AND o.source IS NOT DISTINCT FROM $source AND o.datum_id IS NOT DISTINCT FROM $datum_id
          AND ($table_name IS NOT NULL OR o.known_on = $known_on)
        ORDER BY o.stored_no DESC
        """,
        {
            "id": filing.enterprise_id,
            **_about(standing),
            "known_on": known_on,
        },
    ).fetchall()
    still_open = next((number for number, outcome in found if outcome is None), None)
    if still_open:
        raise DisputeError(
            "This is contested already: {still_open}. See ./riskcode objection show {still_open}",
            still_open=still_open,
        )
    decided = next((number for number, outcome in found if outcome in ("upheld", "rejected")), None)
    if decided and not (filing.new_evidence or "").strip():
        raise DisputeError(
            "{decided} decided on this already. It can be contested again on new evidence only: "
            "--new-evidence TEXT, saying what was not known then",
            decided=decided,
        )
    return decided


def _asked(connection: Connection, standing: Standing | None, filing: Filing) -> tuple[Change, ...]:
    if not filing.corrections:
        if standing and WITHDRAWN not in standing.row.columns:
            raise DisputeError(
                "{table} cannot be withdrawn, only corrected. Say what is right: --correct column=value",
                table=standing.datum.table,
            )
        return ()
    if standing is None:
        raise DisputeError("Only a datum can be corrected. Name it: --table TABLE --key NUMBER")
    return corrections(connection, standing, filing.corrections, filing.on)


def _upheld(
    connection: Connection,
    coding: Coding,
    enterprise_id: str,
    standing: Standing | None,
    asked: tuple[Change, ...],
) -> CodeIf | None:
    """The code if what is asked for were granted; ``None`` where the code itself is contested."""
    if standing is None:
        return None
    if asked:
        return code_if(connection, coding, enterprise_id, corrected={standing.datum: asked})
    return code_if(connection, coding, enterprise_id, without=[standing.datum])
