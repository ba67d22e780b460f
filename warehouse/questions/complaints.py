"""What of the deliveries could not be read or counted, as long as it stands."""

import json

from models.messages import Message
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows


def standing(connection: Connection) -> list[Row]:
    """Complaints that are not over: open before acknowledged, grave ones first.

    Each with ``said``, the sentence that tells it.
    """
    found = rows(
        connection,
        "FROM ops.complaints WHERE state <> 'over' "
        "ORDER BY state = 'acknowledged', NOT is_grave, source, kind, place",
    )
    return [row | {"said": Message(row["message"], json.loads(row["facts"]))} for row in found]
