"""Numbers of the draw: its hashes, the generator a seed starts, and how many are drawn from each stratum."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from models.errors import DrawError

GENERATOR = "MRG32k3a"
M1, M2 = 4294967087, 4294944443
"""Moduli of the two halves of the generator; its numbers lie in 0..M1-1."""


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def working_seed(seed: str, public_value: str = "") -> str:
    """What the generator is started with: SHA-256 of seed, line feed, public value."""
    return sha256(f"{seed}\n{public_value}")


def initial_state(working: str) -> tuple[int, ...]:
    """The six integers the generator starts from: 8 hexadecimal digits each, oldest first, half by half."""
    groups = [int(working[at : at + 8], 16) for at in range(0, 48, 8)]
    first, second = [one % M1 for one in groups[:3]], [one % M2 for one in groups[3:]]
    # A half of zeros would stay zero for ever.
    return (*(first if any(first) else [1, 1, 1]), *(second if any(second) else [1, 1, 1]))


def numbers(state: Sequence[int]) -> Iterator[int]:
    """Numbers of MRG32k3a (L'Ecuyer 1999), each an integer in 0..M1-1; the first one is used."""
    p0, p1, p2, q0, q1, q2 = state
    while True:
        p0, p1, p2 = p1, p2, (1403580 * p1 - 810728 * p0) % M1
        q0, q1, q2 = q1, q2, (527612 * q2 - 1370589 * q0) % M2
        yield (p2 - q2) % M1


def objects_needed(total_general: int, share_permille: int, already: int) -> int:
    """How many objects are still to be drawn: the share of all general enterprises, rounded up, less those done."""
    return max(0, -(-total_general * share_permille // 1000) - already)


def allocate(sizes: Mapping[str, int], weights: Mapping[str, int], total: int) -> dict[str, int]:
    """Spread ``total`` objects over strata in proportion to weight times size, by largest remainder.

    A stratum whose share reaches its size is drawn whole and the rest is spread anew over the others; equal
    remainders go by name.  ``sizes``: rows by stratum.  ``weights``: integers, 0 for a stratum that is not drawn.
    Grain: one entry per stratum, sorted by name; they add up to ``total``.
    Raises DrawError when the strata with a weight hold fewer than ``total`` rows.
    """
    given = dict.fromkeys(sorted(sizes), 0)
    unfilled = {name: weights.get(name, 0) * sizes[name] for name in given}
    unfilled = {name: mass for name, mass in unfilled.items() if mass > 0}
    available = sum(sizes[name] for name in unfilled)
    if not 0 <= total <= available:
        raise DrawError(
            "{total} objects cannot be drawn from {available} in the strata with a weight. Draw "
            "fewer, or give weight to further strata.",
            total=total,
            available=available,
        )
    left = total
    while full := _filled(unfilled, sizes, left):
        for name in full:
            given[name] = sizes[name]
            left -= sizes[name]
            del unfilled[name]
    return given | _largest_remainder(unfilled, left)


def _filled(masses: Mapping[str, int], sizes: Mapping[str, int], total: int) -> list[str]:
    whole = sum(masses.values())
    return [name for name, mass in masses.items() if total * mass >= whole * sizes[name]]


def _largest_remainder(masses: Mapping[str, int], total: int) -> dict[str, int]:
    whole = sum(masses.values())
    shares = {name: divmod(total * mass, whole) for name, mass in masses.items()}
    given = {name: floor for name, (floor, _) in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (-shares[name][1], name))
    for name in by_remainder[: total - sum(given.values())]:
        given[name] += 1
    return given
