"""Folders that are made once in a test run, however many workers want them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of a name, made by whoever asks first; the others wait for it.  Nobody writes in it afterwards.

    One that failed half-way is made anew: a folder counts only under its final name.
    """
    base = factory.getbasetemp()
    # A worker has a folder of its own below the one that all workers share.
    shared = base.parent if base.name.startswith("popen-") else base
    folder = shared / "worlds" / name
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            begun = factory.mktemp(name)
            make(begun)
            begun.rename(folder)
    return folder
