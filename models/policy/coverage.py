"""How much of each list of major hazards the catalogue of check items covers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.law import Criterion, LegalText, criteria_cited, legal_texts, marks, read_citation
from models.policy.check_items import Catalogue


@dataclass(frozen=True)
class Part:
    """Criteria of one part of a list, in its order, each with the codes of the items flagged major that cite it."""

    text: LegalText
    name: str
    items: Mapping[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """Criteria without an item."""
        return tuple(mark for mark, codes in self.items.items() if not codes)


def coverage(catalogue: Catalogue, as_of: date) -> tuple[Part, ...]:
    """Parts of the lists in force on a day, in the order of the register.

    A criterion is covered when an item flagged major cites it, or one of its cases.  Lists nobody has counted are
    left out.  Raises PolicyGapError before the catalogue's first day.
    """
    codes: dict[Criterion, list[str]] = {}
    for item in catalogue.on(as_of):
        for said in item.cites if item.major_in else ():
            for criterion in criteria_cited(read_citation(said)):
                codes.setdefault(criterion, []).append(item.code)
    return tuple(
        Part(text, part, {mark: tuple(codes.get(Criterion(name, part, mark), ())) for mark in marks(last)})
        for name, text in legal_texts().items()
        if text.criteria and text.is_in_force(as_of)
        for part, last in text.criteria.items()
    )
