"""The record of a draw: its fields, its text for the roster hash, its file, and what can be wrong with its form."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, pairwise
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from models.errors import DrawError
from models.messages import Message
from models.planning.draw.numbers import GENERATOR, allocate

FORMAT = "riskcode-draw/1"
OFFICER, INSPECTOR = "officer", "technical_inspector"
SEED_DIGITS = 48
"""Fewest hexadecimal digits of a seed (192 bits, as many as the generator can tell apart)."""
_HEAD = ("draw_id", "level", "division", "period", "committed_on", "public_source")
_RULES = {
    "objects": ("strata", "frame"),
    "crews": ("crew_size", "technical", "officers", "objects", "recusals"),
}
_TAIL = ("roster_sha256", "seed_sha256", "seed", "public_value", "working_seed", "result")


@dataclass(frozen=True)
class Heading:
    """Which draw it is.

    ``committed_on``: day the commitment is published.  ``public_source``: which public value will be added to the
    seed, exactly enough to leave no choice; empty: none.  No text may hold a comma or a double quote.
    """

    draw_id: str
    level: str
    division: str
    period: str
    committed_on: date
    public_source: str = ""


_TEXTS = {
    "no_record": Message("The file holds no record of a draw."),
    "format": Message("The format is not {format}; it cannot be verified.", {"format": FORMAT}),
    "kind": Message("The kind is neither objects nor crews."),
    "missing": Message("The field {field} is missing."),
    "unknown": Message("There is a field that the format does not know."),
    "malformed": Message("The field {field} does not hold what the format asks for."),
    "unsorted": Message("{field} is not sorted: row {row} is out of order."),
    "duplicate": Message("{field} names {value} more than once."),
    "sizes": Message("The size of stratum {value} is not its number of rows in the frame."),
    "no_stratum": Message("Stratum {value} of the frame is not in strata."),
    "allocation": Message("The numbers drawn from the strata are not allocated by the rule."),
    "stranger": Message("A recusal names {value}, who is not listed."),
    "roster": Message("The roster or the rules were changed: they do not give the committed roster_sha256."),
    "unrevealed": Message("The seed is not revealed yet, so nothing is drawn."),
    "early": Message("{field} is filled in although the seed is not revealed."),
    "seed": Message("The seed is not the one committed to in seed_sha256."),
    "no_public": Message("A public value was committed to, but none is given."),
    "stray_public": Message("A public value is given although none was committed to."),
    "working": Message("working_seed is not what seed and public value give."),
    "result_shape": Message("The result ({part}) is missing or malformed."),
    "result_row": Message(
        "The result ({part}) differs at row {row}; the draw gives {ours} ({n} rows differ)."
    ),
}
"""What may be wrong with a record, one sentence each."""


def say(key: str, **values: object) -> Message:
    """The sentence of that key, with its values."""
    return replace(_TEXTS[key], facts=values) if values else _TEXTS[key]


def roster_text(record: Mapping[str, Any]) -> str:
    """The text the roster hash is taken of: every rule and row, one a line, each line ended by a line feed."""
    lines = [f"{FORMAT},{GENERATOR}", f"kind,{record['kind']}"]
    lines += [f"{field},{record[field]}" for field in _HEAD]
    if record["kind"] == "objects":
        lines += [",".join(["stratum", *(str(one[key]) for key in STRATUM)]) for one in record["strata"]]
        lines += [f"row,{identifier},{stratum}" for identifier, stratum in record["frame"]]
    else:
        lines += [f"{field},{record[field]}" for field in ("crew_size", "technical")]
        lines += [f"officer,{officer},{role}" for officer, role in record["officers"]]
        lines += [f"object,{identifier}" for identifier in record["objects"]]
        lines += [f"recusal,{identifier},{officer}" for identifier, officer in record["recusals"]]
    return "".join(f"{line}\n" for line in lines)


def by_stratum(row: Sequence[str]) -> tuple[str, str]:
    """Sort key of the rows of a frame: by stratum, then id."""
    return row[1], row[0]


# -------------------------------------------------------------------------------------------------- form


def shape(record: object) -> Iterator[Message]:
    """Fields that are missing, unknown or of the wrong type; the other checks rely on there being none."""
    if not isinstance(record, Mapping):
        yield say("no_record")
        return
    whole = cast(Mapping[Any, Any], record)
    kind = whole.get("kind")
    if whole.get("format") != FORMAT:
        yield say("format")
    elif not isinstance(kind, str) or kind not in _RULES:
        yield say("kind")
    else:
        fields = (*_HEAD, *_RULES[kind], *_TAIL)
        yield from (say("missing", field=field) for field in fields if field not in whole)
        if len(whole) > 2 + sum(field in whole for field in fields):
            yield say("unknown")
        malformed = _malformed({field: whole[field] for field in fields if field in whole})
        yield from (say("malformed", field=field) for field in fields if field in malformed)


def is_seed(value: str) -> bool:
    """Whether it has the form of a seed: hexadecimal digits, and enough of them."""
    return re.fullmatch(f"[0-9a-fA-F]{{{SEED_DIGITS},}}", value) is not None


def is_public(value: str) -> bool:
    """Whether it has the form of a public value: one line of text, or none."""
    return value.isprintable()


def _is_plain(value: str) -> bool:
    """One line that a CSV file shows as it is, without quotes."""
    return value.isprintable() and value == value.strip() and not {",", '"'} & set(value)


def _is_day(value: str) -> bool:
    return date.fromisoformat(value).isoformat() == value


def _that(test: Callable[[Any], bool]) -> AfterValidator:
    """What passes a test."""

    def passed(value: Any) -> Any:
        if not test(value):
            raise ValueError("it does not have the form asked for")
        return value

    return AfterValidator(passed)


_Text = Annotated[str, _that(_is_plain)]
_Name = Annotated[str, Field(min_length=1), _that(_is_plain)]
# Beyond this a spreadsheet no longer holds every integer.
_Count = Annotated[int, Field(ge=0, lt=2**53)]
_Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Pair = Annotated[list[_Name], Field(min_length=2, max_length=2)]
_Officer = Annotated[_Pair, _that(lambda pair: pair[1] in (OFFICER, INSPECTOR))]


class _Stratum(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stratum: _Name
    size: _Count
    weight: _Count
    drawn: _Count


STRATUM = tuple(_Stratum.model_fields)
"""Fields of a stratum, in the order of the roster text."""


class _Fields(BaseModel):
    draw_id: _Name
    level: _Text
    division: _Text
    period: _Text
    committed_on: Annotated[str, _that(_is_day)]
    public_source: _Text
    strata: list[_Stratum]
    frame: list[_Pair]
    crew_size: Annotated[_Count, Field(gt=0)]
    technical: Annotated[int, Field(ge=0, le=1)]
    officers: list[_Officer]
    objects: list[_Name]
    recusals: list[_Pair]
    roster_sha256: _Hash
    seed_sha256: _Hash
    seed: Annotated[str, _that(is_seed)] | None
    public_value: Annotated[str, _that(is_public)]
    working_seed: _Hash | None


def _malformed(held: Mapping[str, object]) -> set[int | str]:
    """Names of the fields that do not hold what the format asks for; those that are not there are not among them."""
    try:
        # Strict: True and 1.0 equal 1, but not in the text that is hashed.
        _Fields.model_validate(held, strict=True)
    except ValidationError as error:
        return {one["loc"][0] for one in error.errors(include_url=False, include_context=False)} & {*held}
    return set()


# ------------------------------------------------------------------------------------------------- order


def disorder(record: Mapping[str, Any]) -> Iterator[Message]:
    """Lists that are unsorted or name something twice, strata that do not fit, recusals of strangers."""
    if record["kind"] == "objects":
        names = [one["stratum"] for one in record["strata"]]
        yield from _unsorted("strata", names)
        yield from _unsorted("frame", [by_stratum(row) for row in record["frame"]])
        yield from _duplicates("strata", names)
        yield from _duplicates("frame", (identifier for identifier, _ in record["frame"]))
        yield from _wrong_strata(record)
        return
    officers, objects = [officer for officer, _ in record["officers"]], record["objects"]
    for field, values in (("officers", officers), ("objects", objects)):
        yield from _unsorted(field, values)
        yield from _duplicates(field, values)
    recusals = [tuple(row) for row in record["recusals"]]
    yield from _unsorted("recusals", recusals)
    yield from _duplicates("recusals", map(" / ".join, recusals))
    strangers = {identifier for identifier, _ in recusals} - set(objects)
    strangers |= {officer for _, officer in recusals} - set(officers)
    yield from (say("stranger", value=value) for value in sorted(strangers))


def _unsorted(field: str, values: Sequence[Any]) -> Iterator[Message]:
    rows = (row for row, (one, other) in enumerate(pairwise(values), start=2) if other < one)
    yield from (say("unsorted", field=field, row=row) for row in islice(rows, 1))


def _duplicates(field: str, values: Iterable[str]) -> Iterator[Message]:
    yield from (say("duplicate", field=field, value=one) for one, n in Counter(values).items() if n > 1)


def _wrong_strata(record: Mapping[str, Any]) -> Iterator[Message]:
    counts = Counter(stratum for _, stratum in record["frame"])
    sizes, weights, drawn = (
        {one["stratum"]: one[key] for one in record["strata"]} for key in ("size", "weight", "drawn")
    )
    yield from (say("no_stratum", value=name) for name in sorted(set(counts) - set(sizes)))
    yield from (say("sizes", value=name) for name in sizes if counts[name] != sizes[name])
    try:
        by_rule = allocate(sizes, weights, sum(drawn.values()))
    except DrawError:
        by_rule = None
    if by_rule != drawn:
        yield say("allocation")


# ------------------------------------------------------------------------------------------------- files


def to_json(record: Mapping[str, Any]) -> str:
    """The record as a text file: one field, and one row of a list, per line."""
    return _laid_out(record) + "\n"


def _laid_out(value: Any, depth: int = 0) -> str:
    pad = "  " * (depth + 1)
    if isinstance(value, Mapping):
        fields = cast(Mapping[str, Any], value)
        lines = [f"{pad}{_plain(key)}: {_laid_out(one, depth + 1)}" for key, one in fields.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list):
        lines = [f"{pad}{_plain(one)}" for one in cast(list[Any], value)]
        opening, closing = "[", "]"
    else:
        return _plain(value)
    inside = ",\n".join(lines)
    return f"{opening}\n{inside}\n{pad[2:]}{closing}" if lines else opening + closing


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def from_json(text: str) -> dict[str, Any]:
    """Read a record; whether it is sound, ``verify`` tells.

    Raises DrawError when the text is no JSON object, or names a field twice, which readers take differently.
    """
    try:
        record = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DrawError(
            "The file is not readable as JSON ({error}). Ask for the published file.", error=error
        ) from error
    if not isinstance(record, dict):
        raise DrawError("The file holds no record of a draw. Ask for the published file.")
    return cast(dict[str, Any], record)


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is named twice")
    return fields


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
