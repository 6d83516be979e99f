"""Posyandu registered in each area; persons by their first month of a year; tasks by the day they are due."""

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
CREATE TABLE task_count (
    area_code text NOT NULL, period text COLLATE "C" NOT NULL, due_day text COLLATE "C" NOT NULL,
    open bigint NOT NULL, done bigint NOT NULL,
    CONSTRAINT pk_task_count PRIMARY KEY (area_code, period, due_day)) WITH (fillfactor = 70);
ALTER TABLE task_state ADD COLUMN due_day text NOT NULL DEFAULT '';
ALTER TABLE task_state ALTER COLUMN due_day DROP DEFAULT;
"""


def upgrade() -> None:
    """Create the tables; they are filled by `python -m ilp_monitoring rebuild`, which new definitions ask for."""
    run_sql(_UNITS)
