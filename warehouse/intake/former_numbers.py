"""Events that name their enterprise by a former number, and what is stored already.

A row finds its enterprise when it is taken in, and stays with it: what came on an earlier day is not moved by a former
number that becomes known later, nor when it is delivered again under the same number.  Within a day the order of files
says nothing: where the register or former numbers have changed, the day's rows that this concerns, and all that
contradicted each other that day, are judged again.
"""

from datetime import date

import polars as pl

from models.contract import DUPLICATE_KEY, ROW, UNKNOWN_ENTERPRISE
from models.former_numbers import NAMED_AS, find
from models.identities import ENTERPRISE, Proof
from models.tables.canonical import TABLES, Table
from models.validity import ever_counts
from warehouse.database.frames import Connection, append, shown_as
from warehouse.database.meta import next_stored_no, value
from warehouse.database.rows import Rows
from warehouse.database.versions import undo
from warehouse.intake.accepted import former_numbers, known_enterprises
from warehouse.intake.clashes import ANOTHER
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import AS_STORED
from warehouse.intake.refused import canonical_rejects

_NAMING = [table for table in TABLES.values() if table.may_name_former_numbers]


def keep_enterprises(connection: Connection, judged: Judged, *, received_on: date) -> None:
    """Leave events with the enterprise that they were stored under on an earlier day by the same number.

    ``judged`` is changed.
    """
    for table in _NAMING:
        rows = judged.rows.get(table.name)
        if rows is None or not rows.height or not (_any_named(rows) or _any_stored(connection, table)):
            continue
        same = " AND ".join(f"c.{name} = i.{name}" for name in table.key)
        equal = " AND ".join(f"c.{name} IS NOT DISTINCT FROM i.{name}" for name in table.columns())
        with rows.shown_as(connection, "incoming"):
            # Told again by today's number, a row rests on the former one no more.
            connection.execute(
                f"UPDATE core.{table.name} c SET named_as = NULL FROM incoming i "
                f"WHERE c.named_as IS NOT NULL AND i.named_as IS NULL AND c.undone_no IS NULL AND {equal}"
            )
            before = connection.sql(
                f"""
                SELECT i.{ROW}, arg_max(c.enterprise_id, c.stored_no) AS enterprise_before,
                       arg_max(c.named_as, c.stored_no) AS named_before
                FROM incoming i JOIN core.{table.name} c
                    ON {same} AND coalesce(c.named_as, c.enterprise_id) = coalesce(i.named_as, i.enterprise_id)
                LEFT JOIN ops.deliveries d ON d.delivery_id = c.delivery_id
                WHERE c.undone_no IS NULL AND d.received_on IS DISTINCT FROM $on AND c.enterprise_id <> i.enterprise_id
                GROUP BY ALL
                """,
                params={"on": received_on},
            ).pl()
        if not before.is_empty():
            met = rows.numbered(before[ROW]).join(before, on=ROW, how="inner", maintain_order="left")
            kept = {ENTERPRISE: pl.col("enterprise_before"), NAMED_AS: pl.col("named_before")}
            rows.put_right(met.with_columns(**kept))


def _any_named(rows: Rows) -> bool:
    return bool(rows.lazy().select(pl.col(NAMED_AS).is_not_null().any()).collect().item())


def _any_stored(connection: Connection, table: Table) -> bool:
    return bool(
        value(connection, f"SELECT EXISTS (SELECT 1 FROM core.{table.name} WHERE {NAMED_AS} IS NOT NULL)")
    )


def settle_anew(connection: Connection, judged: Judged, *, received_on: date) -> None:
    """After the register or former numbers have changed: rows of the day that now mean another enterprise wait.

    They are undone and kept with the number they were delivered with; whoever retries what waits judges them again.
    """
    if not {"enterprises", "former_numbers"} & set(judged.rows):
        return
    former, known = former_numbers(connection), known_enterprises(connection)
    for table in _NAMING:
        if not former.is_empty() or _any_stored(connection, table):
            _let_contradictions_wait(connection, table, received_on)
        rows = _of_the_day(connection, table, former, received_on)
        if rows.is_empty():
            continue
        delivered = rows.with_columns(pl.coalesce(NAMED_AS, ENTERPRISE).alias(ENTERPRISE))
        found = find(delivered, table, known=known, former=former, proof=Proof(), row=ROW)
        stands = (
            (found.rows[ENTERPRISE] == rows[ENTERPRISE])
            & found.rows[ENTERPRISE].is_in(known.implode())
            & ~rows[ROW].is_in(found.ambiguous.implode())
        )
        if not stands.all():
            _let_wait(connection, table, delivered.filter(~stands), received_on)


def _of_the_day(
    connection: Connection, table: Table, former: pl.DataFrame, received_on: date
) -> pl.DataFrame:
    """Stored rows of a day that name a number which is, or was taken for, a former one."""
    with shown_as(connection, "former", former):
        rows = connection.sql(
            f"""
            SELECT c.*, d.mapping_hash, m.name AS mapping
            FROM core.{table.name} c JOIN ops.deliveries d USING (delivery_id)
            JOIN ops.mappings m ON m.hash = d.mapping_hash
            WHERE d.received_on = $on AND c.undone_no IS NULL
              AND (c.named_as IS NOT NULL OR c.enterprise_id IN (SELECT former_number FROM former))
            """,
            params={"on": received_on},
        ).pl()
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))


def _let_contradictions_wait(connection: Connection, table: Table, received_on: date) -> None:
    """What contradicted each other that day may be about other enterprises now; kept as stored, it can be read so."""
    told = {"table": table.name, "on": received_on}
    connection.execute(
        f"UPDATE raw.rejected_rows SET rules = '{UNKNOWN_ENTERPRISE}', state = 'waiting', "
        f"entry = coalesce(entry, {AS_STORED}) WHERE table_name = $table AND refused_on = $on AND state = 'open' "
        f"AND rules IN ('{DUPLICATE_KEY}', '{ANOTHER}')",
        told,
    )
    connection.execute("DELETE FROM ops.contradictions WHERE table_name = $table AND found_on = $on", told)


def _let_wait(connection: Connection, table: Table, rows: pl.DataFrame, received_on: date) -> None:
    undo(connection, table, rows.select(*table.key, "version"), by=next_stored_no(connection))
    counting = rows.filter(ever_counts(pl.col))
    rejects = canonical_rejects(
        counting,
        table,
        named=[ENTERPRISE],
        source=pl.col("mapping"),
        rules=pl.lit(UNKNOWN_ENTERPRISE),
        state="waiting",
        mapping_hash=pl.col("mapping_hash"),
        entry=AS_STORED,
    )
    append(
        connection,
        "raw.rejected_rows",
        rejects.with_columns(delivery_id=counting["delivery_id"], refused_on=pl.lit(received_on)),
    )
