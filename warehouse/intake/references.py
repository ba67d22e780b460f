"""Findings that name a visit nobody delivered: refused where their source says that it delivers both.

They wait: the visit may come in another file, a moment later.
"""

import polars as pl

from models.contract import UNKNOWN_INSPECTION
from models.tables.canonical import TABLES
from warehouse.database.frames import Connection
from warehouse.database.rows import Rows
from warehouse.intake.clashes import take_out
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import AS_STORED
from warehouse.intake.refused import canonical_rejects

FINDINGS, VISITS = TABLES["violations"], TABLES["inspections"]


def take_out_unfounded(connection: Connection, judged: Judged, *, entry: int | None = AS_STORED) -> None:
    """Accept no findings whose visit of the same source and enterprise is neither stored nor accepted beside them.

    ``judged`` is changed.  Part of the transaction that writes the rest; a visit that was withdrawn is one.
    ``entry``: by which the rejects are read again; ``None`` for rows that are kept already with theirs.
    """
    rows = judged.rows.get(FINDINGS.name)
    if judged.mapping.references != "required" or rows is None or not rows.height:
        return
    beside = judged.rows.get(VISITS.name) or Rows.of(VISITS.schema.create_empty())
    with rows.shown_as(connection, "incoming"), beside.shown_as(connection, "visits"):
        found = connection.sql(_UNFOUNDED, params={"source": judged.mapping.name}).pl()
    if found.is_empty():
        return
    rejects = canonical_rejects(
        found,
        FINDINGS,
        named=["inspection_id"],
        source=pl.lit(judged.mapping.name),
        rules=pl.lit(UNKNOWN_INSPECTION),
        state="waiting",
        mapping_hash=pl.lit(judged.mapping.hash),
        entry=entry,
    )
    take_out(judged, FINDINGS.name, found, rejects)


_UNFOUNDED = """
SELECT i.* FROM incoming i WHERE i.inspection_id IS NOT NULL AND (i.inspection_id, i.enterprise_id) NOT IN (
    SELECT (inspection_id, enterprise_id) FROM core.inspections c
    WHERE source = $source AND undone_no IS NULL
      AND inspection_id IN (SELECT inspection_id FROM incoming WHERE inspection_id IS NOT NULL)
    UNION SELECT (inspection_id, enterprise_id) FROM visits)
ORDER BY i.row
"""
