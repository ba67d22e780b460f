"""Cells as text: what a cell shows, which cells are empty, and which hold the error of a formula."""

import polars as pl

from models.writing import narrow

_ERROR_WORDS = "REF|N/A|NV|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|GETTING_DATA"
_MORE_ERROR_WORDS = "EXTERNAL|BUSY|PYTHON|TIMEOUT|DATA|ERROR|TYPE|FUNC|DELETED|错误|錯誤|值|引用|名称|已删除"
ERROR = (
    rf"^(?:(?i:#(?:{_ERROR_WORDS}|{_MORE_ERROR_WORDS})[!?]?)"
    # The same words in other languages: #WERT!, #BEZUG!, #NOMBRE?
    r"|#¡?\p{Lu}[\p{Lu}\d/_]{2,}[!?]"
    # What stands in an export where the column was too narrow for the number.
    r"|#{3,}"
    r"|(?i:Err:\s?\d{3}|Error 20\d\d))$"
)
"""Whole cells, in half width, that hold the error of a formula instead of a value."""
_EXACT_BELOW = 1e15
_LIKE_AN_ERROR = r"^(?:[#＃]|[EeＥｅ][RrＲｒ][RrＲｒ])"


def clean(cell: pl.Series) -> pl.Series:
    """Text without surrounding blanks of any kind; a blank cell is empty.  Other cells stay as they are."""
    if cell.dtype != pl.String:
        return cell
    stripped = cell.str.strip_chars()
    return stripped.set(stripped == "", None)


def text_of(cell: pl.Series) -> pl.Series:
    """What a cell shows: 2.0 and 2 are the same code, a day has no midnight; what is no number is empty.

    A float of more than 15 digits shows what a spreadsheet shows, 9.13701E+17: the other digits are not known.
    """
    dtype = cell.dtype
    if dtype == pl.String:
        return clean(cell)
    shown = cell.cast(pl.String)
    if dtype.is_float():
        finite = cell.is_finite()
        whole = ((cell == cell.round()) & (cell.abs() < _EXACT_BELOW)).fill_null(value=False)
        shown = shown.set(~finite, None).str.replace(r"e\+?(\d)", "E+$1")
        return cell.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, shown)
    if dtype == pl.Datetime:
        midnight = (cell.dt.time() == pl.Series([0]).cast(pl.Time)).fill_null(value=False)
        return cell.dt.strftime("%Y-%m-%d").zip_with(midnight, cell.dt.strftime("%Y-%m-%d %H:%M:%S"))
    return shown


def places() -> pl.Series:
    """No place at all."""
    return pl.Series([], dtype=pl.get_index_type())


def remaining(text: pl.Series, value: pl.Series) -> pl.Series:
    """Places where a text stands and no value was read from it."""
    return (text.is_not_null() & value.is_null()).arg_true()


def error_cells(cell: pl.Series) -> pl.Series:
    """Places of cells that hold nothing but the error of a formula, in any case and width."""
    if cell.dtype != pl.String:
        return places()
    suspects = cell.str.contains(_LIKE_AN_ERROR).fill_null(value=False).arg_true()
    if suspects.is_empty():
        return places()
    return suspects.filter(narrow(cell.gather(suspects)).str.contains(ERROR))
