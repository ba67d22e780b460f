"""Visits of the desk to a firm of the demo city, whose archive ends on 30 June: a major hazard, and its re-check."""

import sys
from pathlib import Path
from uuid import UUID

from tests.worlds.field import CRITERION, FINDING, MAJOR_ITEM, filing, finding, record
from tests.worlds.ledgers import MORNING, NOON, Desk, known, ledger_of
from warehouse.field.visit import Visit
from warehouse.home import Home

MAJOR = finding(
    item_code=MAJOR_ITEM, is_major=True, criterion=CRITERION, severity="critical", disposal="case"
)


def hazard(desk: Desk, firm: str, number: int = 1) -> Visit:
    """A visit that found a major hazard; what it found has this number."""
    found = MAJOR.model_copy(update={"id": UUID(int=number)})
    return desk.signed(record(findings=[found]), filing(enterprise_id=firm))


def rechecked(desk: Desk, visit: Visit, firm: str) -> Visit:
    """A re-check on the same day, which finds it done."""
    form = filing(enterprise_id=firm, kind="recheck", channel="recheck", rechecks=visit.visit_id)
    done = record(
        opinions=[{"finding_id": FINDING, "opinion": "done"}],
        begun_at=NOON.replace(hour=10),
        ended_at=NOON.replace(hour=11),
    )
    knows = known(to_recheck=frozenset({FINDING}))
    again = desk.took(desk.approved(form), "start", MORNING)
    again = desk.took(again, "record", record=done, known=knows)
    return desk.took(again, "sign", record=done, known=knows)


if __name__ == "__main__":
    # As another process than the one that exports: HOME FIRM.
    with ledger_of(Home(Path(sys.argv[1]))) as of_home:
        sys.stdout.write(f"{hazard(Desk(of_home), sys.argv[2]).visit_id}\n")
