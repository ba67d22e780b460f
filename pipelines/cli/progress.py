"""What a long command is doing, told while it does it."""

import logging
from datetime import datetime
from logging.handlers import RotatingFileHandler

from rich.console import Console
from rich.status import Status

from warehouse.clock import LOCAL, local_now
from warehouse.database.frames import parts
from warehouse.home import Home


class Progress(logging.Handler):
    """Shows what the run is doing, one line that changes on a terminal, plain lines elsewhere.

    It keeps a log in a home; in none (``None``) where the log itself is exchanged.
    """

    def __init__(self, home: Home | None, *, quiet: bool) -> None:
        super().__init__(logging.INFO)
        self.file = logging.NullHandler() if home is None else _log_of(home)
        self.file.addFilter(_by_the_clock)
        self.file.addFilter(lambda record: record.name != parts.name)
        self.file.setFormatter(logging.Formatter("%(at)s %(process)d %(message)s"))
        # On the error stream, so that what is printed stays the result.
        self.console, self.quiet = Console(stderr=True, highlight=False), quiet
        self.status: Status | None = None
        self.step = ""
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
        if record.name == parts.name:
            # Of use to who waits, not to who reads it afterwards.
            if self.status is not None:
                self.status.update(f"{self.step}: {record.getMessage()}")
            return
        self.step = record.getMessage()
        if self.status is not None:
            self.status.update(self.step)
        elif not self.quiet or record.levelno >= logging.WARNING:
            self.console.print(f"[dim]{local_now():%H:%M:%S} {record.getMessage()}[/]")

    def __exit__(self, *_: object) -> None:
        self.log.removeHandler(self)
        self.log.removeHandler(self.file)
        self.file.close()
        level, self.log.propagate = self.before
        self.log.setLevel(level)
        if self.status is not None:
            self.status.stop()


def _by_the_clock(record: logging.LogRecord) -> bool:
    """Let a record bear its time by the bureau's clock, with its offset, as in every other log."""
    record.at = datetime.fromtimestamp(record.created, LOCAL).isoformat(timespec="milliseconds")
    return True


_LONGEST_BYTES, _KEPT = 5_000_000, 5
"""Of the log of runs: after so many bytes a new file is begun, and so many older ones stay."""


def _log_of(home: Home) -> logging.Handler:
    file = home.prepare().logs / "runs.log"
    handler = RotatingFileHandler(file, maxBytes=_LONGEST_BYTES, backupCount=_KEPT, encoding="utf-8")
    # On a full disk the command itself says so; pages of why its log could not be written would hide it.
    handler.handleError = lambda record: None
    return handler
