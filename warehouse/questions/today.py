"""Which day it is for those who read the published copy."""

from datetime import date, datetime, timedelta

from warehouse.clock import local_today
from warehouse.database.frames import Connection
from warehouse.database.meta import CLOSED_ON, get_meta


def published_today(connection: Connection) -> date:
    """Today where deliveries go on; in a closed archive the later of its end and the day coded last."""
    closed = get_meta(connection, CLOSED_ON)
    return date.fromisoformat(closed) if closed else local_today()


def published_now(connection: Connection, now: datetime) -> datetime:
    """Now where deliveries go on; in a closed archive this hour of its day.

    By it the desk tells when something was filed, done and recorded: a demo city would not believe what is to come.
    """
    today = published_today(connection) if get_meta(connection, CLOSED_ON) else now.date()
    return datetime.combine(today, now.timetz())


def first_day_of_work(connection: Connection) -> date:
    """First day whose visits are still to be made: today; in a closed archive, whose last day is over, the next."""
    today = published_today(connection)
    return today + timedelta(days=1) if get_meta(connection, CLOSED_ON) else today
