"""Posyandu registered in each area, beside those that opened and those that reported."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_units"
down_revision = "20261129_refusals"
branch_labels = None
depends_on = None

_UNITS = """
CREATE TABLE posyandu_count (
    area_code text NOT NULL, n bigint NOT NULL,
    CONSTRAINT pk_posyandu_count PRIMARY KEY (area_code)) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    """Create the table; it is filled by `python -m ilp_monitoring rebuild`, which new definitions ask for."""
    run_sql(_UNITS)
