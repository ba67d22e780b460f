"""What a person asks for by name and is not there: refused, with the nearest name that is."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from models import vocabulary as vocab
from models.places import place_of
from pipelines.cli.options import WrongUse, one_of
from warehouse.questions import plan as queries
from warehouse.questions.area import Area, divisions, is_known


def area_of(connection: Any, level: str | None, district: str | None) -> Area:
    """Whose part is asked for.  Raises WrongUse where there is no such level, district or town."""
    at = one_of(vocab.LEVEL, level) if level else None
    if district is None or is_known(connection, district):
        return Area(at, district)
    planned = queries.divisions(connection) or divisions(connection)
    near = nearest(district, (name for code in planned for name in _names(code)))
    home = place_of("district", district.strip())
    towns = [code for code in planned if home != district.strip() and place_of("district", code) == home]
    among = towns or dict.fromkeys(place_of("district", code) for code in planned)
    listed = ", ".join(_names(code)[:2][-1] for code in among)
    if near:
        raise WrongUse(
            "there is no district '{district}': did you mean {near}? Known: {known}",
            district=district,
            near=near,
            known=listed,
        )
    raise WrongUse("there is no district '{district}'. Known: {known}", district=district, known=listed)


def _names(code: str) -> tuple[str, ...]:
    return (code, *vocab.JINAN_DIVISIONS.get(code, ()))


def nearest(text: str, known: Iterable[str], *, cutoff: float = 0.4) -> str | None:
    """The name most like what was typed, if one is."""
    return next(iter(get_close_matches(text.strip(), list(known), n=1, cutoff=cutoff)), None)


def require_known(text: str, known: Sequence[str]) -> None:
    """Raises WrongUse where a name is none of those there are."""
    if text in known:
        return
    near = nearest(text, known)
    if near:
        raise WrongUse(
            "'{text}' is not one of {known}; did you mean {near}?",
            text=text,
            known=", ".join(known),
            near=near,
        )
    raise WrongUse("'{text}' is not one of {known}", text=text, known=", ".join(known))
