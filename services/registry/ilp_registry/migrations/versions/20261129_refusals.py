"""Refused accesses, look-ups of an account, what is taken anywhere; stored answers lose the digits of a NIK."""

from ilp_shared.db.migrate import run_sql
from ilp_shared.write.tables import add_refusals, replace_in_answers

revision = "20261129_refusals"
down_revision = "20261122_init"

LOOKUPS = """
CREATE TABLE lookup (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), number integer NOT NULL);
CREATE INDEX ix_lookup_client_at ON lookup (client, at);
"""

# Nothing of a person is returned but that a number or id is taken: the areas are set back before the function ends.
TAKEN = """
CREATE FUNCTION taken_persons(ids uuid[], niks bytea[]) RETURNS TABLE (id uuid, nik_index bytea)
LANGUAGE plpgsql AS $$
DECLARE own_areas text := current_setting('ilp.areas', true);
BEGIN
    PERFORM set_config('ilp.areas', 'id', true);
    RETURN QUERY SELECT p.id, p.nik_index FROM person p WHERE p.id = ANY (ids) OR p.nik_index = ANY (niks);
    PERFORM set_config('ilp.areas', coalesce(own_areas, ''), true);
END $$;
CREATE FUNCTION households_outside(areas text[], ids uuid[], kks bytea[]) RETURNS TABLE (id uuid, kk_index bytea)
LANGUAGE plpgsql AS $$
DECLARE own_areas text := current_setting('ilp.areas', true);
BEGIN
    PERFORM set_config('ilp.areas', 'id', true);
    RETURN QUERY SELECT h.id, h.kk_index FROM household h
        WHERE (h.id = ANY (ids) OR h.kk_index = ANY (kks)) AND NOT EXISTS (
            SELECT 1 FROM unnest(areas) AS a (code)
            WHERE a.code = 'id' OR h.home_area = a.code OR starts_with(h.home_area, a.code || '.'));
    PERFORM set_config('ilp.areas', coalesce(own_areas, ''), true);
END $$;
"""


def upgrade() -> None:
    """Add them."""
    add_refusals(run_sql)
    for script in (LOOKUPS, TAKEN):
        run_sql(script)
    replace_in_answers(run_sql, '"nik":"[*]{12}[0-9]{4}"', '"nik":"****************"')
