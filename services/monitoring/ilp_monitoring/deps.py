"""What read routes share: one snapshot of the database, and the running month of an area."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.router import SITUATION_READ
from ilp_monitoring.rules.months import month_of
from ilp_shared.areas import local_day
from ilp_shared.auth.principal import Principal
from ilp_shared.clock import Clock
from ilp_shared.http.guard import can
from ilp_shared.http.resources import ServiceResources
from ilp_shared.scalars import ReportingAreaCode
from ilp_shared.write.uow import open_read

AreaPath = Annotated[ReportingAreaCode, Path()]


@dataclass(frozen=True)
class ReadSnapshot:
    """A read-only transaction in which every statement sees the same state."""

    session: AsyncSession
    principal: Principal


async def open_snapshot(
    resources: ServiceResources, reader: Annotated[Principal, can(SITUATION_READ)]
) -> AsyncIterator[ReadSnapshot]:
    """Open the snapshot of one request."""
    async with open_read(resources.database, reader.areas) as session:
        yield ReadSnapshot(session, reader)


Snapshot = Annotated[ReadSnapshot, Depends(open_snapshot, scope="function")]


def current_period(clock: Clock, area: str) -> str:
    """Return the month it is now in an area's own time zone."""
    return month_of(local_day(clock.now(), area))
