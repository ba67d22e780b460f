"""Nights that die with a portion of enterprises half written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from warehouse.connection import Connection
from warehouse.database import places
from warehouse.database.places import note_filled

Noted = tuple[str | None, ...]
"""Tables that are filled, and last the enterprise up to which, or nothing where they are filled for all."""


@contextmanager
def dying(when: Callable[[list[Noted]], bool]) -> Iterator[list[Noted]]:
    """Whoever fills tables inside dies by KeyboardInterrupt when this says so of what was to be noted until then."""
    noted: list[Noted] = []

    def note(connection: Connection, tables: tuple[str, ...], upto: str | None = None) -> None:
        noted.append((*tables, upto))
        if when(noted):
            raise KeyboardInterrupt
        note_filled(connection, tables, upto)

    with patch.object(places, "note_filled", note):
        yield noted


def at_portion(number: int, table: str) -> Callable[[list[Noted]], bool]:
    """At so many portions of a table."""
    return lambda noted: sum(one[0] == table for one in noted) == number
