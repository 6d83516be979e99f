"""Days on which each regency sent screenings."""

from ilp_shared.db.migrate import run_sql

revision = "20261130_sending_days"
down_revision = "20261130_sessions"
branch_labels = None
depends_on = None

_DAYS = """
CREATE TABLE sending_day (
    area_code text NOT NULL, day date NOT NULL,
    CONSTRAINT pk_sending_day PRIMARY KEY (area_code, day));
"""


def upgrade() -> None:
    """Create the table; it fills from now on."""
    run_sql(_DAYS)
