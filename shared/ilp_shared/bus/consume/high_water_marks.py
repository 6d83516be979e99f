"""What the relays say they have published, as one consumer last read it, held against its own positions.

A head above a position means that events are missing; a head reached means that everything recorded until its
time has been applied. Forgotten at every rebalance: another member may read that partition from then on.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import Head


class Heads:
    """The newest head of each shard."""

    def __init__(self) -> None:
        self._published: dict[Shard, int] = {}

    def forget(self) -> None:
        """Start anew, after joining or a rebalance."""
        self._published.clear()

    def note(self, heads: Iterable[Head]) -> None:
        """Remember heads, in the order in which they were read."""
        for head in heads:
            self._published.update({(head.domain, shard): last for shard, last in head.published.items()})

    def ahead_of(self, positions: Mapping[Shard, int]) -> set[Shard]:
        """Return the shards of which more was published than is applied here."""
        return {shard for shard, last in self._published.items() if last > positions.get(shard, last)}

    def lag(self, positions: Mapping[Shard, int]) -> dict[str, int]:
        """Return, by source domain, how many published events are not applied here."""
        lag: dict[str, int] = {}
        for shard, last in self._published.items():
            lag[shard[0]] = lag.get(shard[0], 0) + max(0, last - positions.get(shard, 0))
        return lag


def applied_through(head: Head | None, positions: Mapping[Shard, int]) -> datetime | None:
    """Return the instant a head stands for if every one of its shards is applied, None otherwise."""
    if head is None or any(last > positions.get((head.domain, s), last) for s, last in head.published.items()):
        return None
    return head.through
