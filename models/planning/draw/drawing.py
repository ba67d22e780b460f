"""Committing to a draw, drawing once the seed is revealed, and verifying what was drawn."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, cast

from models.errors import DrawError
from models.messages import Message
from models.planning.draw.numbers import M1, allocate, initial_state, numbers, sha256, working_seed
from models.planning.draw.record import (
    FORMAT,
    INSPECTOR,
    OFFICER,
    SEED_DIGITS,
    STRATUM,
    Heading,
    by_stratum,
    disorder,
    is_public,
    is_seed,
    roster_text,
    say,
    shape,
)

_NOTHING = "–"


def commit_objects(
    heading: Heading,
    frame: Iterable[tuple[str, str]],
    weights: Mapping[str, int],
    total: int,
    *,
    seed: str,
) -> dict[str, Any]:
    """Commit to a draw of enterprises; the record holds the seed's hash, not the seed.

    ``frame``: (enterprise id, stratum) in any order.  ``weights``: integer weight of every stratum.  ``total``:
    how many objects are drawn.  Raises DrawError when the frame, a text or the seed is not fit for a draw.
    """
    rows = sorted(frame, key=by_stratum)
    counts = Counter(stratum for _, stratum in rows)
    if strangers := sorted(set(counts) - set(weights)):
        raise DrawError(
            "Stratum {strangers} has no weight. Give every stratum one, 0 if nothing is drawn.",
            strangers=strangers[0],
        )
    sizes = {name: counts[name] for name in sorted(weights)}
    drawn = allocate(sizes, weights, total)
    strata = [
        dict(zip(STRATUM, (name, sizes[name], weights[name], drawn[name]), strict=True)) for name in sizes
    ]
    return _committed("objects", heading, {"strata": strata, "frame": [list(row) for row in rows]}, seed)


def commit_crews(
    heading: Heading,
    officers: Iterable[tuple[str, str]],
    objects: Iterable[str],
    recusals: Iterable[tuple[str, str]] = (),
    *,
    seed: str,
    crew_size: int = 2,
    technical: int = 1,
) -> dict[str, Any]:
    """Commit to a draw of crews for objects drawn before; the record holds the seed's hash, not the seed.

    ``officers``: (officer id, ``officer`` or ``technical_inspector``).  ``recusals``: (enterprise id, officer id),
    both listed in this draw.  ``crew_size``: certified officers per crew.  ``technical``: technical inspectors per
    crew, 0 or 1.  Raises DrawError when a list, a text or the seed is not fit for a draw.
    """
    rules = {
        "crew_size": crew_size,
        "technical": technical,
        "officers": [list(row) for row in sorted(officers)],
        "objects": sorted(objects),
        "recusals": [list(row) for row in sorted(set(recusals))],
    }
    return _committed("crews", heading, rules, seed)


def _committed(kind: str, heading: Heading, rules: Mapping[str, Any], seed: str) -> dict[str, Any]:
    if not is_seed(seed):
        raise DrawError(
            "A seed has at least {seed_digits} hexadecimal digits and nothing else. Take it from a "
            "source of randomness and use it for one draw only.",
            seed_digits=SEED_DIGITS,
        )
    head = asdict(heading) | {"committed_on": heading.committed_on.isoformat()}
    record: dict[str, Any] = {"format": FORMAT, "kind": kind, **head, **rules}
    record |= {"roster_sha256": "0" * 64, "seed_sha256": sha256(seed), "seed": None}
    record |= {"public_value": "", "working_seed": None, "result": None}
    if problems := list(shape(record)) or list(disorder(record)):
        raise DrawError(
            "The draw cannot be committed to: {what} Correct the lists and texts.", what=problems[0]
        )
    return record | {"roster_sha256": sha256(roster_text(record))}


# ----------------------------------------------------------------------------------------------- drawing


def reveal(record: Mapping[str, Any], seed: str, public_value: str = "") -> dict[str, Any]:
    """Draw: the record with seed, public value, working seed and result filled in.

    Raises DrawError when the record was changed since its commitment, is drawn already, or the seed or the public
    value is not what was committed to.
    """
    if problems := list(shape(record)) or [*disorder(record), *_broken_roster(record)]:
        raise DrawError("{what} Draw from the record as it was committed to.", what=problems[0])
    if record["seed"] is not None:
        raise DrawError("The seed is revealed already; a draw is done once. Verify the record instead.")
    if not is_seed(seed) or sha256(seed) != record["seed_sha256"]:
        raise DrawError("{what} Find the seed that was kept, or commit to a new draw.", what=say("seed"))
    if not is_public(public_value) or (
        problems := list(_wrong_public(record["public_source"], public_value))
    ):
        raise DrawError(
            "The public value does not fit what was committed to. It is one line of text when public_source "
            "names a source, and empty otherwise."
        )
    working = working_seed(seed, public_value)
    opened = {"seed": seed, "public_value": public_value, "working_seed": working}
    return {**record, **opened, "result": _draw(record, working)}


def _draw(record: Mapping[str, Any], working: str) -> Any:
    draw = _draw_objects if record["kind"] == "objects" else _draw_crews
    return draw(record, numbers(initial_state(working)))


def _draw_objects(record: Mapping[str, Any], source: Iterator[int]) -> list[list[Any]]:
    """Rows [enterprise id, stratum, key] in drawing order: by key, then id."""
    keyed = [(key, *row) for row, key in zip(record["frame"], source, strict=False)]
    left = Counter({one["stratum"]: one["drawn"] for one in record["strata"]})
    result: list[list[Any]] = []
    for key, identifier, stratum in sorted(keyed):
        if left[stratum] > 0:
            left[stratum] -= 1
            result.append([identifier, stratum, key])
    return result


def _draw_crews(record: Mapping[str, Any], source: Iterator[int]) -> dict[str, list[Any]]:
    """Crews, who is left over, and the crew of every object."""
    keys = list(islice(source, len(record["officers"])))
    ranked = sorted((key, *row) for key, row in zip(keys, record["officers"], strict=True))
    officers = [officer for _, officer, role in ranked if role == OFFICER]
    inspectors = [officer for _, officer, role in ranked if role == INSPECTOR]
    size, count = record["crew_size"], len(officers) // record["crew_size"]
    joining = inspectors[:count] if record["technical"] else []
    crews = [
        {
            "crew_id": f"K{n + 1:02d}",
            "officers": officers[n * size : (n + 1) * size],
            "technical": joining[n] if n < len(joining) else None,
        }
        for n in range(count)
    ]
    spare = officers[count * size :] + inspectors[len(joining) :]
    return {"crews": crews, "spare": spare, "objects": _assign(record, crews, source)}


def _assign(
    record: Mapping[str, Any], crews: Sequence[Mapping[str, Any]], source: Iterator[int]
) -> list[list[str | None]]:
    """Rows [enterprise id, crew id or null]; one number per object, used or not."""
    crew_of = {
        officer: crew["crew_id"]
        for crew in crews
        for officer in (*crew["officers"], crew["technical"])
        if officer
    }
    barred: dict[str, set[str]] = {}
    for identifier, officer in record["recusals"]:
        if officer in crew_of:
            barred.setdefault(identifier, set()).add(crew_of[officer])
    load: dict[str, int] = {crew["crew_id"]: 0 for crew in crews}
    assigned: list[list[str | None]] = []
    for identifier, number in zip(record["objects"], source, strict=False):
        crew = _pick(load, barred.get(identifier, set()), number)
        if crew is not None:
            load[crew] += 1
        assigned.append([identifier, crew])
    return assigned


def _pick(load: Mapping[str, int], barred: set[str], number: int) -> str | None:
    """A crew that may go and has the fewest objects, or one more; ``None`` when all are barred."""
    free = [crew for crew in load if crew not in barred]
    if not free:
        return None
    least = min(load[crew] for crew in free)
    candidates = [crew for crew in free if load[crew] <= least + 1]
    return candidates[number * len(candidates) // M1]


# --------------------------------------------------------------------------------------------- verifying


def verify(record: object) -> list[str]:
    """What does not match, one English sentence each; empty when the draw is verified.  Never raises."""
    return [str(sentence) for sentence in check(record)]


def check(record: object) -> list[Message]:
    """What does not match; empty when the draw is verified.  Never raises."""
    if problems := list(shape(record)):
        return problems
    whole = cast(Mapping[str, Any], record)
    return [*disorder(whole), *_broken_roster(whole), *_wrong_opening(whole), *_wrong_result(whole)]


def _broken_roster(record: Mapping[str, Any]) -> Iterator[Message]:
    if sha256(roster_text(record)) != record["roster_sha256"]:
        yield say("roster")


def _wrong_public(source: str, value: str) -> Iterator[Message]:
    if bool(source) != bool(value):
        yield say("no_public" if source else "stray_public")


def _wrong_opening(record: Mapping[str, Any]) -> Iterator[Message]:
    """A seed or public value that is not the committed one, or none at all."""
    seed, public_value = record["seed"], record["public_value"]
    if seed is None:
        yield say("unrevealed")
        early = (
            field for field in ("public_value", "working_seed", "result") if record[field] not in (None, "")
        )
        yield from (say("early", field=field) for field in early)
        return
    if sha256(seed) != record["seed_sha256"]:
        yield say("seed")
    yield from _wrong_public(record["public_source"], public_value)
    if working_seed(seed, public_value) != record["working_seed"]:
        yield say("working")


def _wrong_result(record: Mapping[str, Any]) -> Iterator[Message]:
    """Rows of the result that drawing again does not give."""
    if record["seed"] is None:
        return
    ours = _draw(record, working_seed(record["seed"], record["public_value"]))
    theirs: object = record["result"]
    if record["kind"] == "objects":
        yield from _differing("rows", ours, theirs)
    elif not isinstance(theirs, Mapping) or set(cast(Mapping[Any, Any], theirs)) != set(ours):
        yield say("result_shape", part="crews / spare / objects")
    else:
        given = cast(Mapping[str, object], theirs)
        for part in ours:
            yield from _differing(part, ours[part], given[part])


def _differing(part: str, ours: Sequence[Any], theirs: object) -> Iterator[Message]:
    if not isinstance(theirs, list):
        yield say("result_shape", part=part)
        return
    given = cast(list[object], theirs)
    longest = max(len(ours), len(given))
    rows = [row for row in range(longest) if not _same(ours[row : row + 1], given[row : row + 1])]
    if rows:
        expected = ours[rows[0]] if rows[0] < len(ours) else None
        shown = _NOTHING if expected is None else json.dumps(expected, ensure_ascii=False)
        yield say("result_row", part=part, row=rows[0] + 1, ours=shown, n=len(rows))


def _same(ours: Any, theirs: Any) -> bool:
    """Equality that tells 1 from 1.0 and true, as the bytes of a file do."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, list):
        rows = cast(list[Any], ours)
        return len(rows) == len(theirs) and all(
            _same(one, two) for one, two in zip(rows, theirs, strict=True)
        )
    if isinstance(ours, dict):
        fields = cast(dict[str, Any], ours)
        return fields.keys() == theirs.keys() and all(_same(fields[key], theirs[key]) for key in fields)
    return ours == theirs
