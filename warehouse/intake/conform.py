"""From the cells of a delivery to typed canonical columns, as the mapping file says.

A cell that cannot be read becomes empty and is named in ``problems``; the contract refuses the row for it.  Only where
the mapping says so (``unreadable: empty``) the row stays without the cell, which is then named in ``cell_problems``.
"""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from models.contract import PROBLEMS
from models.errors import MappingError
from models.identity_cards import masked_identity_cards
from models.messages import Remark
from models.tables.canonical import Table, decisive
from warehouse.intake.files.raw import LINE, Raw, shown
from warehouse.intake.mapping import Entry
from warehouse.intake.recognition import specs_by_column
from warehouse.intake.values.fields import FieldSpec
from warehouse.intake.values.reading import Unread, read_column
from warehouse.intake.values.texts import text_of

CELL_PROBLEMS = "cell_problems"
_TOLD, _LETTERS = 10, 40
"""Texts of a column that are told, and so many letters of each."""


class Conformed(NamedTuple):
    """``rows``: canonical columns plus ``problems``, ``cell_problems`` (lists of ``rule:column``) and ``__line``.

    ``others``: cells of decisive columns that ``otherwise`` took, by column.
    """

    rows: pl.DataFrame
    others: dict[str, pl.Series]


def conform(raw: Raw, entry: Entry, table: Table, *, source: str) -> Conformed:
    """One row per row of ``raw``.  Raises MappingError when the mapping names headers that the file does not have."""
    specs, height, taken = _specs(raw, entry, table), raw.frame.height, dict[str, pl.Series]()
    rows, problems, of_cells = [raw.frame[LINE]], list[Unread](), list[Unread]()
    for name, column in table.columns().items():
        spec = None if name == "source" else specs.get(name)
        if spec is None:
            same = source if name == "source" else (column.metadata or {})["blank"]
            rows.append(pl.Series(name, [same], dtype=column.dtype).new_from_index(0, height))
            continue
        value, unread, others = read_column(name, column, spec, raw.frame)
        rows.append(value)
        if name in decisive(table) and len(others):
            taken[name] = others
        if unread is not None:
            (of_cells if spec.unreadable == "empty" else problems).append(unread)
    told = [_by_row(height, problems).alias(PROBLEMS), _by_row(height, of_cells).alias(CELL_PROBLEMS)]
    return Conformed(pl.DataFrame([*rows, *told]), taken)


def taken_otherwise(raw: Raw, name: str, spec: FieldSpec, others: Iterable[pl.DataFrame]) -> Remark:
    """What was read as one value because the mapping says so of all it does not list: it may hold what it must not.

    ``name``: of table and column.  ``others``: how often (``count``) each ``text`` was taken, in any number of parts.
    """
    counted = pl.concat(others).group_by("text").agg(pl.col("count").sum())
    counted = counted.sort("count", "text", descending=[True, False])
    texts = "; ".join(
        f"{shown(masked_identity_cards(text))[:_LETTERS]} × {n:,}"
        for text, n in counted.head(_TOLD).iter_rows()
    )
    facts = {
        "file": raw.place,
        "column": name,
        "n": f"{counted['count'].sum():,}",
        "value": spec.otherwise,
        "texts": texts,
    }
    if counted.height <= _TOLD:
        return Remark("{file}: {column}: {n} cells took otherwise ({value}): {texts}", **facts)
    more = f"{counted.height - _TOLD:,}"
    return Remark(
        "{file}: {column}: {n} cells took otherwise ({value}): {texts}; and {more} other texts",
        **facts,
        more=more,
    )


def _by_row(height: int, problems: list[Unread]) -> pl.Series:
    """The named problems of each row as one list; lists are built only for the few rows that have any."""
    none = pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, height)
    if not problems:
        return none
    told = pl.concat([pl.DataFrame({"at": one.at.cast(pl.Int64), "rules": one.rules}) for one in problems])
    lists = told.group_by("at", maintain_order=True).agg("rules")
    every = pl.DataFrame({"at": pl.int_range(height, dtype=pl.Int64, eager=True)})
    joined = every.join(lists, on="at", how="left", maintain_order="left")["rules"]
    return joined.zip_with(joined.is_not_null(), none)


def _specs(raw: Raw, entry: Entry, table: Table) -> dict[str, FieldSpec]:
    """What fills each column.  Raises MappingError where the mapping names a header that is not there."""
    found = [name for name in raw.frame.columns if name != LINE]
    specs = specs_by_column(found, entry, table)
    for name, spec in specs.items():
        needed, wanted = spec.headers(), [h for h in spec.headers() if h not in found]
        if wanted and (not isinstance(spec.column, list) or len(wanted) == len(needed)):
            raise MappingError(
                "{file} has no column {wanted} for {name}.{name_2}; it has: {found}. Correct the mapping "
                "or the file.",
                file=raw.file,
                wanted=", ".join(wanted),
                name=table.name,
                name_2=name,
                found=", ".join(found)[:300],
            )
    return specs


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Delivered cells as text, which is read again exactly as the cells were."""
    typed = [name for name, dtype in frame.schema.items() if dtype != pl.String and name != LINE]
    shown = [text_of(frame[name]).alias(name) for name in typed]
    return frame.with_columns(
        text.zip_with(text.is_not_null(), frame[text.name].cast(pl.String)) for text in shown
    )
