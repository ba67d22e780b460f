"""Groups of enterprises by what they are grouped by: district, sector, size."""

from desk.words.labels import CATEGORIES, SIZE
from desk.words.words import Words
from models.messages import N_

KINDS = {
    "division": N_("district"),
    "legal_form": N_("legal form"),
    "sector": N_("sector"),
    "size": N_("size"),
}
"""What enterprises are grouped by."""

_LABELS = {**CATEGORIES, "size": SIZE}


def group(kind: str, key: object, words: Words) -> str:
    """What a group is called; one without a label is shown as it is."""
    name = "" if key is None else str(key)
    if name in ("", "unknown"):
        return words.within("group", "unknown")
    if kind == "division":
        return words.division(name)
    return words.label(_LABELS[kind], name) if kind in _LABELS else name
