"""A process beside the desk that codes what comes in: ``./riskcode watch``, begun, looked after and ended with it."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from pipelines.settings import REPOSITORY, Settings

log = logging.getLogger("riskcode")

AGAIN_SECONDS = 5
"""Before a watch that ended by itself is begun again."""
_GRACE_SECONDS = 60
"""How long what is being coded may go on at the end; nothing is lost if it does not."""
WATCH = ("-m", "pipelines", "watch", "--until-eof")


@contextmanager
def watching(settings: Settings) -> Generator[None]:
    """Meanwhile what comes into the inbox is coded.

    A process of its own, for coding takes seconds of a core and pages must go on; it ends with its standard input,
    so it ends with this one even where this one is killed.
    """
    ends, keeper = threading.Event(), _Keeper(settings)
    thread = threading.Thread(target=keeper.go_on, args=(ends,), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        keeper.end()
        thread.join()


class _Keeper:
    def __init__(self, settings: Settings) -> None:
        self._environment = {**os.environ, "RISKCODE_HOME": str(settings.home.root)}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def go_on(self, ends: threading.Event) -> None:
        """Begin it, and begin it again when it has ended by itself."""
        while True:
            with self._lock:
                if ends.is_set():
                    return
                # Away from the terminal's group, so that it hears of Ctrl-C once, from here.
                self._process = subprocess.Popen(
                    [sys.executable, *WATCH],
                    cwd=REPOSITORY,
                    env=self._environment,
                    stdin=subprocess.PIPE,
                    start_new_session=True,
                )
            status = self._process.wait()
            if not ends.is_set():
                log.warning("watch ended with %s and is begun again", status)
            ends.wait(AGAIN_SECONDS)

    def end(self) -> None:
        """End it; it may finish what it is at."""
        with self._lock:
            process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                process.kill()
