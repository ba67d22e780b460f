"""The draft of a folder: its files looked at one by one, rows of one layout put together, each table proposed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from models.credit_codes import is_credit_code
from models.errors import DeliveryError
from models.messages import Message
from models.writing import narrow
from warehouse.intake.delivery import is_finished
from warehouse.intake.drafting.groups import Group, entry_of, groups_of, headers_in
from warehouse.intake.drafting.layouts import Part, Unread, parts_of
from warehouse.intake.drafting.names import source_name
from warehouse.intake.drafting.proposal import Draft, Entry
from warehouse.intake.drafting.shapes import example, filled
from warehouse.intake.files.raw import shown

_MOSTLY_VALID = 0.9
"""Share of valid credit codes from which on enterprises are numbered by them, so that the others are slips."""
_MOSTLY_KNOWN = 0.5
_NAMED = 5

Progress = Callable[[str], None]


def drafted(
    folder: Path, *, today: date, name: str | None = None, progress: Progress = lambda _: None
) -> Draft:
    """A first mapping for the files of a folder.  Raises DeliveryError when there is nothing to look at."""
    if not folder.is_dir():
        raise DeliveryError(
            "There is no folder {folder}. Give the folder that holds the delivered files.", folder=folder
        )
    root = folder.resolve()
    there = [path for path in sorted(folder.iterdir()) if is_finished(path) and path.name != "mapping.yaml"]
    files = [path for path in there if path.is_file() and path.resolve().is_relative_to(root)]
    if not files:
        raise DeliveryError(
            "There is no file in {folder} to look at. Give the folder that holds the delivered files.",
            folder=folder,
        )
    parts = list[Part]()
    unread = [
        Unread(shown(one.name), None, Message("no file of this folder")) for one in there if one not in files
    ]
    for path in files:
        progress(shown(path.name))
        for one in parts_of(path):
            if isinstance(one, Part):
                parts.append(one)
            else:
                unread.append(one)
    groups, without = groups_of(parts)
    entries = [entry_of(group, [path.name for path in files], today) for group in groups]
    numbers = [list(_numbers(group, entry)) for group, entry in zip(groups, entries, strict=True)]
    every = [number for mine in numbers for number in mine]
    valid = {number for number in set(every) if is_credit_code(number)}
    are_valid = sum(number in valid for number in every)
    is_uscc = bool(every) and are_valid >= _MOSTLY_VALID * len(every)
    asked = [*(_invalid(every, valid) if is_uscc else ()), *_unknown(groups, entries, numbers)]
    return Draft(
        name or source_name(root.name),
        shown(root.name),
        "uscc" if is_uscc else "any",
        tuple(entries),
        (*unread, *without),
        tuple(asked),
        (are_valid, len(every)),
    )


def _numbers(group: Group, entry: Entry) -> Iterator[str]:
    """The numbers of enterprises that an entry reads, in one spelling."""
    headers = [header for one in entry.columns if one.name == "enterprise_id" for header in headers_in(one)]
    for part in group.parts:
        for header in headers:
            yield from narrow(filled(part.raw.frame[header])).str.to_uppercase()


def _invalid(numbers: Sequence[str], valid: set[str]) -> Iterator[Message]:
    """Numbers that are no valid codes though nearly all are."""
    odd = [number for number in dict.fromkeys(numbers) if number not in valid]
    if odd:
        named = ", ".join(map(example, odd[:_NAMED])) + (" …" if len(odd) > _NAMED else "")
        yield Message(
            "{n} numbers are no valid credit codes and will be refused: {codes}. Those that were issued all the "
            "same go into accepted_codes, each with a reference",
            {"n": len(odd), "codes": named},
        )


def _unknown(
    groups: Sequence[Group], entries: Sequence[Entry], numbers: Sequence[list[str]]
) -> Iterator[Message]:
    """Tables whose enterprises the register of the folder hardly knows, and the column in which it does know them."""
    registers = [at for at, group in enumerate(groups) if group.table.is_register]
    known = {number for at in registers for number in numbers[at]}
    for entry, mine in zip(entries, numbers, strict=True):
        there = sum(number in known for number in set(mine))
        if not known or not mine or there >= _MOSTLY_KNOWN * len(set(mine)):
            continue
        yield Message(
            "the register knows {there} of the {n} enterprises of {table}; rows about others wait for it",
            {"there": there, "n": len(set(mine)), "table": entry.table},
        )
        for at in registers:
            for header, wanted in _columns_with(groups[at], set(mine)):
                yield Message(
                    "the register has {n} of them in its column {header}: is that the number all files share?",
                    {"n": wanted, "header": header},
                )


def _columns_with(register: Group, numbers: set[str]) -> Iterator[tuple[str, int]]:
    frame = register.rows().frame
    for header in register.parts[0].headers:
        found = len(numbers & set(narrow(filled(frame[header])).str.to_uppercase()))
        if found >= _MOSTLY_KNOWN * len(numbers):
            yield header, found
