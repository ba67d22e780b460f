"""Visits as a calendar (iCalendar, RFC 5545): one event a visit, for the calendars of those who go.

An event keeps its identity from plan to plan and its sequence rises with every change, so a calendar that is filled
again moves what has moved and takes back what was cancelled, or given to others.  The files are no invitations
(RFC 5546): they name no organiser and ask nobody, so they carry no METHOD.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from desk.say.visits import check_text, filing, people_text
from desk.words.labels import CHANGE
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row

QUARTERS = (time(9), time(10, 30), time(13, 30), time(15))
"""When the quarters of a crew's day begin, Asia/Shanghai; way and visit.  Hours are this project's assumption."""
QUARTER = timedelta(minutes=90)
ZONE = ZoneInfo("Asia/Shanghai")


def write_calendar(appointments: list[Row], path: Path, words: Words, *, as_of: date) -> None:
    """Write the events of appointments into a file (``calendar_of``)."""
    content = calendar_of(appointments, words, as_of=as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def calendar_of(appointments: list[Row], words: Words, *, as_of: date) -> bytes:
    """The events of appointments, stamped with the day of the plan that tells them.

    Of the plan, not of the export: the same plan gives the same bytes.  A row with ``ledger`` is told as the desk has
    it by now: ``planned_on``, ``begins_at``, ``ends_at``, ``is_filed``, ``is_cancelled``, ``changed_at``; or ``None``.
    """
    # Only a calendar needs the library; plans are mostly read as tables.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//riskcode//inspection plan//EN")
    calendar.add("version", "2.0")
    for row in appointments:
        event = Event()
        event.add("dtstamp", datetime.combine(as_of, time(), UTC))
        _fill(event, row, words)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _fill(event: Any, row: Row, words: Words) -> None:
    """Tell an appointment in an event."""
    start, end = hours(row)
    event.add("uid", row["visit_id"])
    event.add("sequence", _sequence(row))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("location", words.division(row["place"]))
    name = row["name"] or row["enterprise_id"]
    if row["is_cancelled"] or (row.get("ledger") and row["ledger"]["is_cancelled"]):
        gone = words.label(CHANGE, "cancelled")
        event.add("status", "CANCELLED")
        event.add("transp", "TRANSPARENT")
        event.add("summary", f"{gone}{words.colon}{name}")
        event.add(
            "description",
            f"{row['enterprise_id']} · {words.reason(row['because']) if row['is_cancelled'] else words('at the desk')}",
        )
        return
    event.add("status", "CONFIRMED")
    if not row["stands"]:
        event.add("summary", name)
        event.add("description", row["enterprise_id"])
        return
    event.add("summary", f"{name} · {words.channels(row)}")
    if row["longitude"] is not None and row["latitude"] is not None:
        event.add("geo", (row["latitude"], row["longitude"]))
    event.add("description", _description(row, words))


def hours(row: Row) -> tuple[datetime, datetime]:
    """From when to when a visit lasts: as it was filed, else by the quarters of its crew's day before it."""
    held = row.get("ledger")
    if held and held["is_filed"] and held["begins_at"] and held["ends_at"]:
        begun, over = (
            datetime.combine(held["planned_on"], held[name], ZONE) for name in ("begins_at", "ends_at")
        )
        return begun, over
    last = len(QUARTERS) - 1
    first = min(row["begins_after"], last)
    final = min(row["begins_after"] + max(row["quarter_days"], 1) - 1, last)
    start, end = (datetime.combine(row["planned_on"], QUARTERS[at], ZONE) for at in (first, final))
    return start, end + QUARTER


def _sequence(row: Row) -> int:
    """A number that only rises: a count of changes would begin anew where a visit comes back after it was forgotten.

    Days of plans; where the desk is asked as well, minutes.
    """
    days = vocab.day_number(row["changed_on"])
    if "ledger" not in row:
        return days
    changed = int(row["ledger"]["changed_at"].timestamp()) // 60 if row["ledger"] else 0
    return max(days * 24 * 60, changed)


def _description(row: Row, words: Words) -> str:
    lines = [
        f"{row['enterprise_id']} · {words.label(vocab.INSPECTION_MODE, row['mode'])}",
        f"{words.authority(row['level'], row['division'])} · {words.team(row['crew_id'])}",
        f"{words('officers')}{words.colon}{people_text(row, words)}",
        f"{words.within('deadline', 'due')}{words.colon}{row['due_on'] or '–'} · "
        f"{words('filing')}{words.colon}{filing(row, words)}",
        *(f"□ {check_text(check, words)}" for check in row["checks"]),
    ]
    return "\n".join(lines)
