"""The desk with people who may come in, kept in memory: what its pages ask of the ledger, and nothing more."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from desk.web.viewer import Session, Viewer
from models.errors import StrangerError

PASSWORD = "correct horse battery"


def person(
    name: str,
    *roles: str,
    level: str = "city",
    division: str = "",
    officer_id: str | None = None,
) -> Viewer:
    """Somebody with an account; an inspector where nothing is said."""
    return Viewer(name, name, frozenset(roles or ("inspector",)), level, division, officer_id)


@dataclass
class Doorkeeper:
    """``desk.web.viewer.Doors``: everybody has the same password."""

    people: Iterable[Viewer]
    sessions: dict[str, Session] = field(default_factory=dict)

    def enter(self, name: str, password: str, address: str) -> Session:
        known = {one.name: one for one in self.people}
        if name not in known or password != PASSWORD:
            raise StrangerError("Name or password is wrong. Try once more.")
        session = Session(known[name], secrets.token_urlsafe(16), secrets.token_urlsafe(16))
        self.sessions[session.token] = session
        return session

    def session(self, token: str) -> Session | None:
        return self.sessions.get(token)

    def leave(self, token: str) -> None:
        self.sessions.pop(token, None)
