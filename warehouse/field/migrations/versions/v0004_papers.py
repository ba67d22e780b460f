"""Documents of visits."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A table of documents."""
    op.create_table(
        "papers",
        sa.Column("paper_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("division", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("asked_hash", sa.String(length=64), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("pdf", sa.String(length=64), nullable=True),
        sa.Column("issued_by", sa.String(length=36), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_by", sa.String(length=36), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.visit_id"], name=op.f("fk_papers_visit_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["users.user_id"], name=op.f("fk_papers_issued_by")),
        sa.ForeignKeyConstraint(["voided_by"], ["users.user_id"], name=op.f("fk_papers_voided_by")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_papers")),
        sa.UniqueConstraint(
            "kind", "level", "division", "year", "n", name=op.f("uq_papers_kind_level_division_year_n")
        ),
    )
    op.create_index("ix_papers_visit_id", "papers", ["visit_id"], unique=False)
