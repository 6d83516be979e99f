"""The platform of the fault campaign: what `make run` starts, on servers that the campaign can break.

A fault proxy is between platform and PostgreSQL, between clients and each of three Kafka brokers, and before the front
door. The tests themselves read the database past its proxy, so that they see while it is broken.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

import httpx2

from deploy.dev import up
from deploy.dev.config import Config, cache_folder
from deploy.dev.postgres import EmbeddedPostgres
from deploy.dev.vault import free_port
from ilp_shared.waits import Waits
from tests.faults.cluster import Broker, Cluster
from tests.faults.proxy import FaultProxy
from tests.support.addresses import Address
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.started_platform import open_folder, started
from tests.support.waiting import PATIENCE_S


class BreakablePlatform(Platform):
    """A running platform with its servers and the proxies before them."""

    def __init__(
        self,
        deployment: up.Platform,
        client: httpx2.AsyncClient,
        waits: Waits,
        *,
        postgres: EmbeddedPostgres,
        cluster: Cluster,
        database: FaultProxy,
        door: FaultProxy,
    ) -> None:
        super().__init__(deployment, client, waits)
        self.postgres, self.cluster = postgres, cluster
        self.database, self.door = database, door
        self.leaving = AsyncExitStack()
        """What the fault of this run leaves behind until the run is judged, and an incident until all runbooks are
        executed: it is undone then."""

    @property
    def superuser(self) -> Address:
        """The superuser's address past the proxy."""
        return Address(self.postgres.dsn)

    @property
    def brokers(self) -> list[Broker]:
        """The three brokers; each has `start`, `stop`, `kill`, `wipe`."""
        return self.cluster.brokers

    @property
    def broker_proxies(self) -> list[FaultProxy]:
        """The proxy before each broker, in the same order."""
        return self.cluster.proxies

    async def kill(self, name: str) -> None:
        """Kill with SIGKILL; `postgres` and `kafka-1` to `kafka-3` are started again, others by their supervisor."""
        servers: dict[str, EmbeddedPostgres | Broker] = {broker.name: broker for broker in self.brokers}
        servers["postgres"] = self.postgres
        if name in servers:
            await servers[name].kill()
            await servers[name].start()
        else:
            await super().kill(name)


def _through(url: str, proxy: FaultProxy) -> str:
    """Return the same address by way of a proxy."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return urlunsplit((parts.scheme, f"{account}@{proxy.address}", parts.path, parts.query, ""))


@asynccontextmanager
async def running_breakable_platform(
    folder: Path, waits: Waits, postgres: EmbeddedPostgres | None = None
) -> AsyncIterator[BreakablePlatform]:
    """Yield the platform in a folder of its own, once areas and puskesmas have reached every service.

    `waits` are those of all its services. `postgres` is another server than the usual one, in the same folder.
    """
    open_folder(folder)
    cache = cache_folder(os.environ)
    postgres, cluster = postgres or EmbeddedPostgres(folder), Cluster(folder, cache)
    async with AsyncExitStack() as stack:
        for server in (postgres, cluster):
            stack.push_async_callback(server.stop)
            await server.start()
        front_door = free_port()
        database = FaultProxy(("127.0.0.1", postgres.port), Random("database"))
        door = FaultProxy(("127.0.0.1", front_door), Random("door"))
        for proxy in (database, door):
            stack.push_async_callback(proxy.stop)
            await proxy.start()
        config = Config(folder, cache, front_door, False, _through(postgres.dsn, database), cluster.bootstrap)
        deployment = await stack.enter_async_context(started(config, waits))
        client = await stack.enter_async_context(plain_client(f"http://{door.address}", timeout=PATIENCE_S))
        platform = BreakablePlatform(
            deployment, client, waits, postgres=postgres, cluster=cluster, database=database, door=door
        )
        async with platform:
            await platform.settled(within_s=240)
            yield platform
