"""From the cells of a delivery to typed canonical columns, as the mapping file says.

A cell that cannot be read becomes empty and is named in ``problems``; the contract refuses the row for it.
"""

from collections.abc import Callable
from datetime import date

import dataframely as dy
import polars as pl

from models.contract import CONTROL, PROBLEMS
from models.errors import MappingError
from models.tables.canonical import Table, code_list, headers
from warehouse.intake.mapping import Entry, FieldSpec
from warehouse.intake.raw import LINE, Raw

_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%m/%d/%Y")
_TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M",
)
_FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "y", "yes", "t", "是", "有"), True),
    **dict.fromkeys(("false", "0", "0.0", "n", "no", "f", "否", "无"), False),
}
_ZONED_FORMAT = "%Y-%m-%dT%H:%M:%S%.f%#z"
_TIME_OF_DAY = r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$"
_EXCEL_DAY_ZERO = date(1899, 12, 30)


def conform(raw: Raw, entry: Entry, table: Table, *, source: str) -> pl.DataFrame:
    """Canonical columns plus ``problems`` (list of ``rule:column``) and ``__line``, one row per row of ``raw``.

    Raises MappingError when the mapping names headers that the file does not have.
    """
    specs = _specs(raw, entry, table)
    frame = raw.frame
    cells = frame.select(
        pl.col(LINE),
        *(_cell(specs[name], frame).alias(name) for name in specs),
    )
    read: list[pl.Expr] = []
    problems: dict[str, pl.Expr] = {}
    for name, column in table.columns().items():
        if name == "source":
            read.append(pl.lit(source).alias(name))
            continue
        value, problem = _read(name, column, specs.get(name), cells)
        read.append(value.alias(name))
        if problem is not None:
            problems[f"{PROBLEMS}:{name}"] = problem
    return _with_problems(cells.select(pl.col(LINE), *read, **problems), list(problems))


def _with_problems(rows: pl.DataFrame, flags: list[str]) -> pl.DataFrame:
    """The named problems of each row as one list; lists are built only for the few rows that have any."""
    none = pl.lit([], dtype=pl.List(pl.String)).alias(PROBLEMS)
    plain = rows.drop(flags)
    if not flags:
        return plain.with_columns(none)
    at = pl.int_range(pl.len(), dtype=pl.Int64).alias("at")
    hit = rows.select(at, *flags).filter(pl.any_horizontal(pl.col(name).is_not_null() for name in flags))
    if hit.is_empty():
        return plain.with_columns(none)
    named = hit.select("at", pl.concat_list(flags).list.drop_nulls().alias(PROBLEMS))
    joined = plain.with_columns(at).join(named, on="at", how="left", maintain_order="left")
    return joined.drop("at").with_columns(pl.col(PROBLEMS).fill_null([]))


def _specs(raw: Raw, entry: Entry, table: Table) -> dict[str, FieldSpec]:
    """What fills each column: the mapping's word first, else a header that carries the column's name."""
    found = [name for name in raw.frame.columns if name != LINE]
    specs = {name: spec for name, spec in entry.columns.items() if spec is not None}
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
    for header, name in headers(table):
        if header in found and name not in entry.columns and name not in specs:
            specs[name] = FieldSpec(column=header)
    return specs


def _cell(spec: FieldSpec, frame: pl.DataFrame) -> pl.Expr:
    """The cell a spec points at, still as delivered; blank text is empty."""
    if spec.constant is not None:
        return pl.lit(spec.constant)
    present = [name for name in spec.headers() if name in frame.columns]
    if spec.join:
        return pl.concat_str([_text(name, frame) for name in present], separator=spec.separator)
    if spec.first:
        return pl.coalesce([_clean(name, frame) for name in present])
    cell = _clean(present[0], frame)
    if not spec.empty:
        return cell
    return pl.when(~_text(present[0], frame).is_in(spec.empty)).then(cell)


def _clean(name: str, frame: pl.DataFrame) -> pl.Expr:
    if frame.schema[name] != pl.String:
        return pl.col(name)
    stripped = pl.col(name).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _text(name: str, frame: pl.DataFrame) -> pl.Expr:
    dtype = frame.schema[name]
    cell = pl.col(name)
    if dtype.is_float():
        # 2.0 and 2 are the same code; other floats keep their digits.
        whole = (cell == cell.round()) & cell.is_finite()
        return (
            pl.when(whole)
            .then(cell.cast(pl.Int64, strict=False).cast(pl.String))
            .when(cell.is_finite())
            .then(cell.cast(pl.String))
        )
    if dtype == pl.Datetime:
        midnight = cell.dt.time() == pl.time(0, 0, 0)
        return (
            pl.when(midnight)
            .then(cell.dt.strftime("%Y-%m-%d"))
            .otherwise(cell.dt.strftime("%Y-%m-%d %H:%M:%S"))
        )
    if dtype == pl.String:
        return _clean(name, frame)
    return cell.cast(pl.String)


def _read(
    name: str, column: dy.Column, spec: FieldSpec | None, cells: pl.DataFrame
) -> tuple[pl.Expr, pl.Expr | None]:
    """Typed value of a column, and the name of the problem where its cell could not be read."""
    meta = column.metadata or {}
    blank = spec.blank if spec is not None and spec.blank is not None else meta["blank"]
    dtype = column.dtype
    if spec is None:
        return pl.lit(blank, dtype=dtype), None
    given = cells.schema[name]
    value = _PARSERS[dtype.base_type()](name, column, spec, cells)
    rule = "unknown_code" if dtype == pl.Enum else "unreadable"
    problem = pl.when(pl.col(name).is_not_null() & value.is_null()).then(pl.lit(f"{rule}:{name}"))
    if spec.plus_days and dtype == pl.Date:
        value = value + pl.duration(days=spec.plus_days)
    filled = (
        value
        if blank is None
        else pl.when(pl.col(name).is_null()).then(pl.lit(blank, dtype=dtype)).otherwise(value)
    )
    return filled, None if given == pl.Null else problem


def _parse_text(name: str, _column: dy.Column, spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    text = _text(name, cells)
    if spec.strip_control:
        text = text.str.replace_all(CONTROL, " ")
    return _translated(text, spec)


def _parse_enum(name: str, column: dy.Column, spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    codes = code_list(column)
    assert codes is not None, f"{name} has no code list"
    text = _translated(_text(name, cells), spec)
    known = text.str.to_lowercase().replace_strict(codes.spellings(), default=None, return_dtype=pl.String)
    return known.cast(column.dtype)


def _translated(text: pl.Expr, spec: FieldSpec) -> pl.Expr:
    """Values of the mapping; what it does not list keeps its text unless ``otherwise`` says more."""
    if not spec.values and not spec.otherwise:
        return text
    listed = text.replace_strict(spec.values or {}, default=None, return_dtype=pl.String)
    rest = text if spec.otherwise is None else pl.when(text.is_not_null()).then(pl.lit(spec.otherwise))
    return pl.coalesce(listed, rest)


def _parse_date(name: str, _column: dy.Column, _spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    cell, dtype = pl.col(name), cells.schema[name]
    if dtype == pl.Date or dtype == pl.Datetime:
        return cell.cast(pl.Date)
    cell = _text(name, cells)
    day = cell.str.replace(_TIME_OF_DAY, "")
    formats = [day.str.to_date(form, strict=False) for form in _DATE_FORMATS]
    serial = pl.when(cell.str.contains(r"^\d{5}(\.\d+)?$")).then(cell.cast(pl.Float64, strict=False))
    return pl.coalesce(*formats, _excel_day(serial), _local_time(cell).cast(pl.Date))


def _local_time(text: pl.Expr) -> pl.Expr:
    """Local time of a text with a time zone."""
    zoned = text.str.replace(" ", "T").str.to_datetime(_ZONED_FORMAT, strict=False, time_unit="us")
    return zoned.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)


def _excel_day(serial: pl.Expr) -> pl.Expr:
    plausible = serial.is_between(10_000, 80_000)
    return pl.when(plausible).then(
        pl.lit(_EXCEL_DAY_ZERO) + pl.duration(days=serial.cast(pl.Int64, strict=False))
    )


def _parse_datetime(name: str, column: dy.Column, spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    cell, dtype = pl.col(name), cells.schema[name]
    if dtype == pl.Date or dtype == pl.Datetime:
        return cell.cast(pl.Datetime("us"))
    cell = _text(name, cells)
    formats = [cell.str.to_datetime(form, strict=False, time_unit="us") for form in _TIME_FORMATS]
    day = _parse_date(name, column, spec, cells).cast(pl.Datetime("us"))
    only_day = pl.when(cell.str.len_chars() <= 11).then(day)
    return pl.coalesce(*formats, only_day, _local_time(cell))


def _parse_int(name: str, column: dy.Column, spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    text = _translated(_text(name, cells), spec)
    whole = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    if (column.metadata or {})["unit"] == "yuan":
        # Amounts may come with fen; the tables count whole yuan.
        amount = pl.when(text.str.contains(r"^-?\d+\.\d{1,2}$")).then(text.cast(pl.Float64, strict=False))
        whole = pl.coalesce(whole, amount.round().cast(pl.Int64, strict=False))
    return whole


def _parse_float(name: str, _column: dy.Column, _spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    cell = pl.col(name) if cells.schema[name].is_numeric() else _text(name, cells)
    value = cell.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _parse_flag(name: str, _column: dy.Column, spec: FieldSpec, cells: pl.DataFrame) -> pl.Expr:
    if cells.schema[name] == pl.Boolean:
        return pl.col(name)
    text = _translated(_text(name, cells), spec)
    return text.str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)


_PARSERS: dict[type[pl.DataType], Callable[[str, dy.Column, FieldSpec, pl.DataFrame], pl.Expr]] = {
    pl.String: _parse_text,
    pl.Enum: _parse_enum,
    pl.Date: _parse_date,
    pl.Datetime: _parse_datetime,
    pl.Int64: _parse_int,
    pl.Float64: _parse_float,
    pl.Boolean: _parse_flag,
}


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Delivered cells as text, which is read again exactly as the cells were."""
    typed = [name for name, dtype in frame.schema.items() if dtype != pl.String and name != LINE]
    return frame.with_columns(
        pl.coalesce(_text(name, frame), pl.col(name).cast(pl.String)).alias(name) for name in typed
    )
