"""Which regencies a recount compared, and when each was compared last."""

from ilp_shared.db.migrate import run_sql

revision = "20261130_turns"
down_revision = "20261130_memory"
branch_labels = None
depends_on = None

_TURNS = """
CREATE TABLE recount_part (
    code text NOT NULL, at timestamptz NOT NULL, differences bigint NOT NULL,
    CONSTRAINT pk_recount_part PRIMARY KEY (code));
ALTER TABLE recount_run ADD COLUMN regencies bigint, ADD COLUMN regencies_compared bigint,
    ADD COLUMN all_since timestamptz;
"""


def upgrade() -> None:
    """Create the table; runs from before keep no regencies."""
    run_sql(_TURNS)
