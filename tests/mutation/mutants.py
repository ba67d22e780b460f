"""The mutants of a place: made by mutmut, less those not worth a test, in an order that never changes."""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents
from mutmut.utils.format_utils import (
    get_mutant_name,
    mangled_name_from_mutant_name,
    orig_function_and_class_names_from_key,
)

from tests.mutation.areas import LeftOut


@dataclass(frozen=True)
class Mutant:
    """One change of one function.

    ``line``: of the file, of the first line changed.  ``was``, ``now``: the lines, unindented.  ``digest``: of the
    function, which tells whether it is still the one a verdict was about.
    """

    name: str
    file: str
    function: str
    line: int
    was: str
    now: str
    digest: str = ""

    @property
    def where(self) -> str:
        """File and function: what a list of survivors names it by, together with the change."""
        return f"{self.file} {self.function}"

    @property
    def mangled(self) -> str:
        """The name mutmut gives the function."""
        return mangled_name_from_mutant_name(self.name).rpartition(".")[2]

    @property
    def change(self) -> str:
        """The change as a diff prints it."""
        gone = [f"-{line}" for line in self.was.splitlines()]
        return "\n".join([*gone, *(f"+{line}" for line in self.now.splitlines())])


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant mutmut makes of a file, in its order."""
    made = mutate_file_contents(file, source)
    lines = made.code.split("\n")
    starts = starts_of(source)
    for short in made.mutant_names:
        name = get_mutant_name(Path(file), short)
        function, kind = orig_function_and_class_names_from_key(name)
        whole = f"{kind}.{function}" if kind else function
        original = mangled_name_from_mutant_name(short) + "__mutmut_orig"
        before, after = (_text(made, lines, one, function) for one in (original, short))
        at, was, now = _changed(before, after)
        digest = made.hash_by_function_name[mangled_name_from_mutant_name(short)]
        yield Mutant(name, file, whole, starts[whole] + at, was, now, digest)


def worth(mutants: Iterable[Mutant], left_out: Iterable[LeftOut]) -> list[Mutant]:
    """Mutants whose change has none of the forms that are left out."""
    forms = list(left_out)
    return [mutant for mutant in mutants if not any(form.change.search(mutant.change) for form in forms)]


def sample(mutants: Iterable[Mutant], size: int | None) -> list[Mutant]:
    """So many of them, the same ones every time; a larger sample holds every smaller one."""
    if size is None:
        return list(mutants)
    return sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.name.encode()).digest())[:size]


def _text(made: MutatedFile, lines: list[str], short: str, function: str) -> list[str]:
    span = made.line_span_by_function_name[short]
    text = "\n".join(lines[span.start - 1 : span.end])
    own = text[re.search(r"^\s*(async )?def ", text, re.MULTILINE).start() :]  # type: ignore[union-attr]
    return own.replace(f"def {short}(", f"def {function}(", 1).lstrip("\n").rstrip().split("\n")


def _changed(before: list[str], after: list[str]) -> tuple[int, str, str]:
    """Lines from the start of the function to the first change, and the lines changed, before and after."""
    diff = list(unified_diff(before, after, n=0, lineterm=""))[2:]
    start, _, many = diff[0].split(" ")[1].lstrip("-").partition(",")
    gone = [line[1:].strip() for line in diff if line.startswith("-")]
    come = [line[1:].strip() for line in diff if line.startswith("+")]
    # Of nothing gone the diff gives the line before.
    return int(start) - (0 if many == "0" else 1), "\n".join(gone), "\n".join(come)


def starts_of(source: str) -> dict[str, int]:
    """First lines of functions and methods by name, past their decorators."""
    starts = dict[str, int]()
    for node in ast.parse(source).body:
        own = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        functions = (one for one in own if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        starts |= {f"{prefix}{one.name}": one.lineno for one in functions}
    return starts
