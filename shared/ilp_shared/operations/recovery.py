"""`recover`: a service whose database was restored to an older state lists its losses and recreates its topic.

Every consumer of its events must have forgotten them (`forgetting.py`). With the topic empty, the relay may give the
next sequences again. Before that it refuses to run (`log_check.py`): consumers would hold other events under the same
sequences.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.relay.lease import Lease
from ilp_shared.db.address import make_pool
from ilp_shared.db.connection import Connection
from ilp_shared.operations.administration import administering, readers, unforgetful
from ilp_shared.operations.losses import Lost, find_lost, write_list
from ilp_shared.operations.maintenance import NotNow, owner_url, worker_running
from ilp_shared.operations.topics import is_cut, recreate
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_LEASE_S = 15.0
_RENEW_S = 5.0
_NOTHING = Text(
    "Kafka tidak mendahului arsip: tidak ada yang perlu dipulihkan",
    "Kafka is not ahead of the archive: there is nothing to recover",
)


async def recover(service: Service, settings: ServiceSettings, listing: Path) -> Lost | None:
    """Write the list, recreate the topic, return the losses; raises NotNow, and changes nothing, if it cannot run now.

    An existing list is never overwritten. Returns None if it only finished a run that was cut after it had written its
    list and deleted the topic.
    """
    cluster, domain = Cluster.of(settings), service.domain
    topic = cluster.topic(domain)
    async with _leading(service, settings) as (conn, lease), administering(cluster) as admin:
        cut = await is_cut(admin, cluster, topic)
        lost = None if cut else await find_lost(conn, admin, cluster, domain)
        if lost is not None and not lost.ahead:
            raise NotNow(_NOTHING)
        if alive := await readers(admin, cluster):
            raise NotNow(_alive(", ".join(alive)))
        if groups := await unforgetful(admin, cluster, domain):
            raise NotNow(_to_forget(domain, ", ".join(groups)))
        if lost is not None:
            write_list(listing, lost.lines())
        await lease.renew(conn)
        await recreate(admin, topic, cut=cut)
    return lost


def _alive(groups: str) -> Text:
    return Text(
        f"hentikan dulu worker semua layanan; menurut Kafka masih hidup: {groups}",
        f"stop the workers of every service first; Kafka counts as alive: {groups}",
    )


def _to_forget(domain: str, groups: str) -> Text:
    return Text(
        f"jalankan dulu `forget {domain}` di setiap layanan yang membacanya: {groups}",
        f"first run `forget {domain}` in every service that consumes it: {groups}",
    )


@asynccontextmanager
async def _leading(service: Service, settings: ServiceSettings) -> AsyncIterator[tuple[Connection, Lease]]:
    """Hold the relay's lease meanwhile; raises NotNow while a worker holds it."""
    url, schema = owner_url(settings), {"search_path": service.schema}
    lease = Lease(_LEASE_S)
    async with make_pool(url, min_size=1, max_size=2, server_settings=schema) as pool, pool.acquire() as conn:
        if not await lease.acquire(conn):
            raise NotNow(worker_running(service.name))
        keeping = asyncio.create_task(_keep(lease, pool))
        try:
            yield conn, lease
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await lease.release(conn)


async def _keep(lease: Lease, pool: asyncpg.Pool) -> None:
    while True:
        await asyncio.sleep(_RENEW_S)
        async with pool.acquire() as conn:
            await lease.renew(conn)
