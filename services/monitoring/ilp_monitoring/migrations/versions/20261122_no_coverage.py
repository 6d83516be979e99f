"""Contributions are counted from the stored screenings alone: their table goes."""

from ilp_shared.db.migrate import run_sql

revision = "20261122_no_coverage"
down_revision = "20261122_init"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the table of contributions."""
    run_sql("DROP TABLE coverage")
