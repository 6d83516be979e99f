"""The losses of a service whose database was restored: the events that only Kafka still has, and their list."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import orjson
from aiokafka.admin import AIOKafkaAdminClient

from ilp_shared.bus.archive import outbox
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.envelope import Event, decode, reach_of
from ilp_shared.bus.relay.log_check import read_log
from ilp_shared.db.connection import Connection
from ilp_shared.operations.maintenance import NotNow
from ilp_shared.text import Text


@dataclass
class Lost:
    """What Kafka shows above the archive: events by shard and sequence, and sequences without a record any more.

    The latter (`gone`) are given by shard, first and last sequence.
    """

    ahead: bool = False
    """Whether Kafka holds a sequence that the archive never gave. Its events need not be lost: the archive may have all
    of them, still without a sequence."""
    events: dict[tuple[int, int], Event] = field(default_factory=dict)
    gone: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def number_gone(self) -> int:
        """Number of sequences that have no record any more."""
        return sum(last - first + 1 for _, first, last in self.gone)

    def lines(self) -> bytes:
        """Return one JSON line per loss: ids, types, areas and instants; no personal data and no content."""
        events = (
            {
                "event_id": str(event.event_id),
                "type": event.type,
                "aggregate_id": str(event.aggregate_id),
                "aggregate_version": event.aggregate_version,
                "shard": shard,
                "sequence": sequence,
                "occurred_at": event.occurred_at,
                "recorded_at": event.recorded_at,
                "area_code": event.attributes.get("areacode"),
                "facility_id": event.attributes.get("facilityid"),
            }
            for (shard, sequence), event in sorted(self.events.items())
        )
        gaps = ({"shard": shard, "first": first, "last": last} for shard, first, last in self.gone)
        return b"".join(orjson.dumps(line) + b"\n" for line in (*events, *gaps))


async def find_lost(conn: Connection, admin: AIOKafkaAdminClient, cluster: Cluster, domain: str) -> Lost:
    """Compare the whole log with the archive; without the topic there is no loss."""
    if cluster.topic(domain) not in await admin.list_topics():
        return Lost()
    assigned, _ = await outbox.read_shards(conn)
    reached = dict(assigned)
    above: dict[tuple[int, int], Event] = {}
    async for record in read_log(cluster, domain):
        for shard, last in reach_of(record.headers, record.value).items():
            if shard in reached:
                reached[shard] = max(reached[shard], last)
        item = decode(record.headers, record.value, handled=())
        if isinstance(item, Event) and item.sequence > assigned.get(item.shard, item.sequence):
            above[item.shard, item.sequence] = item
    gone = [
        (shard, *hole)
        for shard, last in sorted(reached.items())
        for hole in _holes(assigned[shard], [sequence for other, sequence in above if other == shard], last)
    ]
    archived = await outbox.archived(conn, [event.event_id for event in above.values()])
    events = {place: event for place, event in above.items() if event.event_id not in archived}
    return Lost(reached != assigned, events, gone)


def _holes(after: int, present: Iterable[int], last: int) -> list[tuple[int, int]]:
    """Return first and last of each run of missing sequences from `after + 1` to `last`."""
    edges = [after, *sorted(present), last + 1]
    return [(low + 1, high - 1) for low, high in pairwise(edges) if high - low > 1]


def write_list(listing: Path, content: bytes) -> None:
    """Write the list durably; raises NotNow if the file has other content or cannot be written."""
    try:
        with listing.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        if listing.read_bytes() != content:  # equal: the list of a run that was cut before the deletion
            raise NotNow(
                Text(
                    f"{listing} sudah ada: sebutkan berkas lain, agar tidak ada daftar yang hilang",
                    f"{listing} exists: name another file, so that no list is lost",
                )
            ) from None
    except OSError as error:
        raise NotNow(
            Text(f"{listing} tidak dapat ditulis: {error.strerror}", f"{listing} cannot be written: {error.strerror}")
        ) from None
