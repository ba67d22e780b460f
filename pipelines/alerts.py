"""Alerts: what a person has to know of, each once, in ``logs/alerts.jsonl`` and told to a program of the operator.

The program is ``RISKCODE_NOTIFY``: its words are split as a shell splits them, it runs without a shell, gets the
alert as one line of JSON on its standard input, and ends with 0 within ten seconds.
"""

import json
import logging
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from desk.words.words import Words
from models.errors import WarehouseError
from pipelines.settings import load_settings
from warehouse.clock import LOCAL
from warehouse.home import Home
from warehouse.intake.sources import tamed

RUN, RETRIED, SOURCE, TICK = "run", "retried", "source", "tick"
"""Kinds: a run failed, one did and succeeded when tried again, a source was set aside, a sensor or schedule failed."""
LATE, RECOVERED, NOTIFIER = "late", "recovered", "notifier"
"""Further kinds: a night is missed, it is made up for, ``RISKCODE_NOTIFY`` failed."""

SECONDS = 10
"""How long the operator's program may take: a sensor waits for it."""
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


def notify(home: Home, alert: Alert) -> None:
    """Write an alert down and tell the operator's program.  Whatever goes wrong with it is written down, not raised."""
    line = _write(home, alert)
    try:
        settings = load_settings()
        failure = _told(settings.notify, line) if settings.notify else None
        words = Words(settings.language)
    except Exception as error:
        failure, words = str(error), Words("en")
    if failure:
        todo = words("The alert before this one was not told to anybody. Correct RISKCODE_NOTIFY.")
        _write(home, Alert(NOTIFIER, failure, todo))


def alerts(home: Home) -> list[Written]:
    """All that were written, newest first.  Raises WarehouseError where a line is none."""
    file = alerts_file(home)
    return [*_read(file)][::-1] if file.exists() else []


def since_publication(home: Home) -> list[Written]:
    """What a person has to see to: alerts since the published copy was made, newest first.

    Raises WarehouseError as ``alerts`` does.
    """
    told = [one for one in alerts(home) if one.kind != RECOVERED]
    if not home.published.exists():
        return told
    published_at = home.published.stat().st_mtime
    return [one for one in told if datetime.fromisoformat(one.at).timestamp() > published_at]


def likeness(cause: str) -> str:
    """What a cause has in common with the same one at another time: it, without its numbers, addresses and ids."""
    return re.sub(r"\b[0-9a-fx-]*\d[0-9a-fx-]*\b", "#", " ".join(cause.split()))[:LONGEST]


def _write(home: Home, alert: Alert) -> str:
    at = datetime.now(LOCAL).isoformat(timespec="milliseconds")
    facts = asdict(alert) | {"cause": tamed(alert.cause)[:LONGEST]}
    line = json.dumps({"at": at, **facts}, ensure_ascii=False)
    try:
        with alerts_file(home.prepare()).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except (OSError, WarehouseError) as error:
        log.error("an alert could not be written down (%s): %s", error, line)
    return line


def _told(command: str, line: str) -> str | None:
    """Tell a program.  Returns what went wrong."""
    try:
        done = subprocess.run(
            shlex.split(command),
            input=f"{line}\n".encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"{command}: {error}"
    said = done.stderr.decode(errors="replace").strip()
    return f"{command}: exit code {done.returncode}: {said}" if done.returncode else None


def _read(file: Path) -> Iterator[Written]:
    for at, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield Written(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise WarehouseError(
                "Line {line} of {file} is no alert. Move the file away; a new one is begun.",
                line=at,
                file=file,
            ) from error
