"""A service starts over after its database was restored to an older state, and says what it has lost.

Run by `python -m <service> recover <file>`, after every consumer of its events has forgotten them (`forgetting.py`):
writes the list of lost events, then makes the topic anew, so that the relay may give the next sequences again. Without
that the relay refuses to run (`log_check.py`), because consumers would hold other events under the same sequences.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import asyncpg
import orjson

from ilp_shared.bus import outbox
from ilp_shared.bus.administration import administering, make_anew, readers, unforgetful
from ilp_shared.bus.catalog import TOPICS
from ilp_shared.bus.envelope import Event, decode, reach_of
from ilp_shared.bus.lease import Lease
from ilp_shared.bus.log_check import read_log
from ilp_shared.db.connection import Connection
from ilp_shared.db.maintenance import NotNow, owner_url
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings

_LEASE_S = 30.0
_RENEW_S = 5.0


@dataclass
class Lost:
    """What Kafka shows above the archive: events, and sequences whose records Kafka has dropped already.

    Events by shard and sequence; what is gone by shard, first and last sequence.
    """

    ahead: bool = False
    """Whether Kafka holds a sequence that the archive never gave. Of its events none need be lost: the archive may have
    them all, still without a sequence."""
    events: dict[tuple[int, int], Event] = field(default_factory=dict)
    gone: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def number_gone(self) -> int:
        """How many sequences have no record any more."""
        return sum(last - first + 1 for _, first, last in self.gone)

    def lines(self) -> bytes:
        """One JSON line each: ids, types, places and instants; nothing personal, nothing of the content."""
        known = (
            {
                "event_id": str(event.event_id),
                "type": event.type,
                "aggregate_id": str(event.aggregate_id),
                "aggregate_version": event.aggregate_version,
                "shard": shard,
                "sequence": sequence,
                "occurred_at": event.occurred_at,
                "recorded_at": event.recorded_at,
                "area_code": event.attributes.get("areacode"),
                "facility_id": event.attributes.get("facilityid"),
            }
            for (shard, sequence), event in sorted(self.events.items())
        )
        unknown = ({"shard": shard, "first": first, "last": last} for shard, first, last in self.gone)
        return b"".join(orjson.dumps(line) + b"\n" for line in (*known, *unknown))


async def recover(service: Service, settings: ServiceSettings, listing: Path) -> Lost:
    """Write the list and make the topic anew; raises NotNow, having changed nothing, when something stands in the way.

    A list that is there already is never written over.
    """
    topic = TOPICS[service.domain]
    async with _leading(service, settings) as (conn, lease), administering(settings.kafka_bootstrap) as admin:
        lost = await _lost(conn, settings.kafka_bootstrap, service.domain)
        if not lost.ahead:
            raise NotNow("Kafka is not ahead of the archive: there is nothing to recover")
        if alive := await readers(admin):
            raise NotNow(f"stop the workers of every service first; Kafka counts as alive: {', '.join(alive)}")
        if groups := await unforgetful(admin, topic):
            raise NotNow(f"first run `forget {service.domain}` in every service that consumes it: {', '.join(groups)}")
        _write(listing, lost.lines())
        await lease.renew(conn)
        await make_anew(admin, topic)
    return lost


@asynccontextmanager
async def _leading(service: Service, settings: ServiceSettings) -> AsyncIterator[tuple[Connection, Lease]]:
    """Hold the relay's lease for as long as it takes: no worker can lead, and none led before."""
    url, schema = owner_url(settings).get_secret_value(), {"search_path": service.schema}
    lease = Lease(_LEASE_S)
    async with asyncpg.create_pool(url, min_size=1, max_size=2, server_settings=schema) as pool, pool.acquire() as conn:
        if not await lease.acquire(conn):
            raise NotNow(f"a worker of {service.name} is running: stop it first (a killed one counts for six seconds)")
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


async def _lost(conn: Connection, bootstrap: str, domain: str) -> Lost:
    assigned, _ = await outbox.read_shards(conn)
    reached = dict(assigned)
    found: dict[tuple[int, int], Event] = {}
    async for record in read_log(bootstrap, domain):
        for shard, last in reach_of(record.headers, record.value).items():
            if shard in reached:
                reached[shard] = max(reached[shard], last)
        item = decode(record.headers, record.value, handled=())
        if isinstance(item, Event) and item.sequence > assigned.get(item.shard, item.sequence):
            found[item.shard, item.sequence] = item
    gone = [
        (shard, *hole)
        for shard, last in sorted(reached.items())
        for hole in _holes(assigned[shard], [sequence for other, sequence in found if other == shard], last)
    ]
    kept = await outbox.archived(conn, [event.event_id for event in found.values()])
    events = {place: event for place, event in found.items() if event.event_id not in kept}
    return Lost(reached != assigned, events, gone)


def _holes(after: int, found: Iterable[int], last: int) -> list[tuple[int, int]]:
    """Return first and last of each run of sequences that is not among the found ones, above `after`."""
    edges = [after, *sorted(found), last + 1]
    return [(low + 1, high - 1) for low, high in pairwise(edges) if high - low > 1]


def _write(listing: Path, content: bytes) -> None:
    try:
        with listing.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise NotNow(f"{listing} exists: name another file, so that no list is lost") from None
