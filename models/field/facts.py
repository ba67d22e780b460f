"""What the desk knows of an enterprise and of those who go there, and what a form can be found to lack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from models.law import criteria_cited, read_citation
from models.messages import Message
from models.policy.check_items import CheckItem


@dataclass(frozen=True, kw_only=True)
class Fault(Message):
    """What stands against a step: the sentence names the next step.

    ``rule``: a name that stays; ``clause``: of the mission digest; ``part``: the field of the form it is about, with
    the number of the finding where it is about one.
    """

    rule: str
    clause: str
    part: str

    def to_dict(self) -> dict[str, str]:
        """Plain data, readable as JSON, with the sentence in English."""
        return {"rule": self.rule, "clause": self.clause, "part": self.part, "en": str(self)}


@dataclass(frozen=True)
class Officer:
    """A person as the register has it on the published copy; an empty ``certified_until`` is no certificate.

    ``left_on``: first day the person is no longer there.  ``is_recused``: by a declaration about this enterprise.
    """

    officer_id: str
    role: str = "officer"
    name: str = ""
    certified_until: date | None = None
    left_on: date | None = None
    is_recused: bool = False

    def is_there_on(self, day: date) -> bool:
        """Whether the person has not left yet."""
        return self.left_on is None or day < self.left_on

    def is_certified_on(self, day: date) -> bool:
        """Whether the certificate is valid; it is on its last day."""
        return self.certified_until is not None and day <= self.certified_until


@dataclass(frozen=True)
class Facts:
    """What is known when a form is judged, from the published copy; made by whoever asks.

    ``officers``: by their numbers, all who may be named.  ``visits_this_year``: those that count against the ``cap``;
    a cap nobody set is none.  ``counts_in_cap``: whether this visit would count too.  ``item_codes``: of the
    catalogue in force.  ``criteria``: by item, the criteria of lists of major hazards that name it for this very
    enterprise.  ``to_recheck``: findings of the visit that is looked at again which are not settled yet.
    ``planned_for``: the enterprise of the visit of the plan that is made, where the copy knows it.
    """

    officers: Mapping[str, Officer] = field(default_factory=dict[str, Officer])
    visits_this_year: int = 0
    cap: int | None = None
    counts_in_cap: bool = True
    item_codes: frozenset[str] = frozenset()
    criteria: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    to_recheck: frozenset[UUID] = frozenset()
    planned_for: str | None = None


def criteria_of(
    items: Iterable[CheckItem], *, sector: str | None, industry: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Items that are on a list of major hazards for an enterprise, with the criteria they cite (C6)."""
    return {
        item.code: tuple(said for said in item.cites if criteria_cited(read_citation(said)))
        for item in items
        if item.is_major_in(sector, industry)
    }
