"""What is published that a person must see to: sources set aside, REDs overdue, objections to be decided, alarms.

Each is told once, and again when it is over and comes back.  What was told stands in ``logs/told.json``.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from filelock import FileLock

from desk.say.complaints import complaint
from desk.say.monitoring import LOOK, title
from desk.words.words import Words
from models.calendar import add_working_days
from models.errors import RiskcodeError, WarehouseError
from models.messages import Message
from pipelines.alerts import ALARM, OBJECTION, OVERDUE, RECOVERED, RUN, SOURCE, Alert, notify
from pipelines.settings import Settings
from warehouse.clock import local_today
from warehouse.database.copies import put_in_place
from warehouse.database.frames import Connection
from warehouse.database.reading import reading
from warehouse.faults import fault_of
from warehouse.home import Home
from warehouse.questions import codes, disputes, monitoring
from warehouse.questions.complaints import standing
from warehouse.questions.nights import last_night

log = logging.getLogger("riskcode")

_NAMED = 10
"""Things of one kind that are named at a time; the rest is counted."""


class News(NamedTuple):
    """What stands of one kind: by what each is known again, its name, and the messages about some of them.

    ``say`` gets how many stand and the names of those that are new.  No name is one of a person or an enterprise.
    """

    stands: Mapping[str, str]
    say: Callable[[int, Sequence[str]], Sequence[str]]
    todo: str


def tell_news(home: Home, settings: Settings) -> list[str]:
    """Tell what is new in the published copy, by ``notify``.  Returns the kinds that were told.

    It is remembered before it is told: where nothing can be remembered nothing is told, rather than over and over.
    A closed archive tells what could not be read and nothing else: its clocks are of the past.  Raises WarehouseError
    where the copy cannot be read or what was told cannot be known, OSError where it cannot be written.
    """
    if not home.published.exists():
        return []
    told, day = list[str](), last_night(home)
    with FileLock(home.prepare().logs / "told.lock"):
        before = _remembered(home)
        for kind, news in _news(home, Words(settings.language), is_live=day is not None).items():
            known = before.get(kind, [])
            new = [name for key, name in news.stands.items() if key not in known]
            if list(news.stands) != known:
                before[kind] = list(news.stands)
                _remember(home, before)
            if not new:
                continue
            said, of = news.say(len(news.stands), new), f"{day}" if day else None
            # All of them, even where one could neither be told nor written.
            are_told = [notify(home, Alert(kind, one, news.todo, day=of)) for one in said]
            if all(are_told):
                told.append(kind)
            else:
                before[kind] = known
                _remember(home, before)
    return told


def tell_failure(settings: Settings, error: Exception, *, job: str, day: date | None = None) -> None:
    """Tell that a night failed which nobody looked at: without a daemon nobody else does."""
    words, known = Words(settings.language), fault_of(error) or error
    cause = words.of(known) if isinstance(known, RiskcodeError) else f"{type(error).__name__}: {error}"
    todo = words("The published copy is as it was. Correct the cause, then run again: ./riskcode run")
    notify(settings.home, Alert(RUN, cause, todo, job=job, day=f"{day}" if day else None))


def tell_made_up_for(settings: Settings, days: Sequence[date], *, job: str) -> None:
    """Tell of nights that were missed and have been coded now."""
    if days:
        words = Words(settings.language)
        cause = words("Missed and made up for: {days}.", days=words.listing(f"{day}" for day in days))
        notify(settings.home, Alert(RECOVERED, cause, words("Nothing is to be done."), job=job))


def tell_news_of_run(home: Home, settings: Settings) -> None:
    """Tell what is new after a run, which has done its work whatever becomes of this."""
    try:
        tell_news(home, settings)
    except (RiskcodeError, OSError, duckdb.Error) as error:
        log.warning("the news of the publication could not be told: %s", error)


def _news(home: Home, words: Words, *, is_live: bool) -> dict[str, News]:
    with reading(home, measured=is_live) as connection:
        sources = {SOURCE: _sources(connection, words)}
        if not is_live:
            return sources
        return sources | {
            OVERDUE: _overdue(connection, words),
            OBJECTION: _objections(connection, words, local_today()),
            ALARM: _alarms(connection, words, is_measured=home.published_measures.exists()),
        }


def _sources(connection: Connection, words: Words) -> News:
    """Grave complaints that nobody has acknowledged."""
    stands = {
        row["complaint_id"]: complaint(row | {"said": _unquoted(row["said"])}, words)
        for row in standing(connection)
        if row["is_grave"] and row["state"] == "open"
    }

    def say(_: int, new: Sequence[str]) -> list[str]:
        more = len(new) - _NAMED
        rest = words.plural(
            "{n} more source, file or table could not be read.",
            "{n} more sources, files or tables could not be read.",
            more,
        )
        return [*new[:_NAMED], *([rest] if more > 0 else [])]

    return News(stands, say, words(LOOK["complaints"]))


def _unquoted(said: Message) -> Message:
    facts = {
        name: "…" if isinstance(fact, str) and name not in _NAMES else fact
        for name, fact in said.facts.items()
    }
    return Message(said.message, facts)


_NAMES = frozenset(
    {
        "delivered",
        "file",
        "folder",
        "kind",
        "mapping",
        "name",
        "name_2",
        "path",
        "refused",
        "rule",
        "table",
        "wanted",
    }
)
"""Texts in a complaint that name something.  Others may quote a row, a header that is one, or a query with its
password, and an alert leaves the house."""


def _overdue(connection: Connection, words: Words) -> News:
    stands = {f"{row['enterprise_id']} {row['red_since']}": "" for row in codes.overdue(connection)}

    def say(stand: int, new: Sequence[str]) -> list[str]:
        said = words.plural(
            "{n} RED enterprise has not had its special inspection in time; new: {new}.",
            "{n} RED enterprises have not had their special inspection in time; new: {new}.",
            stand,
            new=len(new),
        )
        return [said]

    return News(stands, say, words("See which, and whom the plan sends: ./riskcode queue"))


def _objections(connection: Connection, words: Words, today: date) -> News:
    """Those whose decision is due by the next working day, and once more when it is overdue."""
    last, _ = add_working_days(today, 1)
    stands = dict[str, str]()
    for row in disputes.objections(connection, day=today, state="open"):
        number, due = row["objection_id"], row["decide_by"]
        if row["is_overdue"]:
            stands[f"{number} overdue"] = words("{number} (overdue since {day})", number=number, day=due)
        elif due <= last:
            stands[f"{number} due"] = words("{number} (by {day})", number=number, day=due)

    def say(_: int, new: Sequence[str]) -> list[str]:
        return [words("Objections to be decided: {numbers}.", numbers=_named(new, words))]

    return News(stands, say, words("See them and decide: ./riskcode objection list --state open"))


def _alarms(connection: Connection, words: Words, *, is_measured: bool) -> News:
    stands = dict[str, str]()
    for row in monitoring.alarms(connection) if is_measured else ():
        measure, group = title(row["metric"], words), words.either(row, "group")
        key = " ".join((row["metric"], row["group_kind"], row["group_value"]))
        stands[key] = f"{measure}{words.colon}{group}" if group else measure

    def say(_: int, new: Sequence[str]) -> list[str]:
        return [words("New alarms of monitoring: {alarms}.", alarms=_named(new, words))]

    return News(stands, say, words("See what was found and what to look at: ./riskcode monitor"))


def _named(names: Sequence[str], words: Words) -> str:
    more = len(names) - _NAMED
    return words.listing([*names[:_NAMED], *([words("{n} more", n=more)] if more > 0 else [])])


def _file(home: Home) -> Path:
    return home.logs / "told.json"


def _remembered(home: Home) -> dict[str, list[str]]:
    file = _file(home)
    if not file.exists():
        return {}
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
        return {kind: [*keys] for kind, keys in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise WarehouseError(
            "{file} does not say what was told. Move it away; what stands is told once more.", file=file
        ) from error


def _remember(home: Home, told: Mapping[str, Sequence[str]]) -> None:
    """Whole or not at all: written beside, then put in its place."""
    beside = _file(home).with_suffix(".new")
    beside.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    put_in_place(beside, _file(home))
