"""Evaluations of visits by the enterprises."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Which links were used, and apart from that what was said."""
    op.create_table(
        "evaluated",
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.visit_id"], name=op.f("fk_evaluated_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_evaluated")),
    )
    op.create_table(
        "evaluations",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("division", sa.String(length=20), nullable=False),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_evaluations")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_evaluations_level_division_quarter",
        "evaluations",
        ["level", "division", "quarter"],
        unique=False,
    )
