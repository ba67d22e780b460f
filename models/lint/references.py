"""Provenances without a reference somebody could find."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from models.lint.faults import Finding, finding
from models.policy.pack import Policy
from models.policy.shape import Provenance

LEAST_REFERENCE = 6
"""Characters of a reference below which it can name no source."""


_PLACEHOLDER = re.compile(r"TODO|TBD|FIXME|XXX|\?\?\?|待定|待补|待填|待查")


_SOURCE_OF_LAW = re.compile(
    r"\bart\. ?\d|§ ?\d|第[〇一二三四五六七八九十百\d]+条|[〔\[（(]\d{4}[〕\]）)]|\d ?号|(?:GB|AQ|DB)\S* ?\d"
)
"""An article of a law, or the number of a document or standard."""


def reference_findings(policy: Policy) -> Iterator[Finding]:
    """Provenances whose reference nobody could find."""
    for file, model in files(policy).items():
        for field, told in _provenances(model):
            text = told.reference.strip()
            if _PLACEHOLDER.search(text):
                yield finding("placeholder", file, field, text=text)
            elif len(text) < LEAST_REFERENCE:
                yield finding("short_reference", file, field, text=text)
            elif told.basis == "law" and not _SOURCE_OF_LAW.search(text):
                yield finding("law_without_article", file, field, text=text)


def files(policy: Policy) -> dict[str, BaseModel]:
    """The files of a pack by name."""
    return {
        "features": policy._features,
        "scorecard": policy._card,
        "codes": policy._codes,
        "learning": policy._learning,
        "planning": policy._planning,
        "caps": policy._caps,
        "review": policy._review,
    }


def _provenances(node: Any, field: str = "") -> Iterator[tuple[str, Provenance]]:
    """Every value with a source below a node, with its place."""
    if isinstance(node, Provenance):
        yield field, node
    elif isinstance(node, BaseModel):
        title = next(
            (getattr(node, key) for key in ("rule", "factor", "label", "channel") if hasattr(node, key)), None
        )
        for name in type(node).model_fields:
            part = title if name == "values" else f"{title}.{name}" if title else name
            yield from _provenances(getattr(node, name), joined(field, part or ""))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _provenances(value, joined(field, f"{key}"))
    elif isinstance(node, list):
        for value in node:
            yield from _provenances(value, field)


def joined(*parts: str) -> str:
    """Path of a field as a person would write it."""
    return ".".join(part for part in parts if part and part != "values" and part not in ("rules", "factors"))
