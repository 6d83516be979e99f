"""The ids of the last events that were applied in each shard.

Sequences are given once, so another id under a known sequence is a record that was forged, or written by a second
source: see `contradictions`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import Event

MEMORY: Final = 32
"""Sequences up to the position whose ids are stored, 512 bytes for a shard; a batch also knows all of its own."""
_ID: Final = 16


def extended(recent: Mapping[Shard, bytes], events: Iterable[Event]) -> dict[Shard, bytes]:
    """Return the ids of the shards of newly applied events, untrimmed, the newest last."""
    parts: dict[Shard, list[bytes]] = {}
    for event in events:
        shard = (event.domain, event.shard)
        parts.setdefault(shard, [recent.get(shard, b"")]).append(event.event_id.bytes)
    return {shard: b"".join(ids) for shard, ids in parts.items()}


def trimmed(recent: Mapping[Shard, bytes]) -> dict[Shard, bytes]:
    """Return the ids that are stored."""
    return {shard: ids[-MEMORY * _ID :] for shard, ids in recent.items()}


def applied_id(ids: bytes, last: int, sequence: int) -> UUID | None:
    """Return the id that was applied under a sequence; None where it is not known any more, or not yet."""
    end = len(ids) - (last - sequence) * _ID
    return UUID(bytes=ids[end - _ID : end]) if _ID <= end <= len(ids) else None


def contradicting(
    events: Sequence[Event], last: Mapping[Shard, int], recent: Mapping[Shard, bytes]
) -> list[tuple[Event, UUID]]:
    """Return the events with another id than the one applied under their sequence, and that id."""
    pairs = [
        (
            event,
            applied_id(recent.get((event.domain, event.shard), b""), last[event.domain, event.shard], event.sequence),
        )
        for event in events
    ]
    return [(event, known) for event, known in pairs if known is not None and known != event.event_id]
