"""``./riskcode desk user``: who may come in at the desk."""

import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from desk.files.tables import as_json
from desk.terminal.layout import plain_table
from desk.words.words import Words
from models.errors import NotThereError
from models.field.states import ROLE
from models.vocabulary import LEVEL
from pipelines.cli.options import Json, one_of
from pipelines.settings import load_settings
from warehouse.clock import local_now
from warehouse.database.reading import Row
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.opening import opened
from warehouse.field.users import User, add_user, change_user, set_password, users

app = typer.Typer(no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="what the person logs in with")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role", help="inspector, leader, analyst, auditor, admin or enterprise; may be given again"
    ),
]
Level = Annotated[str | None, typer.Option(help="of the authority: city, district or town")]
Division = Annotated[str | None, typer.Option(help="of the authority, e.g. 370102; none for the city")]
Crew = Annotated[str | None, typer.Option(help="crew the person goes out with")]
Officer = Annotated[str | None, typer.Option(help="number in the register of officers")]
Asked = Annotated[
    bool, typer.Option("--ask", help="type the password instead of having one made and shown once")
]


@app.command("add")
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="name of the person")],
    role: Roles = None,
    level: Level = None,
    division: Division = None,
    crew: Crew = None,
    officer: Officer = None,
    enterprise: Annotated[
        str | None,
        typer.Option(help="of somebody of an enterprise: its number, with the role enterprise alone"),
    ] = None,
    ask: Asked = False,
    json: Json = False,
) -> None:
    """Let somebody in, with a password that is shown once, or asked for."""
    settings = load_settings()
    words, password = Words(settings.language), _password(ask, Words(settings.language))
    with opened(settings.home.prepare()) as ledger:
        made = add_user(
            ledger,
            login=login,
            name=name,
            password=password,
            roles=_roles(role),
            authority=_authority(level, division),
            now=local_now(),
            by=None,
            crew_id=crew,
            officer_id=officer,
            enterprise_id=enterprise,
        )
    _tell([made], words, json=json, password=None if ask else password)


@app.command("list")
def list_(json: Json = False) -> None:
    """Everybody, those who are not let in any more too."""
    settings = load_settings()
    with opened(settings.home.prepare()) as ledger:
        found = users(ledger)
    words = Words(settings.language)
    if json:
        typer.echo(as_json([_row(one) for one in found]))
    elif not found:
        typer.echo(words("Nobody may come in yet: ./riskcode desk user add"))
    else:
        _tell(found, words, json=False)


@app.command("change")
def change(
    login: Login,
    role: Roles = None,
    level: Level = None,
    division: Division = None,
    crew: Crew = None,
    officer: Officer = None,
    back: Annotated[bool, typer.Option("--back", help="let in again who was removed")] = False,
    json: Json = False,
) -> None:
    """Change what is given; the person has to log in again."""
    settings = load_settings()
    with opened(settings.home.prepare()) as ledger:
        changed = change_user(
            ledger,
            user_by_login(ledger, login).user_id,
            by=None,
            now=local_now(),
            roles=_roles(role) if role else None,
            authority=_authority(level, division),
            crew_id=crew,
            officer_id=officer,
            is_active=True if back else None,
        )
    _tell([changed], Words(settings.language), json=json)


@app.command("password")
def password(login: Login, ask: Asked = False, json: Json = False) -> None:
    """A new password, shown once or asked for; the person has to log in again."""
    settings = load_settings()
    words, new = Words(settings.language), _password(ask, Words(settings.language))
    with opened(settings.home.prepare()) as ledger:
        user = user_by_login(ledger, login)
        set_password(ledger, user.user_id, new, by=None, now=local_now())
    _tell([user], words, json=json, password=None if ask else new)


@app.command("remove")
def remove(login: Login, json: Json = False) -> None:
    """Let somebody in no more; what the person signed stays."""
    settings = load_settings()
    with opened(settings.home.prepare()) as ledger:
        user_id = user_by_login(ledger, login).user_id
        gone = change_user(ledger, user_id, by=None, now=local_now(), is_active=False)
    _tell([gone], Words(settings.language), json=json)


def user_by_login(ledger: Ledger, login: str) -> User:
    """A person by login.  Raises NotThereError."""
    typed = login.strip().lower()
    found = next((one for one in users(ledger) if one.login == typed), None)
    if found is None:
        raise NotThereError("There is no such user. Look at the list of users.")
    return found


def _roles(typed: list[str] | None) -> frozenset[str]:
    return frozenset(one_of(ROLE, one) for one in typed or ["inspector"])


def _authority(level: str | None, division: str | None) -> Authority | None:
    if level is None and division is None:
        return None
    return Authority(one_of(LEVEL, level) if level else "district", (division or "").strip())


def _password(ask: bool, words: Words) -> str:
    if not ask:
        return secrets.token_urlsafe(12)
    return typer.prompt(words("Password"), hide_input=True, confirmation_prompt=True)


def _row(user: User, password: str | None = None) -> Row:
    told: Row = {"login": user.login, "name": user.name, "roles": sorted(user.roles)}
    told |= {"level": user.authority.level if user.authority else None}
    told |= {"division": (user.authority.division or None) if user.authority else None}
    told |= {"crew_id": user.crew_id, "officer_id": user.officer_id, "is_active": user.is_active}
    return told | ({"password": password} if password is not None else {})


def _tell(found: list[User], words: Words, *, json: bool, password: str | None = None) -> None:
    """People as a table, or one as JSON; a new password is told here alone."""
    if json:
        typer.echo(as_json(_row(found[0], password)))
        return
    table = plain_table()
    for head in (words("Login"), words("name"), words("role"), words("authority"), words("officer")):
        table.add_column(head, overflow="fold")
    for one in found:
        place = words.authority(one.authority.level, one.authority.division) if one.authority else "–"
        cells = (
            one.login,
            one.name if one.is_active else words.aside(one.name, words("not let in")),
            words.listing(words.label(ROLE, role) for role in sorted(one.roles)),
            place,
            one.officer_id or "–",
        )
        table.add_row(*(escape(cell) for cell in cells))
    console = Console(highlight=False)
    console.print(table)
    if password is not None:
        typer.echo(f"{words('Password')}{words.colon}{password}")
        console.print(f"[dim]{escape(words('It is kept nowhere else.'))}[/]")
