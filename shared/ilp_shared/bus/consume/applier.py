"""The application of one polled batch: positions, effects and dead letters in one transaction.

All events are applied at once. If that fails and the error is not transient, they are applied one by one in savepoints,
so that only the failing event (with the rest of its aggregate) is parked.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import structlog

from ilp_shared import failpoints, metrics
from ilp_shared.bus.archive.unit import Unit, open_unit
from ilp_shared.bus.consume import memory, parked, positions
from ilp_shared.bus.consume.contradictions import Contradictions
from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.db.scope import EVERYWHERE, enter
from ilp_shared.db.transient import is_transient
from ilp_shared.events.base import EventData
from ilp_shared.tracing import batch_span, trace_id_of

log = structlog.get_logger()


class ProjectionRefuses(asyncpg.InterfaceError):
    """A projection cannot continue until an operator does what the message says.

    No event is at fault, so none is parked: like a lost connection, it affects the whole batch.
    """


class Projection(Protocol):
    """The effects of consumed events. A projection is deterministic and writes only through the unit."""

    handles: frozenset[type[EventData]]
    """Payloads it applies; events of other types only move the position."""

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Apply events in order. Any exception rolls the batch back; ProjectionRefuses stops the consumer."""


class Applier:
    """Applies batches to a projection and moves its positions in the same transaction."""

    def __init__(self, pool: asyncpg.Pool, projection: Projection) -> None:
        self._pool, self._projection = pool, projection
        self.positions: dict[Shard, int] = {}
        self._recent: dict[Shard, bytes] = {}
        self.contradictions = Contradictions()
        self.handled_types = frozenset(data.TYPE for data in projection.handles)

    async def load_positions(self) -> None:
        """Read the positions from the database: needed after start, a rebalance, or a failed compare-and-swap."""
        async with self._pool.acquire() as conn:
            self.positions = await positions.read_all(conn)
            self._recent = await positions.read_recent(conn)
            await self.contradictions.load(conn)

    async def apply(self, events: Sequence[Event]) -> set[Shard]:
        """Apply the next events of a batch; return the shards with a hole. Raises only transient errors."""
        known = [e for e in events if (e.domain, e.shard) in self.positions]
        credible = [e for e in known if not self.contradictions.is_refuted(e)]
        new_events, moved, holes = positions.sift(credible, self.positions)
        old = Counter(e.domain for e in known if e.sequence <= self.positions[e.domain, e.shard])
        for domain, number in old.items():
            metrics.SKIPPED.labels(domain).inc(number)
        if new_events:
            failpoints.hit("consumer.before_apply")
            recent = memory.extended(self._recent, new_events)
            traces = (event.attributes.get("traceparent") for event in new_events)
            with batch_span("consumer batch", lambda: traces, {"ilp.events": len(new_events)}):
                await self._commit(new_events, moved, memory.trimmed(recent))
            self.positions.update(moved)
            self._recent.update(recent)
            self._count(new_events)
        await self._compare(known, new_events)
        self._recent.update(memory.trimmed({shard: self._recent[shard] for shard in moved}))
        return holes

    async def _compare(self, known: Sequence[Event], new_events: Sequence[Event]) -> None:
        """Note events that contradict what was applied under their sequence, and what settles or reopens earlier ones.

        After the commit: a worker that ends in between reads the same records again.
        """
        strangers = await self.contradictions.follow(self._pool, known, new_events)
        if len(new_events) < len(known):  # else nothing came twice, the usual case
            pairs = memory.contradicting(known, self.positions, self._recent)
            strangers += await self.contradictions.note(self._pool, pairs)
        for event in strangers:
            metrics.CONTRADICTIONS.labels(event.domain).inc()
            log.critical("events_contradict", domain=event.domain, shard=event.shard, sequence=event.sequence)

    async def _commit(self, events: list[Event], moved: dict[Shard, int], recent: dict[Shard, bytes]) -> None:
        old = {shard: self.positions[shard] for shard in moved}
        try:
            await self._transact(events, old, moved, recent, one_by_one=False)
        except positions.PositionMoved:
            await self.load_positions()
            raise
        except Exception as error:
            if is_transient(error):
                raise
            log.warning("batch_failed_applying_singly", reason=type(error).__name__, events=len(events))
            await self._transact(events, old, moved, recent, one_by_one=True)

    async def _transact(
        self,
        events: list[Event],
        old: dict[Shard, int],
        moved: dict[Shard, int],
        recent: dict[Shard, bytes],
        *,
        one_by_one: bool,
    ) -> None:
        async with self._pool.acquire() as conn, open_unit(conn, name="consumer") as unit:
            await enter(conn, EVERYWHERE)
            # first: a second member waits here, then finds nothing to do
            await positions.move(conn, old, moved, recent)
            applicable = await self._park_defective(conn, [e for e in events if self._concerns(e)])
            if one_by_one:
                await self._apply_singly(conn, applicable)
            elif applicable:
                await self._projection.apply(unit, applicable)

    def _concerns(self, event: Event) -> bool:
        return event.type in self.handled_types or event.defect is not None

    async def _park_defective(self, conn: Connection, events: list[Event]) -> list[Event]:
        """Park events that cannot be read, and all behind a parked event of the same aggregate; return the rest."""
        blocked = await parked.parked_aggregates(conn, (e.aggregate_id for e in events))
        applicable = []
        for event in events:
            if event.defect is None and event.aggregate_id not in blocked:
                applicable.append(event)
                continue
            blocked.add(event.aggregate_id)
            await parked.park(conn, event, event.defect or "an earlier event of this aggregate is parked")
        return applicable

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
                log.error(
                    "event_parked",
                    type=event.type,
                    event_id=str(event.event_id),
                    reason=type(error).__name__,
                    trace_id=trace_id_of(event.attributes.get("traceparent")),
                )

    @staticmethod
    def _count(events: list[Event]) -> None:
        for domain, number in Counter(event.domain for event in events).items():
            metrics.APPLIED.labels(domain).inc(number)
        metrics.CONSUMER_BATCH.observe(len(events))
        oldest = min(event.recorded_at for event in events)
        metrics.EVENT_AGE.observe((datetime.now(UTC) - oldest).total_seconds())

    async def unpark(self) -> tuple[int, int]:
        """Apply parked events again, aggregate by aggregate; return the numbers of applied and of still parked ones."""
        applied = 0
        async with self._pool.acquire() as conn:
            for aggregate in await parked.aggregates(conn):
                try:
                    async with open_unit(conn) as unit:
                        await enter(conn, EVERYWHERE)
                        events = await parked.take(conn, aggregate)
                        await self._projection.apply(unit, _readable(events))
                    applied += len(events)
                except Exception as error:
                    if is_transient(error):
                        raise
                    log.warning("still_parked", aggregate=str(aggregate), reason=type(error).__name__)
            return applied, await parked.count(conn)


def _readable(events: list[Event]) -> list[Event]:
    """Return the events if every one can be read now; raises ValueError with the first defect otherwise."""
    for event in events:
        if event.defect is not None:
            raise ValueError(event.defect)
    return events
