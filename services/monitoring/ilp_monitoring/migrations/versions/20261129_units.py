"""Posyandu registered in each area; persons by the month in which a calendar year first counted them."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_units"
down_revision = "20261129_refusals"
branch_labels = None
depends_on = None

_UNITS = """
CREATE TABLE posyandu_count (
    area_code text NOT NULL, n bigint NOT NULL,
    CONSTRAINT pk_posyandu_count PRIMARY KEY (area_code)) WITH (fillfactor = 70);
CREATE TABLE first_in_year (
    area_code text NOT NULL, period text COLLATE "C" NOT NULL, indicator text NOT NULL, n bigint NOT NULL,
    CONSTRAINT pk_first_in_year PRIMARY KEY (area_code, period, indicator)) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    """Create the tables; they are filled by `python -m ilp_monitoring rebuild`, which new definitions ask for."""
    run_sql(_UNITS)
