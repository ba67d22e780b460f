"""What packs and cards have in common: a decision puts one in force from a day on, and a later decision overrules it.

Decisions are numbered rows with ``effective_from``, only ever added.  They take effect on days that are not coded
yet, so issued codes keep their rules.  Readers use a small copy of each kind, replaced whole.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warehouse.database.frames import Connection, insert
from warehouse.database.meta import next_number, value, written_at
from warehouse.database.reading import Row, open_copy, rows
from warehouse.database.runs import LAST_ISSUED
from warehouse.database.validity import stored_by as stored


@dataclass(frozen=True)
class Decisions:
    """A table of decisions: ``chosen`` is the column with what is put in force, ``noted`` that of the time."""

    table: str
    chosen: str
    noted: str

    def in_force(self, connection: Connection, day: date, *, stored_by: int | None = None) -> str | None:
        """What the latest decision that takes effect by a day put in force; ``None`` before the first one.

        ``stored_by``: only what was decided by that write.
        """
        known = stored() if stored_by is not None else "true"
        return value(
            connection,
            f"SELECT {self.chosen} FROM {self.table} WHERE effective_from <= $day AND {known} "
            "ORDER BY number DESC LIMIT 1",
            {"day": day, **({"by": stored_by} if stored_by is not None else {})},
        )

    def days(
        self, connection: Connection, after: date, until: date = date.max, *, stored_by: int | None = None
    ) -> list[date]:
        """Days of a span, ascending, on which a decision takes effect."""
        known = stored() if stored_by is not None else "true"
        found = connection.execute(
            f"SELECT DISTINCT effective_from FROM {self.table} "
            f"WHERE effective_from > $after AND effective_from <= $until AND {known} ORDER BY 1",
            {"after": after, "until": until, **({"by": stored_by} if stored_by is not None else {})},
        )
        return [day for (day,) in found.fetchall()]

    def is_last(self, connection: Connection, **columns: Any) -> bool:
        """Whether the last decision is this very one: whoever asked for it died before it was told, and asks again."""
        asked = f"SELECT {', '.join(columns)} FROM {self.table} ORDER BY number DESC LIMIT 1"
        return connection.execute(asked).fetchall() == [tuple(columns.values())]

    def record(self, connection: Connection, **columns: Any) -> None:
        """Add a decision."""
        columns |= {"number": next_number(connection, self.table), self.noted: written_at(connection)}
        insert(connection, self.table, **columns)


def first_free_day(connection: Connection) -> date | None:
    """First day that is not coded yet; ``None`` where no day is."""
    coded = value(connection, LAST_ISSUED)
    return coded + timedelta(days=1) if coded else None


def copied(path: Path, query: str, arguments: Row | None = None) -> list[Row]:
    """Rows of a readers' copy; none where it was not written yet."""
    if not path.exists():
        return []
    with open_copy(path) as connection:
        return rows(connection, query, arguments)
