"""What a file of a pack says on one day: the one walk over everything that is dated."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from models.policy.shape import DatedValue, Entry, History, Provenance

_KNOWN_BY_NAME = ("rules", "factors")
"""Lists whose entries are named once in a whole pack, so that the list need not be named beside them."""


def histories(file: BaseModel) -> Iterator[tuple[str, History[Any]]]:
    """Everything dated in a file, with its path: the field, or that of a list and the name of the entry."""
    for field in type(file).model_fields:
        held = getattr(file, field)
        if isinstance(held, History):
            yield field, held
        for entry in held if isinstance(held, list) else ():
            if isinstance(entry, Entry):
                yield _path(field, entry), entry


def _path(field: str, entry: Entry[Any]) -> str:
    return entry.name if field in _KNOWN_BY_NAME else f"{field}.{entry.name}"


def in_force(file: BaseModel, day: date) -> tuple[dict[str, Any], dict[str, Provenance]]:
    """The fields of a file with the values of a day, and where each of these values comes from.

    Lists become tuples; a list of entries becomes pairs of an entry and what is said of it on the day, without those
    that may begin later and have not.
    Raises PolicyGapError, naming the path, where nothing is said yet.
    """
    values: dict[str, Any] = {}
    provenance: dict[str, Provenance] = {}
    for field in type(file).model_fields:
        held = getattr(file, field)
        if isinstance(held, History):
            provenance[field] = dated = held.on(day, name=field)
            assert isinstance(dated, DatedValue), "a field of a file has a value, only entries have more"
            held = dated.value
        if isinstance(held, list):
            held = tuple(_on(field, one, day) for one in held if not _is_to_come(one, day))
        values[field] = held
    return values, provenance


def _is_to_come(one: Any, day: date) -> bool:
    return isinstance(one, Entry) and one.may_begin_later and one.start_on(day) is None


def _on(field: str, one: Any, day: date) -> Any:
    return (one, one.on(day, name=_path(field, one))) if isinstance(one, Entry) else one
