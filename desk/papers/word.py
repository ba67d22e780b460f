"""Documents as Word files: a template, filled in; what a template asks for and no field holds is refused."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from desk.papers.archive import same_bytes
from desk.papers.facts import Value
from desk.papers.template import template_of
from desk.words.words import Words
from models.errors import SettingsError
from models.field.papers import SLOTS
from models.policy.papers import Paper

FOLDER = "papers"
"""Of the home: templates of the bureau's own, as ``order.zh.docx``."""
_PHOTO, _SIGNATURE = Cm(12), Cm(3)
_NUMBER = "number"


def word_of(
    kind: str,
    paper: Paper,
    held: Mapping[str, Value],
    words: Words,
    *,
    number: str,
    pictures: Mapping[str, bytes],
    own: Path | None = None,
) -> bytes:
    """A document as a Word file, by the template of the bureau's own in the folder ``own``, else by that of the pack.

    Raises SettingsError for a template that cannot be filled in.
    """
    content, place = _template(kind, paper, words, own)
    try:
        template = DocxTemplate(BytesIO(content))
        if strange := sorted(template.get_undeclared_template_variables(_environment()) - _known(paper)):
            raise _strange(place, strange)
        template.render(_filled(template, held, number, pictures), jinja_env=_environment(), autoescape=True)
        made = BytesIO()
        template.save(made)
    except (TemplateError, BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
        raise SettingsError(
            "The template {place} cannot be filled in ({why}). Mend it in Word, or take it away: then that of the pack "
            "is used.",
            place=place,
            why=" ".join(str(error).split()) or type(error).__name__,
        ) from error
    return same_bytes(made.getvalue())


def faults(own: Path, papers: Mapping[str, Paper], languages: Iterable[str]) -> list[SettingsError]:
    """What is wrong with the templates of a folder: files that are none, names of fields that there are not."""
    found = list[SettingsError]()
    expected = {f"{kind}.{language}.docx": kind for kind in papers for language in languages}
    for path in sorted(own.glob("*.docx")) if own.is_dir() else []:
        if path.name not in expected:
            found.append(
                SettingsError(
                    "{place} is the template of no document. Name it as one of: {names}",
                    place=path,
                    names=", ".join(expected),
                )
            )
            continue
        paper = papers[expected[path.name]]
        try:
            template = DocxTemplate(BytesIO(path.read_bytes()))
            names = template.get_undeclared_template_variables(_environment())
        except (TemplateError, BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
            found.append(
                SettingsError(
                    "The template {place} cannot be read ({why}). Mend it in Word.", place=path, why=error
                )
            )
            continue
        if strange := sorted(names - _known(paper)):
            found.append(_strange(path, strange))
    return found


def _template(kind: str, paper: Paper, words: Words, own: Path | None) -> tuple[bytes, object]:
    path = own / f"{kind}.{words.language}.docx" if own else None
    if path is not None and path.exists():
        return path.read_bytes(), path
    return template_of(paper, words), f"{kind}.{words.language}.docx"


def _known(paper: Paper) -> set[str]:
    return {*paper.fields, _NUMBER}


def _strange(place: object, names: list[str]) -> SettingsError:
    return SettingsError(
        "The template {place} asks for {names}, and the document has no such field. Its fields: ./riskcode desk papers "
        "fields",
        place=place,
        names=", ".join(names),
    )


def _environment() -> ImmutableSandboxedEnvironment:
    """What a template may ask: its fields, loops and conditions; not what lies behind Python's objects.

    Whoever may lay down a form of Word is not for that somebody who runs programs as the desk's user.
    """
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    made.globals.clear()
    return made


def _filled(
    template: Any, held: Mapping[str, Value], number: str, pictures: Mapping[str, bytes]
) -> dict[str, Any]:
    filled: dict[str, Any] = {_NUMBER: number}
    for name, value in held.items():
        shape = SLOTS[name].shape
        if shape in ("signatures", "photos"):
            width = _PHOTO if shape == "photos" else _SIGNATURE
            filled[name] = [
                {**row, "image": _image(template, row, pictures, width)}
                for row in value
                if isinstance(row, dict)
            ]
        else:
            filled[name] = value
    return filled


def _image(template: Any, row: Mapping[str, Any], pictures: Mapping[str, bytes], width: Any) -> Any:
    content = pictures.get(row["sha256"] or "")
    return InlineImage(template, BytesIO(content), width=width) if content else ""
