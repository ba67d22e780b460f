"""People of the demo city who may use its desk: leaders, an auditor, inspectors, who keeps users, an enterprise."""

import secrets
from typing import NamedTuple

from desk.words.words import Words
from models.errors import WarehouseError
from models.field.states import ADMIN, AUDITOR, ENTERPRISE, INSPECTOR, LEADER
from pipelines.demo_home import demo_size
from warehouse.clock import local_now
from warehouse.database.reading import reading, rows
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.users import add_user, set_password, users
from warehouse.home import Home


class Account(NamedTuple):
    """Somebody's way in, as it is shown on the terminal and kept nowhere."""

    login: str
    password: str
    name: str
    role: str
    authority: Authority | None


class _Person(NamedTuple):
    login: str
    name: str
    role: str
    authority: Authority | None = None
    officer_id: str | None = None
    enterprise_id: str | None = None


_VISITED = """
SELECT v.enterprise_id, e.name FROM plan.visits v JOIN core.enterprises e USING (enterprise_id)
WHERE list_contains(v.officers, $officer) AND v.planned_on IS NOT NULL AND e.division = $division
ORDER BY v.planned_on, v.stop, v.visit_id LIMIT 1
"""
"""Whom somebody visits first in the own district."""
_BUSIEST = """
SELECT a.officer_id, any_value(a.name) AS name, a.home_division AS division
FROM plan.assignments a JOIN plan.visits v USING (visit_id)
WHERE a.home_level = 'district' AND a.role = 'officer' AND v.level = 'district' AND v.division = a.home_division
GROUP BY a.officer_id, a.home_division ORDER BY min(a.planned_on), count(*) DESC, a.officer_id
"""


def require_demo(home: Home) -> None:
    """Raise WarehouseError for a home that holds anything but a demo city: nobody is let in there by a command."""
    if demo_size(home) is None:
        raise WarehouseError(
            "{root} holds no demo city, so nobody is let in by a word on a terminal. Set RISKCODE_HOME to an empty "
            "folder, or leave out --demo.",
            root=home.root,
        )


def let_in(home: Home, ledger: Ledger, words: Words) -> list[Account]:
    """Accounts of the demo city, each with a new password.  Raises WarehouseError for any other home."""
    require_demo(home)
    city, known = Authority("city"), {one.login: one for one in users(ledger)}
    people = [
        _Person("leader", words("Leader of the city"), LEADER, city),
        _Person("auditor", words("Auditor"), AUDITOR, city),
        *(crews := _of_districts(home, words)),
        _Person("admin", words("Administrator"), ADMIN, city),
        *_visited(home, crews),
    ]
    made = list[Account]()
    for login, name, role, authority, officer_id, enterprise_id in people:
        password, now = secrets.token_urlsafe(9), local_now()
        if login in known:
            set_password(ledger, known[login].user_id, password, by=None, now=now)
        else:
            add_user(
                ledger,
                login=login,
                name=name,
                password=password,
                roles=frozenset({role}),
                authority=authority,
                now=now,
                by=None,
                officer_id=officer_id,
                enterprise_id=enterprise_id,
            )
        made.append(Account(login, password, name, role, authority))
    return made


def _visited(home: Home, crews: list[_Person]) -> list[_Person]:
    """The enterprise that the first inspector visits first."""
    first = next((one for one in crews if one.officer_id), None)
    if first is None or first.authority is None:
        return []
    asked = {"officer": first.officer_id, "division": first.authority.division}
    with reading(home) as connection:
        found = rows(connection, _VISITED, asked)
    return [
        _Person("enterprise1", row["name"], ENTERPRISE, enterprise_id=row["enterprise_id"]) for row in found
    ]


def _of_districts(home: Home, words: Words) -> list[_Person]:
    """Of two districts the officer whom the plan sends out first, and a leader who approves what that one files."""
    with reading(home) as connection:
        sent = rows(connection, _BUSIEST)
    first = {row["division"]: row for row in reversed(sent)}
    chosen = sorted(first.values(), key=lambda row: row["division"])[:2]
    made = list[_Person]()
    for n, row in enumerate(chosen, start=1):
        place = Authority("district", row["division"])
        leads = words("Leader of {place}", place=words.division(row["division"]))
        made += [
            _Person(f"inspector{n}", row["name"], INSPECTOR, place, row["officer_id"]),
            _Person(f"leader{n}", leads, LEADER, place),
        ]
    return made
