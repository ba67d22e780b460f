"""The program as far as it decides codes: what one release made another may not keep."""

import hashlib
from functools import cache
from pathlib import Path

import models
import warehouse.coding

_CODING = Path(warehouse.coding.__path__[0])
_ROOTS = (Path(models.__path__[0]), _CODING, _CODING.parent / "database")


@cache
def program() -> str:
    """SHA-256 of the modules that make codes, and of the frames they are kept in."""
    told = hashlib.sha256()
    for root in _ROOTS:
        for file in sorted(root.rglob("*.py")):
            told.update(f"{root.name}/{file.relative_to(root)}".encode() + file.read_bytes())
    return told.hexdigest()
