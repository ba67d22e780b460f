"""Ids need proof: what stands in the column of a number and cannot be the number of one thing.

The same for every id: keys, and numbers of enterprises, officers and visits that a row refers to.  An id has one
spelling: half width, no surrounding blanks, composed characters; credit codes in capitals.
"""

from typing import NamedTuple

import polars as pl

from models.credit_codes import is_credit_code
from models.identity_cards import holds_identity_card
from models.tables.canonical import Table, identities, may_have_none
from models.vocabulary import NO_NUMBER, NO_NUMBER_YET
from models.writing import narrow, replaced

ENTERPRISE = "enterprise_id"

MANGLED = r"^[+-]?\d+(?:[.,]\d+[eE][+-]?|[eE]\+)\d{1,3}$|^\d{6,}\.0+$"
"""What a spreadsheet makes of long numbers: 2.02506E+11; and of numbers next to empty cells: 202506010001.0."""
_ZEROS_FOR_DIGITS = r"^\d{15}0{1,3}$"
"""An 18-digit number as a spreadsheet keeps it: fifteen digits."""

PLACEHOLDER = (
    rf"^[^\p{{L}}\p{{N}}]*(?:(?i:{'|'.join(NO_NUMBER.split())}|xx+)|{NO_NUMBER_YET}|n[./]a\.?|N[./]A\.?|0+(?:[^\p{{L}}\p{{N}}]+0+)*"
    + "".join(f"|{digit}{{6,}}" for digit in "123456789")
    + "".join(f"|(?i:{letter}{{3,}})" for letter in "abcdefghijklmnopqrstuvwyz")
    + r"|0?123456789\d*|987654321\d*)?[^\p{L}\p{N}]*$"
)
"""What people and programs write where they have no number; nothing but signs; one character over and over."""

MASKED = (
    r"[\p{L}\p{N}][*●×✕•＊]+[\p{L}\p{N}]|[*●×✕•＊]{2,}|[Xx]{4,}|\d[Xx]{3}|[Xx]{3}\d|\w##+\w"
    r"|[?？]{2,}|\x{FFFD}|…|\.{3,}"
)
"""Numbers of which a part is hidden or lost."""

_SUSPECT = (
    r"^[^0-9]*$|^0[0-]*$|^[^\p{L}\p{N}]|[^\p{L}\p{N}]$|[*●×✕•＊?？…\x{FFFD}]|[Xx]{3}|##|\.{3}|[eE]\+|[.,]\d+[eE]|\.0+$"
    r"|^[0/\-. ]+$|123456789|987654321|^(?:1+|2+|3+|4+|5+|6+|7+|8+|9+)$"
)
"""All that one of the patterns could find, cheaply."""
_LONG_NUMBER = r"\d{6}[ -]?\d{6}"
_OF_ENTERPRISES = (ENTERPRISE, "former_number")
_NOT_ASCII = r"[^\x00-\x7F]"


class Proof(NamedTuple):
    """What is asked of the numbers of enterprises: to be credit codes, but for those taken as they are."""

    credit_codes: bool = False
    accepted_codes: frozenset[str] = frozenset()


def normalised(rows: pl.DataFrame, table: Table, proof: Proof) -> pl.DataFrame:
    """Rows with every id in its one spelling, so that one thing is never two; two are never one.

    Where a thing may have no number, what is written for none is empty.
    """
    spelt = (
        _one_spelling(rows[name], capitals=proof.credit_codes and name in _OF_ENTERPRISES)
        for name in identities(table)
    )
    may_be_none = may_have_none(table)
    return rows.with_columns(one for one in spelt).with_columns(
        pl.when(~pl.col(name).str.contains(PLACEHOLDER)).then(name) for name in may_be_none
    )


def one_spelling(ids: pl.Series, proof: Proof) -> pl.Series:
    """Numbers of enterprises in their one spelling."""
    return _one_spelling(ids, capitals=proof.credit_codes)


def _one_spelling(ids: pl.Series, *, capitals: bool) -> pl.Series:
    at = ids.str.contains(_NOT_ASCII).fill_null(value=False).arg_true()
    if not at.is_empty():
        ids = replaced(ids, at, narrow(ids.gather(at)).str.normalize("NFC"))
    ids = ids.str.strip_chars()
    return ids.str.to_uppercase() if capitals else ids


def unproven(rows: pl.DataFrame, table: Table, proof: Proof, *, row: str) -> pl.DataFrame:
    """Rows with an id that cannot be one, and by which rules: ``row`` and ``rules`` (a list), one row a fault."""
    found = [pl.DataFrame(schema={row: pl.Int64, "rules": pl.List(pl.String)})]
    for name in identities(table):
        is_code = proof.credit_codes and name == ENTERPRISE
        suspect = pl.col(name).str.contains(_SUSPECT)
        if name == ENTERPRISE:
            suspect |= pl.col(name).str.contains(_LONG_NUMBER)
        few = rows.filter(suspect).select(row, id=name)
        if not few.is_empty():
            few = few.with_columns(rule=_rule(few["id"], is_enterprise=name == ENTERPRISE, is_code=is_code))
            excepted = pl.col("id").is_in(proof.accepted_codes) & (pl.col("rule") != "placeholder")
            named = few.filter(pl.col("rule").is_not_null() & ~excepted)
            found.append(named.select(row, rules=pl.concat_list(pl.col("rule") + f":{name}")))
    return pl.concat(found)


def _rule(ids: pl.Series, *, is_enterprise: bool, is_code: bool) -> pl.Series:
    """The first rule that each id breaks, if any."""
    each = pl.col("id")
    proven = ids.unique().drop_nulls()
    cards = [one for one in proven if is_enterprise and holds_identity_card(one)]
    codes = [one for one in proven if is_credit_code(one)]
    return (
        ids.to_frame()
        .select(
            pl.when(each.is_in(cards))
            .then(pl.lit("identity_card"))
            .when(each.is_in(codes))
            .then(None)
            .when((each != "") & each.str.contains(PLACEHOLDER))
            .then(pl.lit("placeholder"))
            .when(each.str.contains(MANGLED) | (each.str.contains(_ZEROS_FOR_DIGITS) & pl.lit(is_code)))
            .then(pl.lit("mangled_number"))
            .when(each.str.contains(MASKED))
            .then(pl.lit("masked"))
        )
        .to_series()
    )
