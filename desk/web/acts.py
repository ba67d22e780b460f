"""Acts that are asked of the warehouse: written down at once, carried out beside the desk, and how they ended."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.knowing import authority_over
from desk.web.sent import ask_of, prose
from desk.words.labels import ACT, ACT_STATE
from models.errors import FieldError
from models.field.forms import FIRST_YEAR, LAST_YEAR
from warehouse.database.reading import Row, rows
from warehouse.field.acts import DECIDE, END, FILE, GIVE, WITHDRAW, Act, act_of, ask_act, may_ask, unsettled
from warehouse.field.users import find_user

router = APIRouter()

Again = Annotated[str, Query(description="an act that was refused, to be asked for again", max_length=60)]

OF_OBJECTIONS, OF_OVERRIDES = (FILE, DECIDE, WITHDRAW), (GIVE, END)
_SHOWN_FOR = timedelta(days=14)
"""How long a refusal stands on the list of who should know of it."""
LEAST_SAID = 20
"""Characters of a written reason, as the rules of objections want it."""


@page_and_json(router, "/acts/{act_id}")
def act(asking: Somebody, act_id: Annotated[str, Path(max_length=60)]) -> Response:
    """An act that was asked for: what, by whom, and how it ended."""
    found = act_of(asking.desk.ledger, asking.own_session.user, act_id)
    name = find_user(asking.desk.ledger, found.asked_by).name
    return asking.answer(
        "act.html", plain(found) | {"asked_by": name}, said=said_of(found, asking), codes=ACT
    )


def ask(asking: Asking, kind: str, register: Row, told: Mapping[str, Any], sent: FormData) -> Response:
    """Write an act down and go to its page.  Raises FieldError, ConflictError."""
    asked = ask_of(asking, sent)
    authority = authority_over(asking, register, asked.now.date())
    user, firm = asking.own_session.user, register["enterprise_id"]
    return asking.go(f"/acts/{ask_act(asking.desk.ledger, user, kind, firm, authority, told, asked).act_id}")


def may(asking: Asking, register: Row) -> dict[str, bool]:
    """What the viewer may ask for about an enterprise, by the kind of act."""
    authority = authority_over(asking, register, asking.now.date())
    user = asking.own_session.user
    return {kind: may_ask(user, kind, authority) for kind in (*OF_OBJECTIONS, *OF_OVERRIDES)}


def pending(asking: Asking, kinds: tuple[str, ...]) -> list[Row]:
    """Acts that wait, and those refused lately, as pages and programs are told them."""
    since = asking.desk.clock() - _SHOWN_FOR
    found = unsettled(asking.desk.ledger, asking.own_session.user, kinds, since=since)
    return [plain(one) | {"said": said_of(one, asking)} for one in found]


def as_sent(asking: Asking, again: str) -> Row:
    """The fields of the form by which an act was asked for, to be mended; none where nothing is mended."""
    if not again:
        return {}
    told = act_of(asking.desk.ledger, asking.own_session.user, again).told
    fields = {name: value for name, value in told.items() if isinstance(value, str)}
    for n, (column, value) in enumerate((told.get("corrections") or {}).items(), 1):
        fields |= {f"column.{n}": column, f"value.{n}": value}
    if datum := told.get("datum"):
        fields |= {"table": datum[0], "source": datum[1] or "", "key": datum[2]}
    return fields


def plain(found: Act) -> Row:
    """An act as programs are told it."""
    return {
        "act_id": found.act_id,
        "kind": found.kind,
        "enterprise_id": found.enterprise_id,
        "told": dict(found.told),
        "asked_at": found.asked_at,
        "asked_on": found.asked_on,
        "state": found.state,
        "tries": found.tries,
        "number": found.number,
        "refused_for": dict(found.said) if found.said else None,
    }


def said_of(found: Act, asking: Asking) -> str:
    """How it stands, in a sentence."""
    words = asking.words
    why = (
        words.either({f"why_{name}": said for name, said in found.said.items()}, "why") if found.said else ""
    )
    return (
        words("{state}: {why}", state=words.label(ACT_STATE, found.state), why=why)
        if why
        else words.label(ACT_STATE, found.state)
    )


def own_name(asking: Asking) -> str:
    """The name by which the viewer answers for something: that of the register of officers, where there is one."""
    user = asking.own_session.user
    with asking.reading() as copy:
        found = rows(
            copy, "SELECT name FROM serve.officers WHERE officer_id = $id", {"id": user.officer_id or ""}
        )
    return found[0]["name"] if found else user.name


def day_of(told: str) -> date | None:
    """A day of a form; none where none was chosen.

    Raises FieldError for one that is none, or of another century.
    """
    try:
        day = date.fromisoformat(told) if told else None
    except ValueError:
        raise FieldError("'{text}' is no day. Write it as 2026-06-30.", text=told) from None
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise FieldError("The year of {day} cannot be meant. Write a day of this century.", day=day)
    return day


def reason(sent: FormData, name: str) -> str:
    """A written reason.  Raises FieldError for one that says too little."""
    told = prose(sent, name)
    if len(" ".join(told.split())) < LEAST_SAID:
        raise FieldError(
            "The reasons say too little: {n} characters are the least. Write what was checked and what "
            "follows from it.",
            n=LEAST_SAID,
        )
    return told
