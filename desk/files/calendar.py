"""Visits as a calendar (iCalendar): one event a visit, for the calendars of those who go.

An event keeps its identity from plan to plan, so a calendar that is filled again moves what has moved.
"""

from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from desk.say.visits import check_text, filing, people_text
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row

QUARTERS = (time(9), time(10, 30), time(13, 30), time(15))
"""When the quarters of a crew's day begin, Asia/Shanghai; way and visit.  Hours are this project's assumption."""
QUARTER = timedelta(minutes=90)
ZONE = ZoneInfo("Asia/Shanghai")


def write_calendar(visits: list[Row], path: Path, words: Words) -> None:
    """Write the events of planned visits."""
    # Only a calendar needs the library; plans are mostly read as tables.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//riskcode//inspection plan//EN")
    calendar.add("version", "2.0")
    for _, crew in groupby(visits, key=_crew_day):
        taken = 0
        for row in crew:
            calendar.add_component(_event(Event(), row, taken, words))
            taken += row["quarter_days"]
    calendar.add_missing_timezones()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(calendar.to_ical())


def _crew_day(row: Row) -> tuple[Any, ...]:
    return row["planned_on"], row["level"], row["division"], row["crew_id"]


def _event(event: Any, row: Row, taken: int, words: Words) -> Any:
    """An empty event filled with a visit."""
    start, end = hours(row, taken)
    event.add("uid", row["visit_id"])
    # The day of the plan, not of the export: the same plan gives the same file.
    event.add("dtstamp", datetime.combine(row["as_of"], time(), UTC))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", f"{row['name']} · {words.channels(row)}")
    event.add("location", words.division(row["place"]))
    if row["longitude"] is not None and row["latitude"] is not None:
        event.add("geo", (row["latitude"], row["longitude"]))
    event.add("description", _description(row, words))
    return event


def hours(row: Row, taken: int) -> tuple[datetime, datetime]:
    """From when to when a visit lasts that starts after so many quarters of its crew's day."""
    last = len(QUARTERS) - 1
    first = min(taken, last)
    final = min(taken + max(row["quarter_days"], 1) - 1, last)
    start, end = (datetime.combine(row["planned_on"], QUARTERS[at], ZONE) for at in (first, final))
    return start, end + QUARTER


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
