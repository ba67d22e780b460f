"""The verifiable draw (双随机, P3, D2): who is visited and by which officers, so that anybody can draw it again.

A record is committed to before the draw by two hashes: of its roster (everything that decides the draw but
chance) and of a secret seed.  Revealing the seed draws.  ``docs/draw.md`` defines every step for readers without
this code; nothing here knows the time, chooses at random, or computes with fractions.

``numbers`` makes hashes, the generator's numbers and how many are drawn; ``record`` is the record's form and file;
``drawing`` commits, reveals and verifies.
"""

from models.planning.draw.drawing import check, commit_crews, commit_objects, reveal, verify
from models.planning.draw.numbers import (
    M1,
    M2,
    allocate,
    initial_state,
    objects_needed,
    sha256,
    working_seed,
)
from models.planning.draw.record import Heading, from_json, roster_text, to_json

__all__ = [
    "M1",
    "M2",
    "Heading",
    "allocate",
    "check",
    "commit_crews",
    "commit_objects",
    "from_json",
    "initial_state",
    "objects_needed",
    "reveal",
    "roster_text",
    "sha256",
    "to_json",
    "verify",
    "working_seed",
]
