"""Workbooks: one ``Raw`` for each sheet asked for, with what a spreadsheet shows and its reader would not."""

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from models.messages import Remark
from warehouse.intake.files.archive import HostileError
from warehouse.intake.files.biff import MAGIC, Biff, LockedError
from warehouse.intake.files.biff import workbook_stream as require_stream
from warehouse.intake.files.cells import CellFacts, Place
from warehouse.intake.files.header import LOOKED_AT, Refusal, known_headers, score
from warehouse.intake.files.ooxml import MAX_CELLS, Ooxml
from warehouse.intake.files.raw import NOTHING, Raw, Sheet, no_rows, shown
from warehouse.intake.files.sheets import DAMAGED, SHOWN_OTHERWISE, UNSURE_DAY, UNVALUED, Grid, fill_sheet
from warehouse.intake.mapping import Entry

if TYPE_CHECKING:
    import fastexcel

_LOCKED = "the workbook is locked with a password: save it without one and deliver it again"
_DAMAGED = "the workbook is damaged or cut off: open it, save it and deliver it again"
_NOT_ONE = "the file is no workbook, whatever its ending says: save it as .xlsx and deliver it again"
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
_VALUE = re.compile(r"got '(.*)'$", re.DOTALL)
_TOP = 200
"""Rows among which the first filled ones are looked for."""
_UNSURE_DAY = r"^(1899-12-\d\d|1900-0[12]-\d\d) \d\d:\d\d:\d\d$"


@dataclass
class Book:
    """An open workbook: the reader of values, and what was looked up beside them."""

    reader: "fastexcel.ExcelReader"
    beside: Ooxml | Biff


def read_workbook(path: Path, name: str, entry: Entry) -> list[Raw]:
    """Read the sheets that the entry asks for; a workbook that cannot be read is one refusal in plain words."""
    book = opened(path)
    if isinstance(book, Refusal):
        return [_refused(name, book)]
    wanted = wanted_sheets(book.reader.sheet_names, entry)
    if isinstance(wanted, Refusal):
        return [_refused(name, wanted)]
    names = book.reader.sheet_names
    by_name = {wanted_by(names, one)[0] if isinstance(one, int) else one for one in entry.sheets()}
    raws = [_sheet(book, sheet, name, entry, is_one_of_several=len(wanted) > 1) for sheet in wanted]
    if not by_name <= set(names) or len(raws) > 1:
        filled = [raw for raw in raws if not any(unread.rule == "empty_file" for unread in raw.unread)]
        raws = filled or raws[:1]
    if any(raw.has_header for raw in raws):
        # A pattern means the sheets with data; a page of instructions beside them is none.
        raws = [raw for raw in raws if raw.has_header or raw.sheet in set(map(shown, by_name))]
    read = {raw.sheet for raw in raws}
    others = [one for one in names if one not in wanted or shown(one) not in read]
    raws[0].beside = [_beside(book, other) for other in others]
    return raws


def _refused(name: str, why: Refusal) -> Raw:
    raw = Raw(name, no_rows())
    raw.refuse(0, why.rule, why.told)
    return raw


def _reader(source: Path | bytes) -> "fastexcel.ExcelReader":
    # Few deliveries are workbooks; the others need not wait.
    import fastexcel

    return fastexcel.read_excel(source)


def opened(path: Path) -> Book | Refusal:
    """A workbook, or why it cannot be opened."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    try:
        if start == MAGIC:
            beside = Biff(path) if path.suffix.lower() == ".xls" else _require_locked(path)
        elif not start.startswith(b"PK"):
            return Refusal("unreadable_file", _NOT_ONE)
        elif path.suffix.lower() == ".xls":
            return Refusal("unreadable_file", "the file is a workbook of the newer kind: name it .xlsx")
        else:
            beside = Ooxml(path)
        return Book(_reader(path), beside)
    except LockedError:
        return Refusal("unreadable_file", _LOCKED)
    except HostileError as error:
        return Refusal("zip_bomb", str(error))
    except Exception as error:
        return Refusal("unreadable_file", f"{_DAMAGED} ({type(error).__name__}: {error})")


def _require_locked(path: Path) -> Biff:
    """Raises LockedError for an encrypted workbook of the newer kind, ValueError for any other file of sectors."""
    require_stream(path.read_bytes())
    raise ValueError("the file is a workbook of the older kind: name it .xls")


def wanted_sheets(names: list[str], entry: Entry) -> list[str] | Refusal:
    """Sheets that an entry asks for, in the order of the workbook; what it asks for must be there."""
    found: set[str] = set()
    for wanted in entry.sheets():
        mine = wanted_by(names, wanted)
        if not mine:
            there = ", ".join(map(shown, names))
            return Refusal("unreadable_file", f"there is no sheet {wanted}; the workbook has {there}")
        found.update(mine)
    return [name for name in names if name in found]


def wanted_by(names: list[str], wanted: str | int) -> list[str]:
    """Sheets that a name, a pattern or a number asks for."""
    if isinstance(wanted, int):
        # A sheet called 2026 is a number in YAML.
        return names[wanted : wanted + 1] or [name for name in names if name == str(wanted)]
    return [wanted] if wanted in names else fnmatch.filter(names, wanted)


def _beside(book: Book, sheet: str) -> Sheet:
    """A sheet that nobody asked for: what is wrong with it is no matter of those that are read."""
    state = book.beside.states.get(sheet, "visible")
    try:
        cells, _ = loaded(book, sheet)
    except Exception:
        return Sheet(sheet, None, state)
    filled = pl.any_horizontal(pl.lit(value=False), pl.all().is_not_null())
    return Sheet(sheet, int(cells.select(filled.sum()).item()) if cells.width else 0, state)


def loaded(book: Book, sheet: str) -> tuple[pl.DataFrame, dict[Place, str]]:
    """Cells as text, and by place those that cannot be: errors, and days of no calendar."""
    loaded = _load(book, sheet)
    batch, failed = loaded.to_arrow_with_errors()
    # A formula that gives an empty text is as empty as an empty cell.
    cells = cast("pl.DataFrame", pl.from_arrow(batch)).select(pl.when(pl.all() != "").then(pl.all()))
    odd = {error.position: _odd_text(error.detail) for error in failed.errors} if failed else {}
    return cells, odd


def _load(book: Book, sheet: str) -> Any:
    """A sheet without a header, so that a repeated one is not renamed, from its first row, so that lines count.

    The reader gives up on errors younger than itself.
    """
    how: dict[str, Any] = {"dtypes": "string", "header_row": None, "skip_rows": 0}
    try:
        return book.reader.load_sheet(sheet, **how)
    except Exception:
        if isinstance(book.beside, Biff):
            raise
        book.reader = _reader(book.beside.with_errors_as_text())
        return book.reader.load_sheet(sheet, **how)


def _odd_text(detail: str) -> str:
    value = (_VALUE.search(detail) or [detail, detail])[1]
    error = re.fullmatch(r"Error\((\w+)\)", value)
    if error:
        return _ERRORS.get(error[1], f"#{error[1].upper()}!")
    number = re.search(r"value: ([-\d.eE]+)", value)
    return f"no day of the calendar: {number[1] if number else value}"


def _sheet(book: Book, sheet: str, name: str, entry: Entry, *, is_one_of_several: bool) -> Raw:
    raw = Raw(name, no_rows(), sheet=shown(sheet), is_one_of_several=is_one_of_several)
    raw.counts_days_from_1904 = book.beside.counts_from_1904
    try:
        cells, odd = loaded(book, sheet)
        if not cells.width:
            raw.refuse(0, "empty_file", NOTHING)
            return raw
        facts = book.beside.facts(sheet, _rows_asked(cells, book.beside))
        grid = grid_of(cells, odd, facts)
        top = (
            cells.head(_TOP)
            .filter(pl.any_horizontal(pl.lit(value=False), pl.all().is_not_null()))
            .head(LOOKED_AT)
        )
        raw.has_header = any(score(row, known_headers(entry)) for row in top.iter_rows())
        fill_sheet(raw, grid, entry)
    except Exception as error:
        raw.refuse_whole("unreadable_file", f"{_DAMAGED} ({type(error).__name__}: {error})")
        return raw
    if hidden := book.beside.hidden_rows(sheet):
        raw.notes.append(
            Remark(
                "{file} [{sheet}]: {n} hidden rows were read, too",
                file=name,
                sheet=shown(sheet),
                n=f"{hidden:,}",
            )
        )
    return raw


def _rows_asked(cells: pl.DataFrame, beside: Ooxml | Biff) -> frozenset[int]:
    """Rows with a cell that looks like one of the first days of 1900, which programs count differently."""
    if beside.counts_from_1904:
        return frozenset()
    early = cells.with_row_index("at").filter(
        pl.any_horizontal(pl.col(cells.columns).str.contains(_UNSURE_DAY).fill_null(value=False))
    )
    return frozenset(early["at"])


def grid_of(cells: pl.DataFrame, odd: dict[Place, str], facts: CellFacts | None) -> Grid:
    """The cells as the spreadsheet shows them."""
    texts = dict(odd)
    grid = Grid(cells, facts.merged if facts else [])
    if facts is not None:
        grid.left = _left(cells, odd, facts)

        def shifted(places: Iterable[Place]) -> list[Place]:
            return [(row, column - grid.left) for row, column in places]

        early = _places(cells, _UNSURE_DAY) if facts.numbers else set[Place]()
        grid.unsure = dict.fromkeys(early & set(shifted(facts.numbers)), UNSURE_DAY)
        # A number with the format of a day is shown as that day, which is right.
        seen = zip(shifted(facts.texts), facts.texts.values(), strict=True)
        texts |= {place: text for place, text in seen if _is_number(cells, place)}
        grid.unsure |= dict.fromkeys(shifted(facts.hidden), SHOWN_OTHERWISE)
        grid.unsure |= dict.fromkeys(shifted(facts.damaged), DAMAGED)
        grid.unsure |= dict.fromkeys(shifted(facts.unvalued), UNVALUED)
        texts |= dict(zip(shifted(facts.unvalued), facts.unvalued.values(), strict=True))
    grid.cells = _with_texts(_with_rows(cells, grid.unsure), texts)
    return grid


def _with_rows(cells: pl.DataFrame, unsure: Iterable[Place]) -> pl.DataFrame:
    """Cells with the rows that hold nothing but cells without a value, which the reader left out."""
    more = max((row + 1 for row, column in unsure if 0 <= column < cells.width), default=0) - cells.height
    if more <= 0 or more * cells.width > MAX_CELLS:
        return cells
    return pl.concat([cells, cells.clear(more)])


def _left(cells: pl.DataFrame, odd: dict[Place, str], facts: CellFacts) -> int:
    """How many columns the reader left out on the left: it begins with the first filled one."""
    for row, column in sorted(facts.firsts.items()):
        if row >= cells.height:
            break
        filled = [at for at, cell in enumerate(cells.row(row)) if cell is not None or (row, at) in odd]
        if filled:
            return column - filled[0]
    return 0


def _is_number(cells: pl.DataFrame, place: Place) -> bool:
    row, column = place
    if not (0 <= row < cells.height and 0 <= column < cells.width):
        return False
    return re.fullmatch(r"-?\d+(\.\d+)?", cells[row, column] or "") is not None


def _places(cells: pl.DataFrame, pattern: str) -> set[Place]:
    return {
        (row, at)
        for at, name in enumerate(cells.columns)
        for row in cells[name].str.contains(pattern).fill_null(value=False).arg_true()
    }


def _with_texts(cells: pl.DataFrame, texts: dict[Place, str]) -> pl.DataFrame:
    by_column: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        if 0 <= row < cells.height and 0 <= column < cells.width:
            by_column.setdefault(column, {})[row] = text
    changed = [
        cells.to_series(column).scatter(list(rows), pl.Series(list(rows.values()), dtype=pl.String))
        for column, rows in by_column.items()
    ]
    return cells.with_columns(changed)
