"""Areas of facilities below villages in capitals, as in tokens and in the registry: one code whatever its case."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_folded"
down_revision = "20261129_summary"

FOLD = """
SELECT set_config('ilp.areas', 'id', true);
UPDATE facility_copy SET area_code = upper(area_code) WHERE area_code <> upper(area_code);
UPDATE open_day SET facility_area = upper(facility_area) WHERE facility_area <> upper(facility_area);
UPDATE screening SET facility_area = upper(facility_area) WHERE facility_area <> upper(facility_area);
"""


def upgrade() -> None:
    """Fold them, as the registry folds its own."""
    run_sql(FOLD)
