"""Who asks, and what part of the city that person may see."""

from dataclasses import dataclass

from models.errors import ForbiddenError
from models.field.states import INSPECTOR, LEADER
from warehouse.field.feeds import AUTHORITY, CREW, ME
from warehouse.field.jurisdiction import READERS
from warehouse.field.users import User
from warehouse.questions.area import Area


@dataclass(frozen=True)
class Viewer:
    """A person who is logged in and sees enterprises.

    ``level`` and ``division``: of the authority; the city's has no division.  ``officer_id``: the number under which
    plans send that person, if they do.
    """

    name: str
    roles: frozenset[str]
    level: str
    division: str
    officer_id: str | None = None

    def __post_init__(self) -> None:
        # An area without a place is the whole city: nobody may come to it by a field that was left empty.
        assert (self.level == "city") == (not self.division.strip()), f"{self.level} {self.division}"

    @property
    def area(self) -> Area:
        """What this person may see: the whole city, or what lies in the district or town."""
        return Area() if self.level == "city" else Area(district=self.division)

    @property
    def authority(self) -> Area:
        """The part of the plan that is this person's own authority's."""
        return Area(self.level, self.division or None)

    @property
    def may_file(self) -> bool:
        """Whether this person files and records visits."""
        return not self.roles.isdisjoint({INSPECTOR, LEADER})

    @property
    def sees_all_crews(self) -> bool:
        """Whether the day of all crews is shown, or only that of the own one."""
        return bool(self.roles & (READERS - {INSPECTOR}))


def viewer_of(user: User) -> Viewer:
    """A user of the ledger as one who sees enterprises.  Raises ForbiddenError for who does not."""
    if user.enterprise_id:
        raise ForbiddenError("This page is for those who inspect. What there is about your enterprise: /my")
    if user.authority is None or not user.jurisdiction.reads:
        raise ForbiddenError(
            "Your account keeps users and sees no enterprise. Log in as somebody who inspects, leads or analyses."
        )
    return Viewer(user.name, user.roles, user.authority.level, user.authority.division, user.officer_id)


def feed_choices(user: User) -> list[str]:
    """Whose visits a calendar of somebody may show: the own ones, those of the own crew, those of the own authority."""
    if user.authority is None or not user.jurisdiction.reads:
        return []
    found = [ME] if user.officer_id else []
    found += [CREW] if user.crew_id else []
    return found + ([AUTHORITY] if viewer_of(user).sees_all_crews else [])
