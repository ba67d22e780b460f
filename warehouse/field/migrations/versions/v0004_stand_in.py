"""Stands in for a step that is made elsewhere; it goes when that one comes."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing."""
