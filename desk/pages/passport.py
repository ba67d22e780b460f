"""The page of a passport: one HTML file that needs no network and no script, for the screen and for A4."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from desk.draw import passport as pictures
from desk.pages.environment import page_environment
from desk.say import passport as sentences
from desk.say.facts import Texts
from models.policy.review import ObjectionClocks

MOST_CHANGES = 12
"""Changes of the code that are told; of more only the number."""
WORDS = ("points", "weighted", "codes")


def write_page(found: Mapping[str, Any], path: Path, *, language: str, clocks: ObjectionClocks) -> Path:
    """Write a passport (``warehouse.questions.passport``) as one HTML file.

    ``language``: ``zh``, else English.  ``clocks``: days of an objection.  The same passport gives the same bytes.
    Returns ``path``; missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(found, language=language, clocks=clocks), encoding="utf-8", newline="\n")
    return path


def render(found: Mapping[str, Any], *, language: str, clocks: ObjectionClocks) -> str:
    """The passport as HTML."""
    texts = Texts(language)
    environment = page_environment()
    content = _told(found, texts) | {
        "t": texts,
        "say": sentences,
        "one": found,
        "clocks": clocks,
        "words": WORDS,
        "waterfall": pictures.waterfall(found, texts),
        "timeline": pictures.timeline(found, texts),
    }
    return environment.get_template("passport.html").render(content)


def _told(found: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """What the template shows, in sentences and rows."""
    history = list(reversed(found["history"]))
    ahead = sentences.outlook(found, texts)
    return {
        "because": sentences.because(found, texts),
        "also": sentences.joined(sentences.also(found, texts), texts),
        "headline": sentences.headline(found, texts),
        "shortest": sentences.shortest(found, texts),
        "contested": sentences.contested(found, texts),
        "scored": sentences.scored(found),
        "rules": sentences.rules(found),
        "helps": sentences.helps(found, texts),
        "ahead": ahead,
        "coming": _coming(found, texts),
        "history": history[:MOST_CHANGES],
        "earlier": max(0, len(history) - MOST_CHANGES),
        "sources": [one for one in found["reasons"] if one["reference"]],
    }


def _coming(found: Mapping[str, Any], texts: Texts) -> str:
    """Factors that give no points now and will within the time line."""
    last = found["as_of"] + timedelta(days=pictures.COMING_DAYS)
    soon = [one for one in found["coming"] if one["after"][0]["changes_on"] <= last]
    items = [f"{texts.either(one, 'title')} {sentences.later(one, texts, most=2)}" for one in soon]
    return texts("coming", items=("；" if texts.at == 0 else "; ").join(items)) if items else ""
