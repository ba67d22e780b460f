"""Acts asked for at the desk, carried out: what the command line does, from the ledger, one act after another.

The desk never opens the warehouse.  A process beside it does the act as ``./riskcode objection`` and ``override`` do:
under the lock of the warehouse, in one transaction with the code that follows; then readers are told.  While a run
writes, it waits.  Whoever dies after the act and before the ledger knows of it does it again, and finds it done.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from desk.words.words import kept
from models.errors import BusyError, DisputeError, RiskcodeError
from models.messages import Message
from models.policy import load_policy
from pipelines.settings import REPOSITORY, Settings, load_settings
from warehouse.clock import local_now
from warehouse.disputes.decisions import (
    WITHDRAWN_BY_FILER,
    Ruling,
    decide_objection,
    is_decided_so,
    undecided,
    withdraw_objection,
)
from warehouse.disputes.objections import Filing, file_objection
from warehouse.disputes.overrides import Given, end_override, enterprise_of, give_override, is_given_so
from warehouse.disputes.sitting import Desk, at_the_desk
from warehouse.disputes.what_if import Datum
from warehouse.field.acts import Act, ended_unforeseen, put_off, settle, waiting
from warehouse.field.engine import Ledger

log = logging.getLogger("riskcode")

LOOK_SECONDS = 0.5
"""How often the ledger is asked for acts; that takes a part of a millisecond."""
AGAIN_SECONDS = (2, 5, 15, 60)
"""Before an act that had to wait is tried again: the first, second … time."""
ALONE_SECONDS = 30
"""How often whoever is not alone asks whether the other has gone."""
MOST_UNFORESEEN = 5
"""Ends of an act that nobody foresaw, after which it is refused: it would wait for ever."""
_LONGEST_LOGGED = 20_000
"""Characters of what an act wrote before it died: a traceback, whole."""
_LONGEST_SECONDS = 15 * 60
"""After which an act that does not end is given up, to be tried again."""


def carry_out(settings: Settings, kind: str, on: date, told: Mapping[str, Any]) -> str:
    """Do an act; the number of the objection or the override.  ``on``: the day it was asked on.

    Raises DisputeError where it cannot be done like that, BusyError while a run writes.
    """
    with at_the_desk(settings.home, load_policy(settings.pack), None) as desk:
        # A night may have gone by since.
        return _ACTS[kind](replace(desk, on=min(max(on, desk.as_of), desk.on)), told)


def _file(desk: Desk, told: Mapping[str, Any]) -> str:
    datum = told.get("datum")
    filing = Filing(
        told["enterprise_id"],
        told["by"],
        told["grounds"],
        desk.on,
        filer=told["filer"],
        datum=Datum(*datum) if datum else None,
        corrections=told.get("corrections") or {},
        late_reason=told.get("late_reason"),
        new_evidence=told.get("new_evidence"),
    )
    with desk.deciding(filing.enterprise_id):
        return file_objection(desk.connection, desk.coding(filing.enterprise_id), filing)


def _decide(desk: Desk, told: Mapping[str, Any]) -> str:
    ruling = Ruling(
        told["objection_id"],
        told["outcome"],
        told["by"],
        told["reasons"],
        desk.on,
        remedy=told.get("remedy"),
        corrections=told.get("corrections") or {},
        code=told.get("code"),
        until=date.fromisoformat(told["until"]) if told.get("until") else None,
    )
    if not is_decided_so(desk.connection, ruling):
        enterprise_id = undecided(desk.connection, ruling.objection_id).enterprise_id
        with desk.deciding(enterprise_id):
            decide_objection(desk.connection, desk.coding(enterprise_id), ruling)
    return ruling.objection_id


def _withdraw(desk: Desk, told: Mapping[str, Any]) -> str:
    number, by, reasons = (told[name] for name in ("objection_id", "by", "reasons"))
    ruling = Ruling(number, WITHDRAWN_BY_FILER, by, reasons, desk.on, noted_by=told.get("noted_by"))
    if not is_decided_so(desk.connection, ruling):
        with desk.deciding(undecided(desk.connection, ruling.objection_id).enterprise_id):
            withdraw_objection(desk.connection, ruling)
    return ruling.objection_id


def _give(desk: Desk, told: Mapping[str, Any]) -> str:
    first, until = (date.fromisoformat(told[name]) for name in ("first_day", "until"))
    given = Given(told["enterprise_id"], told["code"], first, until, told["reason"], told["by"], desk.on)
    if (there := is_given_so(desk.connection, given)) is not None:
        return there
    given = replace(given, first_day=max(first, desk.as_of))
    with desk.deciding(given.enterprise_id):
        return give_override(desk.connection, desk.coding(given.enterprise_id), given)


def _end(desk: Desk, told: Mapping[str, Any]) -> str:
    number = told["override_id"]
    with desk.deciding(enterprise_of(desk.connection, number)):
        end_override(
            desk.connection,
            number,
            by=told["by"],
            reason=told["reason"],
            on=desk.on,
            first_day_without=desk.as_of,
        )
    return number


_ACTS: Mapping[str, Callable[[Desk, Mapping[str, Any]], str]] = {
    "file": _file,
    "decide": _decide,
    "withdraw": _withdraw,
    "give": _give,
    "end": _end,
}


@contextmanager
def carrying(settings: Settings, ledger: Ledger) -> Generator[None]:
    """Meanwhile acts are carried out as they are asked for; what cannot be done yet is tried again."""
    ends = threading.Event()
    thread = threading.Thread(target=_go_on, args=(settings, ledger, ends), name="acts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def _go_on(settings: Settings, ledger: Ledger, ends: threading.Event) -> None:
    lock = FileLock(settings.home.root / "acts.lock", timeout=0)
    while not ends.is_set():
        try:
            with lock:
                _take_up(settings, ledger, ends)
        except Timeout:
            # Another desk of this home does them.
            ends.wait(ALONE_SECONDS)


def _take_up(settings: Settings, ledger: Ledger, ends: threading.Event) -> None:
    again, told = dict[str, float](), ""
    while not ends.is_set():
        try:
            due = [one for one in waiting(ledger) if again.get(one.act_id, 0) <= time.monotonic()]
            for act in due:
                if ends.is_set():
                    return
                if not carry(settings, ledger, act):
                    pause = AGAIN_SECONDS[min(act.tries, len(AGAIN_SECONDS) - 1)]
                    again[act.act_id] = time.monotonic() + pause
            told = ""
        except (RiskcodeError, SQLAlchemyError, OSError) as error:
            if f"{error}" != told:
                log.warning("acts of the desk: %s", error)
                told = f"{error}"
        ends.wait(LOOK_SECONDS)


def carry(settings: Settings, ledger: Ledger, act: Act) -> bool:
    """Carry one act out in a process of its own, and note how it ended; ``False`` where it waits."""
    asked = {"kind": act.kind, "on": act.asked_on.isoformat(), "told": dict(act.told)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.acts"],
            cwd=REPOSITORY,
            env={**os.environ, "RISKCODE_HOME": str(settings.home.root)},
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
            # Away from the terminal's group: Ctrl-C ends the desk after the act, not in the middle of it.
            start_new_session=True,
        )
        outcome, why = _outcome(done.stdout), done.stderr.strip()[-_LONGEST_LOGGED:]
    except subprocess.TimeoutExpired as error:
        outcome, why = None, f"{error}"
    if outcome is None:
        log.error("act %s did not end as it should: %s", act.act_id, why)
        outcome = _unforeseen(ended_unforeseen(ledger, act.act_id, now=local_now()))
    if outcome["state"] == "waits":
        put_off(ledger, act.act_id, outcome.get("said"))
        return False
    settle(ledger, act.act_id, number=outcome.get("number"), said=outcome.get("said"), now=local_now())
    return True


def _unforeseen(times: int) -> dict[str, Any]:
    """What follows for an act that ended so many times in a way nobody foresaw."""
    if times >= MOST_UNFORESEEN:
        said = Message(
            "it failed {n} times for a reason that lies in the program. Ask the administrator: the log of the desk "
            "has the reason",
            {"n": times},
        )
        return {"state": "refused", "said": kept(said)}
    return {"state": "waits", "said": kept(Message("the last try failed; it is tried again by itself"))}


def _outcome(told: str) -> dict[str, Any] | None:
    """How an act ended, by the last line it told; ``None`` where that says nothing."""
    try:
        outcome: dict[str, Any] = json.loads(told.splitlines()[-1])
        return outcome if outcome["state"] in ("done", "refused", "waits") else None
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def main() -> None:
    """One act as JSON from the standard input; how it ended as JSON: done, refused, or that it waits."""
    asked = json.load(sys.stdin)
    try:
        number = carry_out(load_settings(), asked["kind"], date.fromisoformat(asked["on"]), asked["told"])
        outcome: dict[str, Any] = {"state": "done", "number": number}
    except DisputeError as error:
        outcome = {"state": "refused", "said": kept(error)}
    except BusyError:
        # Who runs what where is nothing for those who wait.
        outcome = {
            "state": "waits",
            "said": kept(Message("a run is writing; it is done when that has ended")),
        }
    except RiskcodeError as error:
        outcome = {"state": "waits", "said": kept(error)}
    sys.stdout.write(json.dumps(outcome) + "\n")


if __name__ == "__main__":
    main()
