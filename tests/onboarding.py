"""The page of a first delivery, from untouched files to a check: ``python -m tests.onboarding`` writes it."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.markers import with_block
from tests.worlds.exports import EXPORTS
from tests.worlds.runs import riskcode

PAGE = Path(__file__).parents[1] / "docs" / "onboarding.md"
SHOWN = "enforcement"
"""The export whose draft and check the page shows whole."""


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Commands see their files as a person in this folder does."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def onboarded(folder: Path, name: str) -> tuple[str, dict[str, Any]]:
    """The draft of an export, as it is written, and what its check says as data."""
    EXPORTS[name](folder / name)
    with within(folder):
        drafted = riskcode(folder / "home", "sources", "draft", name, "--out", f"{name}.yaml", "--force")
        assert drafted.returncode == 0, drafted.stderr
        checked = riskcode(folder / "home", "sources", "check", name, "--mapping", f"{name}.yaml", "--json")
    return (folder / f"{name}.yaml").read_text(encoding="utf-8"), json.loads(checked.stdout)


def blocks() -> dict[str, str]:
    """What the page shows, by the names of its blocks."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        found = {name: onboarded(folder, name) for name in EXPORTS}
        with within(folder):
            told = riskcode(folder / "home", "sources", "check", SHOWN, "--mapping", f"{SHOWN}.yaml")
    return {
        "draft": f"```yaml\n{found[SHOWN][0]}```\n",
        "check": f"```text\n{told.stdout.rstrip()}\n```\n",
        "exports": "\n".join(_table(found)) + "\n",
    }


def _table(found: dict[str, tuple[str, dict[str, Any]]]) -> Iterator[str]:
    yield "| export | rows | accepted | refused | questions in the draft | words nobody knew |"
    yield "|---|---|---|---|---|---|"
    for name, (text, checked) in found.items():
        unknown = sum(rule["rows"] for rule in checked["rules"] if rule["rule"].startswith("unknown_code"))
        asked = sum(line.lstrip().startswith("# ? ") for line in text.splitlines())
        cells = [name, checked["delivered"], checked["accepted"], checked["refused"], asked, unknown]
        yield f"| {' | '.join(map(str, cells))} |"


def page() -> str:
    """The page with its blocks made anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in blocks().items():
        text = with_block(text, name, content)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
