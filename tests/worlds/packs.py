"""The starter pack with passages of its files replaced."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.policy import Policy, load_policy
from models.policy.loading import PACKS, policy_from

STARTER = load_policy()
LIMITS = "value: {blue: 15, yellow: 25, red: 42}"
ChangedPack = Callable[[str, str, str], Policy]


def replaced(text: str, old: str, new: str) -> str:
    """A text with a passage replaced, which must be there."""
    assert old in text, f"the file no longer says {old!r}; correct the test"
    return text.replace(old, new, 1)


def edited(starter: Path, target: Path, file: str, old: str, new: str) -> None:
    """Copy a folder of YAML files into another one and replace a passage of one file."""
    copy = shutil.copytree(starter, target / starter.name)
    path = copy / f"{file}.yaml"
    path.write_text(replaced(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")


def changed(name: str, *changes: tuple[str, str, str]) -> Policy:
    """The starter pack under another name, with passages (file, old, new) replaced."""
    texts = dict(STARTER.texts)
    for file, old, new in (("pack", "name: starter", f"name: {name}"), *changes):
        texts[file] = replaced(texts[file], old, new)
    return policy_from(texts)


def without_the_off_site_reading(*, full: str, name: str = "before") -> Policy:
    """The starter pack as packs were written before ``off_site_settles``, whose switch was about full coverage."""
    text = STARTER.texts["codes"]
    value = text[text.index("off_site_settles:\n") : text.index("rules:\n")]
    switches = [f"off_plan_counts_in_cap: {counts}" for counts in ("false", "true")]
    return changed(
        name,
        ("codes", value, ""),
        *(("planning", one, f"{one}, off_site_satisfies_annual: {full}") for one in switches),
    )


def forgetful(days: int) -> Policy:
    """A pack whose change rules look back three times so many days, not 270: quick to judge day by day.

    Clearly better for a third of them is enough, so that both rules decide, as in the starter pack.
    """
    held, dwell = (f"{{red: {n}, yellow: {n}, blue: {n}}}" for n in (days, days // 3))
    return changed(
        "forgetful",
        ("codes", "dwell_days: {red: 30, yellow: 30, blue: 30}", f"dwell_days: {dwell}"),
        ("codes", "hold_at_most_days: {red: 90, yellow: 90, blue: 90}", f"hold_at_most_days: {held}"),
    )


MILD = changed(
    "mild",
    ("codes", LIMITS, "value: {blue: 20, yellow: 34, red: 60}"),
    ("scorecard", "{a: -1, b: 0, c: 2, d: 6,", "{a: -1, b: 1, c: 2, d: 6,"),
)
"""Milder cut-offs by more than the one point that credit grade b costs now."""
HARD = changed("hard", ("codes", LIMITS, "value: {blue: 2, yellow: 6, red: 12}"))


@pytest.fixture
def changed_pack(tmp_path: Path) -> ChangedPack:
    """The starter pack as a folder with one passage of one file replaced, read and checked."""

    def change(file: str, old: str, new: str) -> Policy:
        edited(PACKS / "starter", tmp_path, file, old, new)
        return load_policy("starter", folder=tmp_path)

    return change
