"""People of enterprises."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Which enterprise a user belongs to."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("enterprise_id", sa.String(length=200), nullable=True))
