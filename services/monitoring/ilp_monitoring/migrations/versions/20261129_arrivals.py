"""Records that came in, by area, minute and facility."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_arrivals"
down_revision = "20261129_units"
branch_labels = None
depends_on = None

_ARRIVALS = """
CREATE TABLE arrival (
    area_code text COLLATE "C" NOT NULL, minute text COLLATE "C" NOT NULL, facility_id uuid NOT NULL,
    weighings bigint NOT NULL, others bigint NOT NULL,
    CONSTRAINT pk_arrival PRIMARY KEY (area_code, minute, facility_id)) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    """Create the table; it is filled by `python -m ilp_monitoring rebuild`, or by what comes in from now on."""
    run_sql(_ARRIVALS)
