"""Sessions of pages, and logout tokens that were used."""

from ilp_shared.db.migrate import run_sql

revision = "20261130_sessions"
down_revision = "20261130_turns"
branch_labels = None
depends_on = None

_SESSIONS = """
CREATE TABLE page_session (
    id bytea NOT NULL, former_id bytea, form_key bytea NOT NULL, subject text NOT NULL, roles text[] NOT NULL,
    areas text[] NOT NULL, facility uuid, sid text, refresh_token text, fresh_until timestamptz NOT NULL,
    refreshing_until timestamptz, rotated_at timestamptz NOT NULL, used_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT pk_page_session PRIMARY KEY (id));
CREATE INDEX ix_page_session_former_id ON page_session (former_id);
CREATE INDEX ix_page_session_form_key ON page_session (form_key);
CREATE INDEX ix_page_session_sid ON page_session (sid);
CREATE INDEX ix_page_session_subject ON page_session (subject);
CREATE TABLE used_logout_token (
    jti text NOT NULL, ends_at timestamptz NOT NULL,
    CONSTRAINT pk_used_logout_token PRIMARY KEY (jti));
"""


def upgrade() -> None:
    """Create the tables."""
    run_sql(_SESSIONS)
