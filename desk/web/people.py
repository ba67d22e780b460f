"""Who may come in, for administrators; and everybody's own password."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.web.asking import Asking, Keeper, Person, page_and_json
from desk.web.errors import status_of
from desk.web.sent import Sent, text, texts
from desk.web.viewer import feed_choices
from desk.words.labels import FEED
from models.errors import FieldError, LoginError, RiskcodeError, WarehouseError
from models.field.states import ROLE
from models.vocabulary import LEVEL
from warehouse.database.reading import Row
from warehouse.field.feeds import feeds_of
from warehouse.field.jurisdiction import Authority
from warehouse.field.sessions import open_sessions
from warehouse.field.users import (
    User,
    add_user,
    change_user,
    checked,
    find_user,
    send_away,
    set_password,
    users,
)
from warehouse.questions.area import is_known
from warehouse.questions.desk_facts import register_of

router = APIRouter()

Number = Annotated[str, Path(max_length=60)]


@page_and_json(router, "/users")
def listed(asking: Keeper) -> Response:
    """Everybody, those who are not let in any more too, by login, with how many sessions are open."""
    ledger = asking.desk.ledger
    sessions = open_sessions(ledger, asking.desk.clock())
    told = {"users": [_plain(one) | {"sessions": sessions.get(one.user_id, 0)} for one in users(ledger)]}
    return asking.answer("users.html", told, roles=ROLE)


@page_and_json(router, "/users/new")
def new(asking: Keeper) -> Response:
    """What is asked of a new user, and what there is to choose from."""
    return _form(asking, None)


@router.post("/users", include_in_schema=False)
def add(asking: Keeper, sent: Sent) -> Response:
    """Let somebody in, with a password that is shown once."""
    asking.require_form(text(sent, "csrf"))
    password = secrets.token_urlsafe(12)
    try:
        made = add_user(
            asking.desk.ledger,
            login=text(sent, "login"),
            name=text(sent, "name"),
            password=password,
            roles=frozenset(texts(sent, "role")),
            authority=_authority(asking, sent),
            now=asking.desk.clock(),
            by=asking.own_session.user,
            crew_id=text(sent, "crew_id")[:200] or None,
            officer_id=text(sent, "officer_id")[:200] or None,
            enterprise_id=_enterprise(asking, sent),
        )
    except FieldError as error:
        return _form(asking, None, sent=sent, fault=error)
    return _form(asking, made, password=password, status=201)


@page_and_json(router, "/users/{user_id}")
def shown(asking: Keeper, user_id: Number) -> Response:
    """One user: roles, authority, number in the register of officers, open sessions."""
    return _form(asking, find_user(asking.desk.ledger, user_id))


@router.post("/users/{user_id}", include_in_schema=False)
def change(asking: Keeper, user_id: Number, sent: Sent) -> Response:
    """Change roles, authority, crew and officer's number; the person has to log in again."""
    asking.require_form(text(sent, "csrf"))
    found = find_user(asking.desk.ledger, user_id)
    try:
        change_user(
            asking.desk.ledger,
            user_id,
            by=asking.own_session.user,
            now=asking.desk.clock(),
            roles=frozenset(texts(sent, "role")) or _none(),
            authority=_authority(asking, sent),
            is_nowhere=not text(sent, "level"),
            crew_id=text(sent, "crew_id")[:200],
            officer_id=text(sent, "officer_id")[:200],
        )
    except FieldError as error:
        return _form(asking, found, sent=sent, fault=error)
    return asking.go(f"/users/{user_id}")


def _none() -> frozenset[str]:
    raise FieldError("Somebody without a role could do nothing. Choose one at least, or lock the account.")


@router.post("/users/{user_id}/{act}", include_in_schema=False)
def act(asking: Keeper, user_id: Number, act: str, sent: Sent) -> Response:
    """Lock, unlock, end the sessions, or give a new password, which is shown once."""
    asking.require_form(text(sent, "csrf"))
    ledger, by, now = asking.desk.ledger, asking.own_session.user, asking.desk.clock()
    found = find_user(ledger, user_id)
    if act == "password":
        password = secrets.token_urlsafe(12)
        set_password(ledger, user_id, password, by=by, now=now)
        return _form(asking, found, password=password)
    try:
        if act in ("lock", "unlock"):
            change_user(ledger, user_id, by=by, now=now, is_active=act == "unlock")
        elif act == "sessions":
            send_away(ledger, user_id, by=by, now=now)
        else:
            raise FieldError("There is no such act. Look at the user as it stands now.")
    except FieldError as error:
        return _form(asking, found, fault=error)
    # Whoever ended the own sessions logs in again.
    return asking.go(f"/users/{user_id}")


def _form(
    asking: Asking,
    user: User | None,
    *,
    sent: FormData | None = None,
    fault: RiskcodeError | None = None,
    password: str = "",
    status: int = 200,
) -> Response:
    """The page of a user, or of one who is still to be added; as it was sent where something stands against it."""
    sessions = open_sessions(asking.desk.ledger, asking.desk.clock())
    told: Row = {"user": _plain(user) | {"sessions": sessions.get(user.user_id, 0)} if user else None}
    told |= {"roles": list(ROLE.keys), "levels": list(LEVEL.keys)}
    return asking.answer(
        "user.html",
        told,
        status=status_of(fault) if fault else status,
        given=_sent(sent) if sent is not None else told["user"] or _BLANK,
        fault=asking.words.of(fault) if fault else "",
        password=password,
        role_codes=ROLE,
        is_oneself=user is not None and user.user_id == asking.own_session.user.user_id,
    )


_BLANK: Row = {
    **dict.fromkeys(("login", "name", "division", "crew_id", "officer_id", "enterprise_id"), ""),
    "roles": ["inspector"],
    "level": "district",
}


def _sent(sent: FormData) -> Row:
    told: Row = {name: text(sent, name) for name in ("login", "name", "level", "division")}
    return (
        told
        | {name: text(sent, name) for name in ("crew_id", "officer_id", "enterprise_id")}
        | {"roles": texts(sent, "role")}
    )


def _plain(user: User) -> dict[str, Any]:
    """A user as programs are told it: never a password."""
    return {
        "user_id": user.user_id,
        "login": user.login,
        "name": user.name,
        "roles": sorted(user.roles),
        "level": user.authority.level if user.authority else None,
        "division": user.authority.division if user.authority else "",
        "crew_id": user.crew_id,
        "officer_id": user.officer_id,
        "enterprise_id": user.enterprise_id,
        "is_active": user.is_active,
    }


def _authority(asking: Asking, sent: FormData) -> Authority | None:
    """The authority that was chosen.  Raises FieldError for a place that is none of the city."""
    level, division = text(sent, "level"), text(sent, "division")[:20]
    if not level:
        return None
    if division and level != "city":
        try:
            with asking.reading() as copy:
                is_there = is_known(copy, division)
        except WarehouseError:
            # Before anything is published nobody can tell.
            is_there = True
        if not is_there:
            raise FieldError(
                "There is no district or town '{division}' here. Give its code, such as 370102.",
                division=division,
            )
    return Authority(level, division)


def _enterprise(asking: Asking, sent: FormData) -> str | None:
    """The enterprise that was named.  Raises FieldError for one that is not in the register."""
    number = text(sent, "enterprise_id")[:200]
    if number:
        with asking.reading() as copy:
            found = register_of(copy, number)
        if found is None:
            raise FieldError(
                "There is no enterprise {number} in the register. Look for it: /search", number=number
            )
    return number or None


@page_and_json(router, "/me")
def me(asking: Person) -> Response:
    """The own account."""
    return own_page(asking)


@router.post("/me/password", include_in_schema=False)
def own_password(asking: Person, sent: Sent) -> Response:
    """Give oneself a new password by the old one; the own sessions elsewhere end."""
    asking.require_form(text(sent, "csrf"))
    session, ledger, now = asking.own_session, asking.desk.ledger, asking.desk.clock()
    new = _typed(sent, "new")
    try:
        if new != _typed(sent, "again"):
            raise FieldError("The new password was typed in two ways. Type it again, twice the same.")
        checked(ledger, session.user.login, _typed(sent, "old"), address=asking.address, now=now)
        set_password(ledger, session.user.user_id, new, by=session.user, now=now, keep=session.token_hash)
    except LoginError as error:
        return own_page(asking, fault=asking.words.of(error), status=403)
    except FieldError as error:
        return own_page(asking, fault=asking.words.of(error), status=status_of(error))
    return own_page(asking, is_done=True)


def _typed(sent: FormData, name: str) -> str:
    """A password, with the blanks it begins or ends with."""
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def own_page(
    asking: Asking, *, fault: str = "", status: int = 200, is_done: bool = False, address: str = ""
) -> Response:
    """The own account.  ``address``: of a calendar that was made just now."""
    user = asking.own_session.user
    feeds = [
        {"feed_id": one.feed_id, "of": one.of, "created_at": one.created_at, "used_at": one.used_at}
        for one in feeds_of(asking.desk.ledger, user)
    ]
    told = {"user": _plain(user), "feeds": feeds}
    around: dict[str, Any] = {
        "role_codes": ROLE,
        "feed_codes": FEED,
        "feed_choices": feed_choices(user),
        "address_made": address,
    }
    return asking.answer("me.html", told, status=status, fault=fault, is_done=is_done, **around)
