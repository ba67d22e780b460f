"""The row contract: which rows are accepted, and by which named rules the others are refused.

Types, limits and cross-column rules come from ``models.tables`` through dataframely.  Added here is what needs
more than the row: the day of reading (future dates), the register (unknown enterprise), spreadsheet formulas
and control characters in any text, credit codes, and rows that share a key but not their content.
"""

from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cache

import dataframely as dy
import polars as pl

from models.credit_codes import is_credit_code
from models.former_numbers import AMBIGUOUS, NAMED_AS
from models.identities import ENTERPRISE, Proof, normalised, unproven
from models.registration_numbers import is_miswritten
from models.tables.canonical import Table, identities, registrations
from models.writing import CONTROL, UNSEEN_IN_IDS

ROW = "row"
PROBLEMS = "problems"
UNKNOWN_ENTERPRISE = "unknown_enterprise"
BAD_CODE = f"bad_credit_code:{ENTERPRISE}"
DUPLICATE_KEY = "duplicate_key"
UNKNOWN_INSPECTION = "unknown_inspection"
HEALS = rf"^({UNKNOWN_ENTERPRISE}|{UNKNOWN_INSPECTION}|{AMBIGUOUS}|future_date:.*)$"
"""Rules that another delivery, or the day itself, may settle: what is refused for them alone waits."""

# "=..." always starts a formula; "+", "-" and "@" also start honest names ("@NINE") and list items, so
# those count only when a function call or a DDE link follows.
FORMULA = r"^\s*(?:[=＝]|[+\-@＋－＠]\s*[\d.+\-*/^&]*[A-Za-z_.][A-Za-z0-9_.]*\s*\(|[+\-@＋－＠][^|]*\|.*!)"

UNREAD = "^(?:unreadable|unknown_code|error_cell|ambiguous_date|mangled_number):"
"""Rules of cells that hold something, but nothing that can be read."""
NO_ENTERPRISE = (
    "^(?:(?:placeholder|masked|mangled_number|identity_card|control_characters|formula_like)"
    f":{ENTERPRISE}|{AMBIGUOUS})$"
)
"""Rules of an enterprise's number that is none; that it is unknown goes without saying."""

PLAUSIBLE = (date(1900, 1, 1), date(2199, 12, 31))
"""Days outside are slips; Python and DuckDB cannot even show all of them."""

_LIMIT_NAMES = {
    "nullability": "missing",
    "min_length": "missing",
    "max_length": "too_long",
    "min": "too_small",
    "max": "too_large",
}


@dataclass(frozen=True)
class Judgement:
    """Outcome for the rows of one table.

    ``accepted``: canonical columns plus ``row``.  ``refused``: ``row`` and ``rules`` (list of rule names,
    sorted), one row each.  ``repeated``: how many rows repeated an accepted one word for word.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    repeated: int


def judge(
    rows: pl.DataFrame,
    table: Table,
    *,
    known_enterprises: pl.Series,
    today: date,
    credit_codes: bool = False,
    accepted_codes: frozenset[str] = frozenset(),
) -> Judgement:
    """Split rows into accepted and refused.

    ``rows`` holds the canonical columns, typed, plus ``row`` (a number of its own) and ``problems`` (names
    of the cells that could not be read).  Every row comes out exactly once: accepted, refused or repeated.
    ``credit_codes``: enterprises must have valid ones, or one of ``accepted_codes``.
    """
    proof = Proof(credit_codes, accepted_codes)
    good, refused = judge_each(rows, table, known_enterprises=known_enterprises, today=today, proof=proof)
    together = judge_together(good.filter(key_of(table).is_duplicated()), table)
    out = pl.concat([together.refused[ROW], together.repeated])
    accepted = good.filter(~pl.col(ROW).is_in(out.implode())).select(*table.columns(), ROW)
    return Judgement(accepted, pl.concat([refused, together.refused]), len(together.repeated))


def judge_each(
    rows: pl.DataFrame, table: Table, *, known_enterprises: pl.Series, today: date, proof: Proof
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge each row by itself: those that break no rule, and the others as ``refused`` (``row``, ``rules``).

    Takes what ``judge`` takes; the good rows keep further columns, and have each id in its one spelling.  However rows
    are cut into frames, each fares the same.
    """
    rows = normalised(rows, table, proof)
    checked = _checked(table).filter(rows.select(*table.columns(), ROW))
    failing = _named_failures(checked[1].details(), table)
    own = _own_rules(rows, table, known_enterprises=known_enterprises, today=today, proof=proof)
    no_ids = unproven(rows, table, proof, row=ROW)
    refused = _combine(failing, own, no_ids, rows.select(ROW, rules=PROBLEMS))
    good = rows.drop(PROBLEMS)
    return good if refused.is_empty() else good.filter(~pl.col(ROW).is_in(refused[ROW].implode())), refused


@dataclass(frozen=True)
class Together:
    """What becomes of good rows that share key and ``recorded_at``; all others of them are accepted.

    ``refused``: ``row`` and ``rules`` of those that contradict each other.  ``repeated``: ``row`` of those that repeat
    an accepted one word for word.
    """

    refused: pl.DataFrame
    repeated: pl.Series


def judge_together(good: pl.DataFrame, table: Table) -> Together:
    """Judge rows that are good by themselves and share ``key_of`` with another one: all such rows of a delivery.

    Only good rows can contradict each other: whether a row is refused does not depend on which bad ones came with it.
    """
    # A row that names today's number says it by itself; who had a former one may turn out to be uncertain.
    order = [pl.col(NAMED_AS).is_not_null()] if NAMED_AS in good.columns else []
    told = good.with_columns(first=pl.col(ROW).sort_by(*order, ROW).first().over(list(table.columns())))
    is_first = pl.col(ROW) == pl.col("first")
    clashing = told.filter(is_first).filter(pl.struct(_key(table)).is_duplicated())[ROW]
    is_clashing = pl.col("first").is_in(clashing.implode())
    refused = told.filter(is_clashing).select(ROW, rules=pl.lit([DUPLICATE_KEY], dtype=pl.List(pl.String)))
    return Together(refused.sort(ROW), told.filter(~is_first & ~is_clashing)[ROW])


def key_of(table: Table) -> pl.Expr:
    """Key and ``recorded_at`` of a row as one number; that of others is another one, but for rare chance."""
    return pl.struct(_key(table)).hash()


@cache
def _checked(table: Table) -> type[dy.Schema]:
    """The schema of the table with the row number added, so that failures can be told apart.

    Without the key, which is no matter of one row, and the lengths of texts: dataframely counts bytes, of which a
    Chinese character has three.
    """
    own = {name: copy(column) for name, column in table.columns().items()}
    for column in own.values():
        column.primary_key = False
        if isinstance(column, dy.String):
            column.max_length = None
    return type(f"{table.name}_rows", (table.schema,), {**own, ROW: dy.Int64(nullable=False)})


def _key(table: Table) -> list[str]:
    return [*table.key, "recorded_at"]


def _named_failures(details: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rule names of each failing row, in this project's wording."""
    rules = [name for name in details.columns if name not in (*table.columns(), ROW)]
    names = [pl.when(pl.col(rule) == "invalid").then(pl.lit(_rule_name(rule))) for rule in rules]
    if details.is_empty():
        return pl.DataFrame(schema={ROW: pl.Int64, "rules": pl.List(pl.String)})
    return details.select(ROW, rules=pl.concat_list(names).list.drop_nulls())


def _rule_name(rule: str) -> str:
    column, _, limit = rule.partition("|")
    return f"{_LIMIT_NAMES.get(limit, limit)}:{column}" if limit else rule


def _own_rules(
    rows: pl.DataFrame,
    table: Table,
    *,
    known_enterprises: pl.Series,
    today: date,
    proof: Proof,
) -> pl.DataFrame:
    tests = [*_text_tests(table), *_future_tests(table, today), *_plausible_tests(table)]
    tests += _registration_tests(rows, table, proof)
    if table.refers_to_register:
        # Joined once: to look each row up among a million enterprises takes longer than all other rules.
        known = pl.DataFrame({ENTERPRISE: known_enterprises})
        strangers = rows.select(ENTERPRISE).drop_nulls().join(known, on=ENTERPRISE, how="anti")[ENTERPRISE]
        tests.append((pl.col(ENTERPRISE).is_in(strangers.unique().implode()), UNKNOWN_ENTERPRISE))
    elif table.is_register and proof.credit_codes:
        codes = set(rows[ENTERPRISE].drop_nulls().unique()) - proof.accepted_codes
        tests.append(
            (pl.col(ENTERPRISE).is_in([code for code in codes if not is_credit_code(code)]), BAD_CODE)
        )
    # Lists of names are dear and hits are rare: find the rows first, then name their rules.
    hit = rows.filter(pl.any_horizontal(test for test, _ in tests))
    names = [pl.when(test).then(pl.lit(name)) for test, name in tests]
    return hit.select(ROW, rules=pl.concat_list(names).list.drop_nulls())


def _registration_tests(rows: pl.DataFrame, table: Table, proof: Proof) -> list[tuple[pl.Expr, str]]:
    """Registration numbers whose check digit is not theirs, but for those taken as they are."""
    tests: list[tuple[pl.Expr, str]] = []
    for name, when in registrations(table).items():
        holds_one = pl.lit(value=True) if when == "always" else pl.col(when) == "registration_number"
        numbers = set(rows.filter(holds_one)[name].drop_nulls().unique()) - proof.accepted_codes
        wrong = [number for number in numbers if is_miswritten(number)]
        tests.append((holds_one & pl.col(name).is_in(wrong), f"bad_registration_number:{name}"))
    return tests


def _text_tests(table: Table) -> list[tuple[pl.Expr, str]]:
    limits = {
        name: column.max_length for name, column in table.columns().items() if isinstance(column, dy.String)
    }
    return [
        (pl.col(name).str.len_chars() > limit, f"too_long:{name}") for name, limit in limits.items() if limit
    ] + [
        (pl.col(name).str.contains(pattern), f"{rule}:{name}")
        for name in limits
        if name != "source"
        for pattern, rule in (
            (FORMULA, "formula_like"),
            (UNSEEN_IN_IDS if name in identities(table) else CONTROL, "control_characters"),
        )
    ]


def _future_tests(table: Table, today: date) -> list[tuple[pl.Expr, str]]:
    return [
        (pl.col(name).cast(pl.Date) > today, f"future_date:{name}")
        for name, column in table.columns().items()
        if (column.metadata or {}).get("past")
    ]


def _plausible_tests(table: Table) -> list[tuple[pl.Expr, str]]:
    return [
        (~pl.col(name).cast(pl.Date).is_between(*PLAUSIBLE), f"implausible_date:{name}")
        for name, column in table.columns().items()
        if column.dtype == pl.Date or column.dtype == pl.Datetime
    ]


def _combine(*parts: pl.DataFrame) -> pl.DataFrame:
    """All rule names of each refused row; a cell that is no value hides what only follows from that."""
    together = (
        pl.concat([part.filter(pl.col("rules").list.len() > 0) for part in parts])
        .explode("rules")
        .group_by(ROW)
        .agg(pl.col("rules").unique().sort())
        .sort(ROW)
    )
    rules, place = pl.col("rules"), pl.element().str.split(":").list.last()
    follows = pl.concat_list(
        rules.list.filter(pl.element().str.contains(UNREAD)).list.eval("missing:" + place),
        pl.when(rules.list.eval(pl.element().str.contains(NO_ENTERPRISE)).list.any())
        .then(pl.lit([UNKNOWN_ENTERPRISE, BAD_CODE]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
    )
    return together.select(ROW, rules=rules.list.set_difference(follows).list.sort())
