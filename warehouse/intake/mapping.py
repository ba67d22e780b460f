"""The mapping file: one readable YAML per source that turns its deliveries into canonical rows without code.

    mapping: city_violations            # name of the source; ids are unique within it
    title: Violation database of the city
    id_scheme: uscc                     # uscc = check GB 32100 digits; any = any stable id
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
            recorded_at: {first: [公告日期, 处分日期], plus_days: 0}  # first non-empty cell
            inspection_id: {join: [企业, 日期], with: "|"}
            disposal: {constant: case}
            name: {column: 名称, strip_control: true}             # drop control characters instead of refusing
            score: {column: 得分, empty: [-1]}                    # cells that stand for "not known"
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
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from models.errors import MappingError
from models.messages import Message
from models.tables.canonical import TABLES

MAPPINGS = Path(__file__).parents[2] / "pipelines" / "mappings"
Scalar = str | int | float | bool | date
SheetNumber = Annotated[int, Field(ge=0)]
LineNumber = Annotated[int, Field(ge=1, le=1_048_576)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSpec(_Strict):
    """How one canonical column is filled."""

    column: str | list[str] | None = None
    first: list[str] | None = None
    join: list[str] | None = None
    separator: str = Field(default="|", alias="with")
    constant: Scalar | None = None
    values: dict[str, str] | None = None
    otherwise: str | None = None
    blank: Scalar | None = None
    empty: list[str] = Field(default_factory=list[str])
    plus_days: int = 0
    strip_control: bool = False

    @field_validator("values", mode="before")
    @classmethod
    def _keys_as_text(cls, values: Any) -> Any:
        # YAML reads 1, 2.0 and 是/true as numbers and flags; a delivery's cells are compared as text.
        return {_as_text(k): _as_text(v) for k, v in values.items()} if values else values

    @field_validator("empty", mode="before")
    @classmethod
    def _items_as_text(cls, items: Any) -> Any:
        return [_as_text(item) for item in items] if isinstance(items, list) else items

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldSpec":
        origins = [self.column, self.first, self.join, self.constant]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of column, first, join, constant")
        return self

    def headers(self) -> list[str]:
        """Headers the field reads; of alternatives in ``column`` one is enough."""
        if isinstance(self.column, str):
            return [self.column]
        return self.first or self.join or self.column or []


class SqlQuery(_Strict):
    """A query that delivers rows, through SQLAlchemy.  ``url`` may name an environment variable: ${NAME}."""

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
        return {
            name: {"column": spec} if isinstance(spec, str) else spec
            for name, spec in (columns or {}).items()
        }

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


class Ignored(_Strict):
    """Files that are not data, with the reason why."""

    files: list[str]
    why: str = Field(min_length=1)


class Mapping(_Strict):
    """A mapping file, checked."""

    name: str = Field(alias="mapping", min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")
    title: str = ""
    id_scheme: Literal["uscc", "any"] = "any"
    archive_ends: date | None = None
    tables: dict[str, list[Entry]]
    ignore: list[Ignored] = []
    text: str = Field(default="", exclude=True)

    @property
    def hash(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def entries(self) -> list[tuple[str, int, Entry]]:
        """Every entry with its table and its place in the file; the register first."""
        ordered = sorted(self.tables, key=list(TABLES).index)
        return [(name, at, entry) for name in ordered for at, entry in enumerate(self.tables[name])]


class _PlainWords(yaml.SafeLoader):
    """YAML in which Yes, No, On and Off are the words they look like; only true and false are flags."""


_PlainWords.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def load_mapping(path: Path | str) -> Mapping:
    """Read a mapping file, given by path or by the name of one that comes with the project."""
    file = Path(path)
    if not file.exists() and (MAPPINGS / f"{path}.yaml").exists():
        file = MAPPINGS / f"{path}.yaml"
    if not file.is_file():
        names = ", ".join(sorted(found.stem for found in MAPPINGS.glob("*.yaml")))
        raise MappingError(
            "There is no mapping file {path}. Give a path, or one of: {names}.", path=path, names=names
        )
    try:
        return parse_mapping(file.read_text(encoding="utf-8"))
    except (MappingError, UnicodeDecodeError) as error:
        raise MappingError("{file}: {error}", file=file, error=error) from error


def parse_mapping(text: str) -> Mapping:
    """Read a mapping from its text.  Raises MappingError naming the field and, for names, the nearest one."""
    try:
        raw = yaml.load(text, Loader=_PlainWords)
        mapping = Mapping.model_validate({**raw, "text": text})
    except (yaml.YAMLError, TypeError) as error:
        raise MappingError(
            "not a mapping file ({error}). See docs/operations.md for one.", error=error
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MappingError(
            "{where}: {msg}. Correct the mapping file.", where=where, msg=first["msg"]
        ) from error
    _check_names(mapping.tables, TABLES, "tables")
    for name, _, entry in mapping.entries():
        _check_names(entry.columns, TABLES[name].columns(), f"tables.{name}.columns")
    return mapping


def _check_names(given: Any, known: Any, where: str) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, list(known), n=1)
            hint = (
                Message(" Did you mean '{name}'?", {"name": near[0]})
                if near
                else Message(" Known: {names}.", {"names": ", ".join(known)})
            )
            raise MappingError("{where}: there is no '{name}'.{hint}", where=where, name=name, hint=hint)


def expand_environment(url: str) -> str:
    """Put environment variables into a database URL.  Raises MappingError when one is not set."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise MappingError(
                "The mapping needs the environment variable {name}. Set it and run again.", name=name
            )
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, url)
