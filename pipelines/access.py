"""Who may read what is written: in the home its user alone; elsewhere whoever the umask of the person who asks lets."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipelines.settings import load_settings

_OURS: Final = 0o077
_asked: int | None = None
"""Umask that this process was started with; ``None`` until it keeps files to its user."""


def keep_to_ourselves() -> None:
    """From now on new files and folders of this process, and of those it begins, are its user's alone."""
    global _asked
    before = os.umask(_OURS)
    if _asked is None:
        _asked = before


@contextmanager
def as_asked(path: Path | None) -> Generator[None]:
    """While a file is written: outside the home, by the umask of the person who asked for it."""
    if path is None or _asked is None or is_ours(path):
        yield
        return
    before = os.umask(_asked)
    try:
        yield
    finally:
        os.umask(before)


def is_ours(path: Path) -> bool:
    """Whether a path lies in the home."""
    return path.resolve().is_relative_to(load_settings().home.root.resolve())
