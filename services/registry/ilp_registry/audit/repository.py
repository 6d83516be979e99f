"""Writes the access audit in the transaction of the access itself: no record, no answer."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection

Action = Literal["read", "list", "search", "reveal", "register", "correct"]


async def record(
    conn: Connection, principal: Principal, action: Action, persons: Sequence[UUID], purpose: str | None = None
) -> None:
    """Append one row per person."""
    if persons:
        await conn.execute(
            "INSERT INTO access_audit (subject, role, action, person_id, purpose)"
            " SELECT $1, $2, $3, person, $5 FROM unnest($4::uuid[]) AS t (person)",
            principal.subject,
            principal.role,
            action,
            list(persons),
            purpose,
        )
