"""What routes need again and again: who asks, and a read-only connection within their areas."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, cast

from fastapi import Depends

from ilp_shared.http.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.write.uow import open_read
from ilp_shared.http.resources import Resources

AreasReader = Annotated[Principal, Depends(require(Permission.AREAS_READ))]
AreasWriter = Annotated[Principal, Depends(require(Permission.AREAS_WRITE))]
FacilitiesReader = Annotated[Principal, Depends(require(Permission.FACILITIES_READ))]
FacilitiesWriter = Annotated[Principal, Depends(require(Permission.FACILITIES_WRITE))]
PersonsReader = Annotated[Principal, Depends(require(Permission.PERSONS_READ))]
PersonsWriter = Annotated[Principal, Depends(require(Permission.PERSONS_WRITE))]
PersonsSearcher = Annotated[Principal, Depends(require(Permission.PERSONS_SEARCH))]
PersonsRevealer = Annotated[Principal, Depends(require(Permission.PERSONS_REVEAL))]


@asynccontextmanager
async def reading(resources: Resources, principal: Principal) -> AsyncIterator[Connection]:
    """Yield the driver's connection inside a read-only transaction of one snapshot."""
    async with open_read(resources.database, principal.areas) as session:
        raw = await (await session.connection()).get_raw_connection()
        yield cast(Connection, raw.driver_connection)
