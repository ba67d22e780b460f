"""Keeps the catalogues of ``desk/words`` in step with the code: ``python -m docs.words`` (``--check`` only looks).

Every sentence that people read is found here: those said by ``Words`` in Python and in templates, those marked, the
sentences of errors, the labels of code lists, and the help of the command line.  A message stands in one file of a
language, that of the first domain it is found in; what is no longer said is dropped.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes
from typer.main import get_command

import desk.words.labels
from desk.words.catalogue import FOLDER, SOURCE, languages
from models import vocabulary
from models.errors import RiskcodeError
from models.field import forms, papers, states
from models.tables.canonical import TABLES
from pipelines.cli import app
from pipelines.cli.groups import Later
from pipelines.cli.help import texts

REPOSITORY = Path(__file__).parents[1]
STARTED = datetime(2026, 11, 28, tzinfo=UTC)
"""The only date in a catalogue's head: one of the last change would differ with every machine."""

DOMAINS: Mapping[str, tuple[str, ...]] = {
    "errors": ("models", "warehouse"),
    "passport": (
        "desk/say/passport.py",
        "desk/say/facts.py",
        "desk/say/ways.py",
        "desk/draw/passport.py",
        "desk/pages/passport.*",
    ),
    "monitoring": (
        "desk/say/monitoring.py",
        "desk/say/groups.py",
        "desk/draw/monitoring.py",
        "desk/pages/monitor*",
    ),
    "report": ("desk/say/report.py", "desk/pages/report", "desk/draw/charts.py"),
    "web": ("desk/web",),
    "terminal": ("desk", "assets", "pipelines"),
}
"""Which file of a language holds the sentences of which code; the first that fits.  Labels and help come before all."""


class Found(NamedTuple):
    """A message as it stands in the code.  ``many``: its plural."""

    context: str | None
    message: str
    many: str | None
    place: str

    @property
    def key(self) -> tuple[str | None, str]:
        """What makes it one message."""
        return self.context, self.message


def keywords() -> dict[str, tuple[int | tuple[int, str], ...] | None]:
    """Functions whose first argument is a sentence."""
    said = dict.fromkeys(
        (
            "words",
            "N_",
            "Message",
            "Remark",
            "WrongUse",
            "Fault",
            *(kind.__name__ for kind in _errors(RiskcodeError)),
        )
    )
    return {**said, "plural": (1, 2), "within": ((1, "c"), 2), "NC_": ((1, "c"), 2), "NN_": (1, 2)}


def _errors(kind: type[RiskcodeError]) -> Iterator[type[RiskcodeError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _errors(each)


def labels() -> Iterator[Found]:
    """Labels of code lists, each in the context of its list, and the names of tables."""
    for module in (vocabulary, desk.words.labels, forms, papers, states):
        for codes in vars(module).values():
            if isinstance(codes, vocabulary.CodeList):
                for key in codes.keys:
                    yield Found(
                        codes.name, codes.labels[key], None, module.__name__.replace(".", "/") + ".py"
                    )
    for name in TABLES:
        yield Found("table", name.replace("_", " "), None, "models/tables/canonical.py")


def sentences(paths: Iterable[str]) -> Iterator[Found]:
    """Sentences of Python files and templates."""
    for file in sorted({file for path in paths for file in _files(path)}):
        place = file.relative_to(REPOSITORY).as_posix()
        yield from _in_template(file, place) if file.suffix == ".html" else _in_python(file, place)


def _in_template(file: Path, place: str) -> Iterator[Found]:
    """From the syntax tree: Babel's own reader does not look at methods, as ``words.within``."""
    wanted = keywords()
    for call in Environment().parse(file.read_text("utf-8")).find_all(nodes.Call):
        name = getattr(call.node, "attr", getattr(call.node, "name", ""))
        if name in wanted:
            told = [one.value for one in call.args if isinstance(one, nodes.Const)]
            yield from _found(name, tuple(told), place)


def _in_python(file: Path, place: str) -> Iterator[Found]:
    """From the syntax tree: Babel's own reader does not look into f-strings before Python 3.12."""
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    wanted = keywords()
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if isinstance(call.func, ast.Call) and getattr(call.func.func, "id", "") == "Words":
            name = "words"
        if name not in wanted:
            continue
        places = wanted[name] or (1,)
        for told in product(*(_texts(argument) for argument in call.args[: len(places)])):
            yield from _found(name, told, place)


def _found(name: str, told: tuple[str, ...], place: str) -> Iterator[Found]:
    """The message of a call that is given texts; nothing where one it needs is no text."""
    places = keywords()[name] or (1,)
    if len(told) < len(places):
        return
    if isinstance(places[0], tuple):
        yield Found(told[0], told[1], None, place)
    else:
        yield Found(None, told[0], told[1] if len(places) > 1 else None, place)


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts an argument may be: one that is written out, or either of two."""
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _files(path: str) -> Iterator[Path]:
    for place in REPOSITORY.glob(path):
        for file in place.rglob("*") if place.is_dir() else (place,):
            if file.suffix in (".py", ".html") and file != REPOSITORY / "models/messages.py":
                yield file


def helps() -> Iterator[Found]:
    """Help of every command of the command line, with its options and arguments."""
    for command in _loaded(get_command(app)):
        module = getattr(command.callback, "__module__", "")
        place = (
            f"{module.replace('.', '/')}.py"
            if module.startswith("pipelines")
            else "pipelines/cli/__init__.py"
        )
        for text in texts(command):
            yield Found(None, text, None, place)


def _loaded(command: Any) -> Iterator[Any]:
    """A command and all below it, also what is loaded only when it is called."""
    yield command
    if isinstance(command, Later):
        yield from _loaded(command.loaded())
    for one in getattr(command, "commands", {}).values():
        yield from _loaded(one)


def by_domain() -> dict[str, list[Found]]:
    """All messages, each in one domain, in the order of the code."""
    seen, made = set[tuple[str | None, str]](), dict[str, list[Found]]()
    sources = {
        "labels": labels(),
        "help": helps(),
        **{name: sentences(paths) for name, paths in DOMAINS.items()},
    }
    for name, found in sources.items():
        made[name] = []
        for one in found:
            if one.message and one.key not in seen:
                seen.add(one.key)
                made[name].append(one)
    return made


def held(language: str) -> dict[tuple[str | None, str], Entry]:
    """What the files of a language say, by context and message."""
    made = dict[tuple[str | None, str], Entry]()
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as stream:
            for entry in read_po(stream, locale=language):
                if entry.id:
                    made[entry.context, entry.id[0] if isinstance(entry.id, tuple) else entry.id] = entry
    return made


def write(language: str) -> None:
    """Write the files of a language anew: translations stay, what is new is empty, what is gone is dropped."""
    known, messages = held(language), by_domain()
    for name, found in messages.items():
        catalogue = Catalog(
            locale=language,
            project="riskcode",
            header_comment=f"# {name}: written by python -m docs.words; translate the msgstr lines.",
            creation_date=STARTED,
            revision_date=STARTED,
            fuzzy=False,
        )
        for one in found:
            entry = known.get(one.key)
            string = entry.string if entry else ""
            if one.many and not isinstance(string, tuple):
                string = (string,)
            catalogue.add(
                (one.message, one.many) if one.many else one.message,
                string,
                locations=[(one.place, 0)],
                context=one.context,
            )
        with (FOLDER / language / f"{name}.po").open("wb") as stream:
            write_po(stream, catalogue, width=100, include_lineno=False)
    for file in (FOLDER / language).glob("*.po"):
        if file.stem not in messages:
            file.unlink()


def faults(language: str) -> list[str]:
    """What a catalogue lacks, has too much, or says with other blanks than the code fills."""
    known, wanted = held(language), {one.key: one for found in by_domain().values() for one in found}
    told = [f"no longer said: {key[1]!r}" for key in known if key not in wanted]
    for key, one in wanted.items():
        entry = known.get(key)
        strings = (
            () if entry is None else entry.string if isinstance(entry.string, tuple) else (entry.string,)
        )
        if not strings or not all(strings):
            told.append(f"not translated: {one.message!r} ({one.place})")
        elif any(blanks(string) - blanks(one.message) - blanks(one.many or "") for string in strings):
            told.append(f"other blanks: {one.message!r}")
    return told


def blanks(text: str) -> set[str]:
    """Names of the blanks of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def main(arguments: list[str]) -> int:
    """Bring every language up to date, then say what is still missing.  Returns 1 when something is."""
    missing = 0
    for language in languages():
        if language == SOURCE:
            continue
        if "--check" not in arguments:
            write(language)
        for fault in faults(language):
            missing += 1
            print(f"{language}: {fault}")
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
