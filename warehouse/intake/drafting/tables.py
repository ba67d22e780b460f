"""Which table the rows of a file are of, by its headers, its name and what its cells look like."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from models.tables.canonical import TABLES, Table, decisive
from warehouse.intake.drafting.headers import Match, matches
from warehouse.intake.drafting.shapes import credit_code_share, day_share, filled
from warehouse.intake.drafting.synonyms import key_of_word, table_words, told

_KEY, _HAPPENED, _DECISIVE, _NAMED, _NOT_UNIQUE = 4, 3, 2, 6, 8
_OF_FINDINGS = ("violations", "self_reports")
_OF_A_VISIT = ("inspection_id", "department")
_NO_RANK = 10_000
MOSTLY = 0.8
"""Share of the cells of a column that must look like what it is taken for."""
_DAYS = {"tasks": ("opens_on",), "absences": ("first_day", "last_day"), "filings": ("filed_at", "planned_on")}
"""Days that tell rows of what is planned or asked for."""
_NEEDED = {"enterprises": ("enterprise_id", "name"), "officers": ("officer_id", "name")}


class Recognised(NamedTuple):
    """A table the rows may be of, with the headers ``found`` by column.

    ``by_content``: columns that only cells speak for.  ``instead``: those that another column has to stand for.
    """

    table: Table
    points: int
    found: dict[str, list[Match]]
    by_content: frozenset[str]
    instead: frozenset[str] = frozenset()


def recognised_tables(headers: Sequence[str], frame: pl.DataFrame, names: Sequence[str]) -> list[Recognised]:
    """Tables whose rows these may be, the likeliest first; ``names`` are those of file, sheet and title."""
    shares = _Shares(frame)
    found = [recognised(table, headers, frame, names, shares) for table in TABLES.values()]
    return sorted((one for one in found if one.points > 0), key=lambda one: (-one.points, _day_rank(one)))


def _day_rank(one: Recognised) -> int:
    """How far down its list the word of the day stands: 检查时间 is the day of a visit before that of a finding."""
    several = one.found.get(one.table.happened or "", [])
    return several[0].rank if several else _NO_RANK


class _Shares:
    """What columns look like by their cells, looked at once for all tables."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._known: dict[tuple[str, Callable[[pl.Series], float]], float] = {}

    def of(self, header: str, share: Callable[[pl.Series], float]) -> float:
        """The share of cells of a column that are of a kind."""
        if (header, share) not in self._known:
            self._known[header, share] = share(self.frame[header])
        return self._known[header, share]


def recognised(
    table: Table,
    headers: Sequence[str],
    frame: pl.DataFrame,
    names: Sequence[str],
    shares: _Shares | None = None,
) -> Recognised:
    """What of a table these rows hold; no points where its needed columns are not there."""
    found = matches(headers, table)
    by_content = _by_content(table, found, headers, shares or _Shares(frame))
    points = sum(_worth(table, column) for column in found) + _named(table, names)
    found |= {column: [Match(header, column, _NO_RANK)] for column, header in by_content.items()}
    instead = {
        column: found[other]
        for column, other in told()["instead"].get(table.name, {}).items()
        if column not in found and other in found
    }
    found |= {
        column: [one._replace(column=column) for one in several[:1]] for column, several in instead.items()
    }
    if table.is_register and "enterprise_id" in found:
        ids = filled(frame[found["enterprise_id"][0].header])
        points -= _NOT_UNIQUE if len(ids) and ids.n_unique() < 0.9 * len(ids) else 0
    if not all(column in found for column in needed(table)) or not _tells_more(table, found):
        points = 0
    return Recognised(table, points, found, frozenset(by_content), frozenset(instead))


def needed(table: Table) -> tuple[str, ...]:
    """Columns without which rows cannot be of a table, and which nothing else can stand for."""
    if table.name in _NEEDED:
        return _NEEDED[table.name]
    days = _DAYS.get(table.name, ())
    subject = ("officer_id", "enterprise_id") if table.name == "conflicts" else (table.subject or "",)
    return (*subject, *((table.happened,) if table.happened else days))


def _tells_more(table: Table, found: dict[str, list[Match]]) -> bool:
    """Whether rows say what was found: a firm and a day alone may be a visit or a register, and no finding."""
    if table.name not in _OF_FINDINGS:
        return True
    return bool(found.keys() - {*needed(table), "recorded_at", *_OF_A_VISIT})


def _worth(table: Table, column: str) -> int:
    if column == table.key[-1] and column not in ("enterprise_id", "officer_id"):
        return _KEY
    if column == table.happened:
        return _HAPPENED
    if column == "recorded_at":
        return 0
    return _DECISIVE if column in decisive(table) else 1


def _named(table: Table, names: Sequence[str]) -> int:
    """Points of a table that the file, the sheet or the title names; the longest of all words counts."""
    longest = {
        name: max((len(word) for word in table_words(name) if _says(word, names)), default=0)
        for name in TABLES
    }
    mine = longest[table.name]
    return _NAMED if mine and mine == max(longest.values()) else 0


def _says(word: str, names: Sequence[str]) -> bool:
    return any(key_of_word(word) in key_of_word(name) for name in names)


def _by_content(
    table: Table, found: dict[str, list[Match]], headers: Sequence[str], shares: _Shares
) -> dict[str, str]:
    """Needed columns that no header names and that only one column looks like: credit codes, and the only days."""
    free = [
        header
        for header in headers
        if not any(header == one.header for all_ in found.values() for one in all_)
    ]
    made: dict[str, str] = {}
    if "enterprise_id" in needed(table) and "enterprise_id" not in found:
        codes = [header for header in free if shares.of(header, credit_code_share) >= MOSTLY]
        made |= {"enterprise_id": codes[0]} if len(codes) == 1 else {}
    if table.happened and table.happened not in found:
        days = [header for header in free if shares.of(header, day_share) >= MOSTLY]
        made |= {table.happened: days[0]} if len(days) == 1 and "recorded_at" not in found else {}
    return made
