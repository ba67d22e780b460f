"""Drafts of files made by hand, and the delivery judged by them."""

from pathlib import Path
from typing import Any

import polars as pl

from desk.files.mappings import draft_text
from desk.words.words import Words
from tests.worlds.deliveries import TODAY, deliver
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.drafting.draft import drafted
from warehouse.intake.drafting.proposal import Column, Draft, Entry
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import parse_mapping


def draft_of(folder: Path, files: dict[str, bytes]) -> Draft:
    return drafted(deliver(folder, files), today=TODAY)


def entry(draft: Draft, table: str) -> Entry:
    """The only entry of a table."""
    [found] = [one for one in draft.entries if one.table == table]
    return found


def column(draft: Draft, table: str, name: str) -> Column:
    [found] = [one for one in entry(draft, table).columns if one.name == name]
    return found


def spec(draft: Draft, table: str, name: str) -> dict[str, Any]:
    """What a column of a draft is filled by; nothing where it stays open."""
    found = column(draft, table, name)
    return {} if found.is_open else found.spec


def asked(one: Column | Entry) -> str:
    return " ".join(map(str, one.questions))


def judged_by(draft: Draft, folder: Path, known: tuple[str, ...] = ()) -> Judged:
    """The delivery judged by the draft as it is written."""
    mapping = parse_mapping(draft_text(draft, Words("zh")))
    assert mapping.tables == parse_mapping(draft_text(draft, Words("en"))).tables
    return judge_delivery(mapping, folder, known_enterprises=pl.Series(known, dtype=pl.String), today=TODAY)
