"""The mapping file: one readable YAML per source that turns its deliveries into canonical rows without code.

    mapping: city_violations            # name of the source; ids are unique within it
    title: Violation database of the city
    id_scheme: uscc                     # uscc = check GB 32100 digits; any = any stable id
    accepted_codes:                     # codes that fail the check and were issued all the same
      - {code: 91370102MA3C000000, since: 2016-03-01, reference: reply of the registrar}
    may_move: false                     # whether a correction may name another enterprise
    settles_authority: false            # whether its level and division hold where another source has others
    references: required                # a finding names a visit of this source, or waits for it
    keeps_archive: false                # whether a closed archive stays closed though this source delivers
    shares_numbers_with: [province]     # sources in which one number means one finding, here as there
    archive_ends: 2023-06-30            # only for closed archives: the day a run codes by default
    tables:
      violations:
        - files: ["违法行为_*.csv"]
          encoding: big5                                       # else UTF-8, or GB18030 where most lines are
          delimiter: "|"                                       # else what stands most often in the header
          header_row: 2                                        # its line; [2, 3] = two rows; or skip_rows: 1
          footer: [合计, 填表人*]                               # rows whose first cell is this are left out
          columns:
            violation_id: 编号                                   # a header
            severity: {column: 程度, values: {甲: critical}, otherwise: ungraded, blank: ungraded}
            disposal: {column: 处置, prefix: {立案: case}, contains: {限期: order}}
            item_code: {column: 问题描述, keywords: {临边: 高处作业, 配电: 用电}}  # first word it holds; none: empty
            occurred_on: {column: 发现日期, format: "%d/%m/%Y"}     # the only reading; also minguo, epoch_s, epoch_ms
            penalty_unit: {column: 罚款, unit: 万元}               # unit of amounts that carry none
            recorded_at: {first: [公告日期, 处分日期], plus_days: 0}  # first non-empty cell
            inspection_id: {join: [企业, 日期], with: "|"}
            name: {column: 名称, strip_control: true}             # drop control characters instead of refusing
            score: {column: 得分, empty: [-1], linear: {times: -1, plus: 100}}  # cells that stand for "not known"
            plan_until: {column: 期限, unreadable: empty}         # the cell is refused, the row is not
            source_system: {constant: platform}
            department: null                                     # do not take
      inspections:
        - {files: ["检查.xlsx"], sheet: "*区", merged: fill_down} # sheets by name, pattern, number from 0, or a list
        - {files: ["检查.json"], records: data.list}             # where in the document the rows stand
    ignore:
      - {files: ["*.pdf"], why: scanned letters}

Columns not named are taken from a header that carries the canonical or the Chinese name, if there is one.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from itertools import chain, pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from models.documents import RepeatedKeyError, UniqueKeys
from models.errors import MappingError
from models.messages import Message
from models.tables.canonical import TABLES
from warehouse.intake.encoding_names import is_encoding, nearest_encoding
from warehouse.intake.values.fields import AS_KEPT, STRICT, FieldSpec, Linear, check_field
from warehouse.intake.values.reading import check_scalars

MAPPINGS = Path(__file__).parents[2] / "pipelines" / "mappings"
MAX_BYTES, MAX_NODES = 1_000_000, 100_000
"""Of a mapping file; one that knows ten thousand words is a fifth of that."""
VARIABLES = "RISKCODE_SOURCE_"
"""How the variables begin that a mapping may name: whoever writes mappings does not thereby read the environment."""
SheetNumber = Annotated[int, Field(ge=0)]
LineNumber = Annotated[int, Field(ge=1, le=1_048_576)]

SourceName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]


class _Strict(BaseModel):
    model_config = STRICT


class SqlQuery(_Strict):
    """A query that delivers rows, by SQLAlchemy.  ``url`` may name environment variables: ${RISKCODE_SOURCE_X}."""

    url: str
    query: str


class Entry(_Strict):
    """Files, or a query, that hold rows of one table."""

    files: list[str] = []
    sql: SqlQuery | None = None
    sheet: str | SheetNumber | Annotated[list[str | SheetNumber], Field(min_length=1)] = 0
    merged: Literal["refuse", "fill_down"] = "refuse"
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header_row: LineNumber | Annotated[list[LineNumber], Field(min_length=1, max_length=5)] | None = None
    skip_rows: int = Field(default=0, ge=0)
    footer: list[Annotated[str, Field(min_length=1)]] = []
    records: str | None = Field(default=None, min_length=1)
    columns: dict[str, FieldSpec | None] = {}

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return {} if columns is None else columns
        return {name: {"column": spec} if isinstance(spec, str) else spec for name, spec in columns.items()}

    @model_validator(mode="after")
    def _has_origin(self) -> "Entry":
        if bool(self.files) == (self.sql is not None):
            raise ValueError("give either files or sql")
        return self

    @model_validator(mode="after")
    def _one_header(self) -> "Entry":
        rows = self.header_rows()
        if rows and self.skip_rows:
            raise ValueError("give either header_row or skip_rows")
        if any(below <= above for above, below in pairwise(rows)):
            raise ValueError("header_row names its rows from top to bottom")
        return self

    def header_rows(self) -> list[int]:
        """Lines of the header, from 1; none: the first line that holds something."""
        if self.header_row is None:
            return []
        return self.header_row if isinstance(self.header_row, list) else [self.header_row]

    def sheets(self) -> list[str | int]:
        """Names, patterns or numbers (from 0) of the sheets to read."""
        return self.sheet if isinstance(self.sheet, list) else [self.sheet]


AS_STORED = -1
"""Place of an entry that no mapping file has: it reads rows that were stored and wait again."""
_AS_STORED = Entry(files=["*"])


class Ignored(_Strict):
    """Files that are not data, with the reason why."""

    files: list[str]
    why: str = Field(min_length=1)


class AcceptedCode(_Strict):
    """A credit code that fails the check and was issued all the same."""

    code: str = Field(pattern=r"^[0-9A-Z]+$")
    since: date
    reference: str = Field(min_length=1)


class Mapping(_Strict):
    """A mapping file, checked."""

    name: SourceName = Field(alias="mapping")
    title: str = ""
    id_scheme: Literal["uscc", "any"] = "any"
    accepted_codes: list[AcceptedCode] = []
    may_move: bool = False
    settles_authority: bool = False
    references: Literal["required", "optional"] = "optional"
    keeps_archive: bool = False
    shares_numbers_with: list[SourceName] = []
    archive_ends: date | None = None
    tables: dict[str, list[Entry]]
    ignore: list[Ignored] = []
    text: str = Field(default="", exclude=True)

    @property
    def hash(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @model_validator(mode="after")
    def _shares_with_others(self) -> "Mapping":
        if self.name in self.shares_numbers_with:
            raise ValueError("shares_numbers_with names other sources, not the mapping itself")
        return self

    def accepted_on(self, day: date) -> frozenset[str]:
        """Credit codes that are taken on a day though they fail the check."""
        return frozenset(one.code for one in self.accepted_codes if one.since <= day)

    def entry(self, table: str, at: int) -> Entry:
        """An entry by its place, or the one that reads rows as they are stored."""
        return _AS_STORED if at == AS_STORED else self.tables[table][at]

    def entries(self) -> list[tuple[str, int, Entry]]:
        """Every entry with its table and its place in the file; the register first."""
        ordered = sorted(self.tables, key=list(TABLES).index)
        return [(name, at, entry) for name in ordered for at, entry in enumerate(self.tables[name])]

    @property
    def asks(self) -> bool:
        """Whether an entry of it asks a database."""
        return any(entry.sql is not None for _, _, entry in self.entries())


class _KeptWords(yaml.SafeLoader):
    """YAML in which Yes, No, On and Off are the words they look like; only true and false are flags."""

    def get_single_node(self) -> yaml.Node | None:
        """The document.  Raises YAMLError for one that grows out of all proportion once its aliases are followed."""
        node = super().get_single_node()
        if node is not None and _weight(node, {}) > MAX_NODES:
            raise yaml.YAMLError(f"its aliases unfold to more than {MAX_NODES:,} parts")
        return node


class _PlainWords(UniqueKeys, _KeptWords):
    """The same of a mapping that may still be corrected: no key stands twice."""


_KeptWords.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _weight(node: yaml.Node, known: dict[int, int | None]) -> int:
    """How many parts a node has with those that aliases name."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = None
        parts = node.value if isinstance(node, yaml.SequenceNode) else chain.from_iterable(node.value)
        known[id(node)] = 1 + sum(_weight(part, known) for part in parts)
    weight = known[id(node)]
    if weight is None:
        raise yaml.YAMLError("a part of it holds itself")
    return weight


def load_mapping(path: Path | str) -> Mapping:
    """Read a mapping file, given by path or by the name of one that comes with the project."""
    file = Path(path)
    if not file.is_file() and (MAPPINGS / f"{path}.yaml").exists():
        file = MAPPINGS / f"{path}.yaml"
    if not file.is_file():
        names = ", ".join(sorted(found.stem for found in MAPPINGS.glob("*.yaml")))
        raise MappingError(
            "There is no mapping file {path}. Give a path, or one of: {names}.", path=path, names=names
        )
    if file.stat().st_size > MAX_BYTES:
        raise MappingError(
            "{path} is longer than {most} bytes; that is no mapping file. Correct it.",
            path=file,
            most=f"{MAX_BYTES:,}",
        )
    try:
        return parse_mapping(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise MappingError(
            "{file} is not in UTF-8, as a mapping must be: its byte {at} cannot be read so. Save it as UTF-8.",
            file=file,
            at=error.start + 1,
        ) from error
    except MappingError as error:
        raise MappingError("{file}: {error}", file=file, error=error) from error


def parse_mapping(text: str) -> Mapping:
    """Read a mapping from its text.  Raises MappingError naming the field and, for names, the nearest one."""
    mapping = _parsed(text, _PlainWords)
    for name, at, entry in mapping.entries():
        if entry.encoding is not None and not is_encoding(entry.encoding):
            raise MappingError(
                "tables.{table}.{at}.encoding: files cannot be read in '{name}'.{hint}",
                table=name,
                at=at,
                name=entry.encoding,
                hint=_hint(nearest_encoding(entry.encoding), ("utf-8", "gb18030", "big5")),
            )
    return mapping


def kept_mapping(text: str) -> Mapping:
    """Read a mapping that a delivery was taken in with; what nobody minded then cannot be corrected any more."""
    return _parsed(text, _KeptWords)


def _parsed(text: str, loader: type[_KeptWords]) -> Mapping:
    try:
        raw = yaml.load(text, Loader=loader)
        context = AS_KEPT if loader is _KeptWords else None
        mapping = Mapping.model_validate({**raw, "text": text}, context=context)
    except ValidationError as error:
        raise _at_fault(error) from error
    except RepeatedKeyError as error:
        raise MappingError(
            "line {line}: {repeated} stands twice. Keep one.", line=error.line, repeated=error.key
        ) from error
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise MappingError(
            "not a mapping file ({error}). See docs/operations.md for one.", error=error
        ) from error
    _check_names(mapping.tables, TABLES, "tables")
    for name, _, entry in mapping.entries():
        _check_names(entry.columns, TABLES[name].columns(), f"tables.{name}.columns")
        for column, spec in entry.columns.items():
            if spec is not None:
                check_field(TABLES[name], column, spec)
                check_scalars(TABLES[name], column, spec)
    return mapping


_PARTS: dict[str | int, type[BaseModel]] = {
    "tables": Entry,
    "columns": FieldSpec,
    "linear": Linear,
    "sql": SqlQuery,
    "ignore": Ignored,
    "accepted_codes": AcceptedCode,
}
"""What stands below a key of a mapping."""


def _at_fault(error: ValidationError) -> MappingError:
    """The first thing wrong with a mapping; a key that nobody knows before one that lacks for being misspelt."""
    told = error.errors()
    first = next((one for one in told if one["type"] == "extra_forbidden"), told[0])
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return MappingError("{where}: {msg}. Correct the mapping file.", where=where, msg=first["msg"])
    *above, name = first["loc"]
    part = next((_PARTS[key] for key in reversed(above) if key in _PARTS), Mapping)
    known = [field.alias or key for key, field in part.model_fields.items() if not field.exclude]
    return _unknown(str(name), known, ".".join(map(str, above)) or "mapping")


def _check_names(given: Iterable[str], known: Iterable[str], where: str) -> None:
    for name in given:
        if name not in known:
            raise _unknown(name, known, where)


def _unknown(name: str, known: Iterable[str], where: str) -> MappingError:
    near = get_close_matches(name, list(known), n=1)
    hint = _hint(near[0] if near else None, known)
    return MappingError("{where}: there is no '{name}'.{hint}", where=where, name=name, hint=hint)


def _hint(near: str | None, known: Iterable[str]) -> Message:
    if near:
        return Message(" Did you mean '{name}'?", {"name": near})
    return Message(" Known: {names}.", {"names": ", ".join(known)})


def expand_environment(url: str) -> str:
    """Put environment variables into a database URL.

    Raises MappingError for one that is not set, or that mappings may not name.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not name.startswith(VARIABLES):
            raise MappingError(
                "A mapping may only name environment variables that begin with {allowed}, not {name}. Set "
                "{allowed}{name} and name that.",
                allowed=VARIABLES,
                name=name,
            )
        if name not in os.environ:
            raise MappingError(
                "The mapping needs the environment variable {name}. Set it and run again.", name=name
            )
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, url)
