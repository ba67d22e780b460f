"""What a long command is doing, told while it does it."""

import logging
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.status import Status

from warehouse.home import Home


class Progress(logging.Handler):
    """Shows what the run is doing, one line that changes on a terminal, plain lines elsewhere.

    It keeps a log in a home; in none (``None``) where the log itself is exchanged.
    """

    def __init__(self, home: Home | None, *, quiet: bool) -> None:
        super().__init__(logging.INFO)
        self.file = (
            logging.NullHandler() if home is None else logging.FileHandler(_log_of(home), encoding="utf-8")
        )
        self.file.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        # On the error stream, so that what is printed stays the result.
        self.console, self.quiet = Console(stderr=True, highlight=False), quiet
        self.status: Status | None = None
        self.log = logging.getLogger("riskcode")
        self.before = (logging.NOTSET, True)

    def __enter__(self) -> "Progress":
        self.before = (self.log.level, self.log.propagate)
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        self.log.addHandler(self)
        self.log.addHandler(self.file)
        if self.console.is_terminal and not self.quiet:
            self.status = self.console.status("starting …")
            self.status.start()
        return self

    def emit(self, record: logging.LogRecord) -> None:
        """Show one step."""
        if self.status is not None:
            self.status.update(record.getMessage())
        elif not self.quiet or record.levelno >= logging.WARNING:
            self.console.print(f"[dim]{datetime.now():%H:%M:%S} {record.getMessage()}[/]")

    def __exit__(self, *_: object) -> None:
        self.log.removeHandler(self)
        self.log.removeHandler(self.file)
        self.file.close()
        level, self.log.propagate = self.before
        self.log.setLevel(level)
        if self.status is not None:
            self.status.stop()


def _log_of(home: Home) -> Path:
    return home.prepare().logs / "runs.log"
