"""What a card would change for today's enterprises, as a terminal shows it."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from desk.say import numbers
from desk.say.effects import OF_THE_FACTS, workload
from desk.say.groups import KINDS, group
from desk.terminal.layout import plain_table
from desk.terminal.models import moves_table, named
from desk.words.words import Words
from models import vocabulary as vocab
from models.learning.effects import RED, Effects
from models.learning.gate import GateInputs
from warehouse.rules.shelf import Measured

KEYS = tuple(reversed(vocab.CODE_KEYS))
"""Codes, the worst first."""


def effects_lines(told: Measured, words: Words) -> Iterator[RenderableType]:
    """What a card would change, as far as there is room on the page of the card."""
    against = named(told.against, words)
    yield Text(
        words("Codes that would change against {card} (rows: now, columns: then)", card=against), "bold"
    )
    yield moves_table(told.inputs.moves, words)
    if told.inputs.effects:
        yield from map(Text, workload(told.inputs.effects, words))


def show_effects(inputs: GateInputs, words: Words, console: Console, *, by_group: bool = True) -> None:
    """Codes that would change, the special inspections of RED and, ``by_group``, codes by sector and size."""
    console.print(f"[bold]{words('Codes that would change (rows: now, columns: then)')}[/]")
    console.print(moves_table(inputs.moves, words))
    if inputs.effects is None:
        console.print(
            words("Work and groups were not measured then; ./riskcode model evaluate measures them.")
        )
        return
    for line in _sentences(inputs.effects, words):
        console.print(escape(line), highlight=False)
    for table in group_tables(inputs.effects, words) if by_group else ():
        console.print(table)


def _sentences(told: Effects, words: Words) -> Iterator[str]:
    yield from workload(told, words)
    yield words(OF_THE_FACTS, day=told.on)


def group_tables(told: Effects, words: Words) -> Iterator[Table]:
    """Enterprises by code, now and with the card, of every sector and of every size class."""
    for kind, groups in groupby(told.groups, key=lambda one: one.kind):
        table = plain_table()
        table.add_column(words(KINDS[kind]), overflow="fold", max_width=28)
        table.add_column("", no_wrap=True)
        for key in KEYS:
            table.add_column(words.code(key), justify="right", no_wrap=True)
        table.add_column(words("share RED"), justify="right", no_wrap=True)
        for one in groups:
            name = f"{group(kind, one.group, words)} ({numbers.count(one.enterprises)})"
            table.add_row(escape(name), words("now"), *_counts(one.now))
            table.add_row("", words("then"), *_counts(one.then))
        yield table


def _counts(codes: Mapping[str, int]) -> Iterator[str]:
    yield from (numbers.count(codes[key]) for key in KEYS)
    whole = sum(codes.values())
    yield numbers.share(codes[RED] / whole if whole else None)
