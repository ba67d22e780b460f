"""Calls to another system while the desk runs: what happened is gathered, sent, and tried again until it is taken."""

import logging
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import duckdb
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from desk.words.words import Words
from models.errors import RiskcodeError
from pipelines.alerts import CALL, Alert, notify
from pipelines.settings import Settings
from pipelines.webhook import Webhook
from warehouse.clock import local_now
from warehouse.database.published import Published
from warehouse.field.calls import Call, due, gather, gather_refused, note_failed, note_taken
from warehouse.field.engine import Ledger
from warehouse.field.export import SOURCE
from warehouse.field.outbox import TABLES
from warehouse.field.tables import canonical
from warehouse.questions.records import refusals_of, refused_numbers

log = logging.getLogger("riskcode")

LOOK_SECONDS = 1
"""How often the ledger is asked whether anything happened; that takes a part of a millisecond."""
ALONE_SECONDS = 5
TELL_AFTER = 5
"""Tries of one call, after which somebody is told: about twenty minutes."""


@contextmanager
def calling(settings: Settings, ledger: Ledger) -> Generator[None]:
    """Meanwhile what happens is told to the other system, where settings name one."""
    if settings.webhook is None:
        yield
        return
    ends = threading.Event()
    arguments = (settings, settings.webhook, ledger, ends)
    thread = threading.Thread(target=_go_on, args=arguments, name="calls", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def _go_on(settings: Settings, webhook: Webhook, ledger: Ledger, ends: threading.Event) -> None:
    lock = FileLock(settings.home.root / "calls.lock", timeout=0)
    while not ends.is_set():
        try:
            with lock:
                _take_up(settings, webhook, ledger, ends)
        except Timeout:
            # Another desk of this home does it.
            ends.wait(ALONE_SECONDS)


def _take_up(settings: Settings, webhook: Webhook, ledger: Ledger, ends: threading.Event) -> None:
    published, mark, told = Published(settings.home), object(), ""
    while not ends.is_set():
        try:
            gather(ledger, local_now())
            if settings.home.published.exists() and published.mark != mark:
                mark = published.mark
                _gather_refused(published, ledger)
            for call in due(ledger, local_now()):
                if ends.is_set():
                    return
                if not make(settings, webhook, ledger, call):
                    # Who does not answer now is asked once a look.
                    break
            told = ""
        except (RiskcodeError, SQLAlchemyError, duckdb.Error, OSError) as error:
            if f"{error}" != told:
                log.warning("calls of the desk: %s", error)
                told = f"{error}"
        ends.wait(LOOK_SECONDS)


def make(settings: Settings, webhook: Webhook, ledger: Ledger, call: Call) -> bool:
    """Make one call; whether it was taken.  What is not taken is tried again later."""
    try:
        webhook.send(call.call_id, canonical(call.body), int(time.time()))
    except RiskcodeError as error:
        note_failed(ledger, call, f"{error}", local_now())
        if call.tries + 1 == TELL_AFTER:
            words = Words(settings.language)
            todo = words("It is tried again by itself. See whether the other system runs: RISKCODE_WEBHOOK")
            notify(settings.home, Alert(CALL, words.of(error), todo))
        return False
    note_taken(ledger, call, local_now())
    return True


def _gather_refused(published: Published, ledger: Ledger) -> None:
    """Keep calls for the rows of the desk that a new copy says are refused."""
    with published.reading() as copy:
        numbers = sorted(refused_numbers(copy, SOURCE))
        found = [
            {"table": table, "number": row["number"], "rules": row["rules"], "refused_on": row["refused_on"]}
            for table in (TABLES if numbers else ())
            for row in refusals_of(copy, SOURCE, table, numbers)
            if row["state"] == "open"
        ]
    gather_refused(ledger, found, local_now())
