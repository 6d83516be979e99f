"""The consumer's position: for each shard the last sequence applied, moved in the transaction of the effects.

`sift` is the whole argument for exactness: it skips what was applied, takes what comes next, and takes nothing beyond a
hole. `move` is a compare-and-swap: if another member has applied the same events, no row matches and the transaction
rolls back.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection

Shard = tuple[str, int]
"""Domain and shard."""
_NOTHING: Final[Mapping[Shard, bytes]] = MappingProxyType({})
_FORGET: Final = (
    "UPDATE position SET last = 0, recent = '' WHERE domain = $1 OR $1 IS NULL",
    "DELETE FROM parked WHERE domain = $1 OR $1 IS NULL",
    # The others say which record is passed over when everything is read again.
    "DELETE FROM contradiction WHERE (domain = $1 OR $1 IS NULL) AND (genuine IS NULL OR genuine = applied)",
    "UPDATE partition_seen SET through = NULL WHERE domain = $1 OR $1 IS NULL",
)


class PositionMoved(Exception):  # noqa: N818 - control flow, not an error
    """Another member of the group applied these events first."""


def sift(events: Iterable[Event], last: Mapping[Shard, int]) -> tuple[list[Event], dict[Shard, int], set[Shard]]:
    """Split a batch into the events to apply, the positions they lead to, and the shards with a hole."""
    new_events: list[Event] = []
    moved: dict[Shard, int] = {}
    holes: set[Shard] = set()
    for event in events:
        shard = (event.domain, event.shard)
        position = moved.get(shard, last[shard])
        if event.sequence == position + 1:
            new_events.append(event)
            moved[shard] = event.sequence
        elif event.sequence > position:
            holes.add(shard)
    return new_events, moved, holes


async def read_all(conn: Connection) -> dict[Shard, int]:
    """Return the position of every shard of every source."""
    rows = await conn.fetch("SELECT domain, shard, last FROM position")
    return {(r["domain"], r["shard"]): r["last"] for r in rows}


async def read_recent(conn: Connection) -> dict[Shard, bytes]:
    """Return the ids of the last events of every shard, the newest last."""
    rows = await conn.fetch("SELECT domain, shard, recent FROM position WHERE recent <> ''")
    return {(r["domain"], r["shard"]): r["recent"] for r in rows}


async def move(
    conn: Connection, old: Mapping[Shard, int], new: Mapping[Shard, int], recent: Mapping[Shard, bytes] = _NOTHING
) -> None:
    """Compare-and-swap the positions of the given shards; raises PositionMoved if any was moved by another.

    `recent` are the ids to remember with them.
    """
    shards = sorted(new)
    swapped = await conn.fetch(
        """
        UPDATE position AS p SET last = n.new, recent = n.recent
        FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bytea[])
             AS n (domain, shard, old, new, recent)
        WHERE p.domain = n.domain AND p.shard = n.shard AND p.last = n.old RETURNING 1
        """,
        [s[0] for s in shards],
        [s[1] for s in shards],
        [old[s] for s in shards],
        [new[s] for s in shards],
        [recent.get(s, b"") for s in shards],
    )
    if len(swapped) != len(shards):
        raise PositionMoved


async def forget(conn: Connection, domain: str | None = None) -> None:
    """Reset one source, or all: positions to 0, parked events deleted. Needs a transaction.

    Waits for a batch that is being applied; a later batch finds its positions moved and rolls back.
    """
    await conn.execute("LOCK TABLE position IN EXCLUSIVE MODE")
    for statement in _FORGET:
        await conn.execute(statement, domain)
