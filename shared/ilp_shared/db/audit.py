"""The access audit: who saw or changed whose records, appended in the transaction of the access itself.

Requests that were refused and searches without a match are accesses too. One table shape for all services. No row, no
answer: the row commits before the answer leaves.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple
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

REFUSALS: Final = """
ALTER TABLE access_audit ALTER COLUMN person_id DROP NOT NULL;
ALTER TABLE access_audit
    ADD COLUMN outcome text NOT NULL DEFAULT 'given' CHECK (outcome IN ('given', 'nothing', 'refused')),
    ADD COLUMN object_id uuid, ADD COLUMN number_index bytea;
CREATE INDEX access_audit_subject ON access_audit (subject, at);
"""
"""Adds what is refused or not found: the id asked for, or the blind index of the number (never the number)."""

_APPEND = """
INSERT INTO access_audit (subject, role, action, person_id, purpose)
SELECT $1, $2, $3, person, $5 FROM unnest($4::uuid[]) AS t (person)
"""
_APPEND_VAIN = """
INSERT INTO access_audit (subject, role, action, outcome, object_id, number_index)
SELECT $1, $2, $3, $4, object, number FROM unnest($5::uuid[], $6::bytea[]) AS t (object, number)
"""
Outcome = Literal["nothing", "refused"]


class Asked(NamedTuple):
    """What an access in vain named: an id, the blind index of a number, or neither (None)."""

    object_id: UUID | None = None
    number_index: bytes | None = None


async def record_access(
    conn: Connection, principal: Principal, action: str, persons: Iterable[UUID], *, purpose: str | None = None
) -> None:
    """Append one row per person; `action` names resource and verb, e.g. `tasks.list`."""
    distinct = sorted(set(persons))
    if distinct:
        await conn.execute(_APPEND, principal.subject, principal.role, action, distinct, purpose)


async def record_vain_access(
    conn: Connection, principal: Principal, action: str, outcome: Outcome, asked: Sequence[Asked]
) -> None:
    """Append one row for each thing asked for that was refused, or that no record matches."""
    objects, numbers = [one.object_id for one in asked], [one.number_index for one in asked]
    await conn.execute(_APPEND_VAIN, principal.subject, principal.role, action, outcome, objects, numbers)
