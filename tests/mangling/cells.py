"""Damage to single cells: what spreadsheets, exports and people make of a value."""

from datetime import date
from random import Random

from tests.mangling.city import COUNTS, DAYS, Delivery, File
from tests.mangling.registry import GRID, TEXT, Words, any_column, change_cells, damage, some_rows, words_of

CODES = (
    "severity",
    "sector",
    "enforcing_level",
    "status",
    "source_system",
    "kind",
    "level",
    "result",
    "grade",
)
FLAGS = ("is_major_hazard", "is_false_alarm")
IDS = ("enterprise_id", "violation_id", "alert_id", "inspection_id", "accident_id", "report_id")
DATES = tuple(sorted(DAYS))
NUMBERS = tuple(sorted(COUNTS))
DECISIVE = (*CODES, *FLAGS, *NUMBERS)


@damage("the error of a formula stands in cells")
def error_value(_: Delivery, file: File, chance: Random) -> Words | None:
    error = chance.choice(("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#SPILL!", "＃REF！", "Err:502"))
    return change_cells(file, chance, (), lambda _: error)


@damage("a column too narrow for its numbers was exported as it looked")
def hashes(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, (*NUMBERS, *DATES, "enterprise_id"), lambda _: "########")


@damage("cells that must be filled are blank")
def blanked_mandatory(_: Delivery, file: File, chance: Random) -> Words | None:
    must = (
        *IDS,
        "recorded_at",
        "occurred_on",
        "inspected_on",
        "filed_on",
        "raised_at",
        "level",
        "source_system",
    )
    return change_cells(file, chance, must, lambda _: "")


@damage("a whole column is blank, its header still there")
def blanked_column(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None or not any(row[file.column(name)] for row in file.rows):
        return None
    for row in file.rows:
        row[file.column(name)] = ""
    return words_of(file, name)


@damage("long numbers in scientific notation")
def scientific_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(
        file, chance, IDS, lambda cell: f"{cell[:1]}.{cell[1:6]}E+17" if cell[:1].isdigit() else None
    )


@damage("the last digits of a long number are noughts")
def rounded_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, ("enterprise_id",), lambda cell: "913701020000000000"[: len(cell)])


@damage("a credit code with one character mistyped")
def mistyped_code(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(8, 17)

    def mistype(cell: str) -> str:
        return cell[:at] + ("7" if cell[at] != "7" else "4") + cell[at + 1 :]

    return change_cells(file, chance, ("enterprise_id",), mistype)


@damage("two neighbouring characters of a credit code exchanged")
def exchanged_characters(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(8, 16)
    return change_cells(
        file, chance, ("enterprise_id",), lambda cell: cell[:at] + cell[at + 1] + cell[at] + cell[at + 2 :]
    )


@damage("credit codes masked")
def masked_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    mask = chance.choice(("****", "XXXX", "●●●●", "…"))
    return change_cells(file, chance, ("enterprise_id",), lambda cell: cell[:8] + mask + cell[14:])


@damage("a placeholder instead of a number")
def placeholder_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(("0", "无", "/", "暂无", "-", "000000000000000000", "N/A", "办理中"))
    return change_cells(file, chance, IDS, lambda _: word)


@damage("ids in lower case")
def lower_case_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, ("enterprise_id",), str.lower)


@damage("O for 0, I for 1 and the like in credit codes")
def lookalikes(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(
        file, chance, ("enterprise_id",), lambda cell: cell.replace("0", "O").replace("1", "I")
    )


@damage("a blank inside numbers")
def blanks_inside(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(
        file, chance, ("enterprise_id", *NUMBERS), lambda cell: f"{cell[:1]} {cell[1:]}" if cell[1:] else None
    )


@damage("the number of a person instead of an enterprise's")
def identity_cards(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, ("enterprise_id",), lambda _: "110101199003070097")


@damage("days as the numbers a spreadsheet keeps")
def serial_days(_: Delivery, file: File, chance: Random) -> Words | None:
    def serial(cell: str) -> str | None:
        return str((date.fromisoformat(cell) - date(1899, 12, 30)).days) if cell else None

    return change_cells(file, chance, DATES, serial)


@damage("day before month before year, or month before day")
def swapped_days(_: Delivery, file: File, chance: Random) -> Words | None:
    sign, american = chance.choice("/-."), chance.random() < 0.5

    def swap(cell: str) -> str | None:
        if not cell:
            return None
        year, month, day = cell.split("-")
        return sign.join((month, day, year) if american else (day, month, year))

    return change_cells(file, chance, DATES, swap)


@damage("years of two digits")
def short_years(_: Delivery, file: File, chance: Random) -> Words | None:
    sign = chance.choice("-/.")
    return change_cells(file, chance, DATES, lambda cell: cell[2:].replace("-", sign) if cell else None)


@damage("days in years of the Republic")
def years_of_the_republic(_: Delivery, file: File, chance: Random) -> Words | None:
    form = chance.choice(("{}-{}-{}", "{}/{}/{}", "民国{}年{}月{}日"))

    def told(cell: str) -> str | None:
        return form.format(int(cell[:4]) - 1911, cell[5:7], cell[8:]) if cell else None

    return change_cells(file, chance, DATES, told)


@damage("days without a year, or a month alone")
def half_days(_: Delivery, file: File, chance: Random) -> Words | None:
    cut = chance.choice((slice(5, None), slice(0, 7), slice(0, 4)))
    return change_cells(file, chance, DATES, lambda cell: cell[cut] if cell else None)


@damage("days that no calendar has")
def impossible_days(_: Delivery, file: File, chance: Random) -> Words | None:
    wrong = chance.choice(("-13-45", "-02-30", "-00-00", "-06-31"))
    return change_cells(file, chance, DATES, lambda cell: cell[:4] + wrong if cell else None)


@damage("nought days of programs: 1900-01-00, 0000-00-00, 1970-01-01, 9999-12-31")
def nought_days(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(("1900-01-00", "0000-00-00", "9999-12-31", "1900/1/0"))
    return change_cells(file, chance, DATES, lambda _: word)


@damage("words where a day should stand")
def words_for_days(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(("待定", "未整改", "整改中", "无", "/", "-", "见附件", "长期"))
    return change_cells(file, chance, (*DATES, "acknowledged_at", "closed_at"), lambda _: word)


@damage("thousands set apart")
def thousand_separators(_: Delivery, file: File, chance: Random) -> Words | None:
    sign = chance.choice((",", "，", "'", " "))
    return change_cells(
        file,
        chance,
        ("employees",),
        lambda cell: f"{int(cell) // 1000}{sign}{cell[-3:]}" if len(cell) > 3 else None,
    )


@damage("units behind numbers")
def units(_: Delivery, file: File, chance: Random) -> Words | None:
    unit = chance.choice(("人", "项", "名死亡", "人（含外包）", "级", "处", "个以上"))
    return change_cells(file, chance, NUMBERS, lambda cell: cell + unit if cell else None)


@damage("words and guesses instead of numbers")
def words_for_numbers(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(
        ("一", "两人", "3-5", "约3", ">1", "≥1", "若干", "1+2", "3.5", "-1", "1人2伤", "无", "有", "/", "—")
    )
    return change_cells(file, chance, NUMBERS, lambda _: word)


@damage("full-width digits and letters")
def full_width(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(
        file, chance, (), lambda cell: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in cell)
    )


@damage("blanks around texts")
def blanks_around(_: Delivery, file: File, chance: Random) -> Words | None:
    blank = chance.choice((" ", "  ", "\u3000", "\u00a0", "\t"))
    return change_cells(file, chance, (), lambda cell: f"{blank}{cell}{blank}" if cell else None)


@damage("characters without width inside texts")
def zero_width(_: Delivery, file: File, chance: Random) -> Words | None:
    unseen = chance.choice(("\u200b", "\ufeff", "\u200e", "\u00ad", "\u2060"))
    return change_cells(file, chance, (), lambda cell: cell[:1] + unseen + cell[1:] if cell else None)


@damage("line breaks inside cells", *GRID)
def line_breaks(_: Delivery, file: File, chance: Random) -> Words | None:
    line_break = chance.choice(("\n", "\r\n"))
    return change_cells(file, chance, (), lambda cell: f"{cell[:2]}{line_break}{cell[2:]}" if cell else None)


@damage("words for yes and no that are none")
def other_flags(_: Delivery, file: File, chance: Random) -> Words | None:
    yes, no = chance.choice(
        (
            ("√", "×"),
            ("○", ""),
            ("对", "错"),
            ("属实", "不属实"),
            ("是（挂牌督办）", "否"),
            ("Y", "N"),
            ("TRUE", "FALSE"),
            ("重大隐患", "一般隐患"),
            ("■", "□"),
            ("已判定", "-"),
            ("1", "2"),
            ("是", "不是"),
        )
    )
    return change_cells(file, chance, FLAGS, lambda cell: yes if cell == "是" else no)


@damage("words for codes that their list does not have")
def unknown_words(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(
        ("Ⅰ级", "红", "致命", "A类", "E", "甲", "重大（省级挂牌）", "其它情形", "NULL", "无", "—", "3")
    )
    return change_cells(file, chance, CODES, lambda _: word)


@damage("a new value of a code list")
def new_values(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, CODES, lambda cell: f"{cell}（新）" if cell else None)


@damage("codes written as their labels, or labels as codes")
def labels_for_codes(_: Delivery, file: File, chance: Random) -> Words | None:
    told = {
        "A": "重大",
        "B": "较重",
        "C": "一般",
        "D": "轻微",
        "红色": "red",
        "蓝色": "blue",
        "合格": "clean",
    }
    told |= {
        "停产停业": "stopped",
        "拒绝检查": "refused",
        "危险化学品": "hazardous_chemicals",
        "停产": "suspended",
    }
    return change_cells(file, chance, CODES, lambda cell: told.get(cell))


@damage("codes in another case, or with a mark")
def other_case(_: Delivery, file: File, chance: Random) -> Words | None:
    change = chance.choice(
        (str.lower, lambda cell: f"{cell}级", lambda cell: f"{cell}*", lambda cell: f"({cell})")
    )
    return change_cells(
        file, chance, ("severity", "level", "result"), lambda cell: change(cell) if cell else None
    )


@damage("two values in one cell")
def two_values(_: Delivery, file: File, chance: Random) -> Words | None:
    sign = chance.choice(("、", "/", ";", "\n", "，"))
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    at = file.column(name)
    others = sorted({row[at] for row in file.rows if row[at]})
    for row in some_rows(file, chance):
        file.rows[row][at] = f"{file.rows[row][at]}{sign}{chance.choice(others or ['1'])}"
    return words_of(file, name)


@damage("ditto marks: as above")
def ditto(_: Delivery, file: File, chance: Random) -> Words | None:
    mark = chance.choice(("同上", "〃", '"', "″", "↑"))
    return change_cells(file, chance, (), lambda _: mark)


@damage("programs' words for nothing: NULL, None, NaN, nan, undefined")
def words_for_nothing(_: Delivery, file: File, chance: Random) -> Words | None:
    word = chance.choice(("NULL", "None", "NaN", "nan", "null", "undefined", "<NA>", "NaT", "\\N", "(null)"))
    return change_cells(file, chance, DECISIVE, lambda _: word)


@damage("numbers and flags as floats")
def floats(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, NUMBERS, lambda cell: f"{cell}.0" if cell else None)


@damage('text that begins with an apostrophe, or as ="..."')
def kept_as_text(_: Delivery, file: File, chance: Random) -> Words | None:
    form = chance.choice(("'{}", '="{}"', "`{}", "‘{}’"))
    return change_cells(file, chance, (), lambda cell: form.format(cell) if cell else None)


@damage("formulas delivered as text", *TEXT)
def formulas_as_text(_: Delivery, file: File, chance: Random) -> Words | None:
    return change_cells(file, chance, (), lambda _: "=VLOOKUP(A2,数据!A:F,6,0)")


@damage("texts read in the wrong encoding and saved again")
def mojibake(_: Delivery, file: File, chance: Random) -> Words | None:
    wrong = chance.choice((("utf-8", "gb18030"), ("gb18030", "latin-1"), ("utf-8", "cp1252")))

    def twice(cell: str) -> str | None:
        return None if cell.isascii() else cell.encode(wrong[0]).decode(wrong[1], errors="replace")

    return change_cells(file, chance, (*CODES, *FLAGS), twice)


@damage("characters that were lost: question marks")
def lost_characters(_: Delivery, file: File, chance: Random) -> Words | None:
    mark = chance.choice(("?", "\ufffd", "锟斤拷"))
    return change_cells(file, chance, (*CODES, *FLAGS), lambda cell: mark * len(cell) if cell else None)


@damage("texts cut off at a length")
def cut_texts(_: Delivery, file: File, chance: Random) -> Words | None:
    length = chance.randrange(1, 9)
    return change_cells(file, chance, (*CODES, "enterprise_id", *DATES), lambda cell: cell[:length])


@damage("notes behind a value, in brackets")
def notes_behind(_: Delivery, file: File, chance: Random) -> Words | None:
    note = chance.choice(("（待核实）", "(?)", "*", "?", "（已整改）", "（误报）"))
    return change_cells(file, chance, DECISIVE, lambda cell: cell + note if cell else None)


@damage("HTML left in cells")
def markup(_: Delivery, file: File, chance: Random) -> Words | None:
    form = chance.choice(("<td>{}</td>", "{}<br>", "&nbsp;{}", "<b>{}</b>"))
    return change_cells(file, chance, DECISIVE, lambda cell: form.format(cell) if cell else None)
