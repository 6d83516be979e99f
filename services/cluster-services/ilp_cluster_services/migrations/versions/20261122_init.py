"""First tables: those of the platform, facility copy, tasks and their history."""

from ilp_shared.db.migrate import run_sql
from ilp_shared.db.scope import protect
from ilp_shared.write.tables import create_platform_tables

revision = "20261122"
down_revision = None

_TABLES = """
CREATE TABLE facility (
    id uuid CONSTRAINT pk_facility PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL,
    area_code text NOT NULL,
    parent_id uuid);
CREATE TABLE task (
    id uuid CONSTRAINT pk_task PRIMARY KEY,
    version integer NOT NULL,
    screening_id uuid NOT NULL,
    screening_version integer NOT NULL,
    person_id uuid NOT NULL,
    home_area text NOT NULL,
    origin_facility_id uuid NOT NULL,
    facility_id uuid,
    action text NOT NULL,
    kind text NOT NULL CONSTRAINT ck_task_kind CHECK (kind IN ('follow_up', 'referral')),
    klaster smallint NOT NULL,
    target_level text NOT NULL,
    status text NOT NULL
        CONSTRAINT ck_task_status CHECK (status IN ('requested', 'accepted', 'completed', 'cancelled')),
    opened_day date NOT NULL,
    due_at timestamptz NOT NULL,
    result_code text NOT NULL,
    result_codes text[] NOT NULL,
    routed boolean NOT NULL,
    policy_version text NOT NULL,
    outcome text,
    reason text);
CREATE INDEX ix_task_due ON task (due_at, id);
CREATE UNIQUE INDEX ix_task_screening ON task (screening_id, action);
CREATE INDEX ix_task_person ON task (person_id);
CREATE INDEX ix_task_facility ON task (facility_id, due_at);
CREATE INDEX ix_task_home ON task (home_area text_pattern_ops);
CREATE INDEX ix_task_waiting ON task (origin_facility_id) WHERE facility_id IS NULL;
CREATE TABLE task_history (
    task_id uuid NOT NULL CONSTRAINT fk_task_history_task_id_task REFERENCES task (id),
    version integer NOT NULL,
    home_area text NOT NULL,
    move text NOT NULL,
    status text NOT NULL,
    detail text,
    role text NOT NULL,
    subject text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_task_history PRIMARY KEY (task_id, version));
"""


def upgrade() -> None:
    create_platform_tables(run_sql, sources=["registry", "screening"])
    run_sql(_TABLES)
    protect(run_sql, "task", "home_area")
    protect(run_sql, "task_history", "home_area")
