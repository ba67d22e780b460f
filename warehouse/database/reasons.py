"""Reasons that people give for taking something as it is."""

from models.errors import WarehouseError

LEAST_REASON = 10
"""Fewest characters of a reason: who comes after must be able to follow it."""


def followable(reason: str) -> str:
    """The reason without surrounding blanks.  Raises WarehouseError where it is too short to be followed later."""
    told = reason.strip()
    if len(told) < LEAST_REASON:
        raise WarehouseError(
            "A reason of {count} characters cannot be followed later. Say in {least_reason} or more "
            "what was found.",
            count=len(told),
            least_reason=LEAST_REASON,
        )
    return told
