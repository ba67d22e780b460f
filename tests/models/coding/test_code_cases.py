"""Cases of codes that a lawyer can check by hand: ``tests/cases/codes/*.yaml``.

A case gives what is on record of one enterprise (``given``) and what the facts of the day then say (``then``): the
code, the rules that speak (``because``, in any order) and features.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.coding.verdicts import assign_codes, verdicts
from models.policy import PolicyOnDay, load_policy
from tests.worlds.by_hand import world
from tests.worlds.coded import features_on
from tests.worlds.strategies import as_events, integer_frames

Case = Mapping[str, Any]
CASES = Path(__file__).parents[2] / "cases" / "codes"


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        file = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(file) == {"clause", "title", "cases"}
        assert set(file["title"]) == {"zh", "en"}
        yield from (pytest.param(case, id=f"{path.stem}: {case['name']}") for case in file["cases"])


def _policy(case: Case) -> PolicyOnDay:
    policy = load_policy().on(case["as_of"])
    if "off_site_settles" not in case:
        return policy
    settles = frozenset(case["off_site_settles"])
    return replace(policy, features=replace(policy.features, off_site_settles=settles))


def _given(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Rows as the tables have them; YAML knows days, and minutes only with their seconds."""
    return {
        table: [
            {
                name: datetime.fromisoformat(value)
                if name.endswith("_at") and isinstance(value, str)
                else value
                for name, value in row.items()
            }
            for row in told
        ]
        for table, told in rows.items()
    }


@pytest.mark.parametrize("case", _cases())
def test_a_case_is_coded_as_written(case: Case):
    assert set(case) <= {"name", "as_of", "off_site_settles", "given", "then"}
    policy, then = _policy(case), dict(case["then"])
    events = as_events(integer_frames(world(**_given(case["given"]))))
    folded = features_on(events, as_of=case["as_of"], policy=policy.features)
    features, points = folded.row(0, named=True), policy.scorecard.contributions(folded)
    coded = assign_codes(folded, points, policy=policy).row(0, named=True)
    said = verdicts(folded, points, policy.codes).row(0, named=True)
    spoken = {
        name.removeprefix("voice:") for name, rank in said.items() if name.startswith("voice:") and rank
    } - {"voice:score", "score"}
    told = {**features, "code": coded["code"], "because": spoken}
    wanted = {**then, "because": set(then.get("because", ()))}
    assert {name: told[name] for name in wanted} == wanted, (case["name"], coded)
    assert coded["decided_by"] in {*wanted["because"], "score"}
