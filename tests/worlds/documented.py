"""Whether documents say what the published copy says: the same questions, asked of both."""

from itertools import product
from typing import Any

from models.vocabulary import CODE_KEYS, LEVEL
from warehouse.database.documents import passport_of, queue_of
from warehouse.database.reading import reading, rows
from warehouse.home import Home
from warehouse.questions.area import divisions
from warehouse.questions.codes import queue
from warehouse.questions.passport import passports


def differing_documents(home: Home, *, everywhere: bool = False, one_in: int = 1) -> list[str]:
    """Questions that documents answer otherwise than the copy, of every enterprise (or ``one_in`` so many) and code.

    ``everywhere``: also of every place and level, and of both together for RED.
    """
    with reading(home) as connection:
        firms = [row["enterprise_id"] for row in rows(connection, "SELECT enterprise_id FROM risk.codes")][
            ::one_in
        ]
        told = {row["enterprise_id"]: row for row in rows(connection, passports(), {"ids": firms})}
        found = [firm for firm in firms if passport_of(home, firm) != told[firm]]
        asked: list[dict[str, Any]] = [{"code": code} for code in CODE_KEYS]
        asked += [{"code": code, "limit": 2, "skip": 1} for code in CODE_KEYS]
        named = [(told[firm]["code"], firm, told[firm]["name"]) for firm in firms[:3]]
        asked += [
            {"code": code, "text": text} for code, *texts in named for text in (texts[0], texts[1][1:4])
        ]
        if everywhere:
            places, levels = (*divisions(connection), "历下区", "nowhere"), LEVEL.keys
            asked += [{"code": code, "district": place} for code, place in product(CODE_KEYS, places)]
            asked += [
                {"code": code, "level": level, "limit": 3} for code, level in product(CODE_KEYS, levels)
            ]
            asked += [{"district": place, "level": level} for place, level in product(places, levels)]
        return found + [f"{one}" for one in asked if queue_of(home, **one) != queue(connection, **one)]
