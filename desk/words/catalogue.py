"""Catalogues: one folder of ``.po`` files for each language but English, whose sentences are the msgids themselves.

A folder beside this file is a language; nothing else has to be told about it.  The files of a folder are read as one
catalogue, compiled to ``LC_MESSAGES/riskcode.mo`` below them whenever one of them is newer (a cache, never committed).
"""

import gettext
import io
import os
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCE = "en"
"""The language of the sentences in the code."""
_NAME = "riskcode"
"""Of the catalogue, as gettext looks for it."""


def languages() -> tuple[str, ...]:
    """Languages that can be spoken: English, and every folder of ``.po`` files."""
    return (SOURCE, *sorted({path.parent.name for path in FOLDER.glob("*/*.po")}))


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; English needs none."""
    files = sorted((FOLDER / language).glob("*.po"))
    if not files:
        return gettext.NullTranslations()
    compiled = FOLDER / language / "LC_MESSAGES" / f"{_NAME}.mo"
    if not compiled.exists() or compiled.stat().st_mtime <= max(file.stat().st_mtime for file in files):
        return gettext.GNUTranslations(io.BytesIO(_compile(files, compiled)))
    with compiled.open("rb") as stream:
        return gettext.GNUTranslations(stream)


def speak_for_libraries(language: str) -> None:
    """Let libraries that ask gettext (typer) find their sentences in the catalogue of a language, too."""
    translations(language)
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(_NAME, str(FOLDER))
    gettext.textdomain(_NAME)


def _compile(files: list[Path], target: Path) -> bytes:
    # Babel takes a fifth of a second to import, and is needed only where a catalogue has changed.
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    language = target.parents[1].name
    whole = Catalog(locale=language)
    for file in files:
        with file.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id and message.string:
                    whole.add(message.id, message.string, context=message.context)
    made = io.BytesIO()
    write_mo(made, whole)
    try:
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(f".{id(made)}")
        fresh.write_bytes(made.getvalue())
        fresh.replace(target)
    except OSError:
        # A folder that nobody may write: the catalogue is compiled anew by every process.
        pass
    return made.getvalue()
