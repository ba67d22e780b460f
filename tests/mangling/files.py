"""Damage to files: their bytes, their names, what stands beside them, and the mapping."""

import gzip
import io
import zipfile
from random import Random

from tests.mangling.city import COLUMNS, MAPPING, Delivery, File, content_of
from tests.mangling.oracle import Damage
from tests.mangling.registry import JSON, PARQUET, TEXT, Words, damage, some_rows


@damage("the file is empty")
def emptied(_: Delivery, file: File, chance: Random) -> Words | None:
    left = chance.choice((b"", b"\n", b" ", b"\xef\xbb\xbf"))
    file.after.append(lambda _: left)
    return ()


@damage("nothing but the header, or an empty list, is left")
def no_rows_left(_: Delivery, file: File, chance: Random) -> Words | None:
    file.rows.clear()
    file.about.clear()
    return ()


@damage("the file ends in the middle of a row", *TEXT, *JSON)
def half_file(_: Delivery, file: File, chance: Random) -> Damage:
    content = content_of(file)
    share = chance.uniform(0.1, 0.95)
    cut = int(len(content) * share)
    end = content.rfind(b"\n", 0, cut)
    line = content[end + 1 : content.find(b"\n", cut)].rstrip(b"\r")
    # A file that ends with a whole row, or with a last cell cut short, bears no trace of it.
    cut = end + 1 + max(1, len(line) // 3)
    file.after.append(lambda data: data[:cut])
    return Damage(file.name, lines=frozenset({content[:cut].count(b"\n") + 1}))


@damage("the file is cut off", *("xlsx", "parquet"))
def cut_off(_: Delivery, file: File, chance: Random) -> Words | None:
    share = chance.uniform(0.1, 0.98)
    file.after.append(lambda data: data[: int(len(data) * share)])
    return ()


@damage("the end of the file is nothing but zero bytes, as after a crash", *TEXT, *JSON)
def zero_bytes(_: Delivery, file: File, chance: Random) -> Damage:
    content = content_of(file)
    end = content.rfind(b"\n", 0, int(len(content) * chance.uniform(0.3, 0.9)))
    end += chance.randrange(2, 9)
    file.after.append(lambda data: data[:end] + b"\x00" * (len(data) - end))
    return Damage(file.name, lines=frozenset({content[:end].count(b"\n") + 1}))


@damage("bytes of the file are overwritten", "xlsx", "parquet", *TEXT)
def overwritten_bytes(_: Delivery, file: File, chance: Random) -> Words | None:
    at, noise = chance.random(), bytes(chance.randrange(128, 255) for _ in range(chance.choice((1, 3, 20))))

    def overwrite(data: bytes) -> bytes:
        start = int(at * (len(data) - len(noise)))
        return data[:start] + noise + data[start + len(noise) :]

    file.after.append(overwrite)
    return ()


@damage("some lines are in another encoding", *TEXT)
def mixed_encodings(_: Delivery, file: File, chance: Random) -> Words | None:
    ours, other = ("gb18030", "utf-8") if file.kind == "gb" else ("utf-8", "gb18030")
    lines = set(some_rows(file, chance)[: len(file.rows) // 3])

    def mix(data: bytes) -> bytes:
        parts = data.split(b"\r\n")
        return b"\r\n".join(
            part.decode(ours).encode(other) if at - 1 in lines else part for at, part in enumerate(parts)
        )

    file.after.append(mix)
    return ()


@damage("the file is in an encoding of its own", *TEXT)
def other_encoding(_: Delivery, file: File, chance: Random) -> Words | None:
    codec = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"))
    file.encoding = codec
    return ()


@damage("the whole file was read in the wrong encoding and saved again", *TEXT)
def encoded_twice(_: Delivery, file: File, chance: Random) -> Words | None:
    ours = "gb18030" if file.kind == "gb" else "utf-8"
    wrong = "latin-1" if file.kind == "gb" else "gb18030"
    file.after.append(lambda data: data.decode(ours).encode(ours).decode(wrong, errors="replace").encode())
    return ()


@damage("characters outside of ASCII lost", *TEXT)
def ascii_only(_: Delivery, file: File, chance: Random) -> Words | None:
    ours = "gb18030" if file.kind == "gb" else "utf-8"
    file.after.append(lambda data: data.decode(ours).encode("ascii", errors="replace"))
    return ()


@damage("cells set apart by another sign", *TEXT)
def other_delimiter(_: Delivery, file: File, chance: Random) -> Words | None:
    file.delimiter = chance.choice((";", "\t", "|", "^", "~", " ", "，"))[:1]
    return ()


@damage("rows set apart by another sign than the header", *TEXT)
def mixed_delimiters(_: Delivery, file: File, chance: Random) -> Words | None:
    sign = chance.choice((b";", b"\t", b"|"))

    def mix(data: bytes) -> bytes:
        head, _, rest = data.partition(b"\r\n")
        return head + b"\r\n" + rest.replace(b",", sign)

    file.after.append(mix)
    return ()


@damage("a quote opened and never closed, or closed and never opened", *TEXT)
def lost_quotes(_: Delivery, file: File, chance: Random) -> Words | None:
    at = chance.randrange(len(file.rows))
    sides = chance.choice((b',"', b'",'))

    def open_quote(data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        lines[at + 1] = lines[at + 1].replace(b",", sides, 1)
        return b"\r\n".join(lines)

    file.after.append(open_quote)
    return ()


@damage("cells with delimiters inside lost their quotes", *TEXT)
def commas_inside(_: Delivery, file: File, chance: Random) -> Words | None:
    rows = some_rows(file, chance)
    column = chance.randrange(len(file.header))
    for row in rows:
        file.rows[row].insert(column, "又")
    return ()


@damage("other line ends", *TEXT)
def other_line_ends(_: Delivery, file: File, chance: Random) -> Words | None:
    end = chance.choice((b"\n", b"\r", b"\r\r\n", b"\n\n", b"\n\r"))
    file.after.append(lambda data: data.replace(b"\r\n", end))
    return ()


@damage("every line is quoted as a whole", *TEXT)
def quoted_lines(_: Delivery, file: File, chance: Random) -> Words | None:
    file.after.append(lambda data: b"\r\n".join(b'"' + line + b'"' for line in data.split(b"\r\n") if line))
    return ()


@damage("single quotes around every cell", *TEXT)
def single_quotes(_: Delivery, file: File, chance: Random) -> Words | None:
    for row in [file.header, *file.rows]:
        row[:] = [f"'{cell}'" for cell in row]
    return ()


@damage("a line sep=, above the header", *TEXT)
def sep_line(_: Delivery, file: File, chance: Random) -> Words | None:
    file.above = [["sep=" + chance.choice(";,|")]]
    return ()


@damage("the lines joined: line ends lost in the middle", *TEXT)
def joined_lines(_: Delivery, file: File, chance: Random) -> Damage:
    at = chance.randrange(1, len(file.rows))

    def join(data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        return b"\r\n".join([*lines[:at], lines[at] + lines[at + 1], *lines[at + 2 :]])

    file.after.append(join)
    return Damage(file.name, lines=frozenset({at + 1}))


# ---- names and neighbours ------------------------------------------------------------------------------


@damage("the file is called otherwise")
def other_name(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    form = chance.choice(("副本{}", "new_{}", "{}.bak", "复件 {}", "~${}", "{}.txt~", "_{}", "1.{}"))
    file.name = form.format(file.name)
    return Damage(file.name)


@damage("the name of the file in capitals, or its ending")
def other_case_of_name(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    stem, _, ending = file.name.partition(".")
    file.name = chance.choice(
        (f"{stem.upper()}.{ending}", f"{stem}.{ending.upper()}", f"{stem.title()}.{ending}")
    )
    return Damage(file.name)


@damage("the transfer was not finished: .part, .tmp")
def unfinished(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    file.name += chance.choice((".part", ".tmp"))
    return Damage(file.name)


@damage("the file is hidden: its name begins with a dot")
def hidden_file(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    file.name = f".{file.name}"
    return Damage(file.name)


@damage("the file has another ending than its kind")
def other_ending(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    stem = file.name.partition(".")[0]
    others = [
        one
        for one in ("csv", "xlsx", "xls", "json", "parquet", "txt", "doc", "dat", "xlsb", "html")
        if not file.name.endswith(one)
    ]
    file.name = f"{stem}.{chance.choice(others)}"
    return Damage(file.name)


@damage("the file was not delivered, by an oversight")
def forgotten(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    file.is_delivered = False
    return Damage(file.table)


@damage("half of the rows in a second file that no entry names")
def second_file(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    rest = file.copy()
    half = len(file.rows) // 2
    rest.rows, rest.about = file.rows[half:], file.about[half:]
    del file.rows[half:], file.about[half:]
    name = f"续_{file.name}"
    delivery.beside[name] = content_of(rest)
    return Damage(name)


@damage("half of the rows in a second file without a header", *TEXT)
def headless_file(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    rest = file.copy()
    half = len(file.rows) // 2
    rest.header, rest.rows, rest.about = file.rows[half], file.rows[half + 1 :], file.about[half + 1 :]
    del file.rows[half:], file.about[half:]
    stem, _, ending = file.name.partition(".")
    delivery.beside[f"{stem}_2.{ending}"] = content_of(rest)
    return Damage(f"{stem}_2.{ending}")


@damage("an outdated copy of the file lies beside it")
def copy_beside(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    old = file.copy()
    at = old.column(
        {
            "enterprises": "sector",
            "violations": "severity",
            "alerts": "level",
            "inspections": "result",
            "accidents": "grade",
            "self_reports": "hazards_found",
        }[file.table]
    )
    cells = [row[at] for row in old.rows]
    chance.shuffle(cells)
    for row, cell in zip(old.rows, cells, strict=True):
        row[at] = cell
    stem, _, ending = file.name.partition(".")
    name = f"{stem} - 副本.{ending}"
    delivery.beside[name] = content_of(old)
    return Damage(file.name)


@damage("the file is packed")
def packed(_: Delivery, file: File, chance: Random) -> Words | Damage | None:
    name, is_zip = file.name, chance.random() < 0.5

    def pack(data: bytes) -> bytes:
        if not is_zip:
            return gzip.compress(data, mtime=0)
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), data)
        return memory.getvalue()

    file.after.append(pack)
    file.name = chance.choice((name + (".zip" if is_zip else ".gz"), name))
    return Damage(file.name)


@damage("a page of the portal was saved instead of the file")
def error_page(_: Delivery, file: File, chance: Random) -> Damage:
    page = chance.choice(
        ("<!DOCTYPE html><html><body>登录超时</body></html>", '{"code":500,"msg":"系统繁忙"}', "404")
    )
    file.after.append(lambda _: page.encode())
    return Damage(file.name, lines=frozenset({1}))


@damage("two files took each other's names")
def exchanged_names(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    same = [one for one in delivery.files.values() if one.kind == file.kind and one.table != file.table]
    if not same:
        return None
    other = chance.choice(same)
    file.name, other.name = other.name, file.name
    return Damage(file.name, other=other.name)


# ---- the mapping ---------------------------------------------------------------------------------------


@damage("a header of the mapping is mistyped")
def mapping_header(delivery: Delivery, _: File, chance: Random) -> Words | Damage | None:
    word = chance.choice(("隐患级别", "是否重大隐患", "问题条数"))
    delivery.mapping = MAPPING.replace(word, word[:-1] + "另")
    return Damage(delivery.files["violations"].name, (word[:-1] + "另", *_canonical(word)))


@damage("a word of the mapping is mistyped")
def mapping_word(delivery: Delivery, _: File, chance: Random) -> Words | Damage | None:
    old, new = chance.choice((("A: 重大", "a: 重大"), ("B: 较重", "8: 较重"), ("D: 轻微", "Ｄ: 轻微")))
    delivery.mapping = MAPPING.replace(old, new)
    return Damage(delivery.files["violations"].name)


@damage("a pattern of the mapping is mistyped")
def mapping_pattern(delivery: Delivery, file: File, chance: Random) -> Words | Damage | None:
    start = file.name.partition(".")[0].partition("_")[0]
    delivery.mapping = MAPPING.replace(f'"{start}', f'"{start}x')
    return Damage(file.name)


@damage("a column of the mapping points at the wrong header")
def mapping_column(delivery: Delivery, _: File, chance: Random) -> Words | Damage | None:
    delivery.mapping = MAPPING.replace(
        "is_major_hazard: 是否重大隐患",
        f"is_major_hazard: {chance.choice(('隐患级别', '问题描述', '整改期限'))}",
    )
    return Damage(delivery.files["violations"].name, ("is_major_hazard", "是否重大隐患"))


def _canonical(header: str) -> tuple[str, ...]:
    return (COLUMNS["violations"][header],)


# ---- JSON and Parquet ----------------------------------------------------------------------------------


@damage("rows of a Parquet file as lists, objects or bytes", *PARQUET)
def odd_types(_: Delivery, file: File, chance: Random) -> Words | None:
    import polars as pl

    name = file.header[chance.randrange(len(file.header))]
    change = chance.choice(
        (
            lambda one: one.cast(pl.String).cast(pl.Binary),
            lambda one: one.cast(pl.String).implode().over(pl.int_range(pl.len())),
            lambda one: pl.struct(one),
            lambda one: one.cast(pl.Categorical) if one is None else one.cast(pl.String).cast(pl.Categorical),
            lambda one: one.cast(pl.String),
        )
    )
    file.frames.append(lambda frame: frame.with_columns(change(pl.col(name)).alias(name)))
    return (name, COLUMNS[file.table][name])


@damage("whole numbers, flags and days of a Parquet file in another type", *PARQUET)
def other_types(_: Delivery, file: File, chance: Random) -> Words | None:
    import polars as pl

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        days = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
        counts = [name for name, dtype in frame.schema.items() if dtype.is_integer()]
        return frame.with_columns(
            *(
                pl.col(name).cast(pl.Datetime("ms")) if at % 2 else pl.col(name).cast(pl.Int32)
                for at, name in enumerate(days)
            ),
            *(pl.col(name).cast(pl.Float32) for name in counts),
        )

    file.frames.append(change)
    return tuple(file.header)
