"""Tables of the bus, of what is counted, and of the cells."""

from ilp_shared.db.migrate import run_sql
from ilp_shared.db.scope import protect
from ilp_shared.write.tables import create_platform_tables

revision = "20261122_init"
down_revision = None
branch_labels = None
depends_on = None

_AREAS = """
CREATE TABLE area (
    code text NOT NULL, name text NOT NULL, level text NOT NULL, kind text NOT NULL, parent_code text,
    lat double precision, lng double precision,
    CONSTRAINT pk_area PRIMARY KEY (code));
CREATE INDEX ix_monitoring_area_parent_code ON area (parent_code);
INSERT INTO area (code, name, level, kind) VALUES ('id', 'Indonesia', 'nation', 'negara');
CREATE TABLE area_tree (
    root text NOT NULL, version integer NOT NULL, CONSTRAINT pk_area_tree PRIMARY KEY (root));
CREATE TABLE facility (
    facility_id uuid NOT NULL, version integer NOT NULL, kind text NOT NULL, name text NOT NULL,
    area_code text NOT NULL, example_data boolean NOT NULL,
    CONSTRAINT pk_facility PRIMARY KEY (facility_id));
CREATE INDEX ix_facility_area_code ON facility (area_code text_pattern_ops);
CREATE INDEX ix_facility_example_data ON facility (example_data) WHERE example_data;
"""

_STATE = """
CREATE TABLE resident (
    person_id uuid NOT NULL, version integer NOT NULL, sex text NOT NULL, birth_month text NOT NULL,
    home_area text NOT NULL, active boolean NOT NULL,
    CONSTRAINT pk_resident PRIMARY KEY (person_id));
CREATE TABLE observation (
    screening_id uuid NOT NULL, version integer NOT NULL, person_id uuid NOT NULL, facility_id uuid NOT NULL,
    facility_kind text NOT NULL, facility_area text NOT NULL, period text COLLATE "C" NOT NULL, day date NOT NULL,
    occurred_at timestamptz NOT NULL, home_area text NOT NULL, birth_month text NOT NULL,
    facts smallint NOT NULL, voided boolean NOT NULL,
    CONSTRAINT pk_observation PRIMARY KEY (screening_id));
CREATE INDEX ix_observation_person_period ON observation (person_id, period);
CREATE TABLE task_state (
    task_id uuid NOT NULL, version integer NOT NULL, period text NOT NULL, home_area text NOT NULL,
    status text NOT NULL,
    CONSTRAINT pk_task_state PRIMARY KEY (task_id));
CREATE TABLE open_day (
    open_day_id uuid NOT NULL, version integer NOT NULL, facility_id uuid NOT NULL, facility_kind text NOT NULL,
    facility_area text NOT NULL, day date NOT NULL, cancelled boolean NOT NULL,
    CONSTRAINT pk_open_day PRIMARY KEY (open_day_id));
CREATE TABLE facility_open_days (
    facility_id uuid NOT NULL, period text NOT NULL, area_code text NOT NULL, open_days integer NOT NULL,
    CONSTRAINT pk_facility_open_days PRIMARY KEY (facility_id, period, area_code));
CREATE TABLE facility_reports (
    facility_id uuid NOT NULL, period text NOT NULL, screenings integer NOT NULL,
    CONSTRAINT pk_facility_reports PRIMARY KEY (facility_id, period));
"""

_CELLS = """
CREATE TABLE cell (
    area_code text COLLATE "C" NOT NULL, period text COLLATE "C" NOT NULL, indicator text COLLATE "C" NOT NULL,
    numerator bigint NOT NULL, denominator bigint NOT NULL,
    CONSTRAINT pk_cell PRIMARY KEY (area_code, period, indicator)) WITH (fillfactor = 70);
CREATE TABLE completeness (
    area_code text NOT NULL, period text NOT NULL, expected bigint NOT NULL, reported bigint NOT NULL,
    CONSTRAINT pk_completeness PRIMARY KEY (area_code, period)) WITH (fillfactor = 70);
CREATE TABLE population (
    area_code text NOT NULL, birth_month text NOT NULL, sex text NOT NULL, n bigint NOT NULL,
    CONSTRAINT pk_population PRIMARY KEY (area_code, birth_month, sex)) WITH (fillfactor = 70);
CREATE TABLE sasaran (
    area_code text NOT NULL, population_group text NOT NULL, n bigint NOT NULL,
    CONSTRAINT pk_sasaran PRIMARY KEY (area_code, population_group));
CREATE TABLE projection_clock (
    singleton boolean NOT NULL DEFAULT true CHECK (singleton), sequence bigint NOT NULL, as_of timestamptz,
    counted_by text,
    CONSTRAINT pk_projection_clock PRIMARY KEY (singleton));
INSERT INTO projection_clock (sequence) VALUES (0);
CREATE TABLE projection_batch (
    sequence bigint NOT NULL, applied_at timestamptz NOT NULL, as_of timestamptz NOT NULL,
    CONSTRAINT pk_projection_batch PRIMARY KEY (sequence));
CREATE INDEX ix_monitoring_projection_batch_applied_at ON projection_batch (applied_at);
CREATE TABLE change (
    area_code text COLLATE "C" NOT NULL, sequence bigint NOT NULL, indicator text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL, numerator bigint NOT NULL, denominator bigint NOT NULL,
    CONSTRAINT pk_change PRIMARY KEY (area_code, sequence, indicator, period));
CREATE INDEX ix_change_sequence ON change (sequence);
CREATE TABLE announcement (
    area_code text NOT NULL, version integer NOT NULL, sequence bigint NOT NULL, at timestamptz NOT NULL,
    CONSTRAINT pk_announcement PRIMARY KEY (area_code));
CREATE TABLE recount_run (
    id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, cells bigint NOT NULL,
    events bigint NOT NULL, differences bigint NOT NULL, duration_s double precision NOT NULL, detail text NOT NULL,
    CONSTRAINT pk_recount_run PRIMARY KEY (id));
"""

_PERSONAL = {"resident": "home_area", "observation": "home_area", "task_state": "home_area"}
"""Table → the column with its area: row-level security."""


def upgrade() -> None:
    """Create everything."""
    create_platform_tables(run_sql, sources=["registry", "screening", "cluster"])
    for script in (_AREAS, _STATE, _CELLS):
        run_sql(script)
    for table, area in _PERSONAL.items():
        protect(run_sql, table, area)
        run_sql(f"ALTER POLICY {table}_scope ON {table} USING ({_scope(area)}) WITH CHECK ({_scope(area)})")


def _scope(area: str) -> str:
    """Return `in_scope(area)`, evaluated per row only where the scope is not the nation: much faster for the worker."""
    return f"(SELECT current_setting('ilp.areas', true)) = 'id' OR in_scope({area})"
