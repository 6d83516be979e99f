"""The clock names the definitions that its numbers were counted by; until here there was one, whatever is in force now.

A projection without numbers takes those of its first batch.
"""

from ilp_shared.db.migrate import run_sql

revision = "20261122_counted_by"
down_revision = "20261122_no_coverage"
branch_labels = None
depends_on = None

_DEFINITIONS_2026_1 = "ae16dc8125ecb43a6489eb941b41cfe263d24618b18869c10f3ac36141820b6a"


def upgrade() -> None:
    """Add the column."""
    run_sql("ALTER TABLE projection_clock ADD counted_by varchar")
    run_sql(f"UPDATE projection_clock SET counted_by = '{_DEFINITIONS_2026_1}' WHERE as_of IS NOT NULL")
