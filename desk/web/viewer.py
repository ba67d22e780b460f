"""Who asks, and what part of the city that person may see.

The ledger of the field knows people and their sessions; here is what the pages need of it (``Doors``).
"""

from dataclasses import dataclass
from typing import Protocol

from models.errors import ForbiddenError
from models.vocabulary import LEVEL
from warehouse.questions.area import Area

ROLES = ("inspector", "leader", "analyst", "auditor", "admin")
_SEE_ALL_CREWS = frozenset(ROLES) - {"inspector"}


@dataclass(frozen=True)
class Viewer:
    """A person with a session.  ``level`` and ``division``: of the authority; the city's has no division.

    ``officer_id``: the number under which plans send that person, if they do.
    """

    user_id: str
    name: str
    roles: frozenset[str]
    level: str
    division: str
    officer_id: str | None = None

    def __post_init__(self) -> None:
        # An area without a place is the whole city: nobody may come to it by a field that was left empty.
        if self.level not in LEVEL.keys or (self.level == "city") != (not self.division.strip()):
            raise ValueError(f"{self.level!r} and {self.division!r} are no authority")

    @property
    def area(self) -> Area:
        """What this person may see: the whole city, or what lies in the district or town."""
        return Area() if self.level == "city" else Area(district=self.division)

    @property
    def authority(self) -> Area:
        """The part of the plan that is this person's own authority's."""
        return Area(self.level, self.division or None)

    @property
    def sees_all_crews(self) -> bool:
        """Whether the day of all crews is shown, or only that of the own one."""
        return bool(self.roles & _SEE_ALL_CREWS)

    def require(self, *roles: str) -> None:
        """Raise ForbiddenError unless this person has one of some roles."""
        if not self.roles & set(roles):
            raise ForbiddenError(
                "Your account may not do this. Ask the administrator of the desk for the right, or log in as "
                "somebody who has it."
            )


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in.  ``token``: what the browser keeps; ``csrf``: what every form sends back."""

    viewer: Viewer
    token: str
    csrf: str


class Doors(Protocol):
    """What the pages ask of the ledger about people."""

    def enter(self, name: str, password: str, address: str) -> Session:
        """Begin a session.  Raises RiskcodeError with the next step: wrong, or too often wrong."""
        ...

    def session(self, token: str) -> Session | None:
        """The session of a token; ``None`` where it is unknown, ended or too old."""
        ...

    def leave(self, token: str) -> None:
        """End a session."""
        ...
