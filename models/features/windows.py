"""Windows and weights as data: how long an event counts, and how much.

Windows include their last day and end at the day coded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

YEAR, TWO_YEARS, THREE_YEARS, FIVE_YEARS = 365, 730, 1096, 1826
RECENT = 90
"""Days for which alerts count that were not answered in time, and silent sensors."""
HALF_YEAR = 180
"""Days within which three penalties count in 安全生产法 art. 113(1)."""


@dataclass(frozen=True)
class FeaturePolicy:
    """What the features need, on one day.  ``off_site_settles``: ``models.policy.shape.OffSiteMatter``."""

    severity_points: Mapping[str, int]
    violation_bands: tuple[tuple[int, int], ...]
    severity_window_days: int
    severity_mean_points: Mapping[str, int]
    prior_points: int
    prior_visits: int
    repeat_window_days: int
    alert_points: Mapping[str, int]
    alert_bands: tuple[tuple[int, int], ...]
    slow_minutes: int
    unanswered_minutes: int
    longest_plan_days: int
    off_site_settles: frozenset[str]


Amount = int | Callable[[FeaturePolicy], int]
"""So many days or minutes, always or as the policy says."""
Bands = Callable[[FeaturePolicy], tuple[tuple[int, int], ...]]
"""Weights by age: the last day of each band, and its weight; 0 past the last one."""


def amount(of: Amount, policy: FeaturePolicy) -> int:
    """How many it is under a policy."""
    return of if isinstance(of, int) else of(policy)


def long_window(policy: FeaturePolicy) -> int:
    """Days of the long severity window."""
    return policy.severity_window_days


_HALVING = (
    (1, 16),
    (2, 13),
    (3, 11),
    (4, 10),
    (5, 8),
    (6, 7),
    (7, 6),
    (8, 5),
    (9, 4),
    (11, 3),
    (14, 2),
    (20, 1),
)
"""Sixteen halved every four steps, in whole numbers: the last step of each weight."""


def halving(half_life: int) -> Bands:
    """Weights that halve every so many days, in quarters of them: 16 at first, nothing after five halvings."""
    return lambda policy: tuple((step * half_life // 4, weight) for step, weight in _HALVING)


def evenly(days: Amount) -> Bands:
    """One band of weight 1."""
    return lambda policy: ((amount(days, policy), 1),)
