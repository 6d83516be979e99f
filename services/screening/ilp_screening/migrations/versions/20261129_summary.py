"""What the family was told and what was to be looked at again: kept with the screening, as its results are.

Screenings recorded before take both from the answer that their newest version keeps.
"""

from ilp_shared.db.migrate import run_sql

revision = "20261129_summary"
down_revision = "20261129_refusals"

_KEEP = """
SELECT set_config('ilp.areas', 'id', true);
ALTER TABLE screening ADD COLUMN summary jsonb, ADD COLUMN warnings jsonb NOT NULL DEFAULT '[]';
ALTER TABLE screening ALTER COLUMN warnings DROP DEFAULT;
UPDATE screening s SET summary = NULLIF(v.content->'summary', 'null'), warnings = COALESCE(v.content->'warnings', '[]')
FROM screening_version v WHERE v.id = s.id AND v.version = s.version;
"""


def upgrade() -> None:
    """Keep them."""
    run_sql(_KEEP)
