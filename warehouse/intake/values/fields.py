"""How a mapping fills one canonical column, and what a column allows of that."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import dataframely as dy
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from models.contract import PLAUSIBLE
from models.errors import MappingError
from models.tables.canonical import Table, code_list, decisive, identities
from models.vocabulary import FLAGS
from warehouse.intake.values.days import NAMED_FORMS, pattern_of
from warehouse.intake.values.numbers import YUAN_UNITS, Reckoning

Scalar = str | int | float | bool | date


STRICT = ConfigDict(extra="forbid", frozen=True)
"""A part of a mapping file, in which a key that nobody knows is an error."""
AS_KEPT = "as kept"
"""Context of mappings that deliveries were taken in with: they are read as they were then."""
_MOST_DAYS = (PLAUSIBLE[1] - PLAUSIBLE[0]).days
"""From one plausible day to another."""


class Linear(BaseModel):
    """A number reckoned anew: ``times`` it, ``plus`` something, both exactly as written."""

    model_config = STRICT

    times: Decimal = Field(default=Decimal(1), max_digits=30, decimal_places=20)
    plus: Decimal = Field(default=Decimal(0), max_digits=30, decimal_places=20)

    @field_validator("times", "plus", mode="before")
    @classmethod
    def _as_written(cls, number: Any) -> Any:
        return repr(number) if isinstance(number, float) else number


class FieldSpec(BaseModel):
    """How one canonical column is filled."""

    model_config = STRICT

    column: str | list[str] | None = None
    first: list[str] | None = None
    join: list[str] | None = None
    separator: str = Field(default="|", alias="with")
    constant: Scalar | None = None
    values: dict[str, str] | None = None
    prefix: dict[str, str] | None = None
    contains: dict[str, str] | None = None
    keywords: dict[str, str] | None = None
    otherwise: str | None = None
    blank: Scalar | None = None
    empty: list[str] = Field(default_factory=list[str])
    unreadable: Literal["empty"] | None = None
    format: str | list[str] | None = None
    unit: str | None = None
    linear: Linear | None = None
    plus_days: int = Field(default=0, ge=-_MOST_DAYS, le=_MOST_DAYS)
    strip_control: bool = False

    @field_validator("values", "prefix", "contains", "keywords", mode="before")
    @classmethod
    def _keys_as_text(cls, values: Any, told: ValidationInfo) -> Any:
        # YAML reads 1, 2.0 and 是/true as numbers and flags; a delivery's cells are compared as text.
        if not isinstance(values, dict):
            return values
        words = [(_word(key, told), _word(meaning, told)) for key, meaning in values.items()]
        if told.context != AS_KEPT and len(dict(words)) < len(words):
            raise ValueError("of words that are the same as texts one is enough")
        if told.context != AS_KEPT and "" in dict(words):
            raise ValueError("an empty word is in every text; what empty cells stand for is said by blank")
        return dict(words)

    @field_validator("otherwise", mode="before")
    @classmethod
    def _word_as_text(cls, word: Any, told: ValidationInfo) -> Any:
        return word if word is None else _word(word, told)

    @field_validator("empty", mode="before")
    @classmethod
    def _items_as_text(cls, items: Any, told: ValidationInfo) -> Any:
        return [_word(item, told) for item in items] if isinstance(items, list) else items

    @field_validator("format")
    @classmethod
    def _forms_of_days(cls, forms: str | list[str] | None) -> str | list[str] | None:
        for form in [forms] if isinstance(forms, str) else forms or []:
            if form not in NAMED_FORMS:
                pattern_of(form)
        return forms

    @field_validator("unit")
    @classmethod
    def _unit_of_money(cls, unit: str | None) -> str | None:
        if unit is not None and unit not in YUAN_UNITS:
            raise ValueError(f"{unit} is no unit of money; known: {', '.join(YUAN_UNITS)}")
        return unit

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldSpec":
        origins = [self.column, self.first, self.join, self.constant]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of column, first, join, constant")
        if self.constant is None and not self.headers():
            raise ValueError("give at least one header")
        return self

    @property
    def translates(self) -> bool:
        """Whether the mapping says what texts stand for."""
        return bool(self.values or self.prefix or self.contains or self.otherwise is not None)

    @property
    def forms(self) -> list[str]:
        """Forms of a day; none: what has one reading."""
        return [self.format] if isinstance(self.format, str) else self.format or []

    @property
    def reckoning(self) -> Reckoning:
        """How numbers become what the column counts."""
        linear = self.linear or Linear()
        return Reckoning(linear.times, linear.plus, self.unit)

    def headers(self) -> list[str]:
        """Headers the field reads; of alternatives in ``column`` one is enough."""
        if isinstance(self.column, str):
            return [self.column]
        return self.first or self.join or self.column or []


def _word(value: Any, told: ValidationInfo) -> str:
    """A word that a mapping lists, as text.  Raises ValueError for what is none: nothing at all, or several."""
    if told.context != AS_KEPT and (value is None or isinstance(value, list | dict | set)):
        raise ValueError(f"{value} is no text; write it in quotes")
    return as_text(value)


def as_text(value: Any) -> str:
    """A scalar of YAML as a cell would show it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def check_field(table: Table, name: str, spec: FieldSpec) -> None:
    """Raise MappingError where a column cannot be filled like that."""
    column = table.columns()[name]
    asked = {
        "format": bool(spec.forms) and not column.dtype.is_temporal(),
        "plus_days": spec.plus_days != 0 and column.dtype != pl.Date,
        "unit": spec.unit is not None and (column.metadata or {})["unit"] != "yuan",
        "linear": spec.linear is not None and column.dtype != pl.Int64,
        **{
            key: getattr(spec, key) is not None and (column.dtype.is_temporal() or column.dtype.is_float())
            for key in ("values", "prefix", "contains", "otherwise")
        },
    }
    for key, is_wrong in asked.items():
        if is_wrong:
            raise MappingError(
                "tables.{table}.columns.{name}: '{key}' means nothing for this kind of column. Take it out; "
                "docs/operations.md says what each key is for.",
                table=table.name,
                name=name,
                key=key,
            )
    _check_keywords(table, name, column, spec)
    _check_unreadable(table, name, column, spec)
    _check_words(table, name, column, spec)


def _check_keywords(table: Table, name: str, column: dy.Column, spec: FieldSpec) -> None:
    """What holds none of the words is empty, and of several the first decides: a guess, and so is what rests on it."""
    is_text = column.dtype == pl.String and column.nullable and name not in identities(table)
    if spec.keywords is not None and (not is_text or name in decisive(table) or spec.translates):
        raise MappingError(
            "tables.{table}.columns.{name}: 'keywords' sort optional texts that decide nothing, and stand alone. "
            "Take 'contains' for words that mean a code.",
            table=table.name,
            name=name,
        )


def _check_unreadable(table: Table, name: str, column: dy.Column, spec: FieldSpec) -> None:
    if spec.unreadable and (not column.nullable or column.primary_key or name in decisive(table)):
        raise MappingError(
            "tables.{table}.columns.{name}: 'unreadable: empty' is for optional columns that decide nothing; "
            "this one does. Take it out, or say what its cells mean.",
            table=table.name,
            name=name,
        )


def _check_words(table: Table, name: str, column: dy.Column, spec: FieldSpec) -> None:
    """Every code or flag that a mapping gives must be known."""
    codes = code_list(column)
    if codes is None and column.dtype != pl.Boolean:
        return
    known = FLAGS if codes is None else codes.spellings()
    given = [*(spec.values or {}).values(), *(spec.prefix or {}).values(), *(spec.contains or {}).values()]
    given += [] if spec.otherwise is None else [spec.otherwise]
    for word in given:
        if word.lower() not in known:
            raise MappingError(
                "tables.{table}.columns.{name}: '{word}' is not in the list of this column. Known: {known}.",
                table=table.name,
                name=name,
                word=word,
                known=", ".join(known if codes is None else codes.keys),
            )
