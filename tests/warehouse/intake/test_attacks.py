"""Hostile mappings and files beside a good source: none stops it, reads or writes outside, or dies with a traceback.

All attacks lie in one inbox, each in a folder of its own.  It is taken in twice: at night, and as whoever watches
sees the files arrive.
"""

import io
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from openpyxl.xml.constants import (
    CONTYPES_NS,
    PKG_REL_NS,
    REL_NS,
    SHEET_MAIN_NS,
    WORKSHEET_TYPE,
    XLSX,
)

from tests.worlds.deliveries import FIRMS, MAPPING, TODAY, csv_bytes, deliver, firm, violation, warehouse
from warehouse.connection import Connection
from warehouse.home import Home
from warehouse.intake.arrivals import Lookout, take_in_arrivals
from warehouse.intake.inbox import take_in_all
from warehouse.intake.sources import approve
from warehouse.questions.complaints import standing

SECRET = "the-words-that-nobody-may-read"
TOKEN = "token-of-the-operator"


class Place(NamedTuple):
    """Where an attack is made: its folder of the inbox, and what lies outside."""

    folder: Path
    outside: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def secret(self) -> Path:
        return self.outside / "secret.csv"


class Attack(NamedTuple):
    """How an attack is made, and what is said of it: part of a complaint, the rule of a refused row, or nothing."""

    make: Callable[[Place], object]
    said: str | None = None
    rule: str | None = None


def _mapping(place: Place, entry: str = 'files: ["v_*"]', *more: str, table: str = "violations") -> str:
    return "\n".join([f"mapping: {place.name}", *more, "tables:", f"  {table}:", f"    - {entry}", ""])


def _with(place: Place, text: str | bytes, **files: bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    deliver(
        place.folder, {"mapping.yaml": content, **{name.replace("__", "."): it for name, it in files.items()}}
    )


def mapped(text: Callable[[Place], str | bytes] | str | bytes, said: str | None = None) -> Attack:
    """A mapping of its own beside a good file."""

    def make(place: Place) -> None:
        _with(place, text(place) if callable(text) else text, v_1__csv=GOOD_ROWS)

    return Attack(make, said)


def asked(url: str, query: str, said: str) -> Attack:
    """A query, approved by an operator who did not read it; {secret}, {outside} and {db} are places outside."""

    def make(place: Place) -> None:
        with sqlite3.connect(place.folder / "own.db") as own:
            own.execute("CREATE TABLE IF NOT EXISTS t (violation_id TEXT)")
        own.close()
        where = {"outside": place.outside, "secret": place.secret, "db": place.folder / "own.db"}
        entry = "sql: " + json.dumps({"url": url.format(**where), "query": query.format(**where)})
        _with(place, _mapping(place, entry))

    return Attack(make, said)


def filed(name: str, content: bytes | Callable[[], bytes], rule: str | None) -> Attack:
    """A file that a good mapping reads."""

    def make(place: Place) -> None:
        _with(place, _mapping(place))
        (place.folder / name).write_bytes(content() if callable(content) else content)

    return Attack(make, None, rule)


def placed(put: Callable[[Place], object], said: str | None = None) -> Attack:
    """Something put beside a good mapping."""

    def make(place: Place) -> None:
        _with(place, _mapping(place))
        put(place)

    return Attack(make, said)


GOOD_ROWS = csv_bytes([violation("a")])
HEADER = "violation_id,recorded_at,enterprise_id,occurred_on,severity,is_major_hazard,description\n"
ROW = f"a,2025-06-02,{FIRMS[0]},2025-06-01,一般,否,{{}}\n"


def csv(description: str | bytes) -> bytes:
    start, end = (HEADER + ROW).encode().split(b"{}")
    return start + (description if isinstance(description, bytes) else description.encode()) + end


# ------------------------------------------------------------------------------------ workbooks and the like

_LINKS = "application/vnd.openxmlformats-package.relationships+xml"
_DOCUMENT = f"{REL_NS}/officeDocument"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{CONTYPES_NS}"><Default Extension="rels" ContentType="{_LINKS}"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{XLSX}"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{WORKSHEET_TYPE}"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PKG_REL_NS}"><Relationship Id="rId1" Type="{_DOCUMENT}" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{SHEET_MAIN_NS}" xmlns:r="{REL_NS}"><sheets><sheet name="S" '
    'sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PKG_REL_NS}"><Relationship Id="rId1" '
    f'Type="{REL_NS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def sheet(cells: str, dimension: str = "A1:B2", before: str = "") -> bytes:
    """A workbook of one sheet, written by hand."""
    markup = (
        f'{before}<worksheet xmlns="{SHEET_MAIN_NS}">'
        f'<dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>'
    )
    return zipped({**_PARTS, "xl/worksheets/sheet1.xml": markup})


def zipped(parts: dict[str, str | bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return memory.getvalue()


def inline(place: str, text: str) -> str:
    row = "".join(filter(str.isdigit, place))
    return f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


@cache
def lying() -> bytes:
    """A workbook whose sheet unpacks to 54 MB and says that it holds 100 bytes."""
    honest = sheet("<row/>" * 9_000_000)
    size = len("<row/>") * 9_000_000
    for at in range(len(honest) - 4):
        told = int.from_bytes(honest[at : at + 4], "little")
        if size <= told < size + 1000:
            honest = honest[:at] + (100).to_bytes(4, "little") + honest[at + 4 :]
    return honest


def laughing() -> bytes:
    names = [f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10)]
    before = f'<!DOCTYPE lolz [<!ENTITY l0 "ha">{"".join(names)}]>'
    return sheet(inline("A1", "&l9;"), before=before)


@cache
def parquet(rows: int) -> bytes:
    memory = io.BytesIO()
    pl.DataFrame({"violation_id": pl.repeat(True, rows, eager=True)}).write_parquet(memory)
    return memory.getvalue()


def lying_parquet() -> bytes:
    """Its footer tells of more rows than its pages hold: the number is written as a zigzag varint."""

    def varint(number: int) -> bytes:
        told, rest = b"", number * 2
        while rest > 127:
            told, rest = told + bytes([rest & 127 | 128]), rest >> 7
        return told + bytes([rest])

    return parquet(20_000).replace(varint(20_000), varint(1_000_000))


def yaml_bomb(place: Place) -> str:
    lines = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 12)]
    return "l0: &l0 [ha]\n" + "\n".join(lines) + "\n" + _mapping(place)


def merged_bomb(place: Place) -> str:
    """Merge keys copy what they name: each level holds the one below nine times."""
    lines = [f"l{at}: &l{at} {{<<: [{', '.join([f'*l{at - 1}'] * 9)}]}}" for at in range(1, 9)]
    return "l0: &l0 {a: 1}\n" + "\n".join(lines) + "\n" + _mapping(place)


# ------------------------------------------------------------------------------------ the list

ATTACKS: dict[str, Attack] = {
    # ------------------------------------------------ queries that nobody has approved
    "sql_unapproved": mapped(
        lambda place: _mapping(
            place, "sql: {url: 'duckdb:///:memory:', query: \"SELECT * FROM read_text('/etc/passwd')\"}"
        ),
        "nobody has approved it",
    ),
    # ------------------------------------------------ queries approved by mistake
    "sql_read_text": asked("duckdb:///:memory:", "SELECT * FROM read_text('{secret}')", "gave nothing"),
    "sql_read_csv": asked("duckdb:///:memory:", "SELECT * FROM '{secret}'", "gave nothing"),
    "sql_copy_to": asked("duckdb:///:memory:", "COPY (SELECT 1) TO '{outside}/stolen.csv'", "gave nothing"),
    "sql_install": asked("duckdb:///:memory:", "INSTALL httpfs", "gave nothing"),
    "sql_switch_back": asked("duckdb:///:memory:", "SET enable_external_access = true", "gave nothing"),
    "sql_duckdb_attach": asked("duckdb:///:memory:", "ATTACH '{outside}/new.duckdb'", "gave nothing"),
    "sql_duckdb_settings": asked(
        "duckdb:///:memory:", "SELECT getenv('RISKCODE_TOKEN') AS violation_id", "gave nothing"
    ),
    "sql_attach": asked("sqlite:///{db}", "ATTACH '{outside}/secret.db' AS other", "gave nothing"),
    "sql_vacuum": asked("sqlite:///{db}", "VACUUM INTO '{outside}/stolen.db'", "gave nothing"),
    "sql_write": asked("sqlite:///{db}", "INSERT INTO t VALUES ('x')", "gave nothing"),
    "sql_extension": asked("sqlite:///{db}", "SELECT load_extension('{outside}/x.so')", "gave nothing"),
    "sql_file": asked("sqlite:///{secret}", "SELECT * FROM t", "gave nothing"),
    "sql_sqlite_uri": asked(
        "sqlite:///file:{outside}/made.db?mode=rwc&uri=true", "SELECT 1 AS x", "gave nothing"
    ),
    "sql_other_dialect": asked("shillelagh:///:memory:", "SELECT 1", "asks 'shillelagh'"),
    "sql_no_server": asked("postgresql://localhost:1/x", "SELECT 1", "gave nothing"),
    "sql_no_url": asked("what is this", "SELECT 1", "gave nothing"),
    "env_token": asked("sqlite:///${{RISKCODE_TOKEN}}", "SELECT 1 AS x", "RISKCODE_TOKEN"),
    "env_path": asked("sqlite:///${{PATH}}/x", "SELECT 1 AS x", "PATH"),
    # ------------------------------------------------ mappings
    "files_above": mapped(lambda place: _mapping(place, 'files: ["../../*", "../*/*"]'), "Nothing in"),
    "files_absolute": mapped(
        lambda place: _mapping(place, f'files: ["{place.outside}/*", "/etc/*"]'), "Nothing in"
    ),
    "files_stars": mapped(
        lambda place: _mapping(place, f'files: ["v_{"*1" * 40}x"]'),
        "Nothing in",
    ),
    "mapping_bomb": mapped(yaml_bomb, "its aliases unfold"),
    "mapping_merged_bomb": mapped(merged_bomb, "its aliases unfold"),
    "mapping_object": mapped(
        lambda place: "evil: !!python/object/apply:os.system ['touch stolen']\n" + _mapping(place),
        "not a mapping",
    ),
    "mapping_no_day": mapped(
        lambda place: _mapping(place, 'files: ["v_*"]', "archive_ends: 2026-02-30"), "day"
    ),
    "mapping_typo": mapped(lambda place: _mapping(place).replace("violations", "violatons"), "violations"),
    "mapping_list": mapped("- a\n- b\n", "not a mapping"),
    "mapping_text": mapped("just words", "not a mapping"),
    "mapping_empty": mapped("", "not a mapping"),
    "mapping_bytes": mapped(b"\xff\xfe\x00mapping", "mapping.yaml"),
    "mapping_nul": mapped(b"mapping: a\x00b\n", "not a mapping"),
    "mapping_deep": mapped("[" * 20_000, "mapping"),
    "mapping_huge": mapped("# " + "x" * 30_000_000 + "\n" + "a: [" + "b, " * 300_000 + "]", "longer"),
    "mapping_of_another": mapped(lambda place: _mapping(place).replace(place.name, "bureau"), "both called"),
    "mapping_of_a_shipped_one": mapped(
        lambda place: _mapping(place).replace(place.name, "../../etc"), "mapping"
    ),
    "mapping_escape": mapped(
        lambda place: _mapping(place, table='"\\e[2J[red]\\u202ex"'), "there is no '?[2J[red]?x'"
    ),
    "mapping_markup": mapped(
        lambda place: _mapping(place).replace(place.name, "[red]x[/red]\x1b[2J"), "mapping"
    ),
    "mapping_codec": mapped(
        lambda place: _mapping(place, '{files: ["v_*"], encoding: zip}'), "read in 'zip'"
    ),
    "mapping_escaping_codec": mapped(
        lambda place: _mapping(place, '{files: ["v_*"], encoding: unicode_escape}'),
        "read in 'unicode_escape'",
    ),
    "mapping_format": mapped(
        lambda place: _mapping(
            place, '{files: ["v_*"], columns: {occurred_on: {column: occurred_on, format: "%"}}}'
        ),
        "format",
    ),
    "mapping_linear": mapped(
        lambda place: _mapping(
            place, '{files: ["v_*"], columns: {quantity: {column: quantity, linear: {times: 1e999999}}}}'
        ),
        None,
    ),
    "mapping_blanks": mapped(
        lambda place: _mapping(
            place, '{files: ["v_*"], columns: {severity: {column: severity, contains: {"(a+)+$": 一般}}}}'
        ),
        None,
    ),
    # ------------------------------------------------ things that are no files
    "mapping_is_a_folder": Attack(
        lambda place: (place.folder / "mapping.yaml").mkdir() or _good(place), "mapping"
    ),
    "mapping_is_a_pipe": Attack(
        lambda place: os.mkfifo(place.folder / "mapping.yaml") or _good(place), "mapping"
    ),
    "mapping_is_a_link": Attack(
        lambda place: (place.folder / "mapping.yaml").symlink_to(place.secret) or _good(place), "mapping"
    ),
    "folder_is_a_link": Attack(
        lambda place: (place.folder.rmdir(), place.folder.symlink_to(place.outside)), "points outside"
    ),
    "link": placed(lambda place: (place.folder / "v_1.csv").symlink_to(place.secret), "points outside"),
    "link_to_passwd": placed(
        lambda place: (place.folder / "v_1.csv").symlink_to("/etc/passwd"), "points outside"
    ),
    "link_to_itself": placed(lambda place: (place.folder / "v_1.csv").symlink_to("v_1.csv"), "v_1.csv"),
    "pipe": placed(lambda place: os.mkfifo(place.folder / "v_1.csv"), "no ordinary file"),
    "device": placed(lambda place: (place.folder / "v_1.csv").symlink_to("/dev/zero"), "points outside"),
    "folder_named_like_a_file": placed(lambda place: (place.folder / "v_1.csv").mkdir(), "a folder"),
    # ------------------------------------------------ names
    "name_markup": filed("v_[red]x[link=x].csv", GOOD_ROWS, None),
    "name_escape": filed("v_\x1b[2J\x07.csv", GOOD_ROWS, None),
    "name_lines": filed("v_a\nb\r.csv", GOOD_ROWS, None),
    "name_bidi": filed("v_\u202ecod.csv", GOOD_ROWS, None),
    "name_long": filed("v_" + "x" * 240 + ".csv", GOOD_ROWS, None),
    "name_formula": filed("v_=cmd|'_'!A1.csv", GOOD_ROWS, None),
    "name_bytes": placed(lambda place: _write(os.fsencode(place.folder) + b"/v_\xff\xfe.csv", GOOD_ROWS)),
    # ------------------------------------------------ workbooks
    "xlsx_lies": filed("v_1.xlsx", lying, "zip_bomb"),
    "xlsx_nested": filed(
        "v_1.xlsx", lambda: zipped({"a.zip": zipped({"b.zip": b"0" * 1_000_000})}), "unreadable_file"
    ),
    "xlsx_laughs": filed("v_1.xlsx", laughing, "zip_bomb"),
    "xlsx_outside": filed(
        "v_1.xlsx",
        lambda: sheet(inline("A1", "&x;"), before='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "zip_bomb",
    ),
    "xlsx_dimension": filed("v_1.xlsx", lambda: sheet(inline("A1", "x"), "A1:XFD1048576"), None),
    "xlsx_far_cell": filed("v_1.xlsx", lambda: sheet(inline("ZZZ99999999", "x")), "zip_bomb"),
    "xlsx_corner": filed(
        "v_1.xlsx", lambda: sheet(inline("A1", "x") + inline("XFD1048576", "x")), "zip_bomb"
    ),
    "xlsx_path": filed(
        "v_1.xlsx",
        lambda: zipped({**_PARTS, "../../../stolen.xml": "x", "/etc/stolen": "x"}),
        "unreadable_file",
    ),
    "xls_garbage": filed(
        "v_1.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(4096), "unreadable_file"
    ),
    # ------------------------------------------------ Parquet
    "parquet_garbage": filed(
        "v_1.parquet", b"PAR1" + os.urandom(200) + b"\xff\xff\xff\x7fPAR1", "unreadable_file"
    ),
    "parquet_lies": filed("v_1.parquet", lying_parquet, "*"),
    "parquet_bomb": filed("v_1.parquet", lambda: parquet(60_000_000), "zip_bomb"),
    # ------------------------------------------------ text
    "csv_long_line": filed("v_1.csv", lambda: csv("x" * 3_000_000), "huge_line"),
    "csv_nul": filed("v_1.csv", csv(b"a\x00b"), "control_characters:description"),
    "csv_columns": filed(
        "v_1.csv", lambda: (",".join(map(str, range(60_000))) + "\n").encode(), "too_many_columns"
    ),
    "csv_quotes": filed("v_1.csv", lambda: (HEADER + '"' * 999_999).encode(), "*"),
    "csv_formula": filed("v_1.csv", csv("=cmd|'/c calc'!A1"), "formula_like:description"),
    "csv_link": filed("v_1.csv", csv("@SUM(1+1)*cmd|' /C calc'!A0"), "formula_like:description"),
    "csv_bidi": filed("v_1.csv", csv("\u202etxt.exe"), "control_characters:description"),
    "csv_is_zip": filed("v_1.csv", lambda: zipped({"a": b"0" * 100_000_000}), "unreadable_file"),
    "csv_is_gzip": filed("v_1.csv", b"\x1f\x8b\x08\x00" + os.urandom(500), "*"),
    # ------------------------------------------------ JSON
    "json_deep": filed("v_1.json", b"[" * 100_000 + b"]" * 100_000, "*"),
    "json_deep_item": filed("v_1.json", b'[{"violation_id":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "*"),
    "jsonl_deep": filed("v_1.jsonl", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "*"),
    "json_keys": filed(
        "v_1.json", b'[{"violation_id": "a", "violation_id": "b"}]', "duplicate_key_in_object"
    ),
    "json_digits": filed("v_1.json", b'[{"violation_id": ' + b"9" * 50_000 + b"}]", "*"),
    "json_exponent": filed("v_1.json", b'[{"violation_id": "a", "quantity": 1e400}]', "*"),
    "json_no_number": filed(
        "v_1.json", b'[{"violation_id": NaN}, {"violation_id": Infinity}]', "not_a_number"
    ),
    "json_surrogate": filed("v_1.json", b'[{"violation_id": "\\ud800"}]', "*"),
    "json_many_keys": filed(
        "v_1.json",
        lambda: json.dumps([{f"k{at}": 1} for at in range(70_000)]).encode(),
        "too_many_columns",
    ),
    "json_sparse": filed(
        "v_1.json",
        lambda: json.dumps([{f"k{at % 16_000}": 1} for at in range(32_000)]).encode(),
        "zip_bomb",
    ),
}
_NO_FILES = ("sql_", "env_", "files_", "link", "pipe", "device", "folder_")
NO_SOURCES = ("新建文件夹", "@eaDir", ".git", "lost+found")
"""Folders that are no sources; the first holds nothing."""


def _good(place: Place) -> None:
    deliver(place.folder, {"v_1.csv": GOOD_ROWS})


def _write(path: bytes, content: bytes) -> None:
    Path(os.fsdecode(path)).write_bytes(content)


class Taken(NamedTuple):
    """What came of the inbox."""

    connection: Connection
    told: list[dict[str, Any]]
    before: frozenset[Path]
    after: frozenset[Path]
    arrived: frozenset[str]


def _inbox(root: Path) -> tuple[Home, Path]:
    home, outside = Home(root / "home").prepare(), root / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(csv(SECRET))
    with sqlite3.connect(outside / "secret.db") as other_db:
        other_db.execute("CREATE TABLE t (violation_id TEXT)")
        other_db.execute("INSERT INTO t VALUES (?)", [SECRET])
    good = {"register.csv": csv_bytes([firm(0), firm(1)]), "v_1.csv": csv_bytes([violation("good")])}
    deliver(home.inbox / "bureau", {**good, "mapping.yaml": MAPPING.encode()})
    for name, attack in ATTACKS.items():
        place = Place(home.inbox / name, outside)
        place.folder.mkdir()
        attack.make(place)
        if name.startswith(("sql_", "env_")) and name != "sql_unapproved":
            approve(home, place.folder, by="王伟")
    for name in NO_SOURCES:
        deliver(home.inbox / name, {} if name == NO_SOURCES[0] else {"v_1.csv": csv(SECRET)})
    return home, outside


def _there(root: Path) -> frozenset[Path]:
    return frozenset(path for path in root.rglob("*") if path.name != "warehouse.duckdb.wal")


@pytest.fixture(scope="module", params=["night", "watch"])
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    root = tmp_path_factory.mktemp(request.param)
    here = Path.cwd()
    os.environ["RISKCODE_TOKEN"] = TOKEN
    try:
        home, _ = _inbox(root)
        before = _there(root) | frozenset(here.iterdir())
        connection = warehouse()
        days = {"received_on": TODAY, "today": TODAY}
        if request.param == "night":
            arrived = frozenset(ATTACKS)
            take_in_all(connection, home, folder=None, mapping=None, **days)
        else:
            lookout = Lookout(home)
            looks = [lookout.arrivals(), lookout.arrivals()]
            arrived = frozenset(one.source.folder.name for look in looks for one in look)
            for look in looks:
                take_in_arrivals(connection, look, **days)
        after = _there(root) | frozenset(here.iterdir())
    finally:
        del os.environ["RISKCODE_TOKEN"]
    return Taken(connection, [dict(row) for row in standing(connection)], before, after, arrived)


def _refused(taken: Taken, name: str) -> list[str]:
    found = taken.connection.execute(
        "SELECT rules FROM raw.rejected_rows WHERE source = ?", [name]
    ).fetchall()
    return [rules for (rules,) in found]


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_is_told_by_name(taken: Taken, name: str) -> None:
    attack = ATTACKS[name]
    told = [str(row["said"]) for row in taken.told if row["source"] == name]
    if name not in taken.arrived:
        # Nothing of it is a file: whoever watches for files leaves it to the night.
        assert name.startswith(_NO_FILES)
        assert not told
        return
    if attack.said is not None:
        assert any(attack.said in one for one in told), told
    if attack.rule == "*":
        assert _refused(taken, name)
    elif attack.rule is not None:
        assert any(attack.rule in rules.split(", ") for rules in _refused(taken, name)), _refused(taken, name)


def test_the_good_source_is_taken_in_whole(taken: Taken) -> None:
    assert taken.connection.sql(
        "SELECT violation_id, enterprise_id FROM core.violations WHERE source = 'bureau'"
    ).fetchall() == [("good", FIRMS[0])]
    assert taken.connection.sql("SELECT count(*) FROM core.enterprises").fetchall() == [(2,)]


def test_nothing_is_read_or_written_outside(taken: Taken) -> None:
    assert taken.after == taken.before
    tables = taken.connection.sql("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
    for (table,) in tables:
        rows = str(taken.connection.sql(f"FROM {table}").fetchall())
        assert SECRET not in rows, table
        assert TOKEN not in rows, table
        assert "root:x:" not in rows, table


def test_folders_that_are_no_sources_are_none(taken: Taken) -> None:
    assert not {row["source"] for row in taken.told} & set(NO_SOURCES)


def test_what_is_told_plays_no_tricks_on_a_terminal(taken: Taken) -> None:
    files = taken.connection.sql("SELECT file FROM ops.delivery_files").fetchall()
    for text in (*(str(row["said"]) for row in taken.told), *(file for (file,) in files)):
        assert text.isprintable(), text


def test_names_that_would_play_tricks_are_shown_without_them(taken: Taken) -> None:
    files = "SELECT source, source_file FROM core.violations WHERE source LIKE 'name_%' ORDER BY source"
    found = dict(taken.connection.sql(files).fetchall())
    assert set(found) == {name for name in ATTACKS if name.startswith("name_")}
    assert found["name_escape"] == "v_?[2J?.csv"
    assert found["name_lines"] == "v_a?b?.csv"
    assert found["name_bidi"] == "v_?cod.csv"
