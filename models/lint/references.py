"""Provenances without a reference somebody could find."""

import re
from collections.abc import Iterator

from models.lint.faults import Finding, finding
from models.policy.in_force import histories
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
    for file, model in vars(policy.files).items():
        for path, history in histories(model):
            for start, told in history.values.items():
                if fault := _fault(told):
                    yield finding(fault, file, f"{path}.{start}", text=told.reference.strip())


def _fault(told: Provenance) -> str | None:
    text = told.reference.strip()
    if _PLACEHOLDER.search(text):
        return "placeholder"
    if len(text) < LEAST_REFERENCE:
        return "short_reference"
    return "law_without_article" if told.basis == "law" and not _SOURCE_OF_LAW.search(text) else None
