"""A day's visits to print and take along: one sheet a team, A4 landscape, with boxes for result and signature."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from desk.files.tables import neutral, workbook
from desk.say.citations import citation
from desk.say.visits import contact_text, crews_of, filing, finding_text, people_text
from desk.words.labels import CHECK_WHY, FORM
from desk.words.words import Words
from models import vocabulary as vocab
from warehouse.database.reading import Row

_WIDTHS = (5, 46, 20, 56, 13, 26)
_LAST = len(_WIDTHS) - 1
_HEADER_ROWS = 3
_A4 = 9
LONGEST_NAME = 31

EDGE = {"border": 1, "border_color": "#9a9aa5"}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "valign": "vcenter"},
    "people": {"font_size": 11, "valign": "vcenter", "text_wrap": True},
    "head": {"bold": True, "bg_color": "#e8e8ee", "align": "center", "valign": "vcenter", **EDGE},
    "visit": {"bold": True, "font_size": 12, "bg_color": "#f4f1f8", "valign": "vcenter", **EDGE},
    "facts": {"text_wrap": True, "valign": "vcenter", **EDGE},
    "number": {"align": "center", "valign": "top", **EDGE},
    "cell": {"text_wrap": True, "valign": "top", **EDGE},
    "grave": {"text_wrap": True, "valign": "top", "bold": True, "font_color": "#b3261e", **EDGE},
    "box": {"align": "center", "valign": "vcenter", **EDGE},
    "note": {"italic": True, "font_color": "#55555f", "valign": "vcenter"},
    "label": {"bold": True, "align": "center", "valign": "vcenter", "text_wrap": True, **EDGE},
}


def write_day_sheets(visits: list[Row], path: Path, words: Words) -> None:
    """Write one sheet per crew, in the order of the plan."""
    with workbook(path) as book:
        formats = {name: book.add_format({"font_size": 10, **given}) for name, given in _FORMATS.items()}
        taken: set[str] = set()
        for _, crew in crews_of(visits):
            sheet = book.add_worksheet(sheet_name(crew[0], words, taken))
            set_page(sheet, _WIDTHS, words, heads=_HEADER_ROWS)
            _write_team(sheet, crew, formats, words)


def sheet_name(row: Row, words: Words, taken: set[str]) -> str:
    """A name Excel accepts: authority and crew, at most 31 characters, each once."""
    wanted = f"{words.authority(row['level'], row['division'])} {words.team(row['crew_id'])}"
    clean = clean_name(wanted)
    name, at = clean[:LONGEST_NAME].strip(), 1
    while name.lower() in taken:
        at += 1
        mark = f" {at}"
        name = clean[: LONGEST_NAME - len(mark)].strip() + mark
    taken.add(name.lower())
    return name


def clean_name(wanted: str) -> str:
    """A name for a sheet without what Excel accepts in none."""
    return re.sub(r"[\[\]:*?/\\']", " ", wanted).strip()


def set_page(
    sheet: Any, widths: Sequence[int], words: Words, *, heads: int, is_upright: bool = False
) -> None:
    """A4 pages with the first rows on each of them, numbered; ``widths``: of the columns, in characters."""
    sheet.set_paper(_A4)
    if not is_upright:
        sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, heads - 1)
    sheet.freeze_panes(heads, 0)
    sheet.hide_gridlines(2)
    sheet.set_footer(f"&L&A&R{words('page &P of &N')}")
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)


def across(sheet: Any, line: int, last: int, text: str, form: Any, height: float, *, start: int = 0) -> None:
    """A text over the columns from ``start`` to ``last``."""
    if last > start:
        sheet.merge_range(line, start, line, last, neutral(text), form)
    else:
        sheet.write_string(line, start, neutral(text), form)
    sheet.set_row(line, height)


def _write_team(sheet: Any, crew: list[Row], formats: dict[str, Any], words: Words) -> None:
    first = crew[0]
    form = f" · {words.label(FORM, first['form'])}" if first["form"] else ""
    team = f"{words.authority(first['level'], first['division'])} · {words.team(first['crew_id'])}{form}"
    _across(sheet, 0, f"{words('Inspection sheet')}  {first['planned_on']}  {team}", formats["title"], 26)
    _across(
        sheet,
        1,
        f"{words('officers')}{words.colon}{people_text(first, words, numbered=True)}",
        formats["people"],
        20,
    )
    heads = ("#", words("item"), words("why"), words("how to look"), words("found: yes / no"), words("notes"))
    for column, head in enumerate(heads):
        sheet.write_string(2, column, head, formats["head"])
    sheet.set_row(2, 18)
    line = _HEADER_ROWS
    for row in crew:
        line = _write_visit(sheet, line, row, formats, words)
    _across(
        sheet,
        line,
        words(
            "Laws are cited as this project's list of items has them; check the text in force before you cite them."
        ),
        formats["note"],
        17,
    )


def _write_visit(sheet: Any, line: int, row: Row, formats: dict[str, Any], words: Words) -> int:
    code = f" · {words.label(vocab.CODE, row['code'])}" if row["code"] else ""
    place = words.division(row["place"])
    head = f"{words('stop {n}', n=row['stop'])}  {row['name']}  {row['enterprise_id']} · {place}{code}"
    _across(sheet, line, head, formats["visit"], 21)
    late = f" {words('overdue')}" if row["is_overdue"] else ""
    facts = {
        words.within("visit", "why"): words.channels(row),
        words("mode"): words.label(vocab.INSPECTION_MODE, row["mode"]),
        words.within("deadline", "due"): f"{row['due_on'] or '–'}{late}",
        words("filing"): filing(row, words),
    }
    told = " · ".join(f"{title}{words.colon}{fact}" for title, fact in facts.items())
    _across(sheet, line + 1, contact_text(row, words), formats["facts"], 17)
    _across(sheet, line + 2, told, formats["facts"], 17)
    line = _write_checks(sheet, line + 3, row["checks"], formats, words)
    _across(
        sheet,
        line,
        words(
            "□ nothing found  □ fixed on the spot  □ order (until:          )  □ case  □ "
            "transfer  □ major hazard"
        ),
        formats["facts"],
        24,
        label=(words("result"), formats["label"]),
    )
    _across(
        sheet,
        line + 1,
        words("officers:                              enterprise:                              time:"),
        formats["facts"],
        34,
        label=(words("signature"), formats["label"]),
    )
    return line + 2


def _write_checks(sheet: Any, line: int, checks: list[Row], formats: dict[str, Any], words: Words) -> int:
    """One row per thing to check; at least one empty row to write on."""
    for at, check in enumerate(checks, start=1):
        is_grave = check["why"] in ("open_major", "overdue")
        code = f"{check['item_code']} " if check["item_code"] else ""
        sheet.write_number(line, 0, at, formats["number"])
        law = citation(check["reference"], words)
        basis = f"{words('law cited')}{words.colon}{law}" if law else ""
        item = neutral(
            "\n".join(
                filter(None, (f"{code}{words.either(check, 'title')}", finding_text(check, words), basis))
            )
        )
        why = words.label(CHECK_WHY, check["why"])
        sheet.write_string(line, 1, item, formats["cell"])
        sheet.write_string(line, 2, why, formats["grave" if is_grave else "cell"])
        sheet.write_string(line, 3, neutral(words.either(check, "look")), formats["cell"])
        sheet.write_string(line, 4, words("□ yes  □ no"), formats["box"])
        sheet.write_blank(line, 5, None, formats["cell"])
        sheet.set_row(line, _height(item, why, words.either(check, "look")))
        line += 1
    if not checks:
        _across(sheet, line, words("no items listed"), formats["facts"], 17)
        line += 1
    return line


def _height(item: str, why: str, look: str) -> float:
    """Points of a row: programs that print without a screen do not fit heights to wrapped text themselves."""
    needed = max(
        sum(-(-max(1, cell_len(part)) // (width - 2)) for part in text.split("\n"))
        for text, width in zip((item, why, look), _WIDTHS[1:4], strict=True)
    )
    return 14.0 * max(1, needed) + 2


def _across(
    sheet: Any, line: int, text: str, form: Any, height: float, *, label: tuple[str, Any] | None = None
) -> None:
    """A text over the whole width of the page, or right of a label."""
    start = 0
    if label is not None:
        sheet.merge_range(line, 0, line, 1, label[0], label[1])
        start = 2
    across(sheet, line, _LAST, text, form, height, start=start)
