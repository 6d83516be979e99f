"""Codes of areas below villages and of facilities in capitals: one code whatever the case in which it was sent.

Where both forms exist, what refers to an area refers to the capital form afterwards; of two facilities each keeps its own.
"""

from ilp_shared.db.migrate import run_sql

revision = "20261129_codes"
down_revision = "20261129_refusals"

FOLD = """
SELECT set_config('ilp.areas', 'id', true);
INSERT INTO area (code, name, level, kind, parent_code, lat, lng, dataset)
SELECT upper(code), name, level, kind, upper(parent_code), lat, lng, dataset FROM area WHERE code <> upper(code)
ON CONFLICT DO NOTHING;
UPDATE area SET parent_code = upper(parent_code) WHERE parent_code <> upper(parent_code);
INSERT INTO area_term (term, code) SELECT term, upper(code) FROM area_term WHERE code <> upper(code) ON CONFLICT DO NOTHING;
DELETE FROM area_term WHERE code <> upper(code);
UPDATE household SET home_area = upper(home_area) WHERE home_area <> upper(home_area);
UPDATE person SET home_area = upper(home_area) WHERE home_area <> upper(home_area);
UPDATE facility SET area_code = upper(area_code) WHERE area_code <> upper(area_code);
UPDATE facility SET catchment = upper(catchment::text)::text[] WHERE catchment::text <> upper(catchment::text);
DELETE FROM area WHERE code <> upper(code);
UPDATE facility f SET code = upper(code) WHERE code <> upper(code)
    AND NOT EXISTS (SELECT 1 FROM facility o WHERE o.kind = f.kind AND o.id <> f.id AND upper(o.code) = upper(f.code));
"""


def upgrade() -> None:
    """Fold the codes and what refers to them."""
    run_sql(FOLD)
