"""How each file is laid out: sheets, lists, header rows, merged cells, footer; read as a mapping would read it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from models.messages import Message
from warehouse.intake.drafting.sampling import beginning
from warehouse.intake.drafting.shapes import are_values, example
from warehouse.intake.drafting.synonyms import key_of_word, known_words, told
from warehouse.intake.files.footer import first_cell, pattern_of_footer
from warehouse.intake.files.header import ENOUGH, LOOKED_AT, Refusal, Row, joined, look_for_header, plain
from warehouse.intake.files.json_items import lists_of
from warehouse.intake.files.raw import LINE, Raw, shown
from warehouse.intake.files.readers import ENDINGS, WORKBOOKS, read_file
from warehouse.intake.files.sheets import MERGED
from warehouse.intake.files.tops import Top, top_of_lines, tops_of_workbook
from warehouse.intake.mapping import Entry

_JSON = (".json", ".jsonl", ".ndjson")
_FILLED = 0.6
"""Share of the widest row that a row of unknown words must fill to be taken for the header."""
_OTHER_DELIMITERS = "^~¦\x01\x1f、"


@dataclass
class Part:
    """One table of a delivery as it is laid out: a file, a sheet of it or a list in it, and its rows.

    ``layout`` are the keys of the entry that read it; ``title`` what stands above the header.
    """

    path: Path
    layout: dict[str, Any]
    raw: Raw
    sheet: str | None = None
    title: str = ""
    notes: list[Message] = field(default_factory=list[Message])
    questions: list[Message] = field(default_factory=list[Message])
    sheets: tuple[str, ...] = ()
    """All sheets of its workbook, also those that hold nothing."""

    @property
    def headers(self) -> list[str]:
        """Headers as delivered."""
        return [name for name in self.raw.frame.columns if name != LINE]


@dataclass(frozen=True)
class Unread:
    """What no entry is drafted for, and why."""

    file: str
    sheet: str | None
    why: Message


def parts_of(path: Path) -> Iterator[Part | Unread]:
    """The tables of a file, and what of it cannot be one."""
    ending, file = path.suffix.lower(), shown(path.name)
    if ending not in ENDINGS:
        yield Unread(
            file, None, Message("files that end in {ending} are not read", {"ending": ending or "–"})
        )
        return
    try:
        with beginning(path) as looked_at:
            for part in _by_ending(looked_at):
                if isinstance(part, Part) and looked_at is not path:
                    part.path = path
                    part.notes.append(Message("the file is long: only its beginning was looked at"))
                yield part
    # Whatever a parser dies of is a matter of its file.
    except Exception as error:
        yield Unread(file, None, Message("it cannot be read: {error}", {"error": error}))


def _by_ending(path: Path) -> Iterator[Part | Unread]:
    ending = path.suffix.lower()
    if ending in WORKBOOKS:
        yield from _of_workbook(path)
    elif ending in _JSON:
        yield from _of_json(path)
    else:
        layout, top = _layout_of_text(path) if ending != ".parquet" else ({}, None)
        yield _one(path, layout, top=top)


def _of_workbook(path: Path) -> Iterator[Part | Unread]:
    tops = tops_of_workbook(path)
    if isinstance(tops, Refusal):
        yield Unread(shown(path.name), None, _refused(tops.rule, tops.told))
        return
    names = tuple(str(top.sheet) for top in tops)
    for top in tops:
        if not top.rows:
            yield Unread(shown(path.name), shown(str(top.sheet)), Message("the sheet is empty"))
        elif top.state != "visible":
            why = Message(
                "the sheet is hidden (rows: {rows}); name it in sheet: if it is data",
                {"rows": max(top.filled - 1, 0)},
            )
            yield Unread(shown(path.name), shown(str(top.sheet)), why)
        else:
            part = _one(path, _header_keys(top), sheet=top.sheet, top=top)
            yield part if isinstance(part, Unread) else replace(part, sheets=names)


def _of_json(path: Path) -> Iterator[Part | Unread]:
    lists = [one for one in lists_of(path) if one.items]
    for one in lists:
        yield _one(path, {"records": one.records})
    if not lists:
        yield _one(path, {})


def _layout_of_text(path: Path) -> tuple[dict[str, Any], Top | None]:
    for encoding in (None, "big5"):
        top = top_of_lines(path, encoding)
        if top.rows:
            keys: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
            if delimiter := _rare_delimiter(top.rows):
                top = top._replace(rows=[(line, str(cells[0]).split(delimiter)) for line, cells in top.rows])
                keys["delimiter"] = delimiter
            return keys | _header_keys(top), top
    return {}, None


def _rare_delimiter(rows: Sequence[Row]) -> str | None:
    """A sign that cuts all rows into as many cells, where no usual one cuts any."""
    lines = [str(cells[0]) for _, cells in rows if len(cells) == 1]
    if len(lines) < len(rows) or len(lines) < ENOUGH:
        return None
    for sign in _OTHER_DELIMITERS:
        counts = {line.count(sign) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return sign
    return None


def _one(
    path: Path, layout: dict[str, Any], sheet: str | None = None, top: Top | None = None
) -> Part | Unread:
    """A part, read as laid out; what the first reading shows (merged cells, a footer) is put into its layout."""
    file, notes, questions = shown(path.name), list[Message](), list[Message]()
    header = layout.get("header_row")
    names = _joined_names(top, header) if top and isinstance(header, list) else []
    raw = _read(path, layout, sheet, names)
    if any(flaw.rule == MERGED for flaw in raw.flaws):
        layout = layout | {"merged": "fill_down"}
        raw = _read(path, layout, sheet, names)
        questions.append(
            Message("cells are merged; every row of a block gets its value. Is that what they mean?")
        )
    if footer := _footer(raw):
        layout = layout | {"footer": footer}
        raw = _read(path, layout, sheet, names)
    if whole := next((unread for unread in raw.unread if not unread.line), None):
        return Unread(file, sheet and shown(sheet), _refused(whole.rule, whole.content))
    if raw.frame.is_empty():
        return Unread(file, sheet and shown(sheet), Message("it has a header and no rows"))
    if are_values(raw.frame.columns[1:]):
        return Unread(
            file,
            sheet and shown(sheet),
            Message("no row names its columns; what would be the header holds values"),
        )
    if raw.unread:
        notes.append(
            Message("{n} lines cannot be cut into cells and will be refused", {"n": len(raw.unread)})
        )
    return Part(path, layout, raw, sheet, _title(top, layout), notes, questions)


def _read(path: Path, layout: dict[str, Any], sheet: str | None, names: Sequence[str]) -> Raw:
    """Rows as a mapping with these keys reads them that names columns of a header of several rows."""
    asked: dict[str, Any] = {} if sheet is None else {"sheet": [sheet]}
    asked |= {"columns": {"": {"column": list(names)}}} if names else {}
    return read_file(path, shown(path.name), Entry.model_validate({"files": ["*"], **layout, **asked}))[0]


def _refused(rule: str, content: str) -> Message:
    return Message("it is refused whole ({rule}): {content}", {"rule": rule, "content": example(content)})


def _title(top: Top | None, layout: dict[str, Any]) -> str:
    if top is None:
        return ""
    header = layout.get("header_row")
    first = header[0] if isinstance(header, list) else header or 1
    return " ".join(str(cell) for line, cells in top.rows if line < first for cell in cells if cell)


# ---- header ----------------------------------------------------------------------------------------------


def _header_keys(top: Top) -> dict[str, Any]:
    """Where the header is, if it is not the first row that holds something; two rows where they make one header."""
    lines = _header_lines(top)
    if len(lines) > 1:
        return {"header_row": list(lines)}
    return {"header_row": lines[0]} if lines and lines[0] != top.rows[0][0] else {}


def _header_lines(top: Top) -> tuple[int, ...]:
    rows = [(line, [_as_known(cell) for cell in cells]) for line, cells in top.rows[:LOOKED_AT]]
    found = look_for_header(rows, known_words())
    lines = found.lines if found else _first_full(top.rows)
    if len(lines) != 1:
        return lines
    by_line = dict(top.rows)
    above = max((line for line in by_line if line < lines[0]), default=None)
    return (above, *lines) if above and _is_group_row(top, above, lines[0]) else lines


def _as_known(cell: str | None) -> str | None:
    """A cell as the words know it: without brackets and groups where the whole is no word."""
    if not cell:
        return cell
    return next(
        (form for form in (cell, re.sub(r"[(（\[【].*", "", cell)) if key_of_word(form) in known_words()),
        cell,
    )


def _is_group_row(top: Top, above: int, below: int) -> bool:
    """Whether a row names groups of the columns below it, without which these are not told apart or not known."""
    by_line = dict(top.rows)
    if below != above + 1 or sum(1 for cell in by_line[above] if cell) < ENOUGH:
        return False
    alone = [plain(cell) for cell in by_line[below] if cell]
    names = [name.split("/") for name in _joined_names(top, (above, below)) if name]
    is_clearer = any(
        key_of_word("".join(reversed(name))) in known_words() and key_of_word(name[-1]) not in known_words()
        for name in names
        if len(name) > 1
    )
    return len(set(alone)) < len(alone) or is_clearer


def _joined_names(top: Top, lines: Sequence[int]) -> list[str]:
    """Names of columns under a header of several rows, in which merged cells are filled."""
    by_line = dict(top.rows)
    rows = [list(by_line[line]) for line in lines]
    for block in top.merged:
        for line, row in zip(lines, rows, strict=True):
            if block.top <= line - 1 <= block.bottom and block.top + 1 in by_line:
                row[block.left : block.right + 1] = [by_line[block.top + 1][block.left]] * (
                    block.right - block.left + 1
                )
    width = max(map(len, rows))
    return joined([[*row, *[None] * (width - len(row))] for row in rows])


def _first_full(rows: Sequence[Row]) -> tuple[int, ...]:
    """The first row that is filled about as far as any, where no words are known."""
    widest = max(sum(1 for cell in cells if cell) for _, cells in rows)
    full = (line for line, cells in rows if sum(1 for cell in cells if cell) >= max(_FILLED * widest, 1))
    return (next(full),)


# ---- footer ----------------------------------------------------------------------------------------------


def _footer(raw: Raw) -> list[str]:
    """Words of footers that stand first in some row, as the mapping names them; the shorter of two that both fit."""
    texts = [pl.col(name).cast(pl.String) for name in raw.frame.columns if name != LINE]
    if not texts:
        return []
    bare = [text.str.replace_all(r"\s", "") for text in texts]
    first = pl.coalesce(pl.lit(None, pl.String), *(pl.when(text != "").then(text) for text in bare))
    firsts = raw.frame.select(first.alias("first"))["first"].drop_nulls().unique()
    cut = [first_cell(unread.content) for unread in raw.unread if unread.line]
    firsts = pl.concat([firsts, pl.Series("first", cut, dtype=pl.String)])
    found: list[str] = []
    for word in told()["footers"]:
        is_meant = firsts.str.contains(f"^(?:{pattern_of_footer(word)})$")
        if is_meant.any():
            found.append(word)
            firsts = firsts.filter(~is_meant)
    return found
