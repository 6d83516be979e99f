"""Applies one polled batch: positions, effects and parking in one transaction.

First all events at once; if that fails for a reason that will not pass by itself,
again one by one in savepoints, so that the culprit alone (with its aggregate) is parked.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import structlog

from ilp_shared import failpoints, metrics
from ilp_shared.bus.archive.unit import Unit, open_unit
from ilp_shared.bus.consume import parked, positions
from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.db.scope import EVERYWHERE, enter
from ilp_shared.db.transient import is_transient
from ilp_shared.events.base import EventData

log = structlog.get_logger()


class ProjectionRefuses(asyncpg.InterfaceError):
    """A projection cannot go on until an operator has done what the message says.

    No event is at fault, so none is parked: like a lost connection, it concerns the whole batch.
    """


class Projection(Protocol):
    """What a service does with events of others. Must be deterministic and write only through the unit."""

    handles: frozenset[type[EventData]]
    """Payloads it wants to see; events of other types pass it by."""

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Apply events in order; raising means the batch rolls back, ProjectionRefuses that all have to wait."""


class Applier:
    """Moves a projection and its positions forward together."""

    def __init__(self, pool: asyncpg.Pool, projection: Projection) -> None:
        self._pool, self._projection = pool, projection
        self.positions: dict[Shard, int] = {}
        self.handled_types = frozenset(data.TYPE for data in projection.handles)

    async def load_positions(self) -> None:
        """Read the positions from the database: after start, a rebalance, or a lost compare-and-swap."""
        async with self._pool.acquire() as conn:
            self.positions = await positions.read_all(conn)

    async def apply(self, events: Sequence[Event]) -> set[Shard]:
        """Apply what is next of a batch; returns the shards with a hole. Raises only what a retry can heal."""
        known = [e for e in events if (e.domain, e.shard) in self.positions]
        fresh, moved, holes = positions.sift(known, self.positions)
        old = Counter(e.domain for e in known if e.sequence <= self.positions[e.domain, e.shard])
        for domain, number in old.items():
            metrics.SKIPPED.labels(domain).inc(number)
        if fresh:
            failpoints.hit("consumer.before_apply")
            await self._commit(fresh, moved)
            self.positions.update(moved)
            self._count(fresh)
        return holes

    async def _commit(self, fresh: list[Event], moved: dict[Shard, int]) -> None:
        old = {shard: self.positions[shard] for shard in moved}
        try:
            await self._transact(fresh, old, moved, one_by_one=False)
        except positions.PositionMoved:
            await self.load_positions()
            raise
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("batch_failed_applying_singly", reason=type(error).__name__, events=len(fresh))
            await self._transact(fresh, old, moved, one_by_one=True)

    async def _transact(
        self, fresh: list[Event], old: dict[Shard, int], moved: dict[Shard, int], *, one_by_one: bool
    ) -> None:
        async with self._pool.acquire() as conn, open_unit(conn, name="consumer") as unit:
            await enter(conn, EVERYWHERE)
            await positions.move(conn, old, moved)  # first: a second member waits here, then finds nothing to do
            sound = await self._set_defective_aside(conn, [e for e in fresh if self._concerns(e)])
            if one_by_one:
                await self._apply_singly(conn, sound)
            elif sound:
                await self._projection.apply(unit, sound)

    def _concerns(self, event: Event) -> bool:
        return event.type in self.handled_types or event.defect is not None

    async def _set_defective_aside(self, conn: Connection, events: list[Event]) -> list[Event]:
        """Park events that cannot be understood, and all that follow a parked one of the same aggregate."""
        blocked = await parked.parked_aggregates(conn, (e.aggregate_id for e in events))
        sound = []
        for event in events:
            if event.defect is None and event.aggregate_id not in blocked:
                sound.append(event)
                continue
            blocked.add(event.aggregate_id)
            await parked.park(conn, event, event.defect or "an earlier event of this aggregate is parked")
        return sound

    async def _apply_singly(self, conn: Connection, events: list[Event]) -> None:
        blocked = set()
        for event in events:
            if event.aggregate_id in blocked:
                await parked.park(conn, event, "an earlier event of this aggregate is parked")
                continue
            try:
                async with open_unit(conn) as unit:
                    await self._projection.apply(unit, [event])
            except Exception as error:
                if is_transient(error):
                    raise
                blocked.add(event.aggregate_id)
                await parked.park(conn, event, type(error).__name__)
                log.error("event_parked", type=event.type, event_id=str(event.event_id), reason=type(error).__name__)

    @staticmethod
    def _count(fresh: list[Event]) -> None:
        for domain, number in Counter(event.domain for event in fresh).items():
            metrics.APPLIED.labels(domain).inc(number)
        oldest = min(event.recorded_at for event in fresh)
        metrics.EVENT_AGE.observe((datetime.now(UTC) - oldest).total_seconds())

    async def unpark(self) -> tuple[int, int]:
        """Apply parked events again, aggregate by aggregate; returns (applied, still parked)."""
        applied = 0
        async with self._pool.acquire() as conn:
            for aggregate in await parked.aggregates(conn):
                try:
                    async with open_unit(conn) as unit:
                        await enter(conn, EVERYWHERE)
                        events = await parked.take(conn, aggregate)
                        await self._projection.apply(unit, _understood(events))
                    applied += len(events)
                except Exception as error:
                    if is_transient(error):
                        raise
                    log.warning("still_parked", aggregate=str(aggregate), reason=type(error).__name__)
            return applied, await parked.count(conn)


def _understood(events: list[Event]) -> list[Event]:
    """Return the events if every one can be understood now; raises ValueError naming the first defect."""
    for event in events:
        if event.defect is not None:
            raise ValueError(event.defect)
    return events
