"""Issuing: a coding is recorded as a run, becomes what lives, and what readers see."""

from typing import Any

from models.calendar import edition
from warehouse.coding import renewal
from warehouse.coding.coding import Coding
from warehouse.coding.history import record_changes
from warehouse.database.frames import Connection, insert, transaction
from warehouse.database.meta import CLOSED_ON, next_number, set_meta, stored_no, written_at
from warehouse.database.places import is_open, made, put_in_force
from warehouse.database.reading import rows
from warehouse.database.runs import whole_city_coded, would_issue
from warehouse.intake.complaints import is_whole, of_shares
from warehouse.intake.inbox import closed_on
from warehouse.schema.monitoring import MEASURED_OF_DAY


def issue(connection: Connection, coding: Coding, *, run_id: str) -> int:
    """Record the run and what it changed, and let its tables be those that live, in one transaction.

    A replay, of an earlier day or from what was known on an earlier one, issues nothing.  Returns the number of
    enterprises whose code changed.
    """
    if not would_issue(connection, coding.as_of, coding.known_at, stored_by=coding.stored_by):
        note_replay(connection, coding, run_id=run_id)
        return 0
    with transaction(connection):
        if is_open(connection):
            put_in_force(connection, but=MEASURED_OF_DAY)
        changed = record_changes(connection, coding, run_id=run_id)
        record_run(connection, coding, run_id=run_id, is_issued=True)
        if coding.only is None:
            whole_city_coded(connection)
            renewal.remember(connection, coding, made(connection) if is_open(connection) else set())
        closed = closed_on(connection)
        set_meta(connection, CLOSED_ON, closed.isoformat() if closed else "")
    return changed


def note_replay(connection: Connection, coding: Coding, *, run_id: str) -> None:
    """Record a run that issues nothing."""
    with transaction(connection):
        record_run(connection, coding, run_id=run_id, is_issued=False)


def record_run(connection: Connection, coding: Coding, *, run_id: str, is_issued: bool) -> None:
    """One row in ``ops.runs``: what was coded, by which policy, from data up to which day, with what result."""
    policy = coding.policy
    renew_shares(connection, coding)
    [result] = rows(connection, _RESULT)
    insert(
        connection,
        "ops.runs",
        if_there="replace",
        run_id=run_id,
        as_of=coding.as_of,
        known_at=coding.known_at,
        finished_at=written_at(connection),
        state="done" if is_whole(connection) else "incomplete",
        pack=policy.pack,
        pack_version=policy.version,
        pack_hash=policy.pack_hash,
        fingerprint=policy.scorecard.fingerprint,
        stored_no=stored_no(connection) if coding.stored_by is None else coding.stored_by,
        is_issued=is_issued,
        calendar_version=edition(),
        rescored=None if coding.only is None else len(coding.only),
        **_renewed(connection, coding),
        number=next_number(connection, "ops.runs"),
        **result,
    )


def _renewed(connection: Connection, coding: Coding) -> dict[str, Any]:
    """How many a night coded anew, where it kept what was made of the others, and whether that was found wrong."""
    if coding.only is not None or not is_open(connection):
        return {}
    is_renewal = renewal.held(connection) is not None
    return {
        "renewed": len(renewal.enterprises(connection, "codes")) if is_renewal else None,
        "kept_wrongly": "; ".join(renewal.kept_wrongly(connection)) or None,
    }


def renew_shares(connection: Connection, coding: Coding) -> None:
    """Renew the complaints about tables of which more was refused than the policy lets pass."""
    of_shares(connection, coding.policy.review.monitoring, on=coding.known_at)


_RESULT = """
SELECT max(data_watermark) AS data_watermark, count(*) AS enterprises,
       count(*) FILTER (code = 'red') AS red, count(*) FILTER (code = 'yellow') AS yellow,
       count(*) FILTER (code = 'blue') AS blue, count(*) FILTER (code = 'green') AS green,
       count(*) FILTER (is_provisional) AS provisional
FROM risk.codes
"""
