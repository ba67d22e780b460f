"""Provenances without a reference somebody could find, and texts that are cited on days on which they do not hold."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from models.law import LegalText, legal_texts, read_citation
from models.law.texts import BINDING
from models.lint.faults import Finding, finding
from models.policy.check_items import Catalogue
from models.policy.in_force import histories
from models.policy.pack import Policy
from models.policy.shape import History, Provenance

LEAST_REFERENCE = 6
"""Characters of a reference below which it can name no source."""
_PLACEHOLDER = re.compile(r"TODO|TBD|FIXME|XXX|\?\?\?|待定|待补|待填|待查")
_SOURCE_OF_LAW = re.compile(
    r"\bart\. ?\d|§ ?\d|第[〇一二三四五六七八九十百\d]+条|[〔\[（(]\d{4}[〕\]）)]|\d ?号|(?:GB|AQ|DB)\S* ?\d"
)
"""An article of a law, or the number of a document or standard."""
_SAYS_NOTHING_HERE = ("source", "practice")
"""Kinds of text that bind no authority here, not even as policy."""


def reference_findings(policy: Policy) -> Iterator[Finding]:
    """What is wrong with the sources of a pack, part by part of each value."""
    for file, model in vars(policy.files).items():
        for path, history in histories(model):
            yield from history_findings(file, path, history)


def catalogue_findings(catalogue: Catalogue) -> tuple[Finding, ...]:
    """What is wrong with the sources of a catalogue of check items, errors first, then by file and item."""
    folder = f"catalogues/{catalogue.name}"
    found = {
        *(
            one
            for file, item in catalogue.entries
            for one in history_findings(f"{folder}/{file}", item.name, item)
        ),
        *(one for trade in catalogue.trades for one in _undated_findings(folder, f"trade.{trade.en}", trade)),
    }
    return tuple(sorted(found, key=lambda one: (one.severity, one.file, one.field, str(one))))


def history_findings(file: str, path: str, history: History[Any]) -> Iterator[Finding]:
    """What is wrong with the sources of one matter over time."""
    for start, last in history.spans:
        for part, told in history.values[start].sources.items():
            field = f"{path}.{start}.{part}" if part else f"{path}.{start}"
            yield from _undated_findings(file, field, told)
            for fault, facts in _of_days(told, start, last):
                yield finding(fault, file, field, **facts)


def _undated_findings(file: str, field: str, told: Provenance) -> Iterator[Finding]:
    text = told.reference.strip()
    if fault := _of_reference(told, text):
        yield finding(fault, file, field, text=text)
    for fault, facts in _of_texts(told):
        yield finding(fault, file, field, **facts)


def _of_reference(told: Provenance, text: str) -> str | None:
    if _PLACEHOLDER.search(text):
        return "placeholder"
    if _texts(told):
        return None
    if len(text) < LEAST_REFERENCE:
        return "short_reference"
    found = any(_SOURCE_OF_LAW.search(one) for one in (text, *told.cites))
    return "no_source" if told.basis in ("law", "policy") and not found else None


def _texts(told: Provenance) -> list[LegalText]:
    """The registered texts a value cites, each once, in its order."""
    found = [read_citation(said).text for said in told.cites]
    return list({one.name: one for one in found if one is not None}.values())


def _of_texts(told: Provenance) -> Iterator[tuple[str, dict[str, object]]]:
    """Whether the texts are known, and can make what rests on them law or policy."""
    for said in told.cites:
        if read_citation(said).text is None:
            yield "unknown_text", {"said": said}
    cited = _texts(told)
    if told.basis not in ("law", "policy") or not cited:
        return
    named = ", ".join(one.name for one in cited)
    read = [one for one in cited if one.is_read]
    if not read:
        yield "not_read", {"named": named}
    elif told.basis == "law" and not any(one.kind in BINDING for one in read):
        yield "not_binding", {"named": named}
    elif all(one.kind in _SAYS_NOTHING_HERE for one in read):
        yield "not_of_an_authority", {"named": named}


def _of_days(told: Provenance, start: date, last: date | None) -> Iterator[tuple[str, dict[str, object]]]:
    """Texts that do not hold on all days of a value, from ``start`` to ``last`` (none: open).

    A proposal only points to them: it may do so on days on which they do not hold.
    """
    if told.basis == "proposal":
        return
    for text in _texts(told):
        if text.first_day is None and told.basis != "unverified":
            yield "undated_text", {"text": text.name}
        if text.first_day is not None and start < text.first_day:
            yield "too_early", {"text": text.name, "day": text.first_day}
        if text.until is not None and (last is None or text.until < last):
            yield (
                "after_its_end",
                {"text": text.name, "day": text.until, "after": ", ".join(text.successors) or "–"},
            )
        elif text.until is None:
            yield from _of_successors(text, last)


def _of_successors(text: LegalText, last: date | None) -> Iterator[tuple[str, dict[str, object]]]:
    for after in map(legal_texts().__getitem__, text.successors):
        if after.first_day is not None and (last is None or after.first_day <= last):
            yield "has_successor", {"text": text.name, "after": after.name, "day": after.first_day}
