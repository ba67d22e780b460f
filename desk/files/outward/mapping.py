"""Outward mapping files: which fields of the other side are told from what, and by which codes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import Field, ValidationError, model_validator

from models.documents import Strict, Text, UniqueKeys
from models.errors import MappingError

SAMPLE: Final = Path(__file__).with_name("proposal.yaml")
"""The mapping that comes with the program: a proposal, for no platform's schema was found."""
VISIT: Final = frozenset(
    {
        *("visit_id", "changes", "is_withdrawn", "enterprise_id", "enterprise_name", "level", "division"),
        *("kind", "mode", "channel", "basis", "item_codes", "departments", "planned_on", "begun_at"),
        *("ended_at", "places", "result", "findings_count", "major_count", "is_emergency", "is_late"),
        *("filed_at", "approved_at", "counted_at", "revision", "officers_count"),
    }
)
PERSONS: Final = frozenset({"officer_numbers", "officer_names", "unit_person", "unit_post"})
"""What tells of persons; a mapping that tells it says so in ``persons`` as well."""
FINDING: Final = frozenset(
    {
        *("finding_id", "item_code", "description", "place", "severity", "is_major", "criterion", "disposal"),
        *("measure", "rectify_due_on", "rectified_on", "state", "photos_count"),
    }
)


class Told(Strict):
    """One field of the other side: ``from`` a fact, in its ``codes``, or a ``constant``.

    ``join``: what stands between the parts of a list; without it a list stays one.
    """

    source: Annotated[str | None, Field(alias="from")] = None
    codes: dict[str, str] | None = None
    constant: str | int | bool | None = None
    join: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Told":
        if (self.source is None) == (self.constant is None):
            raise ValueError("a field is told from a fact or is a constant, one of both")
        return self


class Envelope(Strict):
    """What the fields of a day's document are called: its day, its edition, its visits, and the findings of a visit."""

    day: Text
    edition: Text
    visits: Text
    findings: Text


class Outward(Strict):
    """An outward mapping.  ``form``: the JSON Schema beside it that every document fits."""

    outward: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    title: Text
    form: Annotated[str, Field(alias="schema", pattern=r"^[\w.-]+\.json$")]
    basis: Text
    persons: tuple[str, ...] = ()
    envelope: Envelope
    visits: dict[str, Told]
    findings: dict[str, Told]

    @model_validator(mode="after")
    def _names_what_there_is(self) -> "Outward":
        if strange := sorted(set(self.persons) - PERSONS):
            raise ValueError(f"persons: there is no {', '.join(strange)}")
        _require(self.visits, VISIT | frozenset(self.persons), "visits")
        _require(self.findings, FINDING, "findings")
        return self


def _require(fields: Mapping[str, Told], known: frozenset[str], part: str) -> None:
    for name, told in fields.items():
        if told.source in PERSONS and told.source not in known:
            raise ValueError(f"{part}.{name}: tells of persons, and persons does not name {told.source}")
        if told.source is not None and told.source not in known:
            raise ValueError(f"{part}.{name}: there is no {told.source}")


def read_outward(path: Path) -> Outward:
    """An outward mapping from its file.  Raises MappingError."""
    try:
        told: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys)
        return Outward.model_validate(told)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MappingError(
            "The outward mapping {path} cannot be read ({why}). Correct it, or leave RISKCODE_OUTWARD out.",
            path=path,
            why=" ".join(f"{error}".split()),
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise MappingError(
            "The outward mapping {path} is none: {where}: {why}. Correct it.",
            path=path,
            where=".".join(map(str, first["loc"])) or "–",
            why=first["msg"],
        ) from error
