"""Which enterprise is meant: by a part of its name, by its number, or by what a code on its wall says."""

import re
import unicodedata

from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions.area import EVERYWHERE, Area, in_district

_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z_-]{3,}")
"""What may be the number of an enterprise inside a longer text, as the address a scanned code holds."""

_FOUND = f"""
SELECT e.enterprise_id, e.name, e.division, e.sector, e.status, c.code, c.score,
       upper(e.enterprise_id) IN (SELECT unnest($numbers)) AS is_numbered
FROM core.enterprises e LEFT JOIN risk.codes c USING (enterprise_id)
WHERE (is_numbered OR ($name <> '' AND contains(lower(e.name), lower($name)))) AND {in_district("e")}
ORDER BY is_numbered DESC, strpos(lower(e.name), lower($name)), len(e.name), e.name, e.enterprise_id
LIMIT $most
"""


def firms(connection: Connection, text: str, area: Area = EVERYWHERE, *, limit: int) -> list[Row]:
    """Enterprises whose number stands anywhere in a text, then those whose name holds all of it.

    Full-width characters and small letters are read as numbers are written.  ``is_numbered``: found by its number.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    asked = {"numbers": _NUMBER.findall(plain.upper()), "name": plain, "most": limit}
    return rows(connection, _FOUND, {"districts": area.arguments["districts"], **asked})


def firm(connection: Connection, enterprise_id: str) -> Row | None:
    """The register row of an enterprise, with whom to ask for; ``None`` where it is not in the register."""
    found = rows(
        connection,
        """
        SELECT e.enterprise_id, e.name, e.enforcing_level AS level, e.division, e.sector, e.status, e.address,
               k.contact, k.phone
        FROM core.enterprises e LEFT JOIN plan.contacts k USING (enterprise_id) WHERE e.enterprise_id = $id
        """,
        {"id": enterprise_id},
    )
    return found[0] if found else None
