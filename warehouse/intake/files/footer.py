"""Rows at the foot of a table, such as totals and who filled it in: left out where the entry names them."""

import re

import polars as pl

from models.messages import Remark
from warehouse.intake.files.delimited import cells_of, delimiter_of
from warehouse.intake.files.raw import LINE, Raw
from warehouse.intake.mapping import Entry


def leave_out_footer(raw: Raw, entry: Entry) -> None:
    """Take out rows whose first filled cell is one of ``footer`` (``*`` stands for anything), and note them."""
    if not entry.footer:
        return
    pattern = "^(?:" + "|".join(pattern_of_footer(text) for text in entry.footer) + ")$"
    texts = [pl.col(name).cast(pl.String) for name in raw.frame.columns if name != LINE]
    bare = [text.str.replace_all(r"\s", "") for text in texts]
    first = pl.coalesce(pl.lit(None, pl.String), *(pl.when(text != "").then(text) for text in bare))
    is_footer = raw.frame.select(first.str.contains(pattern).fill_null(value=False)).to_series()
    unread = [one for one in raw.unread if one.line and re.match(pattern, first_cell(one.content))]
    lines = sorted([*raw.frame.filter(is_footer)[LINE], *(one.line for one in unread)])
    if lines:
        raw.frame = raw.frame.filter(~is_footer)
        raw.unread = [one for one in raw.unread if one not in unread]
        told = ", ".join(map(str, lines[:10])) + (" …" if len(lines) > 10 else "")
        raw.notes.append(
            Remark(
                "{file}: {n} rows of the footer left out, line {lines}",
                file=raw.place,
                n=f"{len(lines):,}",
                lines=told,
            )
        )


def pattern_of_footer(text: str) -> str:
    """The regular expression of the cells that a word of ``footer`` stands for."""
    return ".*".join(re.escape(part) for part in re.sub(r"\s", "", text).split("*"))


def first_cell(content: str) -> str:
    """The first filled cell of a line, without its blanks."""
    cells = cells_of(content, delimiter_of(content)) or [content]
    return next((bare for cell in cells if (bare := re.sub(r"\s", "", cell))), "")
