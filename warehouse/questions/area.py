"""Where a question looks: level, division, district or town."""

from dataclasses import dataclass

from models.places import LONGER, districts, place_of
from models.vocabulary import CODE_BY_NAME, JINAN_DIVISIONS
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows


@dataclass(frozen=True)
class Area:
    """Whose part of the plan is asked for: a level, a district, or both; everything where nothing is said."""

    level: str | None = None
    district: str | None = None

    @property
    def arguments(self) -> Row:
        """Arguments of ``within``."""
        return {"level": self.level, "districts": districts(self.district)}

    def covers(self, division: str | None) -> bool:
        """Whether a division lies in the district; the same as ``in_district`` says in SQL."""
        asked = districts(self.district)
        if asked is None:
            return True
        return division is not None and bool(
            {*asked} & {division, *(place_of(level, division) for level in LONGER)}
        )


EVERYWHERE = Area()


def within(alias: str) -> str:
    """SQL: the row belongs to an authority of the area."""
    return f"($level IS NULL OR {alias}.level = $level) AND {in_district(alias)}"


def in_district(alias: str) -> str:
    """SQL: the row's division lies in the district."""
    column = f"{alias}.division"
    places = ", ".join((column, *(lies_in(level, column) for level in LONGER)))
    return f"($districts IS NULL OR list_has_any($districts, [{places}]))"


def lies_in(level: str, column: str) -> str:
    """SQL: the district or town that a division lies in (``models.places.place_of``)."""
    longer = " ".join(
        f"WHEN regexp_matches({column}, '{code}') THEN left({column}, {digits})"
        for code, digits in LONGER[level]
    )
    named = " ".join(f"WHEN '{name}' THEN '{code}'" for name, code in CODE_BY_NAME.items())
    return f"CASE {longer} ELSE CASE {column} {named} ELSE {column} END END"


def divisions(connection: Connection) -> list[str]:
    """Divisions of the enterprises, as the register writes them."""
    found = "SELECT DISTINCT division FROM core.enterprises WHERE division <> '' ORDER BY 1"
    return [row["division"] for row in rows(connection, found)]


def is_known(connection: Connection, district: str) -> bool:
    """Whether a district, however it is written, is one of the city's, or has an authority or an enterprise."""
    asked = set(districts(district) or [])
    planned = "SELECT DISTINCT division FROM plan.budget WHERE division <> '' ORDER BY 1"
    known = (
        *JINAN_DIVISIONS,
        *(row["division"] for row in rows(connection, planned)),
        *divisions(connection),
    )
    return any(asked & {one, *(place_of(level, one) for level in LONGER)} for one in known)
