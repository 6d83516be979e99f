"""A second column of digests for NIK and KK, so that the index key can be changed while the service works.

`blind_index` holds the state of each of the two columns, and a trigger keeps it: whatever the release and the settings
of a writer, a number has a digest in every column that needs one. The refusal is transient: another api may take it.
"""

from ilp_shared.db.migrate import run_sql

revision = "20261130_places"
down_revision = "20261130_memory"

COLUMNS = """
ALTER TABLE person ADD COLUMN nik_index_2 bytea;
ALTER TABLE household ADD COLUMN kk_index_2 bytea;
CREATE TABLE blind_index (
    place text PRIMARY KEY CHECK (place IN ('1', '2')),
    state text NOT NULL CHECK (state IN ('empty', 'filling', 'completing', 'required', 'leaving')));
INSERT INTO blind_index VALUES ('1', 'required'), ('2', 'empty');
ALTER TABLE person DROP CONSTRAINT person_check;
ALTER TABLE person ADD CONSTRAINT person_identity_number CHECK (
    (identity = 'nik') = (nik_cipher IS NOT NULL AND nik_key_id IS NOT NULL
                          AND (nik_index IS NOT NULL OR nik_index_2 IS NOT NULL))) NOT VALID;
"""

# One function for each table: a column of the other one does not exist in it.
TRIGGER = """
CREATE FUNCTION keep_{table}_digests() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE states text[] := ARRAY(SELECT state FROM blind_index ORDER BY place);
BEGIN
    IF states[1] IN ('empty', 'leaving') THEN NEW.{number}_index := NULL; END IF;
    IF states[2] IN ('empty', 'leaving') THEN NEW.{number}_index_2 := NULL; END IF;
    IF states[1] IN ('completing', 'required') AND NEW.{number}_index IS NULL
        OR states[2] IN ('completing', 'required') AND NEW.{number}_index_2 IS NULL THEN
        RAISE EXCEPTION 'a number needs its digest under the index key in force' USING ERRCODE = 'transaction_rollback';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {table}_digests BEFORE INSERT OR UPDATE OF {number}_index, {number}_index_2 ON {table}
    FOR EACH ROW WHEN (NEW.{number}_cipher IS NOT NULL) EXECUTE FUNCTION keep_{table}_digests();
"""

# As before, with the digests of both columns: one row for each.
TAKEN = """
CREATE OR REPLACE FUNCTION taken_persons(ids uuid[], niks bytea[]) RETURNS TABLE (id uuid, nik_index bytea)
LANGUAGE plpgsql AS $$
DECLARE own_areas text := current_setting('ilp.areas', true);
BEGIN
    PERFORM set_config('ilp.areas', 'id', true);
    RETURN QUERY SELECT p.id, d.digest FROM person p CROSS JOIN LATERAL unnest(ARRAY[p.nik_index, p.nik_index_2]) AS d (digest)
        WHERE p.id = ANY (ids) OR p.nik_index = ANY (niks) OR p.nik_index_2 = ANY (niks);
    PERFORM set_config('ilp.areas', coalesce(own_areas, ''), true);
END $$;
CREATE OR REPLACE FUNCTION households_outside(areas text[], ids uuid[], kks bytea[])
RETURNS TABLE (id uuid, kk_index bytea)
LANGUAGE plpgsql AS $$
DECLARE own_areas text := current_setting('ilp.areas', true);
BEGIN
    PERFORM set_config('ilp.areas', 'id', true);
    RETURN QUERY SELECT h.id, d.digest
        FROM household h CROSS JOIN LATERAL unnest(ARRAY[h.kk_index, h.kk_index_2]) AS d (digest)
        WHERE (h.id = ANY (ids) OR h.kk_index = ANY (kks) OR h.kk_index_2 = ANY (kks)) AND NOT EXISTS (
            SELECT 1 FROM unnest(areas) AS a (code)
            WHERE a.code = 'id' OR h.home_area = a.code OR starts_with(h.home_area, a.code || '.'));
    PERFORM set_config('ilp.areas', coalesce(own_areas, ''), true);
END $$;
"""


def upgrade() -> None:
    """Add them."""
    run_sql(COLUMNS)
    for table, number in (("person", "nik"), ("household", "kk")):
        run_sql(TRIGGER.format(table=table, number=number))
    run_sql(TAKEN)
