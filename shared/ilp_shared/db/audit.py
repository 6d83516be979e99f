"""The access audit: who saw or changed whose records, appended in the transaction of the access itself.

One table shape for all services. No row, no answer: the row commits before the records leave.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection

ACCESS_AUDIT: Final = """
CREATE TABLE access_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    subject text NOT NULL, role text NOT NULL, action text NOT NULL, person_id uuid NOT NULL, purpose text);
CREATE INDEX access_audit_person ON access_audit (person_id, at);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER access_audit_add_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
"""Part of every service's first migration; `refuse_change` also protects other tables that only grow."""

_APPEND = """
INSERT INTO access_audit (subject, role, action, person_id, purpose)
SELECT $1, $2, $3, person, $5 FROM unnest($4::uuid[]) AS t (person)
"""


async def record_access(
    conn: Connection, principal: Principal, action: str, persons: Iterable[UUID], *, purpose: str | None = None
) -> None:
    """Append one row per person; `action` names resource and verb, e.g. `tasks.list`."""
    distinct = sorted(set(persons))
    if distinct:
        await conn.execute(_APPEND, principal.subject, principal.role, action, distinct, purpose)
