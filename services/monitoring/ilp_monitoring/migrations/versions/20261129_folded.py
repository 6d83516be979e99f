"""Areas of facilities below villages in capitals, as in tokens and in the registry: one code whatever its case."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_folded"
down_revision = "20261129_arrivals"

FOLD = """
SELECT set_config('ilp.areas', 'id', true);
UPDATE facility SET area_code = upper(area_code) WHERE area_code <> upper(area_code);
UPDATE observation SET facility_area = upper(facility_area) WHERE facility_area <> upper(facility_area);
UPDATE open_day SET facility_area = upper(facility_area) WHERE facility_area <> upper(facility_area);
"""


def upgrade() -> None:
    """Fold them, as the registry folds its own."""
    run_sql(FOLD)
