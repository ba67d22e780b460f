"""A document with everything filled in: its title, number and blocks, ready to be laid out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.papers.facts import Value
from desk.words.words import Words
from models.policy.papers import Block, Paper


@dataclass(frozen=True)
class Sheet:
    """One document.  ``number``: empty for a draft.  ``blocks``: dictionaries with a ``kind``, those of the pack.

    It is plain data, so that what was issued can be laid out again just so.
    """

    title: str
    number: str
    authority: str
    language: str
    blocks: tuple[Mapping[str, Any], ...]

    @property
    def is_draft(self) -> bool:
        """Whether it has no number, and says so on every page."""
        return not self.number


def sheet(paper: Paper, held: Mapping[str, Value], words: Words, *, number: str, authority: str) -> Sheet:
    """A document from what its fields hold (``desk.papers.facts.told``)."""
    blocks = tuple(_block(one, paper, held, words) for one in paper.body)
    return Sheet(words.of(paper.title), number, authority, words.language, blocks)


def _block(block: Block, paper: Paper, held: Mapping[str, Value], words: Words) -> Mapping[str, Any]:
    def label(name: str) -> str:
        return words.of(paper.fields[name].label)

    if block.rows is not None:
        return {"kind": "rows", "rows": [[label(name), held[name]] for name in block.rows]}
    if block.text is not None:
        return {"kind": "text", "text": words.of(block.text).format(**held)}
    if block.sealed is not None:
        return {"kind": "sealed", "text": words.of(block.sealed).format(**held)}
    if block.listed is not None:
        return {"kind": "list", "label": label(block.listed), "entries": held[block.listed]}
    if block.signed is not None:
        return {
            "kind": "signed",
            "lines": [_line(label(name), row) for name in block.signed for row in held[name]],
        }
    if block.boxes is not None:
        return {
            "kind": "boxes",
            "boxes": [[words.of(one), words.of(block.marks)] for one in block.boxes.values()],
        }
    assert block.shown is not None
    return {"kind": "photos", "label": label(block.shown), "photos": held[block.shown]}


def _line(label: str, row: Any) -> Mapping[str, Any]:
    return {**row, "label": row["label"] or label}
