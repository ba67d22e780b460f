"""Kinds of columns, from which every table is put together."""

from typing import Any

import dataframely as dy
import polars as pl

from models import vocabulary as vocab

TEXT = 4000
"""Longest free text kept; longer ones are refused (a delivery with one is usually a shifted column)."""
SHORT = 200
ID = 100


def meta_column(
    zh: str, *, unit: str = "", past: bool = False, also: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """Column metadata: Chinese header, unit, whether the day must lie in the past, further headers.

    ``codes`` is the code list of a category; ``blank`` the value an empty or absent cell stands for.  From a
    ``decisive`` column a code follows, and its default could hide danger: here stands what.  An ``identity`` says which
    thing is meant; where ``may_have_none``, a placeholder says that there is no number, and is empty.
    ``personal``: tells of a person; it stays in the warehouse.
    ``registration``: when it holds a registration number of enterprises ("always", or the column that tells by its
    ``kind``).
    ``alone``: a header of its name that the mapping reads for another column is not taken for it as well.
    """
    usual = {
        "codes": None,
        "blank": None,
        "decisive": "",
        "identity": False,
        "may_have_none": False,
        "personal": False,
        "registration": "",
        "alone": False,
    }
    return {"zh": zh, "unit": unit, "past": past, "also": also, **usual, **more}


def enum_column(
    codes: vocab.CodeList,
    zh: str,
    meaning: str,
    *,
    nullable: bool = False,
    blank: str | None = None,
    decisive: str = "",
) -> dy.Enum:
    """A value of a closed list."""
    return dy.Enum(
        codes.keys,
        nullable=nullable,
        metadata=meta_column(zh, codes=codes, blank=blank, decisive=decisive),
        description=meaning,
    )


def day_column(
    zh: str,
    meaning: str,
    *,
    nullable: bool = True,
    past: bool = True,
    also: tuple[str, ...] = (),
) -> dy.Date:
    """A day; ``past``: never after the day it is read."""
    return dy.Date(nullable=nullable, metadata=meta_column(zh, past=past, also=also), description=meaning)


def recorded_column() -> dy.Date:
    """The knowledge date, part of every key."""
    return dy.Date(
        primary_key=True,
        metadata=meta_column("记录日期", past=True, also=("公告日期", "公示日期")),
        description="day this version became known to the authority (knowledge date)",
    )


def withdrawn_column() -> dy.Date:
    """The day a row was withdrawn."""
    return day_column("撤销日期", "day the row was withdrawn; what is withdrawn never stood; empty = stands")


def source_column(
    meaning: str = "name of the mapping that delivered the row; ids are unique within it",
    *,
    is_key: bool = True,
) -> dy.String:
    """The source, part of the key of all but registers."""
    return dy.String(
        primary_key=is_key,
        nullable=False,
        max_length=ID,
        metadata=meta_column("数据来源"),
        description=meaning,
    )


def id_column(zh: str, meaning: str, *, registration: str = "") -> dy.String:
    """The number of a row within its source."""
    return dy.String(
        primary_key=True,
        min_length=1,
        max_length=ID,
        metadata=meta_column(zh, identity=True, registration=registration),
        description=meaning,
    )


def none_or_number_column(
    zh: str, meaning: str, *, also: tuple[str, ...] = (), registration: str = ""
) -> dy.String:
    """A number that not everybody has: 无 and its like are empty."""
    said = meta_column(zh, also=also, identity=True, may_have_none=True, registration=registration)
    return dy.String(nullable=True, max_length=ID, metadata=said, description=meaning)


def reference_column(zh: str, meaning: str, *, alone: bool = False) -> dy.String:
    """The number of a row of another table, where there is one."""
    said = meta_column(zh, identity=True, alone=alone)
    return dy.String(nullable=True, max_length=SHORT, metadata=said, description=meaning)


def enterprise_column(meaning: str = "enterprise the row is about", *, is_key: bool = False) -> dy.String:
    """The enterprise a row is about."""
    return _number_column(("统一社会信用代码", "企业编号", "企业代码"), meaning, is_key=is_key)


def officer_column(
    meaning: str = "person of the roster the row is about", *, is_key: bool = False
) -> dy.String:
    """The officer a row is about."""
    return _number_column(("执法人员编号", "执法证号"), meaning, is_key=is_key)


def _number_column(headers: tuple[str, ...], meaning: str, *, is_key: bool) -> dy.String:
    return dy.String(
        primary_key=is_key,
        nullable=False,
        min_length=1,
        max_length=ID,
        metadata=meta_column(headers[0], also=headers[1:], identity=True),
        description=meaning,
    )


def text_column(
    zh: str,
    meaning: str,
    *,
    limit: int = SHORT,
    nullable: bool = True,
    also: tuple[str, ...] = (),
    personal: bool = False,
) -> dy.String:
    """Text of limited length; ``personal``: it tells of a person."""
    return dy.String(
        nullable=nullable,
        min_length=None if nullable else 1,
        max_length=limit,
        metadata=meta_column(zh, also=also, personal=personal),
        description=meaning,
    )


def count_column(
    zh: str,
    meaning: str,
    *,
    unit: str,
    least: int = 0,
    most: int = 10_000_000,
    nullable: bool = True,
    blank: int | None = None,
    decisive: str = "",
) -> dy.Int64:
    """A whole number with its unit."""
    return dy.Int64(
        nullable=nullable,
        min=least,
        max=most,
        metadata=meta_column(zh, unit=unit, blank=blank, decisive=decisive),
        description=meaning,
    )


def flag_column(zh: str, meaning: str, *, decisive: str = "") -> dy.Bool:
    """Yes or no."""
    return dy.Bool(
        nullable=False, metadata=meta_column(zh, blank=False, decisive=decisive), description=meaning
    )


def not_before_column(later: str, earlier: str) -> pl.Expr:
    """``later`` is not before ``earlier``; an unknown day breaks nothing."""
    return pl.col(later).is_null() | pl.col(earlier).is_null() | (pl.col(later) >= pl.col(earlier))


def not_before(later: str, earlier: str):
    """The rule of a table that ``later`` is not before ``earlier``."""
    return dy.rule()(lambda _: not_before_column(later, earlier))


def minute_column(zh: str, meaning: str, *, nullable: bool = True) -> dy.Datetime:
    """A point in time (local), never after the day it is read."""
    return dy.Datetime(
        nullable=nullable, time_unit="us", metadata=meta_column(zh, past=True), description=meaning
    )


def degrees_column(zh: str, meaning: str, *, most: float) -> dy.Float64:
    """A coordinate, up to as many degrees either way."""
    return dy.Float64(
        nullable=True, min=-most, max=most, metadata=meta_column(zh, unit="degrees"), description=meaning
    )
