"""How much a test run tries: the usual share, or everything (``make test-all``, before a release)."""

import os

from hypothesis import HealthCheck, settings

EVERYTHING = os.environ.get("RISKCODE_TESTS") == "all"


def tries(whole: int, share: int = 4) -> int:
    """How many examples are tried of so many: a quarter in a usual run, at least two.

    A smaller share (an eighth) is enough of a law whose single example takes whole nights or deliveries in.
    """
    return whole if EVERYTHING else max(2, whole // share)


def histories(examples: int, *, steps: int) -> settings:
    """How many histories a state machine lives, always the same ones, and how many things happen in each."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
