"""Read-only access to the database for routes whose answers need no audit: areas and facilities are public data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.http.resources import Resources
from ilp_shared.write.uow import driver_connection, open_read


@asynccontextmanager
async def reading(resources: Resources, principal: Principal) -> AsyncIterator[Connection]:
    """Yield the driver's connection inside a read-only transaction of one snapshot."""
    async with open_read(resources.database, principal.areas) as session:
        yield await driver_connection(await session.connection())
