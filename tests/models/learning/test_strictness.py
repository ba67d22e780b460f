"""Strictness of teams: pooled towards 1, and taken out of counts."""

import polars as pl
import pytest

from models.learning.strictness import adjusted_counts, team_effects


def visits(**teams: tuple[int, int]) -> pl.DataFrame:
    """Visits of each team with the same number of findings each: ``team=(visits, findings a visit)``."""
    return pl.DataFrame(
        [
            {"team": team, "sector": "general", "findings": each}
            for team, (count, each) in teams.items()
            for _ in range(count)
        ]
    )


def test_a_team_that_finds_thrice_as_much_as_the_other_is_stricter():
    effects = team_effects(visits(strict=(100, 3), mild=(100, 1)))
    strictness = dict(effects.select("team", "strictness").iter_rows())
    assert strictness["strict"] == pytest.approx(1.5, abs=0.03)
    assert strictness["mild"] == pytest.approx(0.5, abs=0.03)


def test_a_team_with_few_visits_lies_nearer_to_average():
    effects = team_effects(visits(often=(200, 2), once=(1, 2), others=(200, 1)))
    strictness = dict(effects.select("team", "strictness").iter_rows())
    assert 1 < strictness["once"] < strictness["often"]


def test_teams_that_differ_no_more_than_chance_are_all_average():
    effects = team_effects(visits(a=(50, 2), b=(60, 2), c=(40, 2)))
    assert effects["strictness"].to_list() == pytest.approx([1.0, 1.0, 1.0])


def test_a_finding_counts_less_from_a_strict_team_and_as_it_is_from_an_unknown_one():
    teams = pl.DataFrame({"team": ["strict", "mild"], "strictness": [2.0, 0.5]})
    findings = pl.DataFrame(
        {
            "enterprise_id": ["e1", "e1", "e2", "e3"],
            "team": ["strict", "strict", "mild", None],
            "quantity": [1, 3, 1, 1],
        }
    )
    adjusted = dict(adjusted_counts(findings, teams).iter_rows())
    assert adjusted == {"e1": 2.0, "e2": 2.0, "e3": 1.0}
