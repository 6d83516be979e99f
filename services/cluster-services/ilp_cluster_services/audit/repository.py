"""Writes the access audit in the transaction of the read itself; called by the task service."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_cluster_services.audit.models import AccessAudit
from ilp_shared.auth.principal import Principal


async def note_reads(
    session: AsyncSession, principal: Principal, action: str, persons: Iterable[UUID], at: datetime
) -> None:
    """Add one row per person whose tasks are about to be shown."""
    session.add_all(
        AccessAudit(at=at, subject=principal.subject, role=principal.role, action=action, person_id=person)
        for person in sorted(set(persons))
    )
    await session.flush()
