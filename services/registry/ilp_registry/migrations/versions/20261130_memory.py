"""What a consumer remembers of the events that it applied."""

from ilp_shared.bus.tables import add_memory
from ilp_shared.db.migrate import run_sql

revision = "20261130_memory"
down_revision = "20261129_lookups"


def upgrade() -> None:
    """Add it."""
    add_memory(run_sql)
