"""The verifiable draw (双随机, P3, D2): who is visited and by which officers, so that anybody can draw it again.

A record is committed to before the draw by two hashes: of its roster (everything that decides the draw but
chance) and of a secret seed.  Revealing the seed draws.  ``docs/draw.md`` defines every step for readers without
this code; nothing here knows the time, chooses at random, or computes with fractions.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice, pairwise
from typing import Any, NamedTuple, cast

from models.errors import DrawError

FORMAT = "riskcode-draw/1"
GENERATOR = "MRG32k3a"
M1, M2 = 4294967087, 4294944443
"""Moduli of the two halves of the generator; its numbers lie in 0..M1-1."""
OFFICER, INSPECTOR = "officer", "technical_inspector"
SEED_DIGITS = 48
"""Fewest hexadecimal digits of a seed (192 bits, as many as the generator can tell apart)."""

_HEAD = ("draw_id", "level", "division", "period", "committed_on", "public_source")
_RULES = {
    "objects": ("strata", "frame"),
    "crews": ("crew_size", "technical", "officers", "objects", "recusals"),
}
_TAIL = ("roster_sha256", "seed_sha256", "seed", "public_value", "working_seed", "result")
_STRATUM = ("stratum", "size", "weight", "drawn")
# Beyond this a spreadsheet no longer holds every integer.
_MOST = 2**53


class Sentence(NamedTuple):
    """One thing that does not match, in both languages."""

    zh: str
    en: str


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
    "no_record": ("文件内容不是抽取记录。", "The file holds no record of a draw."),
    "format": (f"格式不是 {FORMAT}，无法核验。", f"The format is not {FORMAT}; it cannot be verified."),
    "kind": ("类型既非 objects 也非 crews。", "The kind is neither objects nor crews."),
    "missing": ("缺少字段 {field}。", "The field {field} is missing."),
    "unknown": ("有格式中没有的字段。", "There is a field that the format does not know."),
    "malformed": (
        "字段 {field} 的内容不符合格式。",
        "The field {field} does not hold what the format asks for.",
    ),
    "unsorted": ("{field} 第 {row} 行顺序不对。", "{field} is not sorted: row {row} is out of order."),
    "duplicate": ("{field} 中 {value} 出现多次。", "{field} names {value} more than once."),
    "sizes": (
        "层 {value} 的企业数与抽取名册不符。",
        "The size of stratum {value} is not its number of rows in the frame.",
    ),
    "no_stratum": (
        "抽取名册中的层 {value} 未列入 strata。",
        "Stratum {value} of the frame is not in strata.",
    ),
    "allocation": (
        "各层抽取数不是按规则分配的。",
        "The numbers drawn from the strata are not allocated by the rule.",
    ),
    "stranger": (
        "回避记录中的 {value} 不在人员或对象名单内。",
        "A recusal names {value}, who is not listed.",
    ),
    "roster": (
        "名册或规则已变动：与承诺的 roster_sha256 不符。",
        "The roster or the rules were changed: they do not give the committed roster_sha256.",
    ),
    "unrevealed": (
        "尚未揭示种子，还没有抽取结果。",
        "The seed is not revealed yet, so nothing is drawn.",
    ),
    "early": ("种子未揭示，{field} 却已填写。", "{field} is filled in although the seed is not revealed."),
    "seed": ("种子与承诺的 seed_sha256 不符。", "The seed is not the one committed to in seed_sha256."),
    "no_public": (
        "承诺使用公开值，但没有填写。",
        "A public value was committed to, but none is given.",
    ),
    "stray_public": (
        "承诺中没有公开值，却填写了一个。",
        "A public value is given although none was committed to.",
    ),
    "working": (
        "working_seed 不是由种子和公开值得出的。",
        "working_seed is not what seed and public value give.",
    ),
    "result_shape": ("抽取结果（{part}）不完整或格式不对。", "The result ({part}) is missing or malformed."),
    "result_row": (
        "抽取结果（{part}）第 {row} 行不符，按规则应为 {ours}（共 {n} 行不符）。",
        "The result ({part}) differs at row {row}; the draw gives {ours} ({n} rows differ).",
    ),
}
_NOTHING = "–"


def _say(key: str, **values: object) -> Sentence:
    zh, en = _TEXTS[key]
    return Sentence(zh.format(**values), en.format(**values))


# ------------------------------------------------------------------------------------------- numbers


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def working_seed(seed: str, public_value: str = "") -> str:
    """What the generator is started with: SHA-256 of seed, line feed, public value."""
    return sha256(f"{seed}\n{public_value}")


def initial_state(working: str) -> tuple[int, ...]:
    """The six integers the generator starts from: 8 hexadecimal digits each, oldest first, half by half."""
    groups = [int(working[at : at + 8], 16) for at in range(0, 48, 8)]
    first, second = [one % M1 for one in groups[:3]], [one % M2 for one in groups[3:]]
    # A half of zeros would stay zero for ever.
    return (*(first if any(first) else [1, 1, 1]), *(second if any(second) else [1, 1, 1]))


def numbers(state: Sequence[int]) -> Iterator[int]:
    """Numbers of MRG32k3a (L'Ecuyer 1999), each an integer in 0..M1-1; the first one is used."""
    p0, p1, p2, q0, q1, q2 = state
    while True:
        p0, p1, p2 = p1, p2, (1403580 * p1 - 810728 * p0) % M1
        q0, q1, q2 = q1, q2, (527612 * q2 - 1370589 * q0) % M2
        yield (p2 - q2) % M1


# -------------------------------------------------------------------------------------------- how many


def objects_needed(total_general: int, share_permille: int, already: int) -> int:
    """How many objects are still to be drawn: the share of all general enterprises, rounded up, less those done."""
    return max(0, -(-total_general * share_permille // 1000) - already)


def allocate(sizes: Mapping[str, int], weights: Mapping[str, int], total: int) -> dict[str, int]:
    """Spread ``total`` objects over strata in proportion to weight times size, by largest remainder.

    A stratum whose share reaches its size is drawn whole and the rest is spread anew over the others; equal
    remainders go by name.  ``sizes``: rows by stratum.  ``weights``: integers, 0 for a stratum that is not drawn.
    Grain: one entry per stratum, sorted by name; they add up to ``total``.
    Raises DrawError when the strata with a weight hold fewer than ``total`` rows.
    """
    given = dict.fromkeys(sorted(sizes), 0)
    unfilled = {name: weights.get(name, 0) * sizes[name] for name in given}
    unfilled = {name: mass for name, mass in unfilled.items() if mass > 0}
    available = sum(sizes[name] for name in unfilled)
    if not 0 <= total <= available:
        raise DrawError(
            f"{total} objects cannot be drawn from {available} in the strata with a weight. "
            "Draw fewer, or give weight to further strata."
        )
    left = total
    while full := _filled(unfilled, sizes, left):
        for name in full:
            given[name] = sizes[name]
            left -= sizes[name]
            del unfilled[name]
    return given | _largest_remainder(unfilled, left)


def _filled(masses: Mapping[str, int], sizes: Mapping[str, int], total: int) -> list[str]:
    whole = sum(masses.values())
    return [name for name, mass in masses.items() if total * mass >= whole * sizes[name]]


def _largest_remainder(masses: Mapping[str, int], total: int) -> dict[str, int]:
    whole = sum(masses.values())
    shares = {name: divmod(total * mass, whole) for name, mass in masses.items()}
    given = {name: floor for name, (floor, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (-shares[name][1], name))
    for name in by_remainder[: total - sum(given.values())]:
        given[name] += 1
    return given


# -------------------------------------------------------------------------------------------- committing


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
    rows = sorted(frame, key=_by_stratum)
    counts = Counter(stratum for _, stratum in rows)
    if strangers := sorted(set(counts) - set(weights)):
        raise DrawError(
            f"Stratum {strangers[0]} has no weight. Give every stratum one, 0 if nothing is drawn."
        )
    sizes = {name: counts[name] for name in sorted(weights)}
    drawn = allocate(sizes, weights, total)
    strata = [
        dict(zip(_STRATUM, (name, sizes[name], weights[name], drawn[name]), strict=True)) for name in sizes
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
    if not _is_seed(seed):
        raise DrawError(
            f"A seed has at least {SEED_DIGITS} hexadecimal digits and nothing else. "
            "Take it from a source of randomness and use it for one draw only."
        )
    head = asdict(heading) | {"committed_on": heading.committed_on.isoformat()}
    record: dict[str, Any] = {"format": FORMAT, "kind": kind, **head, **rules}
    record |= {"roster_sha256": "0" * 64, "seed_sha256": sha256(seed), "seed": None}
    record |= {"public_value": "", "working_seed": None, "result": None}
    if problems := list(_shape(record)) or list(_disorder(record)):
        raise DrawError(f"The draw cannot be committed to: {problems[0].en} Correct the lists and texts.")
    return record | {"roster_sha256": sha256(roster_text(record))}


def roster_text(record: Mapping[str, Any]) -> str:
    """The text the roster hash is taken of: every rule and row, one a line, each line ended by a line feed."""
    lines = [f"{FORMAT},{GENERATOR}", f"kind,{record['kind']}"]
    lines += [f"{field},{record[field]}" for field in _HEAD]
    if record["kind"] == "objects":
        lines += [",".join(["stratum", *(str(one[key]) for key in _STRATUM)]) for one in record["strata"]]
        lines += [f"row,{identifier},{stratum}" for identifier, stratum in record["frame"]]
    else:
        lines += [f"{field},{record[field]}" for field in ("crew_size", "technical")]
        lines += [f"officer,{officer},{role}" for officer, role in record["officers"]]
        lines += [f"object,{identifier}" for identifier in record["objects"]]
        lines += [f"recusal,{identifier},{officer}" for identifier, officer in record["recusals"]]
    return "".join(f"{line}\n" for line in lines)


def _by_stratum(row: Sequence[str]) -> tuple[str, str]:
    return row[1], row[0]


# ----------------------------------------------------------------------------------------------- drawing


def reveal(record: Mapping[str, Any], seed: str, public_value: str = "") -> dict[str, Any]:
    """Draw: the record with seed, public value, working seed and result filled in.

    Raises DrawError when the record was changed since its commitment, is drawn already, or the seed or the public
    value is not what was committed to.
    """
    if problems := list(_shape(record)) or [*_disorder(record), *_broken_roster(record)]:
        raise DrawError(f"{problems[0].en} Draw from the record as it was committed to.")
    if record["seed"] is not None:
        raise DrawError("The seed is revealed already; a draw is done once. Verify the record instead.")
    if not _is_seed(seed) or sha256(seed) != record["seed_sha256"]:
        raise DrawError(f"{_say('seed').en} Find the seed that was kept, or commit to a new draw.")
    if not _is_public(public_value) or (
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
    return [sentence.en for sentence in check(record)]


def check(record: object) -> list[Sentence]:
    """What does not match, in both languages; empty when the draw is verified.  Never raises."""
    if problems := list(_shape(record)):
        return problems
    whole = cast(Mapping[str, Any], record)
    return [*_disorder(whole), *_broken_roster(whole), *_wrong_opening(whole), *_wrong_result(whole)]


def _shape(record: object) -> Iterator[Sentence]:
    """Fields that are missing, unknown or of the wrong type; the other checks rely on there being none."""
    if not isinstance(record, Mapping):
        yield _say("no_record")
        return
    whole = cast(Mapping[Any, Any], record)
    kind = whole.get("kind")
    if whole.get("format") != FORMAT:
        yield _say("format")
    elif not isinstance(kind, str) or kind not in _RULES:
        yield _say("kind")
    else:
        fields = (*_HEAD, *_RULES[kind], *_TAIL)
        yield from (_say("missing", field=field) for field in fields if field not in whole)
        if len(whole) > 2 + sum(field in whole for field in fields):
            yield _say("unknown")
        known = (field for field in fields if field in whole and field in _SHAPES)
        yield from (_say("malformed", field=field) for field in known if not _SHAPES[field](whole[field]))


def _is_text(value: object) -> bool:
    """One line that a CSV file shows as it is, without quotes."""
    return (
        isinstance(value, str)
        and value.isprintable()
        and value == value.strip()
        and not {",", '"'} & set(value)
    )


def _is_name(value: object) -> bool:
    return _is_text(value) and value != ""


def _is_role(value: object) -> bool:
    return value in (OFFICER, INSPECTOR)


def _is_count(value: object) -> bool:
    # True and 1.0 equal 1, but not in the text that is hashed.
    return type(value) is int and 0 <= value < _MOST


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_seed(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[0-9a-fA-F]{{{SEED_DIGITS},}}", value) is not None


def _is_public(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_list(value: object, one: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and all(one(each) for each in cast(list[object], value))


def _is_pair(value: object, first: Callable[[object], bool], second: Callable[[object], bool]) -> bool:
    if not isinstance(value, list):
        return False
    pair = cast(list[object], value)
    return len(pair) == 2 and first(pair[0]) and second(pair[1])


def _is_stratum(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    one = cast(dict[object, object], value)
    return (
        set(one) == set(_STRATUM)
        and _is_name(one["stratum"])
        and all(_is_count(one[key]) for key in _STRATUM[1:])
    )


def _is_pairs(second: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: _is_list(value, lambda row: _is_pair(row, _is_name, second))


def _or_null(known: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or known(value)


_SHAPES: dict[str, Callable[[object], bool]] = {
    "draw_id": _is_name,
    **dict.fromkeys(("level", "division", "period", "public_source"), _is_text),
    "committed_on": _is_day,
    "strata": lambda value: _is_list(value, _is_stratum),
    "frame": _is_pairs(_is_name),
    "crew_size": lambda value: _is_count(value) and value != 0,
    "technical": lambda value: _is_count(value) and value in (0, 1),
    "officers": _is_pairs(_is_role),
    "objects": lambda value: _is_list(value, _is_name),
    "recusals": _is_pairs(_is_name),
    "roster_sha256": _is_hash,
    "seed_sha256": _is_hash,
    "seed": _or_null(_is_seed),
    "public_value": _is_public,
    "working_seed": _or_null(_is_hash),
}


def _disorder(record: Mapping[str, Any]) -> Iterator[Sentence]:
    """Lists that are unsorted or name something twice, strata that do not fit, recusals of strangers."""
    if record["kind"] == "objects":
        names = [one["stratum"] for one in record["strata"]]
        yield from _unsorted("strata", names)
        yield from _unsorted("frame", [_by_stratum(row) for row in record["frame"]])
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
    yield from (_say("stranger", value=value) for value in sorted(strangers))


def _unsorted(field: str, values: Sequence[Any]) -> Iterator[Sentence]:
    rows = (row for row, (one, other) in enumerate(pairwise(values), start=2) if other < one)
    yield from (_say("unsorted", field=field, row=row) for row in islice(rows, 1))


def _duplicates(field: str, values: Iterable[str]) -> Iterator[Sentence]:
    yield from (_say("duplicate", field=field, value=one) for one, n in Counter(values).items() if n > 1)


def _wrong_strata(record: Mapping[str, Any]) -> Iterator[Sentence]:
    counts = Counter(stratum for _, stratum in record["frame"])
    sizes, weights, drawn = (
        {one["stratum"]: one[key] for one in record["strata"]} for key in ("size", "weight", "drawn")
    )
    yield from (_say("no_stratum", value=name) for name in sorted(set(counts) - set(sizes)))
    yield from (_say("sizes", value=name) for name in sizes if counts[name] != sizes[name])
    try:
        by_rule = allocate(sizes, weights, sum(drawn.values()))
    except DrawError:
        by_rule = None
    if by_rule != drawn:
        yield _say("allocation")


def _broken_roster(record: Mapping[str, Any]) -> Iterator[Sentence]:
    if sha256(roster_text(record)) != record["roster_sha256"]:
        yield _say("roster")


def _wrong_public(source: str, value: str) -> Iterator[Sentence]:
    if bool(source) != bool(value):
        yield _say("no_public" if source else "stray_public")


def _wrong_opening(record: Mapping[str, Any]) -> Iterator[Sentence]:
    """A seed or public value that is not the committed one, or none at all."""
    seed, public_value = record["seed"], record["public_value"]
    if seed is None:
        yield _say("unrevealed")
        early = (
            field for field in ("public_value", "working_seed", "result") if record[field] not in (None, "")
        )
        yield from (_say("early", field=field) for field in early)
        return
    if sha256(seed) != record["seed_sha256"]:
        yield _say("seed")
    yield from _wrong_public(record["public_source"], public_value)
    if working_seed(seed, public_value) != record["working_seed"]:
        yield _say("working")


def _wrong_result(record: Mapping[str, Any]) -> Iterator[Sentence]:
    """Rows of the result that drawing again does not give."""
    if record["seed"] is None:
        return
    ours = _draw(record, working_seed(record["seed"], record["public_value"]))
    theirs: object = record["result"]
    if record["kind"] == "objects":
        yield from _differing("rows", ours, theirs)
    elif not isinstance(theirs, Mapping) or set(cast(Mapping[Any, Any], theirs)) != set(ours):
        yield _say("result_shape", part="crews / spare / objects")
    else:
        given = cast(Mapping[str, object], theirs)
        for part in ours:
            yield from _differing(part, ours[part], given[part])


def _differing(part: str, ours: Sequence[Any], theirs: object) -> Iterator[Sentence]:
    if not isinstance(theirs, list):
        yield _say("result_shape", part=part)
        return
    given = cast(list[object], theirs)
    longest = max(len(ours), len(given))
    rows = [row for row in range(longest) if not _same(ours[row : row + 1], given[row : row + 1])]
    if rows:
        expected = ours[rows[0]] if rows[0] < len(ours) else None
        shown = _NOTHING if expected is None else json.dumps(expected, ensure_ascii=False)
        yield _say("result_row", part=part, row=rows[0] + 1, ours=shown, n=len(rows))


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
        raise DrawError(f"The file is not readable as JSON ({error}). Ask for the published file.") from error
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
