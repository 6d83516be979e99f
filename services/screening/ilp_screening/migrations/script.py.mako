"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from ilp_shared.db.migrate import run_sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Apply."""
    run_sql("""
    """)


def downgrade() -> None:
    """Histories only go forward; restore a backup instead."""
    raise NotImplementedError
