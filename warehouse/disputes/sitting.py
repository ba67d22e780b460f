"""Who may write when: whoever decides at a desk needs the lock, the codes that were issued, and a day to decide on.

The command line and a server sit at the same desk.
"""

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from models.errors import DayError
from models.policy import Policy
from warehouse.clock import local_today
from warehouse.coding.coding import Coding
from warehouse.connection import writing
from warehouse.database.frames import Connection
from warehouse.database.runs import last_issued
from warehouse.home import Home
from warehouse.intake.inbox import city_today
from warehouse.intraday import coded_day, updating
from warehouse.resume import resume
from warehouse.rules.in_force import coding_on


@dataclass(frozen=True)
class Desk:
    """The warehouse, held for writing, and the day something about it is decided."""

    connection: Connection
    home: Home
    pack: Policy
    on: date
    as_of: date
    known_at: date

    def coding(self, enterprise_id: str) -> Coding:
        """The coding of the last day, for one enterprise, as known on the day of the decision."""
        return coding_on(
            self.connection,
            self.pack,
            self.as_of,
            known_at=self.known_at,
            only=(enterprise_id,),
        )

    @contextmanager
    def deciding(self, enterprise_id: str) -> Generator[None]:
        """What is decided inside about an enterprise is written with the code that follows, or not at all.

        Then readers are told; of who dies before that, ``warehouse.resume`` tells them.
        """
        with updating(
            self.connection,
            self.home,
            self.pack,
            known_at=self.known_at,
            run_id=f"objection-{uuid.uuid4()}",
            also=(enterprise_id,),
        ):
            yield


_PATIENCE_SECONDS = 3
"""Who looks whether something was left half-way holds the lock for a moment."""


@contextmanager
def at_the_desk(home: Home, pack: Policy, on: date | None) -> Generator[Desk]:
    """The warehouse, held for writing; ``on`` is the day of the decision (default: today).

    What others began is carried through first.  ``pack`` holds in a home where no pack was activated.  Raises BusyError
    while a run writes, ScoreError where no day is coded, DayError for a day before the one coded last or after today.
    """
    with writing(home, wait_seconds=_PATIENCE_SECONDS) as connection:
        as_of, today = coded_day(connection), city_today(connection)
        resume(connection, home, pack)
        day = on or today
        if not as_of <= day <= max(today, local_today()):
            raise DayError(
                "On {day} nothing can be decided: from the day coded last ({as_of}) to today.",
                day=day,
                as_of=as_of,
            )
        # What was known when codes were issued stays known, even if this comes to the desk with an earlier date.
        last = last_issued(connection)
        known_at = max(as_of, day, *([last.known_at] if last else []))
        yield Desk(connection, home, pack, day, as_of, known_at)
