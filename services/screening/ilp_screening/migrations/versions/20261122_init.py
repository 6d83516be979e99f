"""Tables of screening: local copies, open days, screenings with their versions.

Revision ID: 20261122_init
Revises:
"""

from ilp_shared.db.migrate import run_sql
from ilp_shared.db.scope import protect
from ilp_shared.write.tables import create_platform_tables

revision = "20261122_init"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE facility_copy (
    facility_id uuid PRIMARY KEY, kind text NOT NULL, area_code text NOT NULL, timezone text NOT NULL,
    version integer NOT NULL);
CREATE TABLE person_copy (
    person_id uuid PRIMARY KEY, sex text NOT NULL, birth_date date NOT NULL, home_area text NOT NULL,
    version integer NOT NULL);

CREATE TABLE open_day (
    id uuid PRIMARY KEY, version integer NOT NULL, facility_id uuid NOT NULL, facility_kind text NOT NULL,
    facility_area text NOT NULL, day date NOT NULL, cancelled boolean NOT NULL, recorded_at timestamptz NOT NULL);
CREATE UNIQUE INDEX uq_open_day_facility_day ON open_day (facility_id, day) WHERE NOT cancelled;
CREATE INDEX ix_open_day_day ON open_day (day, id);

CREATE TABLE screening (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    status text NOT NULL CHECK (status IN ('final', 'corrected', 'entered-in-error')),
    person_id uuid NOT NULL,
    facility_id uuid NOT NULL,
    open_day_id uuid,
    occurred_at timestamptz NOT NULL,
    day date NOT NULL,
    home_area text NOT NULL,
    facility_area text NOT NULL,
    sex text NOT NULL,
    birth_date date NOT NULL,
    observations jsonb NOT NULL,
    results jsonb NOT NULL,
    not_evaluated jsonb NOT NULL,
    policy text,
    performer_role text NOT NULL,
    performer_subject text NOT NULL,
    recorded_at timestamptz NOT NULL);
CREATE INDEX ix_screening_person ON screening (person_id, occurred_at, id);
CREATE INDEX ix_screening_facility ON screening (facility_id, occurred_at, id);
CREATE INDEX ix_screening_open_day ON screening (open_day_id, occurred_at, id);

CREATE TABLE screening_version (
    id uuid, version integer, home_area text NOT NULL, content jsonb NOT NULL, reason text,
    subject text NOT NULL, role text NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (id, version));

CREATE TRIGGER screening_version_add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON screening_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything."""
    create_platform_tables(run_sql, sources=["registry"])
    run_sql(_TABLES)
    for table, column in (
        ("person_copy", "home_area"),
        ("open_day", "facility_area"),
        ("screening", "home_area"),
        ("screening_version", "home_area"),
    ):
        protect(run_sql, table, column)


def downgrade() -> None:
    """Histories only go forward; restore a backup instead."""
    raise NotImplementedError
