"""Damage to JSON: what programs make of it."""

import json
from random import Random
from typing import Any

from tests.mangling.cells import DECISIVE, FLAGS, NUMBERS
from tests.mangling.city import Delivery, File
from tests.mangling.oracle import Damage
from tests.mangling.registry import JSON, Words, any_column, damage, some_rows, words_of

Items = list[dict[str, Any]]


def change_items(file: File, chance: Random, name: str | None, change: Any) -> Words | None:
    """Change the value, or the key, of a column in some items."""
    if name is None:
        return None
    rows, header = some_rows(file, chance), file.header[file.column(name)]

    def apply(items: Items) -> Items:
        for at in rows:
            items[at] = change(items[at], header)
        return items

    file.items.append(apply)
    return words_of(file, name)


@damage("keys missing in some objects", *JSON)
def missing_keys(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    rows = some_rows(file, chance)[: max(1, len(file.rows) // 2)]

    def drop(items: Items) -> Items:
        for at in rows:
            items[at].pop(file.header[file.column(name or "")])
        return items

    file.items.append(drop)
    return words_of(file, name) if name else None


@damage("a key in another case, or mistyped, in some objects", *JSON)
def other_keys(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    return change_items(
        file,
        chance,
        name,
        lambda item, header: {key + "_" * (key == header): value for key, value in item.items()},
    )


@damage("values nested in lists or objects", *JSON)
def nested_values(_: Delivery, file: File, chance: Random) -> Words | None:
    wrap = chance.choice((lambda value: [value], lambda value: {"value": value}, lambda value: [[]]))
    return change_items(
        file, chance, any_column(file, chance), lambda item, header: {**item, header: wrap(item[header])}
    )


@damage("values that are no values: NaN, Infinity", *JSON)
def no_values(_: Delivery, file: File, chance: Random) -> Words | None:
    value = chance.choice((float("nan"), float("inf"), "NaN", "Infinity"))
    return change_items(
        file, chance, any_column(file, chance, DECISIVE), lambda item, header: {**item, header: value}
    )


@damage("flags and numbers in the types of a program", *JSON)
def typed_values(_: Delivery, file: File, chance: Random) -> Words | None:
    flags = chance.choice(((True, False), ("true", "false"), (1, 0), (1.0, 0.0), ("True", "False")))

    def change(item: dict[str, Any], header: str) -> dict[str, Any]:
        value = item[header]
        if value in ("是", "否"):
            return {**item, header: flags[0 if value == "是" else 1]}
        return {**item, header: float(value) if isinstance(value, int) else value}

    return change_items(file, chance, any_column(file, chance, (*FLAGS, *NUMBERS)), change)


@damage("numbers of things as numbers, with a point or in scientific notation", *JSON)
def numeric_ids(_: Delivery, file: File, chance: Random) -> Words | None:
    value = chance.choice((7.0, 9.13701e17, 913701020000000123.0, True, 0))
    name = chance.choice(("enterprise_id", file.names()[0]))
    return change_items(file, chance, name, lambda item, header: {**item, header: value})


@damage("objects that name a key twice", *JSON)
def repeated_keys(_: Delivery, file: File, chance: Random) -> Words | None:
    name = any_column(file, chance, DECISIVE)
    if name is None:
        return None
    header = json.dumps(file.header[file.column(name)], ensure_ascii=False).encode()
    value = chance.choice((b'"x"', b"null", b"0", '"否"'.encode()))
    file.after.append(
        lambda data: data.replace(header + b":", header + b": " + value + b", " + header + b":", 3)
    )
    return words_of(file, name)


@damage("the list is wrapped in an object", *JSON)
def wrapped(_: Delivery, file: File, chance: Random) -> Words | None:
    def wrap(data: bytes) -> bytes:
        items = [json.loads(line) for line in data.splitlines()] if file.kind == "jsonl" else json.loads(data)
        return json.dumps({"code": 0, "data": {"list": items}}, ensure_ascii=False).encode()

    file.after.append(wrap)
    return ()


@damage("a page of the list wrapped: there are more pages", *JSON)
def paged(_: Delivery, file: File, chance: Random) -> Words | None:
    def page(data: bytes) -> bytes:
        items = [json.loads(line) for line in data.splitlines()] if file.kind == "jsonl" else json.loads(data)
        return json.dumps({"total": len(items), "rows": items[:10]}, ensure_ascii=False).encode()

    file.after.append(page)
    return ()


@damage("a comma too many or too few, comments, single quotes", *JSON)
def broken_syntax(_: Delivery, file: File, chance: Random) -> Words | None:
    old, new = chance.choice(
        ((b'", "', b'" "'), (b"}", b",}"), (b'"', b"'"), (b": ", b":: "), (b"null", b"None"))
    )
    file.after.append(lambda data: data.replace(old, new) if old in data else data[1:])
    return ()


@damage("columns and rows apart: an object of lists", *JSON)
def lists_by_column(_: Delivery, file: File, chance: Random) -> Damage:
    def turn(data: bytes) -> bytes:
        items = [json.loads(line) for line in data.splitlines()] if file.kind == "jsonl" else json.loads(data)
        return json.dumps(
            {key: [item.get(key) for item in items] for key in items[0]}, ensure_ascii=False
        ).encode()

    file.after.append(turn)
    return Damage(file.name, lines=frozenset({1}))


@damage("objects that are no objects among the items", *JSON)
def odd_items(_: Delivery, file: File, chance: Random) -> Words | None:
    at, odd = chance.randrange(len(file.rows)), chance.choice((None, [], "…", 7, {}))

    def put(items: list[Any]) -> list[Any]:
        items[at] = odd
        return items

    file.items.append(put)
    return ()
