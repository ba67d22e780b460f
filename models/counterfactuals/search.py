"""The smallest sets of acts that work, without leaving a smaller one out.

The search goes by size, so the first size at which any set works is the smallest.  Where more acts never hurt
(``monotonicity``) it need not begin at nothing: if all acts together do not work no set does; and an act without
which all the others together do not work is in every set that does.  So many a search ends where it begins.

Many searches go in step, so that what they ask is answered in batches.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from models.counterfactuals.scenarios import ActSet, Counts, Promise

MOST_SETS = 400
"""Sets that are asked for one enterprise; beyond, a small set would no longer be advice one can follow."""

Answers = Mapping[ActSet, Promise | None]
Ask = Callable[[Collection[ActSet]], Answers]


@dataclass(frozen=True)
class Case:
    """One search: from the acts that are done in any case to those that may be done.

    ``more_helps``: of two sets between these bounds the larger one works if the smaller does.
    """

    enterprise_id: str
    least: Counts
    most: Counts
    more_helps: bool


@dataclass(frozen=True)
class Found:
    """Sets of one size that work.  ``is_searched``: no smaller set works, and no other of this size."""

    promises: Mapping[Counts, Promise | None]
    is_searched: bool = True

    @property
    def size(self) -> int:
        """Acts in each set."""
        return sum(next(iter(self.promises)))


Search = Generator[list[ActSet], Answers, Found | None]


def search(cases: Sequence[Case], ask: Ask, known: Answers) -> dict[str, Found]:
    """What is found for every enterprise; nothing where no set works.

    An enterprise may have several cases; sets of the smallest size of all are kept.  ``known``: answers had before.
    """
    answers = dict(known)
    waiting: list[tuple[Case, Search, list[ActSet]]] = []
    for case in cases:
        one = _search(case)
        waiting.append((case, one, next(one)))
    found: dict[str, list[Found]] = {}
    while waiting:
        wanted = {each for _, _, sets in waiting for each in sets} - answers.keys()
        if wanted:
            answers |= ask(wanted)
        still: list[tuple[Case, Search, list[ActSet]]] = []
        for case, one, _ in waiting:
            try:
                still.append((case, one, one.send(answers)))
            except StopIteration as end:
                found.setdefault(case.enterprise_id, []).extend([end.value] if end.value else [])
        waiting = still
    return {enterprise: _smallest(results) for enterprise, results in found.items() if results}


def _smallest(results: Sequence[Found]) -> Found:
    """Of several searches for one enterprise, those of the smallest size together."""
    working = [one for one in results if any(one.promises.values())] or list(results)
    size = min(one.size for one in working)
    together = {counts: got for one in working if one.size == size for counts, got in one.promises.items()}
    return Found(together, all(one.is_searched for one in results))


def _search(case: Case) -> Search:
    """Asks for sets and is sent the answers."""
    enterprise, least, most = case.enterprise_id, case.least, case.most
    answers = yield [(enterprise, most)]
    if case.more_helps:
        if answers[enterprise, most] is None:
            return None
        without = {block: _with(most, block, -1) for block, count in enumerate(most) if count > least[block]}
        answers = yield [(enterprise, counts) for counts in without.values()]
        # Acts of a block are interchangeable: if one of them cannot be spared none can.
        needed = {block for block, counts in without.items() if answers[enterprise, counts] is None}
        least = tuple(most[block] if block in needed else count for block, count in enumerate(least))
    spent = 0
    for size in range(sum(least), sum(most) + 1):
        sets = [(enterprise, counts) for counts in islice(between(least, most, size), MOST_SETS - spent + 1)]
        spent += len(sets)
        if spent > MOST_SETS:
            return Found({most: answers[enterprise, most]}, is_searched=False)
        answers = yield sets
        working = {counts: got for each, counts in sets if (got := answers[each, counts])}
        if working:
            return Found(working)
    return None


def _with(counts: Counts, block: int, change: int) -> Counts:
    return tuple(count + change if at == block else count for at, count in enumerate(counts))


def between(least: Counts, most: Counts, size: int) -> Iterator[Counts]:
    """All counts of so many acts together between two bounds, in order."""
    if not least:
        if size == 0:
            yield ()
        return
    others_least, others_most = sum(least[1:]), sum(most[1:])
    for count in range(max(least[0], size - others_most), min(most[0], size - others_least) + 1):
        for rest in between(least[1:], most[1:], size - count):
            yield (count, *rest)
