"""One canonical column from the cells that a mapping points at: its values, and the cells that hold none."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.errors import MappingError
from models.identities import MANGLED
from models.tables.canonical import Table, code_list
from models.writing import CONTROL, narrow, replaced
from warehouse.intake.values.codes import contradicting, flags, is_said, listed, sorted_by_keyword, translated
from warehouse.intake.values.days import ambiguous, moments
from warehouse.intake.values.fields import FieldSpec, Scalar
from warehouse.intake.values.numbers import measures, wholes
from warehouse.intake.values.texts import clean, error_cells, places, remaining, text_of

_UNTOLD = FieldSpec(constant="")
"""What a mapping says of a value that it writes as it is meant."""
_WITH_A_POINT = r"^\d+\.0+$"
"""A whole number that a program took for a measure."""
_YES_AND_NO = ("true", "false", "True", "False", "TRUE", "FALSE")


class Unread(NamedTuple):
    """Places of the cells of a column that could not be read, and the rule of each (``rule:column``)."""

    at: pl.Series
    rules: pl.Series


class Reading(NamedTuple):
    """Typed values of a column, one per row, what could not be read, and the texts that ``otherwise`` took."""

    value: pl.Series
    unread: Unread | None
    others: pl.Series


def read_column(name: str, column: dy.Column, spec: FieldSpec, frame: pl.DataFrame) -> Reading:
    """What a mapping reads of the rows of ``frame``; a blank gets its default."""
    origins = _origins(spec, frame)
    delivered = _delivered(spec, origins, frame.height)
    is_identity = (column.metadata or {})["identity"]
    parts = origins if spec.join else [delivered]
    spoiled = {"error_cell": _anywhere(error_cells, parts)}
    if is_identity:
        spoiled["mangled_number"] = _anywhere(_mangled, parts)
        spoiled["unreadable"] = _anywhere(_flags, parts)
    cell = sorted_by_keyword(_without(delivered, spec.empty), spec)
    is_blank = cell.is_null()
    for at in spoiled.values():
        cell = replaced(cell, at, pl.Series([None], dtype=cell.dtype)) if len(at) else cell
        is_blank = replaced(is_blank, at, pl.Series([False])) if len(at) else is_blank
    value, others = _otherwise(_PARSERS[column.dtype.base_type()](cell, column, spec), cell, column, spec)
    unread = _unread(name, spoiled, _failed(cell, value, column, spec))
    if spec.plus_days:
        value = value + timedelta(days=spec.plus_days)
    default = _default(column, spec)
    if default is not None:
        value = default.new_from_index(0, len(value)).zip_with(is_blank, value)
    return Reading(value.alias(name), unread, others)


def _default(column: dy.Column, spec: FieldSpec) -> pl.Series | None:
    """What a blank cell stands for, as the one value of a series."""
    if spec.blank is not None:
        return _scalar(spec.blank, column, _UNTOLD)
    usual = (column.metadata or {})["blank"]
    return None if usual is None else pl.Series([usual], dtype=column.dtype)


def _scalar(given: Scalar, column: dy.Column, spec: FieldSpec) -> pl.Series:
    return _PARSERS[column.dtype.base_type()](clean(pl.Series([given])), column, spec)


def check_scalars(table: Table, name: str, spec: FieldSpec) -> None:
    """Raise MappingError where a constant, or what a blank stands for, is no value of the column."""
    column = table.columns()[name]
    for key, given, used in (
        ("constant", spec.constant, spec),
        ("blank", spec.blank, _UNTOLD),
    ):
        if given is not None and _scalar(given, column, used).is_null().all():
            raise MappingError(
                "tables.{table}.columns.{name}: '{key}' is {given}, which this column cannot hold.",
                table=table.name,
                name=name,
                key=key,
                given=given,
            )


def _origins(spec: FieldSpec, frame: pl.DataFrame) -> list[pl.Series]:
    """The columns a spec reads, without blanks around their texts."""
    present = [header for header in spec.headers() if header in frame.columns]
    found = [frame[header] for header in (present if spec.join or spec.first else present[:1])]
    if spec.strip_control:
        found = [one.str.replace_all(CONTROL, " ") if one.dtype == pl.String else one for one in found]
    return [clean(one) for one in found]


def _delivered(spec: FieldSpec, origins: list[pl.Series], height: int) -> pl.Series:
    """The cells of a column, still as delivered."""
    if spec.constant is not None:
        return clean(pl.Series([spec.constant])).new_from_index(0, height)
    if spec.join:
        parts = pl.DataFrame([text_of(one).alias(str(at)) for at, one in enumerate(origins)])
        return parts.select(pl.concat_str(pl.all(), separator=spec.separator)).to_series()
    if spec.first:
        parts = pl.DataFrame([one.alias(str(at)) for at, one in enumerate(origins)])
        return parts.select(pl.coalesce(pl.all())).to_series()
    return origins[0]


def _without(cell: pl.Series, empty: list[str]) -> pl.Series:
    """Without the cells that a mapping says stand for nothing known."""
    return cell.set(text_of(cell).is_in(empty), None) if empty else cell


def _anywhere(found: Callable[[pl.Series], pl.Series], origins: list[pl.Series]) -> pl.Series:
    return pl.concat([places(), *(found(one) for one in origins)]).unique().sort()


def _otherwise(
    value: pl.Series, cell: pl.Series, column: dy.Column, spec: FieldSpec
) -> tuple[pl.Series, pl.Series]:
    """What a mapping says of all other texts stands for those that the column does not know by itself; and these.

    A text that holds words of ``contains`` with different meanings is no other one.
    """
    left = remaining(cell, value)
    if spec.otherwise is None or left.is_empty():
        return value, pl.Series([], dtype=pl.String)
    left = left.filter(~contradicting(text_of(cell.gather(left)), spec))
    as_meant = spec.model_copy(update=dict.fromkeys(("values", "prefix", "contains", "otherwise")))
    meant = _scalar(spec.otherwise, column, as_meant).new_from_index(0, len(left))
    return replaced(value, left, meant), text_of(cell.gather(left))


def _mangled(cell: pl.Series) -> pl.Series:
    """Places of ids, or parts of ids, that a spreadsheet or a program has made another number of."""
    text = narrow(text_of(cell))
    found = text.str.contains(MANGLED).fill_null(value=False).arg_true()
    pointed = text.str.contains(".0", literal=True).fill_null(value=False).arg_true()
    if pointed.is_empty():
        return found
    return pl.concat([found, pointed.filter(text.gather(pointed).str.contains(_WITH_A_POINT))])


def _flags(cell: pl.Series) -> pl.Series:
    """Places of ids that are a program's yes or no."""
    if cell.dtype == pl.Boolean:
        return cell.is_not_null().arg_true()
    return cell.is_in(_YES_AND_NO).fill_null(value=False).arg_true() if cell.dtype == pl.String else places()


def _failed(cell: pl.Series, value: pl.Series, column: dy.Column, spec: FieldSpec) -> dict[str, pl.Series]:
    """Places of cells that hold something and were not read, by rule."""
    left = remaining(cell, value)
    if left.is_empty():
        return {}
    if column.dtype == pl.Enum:
        return {"unknown_code": left}
    if not column.dtype.is_temporal():
        return {"unreadable": left}
    is_ambiguous = ambiguous(cell.gather(left), spec.forms).fill_null(value=False)
    return {"ambiguous_date": left.filter(is_ambiguous), "unreadable": left.filter(~is_ambiguous)}


def _unread(name: str, *found: dict[str, pl.Series]) -> Unread | None:
    told = [(rule, at) for each in found for rule, at in each.items() if len(at)]
    if not told:
        return None
    rules = [pl.Series([f"{rule}:{name}"]).new_from_index(0, len(at)) for rule, at in told]
    return Unread(pl.concat([at for _, at in told]), pl.concat(rules))


def _text(cell: pl.Series, _column: dy.Column, spec: FieldSpec) -> pl.Series:
    """A text column knows no words of its own: what is not listed is another text."""
    text = translated(text_of(cell), spec)
    return text if spec.otherwise is None else text.set(~is_said(text_of(cell), spec), None)


def _code(cell: pl.Series, column: dy.Column, spec: FieldSpec) -> pl.Series:
    codes = code_list(column)
    assert codes is not None, f"{cell.name} has no code list"
    return listed(translated(text_of(cell), spec), codes).cast(column.dtype)


def _moment(cell: pl.Series, _column: dy.Column, spec: FieldSpec) -> pl.Series:
    return moments(cell, spec.forms)


def _day(cell: pl.Series, _column: dy.Column, spec: FieldSpec) -> pl.Series:
    return moments(cell, spec.forms).cast(pl.Date)


def _whole(cell: pl.Series, column: dy.Column, spec: FieldSpec) -> pl.Series:
    if cell.dtype.is_integer() and not spec.translates and spec.reckoning.is_plain:
        return cell.cast(pl.Int64, strict=False)
    return wholes(translated(text_of(cell), spec), (column.metadata or {})["unit"], spec.reckoning)


def _measure(cell: pl.Series, _column: dy.Column, _spec: FieldSpec) -> pl.Series:
    return measures(cell)


def _flag(cell: pl.Series, _column: dy.Column, spec: FieldSpec) -> pl.Series:
    if cell.dtype == pl.Boolean and not spec.translates:
        return cell
    return flags(translated(text_of(cell), spec))


_PARSERS: dict[type[pl.DataType], Callable[[pl.Series, dy.Column, FieldSpec], pl.Series]] = {
    pl.String: _text,
    pl.Enum: _code,
    pl.Date: _day,
    pl.Datetime: _moment,
    pl.Int64: _whole,
    pl.Float64: _measure,
    pl.Boolean: _flag,
}
