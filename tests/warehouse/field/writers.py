"""Writers for tests: a process with many threads that file visits, and one that dies at a statement.

``python -m tests.warehouse.field.writers HOME THREADS WRITES FIRST BEGIN_AT`` prints, as JSON, how long each write
waited in seconds and what went wrong; all begin at the same moment (seconds since 1970).
"""

import json
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import event

from tests.worlds.field import filing
from tests.worlds.ledgers import EVENING_BEFORE, LIXIA, ask, known, ledger_of
from warehouse.field.engine import URL_SETTING, Ledger
from warehouse.field.users import User, users
from warehouse.field.visit import Brought
from warehouse.field.visits import begin, take
from warehouse.home import Home


def write_many(
    ledger: Ledger, writer: User, number: int, writes: int, waits: list[float], wrong: list[str]
) -> None:
    """Begin a visit and edit it so many times."""
    try:
        visit = None
        for one in range(writes):
            begun = time.monotonic()
            request = ask(visit or 0, EVENING_BEFORE + timedelta(seconds=one))
            if visit is None:
                visit = begin(ledger, writer, UUID(int=number), LIXIA, filing(), request)
            else:
                form = Brought(filing=filing(basis=f"安全生产法 {one}"))
                visit = take(ledger, writer, visit.visit_id, "edit", request, form, known())
            waits.append(time.monotonic() - begun)
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")


def main(home: str, threads: int, writes: int, first: int, begin_at: float) -> None:
    """So many threads at once."""
    waits, wrong = list[float](), list[str]()
    with ledger_of(Home(Path(home)), os.environ.get(URL_SETTING)) as ledger:
        (writer,) = users(ledger)
        ready = threading.Barrier(threads)

        def run(number: int) -> None:
            ready.wait()
            time.sleep(max(0.0, begin_at - time.time()))
            write_many(ledger, writer, number, writes, waits, wrong)

        all_of_them = [threading.Thread(target=run, args=(first + n,)) for n in range(threads)]
        for one in all_of_them:
            one.start()
        for one in all_of_them:
            one.join()
    json.dump({"waits": waits, "wrong": wrong}, sys.stdout)


def dying_at(ledger: Ledger, statement: int) -> None:
    """Let this process die, as by a failing machine, just before so many statements were executed."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(ledger.engine, "before_cursor_execute", count)
    event.listen(ledger.engine, "commit", count)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]))
