"""What became of the mutants: counted, scored, and the survivors as diffs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.mutation.mutants import Mutant
from tests.mutation.work import KILLED, NO_TEST, SURVIVED, TIMED_OUT

WIDTH = 80
ALIVE = (SURVIVED, NO_TEST)
EQUIVALENT, ACCEPTED = "equivalent", "not worth it"


@dataclass(frozen=True)
class Listed:
    """A survivor that was judged: ``where`` is file and function, ``was`` and ``now`` the lines changed."""

    where: str
    was: str
    now: str
    why: str
    because: str

    def names(self, mutant: Mutant) -> bool:
        """Whether it speaks of this mutant."""
        return (self.where, self.was, self.now) == (mutant.where, mutant.was, mutant.now)


def listed(file: Path) -> list[Listed]:
    """The survivors that were judged.  Raises ValueError where one is neither equivalent nor not worth it."""
    rows: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    found = [Listed(**{name: text.strip() for name, text in row.items()}) for row in rows]
    if wrong := [one.where for one in found if one.why not in (EQUIVALENT, ACCEPTED)]:
        raise ValueError(f"{wrong[0]}: why is '{EQUIVALENT}' or '{ACCEPTED}'")
    return found


@dataclass(frozen=True)
class Report:
    """What is known of a place.

    ``made``: mutants worth a test; ``chosen``: those asked for; ``of``: what became of them; ``why``: of listed ones.
    """

    place: str
    made: Sequence[Mutant]
    chosen: Sequence[Mutant]
    of: Mapping[str, str]
    why: Mapping[str, str]
    gone: Sequence[Listed]
    killed_by_now: Sequence[Listed]

    def count(self, verdict: str) -> int:
        """Chosen mutants of which this became."""
        return sum(self.of.get(mutant.name) == verdict for mutant in self.chosen)

    @property
    def left(self) -> list[Mutant]:
        """Chosen mutants no test failed on, and that are not listed: files, then lines."""
        ours = (one for one in self.chosen if self.of.get(one.name) in ALIVE and one.name not in self.why)
        return sorted(ours, key=lambda mutant: (mutant.file, mutant.line, mutant.name))

    @property
    def judged(self) -> Counter[str]:
        """Listed ones among those that survived."""
        return Counter(
            self.why[m.name] for m in self.chosen if self.of.get(m.name) in ALIVE and m.name in self.why
        )

    @property
    def told(self) -> int:
        """Chosen mutants that were tested and are not equivalent."""
        return sum(one.name in self.of for one in self.chosen) - self.judged[EQUIVALENT]

    @property
    def score(self) -> float:
        """Share of those that were killed or timed out, in per cent."""
        return 100 * (self.count(KILLED) + self.count(TIMED_OUT)) / self.told if self.told else 100.0


def report(
    place: str,
    made: Sequence[Mutant],
    chosen: Sequence[Mutant],
    of: Mapping[str, str],
    judged: Iterable[Listed],
) -> Report:
    """Verdicts and lists put together.  ``judged``: all listed survivors in the files of the place."""
    why, gone, killed = dict[str, str](), list[Listed](), list[Listed]()
    for one in judged:
        ours = [mutant for mutant in made if one.names(mutant)]
        why |= {mutant.name: one.why for mutant in ours}
        if not ours:
            gone.append(one)
        elif all(of.get(mutant.name) in (KILLED, TIMED_OUT) for mutant in ours):
            killed.append(one)
    return Report(place, made, chosen, of, why, gone, killed)


def lines(told: Report) -> Iterator[str]:
    """The report for a terminal of 80 columns."""
    checked = sum(mutant.name in told.of for mutant in told.chosen)
    yield f"{told.place}: {checked:,} of {len(told.made):,} mutants tested"
    if checked < len(told.chosen):
        yield f"  stopped before {len(told.chosen) - checked:,} more; the same command goes on"
    counts = {verdict: told.count(verdict) for verdict in (KILLED, SURVIVED, TIMED_OUT, NO_TEST)}
    yield "  " + "   ".join(f"{verdict} {count:,}" for verdict, count in counts.items())
    if told.judged:
        yield "  of those alive: " + ", ".join(f"{why} {count:,}" for why, count in told.judged.items())
    yield f"  score {told.score:.1f} % of {told.told:,} that are not equivalent"
    for mutant in told.left:
        yield ""
        verdict = "" if told.of[mutant.name] == SURVIVED else f" ({told.of[mutant.name]})"
        yield f"{mutant.file}:{mutant.line} {mutant.function}{verdict}"
        yield from _windows(mutant.change.splitlines())
    for text, old in (("no longer there", told.gone), ("killed by now", told.killed_by_now)):
        for one in old:
            yield ""
            yield _short(f"{text}, take it off the list: {one.where}")
            yield from (_short(f"  {line}") for line in one.now.splitlines())


def as_json(told: Report) -> str:
    """The same for machines: every chosen mutant with what became of it."""
    rows = [
        {**asdict(mutant), "verdict": told.of.get(mutant.name), "why": told.why.get(mutant.name)}
        for mutant in told.chosen
    ]
    counts = {verdict: told.count(verdict) for verdict in (KILLED, SURVIVED, TIMED_OUT, NO_TEST)}
    head = {
        "place": told.place,
        "made": len(told.made),
        "score": round(told.score, 1),
        **counts,
        **told.judged,
    }
    return json.dumps({**head, "mutants": rows}, ensure_ascii=False, indent=1)


def _windows(change: Sequence[str]) -> Iterator[str]:
    """Lines of a change; of two long ones the part about where they differ."""
    start = 1
    if len(change) == 2 and max(map(len, change)) > WIDTH:
        same = next(
            (at for at, (one, other) in enumerate(zip(*change, strict=False)) if at and one != other), WIDTH
        )
        start = 1 + max(0, min(same - WIDTH // 2, max(map(len, change)) - WIDTH))
    for line in change:
        yield _short(line if start == 1 else f"{line[0]}…{line[start:]}")


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
