"""Archives of three services and the database of monitoring, with the same events: what the recount compares."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr

from ilp_monitoring.exports.shown import shown_numbers
from ilp_monitoring.projections.rebuild import rebuild
from ilp_monitoring.recount.findings import Report
from ilp_monitoring.recount.readers import ReadShown
from ilp_monitoring.recount.run import Urls, recount
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.archive import event_log, outbox
from ilp_shared.bus.contract.catalog import domain_of
from ilp_shared.bus.contract.envelope import Event, NewEvent
from ilp_shared.write.tables import create_platform_tables
from tests.support.addresses import Address, connected, opened_pool
from tests.support.databases import DatabaseUrls
from tests.support.feeding import Feed

SCHEMA_OF = {"registry": "registry", "screening": "screening", "cluster": "cluster_services"}


class Archives:
    """Writes events as services do, hands them to monitoring as its consumer does, and recounts."""

    def __init__(self, archives: dict[str, asyncpg.Connection], pool: asyncpg.Pool, urls: Urls) -> None:
        self.archives, self.pool, self.urls = archives, pool, urls
        self._feed = self._new_feed()

    def _new_feed(self) -> Feed:
        return Feed(self.pool, SERVICE.make_projection())

    async def publish(self, *events: NewEvent) -> list[Event]:
        """Archive events in order and give them their sequences; returns them as a consumer would read them."""
        for domain, conn in self.archives.items():
            own = [event for event in events if domain_of(event.data.TYPE) == domain]
            if own:
                async with conn.transaction():
                    await event_log.append(conn, own)
                    await outbox.assign(conn, len(own))
        recorded = await self._recorded([event.event_id for event in events])
        return [self._feed.number(event, recorded.get(event.event_id)) for event in events]

    async def _recorded(self, events: Sequence[UUID]) -> dict[UUID, datetime]:
        """Return when each event was recorded, by the archives."""
        statement = "SELECT event_id, recorded_at FROM event_log WHERE event_id = ANY($1)"
        return {event: at for conn in self.archives.values() for event, at in await conn.fetch(statement, events)}

    async def deliver(self, events: Sequence[Event]) -> set[tuple[str, int]]:
        """Hand events to monitoring; returns the shards in which one was missing."""
        return await self._feed.redeliver(list(events))

    async def tell(self, *events: NewEvent) -> list[Event]:
        """Publish and deliver at once."""
        published = await self.publish(*events)
        assert not await self.deliver(published)
        return published

    async def recount(self, reader: ReadShown = shown_numbers, most: int | None = None) -> Report:
        """Run the recount on everything; what readers are given is read in this process by default.

        With `most` by regencies in turn: as many as have so many situations.
        """
        return await recount(self.urls, reader, most=most)

    async def program(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run the recount by its command line; returns its exit code, output and errors."""
        urls = {f"ILP_RECOUNT_{name.upper()}_URL": url for name, url in vars(self.urls).items()}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "ilp_monitoring.recount", *arguments),
            env={**os.environ, **urls, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        assert child.returncode is not None
        return child.returncode, out.decode(), err.decode()

    async def run(self, statement: str, *arguments: object) -> None:
        """Change monitoring's tables behind its back."""
        conn = await connected(self.urls.monitoring, server_settings={"search_path": "monitoring"})
        try:
            await conn.execute(statement, *arguments)
        finally:
            await conn.close()

    async def forget_projection(self) -> None:
        """Empty what monitoring has counted, as an operator does."""
        await rebuild(SecretStr(self.urls.monitoring))

    async def clear(self) -> None:
        """Start from nothing: archives and monitoring empty."""
        for conn in self.archives.values():
            await conn.execute("TRUNCATE event_log; UPDATE relay_shard SET assigned = 0, published = 0")
        await self.forget_projection()
        self._feed = self._new_feed()


@asynccontextmanager
async def open_archives(server: Address, monitoring: DatabaseUrls) -> AsyncIterator[Archives]:
    """Yield one database that holds the three archives, beside the given database of monitoring."""
    name = f"recount_{uuid4().hex[:10]}"
    url = server.of(name)
    keeper = await connected(server)
    await keeper.execute(f'CREATE DATABASE "{name}"')
    pool = await opened_pool(monitoring.app, min_size=1, server_settings={"search_path": "monitoring"})
    archives: dict[str, asyncpg.Connection] = {}
    try:
        for domain, schema in SCHEMA_OF.items():
            archives[domain] = await _make_archive(url, schema)
        yield Archives(archives, pool, Urls(url, url, url, monitoring.owner))
    finally:
        for conn in archives.values():
            await conn.close()
        await pool.close()
        await keeper.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await keeper.close()


async def _make_archive(url: Address, schema: str) -> asyncpg.Connection:
    conn = await connected(url, server_settings={"search_path": schema})
    await conn.execute(f"CREATE SCHEMA {schema}")
    scripts: list[str] = []
    create_platform_tables(scripts.append, sources=())
    for script in scripts:
        await conn.execute(script)
    return conn
