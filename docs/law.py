"""Writes ``docs/law.md`` from the register of texts, the packs and the catalogue: ``python -m docs.law``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from desk.say.markdown import table
from docs.markers import told_basis
from models.law import LegalText, Question, legal_texts, questions, read_citation
from models.law.texts import Kind, Reading
from models.lint.lint import lint
from models.lint.references import catalogue_findings
from models.policy import Policy, load_policy, pack_names
from models.policy.check_items import load_catalogue
from models.policy.in_force import histories
from models.policy.shape import History, Provenance

FILE = Path(__file__).with_name("law.md")
CHECKED = date(2026, 11, 28)
"""The day for which the texts were looked up, and whose values are counted."""
KINDS: dict[Kind, str] = {
    "law": "法律 laws",
    "regulation": "行政法规 administrative regulations",
    "ministry_rule": "部门规章 rules of ministries",
    "local_regulation": "地方性法规 local regulations",
    "standard": "标准 standards",
    "document": "规范性文件 documents of authorities",
    "source": "来源与草案 sources of this project, and drafts",
    "practice": "外地做法 practice of other places",
}
READ: dict[Reading, str] = {
    "full": "全文 full text",
    "secondary": "转载 secondary copy",
    "number": "仅文号 number only",
    "memory": "凭记忆 memory",
}
STARTER = "starter"


def render() -> str:
    """The whole document."""
    parts = [
        "# What packs and check items rest on 法规依据",
        "<!-- Written by docs/law.py; do not edit. -->",
        f"State of the law on {CHECKED}. A value is *law* or *policy* only where somebody read the text, be it in a "
        "secondary copy; what rests on a text known by number or from memory is *unverified*, and everything else is "
        "a *proposal* of this project. `./riskcode policy lint` refuses law and policy without a text, before its "
        "first day and after its last ([how a pack is changed](policy.md)). None of this is legal advice: check the "
        "primary text before it is cited to an enterprise.",
        _counts(),
        "## To settle before going live 上线前须由法制机构确定",
        "What no text settles, with the value of the starter pack that answers it now. Put the answers into a pack of "
        "your own, with their basis.",
        _questions(),
        *_texts(),
    ]
    return "\n\n".join(parts) + "\n"


# ---- how much rests on what ------------------------------------------------------------------------------


def _counts() -> str:
    """Values and items by basis on the day, and how many faults lint finds in their sources."""
    rows = [_count(f"pack `{name}`", _sources(load_policy(name)), _faults(name)) for name in pack_names()]
    catalogue = load_catalogue()
    current = [
        entry.on(CHECKED, name=entry.name) for _, entry in catalogue.entries if entry.start_on(CHECKED)
    ]
    found = catalogue_findings(catalogue)
    rows.append(_count("check items", current, [one.severity for one in found]))
    head = ("", "law>", "policy>", "unverified>", "proposal>", "errors>", "warnings>")
    told = (
        f"Values in force on {CHECKED}, parts of a value counted apart; faults are those of all days that "
        "`policy lint` finds."
    )
    return f"{table(head, rows)}\n\n{told}"


def _count(what: str, sources: Iterable[Provenance], severities: Sequence[str]) -> tuple[object, ...]:
    by = Counter(one.basis for one in sources)
    faults = (severities.count("error"), severities.count("warning"))
    return what, by["law"], by["policy"], by["unverified"], by["proposal"], *faults


def _faults(pack: str) -> list[str]:
    return [one.severity for one in lint(load_policy(pack))]


def _sources(pack: Policy) -> Iterator[Provenance]:
    for _, history in _histories(pack):
        if (start := history.start_on(CHECKED)) is not None:
            yield from history.values[start].sources.values()


def _histories(pack: Policy) -> Iterator[tuple[str, History[Any]]]:
    for file, model in vars(pack.files).items():
        yield from ((f"{file}.{path}", history) for path, history in histories(model))


# ---- questions -------------------------------------------------------------------------------------------


def answer(key: str, pack: Policy, day: date) -> tuple[object, Provenance]:
    """The value a key of the form file.path or file.path.part names on a day, and what it rests on.

    Raises KeyError where the pack has no such value.
    """
    for path, history in _histories(pack):
        if key != path and not key.startswith(f"{path}."):
            continue
        told = history.on(day, name=path)
        part = key.removeprefix(path).removeprefix(".")
        if not part:
            return told.said, told
        said = told.said if isinstance(told.said, dict) else dict(told.said)
        return said[part], told.in_parts.get(part, told)
    raise KeyError(key)


def _questions() -> str:
    pack = load_policy(STARTER)
    rows = [(at, *_asked(one, pack)) for at, one in enumerate(questions(), 1)]
    return table(("", "question", "what is known", "where it stands", "now"), rows)


def _asked(one: Question, pack: Policy) -> tuple[str, ...]:
    said, told = answer(one.key, pack, CHECKED)
    cited = "; ".join(one.cites)
    now = f"{str(said).lower()}, " if isinstance(said, bool | int) else ""
    return (
        f"{one.question.zh}<br>{one.question.en}",
        f"{one.known.zh}<br>{one.known.en} ({cited})",
        f"`{one.key}`",
        now + (told_basis(told) if now == "" else told.basis),
    )


# ---- texts -----------------------------------------------------------------------------------------------


def uses() -> dict[str, list[str]]:
    """Where each text is cited, by its short name: values of packs, number of items, questions."""
    found: dict[str, list[str]] = {name: [] for name in legal_texts()}
    starter = dict(_histories(load_policy(STARTER)))
    for name in sorted(pack_names(), key=lambda one: one != STARTER):
        own = starter if name == STARTER else dict(_histories(load_policy(name)))
        for path, history in own.items():
            if own is not starter and history == starter[path]:
                continue
            told = f"`{path}`" if own is starter else f"`{path}` ({name})"
            for text in _cited(one for value in history.values.values() for one in value.sources.values()):
                found[text].append(told)
    items, major = Counter[str](), Counter[str]()
    catalogue = load_catalogue()
    for trade in catalogue.trades:
        for text in _cited([trade]):
            found[text].append(f"industries of {trade.en}")
    for _, entry in catalogue.entries:
        items.update(_cited(entry.values.values()))
        major.update(_cited(value for value in entry.values.values() if value.is_major))
    for text, number in items.items():
        flagged = f" ({major[text]} major)" if major[text] else ""
        found[text].append(f"{number} check items{flagged}")
    for at, question in enumerate(questions(), 1):
        for text in {one.text.name for one in map(read_citation, question.cites) if one.text is not None}:
            found[text].append(f"question {at}")
    return found


def _cited(sources: Iterable[Provenance]) -> set[str]:
    found = (read_citation(said).text for source in sources for said in source.cites)
    return {one.name for one in found if one is not None}


def _texts() -> Iterator[str]:
    used = uses()
    head = ("text", "title", "in force", "how sure", "where used", "besides")
    for kind, title in KINDS.items():
        own = [one for one in legal_texts().values() if one.kind == kind]
        yield f"## {title[0].upper()}{title[1:]}"
        yield table(head, (_text(one, used) for one in own))


def _text(one: LegalText, used: Mapping[str, list[str]]) -> tuple[str, ...]:
    number = f"<br>{one.number}" if one.number and one.number != one.name else ""
    return (
        f"**{one.name}**{number}",
        f"{one.title.zh}<br>{one.title.en}",
        _days(one),
        f"{READ[one.read]}: {one.source}",
        ", ".join(used[one.name]) or "–",
        f"{one.note.zh}<br>{one.note.en}" if one.note else "",
    )


def _days(one: LegalText) -> str:
    known = f"day not found, by {one.known_by}" if one.known_by else "day not found"
    first = str(one.start) if one.start else known
    last = f" – {one.until}" if one.until else " –"
    after = f"; then {', '.join(one.successors)}" if one.successors else ""
    return first + last + after


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    print(f"{FILE.name} written")
