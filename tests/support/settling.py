"""How far events have come: from the archives of their producers to the positions of their consumers.

Read from the databases as superuser, so that it can be seen while the platform itself is broken.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

import asyncpg

from tests.support.waiting import eventually

SOURCES = {
    "screening": ("registry",),
    "cluster_services": ("registry", "screening"),
    "monitoring": ("registry", "screening", "cluster_services"),
}
"""Which services each service consumes."""
DOMAINS = {"registry": "registry", "screening": "screening", "cluster_services": "cluster"}
"""The domain of each service's events."""
PATIENCE_S = 180.0
Shard = tuple[str, int]
"""Domain and shard."""
Ends = Mapping[Shard, int]
"""Last sequence of each shard."""
UNREADABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a look raises while the database is down."""


class Rows(Protocol):
    """Reads a service's database."""

    def __call__(self, service: str, statement: str, *values: object) -> Awaitable[list[asyncpg.Record]]:
        """Return the rows of a statement."""


class Unsent(Exception):  # noqa: N818 - it says what is the case
    """An archived event has no sequence yet."""


class Positions:
    """Compares the archives with the positions of their consumers."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def are_equal(self) -> bool:
        """Tell whether every archived event was published and applied by every consumer.

        The archives are read in the order in which events cause events, each after its producer has caught up.
        """
        ends: dict[Shard, int] = {}
        for producer in DOMAINS:
            try:
                ends |= await self._ends(producer)
            except Unsent:
                return False
            if producer in SOURCES and not await self._is_at(producer, ends, exactly=True):
                return False
        return await self._is_at("monitoring", ends, exactly=True)

    async def applied_everywhere(self) -> None:
        """Wait until what the archives hold now has sequences, and every consumer has applied it.

        Senders may go on meanwhile. Errors of a broken database are waited out.
        """
        await self._reach(("registry", "screening"), ("screening", "cluster_services", "monitoring"))
        await self._reach(("cluster_services",), ("monitoring",))

    async def _reach(self, producers: Sequence[str], consumers: Sequence[str]) -> None:
        newest = {name: await self._newest(name) for name in producers}

        async def reached() -> bool:
            try:
                ends: dict[Shard, int] = {}
                for name, last in newest.items():
                    ends |= await self._ends(name, last)
                return all([await self._is_at(consumer, ends) for consumer in consumers])
            except (*UNREADABLE, Unsent):
                return False

        await eventually(reached, within_s=PATIENCE_S, every_s=0.1)

    async def _newest(self, service: str) -> int:
        async def read() -> list[asyncpg.Record]:
            try:
                return await self._rows(service, "SELECT coalesce(max(id), 0) AS last FROM event_log")
            except UNREADABLE:
                return []

        return int((await eventually(read, within_s=PATIENCE_S))[0]["last"])

    async def _ends(self, service: str, last: int = 2**62) -> Ends:
        """Return the last sequence of each shard among the events up to an id; raises Unsent."""
        rows = await self._rows(
            service,
            "SELECT shard, max(sequence) AS sequence, count(*) FILTER (WHERE sequence IS NULL) AS unsent"
            " FROM event_log WHERE id <= $1 GROUP BY shard",
            last,
        )
        if any(row["unsent"] for row in rows):
            raise Unsent
        return {(DOMAINS[service], row["shard"]): row["sequence"] for row in rows}

    async def _is_at(self, consumer: str, ends: Ends, *, exactly: bool = False) -> bool:
        """Tell whether a consumer has come to these ends (or beyond, unless `exactly`), as far as it consumes them."""
        rows = await self._rows(consumer, "SELECT domain, shard, last FROM position")
        at = {(row["domain"], row["shard"]): row["last"] for row in rows}
        consumed = {DOMAINS[source] for source in SOURCES[consumer]}
        behind = [at.get(shard, 0) - last for shard, last in ends.items() if shard[0] in consumed]
        return not any(behind) if exactly else all(distance >= 0 for distance in behind)
