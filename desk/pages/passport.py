"""The page of a passport: one HTML file that needs no network and no script, for the screen and for A4."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from desk.draw import passport as pictures
from desk.pages.environment import page_environment
from desk.say import facts, ways
from desk.say import passport as sentences
from desk.words.words import Words
from models.messages import N_
from models.policy.review import ObjectionClocks

MOST_CHANGES = 12
"""Changes of the code that are told; of more only the number."""
GLOSSARY = {
    N_("Risk points"): N_(
        "Everything on record gives a whole number of points; the score is their sum. More is riskier; points below "
        "zero are a credit for what was done well."
    ),
    N_("Weighted"): N_(
        "What is grave or recent counts more; with time it counts less, and in the end nothing."
    ),
    N_("The four codes"): N_(
        "From best to worst: GREEN, BLUE, YELLOW, RED. A worse code counts at once; a better one must be kept up for "
        "some time, one step at a time."
    ),
}
"""Words of the trade, and what they mean."""


def write_page(found: Mapping[str, Any], path: Path, *, language: str, clocks: ObjectionClocks) -> Path:
    """Write a passport (``warehouse.questions.passport``) as one HTML file.

    ``clocks``: days of an objection.  The same passport gives the same bytes.
    Returns ``path``; missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(found, language=language, clocks=clocks), encoding="utf-8", newline="\n")
    return path


def render(found: Mapping[str, Any], *, language: str, clocks: ObjectionClocks) -> str:
    """The passport as HTML."""
    words = Words(language)
    environment = page_environment()
    content = _told(found, words) | {
        "words": words,
        "facts": facts,
        "say": sentences,
        "ways": ways,
        "pictures": pictures,
        "one": found,
        "clocks": clocks,
        "glossary": GLOSSARY,
        "waterfall": pictures.waterfall(found, words),
        "timeline": pictures.timeline(found, words),
    }
    return environment.get_template("passport.html").render(content)


def _told(found: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """What the template shows, in sentences and rows."""
    history = list(reversed(found["history"]))
    also = sentences.also(found, words)
    ahead = sentences.outlook(found, words)
    return {
        "because": sentences.because(found, words),
        "also": words.sentences(also) if also else "",
        "headline": sentences.headline(found, words),
        "shortest": ways.shortest(found, words),
        "contested": sentences.contested(found, words),
        "scored": sentences.scored(found),
        "rules": sentences.rules(found),
        "helps": ways.helps(found, words),
        "ahead": ahead,
        "coming": _coming(found, words),
        "history": history[:MOST_CHANGES],
        "earlier": max(0, len(history) - MOST_CHANGES),
        "sources": [one for one in found["reasons"] if one["reference"]],
    }


def _coming(found: Mapping[str, Any], words: Words) -> str:
    """Factors that give no points now and will within the time line."""
    last = found["as_of"] + timedelta(days=pictures.COMING_DAYS)
    soon = [one for one in found["coming"] if one["after"][0]["changes_on"] <= last]
    items = [f"{words.either(one, 'title')} {sentences.later(one, words, most=2)}" for one in soon]
    listed = words.within("between lists", "; ").join(items)
    return words("Points that will come: {items}.", items=listed) if items else ""
