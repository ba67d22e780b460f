"""How far a visit has come on its way back, in words: for its page, and for a list of visits."""

from datetime import datetime

from desk.say.refusals import allowed, cells, printable
from desk.words.words import Words
from models.messages import N_
from warehouse.clock import LOCAL
from warehouse.database.reading import Row
from warehouse.field.way_back import (
    APPROVAL,
    COUNTED,
    EXPORTED,
    FILING,
    OPEN,
    OTHERS,
    PHOTOS,
    RECEIVED,
    REFUSED,
    Sent,
    WayBack,
)

_WAITS = {
    FILING: N_("waits to be filed afterwards: file it"),
    APPROVAL: N_("waits for approval: let a leader approve it"),
    PHOTOS: N_("waits for its photos: let the device send them"),
    OTHERS: N_("waits for what it is about to become known; nothing is to be done"),
}
_WHAT = {"inspections": N_("The visit"), "violations": N_("A finding"), "filings": N_("The filing")}


def standing(way: WayBack, words: Words) -> str:
    """One line: ``received 10:02 · exported 10:02 · counted 10:03``, or what it waits for."""
    if way.state == OPEN:
        return words("not signed yet")
    told = [words("received {at}", at=_at(way.received_at))]
    if way.exported_at:
        told.append(words("exported {at}", at=_at(way.exported_at)))
    if way.state == COUNTED:
        told.append(words("counted {at}", at=_at(way.counted_at)) if way.counted_at else words("counted"))
    elif way.state == REFUSED:
        told.append(words("refused"))
    elif way.state == EXPORTED:
        told.append(words("on its way into the codes"))
    elif way.state == RECEIVED:
        told.append(words("not yet in the inbox"))
    else:
        told += [words(_WAITS[one]) for one in way.waits_for]
    return " · ".join(told)


def refusals(way: WayBack, words: Words) -> list[str]:
    """A sentence for each row that was refused: what, by which rule, what would be right, and the next step."""
    return [_refused(one, one.refusal, words) for one in way.rows if one.refusal is not None]


def _refused(sent: Sent, refusal: Row, words: Words) -> str:
    row = refusal | {"rules": ", ".join(refusal["rules"])}
    said = words("{what} was refused ({rules})", what=words(_WHAT[sent.table]), rules=row["rules"])
    parts = [said, printable(cells(row))]
    if right := allowed(row, words):
        parts.append(words("right would be: {allowed}", allowed=right))
    if sent.state == REFUSED:
        parts.append(words("Correct it by a revision with its reason; it goes back by itself."))
    else:
        parts.append(words("It is judged again by itself."))
    return " · ".join(part for part in parts if part)


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(LOCAL):%H:%M}" if moment else "–"
