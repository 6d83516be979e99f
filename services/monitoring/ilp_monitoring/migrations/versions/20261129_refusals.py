"""Refused and empty accesses in the audit."""

from ilp_shared.db.migrate import run_sql
from ilp_shared.write.tables import add_refusals

revision = "20261129_refusals"
down_revision = "20261122_init"


def upgrade() -> None:
    """Add them."""
    add_refusals(run_sql)
