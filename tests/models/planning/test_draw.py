"""Draws that anybody can check: the same from other code and from a spreadsheet, and no change goes unseen."""

import copy
import hashlib
import json
import math
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from desk.words.words import Words
from models.errors import DrawError
from models.planning.draw import (
    M1,
    M2,
    Heading,
    allocate,
    check,
    commit_crews,
    commit_objects,
    from_json,
    initial_state,
    objects_needed,
    reveal,
    roster_text,
    sha256,
    to_json,
    verify,
    working_seed,
)
from models.planning.draw.numbers import numbers
from pipelines.cli.draw import app
from tests.models.planning.redraw import redraw
from tests.worlds.effort import tries

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs" / "draw.md").read_text(encoding="utf-8")
HEADING = Heading("2026-07-370112", "district", "370112", "2026-07", date(2026, 6, 30), "双色球 2026076 期")
PUBLIC = "02 05 11, 17 23 31"
Record = dict[str, Any]


def seed_of(number: object) -> str:
    return sha256(f"test {number}")


def objects_record(chance: random.Random, seed: str) -> Record:
    """A small world of enterprises, committed to; at least one is drawn."""
    strata = chance.sample(["blue", "green", "red", "unrated", "yellow", "黄"], chance.randint(1, 4))
    frame = [(f"9137{n:04d}", chance.choice(strata)) for n in range(chance.randint(1, 40))]
    weights = {name: chance.randint(1, 5) for name in strata}
    chance.shuffle(frame)
    return commit_objects(HEADING, frame, weights, chance.randint(1, len(frame)), seed=seed)


def crews_record(chance: random.Random, seed: str) -> Record:
    """A small world of officers and objects, committed to; at least one object."""
    officers = [(f"370112-{n:03d}", "officer") for n in range(chance.randint(2, 15))]
    officers += [(f"T{n:02d}", "technical_inspector") for n in range(chance.randint(0, 6))]
    objects = [f"9137{n:04d}" for n in range(chance.randint(1, 25))]
    pairs = [(one, officer) for one in objects for officer, _ in officers]
    recusals = chance.sample(pairs, chance.randint(0, len(pairs) // 4))
    rules = {"crew_size": chance.choice([1, 2, 2, 3]), "technical": chance.randint(0, 1)}
    chance.shuffle(officers)
    chance.shuffle(objects)
    return commit_crews(HEADING, officers, objects, recusals, seed=seed, **rules)


WORLDS: dict[str, Callable[[random.Random, str], Record]] = {
    "objects": objects_record,
    "crews": crews_record,
}


def drawn_record(kind: str, number: int) -> Record:
    seed = seed_of((kind, number))
    return reveal(WORLDS[kind](random.Random(number), seed), seed, PUBLIC)


kinds = pytest.mark.parametrize("kind", WORLDS)


# ------------------------------------------------------------------------------------------- generator


def test_the_generator_gives_the_published_numbers():
    ours = list(islice(numbers([12345] * 6), 5))
    published = [
        0.12701112204657714,
        0.3185275653967945,
        0.3091860155832701,
        0.8258468629271136,
        0.2216299157820229,
    ]
    assert [number / (M1 + 1) for number in ours] == pytest.approx(published, abs=1e-15)
    assert f"{ours[0]}, {ours[1]}, {ours[2]}" in PAGE


def test_a_half_of_zeros_is_replaced():
    zeros = "0" * 8
    assert initial_state(zeros * 8) == (1, 1, 1, 1, 1, 1)
    assert initial_state(f"{M1:08x}" * 3 + f"{M2:08x}" + zeros * 4) == (1, 1, 1, 1, 1, 1)
    assert initial_state(zeros * 2 + "00000007" + "ffffffff" * 3 + zeros * 2)[:4] == (0, 0, 7, 22852)


def _spreadsheet(state: list[float] | None, working: str, rows: int, digits: int) -> list[float]:
    """Column H, computed in doubles with the formulas of the page; INT sees so many significant digits."""
    formulas = dict(re.findall(r"^\| ([D-H]\d) \| `=(.+?)` \|$", PAGE, flags=re.M))
    assert len(formulas) == 11

    def int_(value: float) -> float:
        return float(math.floor(float(f"{value:.{digits}g}")))

    known = {"INT": int_, "MID": lambda text, at, n: text[int(at) - 1 : int(at) - 1 + int(n)]}
    known |= {"HEX2DEC": lambda text: float(int(text, 16))}
    cells: dict[str, Any] = {"B2": working, "B3": float(M1), "B4": float(M2)}
    start = ("E2", "E3", "E4", "G2", "G3", "G4")
    for at, cell in enumerate(start):
        cells[cell] = state[at] if state else _value(formulas[cell], cells, known, 0)
    for row in range(rows):
        for column in "DEFGH":
            cells[f"{column}{row + 5}"] = _value(formulas[f"{column}5"], cells, known, row)
    return [cells[f"H{row + 5}"] for row in range(rows)]


def _value(formula: str, cells: dict[str, Any], known: dict[str, Any], down: int) -> float:
    fixed = re.sub(r"\$([A-Z])\$(\d)", lambda found: f"cells['{found[1]}{found[2]}']", formula)
    moved = re.sub(
        r"(?<![A-Z'\w])([D-H])(\d)\b", lambda found: f"cells['{found[1]}{int(found[2]) + down}']", fixed
    )
    floats = re.sub(r"(?<![\w'.])(\d+)(?![\w'.])", r"\1.0", moved)
    return eval(floats, {"__builtins__": {}}, {"cells": cells, **known})


@pytest.mark.parametrize("digits", [15, 17])
def test_a_spreadsheet_gives_the_same_numbers(digits: int):
    for trial in range(3):
        working = working_seed(seed_of(trial), PUBLIC)
        ours = list(islice(numbers(initial_state(working)), 400))
        assert _spreadsheet(None, working, 400, digits) == ours


@given(
    st.tuples(
        *[st.integers(0, M1 - 1) | st.sampled_from([0, 1, 2, M1 - 2, M1 - 1])] * 3,
        *[st.integers(0, M2 - 1) | st.sampled_from([0, 1, 2, M2 - 2, M2 - 1])] * 3,
    ),
    st.sampled_from([15, 17]),
)
@settings(max_examples=tries(100))
def test_a_spreadsheet_gives_the_same_numbers_from_any_state(state: tuple[int, ...], digits: int):
    assert _spreadsheet([float(one) for one in state], "", 4, digits) == list(islice(numbers(state), 4))


@given(st.integers(0, M1 - 1), st.integers(0, M1 - 1), st.integers(0, M1 - 1))
def test_products_stay_within_what_a_double_holds(p0: int, p1: int, z: int):
    exact = 1403580 * p1 - 810728 * p0
    assert 1403580.0 * p1 - 810728.0 * p0 == exact
    assert abs(exact) < 2**53
    for candidates in (1, 7, 99, 100_000):
        assert math.floor(float(z) * candidates / M1) == z * candidates // M1


# ------------------------------------------------------------------------------------- drawing again


@kinds
def test_other_code_written_from_the_page_draws_the_same(kind: str):
    for number in range(500):
        record = drawn_record(kind, number)
        assert redraw(json.loads(to_json(record))) == record["result"]
        assert check(record) == []


def test_the_hashes_are_those_of_the_page():
    record = drawn_record("objects", 3)
    text = "riskcode-draw/1,MRG32k3a\nkind,objects\n"
    names = ("draw_id", "level", "division", "period", "committed_on", "public_source")
    text += "".join(f"{name},{record[name]}\n" for name in names)
    for one in record["strata"]:
        text += f"stratum,{one['stratum']},{one['size']},{one['weight']},{one['drawn']}\n"
    text += "".join(f"row,{identifier},{stratum}\n" for identifier, stratum in record["frame"])
    assert roster_text(record) == text
    assert record["roster_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert record["seed_sha256"] == hashlib.sha256(record["seed"].encode()).hexdigest()
    opened = f"{record['seed']}\n{PUBLIC}".encode()
    assert record["working_seed"] == hashlib.sha256(opened).hexdigest()


def test_every_line_of_the_roster_text_is_on_the_page():
    for kind in WORLDS:
        for number in range(20):
            lines = roster_text(drawn_record(kind, number)).splitlines()
            assert all(f"\n{line.split(',')[0]}," in PAGE for line in lines)


@kinds
def test_a_file_reads_back_as_it_was_written(kind: str):
    record = drawn_record(kind, 1)
    assert from_json(to_json(record)) == record
    assert list(from_json(to_json(record))) == list(record)


@kinds
def test_every_field_is_on_the_page(kind: str):
    assert [field for field in drawn_record(kind, 1) if f"`{field}`" not in PAGE] == []


@given(st.randoms(use_true_random=False))
@settings(max_examples=tries(25))
def test_the_order_of_the_input_does_not_matter(chance: random.Random):
    frame = [(f"e{n}", f"s{n % 3}") for n in range(20)]
    officers = [(f"o{n}", "officer" if n % 4 else "technical_inspector") for n in range(12)]
    weights, recusals = {"s0": 1, "s1": 2, "s2": 3}, [("e1", "o1"), ("e1", "o0"), ("e2", "o5")]
    seed = seed_of(0)

    def mixed(rows: list[Any]) -> list[Any]:
        return chance.sample(rows, len(rows))

    def both(order: Callable[[list[Any]], list[Any]]) -> list[Record]:
        by = dict(order(list(weights.items())))
        crews = commit_crews(
            HEADING, order(officers), order([one for one, _ in frame]), order(recusals), seed=seed
        )
        return [commit_objects(HEADING, order(frame), by, 7, seed=seed), crews]

    assert [reveal(one, seed, PUBLIC) for one in both(mixed)] == [
        reveal(one, seed, PUBLIC) for one in both(list)
    ]


# ------------------------------------------------------------------------------------------- fairness


def test_every_enterprise_is_drawn_as_often_as_its_stratum_says():
    frame = [(f"e{n:02d}", "small" if n < 6 else "large") for n in range(20)]
    weights, draws, hits = {"small": 2, "large": 1}, 1500, Counter[str]()
    chances: dict[str, float] = {}
    for number in range(draws):
        seed = seed_of(number)
        record = reveal(commit_objects(HEADING, frame, weights, 9, seed=seed), seed, PUBLIC)
        chances = {one["stratum"]: one["drawn"] / one["size"] for one in record["strata"]}
        hits.update(identifier for identifier, _, _ in record["result"])
    assert chances == {"small": 4 / 6, "large": 5 / 14}
    for identifier, stratum in frame:
        chance = chances[stratum]
        error = math.sqrt(draws * chance * (1 - chance))
        assert abs(hits[identifier] - draws * chance) < 4.5 * error


def test_every_crew_meets_every_object_about_equally_often():
    officers, met, draws = [(f"o{n}", "officer") for n in range(6)], Counter[tuple[str, str]](), 1000
    for number in range(draws):
        seed = seed_of(number)
        record = reveal(commit_crews(HEADING, officers, ["a", "b", "c"], seed=seed), seed, PUBLIC)
        crew = {one["crew_id"]: one["officers"] for one in record["result"]["crews"]}
        met.update((identifier, who) for identifier, at in record["result"]["objects"] for who in crew[at])
    error = math.sqrt(draws * (1 / 3) * (2 / 3))
    assert all(abs(met[one, who] - draws / 3) < 4.5 * error for one in "abc" for who, _ in officers)


def test_crews_are_whole_everybody_is_placed_once_and_recusals_are_respected():
    for number in range(300):
        record = drawn_record("crews", number)
        result, roles = record["result"], dict(record["officers"])
        crews = {one["crew_id"]: {*one["officers"], one["technical"]} - {None} for one in result["crews"]}
        placed = [who for members in crews.values() for who in members] + result["spare"]
        assert sorted(placed) == sorted(roles)
        assert all(len(one["officers"]) == record["crew_size"] for one in result["crews"])
        assert all(roles[who] == "officer" for one in result["crews"] for who in one["officers"])
        assert [one for one, _ in result["objects"]] == record["objects"]
        for identifier, crew in result["objects"]:
            shut = {who for what, who in record["recusals"] if what == identifier}
            able = [name for name, members in crews.items() if not members & shut]
            assert crew in able or (crew is None and not able)


def test_work_is_balanced_within_two_where_nobody_is_recused():
    for number in range(200):
        chance, seed = random.Random(number), seed_of(number)
        officers = [(f"o{n:02d}", "officer") for n in range(chance.randint(2, 20))]
        objects = [f"e{n:03d}" for n in range(chance.randint(0, 60))]
        record = reveal(commit_crews(HEADING, officers, objects, seed=seed), seed, PUBLIC)
        load = Counter(crew for _, crew in record["result"]["objects"])
        counts = [load[one["crew_id"]] for one in record["result"]["crews"]]
        assert max(counts) - min(counts) <= 2


def test_an_object_nobody_may_visit_gets_no_crew():
    recusals = [("e1", "o1"), ("e1", "o4")]
    officers = [(f"o{n}", "officer") for n in range(1, 4)] + [("o4", "technical_inspector")]
    record = commit_crews(HEADING, officers, ["e1", "e2"], recusals, seed=seed_of(1))
    result = reveal(record, seed_of(1), PUBLIC)["result"]
    assert result["objects"] == [["e1", None], ["e2", "K01"]]
    assert len(result["spare"]) == 1


# ----------------------------------------------------------------------------------------- how many


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(0, 50), st.integers(0, 9)), min_size=1),
    st.data(),
)
def test_an_allocation_sums_exactly_and_never_exceeds_a_stratum(
    strata: dict[str, tuple[int, int]], data: st.DataObject
):
    sizes = {name: size for name, (size, _) in strata.items()}
    weights = {name: weight for name, (_, weight) in strata.items()}
    most = sum(size for size, weight in strata.values() if weight)
    total = data.draw(st.integers(0, most))
    given_ = allocate(sizes, weights, total)
    assert sum(given_.values()) == total and list(given_) == sorted(sizes)
    assert all(0 <= given_[name] <= sizes[name] for name in sizes)
    assert all(given_[name] == 0 for name in sizes if weights[name] == 0)
    for one in sizes:
        for other in sizes:
            open_ = given_[one] < sizes[one] and given_[other] < sizes[other]
            if open_ and weights[one] * sizes[one] > weights[other] * sizes[other]:
                assert given_[one] >= given_[other]
    with pytest.raises(DrawError, match="cannot be drawn"):
        allocate(sizes, weights, most + 1)


def test_allocations_by_hand():
    assert allocate({"a": 10, "b": 20, "c": 30}, {"a": 1, "b": 1, "c": 1}, 20) == {"a": 3, "b": 7, "c": 10}
    # Whole parts 1, 1, 1; two places left for three equal fractions: by name.
    assert allocate({"c": 9, "b": 9, "a": 9}, {"a": 1, "b": 1, "c": 1}, 5) == {"a": 2, "b": 2, "c": 1}
    # b is filled, and so is a once the rest is shared anew.
    assert allocate({"a": 3, "b": 2, "c": 100}, {"a": 40, "b": 90, "c": 1}, 10) == {"a": 3, "b": 2, "c": 5}


@pytest.mark.parametrize(
    ("total", "permille", "already", "needed"),
    [
        (10, 300, 0, 3),
        (11, 300, 0, 4),
        (11, 300, 3, 1),
        (11, 300, 9, 0),
        (0, 300, 0, 0),
        (700_001, 300, 1, 210_000),
    ],
)
def test_thirty_percent_are_rounded_up(total: int, permille: int, already: int, needed: int):
    assert objects_needed(total, permille, already) == needed


# ------------------------------------------------------------------------------------------- detection


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inside is None:
        yield path
        return
    for key, one in inside:
        yield from leaves(one, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def with_value(record: Record, path: tuple[Any, ...], value: Any) -> Record:
    changed = copy.deepcopy(record)
    at(changed, path[:-1])[path[-1]] = value
    return changed


@given(st.sampled_from(list(WORLDS)), st.integers(0, 40), st.data())
@settings(max_examples=tries(150))
def test_any_changed_character_is_detected(kind: str, number: int, data: st.DataObject):
    record = drawn_record(kind, number)
    path = data.draw(st.sampled_from([one for one in leaves(record) if at(record, one) not in (None, "")]))
    old = at(record, path)
    text = str(old)
    place = data.draw(st.integers(0, len(text) - 1))
    letters = st.sampled_from("0123456789") if isinstance(old, int) else st.sampled_from('0aAf1黄 ,"\n\ud800')
    letter = data.draw(letters.filter(lambda one: one != text[place]))
    new = text[:place] + letter + text[place + 1 :]
    changed = with_value(record, path, int(new) if isinstance(old, int) else new)
    assert at(changed, path) == old or verify(changed) != []


@given(st.sampled_from(list(WORLDS)), st.integers(0, 20), st.data())
@settings(max_examples=tries(100))
def test_any_row_added_removed_or_moved_is_detected(kind: str, number: int, data: st.DataObject):
    record = drawn_record(kind, number)
    parents = sorted({path[:at_] for path in leaves(record) for at_ in range(1, len(path))}, key=repr)
    path = data.draw(st.sampled_from([one for one in parents if isinstance(at(record, one), list)]))
    rows = list(at(record, path))
    how = data.draw(st.sampled_from(["remove", "repeat", "reverse"]))
    changed = rows[:-1] if how == "remove" else [*rows, rows[-1]] if how == "repeat" else rows[::-1]
    assert changed == rows or verify(with_value(record, path, changed)) != []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(WORLDS)), st.booleans(), ANYTHING, st.data())
@settings(max_examples=tries(100), suppress_health_check=[HealthCheck.too_slow])
def test_a_malformed_record_gives_sentences_and_never_an_exception(
    kind: str, opened: bool, value: Any, data: st.DataObject
):
    record = drawn_record(kind, 5) if opened else WORLDS[kind](random.Random(5), seed_of(5))
    every = [path[:depth] for path in leaves(record) for depth in range(1, len(path) + 1)]
    path = data.draw(st.sampled_from(sorted(set(every), key=repr)))
    changed = with_value(record, path, value)
    told = verify(changed)
    assert all(isinstance(sentence, str) and sentence.endswith(".") for sentence in told)
    assert told != [] or to_json(changed) == to_json(record)
    assert verify(value) != []


@kinds
def test_numbers_are_not_taken_for_look_alikes(kind: str):
    record = drawn_record(kind, 2)
    for path in leaves(record):
        if type(at(record, path)) is int:
            assert verify(with_value(record, path, float(at(record, path))))
            assert verify(with_value(record, path, bool(at(record, path))))
    assert verify(
        {**record, "crew_size": 10**5000} if kind == "crews" else {**record, "frame": [[10**5000, "a"]]}
    )


def test_each_mismatch_has_its_sentence():
    seed = seed_of(0)
    firms = [(f"9137{n:04d}", "red" if n < 8 else "blue") for n in range(20)]
    record = reveal(commit_objects(HEADING, firms, {"red": 2, "blue": 1}, 6, seed=seed), seed, PUBLIC)
    frame, strata = record["frame"], record["strata"]
    more = [{**strata[0], "weight": strata[0]["weight"] + 60}, *strata[1:]]
    wanted = {
        "no record": [],
        "format is not": {**record, "format": "riskcode-draw/2"},
        "kind is neither": {**record, "kind": "lots"},
        "field seed is missing": {key: one for key, one in record.items() if key != "seed"},
        "format does not know": {**record, "note": "x"},
        "field frame does not hold": {**record, "frame": [["a", "b,c"]]},
        "frame is not sorted: row 2": {**record, "frame": [frame[1], frame[0], *frame[2:]]},
        "names 91370000 more than once": {**record, "frame": [*frame, ["91370000", "red"]]},
        "is not its number of rows": {**record, "frame": frame[1:]},
        "is not in strata": {**record, "strata": strata[1:]},
        "not allocated by the rule": {**record, "strata": more},
        "committed roster_sha256": {**record, "period": "2026-08"},
        "not revealed yet": {**record, "seed": None},
        "result is filled in": {**record, "seed": None},
        "committed to in seed_sha256": {**record, "seed": seed_of("another")},
        "none is given": {**record, "public_value": ""},
        "none was committed to": {**record, "public_source": ""},
        "working_seed is not": {**record, "working_seed": "0" * 64},
        "differs at row 1": {**record, "result": [0, *record["result"]]},
        "missing or malformed": {**record, "result": None},
    }
    for part, changed in wanted.items():
        assert any(part in sentence for sentence in verify(changed)), part
    crews = drawn_record("crews", 8)
    assert any("stranger" in one for one in verify({**crews, "recusals": [["e", "stranger"]]}))
    chinese = map(Words("zh").of, check({**record, "seed": None, "frame": frame[1:]}))
    assert all(said.endswith("。") for said in chinese)


# ---------------------------------------------------------------------------- committing and revealing


@kinds
def test_a_commitment_tells_nothing_of_the_seed_and_draws_once(kind: str):
    seed = seed_of("secret")
    record = WORLDS[kind](random.Random(4), seed)
    assert seed not in to_json(record)
    assert verify(record) == ["The seed is not revealed yet, so nothing is drawn."]
    before = copy.deepcopy(record)
    opened = reveal(record, seed, PUBLIC)
    assert record == before
    for wrong, why in (
        (lambda: reveal(opened, seed, PUBLIC), "revealed already"),
        (lambda: reveal(record, seed_of("other"), PUBLIC), "not the one committed to"),
        (lambda: reveal(record, seed), "public value does not fit"),
        (lambda: reveal(record, seed, "two\nlines"), "public value does not fit"),
        (lambda: reveal({**record, "period": "x"}, seed, PUBLIC), "were changed"),
    ):
        with pytest.raises(DrawError, match=why):
            wrong()


def test_what_cannot_be_committed_to_is_refused():
    seed, frame = seed_of(0), [("a", "s"), ("b", "s")]
    for wrong, why in (
        (lambda: commit_objects(HEADING, frame, {"s": 1}, 1, seed="abc"), "48 hexadecimal digits"),
        (lambda: commit_objects(HEADING, frame, {"t": 1}, 1, seed=seed), "has no weight"),
        (lambda: commit_objects(HEADING, frame, {"s": 1}, 3, seed=seed), "3 objects cannot be drawn from 2"),
        (
            lambda: commit_objects(HEADING, [*frame, ("a", "t")], {"s": 1, "t": 1}, 1, seed=seed),
            "more than once",
        ),
        (lambda: commit_objects(HEADING, [("a,b", "s")], {"s": 1}, 1, seed=seed), "field frame"),
        (lambda: commit_crews(HEADING, [("o", "driver")], ["a"], seed=seed), "field officers"),
        (lambda: commit_crews(HEADING, [("o", "officer")], ["a"], [("a", "x")], seed=seed), "names x"),
    ):
        with pytest.raises(DrawError, match=why):
            wrong()


def test_without_a_public_source_there_is_no_public_value():
    heading = Heading("d", "", "", "", date(2026, 6, 30))
    record = commit_objects(heading, [("a", "s")], {"s": 1}, 1, seed=seed_of(0))
    assert verify(reveal(record, seed_of(0))) == []
    with pytest.raises(DrawError, match="public value does not fit"):
        reveal(record, seed_of(0), "7")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, "1" * 5000])
def test_what_is_no_json_object_is_refused(text: str):
    with pytest.raises(DrawError):
        from_json(text)


# ---------------------------------------------------------------------------------------- command line


@pytest.mark.parametrize(
    ("language", "good", "bad"), [("zh", "核验通过", "核验未通过"), ("en", "Verified", "Not ver")]
)
@kinds
def test_the_command_draws_again(
    kind: str, language: str, good: str, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RISKCODE_LANG", language)
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path / "none"))
    record, file = drawn_record(kind, 6), tmp_path / "draw.json"
    file.write_text(to_json(record), encoding="utf-8")
    done = CliRunner().invoke(app, ["verify", str(file)])
    assert done.exit_code == 0 and good in done.output
    assert all(record[key] in done.output.replace("\n", "") for key in ("draw_id", "period"))
    told = json.loads(CliRunner().invoke(app, ["verify", str(file), "--json"]).output)
    assert told["verified"] and told["problems"] == [] and told["roster_sha256"] == record["roster_sha256"]
    file.write_text(to_json({**record, "period": "2026-08"}), encoding="utf-8")
    done = CliRunner().invoke(app, ["verify", str(file)])
    assert done.exit_code == 7 and bad in done.output
    assert not (tmp_path / "none").exists()


def test_drawing_loads_neither_dagster_nor_data_frames():
    code = (
        "import sys, models.planning.draw; print({'dagster', 'sklearn', 'polars', 'duckdb'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b'{"format": "riskcode-draw/1"}', b'{"kind": [1]}']
)
def test_the_command_tells_of_a_file_it_cannot_read(content: bytes, tmp_path: Path):
    file = tmp_path / "draw.json"
    file.write_bytes(content)
    for arguments in ([], ["--json"]):
        done = CliRunner().invoke(app, ["verify", str(file), *arguments])
        assert done.exit_code == 7 and isinstance(done.exception, SystemExit)
