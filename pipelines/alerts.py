"""Alerts: what a person has to know of, each once, in ``logs/alerts.jsonl`` and told by ``RISKCODE_NOTIFY``.

What is told leaves the house.  It holds a title (which installation, kind, job, day) and a text (cause, next step), and
nothing that a delivery says of a person.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from desk.words.labels import ALERT
from desk.words.words import Words
from models.errors import RiskcodeError, WarehouseError
from pipelines.notification import send
from pipelines.settings import load_settings
from warehouse.clock import local_now
from warehouse.home import Home
from warehouse.intake.sources import tamed

RUN, RETRIED, SOURCE, TICK = "run", "retried", "source", "tick"
"""Kinds: a run failed, one did and succeeded when tried again, a source was set aside, a sensor or schedule failed."""
LATE, RECOVERED, NOTIFIER = "late", "recovered", "notifier"
"""Further kinds: a night is missed, it is made up for, ``RISKCODE_NOTIFY`` failed."""
OVERDUE, OBJECTION, ALARM = "overdue", "objection", "alarm"
"""Kinds of news (``pipelines.bulletin``): REDs overdue, objections to be decided, alarms of monitoring."""
CALL = "call"
"""A further kind: another system does not take what it is called for (``pipelines.calls``)."""
NO_FAULTS = frozenset({RECOVERED, OVERDUE, OBJECTION, ALARM})
_QUOTING = frozenset({RUN, RETRIED, TICK})
"""Kinds whose cause is said by whatever failed, and may quote what it was working on."""

LONGEST = 2_000
"""Characters of a cause that are kept: a log has the rest."""

log = logging.getLogger("riskcode")


@dataclass(frozen=True)
class Alert:
    """One thing to know of, its innermost cause and what to do; of which run, job and coded day, where it is of one."""

    kind: str
    cause: str
    todo: str
    run_id: str | None = None
    job: str | None = None
    day: str | None = None


@dataclass(frozen=True)
class Written(Alert):
    """An alert as it was written down; ``at``: when, with its zone."""

    at: str = ""


def alerts_file(home: Home) -> Path:
    """One line of JSON an alert, oldest first."""
    return home.logs / "alerts.jsonl"


def notify(home: Home, alert: Alert) -> bool:
    """Write an alert down and tell it.  Whatever goes wrong with telling is written down, not raised.

    Returns whether somebody can know of it: ``False`` where it could neither be written down nor told.
    """
    is_written = _write(home, alert)
    words = Words("en")
    try:
        settings = load_settings()
        words = Words(settings.language)
        if settings.notify:
            title, text = title_of(home, alert, words), text_of(alert, words)
            send(settings.notify, title, text, is_fault=alert.kind not in NO_FAULTS | {RETRIED})
            return True
    except Exception as error:
        failure = words.of(error) if isinstance(error, RiskcodeError) else type(error).__name__
        if isinstance(error, ImportError | OSError):
            failure += f": {error}"
        todo = words("The alert before this one was not told to anybody. Try: ./riskcode doctor --notify")
        _write(home, Alert(NOTIFIER, failure, todo))
    return is_written


def title_of(home: Home, alert: Alert, words: Words) -> str:
    """Which installation, kind, job and day.

    It begins with a word that is always the same: groups of some services take messages with a given word only.
    """
    name = home.root.name.lstrip(".")
    of = [words.label(ALERT, alert.kind), *filter(None, (alert.job, alert.day))]
    return f"riskcode{'' if name in ('', 'riskcode') else f' {name}'} · {' · '.join(of)}"


def text_of(alert: Alert, words: Words) -> str:
    """Cause and next step; a cause that may quote something is told without what it may quote."""
    cause = tamed(alert.cause)[:LONGEST]
    said = _without_quotes(cause) if alert.kind in _QUOTING else cause
    hint = (
        words("“…” stands for what may be about a person; logs/alerts.jsonl has it.") if said != cause else ""
    )
    return "\n".join(filter(None, (said, alert.todo, hint)))


def _without_quotes(cause: str) -> str:
    return _QUOTED.sub(lambda found: found[0] if found["day"] else "…", cause)


_QUOTED = re.compile(
    r"(?P<day>\b\d{4}-\d\d-\d\d(?!\d))"
    r"""|"[^"]*"|(?<!\w)'[^']*'|`[^`]*`|“[^”]*”"""
    r"|\S+@\S+"
    r"|\w*[\u3400-\u9fff\U00020000-\U0003ffff][\w·]*"
    r"|\d(?:[ -]?\w*\d){5,}\w*"
)
"""A day, which stays; what stands in quotes, addresses, Chinese (what fails speaks English), and numbers of six digits
or more: of persons, telephones, firms and runs."""


def alerts(home: Home) -> list[Written]:
    """All that were written and can be read, newest first.  Raises WarehouseError where there is no such file."""
    return [one for _, one in _read(alerts_file(home)) if one is not None][::-1]


def unreadable_lines(home: Home) -> list[int]:
    """Numbers of the lines that are no alerts: cut off when the machine went off, or changed by hand."""
    return [at for at, one in _read(alerts_file(home)) if one is None]


def since_publication(home: Home) -> list[Written]:
    """What failed since the published copy was made, newest first; news of that copy is not counted."""
    told = [one for one in alerts(home) if one.kind not in NO_FAULTS]
    if not home.published.exists():
        return told
    published_at = home.published.stat().st_mtime
    return [one for one in told if datetime.fromisoformat(one.at).timestamp() > published_at]


def brief(cause: str) -> str:
    """A cause as it stands in a list, without a full stop of its own."""
    return cause.rstrip(".") if len(cause) <= _BRIEF else f"{cause[:_BRIEF].rstrip()} …"


_BRIEF = 200
"""Characters of a cause in a list."""


def likeness(cause: str) -> str:
    """What a cause has in common with the same one at another time: it, without its numbers, addresses and ids."""
    return re.sub(r"\b[0-9a-fx-]*\d[0-9a-fx-]*\b", "#", " ".join(cause.split()))[:LONGEST]


def _write(home: Home, alert: Alert) -> bool:
    at = local_now().isoformat(timespec="milliseconds")
    facts = asdict(alert) | {"cause": tamed(alert.cause)[:LONGEST]}
    line = json.dumps({"at": at, **facts}, ensure_ascii=False)
    try:
        with alerts_file(home.prepare()).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return True
    except (OSError, WarehouseError) as error:
        log.error("an alert could not be written down (%s): %s", error, line)
        return False


def _read(file: Path) -> Iterator[tuple[int, Written | None]]:
    """Each line by its number; a last one without its end is being written, or was when the machine went off."""
    if not file.exists():
        return
    try:
        whole, _, _ = file.read_bytes().rpartition(b"\n")
    except OSError as error:
        raise WarehouseError(
            "{file} cannot be read ({error}). Move it away; a new one is begun.", file=file, error=error
        ) from error
    for at, line in enumerate(whole.splitlines(), start=1):
        yield at, _written(line)


def _written(line: bytes) -> Written | None:
    try:
        told: dict[str, Any] = json.loads(line)
        datetime.fromisoformat(told["at"]).astimezone()
        is_text = all(isinstance(told[name], str) for name in ("kind", "cause", "todo"))
        return Written(**told) if is_text else None
    except (ValueError, TypeError, KeyError):
        return None
