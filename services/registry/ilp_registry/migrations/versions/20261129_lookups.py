"""Look-ups keep the question that had a conflict as answer, and the series of the NIKs that were registered."""

from ilp_shared.db.migrate import run_sql

revision = "20261129_lookups"
down_revision = "20261129_sort"

LOOKUPS = """
ALTER TABLE lookup ADD COLUMN question bytea, ADD COLUMN series bytea;
DROP INDEX ix_lookup_client_at;
CREATE INDEX ix_lookup_client_at ON lookup (client, at) WHERE number > 0;
CREATE INDEX ix_lookup_client_question ON lookup (client, question) WHERE question IS NOT NULL;
CREATE INDEX ix_lookup_client_series ON lookup (client, series, at) WHERE series IS NOT NULL;
CREATE INDEX ix_lookup_at ON lookup (at);
"""


def upgrade() -> None:
    """Add both, and what they are found by."""
    run_sql(LOOKUPS)
