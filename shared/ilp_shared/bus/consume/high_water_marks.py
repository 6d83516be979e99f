"""The high-water marks of the relays, as one consumer last read them, compared with its own positions.

A mark above a position means that events are missing; a mark that is reached means that everything recorded until its
time is applied. Marks are dropped at every rebalance: another member may read that partition from then on.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import HighWaterMark


class HighWaterMarks:
    """The newest published sequence of each shard."""

    def __init__(self) -> None:
        self._published: dict[Shard, int] = {}

    def forget(self) -> None:
        """Drop all marks, as after joining or a rebalance."""
        self._published.clear()

    def note(self, marks: Iterable[HighWaterMark]) -> None:
        """Store marks, in the order in which they were read."""
        for mark in marks:
            self._published.update({(mark.domain, shard): last for shard, last in mark.published.items()})

    def ahead_of(self, positions: Mapping[Shard, int]) -> set[Shard]:
        """Return the shards of which more is published than is applied here."""
        return {shard for shard, last in self._published.items() if last > positions.get(shard, last)}

    def lag(self, positions: Mapping[Shard, int]) -> dict[str, int]:
        """Return, by source domain of which a mark was read, how many published events are not applied here."""
        lag: dict[str, int] = {}
        for shard, last in self._published.items():
            lag[shard[0]] = lag.get(shard[0], 0) + max(0, last - positions.get(shard, 0))
        return lag


def applied_through(
    mark: HighWaterMark | None, positions: Mapping[Shard, int], shards: Collection[int]
) -> datetime | None:
    """Return the instant of a mark if every one of its shards is applied, None otherwise.

    `shards` are those of its partition as this consumer sees the topic. A mark with others is from a relay that sees
    another number of partitions: what is missing in it may be in a partition that is not read yet.
    """
    if mark is None or set(mark.published) != set(shards):
        return None
    if any(last > positions.get((mark.domain, s), last) for s, last in mark.published.items()):
        return None
    return mark.through
