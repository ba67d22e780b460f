"""Who goes on a visit, and who sent a photo: by them it is told who sees it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Tables of who goes and of who sent, filled from what the ledger holds."""
    going = op.create_table(
        "going",
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("officer_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.visit_id"], name=op.f("fk_going_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "officer_id", name=op.f("pk_going")),
    )
    op.create_index("ix_going_officer_id", "going", ["officer_id"], unique=False)
    op.create_table(
        "senders",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_senders_sha256")),
        sa.ForeignKeyConstraint(["by"], ["users.user_id"], name=op.f("fk_senders_by")),
        sa.PrimaryKeyConstraint("sha256", "by", name=op.f("pk_senders")),
    )
    op.execute('INSERT INTO senders (sha256, "by") SELECT sha256, "by" FROM blobs')
    connection = op.get_bind()
    for visit_id, told in connection.execute(sa.text("SELECT visit_id, filing FROM visits")).all():
        filing = json.loads(told)
        people = {*filing.get("officers", ()), *filing.get("technical_inspectors", ())}
        rows = [{"visit_id": visit_id, "officer_id": one} for one in sorted(people)]
        if rows:
            connection.execute(going.insert(), rows)
