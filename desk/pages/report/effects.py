"""What the card would change for today's enterprises: who moves, how many visits, and which sectors and sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from desk.pages.report.tables import Cell, Row, Table
from desk.say import numbers
from desk.say.effects import OF_THE_FACTS, workload
from desk.say.groups import KINDS, group
from desk.words.words import Words
from models import vocabulary as vocab
from models.learning.effects import RED, Effects, GroupCodes
from models.learning.gate import GateInputs

KEYS = tuple(reversed(vocab.CODE_KEYS))
"""Codes, the worst first."""


@dataclass(frozen=True)
class Changes:
    """The part of a page that tells what would change; without ``sentences`` nothing but the moves was measured."""

    moves: Table
    sentences: tuple[str, ...]
    groups: tuple[tuple[str, Table], ...]


def changes(inputs: GateInputs, words: Words) -> Changes:
    """What would change, were the card in force."""
    told = inputs.effects
    if told is None:
        return Changes(_moves(inputs.moves, words), (), ())
    sentences = (*workload(told, words), words(OF_THE_FACTS, day=told.on))
    return Changes(_moves(inputs.moves, words), sentences, tuple(_groups(told, words)))


def _moves(moves: Mapping[tuple[str, str], int], words: Words) -> Table:
    """Enterprises by code now (rows) and with the card (columns)."""
    whole = sum(moves.values())
    rows = [
        Row((_chip(old, words), *(_moved(moves.get((old, new), 0), whole, old == new) for new in KEYS)))
        for old in KEYS
    ]
    head = (words("now"), *(words.label(vocab.CODE, key) for key in KEYS))
    return Table(head, tuple(rows) if whole else (), words("No enterprise was coded by both."))


def _moved(count: int, whole: int, is_same: bool) -> Cell:
    return Cell(numbers.count(count), numbers.share(count / whole) if count else "", is_best=is_same)


def _chip(code: str, words: Words) -> Cell:
    return Cell(words.label(vocab.CODE, code), code=code)


def _groups(told: Effects, words: Words) -> list[tuple[str, Table]]:
    return [
        (words(KINDS[kind]), _group_table(list(groups), words))
        for kind, groups in groupby(told.groups, key=lambda one: one.kind)
    ]


def _group_table(groups: list[GroupCodes], words: Words) -> Table:
    """A row for every group: with the card in large, now in small print."""
    head = (
        words("group"),
        words("firms"),
        *(words.label(vocab.CODE, key) for key in KEYS),
        words("share RED"),
    )
    return Table(head, tuple(_group_row(one, words) for one in groups), "")


def _group_row(one: GroupCodes, words: Words) -> Row:
    codes = [
        Cell(numbers.count(one.then[key]), words("now {n}", n=numbers.count(one.now[key]))) for key in KEYS
    ]
    then, now = (
        numbers.share(codes[RED] / one.enterprises if one.enterprises else None)
        for codes in (one.then, one.now)
    )
    name = Cell(group(one.kind, one.group, words))
    return Row((name, Cell(numbers.count(one.enterprises)), *codes, Cell(then, words("now {n}", n=now))))
