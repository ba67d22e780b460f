"""The beginning of a file that is too long to be looked at as a whole."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MOST_BYTES = 32_000_000
"""So much is read in seconds; it is some hundred thousand rows."""
_BY_LINES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


@contextmanager
def beginning(path: Path) -> Generator[Path]:
    """The file itself, or of a long one that is made of lines a copy of its first ones, under the same name."""
    if path.suffix.lower() not in _BY_LINES or path.stat().st_size <= MOST_BYTES:
        yield path
        return
    with TemporaryDirectory() as folder, path.open("rb") as file:
        copy = Path(folder) / path.name
        start = file.read(MOST_BYTES)
        copy.write_bytes(start[: start.rfind(b"\n") + 1] or start)
        yield copy
