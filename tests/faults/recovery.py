"""How long the platform needs until everything acknowledged so far is applied everywhere, after a fault has ended.

Read from the databases past their proxy, while the workload goes on. Called by the campaign.
"""

from collections.abc import Sequence

import asyncpg

from tests.flow.stage import DOMAINS, SOURCES, Stage
from tests.support.waiting import eventually

PATIENCE_S = 180.0
Ends = dict[tuple[str, int], int]
"""Last sequence by domain and shard."""


async def applied_everywhere(stage: Stage) -> None:
    """Wait until what the archives hold now has sequences, and every consumer has applied it."""
    await _reach(stage, ("registry", "screening"), ("screening", "cluster_services", "monitoring"))
    await _reach(stage, ("cluster_services",), ("monitoring",))


async def _reach(stage: Stage, producers: Sequence[str], consumers: Sequence[str]) -> None:
    newest = {name: await _newest(stage, name) for name in producers}

    async def reached() -> bool:
        try:
            ends: Ends = {}
            for name, last in newest.items():
                ends |= await _ends(stage, name, last)
            return all([await _is_at(stage, consumer, ends) for consumer in consumers])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Unsent):
            return False

    await eventually(reached, within_s=PATIENCE_S, every_s=0.1)


class Unsent(Exception):  # noqa: N818 - a state of things
    """An archived event has no sequence yet."""


async def _newest(stage: Stage, service: str) -> int:
    async def read() -> list[asyncpg.Record]:
        try:
            return await stage.rows(service, "SELECT coalesce(max(id), 0) AS last FROM event_log")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return []

    return int((await eventually(read, within_s=PATIENCE_S))[0]["last"])


async def _ends(stage: Stage, service: str, last: int) -> Ends:
    rows = await stage.rows(
        service,
        "SELECT shard, max(sequence) AS sequence, count(*) FILTER (WHERE sequence IS NULL) AS unsent FROM event_log"
        " WHERE id <= $1 GROUP BY shard",
        last,
    )
    if any(row["unsent"] for row in rows):
        raise Unsent
    return {(DOMAINS[service], row["shard"]): row["sequence"] for row in rows}


async def _is_at(stage: Stage, consumer: str, ends: Ends) -> bool:
    rows = await stage.rows(consumer, "SELECT domain, shard, last FROM position")
    at = {(row["domain"], row["shard"]): row["last"] for row in rows}
    heard = {DOMAINS[source] for source in SOURCES[consumer]}
    return all(at.get(shard, 0) >= last for shard, last in ends.items() if shard[0] in heard)
