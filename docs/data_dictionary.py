"""Writes ``docs/data-dictionary.md`` from the code: tables, features, published copy, code lists, rules.

Run ``python -m docs.data_dictionary`` after a change; a test fails while the file is stale.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl

from desk.say.markdown import table
from models import vocabulary as vocab
from models.coding.explain import factor_texts
from models.features import CATALOGUE
from models.policy import load_policy
from models.tables.canonical import TABLES, Table, code_list, decisive
from models.tables.columns import not_before_column
from warehouse.intake.files.header import MAX_COLUMNS
from warehouse.schema.catalogue import OWN, REGISTER_COLUMNS, VERSION_COLUMNS
from warehouse.schema.tables import Column

FILE = Path(__file__).with_name("data-dictionary.md")
DAY = date(2026, 6, 30)

OTHER_RULES = {
    "recorded_before_raised": "`recorded_at` lies before the day of `raised_at`",
    "recorded_before_filing": "`recorded_at` lies before the day of `filed_at`",
    "fixed_more_than_found": "`hazards_fixed` is larger than `hazards_found`",
}
"""What a row refused by a rule of its table has done, where it is not that one day lies before another."""

GENERAL_RULES = {
    "missing:<column>": "a required cell is empty",
    "too_long:<column>": "the text is longer than allowed; often a shifted column",
    "too_small:<column>, too_large:<column>": "the number is outside its limits",
    "unreadable:<column>": "the cell is not a date, time, number or yes/no",
    "unknown_code:<column>": "the value is in no accepted spelling of the code list",
    "error_cell:<column>": "the cell holds the error of a formula, such as #REF!, instead of a value",
    "ambiguous_date:<column>": "the day could be read in two ways, such as 06/05/2026; the mapping's `format` decides",
    "future_date:<column>": "the day lies after the day of reading",
    "formula_like:<column>": "a spreadsheet would run the text as a formula",
    "control_characters:<column>": "the text holds control characters, or characters that nobody sees: without width, "
    "turning the direction of reading; in ids also blanks other than the usual one",
    "mangled_number:<column>": "a spreadsheet kept part of the id: 2.02506E+11, or more than 15 digits as a number",
    "placeholder:<column>": "what stands where an id should be says that there is none: 0, /, 无, N/A, 111111",
    "masked:<column>": "part of the id is hidden: 3701\\*\\*\\*\\*12, 3701XXXX12",
    "identity_card:enterprise_id": "the number of a person's identity card; shown masked",
    "bad_credit_code:enterprise_id": "the 统一社会信用代码 fails GB 32100-2015 or, in characters 9 to 17, GB 11714 "
    "(`id_scheme: uscc`)",
    "bad_registration_number:<column>": "the last of the fifteen digits of a 工商注册号 does not check the others",
    "ambiguous_former_number": "two enterprises had the former number that the row names; it *waits* as well",
    "unknown_enterprise": "the enterprise is not in the register; alone, the row *waits* for it",
    "unknown_inspection": "the finding names a visit that its source never delivered of this enterprise "
    "(`references: required`); alone, the row *waits* for it",
    "duplicate_key": "two good rows share key and `recorded_at` but not their content",
}
"""Rules for every table, from ``models.contract`` and ``warehouse.intake.conform``."""

READING_RULES = {
    "wrong_encoding": "the line is in another encoding than the rest of its file; with line 0: the file is in one that "
    "must be named, such as `encoding: big5`",
    "wrong_number_of_fields": "the line has more or fewer cells than the header",
    "unbalanced_quote": "a quote is opened and never closed",
    "huge_line": "the line is longer than 1,000,000 characters",
    "not_json": "the line is not JSON",
    "not_a_number": "a number of the item is not one that JSON has, such as NaN",
    "not_a_flat_object": "the item is not an object, or holds lists or objects",
    "duplicate_key_in_object": "the item names a key more than once",
    "wrapped_records": "the document is one object that holds the rows deeper; `records` says where (line 0)",
    "records_not_found": "there is no list where `records` says (line 0)",
    "empty_file": "the file holds nothing (line 0)",
    "empty_header": "a header cell is empty (line 0)",
    "header_elsewhere": "nothing of the header is known, and another row looks like one: `header_row` (line 0)",
    "repeated_header": "a header stands twice (line 0)",
    "too_many_columns": f"the header has more than {MAX_COLUMNS:,} columns (line 0)",
    "unreadable_header": "the header is in another encoding, holds control characters, or a name kept for line numbers "
    "(line 0)",
    "ambiguous_header:<column>": "several headers of the file could be this column; name one in the mapping",
    "merged_cell:<column>": "the cell is covered by a merged one; `merged: fill_down` takes its value for every row",
    "formula_without_value:<column>": "the workbook was saved without the value of the formula",
    "damaged_cell:<column>": "the markup of the cell does not tell what it holds: an error without a name, a text at "
    "the wrong place, two cells in one place",
    "shown_otherwise:<column>": "a number format shows something else than the number that is stored, and it cannot "
    "be told what",
    "below_another_header:<column>": "the row stands below another header, of an export put under the first",
    "unsure_day:<column>": "a day before 1 March 1900, which programs count differently, or a time without a day",
    "zip_bomb": "the file unpacks to an unreasonable size, spans too many cells, or defines entities (line 0)",
    "unknown_format": "the ending of the file is not known (line 0)",
    "unreadable_file": "the file cannot be opened as what its ending says (line 0)",
}
"""Refusals of ``warehouse.intake.files.readers``; line 0 stands for the whole file."""

ELSEWHERE = {
    "risk.features": "; columns as in [Features](#features) plus `as_of`",
    "core.enterprises": " as known on the day of knowledge; columns as in [enterprises](#enterprises-企业名册) and "
    "[versions](#versions)",
}
"""Tables of the published copy whose columns another section lists."""

_TYPES = {
    pl.String: "text",
    pl.Enum: "code",
    pl.Date: "date",
    pl.Datetime: "date and time",
    pl.Int64: "whole number",
    pl.Float64: "number",
    pl.Boolean: "yes/no",
}


def render() -> str:
    """The whole document."""
    parts = [_INTRODUCTION, "## Canonical tables"]
    parts += [part for one in TABLES.values() for part in _table_section(one)]
    for section in (
        _versions,
        _decisive,
        _refusals,
        _features,
        _published,
        _pack_names,
        _code_lists,
        _districts,
    ):
        parts += section()
    return "\n\n".join(part.strip() for part in parts) + "\n"


_INTRODUCTION = """\
<!-- Generated by `python -m docs.data_dictionary`; edit the generator or the code, not this file. -->
# Data dictionary

A delivery may use the column name, its Chinese header (or one of the further headers), or any header the
[mapping file](operations.md#mapping-files) names.  Two days belong to every event: the day it happened and
`recorded_at` (记录日期), the day the authority knew it; registers and what is planned have the latter only.  *Required*
means an empty cell refuses the row; `= x` means an empty cell stands for x.  ◆ marks *decisive* columns: a code
follows from them, and their default could hide danger ([which and why](#decisive-columns)).  Clause ids (C1, P2 …) are
explained in the [glossary](glossary.md).
"""


def _table_section(one: Table) -> list[str]:
    key = ", ".join(f"`{name}`" for name in one.key)
    happened = f" · happened: `{one.happened}`" if one.happened else ""
    rows = [_column_row(name, column) for name, column in one.columns().items()]
    own = one.schema._schema_validation_rules().items()
    parts = [
        f"### {one.name} {one.zh}",
        f"One row: {one.grain}, in one version · key: {key} (+ `recorded_at`){happened}",
        table(("column", "Chinese header", "type", "required", "meaning"), rows),
    ]
    if own:
        parts.append(
            "Row rules: " + "; ".join(f"**{name}**: {told(name, rule.expr)}" for name, rule in own) + "."
        )
    return parts


def told(name: str, rule: pl.Expr) -> str:
    """What a row refused by a rule of its table has done.  Raises KeyError where nothing says it."""
    if name in OTHER_RULES:
        return OTHER_RULES[name]
    later, earlier = dict.fromkeys(rule.meta.root_names())
    if not rule.meta.eq(not_before_column(later, earlier)):
        raise KeyError(f"OTHER_RULES lacks a sentence for {name}")
    return f"`{later}` lies before `{earlier}`"


def _column_row(name: str, column: dy.Column) -> tuple[str, str, str, str, str]:
    meta = column.metadata or {}
    headers = " / ".join((meta["zh"], *meta["also"]))
    required = "" if column.nullable else "yes"
    if meta["blank"] is not None:
        required = f"= {str(meta['blank']).lower()}"
    if name == "source":
        required = "set by the mapping"
    return (
        f"`{name}`{' ◆' if meta['decisive'] else ''}",
        headers,
        _type(column),
        required,
        column.description or "",
    )


def _type(column: dy.Column) -> str:
    codes = code_list(column)
    if codes is not None:
        return f"code: [{codes.name}](#{codes.name.replace(' ', '-')})"
    kind, unit = _TYPES[column.dtype.base_type()], (column.metadata or {})["unit"]
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    limits = [f"{low:,} … {high:,}"] if low is not None and high is not None else []
    longest = getattr(column, "max_length", None)
    limits += [f"≤ {longest:,} characters"] if longest else []
    limits += ["not in the future"] if (column.metadata or {})["past"] else []
    return ", ".join([f"{kind} ({unit})" if unit else kind, *limits])


def _meaning(column: Column) -> str:
    return (
        f"{column.meaning}; in no [shared copy](operations.md#who-may-read-a-home)"
        if column.personal
        else column.meaning
    )


def _columns(columns: Mapping[str, Column]) -> str:
    rows = [(f"`{name}`", column.kind, _meaning(column)) for name, column in columns.items()]
    return table(("column", "type", "meaning"), rows)


def _versions() -> list[str]:
    return [
        "## Versions",
        "The warehouse adds these columns to every canonical row (`core.<table>`).  `core.current_<table>` "
        "shows the current version of each key.  When a version counts: "
        "[corrections and versions](operations.md#corrections-and-versions).",
        _columns(VERSION_COLUMNS),
        "The register (`core.enterprises`) has one more:",
        _columns(REGISTER_COLUMNS),
    ]


def _decisive() -> list[str]:
    rows = [
        (f"`{name}.{column}`", (one.columns()[column].metadata or {})["decisive"])
        for name, one in TABLES.items()
        for column in decisive(one)
    ]
    return [
        "## Decisive columns",
        "A cell that cannot be read never becomes their default, and a mapping cannot leave such a cell out "
        "(`unreadable: empty`).",
        table(("column", "what its default could hide"), rows),
    ]


def _refusals() -> list[str]:
    return [
        "## Why a row is refused",
        "Besides the row rules above.  Names carry the column.",
        table(("rule", "the row is refused because"), _coded(GENERAL_RULES)),
        "While reading a file:",
        table(("rule", "refused because"), _coded(READING_RULES)),
    ]


def _coded(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(", ".join(f"`{name}`" for name in key.split(", ")), text) for key, text in words.items()]


def _features() -> list[str]:
    rows = [
        (f"`{one.name}`", "String" if one.is_text else "Int64", one.unit, one.meaning) for one in CATALOGUE
    ]
    return [
        "## Features",
        "`risk.features`: one row per enterprise known on the day of knowledge.  Counts are 0 when nothing "
        "is on record; `days_since_…` and `last_result` stay empty.  Points, weights and windows: "
        "[scoring](scoring.md).",
        table(("feature", "type", "unit", "meaning"), rows),
    ]


def _published() -> list[str]:
    parts = [
        "## Published copy",
        "`published/riskcode.duckdb`, read-only, replaced whole by each run.  Beside it, "
        "`documents.sqlite` holds answers made from it: passports by enterprise, queues by code and district.",
    ]
    for name, one in OWN.items():
        if one.is_published:
            parts.append(f"### {name}\n\nOne row: {one.grain}{ELSEWHERE.get(name, '')}.")
            if name not in ELSEWHERE:
                parts.append(_columns(one.shown))
        if name == "risk.scores":
            factors = len(load_policy().on(DAY).scorecard.factors)
            parts.append(
                f"And one BIGINT column of points for each of the {factors} factors, named as the factor."
            )
    return parts


def _pack_names() -> list[str]:
    policy = load_policy().on(DAY)
    texts = factor_texts(policy).filter(pl.col("kind") != "band").rows(named=True)
    rows = [(f"`{one['factor']}`", one["kind"], one["title_zh"], one["title_en"]) for one in texts]
    return [
        "## Factors and rules",
        f"Of the pack `{policy.pack}` {policy.version}; points, conditions and references: "
        "[scoring](scoring.md).",
        table(("name", "kind", "Chinese", "English"), rows),
    ]


def _code_lists() -> list[str]:
    parts = [
        "## Code lists",
        "Stored by key.  Deliveries may use the key, a label or a further spelling, in any case.",
    ]
    for codes in vocab.CODE_LISTS:
        rows = [
            (f"`{key}`", codes.zh(key), label, " ".join(codes.written[key][1:]))
            for key, label in codes.labels.items()
        ]
        parts += [f"### {codes.name}", table(("key", "Chinese", "English", "also accepted"), rows)]
    return parts


def _districts() -> list[str]:
    rows = [(f"`{code}`", *names) for code, names in vocab.JINAN_DIVISIONS.items()]
    return [
        "## Districts",
        "GB/T 2260 codes of Jinan whose names the command line knows; `division` itself takes any text.",
        table(("code", "Chinese", "English"), rows),
    ]


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    print(f"{FILE.name} written")
