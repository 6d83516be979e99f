"""The consumer's position: for each shard the last sequence applied, moved in the transaction of the effects.

`sift` is the whole exactness argument in twelve lines: what was applied is skipped, what comes next is applied,
and beyond a hole nothing is. `move` is a compare-and-swap: if another member applied the same events meanwhile,
no row matches and the transaction rolls back.
"""

from collections.abc import Iterable, Mapping

from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection

Shard = tuple[str, int]
"""Domain and shard."""


class PositionMoved(Exception):  # noqa: N818 - a turn of events, not a fault
    """Another member of the group applied these events first."""


def sift(events: Iterable[Event], last: Mapping[Shard, int]) -> tuple[list[Event], dict[Shard, int], set[Shard]]:
    """Split a batch: events to apply in order, the positions they lead to, and the shards with a hole."""
    fresh: list[Event] = []
    moved: dict[Shard, int] = {}
    holes: set[Shard] = set()
    for event in events:
        shard = (event.domain, event.shard)
        position = moved.get(shard, last[shard])
        if event.sequence == position + 1:
            fresh.append(event)
            moved[shard] = event.sequence
        elif event.sequence > position:
            holes.add(shard)
    return fresh, moved, holes


async def read_all(conn: Connection) -> dict[Shard, int]:
    """Return the position of every shard of every source."""
    rows = await conn.fetch("SELECT domain, shard, last FROM position")
    return {(r["domain"], r["shard"]): r["last"] for r in rows}


async def move(conn: Connection, old: Mapping[Shard, int], new: Mapping[Shard, int]) -> None:
    """Compare-and-swap the positions of the given shards; raises PositionMoved if any was moved by another."""
    shards = sorted(new)
    swapped = await conn.fetch(
        """
        UPDATE position AS p SET last = n.new
        FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS n (domain, shard, old, new)
        WHERE p.domain = n.domain AND p.shard = n.shard AND p.last = n.old RETURNING 1
        """,
        [s[0] for s in shards],
        [s[1] for s in shards],
        [old[s] for s in shards],
        [new[s] for s in shards],
    )
    if len(swapped) != len(shards):
        raise PositionMoved


async def forget(conn: Connection, domain: str) -> None:
    """Start over with one source: its positions to 0, none of its events parked. Needs a transaction.

    A batch under way is waited for; one that comes later finds its positions moved and starts over.
    """
    await conn.execute("LOCK TABLE position IN EXCLUSIVE MODE")
    await conn.execute("UPDATE position SET last = 0 WHERE domain = $1", domain)
    await conn.execute("DELETE FROM parked WHERE domain = $1", domain)
    await conn.execute("UPDATE partition_seen SET through = NULL WHERE domain = $1", domain)
