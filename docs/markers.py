"""Generated blocks inside hand-written documents: between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``."""

import re
from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyRelation

from desk.say.markdown import table
from models.policy.shape import Provenance


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(<!-- begin {re.escape(name)} -->\n)(.*?)(<!-- end {re.escape(name)} -->)", re.DOTALL
    )


def block(text: str, name: str) -> str:
    """Content of a block.  Raises ValueError when the document has no such block."""
    found = _pattern(name).search(text)
    if found is None:
        raise ValueError(f"the document has no block '{name}'")
    return found.group(2)


def with_block(text: str, name: str, content: str) -> str:
    """The document with one block replaced."""
    block(text, name)
    return _pattern(name).sub(lambda found: f"{found.group(1)}{content.strip()}\n{found.group(3)}", text)


def fill(document: Path, blocks: Mapping[str, str]) -> None:
    """Put blocks into a document.  Raises ValueError when it lacks one."""
    text = document.read_text(encoding="utf-8")
    for name, content in blocks.items():
        text = with_block(text, name, content)
    document.write_text(text, encoding="utf-8")


def relation(found: DuckDBPyRelation) -> str:
    """A query's result as a Markdown table; its column names are the heads."""
    return table(found.columns, found.fetchall())


def told_basis(told: Provenance) -> str:
    """What a value rests on, and the keys of it that rest on something else."""
    apart = dict[str, list[str]]()
    for key, one in told.in_parts.items():
        if one.basis != told.basis:
            apart.setdefault(one.basis, []).append(f"`{key}`")
    return "; ".join((told.basis, *(f"{basis}: {', '.join(keys)}" for basis, keys in apart.items())))


def basis_and_reference(told: Provenance) -> tuple[str, str]:
    """Two cells: what a value rests on and where that stands, part by part."""
    return told_basis(told), told.full_reference
