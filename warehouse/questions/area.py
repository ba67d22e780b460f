"""Where a question looks: level, division, district."""

from dataclasses import dataclass

from models.vocabulary import JINAN_DIVISIONS
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


EVERYWHERE = Area()


def within(alias: str) -> str:
    """SQL: the row belongs to an authority of the area."""
    return f"($level IS NULL OR {alias}.level = $level) AND {in_district(alias)}"


def in_district(alias: str) -> str:
    """SQL: the row's division lies in the district."""
    return (
        f"($districts IS NULL OR list_contains($districts, {alias}.division) "
        f"OR list_contains($districts, left({alias}.division, 6)))"
    )


def districts(text: str | None) -> list[str] | None:
    """Every way a register may write a district: code, Chinese name with and without its last character, English."""
    if text is None:
        return None
    for code, (zh, en) in JINAN_DIVISIONS.items():
        spellings = [code, zh, zh[:-1], en]
        if text.strip().lower() in [spelling.lower() for spelling in spellings] or text.strip()[:6] == code:
            return spellings
    return [text.strip()]


def divisions(connection: Connection) -> list[str]:
    """Divisions of the enterprises, as the register writes them."""
    found = "SELECT DISTINCT division FROM core.enterprises WHERE division <> '' ORDER BY 1"
    return [row["division"] for row in rows(connection, found)]


def is_known(connection: Connection, district: str) -> bool:
    """Whether a district, however it is written, is one of the city's, or has an authority or an enterprise."""
    asked = districts(district) or []
    planned = "SELECT DISTINCT division FROM plan.budget WHERE division <> '' ORDER BY 1"
    known = (
        *JINAN_DIVISIONS,
        *(row["division"] for row in rows(connection, planned)),
        *divisions(connection),
    )
    return any(one in asked or one[:6] in asked for one in known)
