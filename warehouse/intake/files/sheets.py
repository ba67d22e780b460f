"""A sheet as a table: where its header is, which rows hold something, and what its merged cells stand for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from models.messages import Remark
from warehouse.intake.files.cells import Place, Range, letters
from warehouse.intake.files.header import (
    LOOKED_AT,
    Refusal,
    header_problem,
    joined,
    known_headers,
    with_hint,
)
from warehouse.intake.files.raw import LINE, NOTHING, Flaw, Raw
from warehouse.intake.mapping import Entry

MERGED = "merged_cell"
UNVALUED = "formula_without_value"
UNSURE_DAY = "unsure_day"
DAMAGED = "damaged_cell"
SHOWN_OTHERWISE = "shown_otherwise"


@dataclass
class Grid:
    """Cells as text from row 0; ``left`` empty columns were left out before them.

    ``unsure`` are places in ``cells`` of which it is not known what they hold, and the rule of each.
    """

    cells: pl.DataFrame
    merged: list[Range]
    left: int = 0
    unsure: dict[Place, str] = field(default_factory=dict)

    def block(self, merged: Range) -> Range | None:
        """A merged block in places of ``cells``, cut to what it holds."""
        bottom, right = self.cells.height - 1, self.cells.width - 1
        top, left, down, over = merged
        cut = Range(top, max(left - self.left, 0), min(down, bottom), min(over - self.left, right))
        return cut if cut.top <= cut.bottom and cut.left <= cut.right else None

    def blocks(self) -> list[Range]:
        """All merged blocks, cut.  Raises ValueError where they cover more than there is."""
        found = [block for block in map(self.block, self.merged) if block]
        area = sum((one.bottom - one.top + 1) * (one.right - one.left + 1) for one in found)
        if area > self.cells.height * self.cells.width:
            raise ValueError("merged blocks lie on top of each other")
        return found

    def merged_below(self, last: int) -> list[tuple[Range, Range]]:
        """Merged blocks that reach below the header and hold something: as they are named, and cut."""
        cut = ((named, self.block(named)) for named in self.merged)
        return [
            (named, block)
            for named, block in cut
            if block and block.bottom > last and self.cells[block.top, block.left] is not None
        ]


def fill_sheet(raw: Raw, grid: Grid, entry: Entry) -> None:
    """Put the rows of a sheet into ``raw``, or say why it has none."""
    head = _head_rows(grid.cells, entry)
    if isinstance(head, Refusal):
        raw.refuse_whole(*head)
        return
    blocks = grid.blocks()
    names = joined([_filled_row(grid.cells, row, blocks) for row in head])
    body = grid.cells.with_row_index(LINE, offset=1)[head[-1] + 1 :]
    body = body.filter(_holds_something(grid.cells.columns))
    used = [
        at for at, name in enumerate(grid.cells.columns) if names[at] or body[name].null_count() < body.height
    ]
    problem = header_problem([names[at] for at in used], [letters(at + grid.left) for at in used])
    top = ((row + 1, grid.cells.row(row)) for row in range(min(grid.cells.height, 2 * LOOKED_AT)))
    rows = [(line, cells) for line, cells in top if any(cells)]
    known = known_headers(entry)
    if problem := with_hint(problem, [names[at] for at in used], head[0] + 1, rows, known):
        raw.refuse_whole(*problem)
        return
    if any(grid.cells.row(row) != (None,) * grid.cells.width for row in range(head[0])):
        raw.notes.append(
            Remark("{file}: rows above the header in row {row}, left out", file=raw.place, row=head[0] + 1)
        )
    header = {at: names[at] for at in used}
    merged = grid.merged_below(head[-1])
    if entry.merged == "fill_down":
        body = _filled_down(body, grid.cells, [cut for _, cut in merged if cut.top > head[-1]])
        merged = [(named, cut) for named, cut in merged if cut.top <= head[-1]]
    _refuse_merged(raw, merged, header, head[-1])
    raw.flaws += _flaws(grid, header, head[-1])
    raw.frame = body.select(
        pl.col(LINE).cast(pl.Int64), **{header[at]: grid.cells.columns[at] for at in used}
    )


def _holds_something(columns: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_not_null() for name in columns))


def _head_rows(cells: pl.DataFrame, entry: Entry) -> list[int] | Refusal:
    """Rows of the header, from 0."""
    if rows := entry.header_rows():
        if rows[-1] > cells.height:
            return Refusal("unreadable_header", f"the sheet ends with row {cells.height:,}")
        return [row - 1 for row in rows]
    filled = cells.select(_holds_something(cells.columns)).to_series().arg_true()
    first = filled.filter(filled >= entry.skip_rows)
    return [int(first[0])] if first.len() else Refusal("empty_file", NOTHING)


def _filled_row(cells: pl.DataFrame, row: int, blocks: list[Range]) -> list[str | None]:
    """A row of the header with every cell of a merged block filled."""
    found = list(cells.row(row))
    for block in blocks:
        if block.top <= row <= block.bottom:
            found[block.left : block.right + 1] = [cells[block.top, block.left]] * (
                block.right - block.left + 1
            )
    return found


def _filled_down(body: pl.DataFrame, cells: pl.DataFrame, blocks: list[Range]) -> pl.DataFrame:
    """Rows in which every cell of a merged block has its value."""
    by_column: dict[int, list[Range]] = {}
    for block in blocks:
        for column in range(block.left, block.right + 1):
            by_column.setdefault(column, []).append(block)
    filled: list[pl.Series] = []
    for column, mine in by_column.items():
        name = cells.columns[column]
        rows = pl.DataFrame(
            [
                (row + 1, cells[block.top, block.left])
                for block in mine
                for row in range(block.top, block.bottom + 1)
            ],
            schema={LINE: pl.UInt32, "value": pl.String},
            orient="row",
        )
        told = body.select(pl.col(LINE).cast(pl.UInt32), name).join(
            rows, on=LINE, how="left", maintain_order="left"
        )
        filled.append(told.select(pl.coalesce("value", name).alias(name)).to_series())
    return body.with_columns(filled)


def _refuse_merged(raw: Raw, merged: list[tuple[Range, Range]], header: dict[int, str], last: int) -> None:
    """Every covered cell is a flaw: whether the value above stands for it, nobody said."""
    for _, block in merged:
        for column in range(block.left, block.right + 1):
            top = block.top + 1 if column == block.left else block.top
            first = max(top, last + 1)
            if column in header and first <= block.bottom:
                raw.flaws.append(Flaw(header[column], first + 1, block.bottom + 1, MERGED))
    if merged:
        said = ", ".join(str(named) for named, _ in merged[:10])
        more = " …" if len(merged) > 10 else ""
        raw.notes.append(
            Remark(
                "{file}: merged cells {cells}; merged: fill_down takes their value for every row",
                file=raw.place,
                cells=said + more,
            )
        )


def _flaws(grid: Grid, header: dict[int, str], last: int) -> list[Flaw]:
    return [
        Flaw(header[column], row + 1, row + 1, rule)
        for (row, column), rule in grid.unsure.items()
        if column in header and row > last
    ]
