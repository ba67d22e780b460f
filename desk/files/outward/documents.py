"""Counted visits of a day as a document of the other side, and its editions in a folder."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from desk.files.outward.mapping import Outward, Told
from models.errors import MappingError
from models.field.forms import Finding, in_zone
from warehouse.clock import LOCAL
from warehouse.exchange import synced
from warehouse.field.counted import Counted
from warehouse.field.visit import FindingState

Document = dict[str, Any]


@dataclass(frozen=True)
class Edition:
    """A document of a day as it lies in a folder.  ``is_new``: whether it was written just now."""

    number: int
    path: Path
    is_new: bool


def documents_of(counted: Iterable[Counted], names: Mapping[str, str], outward: Outward) -> list[Document]:
    """One document a visit, in the order given.  ``names``: of enterprises.

    Raises MappingError for a value that a code list of the mapping does not have.
    """
    return [_document(one, names, outward) for one in counted]


def in_envelope(documents: list[Document], day: date, edition: int, outward: Outward) -> Document:
    """The document of a day."""
    told = outward.envelope
    return {told.day: day.isoformat(), told.edition: edition, told.visits: documents}


def require_fit(document: Document, outward: Outward, path: Path) -> None:
    """Raise MappingError unless the document of a day fits the schema beside the mapping at ``path``."""
    file = path.with_name(outward.form)
    try:
        schema = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MappingError(
            "The schema {file} of an outward mapping cannot be read ({why}). Lay it beside the mapping.",
            file=file,
            why=f"{error}",
        ) from error
    found = min(
        Draft202012Validator(schema).iter_errors(document), key=lambda one: one.json_path, default=None
    )
    if found is not None:
        raise MappingError(
            "What goes out does not fit {file}: {where}: {why}. Correct the mapping; nothing was written.",
            file=outward.form,
            where=found.json_path,
            why=found.message[:200],
        )


def text_of(document: Document) -> str:
    """A document as it lies in a file: the same document, the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def keep_edition(documents: list[Document], day: date, outward: Outward, path: Path, folder: Path) -> Edition:
    """Write a day as its next edition, or leave the last one where it says the same.  Raises MappingError, OSError.

    No edition is ever changed.
    """
    held = _editions(folder, day, outward)
    last = max(held, default=0)
    if last and held[last].read_text(encoding="utf-8") == text_of(in_envelope(documents, day, last, outward)):
        return Edition(last, held[last], is_new=False)
    number = last + 1
    document = in_envelope(documents, day, number, outward)
    require_fit(document, outward, path)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{outward.outward}-{day}-{number}.json"
    part = file.with_name(f"{file.name}.part")
    with part.open("w", encoding="utf-8", newline="") as written:
        written.write(text_of(document))
        written.flush()
        os.fsync(written.fileno())
    part.rename(file)
    synced(folder)
    return Edition(number, file, is_new=True)


def _editions(folder: Path, day: date, outward: Outward) -> dict[int, Path]:
    named = re.compile(rf"{re.escape(outward.outward)}-{day}-(\d+)\.json")
    found = {named.fullmatch(one.name): one for one in folder.glob("*.json")}
    return {int(match[1]): one for match, one in found.items() if match}


def _document(one: Counted, names: Mapping[str, str], outward: Outward) -> Document:
    facts = _visit(one, names)
    told = {name: _told(field, facts, name) for name, field in outward.visits.items()}
    written = {finding.id: finding for finding in one.record.findings}
    findings = [
        {name: _told(field, facts, name) for name, field in outward.findings.items()}
        for facts in (_finding(written[state.finding_id], state) for state in one.findings)
    ]
    return {**told, outward.envelope.findings: findings}


def _told(field: Told, facts: Mapping[str, Any], name: str) -> Any:
    if field.source is None:
        return field.constant
    value = _plain(facts[field.source])
    if field.codes is not None and value is not None:
        parts = value if isinstance(value, list) else [value]
        keys = [str(part).lower() if isinstance(part, bool) else str(part) for part in parts]
        if lacks := [key for key in keys if key not in field.codes]:
            raise MappingError(
                "The code list of {field} has no '{value}'. Add it to the outward mapping; nothing was written.",
                field=name,
                value=lacks[0],
            )
        said = [field.codes[key] for key in keys]
        value = said if isinstance(value, list) else said[0]
    return field.join.join(map(str, value)) if field.join is not None and isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return in_zone(value, LOCAL).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _visit(one: Counted, names: Mapping[str, str]) -> dict[str, Any]:
    visit, filing, record = one.visit, one.visit.filing, one.record
    return {
        "visit_id": str(visit.visit_id),
        "changes": one.changes,
        "is_withdrawn": one.is_withdrawn,
        "enterprise_id": filing.enterprise_id,
        "enterprise_name": names.get(filing.enterprise_id),
        "level": visit.authority.level,
        "division": visit.authority.division or None,
        "kind": filing.kind,
        "mode": filing.mode,
        "channel": filing.channel,
        "basis": filing.basis,
        "item_codes": filing.item_codes,
        "departments": filing.departments,
        "planned_on": filing.planned_on,
        "begun_at": record.begun_at,
        "ended_at": record.ended_at,
        "places": record.places,
        "result": record.result,
        "findings_count": len(one.findings),
        "major_count": sum(finding.is_major for finding in record.findings) if one.findings else 0,
        "is_emergency": filing.emergency is not None,
        "is_late": visit.is_late,
        "filed_at": visit.filed_at,
        "approved_at": visit.approved_at,
        "counted_at": visit.counted_at,
        "revision": visit.counted_revision,
        "officers_count": len(filing.people),
        "officer_numbers": filing.people,
        "officer_names": tuple(visit.names.get(person) or person for person in filing.people),
        "unit_person": record.unit.name if record.unit else None,
        "unit_post": record.unit.post if record.unit else None,
    }


def _finding(finding: Finding, state: FindingState) -> dict[str, Any]:
    return {
        "finding_id": str(finding.id),
        "item_code": finding.item_code,
        "description": finding.description,
        "place": finding.place,
        "severity": finding.severity,
        "is_major": finding.is_major,
        "criterion": finding.criterion or None,
        "disposal": finding.disposal,
        "measure": finding.measure or None,
        "rectify_due_on": state.due_on,
        "rectified_on": state.rectified_on,
        "state": state.state,
        "photos_count": len(finding.photos),
    }
