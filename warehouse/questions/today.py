"""Which day it is for those who read the published copy."""

from datetime import date

from warehouse.clock import local_today
from warehouse.database.frames import Connection
from warehouse.database.meta import CLOSED_ON, get_meta


def published_today(connection: Connection) -> date:
    """Today where deliveries go on; in a closed archive the later of its end and the day coded last."""
    closed = get_meta(connection, CLOSED_ON)
    return date.fromisoformat(closed) if closed else local_today()
