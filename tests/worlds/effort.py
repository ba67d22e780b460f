"""How much a test run tries: the usual share, or everything (``make test-all``, before a release)."""

import os

EVERYTHING = os.environ.get("RISKCODE_TESTS") == "all"


def tries(whole: int) -> int:
    """How many examples are tried of so many: a quarter in a usual run, at least two."""
    return whole if EVERYTHING else max(2, whole // 4)
