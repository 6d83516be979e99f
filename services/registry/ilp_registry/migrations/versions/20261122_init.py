"""Areas, facilities, persons, households, loads."""

from ilp_shared.db.migrate import run_sql
from ilp_shared.db.scope import protect
from ilp_shared.write.tables import create_platform_tables

revision = "20261122_init"
down_revision = None

AREAS = """
CREATE TABLE area (
    code text COLLATE "C" PRIMARY KEY, name text NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'regency', 'district', 'village', 'sub_village')),
    kind text NOT NULL, parent_code text COLLATE "C" REFERENCES area,
    lat double precision, lng double precision, dataset text NOT NULL);
CREATE INDEX ix_area_parent_code ON area (parent_code);
CREATE TABLE area_alias (
    code text COLLATE "C" REFERENCES area, name text, source text NOT NULL, PRIMARY KEY (code, name));
CREATE TABLE area_term (
    term text COLLATE "C", code text COLLATE "C" REFERENCES area, PRIMARY KEY (term, code));
CREATE TABLE area_tree (root text PRIMARY KEY, id uuid NOT NULL CONSTRAINT uq_area_tree_id UNIQUE, version integer NOT NULL);
"""

FACILITIES = """
CREATE TABLE facility (
    id uuid PRIMARY KEY, version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('puskesmas', 'pustu', 'posyandu')),
    name text NOT NULL, search text COLLATE "C" NOT NULL, code text,
    area_code text COLLATE "C" NOT NULL REFERENCES area, parent_id uuid REFERENCES facility,
    catchment text[] NOT NULL, lat double precision, lng double precision,
    example_data boolean NOT NULL, registered_at timestamptz NOT NULL);
CREATE UNIQUE INDEX uq_facility_kind_code ON facility (kind, code);
CREATE INDEX ix_facility_area_code ON facility (area_code);
CREATE INDEX ix_facility_search_id ON facility (search, id);
CREATE INDEX ix_facility_parent_id ON facility (parent_id);
CREATE INDEX ix_facility_catchment ON facility USING gin (catchment);
"""

PERSONS = """
CREATE TABLE household (
    id uuid PRIMARY KEY, home_area text COLLATE "C" NOT NULL REFERENCES area,
    kk_key_id text, kk_cipher bytea, kk_index bytea CONSTRAINT uq_household_kk_index UNIQUE, registered_at timestamptz NOT NULL);
CREATE INDEX ix_household_home_area ON household (home_area);
CREATE TABLE person (
    id uuid PRIMARY KEY, version integer NOT NULL,
    home_area text COLLATE "C" NOT NULL REFERENCES area, origin_area text NOT NULL,
    name text NOT NULL, search text COLLATE "C" NOT NULL,
    sex text NOT NULL CHECK (sex IN ('male', 'female')), birth_date date NOT NULL,
    identity text NOT NULL CHECK (identity IN ('nik', 'temporary')),
    nik_key_id text, nik_cipher bytea, nik_index bytea CONSTRAINT uq_person_nik_index UNIQUE,
    phone_key_id text, phone_cipher bytea,
    household_id uuid REFERENCES household, example_data boolean NOT NULL,
    registered_at timestamptz NOT NULL,
    CHECK ((identity = 'nik') = (nik_index IS NOT NULL AND nik_cipher IS NOT NULL AND nik_key_id IS NOT NULL)));
CREATE INDEX ix_person_home_area_search ON person (home_area, search);
CREATE INDEX ix_person_household_id ON person (household_id);
"""

LOADS = """
CREATE TABLE reference_load (sha256 text PRIMARY KEY, loaded_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE facility_import (
    file_sha256 text, row integer, content text NOT NULL,
    status text, reason text, facility_id uuid, PRIMARY KEY (file_sha256, row));
"""


def upgrade() -> None:
    """Create everything; persons and households exist only inside the transaction's areas."""
    create_platform_tables(run_sql, sources=[])
    for script in (AREAS, FACILITIES, PERSONS, LOADS):
        run_sql(script)
    protect(run_sql, "person", "home_area")
    protect(run_sql, "household", "home_area")
