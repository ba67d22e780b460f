"""Damage to workbooks: what spreadsheets, the people at them and other programs do to sheets and cells."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.mangling.cells import CODES, DECISIVE, FLAGS, NUMBERS
from tests.mangling.city import DAYS, SHEET, Delivery, File, content_of, put_cell, repacked, typed
from tests.mangling.oracle import Damage
from tests.mangling.registry import BOOK, Words, any_column, damage, some_rows, words_of
from warehouse.intake.files.cells import letters


def change_xml(
    file: File, change: Callable[[bytes], bytes], part: str = r"xl/worksheets/sheet1\.xml"
) -> None:
    file.after.append(lambda content: repacked(content, change, part))


def place(file: File, name: str, row: int) -> str:
    """Reference of a cell, as in A1."""
    return f"{letters(file.column(name))}{row + len(file.above) + 2}"


def filled(file: File, name: str, chance: Random) -> list[int]:
    """Rows with something in a column, at least one of them."""
    rows = [row for row in some_rows(file, chance) if file.rows[row][file.column(name)]]
    every = [row for row in range(len(file.rows)) if file.rows[row][file.column(name)]]
    return rows or every[:1]


def change_xml_cells(file: File, chance: Random, among: Words, new: str) -> Words | None:
    """Write some cells of a column anew; ``{place}`` and ``{value}`` are the cell's own."""
    name = any_column(file, chance, among)
    rows = filled(file, name, chance) if name else []
    if name is None or not rows:
        return None
    values = {place(file, name, row): file.rows[row][file.column(name)] for row in rows}

    def change(xml: bytes) -> bytes:
        for where, value in values.items():
            cell = new.format(place=where, value=value).encode()
            xml, count = re.subn(
                rb'<c r="%s"[^>]*?(?:/>|>.*?</c>)' % where.encode(), lambda _, cell=cell: cell, xml
            )
            assert count == 1, where
        return xml

    change_xml(file, change)
    return words_of(file, name)


def with_format(file: File, name: str | None, form: str, chance: Random) -> Words | None:
    """Give some filled cells of a column a number format."""
    rows = filled(file, name, chance) if name else []
    if name is None or not rows:
        return None

    def show(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in rows:
            sheet[place(file, name, row)].number_format = form

    file.sheets.append(show)
    return words_of(file, name)


@damage("cells of a column merged", *BOOK)
def merged_cells(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance)
    column = file.column(name or "")
    # What a merge erases below a blank cell is gone: the spreadsheet shows one blank.
    firsts = [row for row in range(len(file.rows) - 1) if file.rows[row][column]]
    if not firsts:
        return None
    first = chance.choice(firsts)
    last = min(len(file.rows) - 1, first + chance.randrange(1, 4))
    over = column + chance.choice((0, 0, 1)) if column + 1 < len(file.header) else column

    def merge(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.merge_cells(start_row=first + 2, end_row=last + 2, start_column=column + 1, end_column=over + 1)

    file.sheets.append(merge)
    return ()


@damage("a header merged over two columns", *BOOK)
def merged_header(_: Delivery, file: File, chance: Random) -> Words | None:
    column = chance.randrange(len(file.header) - 1)
    file.sheets.append(
        lambda _, sheet: sheet.merge_cells(
            start_row=1, end_row=1, start_column=column + 1, end_column=column + 2
        )
    )
    return words_of(file, *file.names()[column : column + 2])


@damage("formulas whose value was not saved", *BOOK)
def formulas_without_value(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(file, chance, (), '<c r="{place}"><f>VLOOKUP(A2,B:F,2,0)</f></c>')


@damage("formulas whose value is an empty text or an error", *BOOK)
def formulas_with_odd_value(_: Delivery, file: File, chance: Random) -> Words | None:
    cell = chance.choice(
        (
            '<c r="{place}" t="e"><f>A1</f><v>#REF!</v></c>',
            '<c r="{place}" t="e"><f>A1</f></c>',
            '<c r="{place}" t="n"><f>A1</f><v/></c>',
            '<c r="{place}" t="b"><f>A1</f></c>',
        )
    )
    return change_xml_cells(file, chance, (), cell)


@damage("cells marked as errors without saying which", *BOOK)
def nameless_errors(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(
        file,
        chance,
        (),
        chance.choice(
            ('<c r="{place}" t="e"/>', '<c r="{place}" t="e"><v></v></c>', '<c r="{place}" t="e"><v/></c>')
        ),
    )


@damage("inline texts with their text at the wrong place", *BOOK)
def broken_inline_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(file, chance, (), '<c r="{place}" t="inlineStr"><v>{value}</v></c>')


@damage("inline texts in good order", *BOOK)
def inline_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(
        file, chance, (*CODES, *FLAGS), '<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    )


@damage("texts in pieces, as formatting leaves them", *BOOK)
def rich_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    cell = (
        '<c r="{place}" t="inlineStr"><is><r><t>{value}</t></r><r><rPr><strike/></rPr><t>废</t></r></is></c>'
    )
    return change_xml_cells(file, chance, (*CODES, *FLAGS), cell)


@damage("cells that point at shared texts which are not there", *BOOK)
def lost_shared_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(
        file,
        chance,
        (),
        chance.choice(
            (
                '<c r="{place}" t="s"><v>99999</v></c>',
                '<c r="{place}" t="s"><v>-1</v></c>',
                '<c r="{place}" t="s"><v></v></c>',
            )
        ),
    )


@damage("the shared texts are gone or cut off", *BOOK)
def broken_shared_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    share = chance.choice((0.0, 0.3, 0.7))

    def cut(xml: bytes) -> bytes:
        end = xml.rfind(b"<si>", 0, int(len(xml) * share))
        return xml[:end] + b"</sst>" if end > 0 else b""

    change_xml(file, cut, r"xl/sharedStrings\.xml")
    return ()


@damage("cells of a kind that no program knows", *BOOK)
def unknown_kinds(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(
        file,
        chance,
        (),
        chance.choice(
            (
                '<c r="{place}" t="x"><v>{value}</v></c>',
                '<c r="{place}" t="n"><v>{value}!</v></c>',
                '<c r="{place}" t="b"><v>7</v></c>',
                '<c r="{place}" t="d"><v>{value}</v></c>',
            )
        ),
    )


@damage("values in cells that say they are empty", *BOOK)
def stray_values(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_xml_cells(file, chance, (*CODES, *FLAGS), '<c r="{place}"><is><t>{value}</t></is></c>')


@damage("two cells with the same place", *BOOK)
def cells_twice(_: Delivery, file: File, chance: Random) -> Words | None:
    other = chance.choice(('<c r="{place}" t="inlineStr"><is><t>另</t></is></c>', '<c r="{place}"/>'))
    cell = '<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return change_xml_cells(file, chance, (*CODES, *FLAGS), chance.choice((cell + other, other + cell)))


@damage("two rows with the same number", *BOOK)
def rows_twice(_: Delivery, file: File, chance: Random) -> Damage:
    row = chance.randrange(2, len(file.rows))
    change_xml(file, lambda xml: re.sub(rb'(r="[A-Z]*)%d"' % (row + 1), rb'\g<1>%d"' % row, xml))
    return Damage(file.name, lines=frozenset({row}))


@damage("rows and cells without their numbers", *BOOK)
def cells_without_place(_: Delivery, file: File, chance: Random) -> Words | None:
    change_xml(file, lambda xml: re.sub(rb' r="[A-Z]*\d+"', b"", xml))
    return tuple(file.header)


@damage("a sheet whose end is missing, in an archive that is whole", *BOOK)
def half_sheet(_: Delivery, file: File, chance: Random) -> Words | None:
    share = chance.uniform(0.2, 0.9)
    change_xml(file, lambda xml: xml[: int(len(xml) * share)])
    return ()


@damage("half of the rows on a second sheet", *BOOK)
def second_sheet(_: Delivery, file: File, chance: Random) -> Words | None:
    half = chance.randrange(1, len(file.rows))
    rows, state = file.rows[half:], chance.choice(("visible", "hidden", "veryHidden"))
    del file.rows[half:], file.about[half:]
    name = chance.choice(("Sheet2", "数据(2)", "续", "2024年"))

    def add(book: openpyxl.Workbook, _: Worksheet) -> None:
        sheet = book.create_sheet(name)
        sheet.append(file.header)
        for at, row in enumerate(rows, start=2):
            for column, (header, cell) in enumerate(zip(file.names(), row, strict=False), start=1):
                if cell != "":
                    put_cell(sheet.cell(at, column), typed(header, cell))
        sheet.sheet_state = state

    file.sheets.append(add)
    return (name,)


@damage("a sheet of instructions before the data", *BOOK)
def sheet_before(_: Delivery, file: File, chance: Random) -> Words | None:
    def add(book: openpyxl.Workbook, _: Worksheet) -> None:
        sheet = book.create_sheet("填报说明", 0)
        for line in ("填报说明", "1. 请如实填写", "2. 日期格式为YYYY-MM-DD")[:chance_rows]:
            sheet.append([line])

    chance_rows = chance.choice((0, 1, 3))
    file.sheets.append(add)
    return (SHEET, "header", "row", "填报说明")


@damage("another sheet is in front: last year's", *BOOK)
def outdated_sheet(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(len(file.rows) // 2)
    rows = file.rows[: at + 1]

    def add(book: openpyxl.Workbook, _: Worksheet) -> None:
        sheet = book.create_sheet("去年", 0)
        for row in [file.header, *rows]:
            sheet.append(row)

    file.sheets.append(add)
    return (SHEET,)


@damage("columns hidden", *BOOK)
def hidden_columns(_: Delivery, file: File, chance: Random) -> Words | None:
    column = letters(chance.randrange(len(file.header)))

    def hide(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.column_dimensions[column].hidden = True

    file.sheets.append(hide)
    return tuple(file.header)


@damage("rows hidden by a filter", *BOOK)
def hidden_rows(_: Delivery, file: File, chance: Random) -> Words | None:
    rows = some_rows(file, chance)

    def hide(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row + 2].hidden = True

    file.sheets.append(hide)
    return ("hidden",)


@damage("the workbook counts its days from 1904, its numbers do not", *BOOK)
def from_1904(_: Delivery, file: File, chance: Random) -> Words | None:
    def count(book: openpyxl.Workbook, _: Worksheet) -> None:
        book.epoch = CALENDAR_MAC_1904

    file.sheets.append(count)
    return ()


@damage("number formats that show another value than the one stored", *BOOK)
def other_formats(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, NUMBERS)
    form = chance.choice(
        (
            '"是";"否";"无"',
            "0,",
            '0"0"',
            '0"00"',
            ";;;",
            '"有";;"无"',
            "0%",
            '"—"',
            '[=0]"无";[=1]"有";General',
            "yyyy-mm-dd",
            "0.0,",
            '0"万"',
        )
    )
    return with_format(file, name, form, chance)


@damage("flags as numbers that a format shows as words, the other way round", *BOOK)
def flags_by_format(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, FLAGS)
    if name is None:
        return None
    form = chance.choice(('"否";"否";"是"', '[=0]"是";[=1]"否"', '"×";;"√"'))

    def show(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row, cells in enumerate(file.rows):
            cell = sheet[place(file, name, row)]
            cell.value, cell.data_type, cell.number_format = int(cells[file.column(name)] != "是"), "n", form

    file.sheets.append(show)
    return words_of(file, name)


@damage("days with the format of a number, or with a time", *BOOK)
def days_as_numbers(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, tuple(DAYS))
    form = chance.choice(("General", "0", "0.00", "@", "m/d/yy", "dd/mm/yyyy", 'yyyy"年"m"月"', "hh:mm"))
    return with_format(file, name, form, chance)


@damage("long numbers typed as numbers", *BOOK)
def long_numbers(_: Delivery, file: File, chance: Random) -> Words | None:
    rows = some_rows(file, chance)

    def put(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in rows:
            cell = sheet[place(file, "enterprise_id", row)]
            cell.value, cell.data_type = 913701020000000123, "n"

    file.sheets.append(put)
    return words_of(file, "enterprise_id")


@damage("white text, text struck out, or in a comment", *BOOK)
def said_by_looks(_: Delivery, file: File, chance: Random) -> Words | None:
    """Does nothing to the cells: what only looks say is not read."""

    def write(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        from openpyxl.comments import Comment

        sheet["B2"].comment = Comment("已撤销", "王伟")

    file.sheets.append(write)
    return ()


@damage("flags and codes by conditional formulas: TRUE and FALSE cells", *BOOK)
def logical_cells(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    rows = filled(file, name, chance)

    def put(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in rows:
            cell = sheet[place(file, name, row)]
            cell.value = file.rows[row][file.column(name)] in ("是", "1")

    file.sheets.append(put)
    return words_of(file, name)


@damage("days a spreadsheet made of other values: 3-5 becomes the 5th of March", *BOOK)
def days_made_of_values(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, (*NUMBERS, *CODES))
    if name is None:
        return None
    rows = filled(file, name, chance)
    day = datetime(2026, 3, 5) + timedelta(days=chance.randrange(99))

    def put(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for row in rows:
            cell = sheet[place(file, name, row)]
            cell.value, cell.number_format = day, 'm"月"d"日"'

    file.sheets.append(put)
    return words_of(file, name)


@damage("the workbook is locked with a password", *BOOK)
def locked(_: Delivery, file: File, chance: Random) -> Words | None:
    from warehouse.intake.files.biff import MAGIC

    file.after.append(lambda data: MAGIC + data[8:])
    return ()


@damage("a workbook under the name of text, or text under that of a workbook")
def other_kind(_: Delivery, file: File, chance: Random) -> Words | None:
    other = file.copy()
    other.kind = chance.choice([one for one in ("csv", "xlsx", "json") if one != file.kind])
    other.sheets, other.items, other.frames = [], [], []
    content = content_of(other)
    file.after.append(lambda _: content)
    return ()


@damage("a chart or a picture on the sheet, columns grouped, panes frozen", *BOOK)
def furniture(_: Delivery, file: File, chance: Random) -> Words | None:
    def add(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = sheet.dimensions

    file.sheets.append(add)
    return ()


@damage("far away from the table somebody typed something", *BOOK)
def stray_cells(_: Delivery, file: File, chance: Random) -> Words | None:
    row, column = chance.choice(((3, 20), (60, 2), (300, 16), (1, 15)))

    def put(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        cell: Any = sheet.cell(row, column)
        cell.value = "看这里"

    file.sheets.append(put)
    return ()
