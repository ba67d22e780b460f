"""Damage to headers, rows and the shape of a table: what people and exports do around the values."""

from random import Random

from tests.mangling.cells import DECISIVE, IDS
from tests.mangling.city import COLUMNS, Delivery, File
from tests.mangling.oracle import Damage
from tests.mangling.registry import (
    BOOK,
    GRID,
    JSON,
    TEXT,
    Words,
    any_column,
    change_cells,
    damage,
    some_rows,
    words_of,
)


def rename(file: File, name: str, header: str) -> Words:
    """Give a column another header; a remark may name either."""
    words = words_of(file, name)
    file.header[file.column(name)] = header
    return (*words, header.strip()) if header.strip() else words


def drop_column(file: File, at: int) -> None:
    del file.header[at]
    for row in file.rows:
        del row[at : at + 1]


@damage("a header mistyped by one character")
def mistyped_header(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance)
    header = file.header[file.column(name or "")]
    at = chance.randrange(len(header))
    return rename(file, name or "", header[:at] + chance.choice("期号数之率") + header[at + 1 :])


@damage("a header reworded")
def reworded_header(_: Delivery, file: File, chance: Random) -> Words | None:
    told = {
        "severity": "隐患程度",
        "is_major_hazard": "重大隐患",
        "quantity": "数目",
        "kind": "类别",
        "level": "等级",
    }
    told |= {"result": "结论", "grade": "级别", "deaths": "亡", "serious_injuries": "重伤", "sector": "领域"}
    told |= {
        "casualties": "伤亡",
        "major_hazard_source": "危险源",
        "status": "状态",
        "hazardous_processes": "工艺",
    }
    told |= {
        "rectified_on": "销号时间",
        "rectify_due_on": "期限",
        "acknowledged_at": "处警时间",
        "closed_at": "解除",
    }
    name = any_column(file, chance, tuple(told))
    return rename(file, name, told[name]) if name else None


@damage("a header in English")
def translated_header(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance)
    return rename(file, name or "", (name or "").replace("_", chance.choice((" ", "-", ""))).title())


@damage("something added to a header")
def adorned_header(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance)
    header = file.header[file.column(name or "")]
    form = chance.choice(
        (
            "*{}",
            "{}（必填）",
            "{} ",
            "{}：",
            "{}1",
            "{}（万元）",
            "{}(旧)",
            "{}\n(是/否)",
            "\ufeff{}",
            "上级{}",
            "{}_备份",
        )
    )
    return rename(file, name or "", form.format(header))


@damage("the name of a column gone, its cells still there", *GRID)
def dropped_header(_: Delivery, file: File, chance: Random) -> Words | None:
    return rename(file, any_column(file, chance) or "", "")


@damage("a header standing over two columns", *GRID)
def duplicated_header(_: Delivery, file: File, chance: Random) -> Words | None:
    one, other = chance.sample(file.names(), 2)
    return (*words_of(file, one, other), *rename(file, one, file.header[file.column(other)]))


@damage("a column deleted")
def deleted_column(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    words = words_of(file, name)
    drop_column(file, file.column(name))
    return words


@damage("a column twice, the second copy out of date", *GRID)
def outdated_copy(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    header = file.header[file.column(name)]
    form = chance.choice(("{}", "{}（是/否）", "{} ", "{}*", "{}（必填）"))
    file.header.insert(0, form.format(header))
    cells = [row[file.column(name)] for row in file.rows]
    chance.shuffle(cells)
    for row, cell in zip(file.rows, cells, strict=True):
        row.insert(0, cell)
    return (*words_of(file, name), form.format(header)) if file.is_text or file.kind == "xlsx" else None


@damage("two headers exchanged", *GRID)
def exchanged_headers(_: Delivery, file: File, chance: Random) -> Words | None:
    # Where both columns hold the same kind of value, nobody can tell: only days and codes are exchanged.
    days = [
        name
        for name in file.names()
        if name in ("recorded_at", "occurred_on", "inspected_on", "filed_on", "raised_at")
    ]
    codes = [
        name for name in file.names() if name in ("severity", "kind", "result", "grade", "sector", "level")
    ]
    if not days or not codes:
        return None
    one, other = chance.choice(days), chance.choice(codes)
    at, to = file.column(one), file.column(other)
    file.header[at], file.header[to] = file.header[to], file.header[at]
    return words_of(file, one, other)


@damage("cells of rows shifted to the right", *GRID)
def shifted_right(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(len(file.header) - 1)
    for row in some_rows(file, chance):
        file.rows[row].insert(at, "")
    return ()


@damage("cells of rows shifted to the left", *GRID)
def shifted_left(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(len(file.header) - 2)
    for row in some_rows(file, chance):
        del file.rows[row][at]
        file.rows[row].append("")
    return ()


@damage("rows of totals among the rows")
def subtotals(_: Delivery, file: File, chance: Random) -> Words | None:
    row = [""] * len(file.header)
    row[0], row[-1] = chance.choice(("小计", "合计", "合 计", "总计", "Total")), str(len(file.rows))
    at = chance.randrange(1, len(file.rows) + 1)
    file.rows.insert(at, row)
    file.about.insert(at, None)
    return ()


@damage("a note under the table", *GRID)
def notes_below(_: Delivery, file: File, chance: Random) -> Words | None:
    note = chance.choice(("注：以上为初步数据", "填表人：王伟", "制表日期：2026-01-30", "备注"))
    file.rows.append([note, *[""] * (len(file.header) - 1)])
    file.about.append(None)
    return ()


@damage("title rows above the header", *GRID)
def titles_above(_: Delivery, file: File, chance: Random) -> Words | None:
    lines = [["2025年隐患台账"], ["单位：应急局"], [""]][: chance.randrange(1, 4)]
    file.above = [line + [""] * (len(file.header) - 1) for line in lines]
    return ()


@damage("blank rows between", *GRID)
def blank_rows(_: Delivery, file: File, chance: Random) -> Words | None:
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(file.rows) + 1)
        file.rows.insert(at, [""] * len(file.header))
        file.about.insert(at, None)
    return ()


@damage("the header again in the middle, as in exports put one under the other", *GRID)
def repeated_header(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(1, len(file.rows))
    file.rows.insert(at, list(file.header))
    file.about.insert(at, None)
    return ()


@damage("another export with its columns in another order put under the first", *GRID)
def other_order_below(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(1, len(file.rows))
    order = list(range(len(file.header)))
    chance.shuffle(order)
    below = [[row[place] for place in order] for row in file.rows[at:]]
    file.rows[at:] = [[file.header[place] for place in order], *below]
    file.about.insert(at, None)
    return ()


@damage("a row twice, the second time with something else in a decisive cell")
def contradicting_copy(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    at = chance.randrange(len(file.rows))
    others = {row[file.column(name)] for row in file.rows} - {file.rows[at][file.column(name)], ""}
    if not others:
        return None
    copy = list(file.rows[at])
    copy[file.column(name)] = chance.choice(sorted(others))
    to = chance.randrange(len(file.rows) + 1)
    file.rows.insert(to, copy)
    file.about.insert(to, file.about[at])
    return ()


@damage("a number given to two findings of different enterprises")
def number_given_twice(_: Delivery, file: File, chance: Random) -> Words | None:
    if file.table == "enterprises":
        return None
    one, other = chance.sample(range(len(file.rows)), 2)
    if file.about[one] == file.about[other]:
        return None
    file.rows[other][0] = file.rows[one][0]
    # A later copy of the same day of record contradicts; one of another day would move the finding.
    return words_of(file, file.names()[0])


@damage("numbers of rows begin anew with every page")
def renumbered(_: Delivery, file: File, chance: Random) -> Words | None:
    if file.table == "enterprises":
        return None
    size = chance.randrange(2, 9)
    for at, row in enumerate(file.rows):
        row[0] = f"{at % size + 1}"
    return words_of(file, file.names()[0])


@damage("leading noughts of numbers lost, so that two become one")
def lost_noughts(_: Delivery, file: File, chance: Random) -> Words | None:
    if file.table == "enterprises":
        return None
    for at, row in enumerate(file.rows):
        row[0] = f"{at // 2 + 1}" if at % 2 else f"{at // 2 + 1:04d}".lstrip("0")
    return words_of(file, file.names()[0])


@damage("an enterprise is taken out of the register")
def firm_not_registered(delivery: Delivery, file: File, chance: Random) -> Words | None:
    register = delivery.files["enterprises"]
    at = chance.randrange(len(register.rows))
    gone = register.about[at]
    if not any(one == gone for one in file.about) or file.table == "enterprises":
        return None
    del register.rows[at], register.about[at]
    return ()


@damage("a column of another table pasted over this one", *GRID)
def pasted_column(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, (*DECISIVE, *IDS))
    if name is None:
        return None
    for at, row in enumerate(file.rows):
        row[file.column(name)] = f"启明机械{at}厂"
    return words_of(file, name)


@damage("comments of the person who filled the table stand in a row", *JSON, *BOOK, *TEXT)
def comment_rows(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(len(file.rows) + 1)
    file.rows.insert(at, ["# 以下为2024年", *[""] * (len(file.header) - 1)])
    file.about.insert(at, None)
    return ()


@damage("a row of units, or of English names, under the header", *GRID)
def second_header(_: Delivery, file: File, chance: Random) -> Words | None:
    row = chance.choice((list(COLUMNS[file.table].values()), ["（必填）"] * len(file.header)))
    file.rows.insert(0, row)
    file.about.insert(0, None)
    return ()


@damage("group names above the header", *GRID)
def groups_above(_: Delivery, file: File, chance: Random) -> Words | None:
    file.above = [["基本信息", *[""] * 2, "详情", *[""] * (len(file.header) - 4)]]
    return ()


@damage("the table turned: rows as columns", *GRID)
def turned(_: Delivery, file: File, chance: Random) -> Words | None:
    grid = [list(cells) for cells in zip(file.header, *file.rows, strict=True)]
    file.header, file.rows = grid[0], grid[1:]
    file.about = [None] * len(file.rows)
    return ()


@damage("filled only where something changes: the enterprise stands once, then blank", *GRID)
def told_once(_: Delivery, file: File, chance: Random) -> Words | None:
    at = file.column("enterprise_id")
    before = ""
    for row in file.rows:
        before, row[at] = row[at], "" if row[at] == before else row[at]
    return words_of(file, "enterprise_id") if any(not row[at] for row in file.rows) else None


@damage("rows of two tables in one file", *GRID)
def two_tables(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    other = chance.choice([one for one in delivery.files.values() if one.table != file.table])
    if other.kind not in GRID:
        return None
    width = len(file.header)
    rows = [other.header, *other.rows]
    file.rows += [(row + [""] * width)[: max(width, len(row))] for row in rows]
    file.about += [None, *other.about]
    other.is_delivered = False
    return Damage(file.name, ())


@damage("decisive words replaced by their numbers in a list")
def numbered_words(_: Delivery, file: File, chance: Random) -> Words | None:
    numbers = {"A": "1", "B": "2", "C": "3", "D": "4", "红色": "1", "蓝色": "4", "合格": "1", "拒绝检查": "5"}
    numbers |= {
        "停产停业": "4",
        "一般事故": "1",
        "较大事故": "2",
        "危险化学品": "1",
        "在营": "1",
        "停产": "2",
    }
    return change_cells(
        file, chance, ("severity", "level", "result", "grade", "sector", "status"), numbers.get
    )
