"""Hands events straight to a service's projection, as its consumer would after reading them from Kafka."""

from collections import Counter
from datetime import UTC, datetime

import asyncpg

from ilp_shared.bus.consume.applier import Applier, Projection
from ilp_shared.bus.contract.catalog import domain_of
from ilp_shared.bus.contract.envelope import Event, NewEvent, shard_of


class Feed:
    """Numbers events per shard and applies them through the real Applier (positions and parking included)."""

    def __init__(self, pool: asyncpg.Pool, projection: Projection) -> None:
        self._applier = Applier(pool, projection)
        self._last: Counter[tuple[str, int]] = Counter()

    def number(self, event: NewEvent, recorded_at: datetime | None = None) -> Event:
        """Return the event as it would be read, with the next sequence of its shard; recorded now by default."""
        domain, shard = domain_of(event.data.TYPE), shard_of(event.key)
        self._last[domain, shard] += 1
        return Event(
            event_id=event.event_id,
            type=event.data.TYPE,
            domain=domain,
            shard=shard,
            sequence=self._last[domain, shard],
            aggregate_id=event.aggregate_id,
            aggregate_version=event.aggregate_version,
            occurred_at=event.occurred_at,
            recorded_at=recorded_at or datetime.now(UTC),
            attributes={"areacode": event.area_code}
            | ({"traceparent": event.traceparent} if event.traceparent else {}),
            value=event.data.model_dump_json().encode(),
            data=event.data,
            offset=self._last.total(),
        )

    async def apply(self, *events: NewEvent, recorded_at: datetime | None = None) -> list[Event]:
        """Number and apply events in one batch; returns them as read."""
        await self._applier.load_positions()
        numbered = [self.number(event, recorded_at) for event in events]
        holes = await self._applier.apply(numbered)
        assert not holes
        return numbered

    async def redeliver(self, events: list[Event]) -> set[tuple[str, int]]:
        """Apply already numbered events again, as after a replay; returns shards with a hole."""
        await self._applier.load_positions()
        return await self._applier.apply(events)
