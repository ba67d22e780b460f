"""Corrections that make what was known milder without saying so: a blank where a danger stood, another event's day.

A correction is the source's right, and most are as they should be.  But a cell left blank reads as harmless, and a
number used for a second event reads as a correction of the first: both take a danger away that nobody said was gone.
So they count, and a person is told.
"""

from datetime import date

from models.identity_cards import masked_identity_cards
from models.messages import N_, Message
from models.tables.canonical import TABLES, Table, decisive
from warehouse.database.frames import Connection
from warehouse.database.validity import NEWEST
from warehouse.intake.complaints import Complaint
from warehouse.intake.files.raw import shown
from warehouse.intake.judged import Judged
from warehouse.intake.recognition import metadata

DANGER_LEFT_OUT = "danger_left_out"
ANOTHER_DAY = "another_day"
_NO_DANGER = frozenset({("enterprises", "status"), ("alerts", "is_false_alarm"), ("inspections", "result")})
"""Decisive columns whose blank is not the milder reading."""


def of_corrections(connection: Connection, judged: Judged, names: list[str], *, on: date) -> list[Complaint]:
    """What corrections of a delivery, already stored, leave out or move to another day.

    ``names``: tables with corrections.  One complaint for each file, column and day, until a person acknowledges it.
    """
    return [
        Complaint(
            judged.mapping.name,
            DANGER_LEFT_OUT if column else ANOTHER_DAY,
            f"{name}.{column or TABLES[name].happened} {file} {on}",
            Message(
                _SAID[bool(column)],
                {
                    "file": file,
                    "n": f"{n:,}",
                    "column": f"{name}.{column or TABLES[name].happened}",
                    "key": shown(masked_identity_cards(datum)),
                    "before": before,
                    "after": after,
                },
            ),
        )
        for name in names
        for column, file, n, datum, before, after in _found(connection, TABLES[name], judged.delivery_id)
    ]


_SAID = {
    True: N_(
        "{file}: {n} corrections leave {column} blank, or harmless, where it was known ({key}: {before}). See that it "
        "is meant; then acknowledge it."
    ),
    False: N_(
        "{file}: {n} numbers known before now stand for an event of another day ({key}: {column} {before} became "
        "{after}). Were numbers used twice? Then scope them (join:); else acknowledge it."
    ),
}


def _found(
    connection: Connection, table: Table, delivery_id: str
) -> list[tuple[str, str, int, str, str, str]]:
    number = table.key[-1]
    queries = [
        f"SELECT '{name}' AS told, source_file, count(*), min({number}), arg_min(p_{name}::VARCHAR, {number}), '' "
        f"FROM corrections WHERE {_is_more(table, name)} GROUP BY ALL"
        for name in decisive(table)
        if (table.name, name) not in _NO_DANGER
    ]
    if table.happened:
        day, before = f"{table.happened}::DATE", f"p_{table.happened}::DATE"
        queries.append(
            f"SELECT '' AS told, source_file, count(*), min({number}), arg_min({before}::VARCHAR, {number}), "
            f"arg_min({day}::VARCHAR, {number}) FROM corrections WHERE {before} <> {day} GROUP BY ALL"
        )
    if not queries:
        return []
    columns = [*decisive(table), *([table.happened] if table.happened else [])]
    earlier = ", ".join(f"p.{name} AS p_{name}" for name in columns)
    same = " AND ".join(f"p.{name} = n.{name}" for name in table.key)
    return connection.execute(
        f"""
        WITH corrections AS (
            SELECT n.*, {earlier} FROM core.{table.name} n JOIN core.{table.name} p ON {same}
            WHERE n.delivery_id = $delivery AND n.version > 1 AND n.undone_no IS NULL AND n.{NEWEST}
              AND p.version < n.version AND p.undone_no IS NULL
            QUALIFY row_number() OVER (PARTITION BY {", ".join(f"n.{name}" for name in table.key)}, n.version
                                       ORDER BY p.recorded_at DESC, p.version DESC) = 1)
        {" UNION ALL ".join(queries)} ORDER BY ALL
        """,
        {"delivery": delivery_id},
    ).fetchall()


def _is_more(table: Table, name: str) -> str:
    """SQL: the version before said something, and the correction has what a blank cell stands for."""
    blank = metadata(table.columns()[name]).get("blank")
    none = f"{name} IS NULL" if blank is None else f"{name}::VARCHAR = '{str(blank).lower()}'"
    before = f"p_{name} IS NOT NULL" if blank is None else f"p_{name}::VARCHAR <> '{str(blank).lower()}'"
    return f"{none} AND {before}" + (
        "" if blank is not None else f" AND p_{name}::VARCHAR NOT IN ('0', 'general')"
    )
