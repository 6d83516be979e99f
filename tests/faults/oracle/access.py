"""The oracle's eyes: HTTP through the front door and the records of Kafka. It reads and never writes.

`read_all` takes one look at everything of a run; the checks work on that look (`Seen`), so they can be tested with
doctored ones.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import httpx2
from aiokafka import AIOKafkaConsumer

SHARDS = 64
FEEDS = {"registry": "registry", "screening": "screening", "cluster": "cluster-services", "monitoring": "monitoring"}
"""Domain → path of the service that archives its events."""
Json = dict[str, Any]
Sequence = tuple[str, int, int]
"""Domain, shard, sequence: the place of an event, for ever."""


@dataclass(frozen=True)
class Access:
    """The ways in: the front door, Kafka, and a token for a role and an area."""

    address: str
    bootstrap: str
    token: Callable[[str, str], str]


@dataclass(frozen=True)
class Record:
    """An event as it is in Kafka."""

    event_id: str
    type: str
    aggregate: str
    version: int
    content: Json


@dataclass
class Seen:
    """One look at the platform."""

    feed: dict[str, list[Json]] = field(default_factory=dict)
    """Every archived event of the shards concerned, by domain."""
    kafka: dict[Sequence, list[Record]] = field(default_factory=dict)
    situations: dict[tuple[str, str], Json] = field(default_factory=dict)
    """By area and period."""
    cells: dict[str, list[Json]] = field(default_factory=dict)
    """Exported numbers by regency."""
    persons: list[Json] = field(default_factory=list)
    screenings: list[Json] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    open_days: list[Json] = field(default_factory=list)


def shard_of(regency: str) -> int:
    """Return the shard of a regency's events: CRC-32 of its code, mod 64 (decision 0001)."""
    return crc32(regency.encode()) % SHARDS


async def read_all(access: Access, villages: Iterable[str], facilities: Iterable[str], periods: Iterable[str]) -> Seen:
    """Look at everything that concerns some villages: Kafka first, since the archive may only have more by then."""
    villages, periods, seen = sorted(villages), sorted(periods), Seen()
    regencies = sorted({village[:5] for village in villages})
    shards = sorted({shard_of(regency) for regency in regencies})
    seen.kafka = await read_kafka(access.bootstrap, set(regencies))
    async with httpx2.AsyncClient(base_url=access.address, timeout=60) as client:
        reader = Reader(client, access.token)
        for domain in FEEDS:
            seen.feed[domain] = [event for shard in shards for event in await reader.feed(domain, shard)]
        for area in sorted({part for village in villages for part in (village, village[:8], village[:5])}):
            for period in periods:
                path = f"/monitoring/v1/situations/{area}"
                seen.situations[area, period] = await reader.one(path, "dinas", area, {"period": period})
        for regency in regencies:
            seen.cells[regency] = await reader.pages("/monitoring/v1/cells", "dinas", regency, {"area": regency})
            seen.persons += await reader.pages("/registry/v1/persons", "midwife", regency)
            seen.tasks += await reader.pages("/cluster-services/v1/tasks", "midwife", regency)
            seen.open_days += await reader.pages("/screening/v1/open-days", "midwife", regency)
        for facility in facilities:
            seen.screenings += await reader.pages("/screening/v1/screenings", "midwife", "id", {"facility": facility})
    return seen


class Reader:
    """Reads lists to their last page."""

    def __init__(self, client: httpx2.AsyncClient, token: Callable[[str, str], str]) -> None:
        self._client, self._token = client, token

    async def one(self, path: str, role: str, area: str, query: Mapping[str, str]) -> Any:
        """Return the JSON of one answer."""
        headers = {"Authorization": self._token(role, area)}
        answer = await self._client.get(path, params=query, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def pages(self, path: str, role: str, area: str, query: Mapping[str, str] | None = None) -> list[Json]:
        """Return every row of a list; a reader of an area sees no other."""
        rows: list[Json] = []
        page = {"limit": "500", **(query or {})}
        while True:
            answer = await self.one(path, role, area, page)
            rows += answer["items"]
            if not answer["next"]:
                return rows
            page["cursor"] = answer["next"]

    async def feed(self, domain: str, shard: int) -> list[Json]:
        """Return every archived event of a shard, of all the nation: holes would show."""
        events: list[Json] = []
        while True:
            after = str(events[-1]["sequence"]) if events else "0"
            query = {"shard": str(shard), "after": after, "limit": "1000"}
            page = await self.one(f"/{FEEDS[domain]}/v1/events", "integrator", "id", query)
            if not page:
                return events
            events += [event | {"content": json.loads(event["data"])} for event in page]


async def read_kafka(bootstrap: str, regencies: set[str]) -> dict[Sequence, list[Record]]:
    """Return every readable event record of some regencies, from the beginning of what Kafka holds to its end now."""
    topics = [f"ilp.{domain}.v1" for domain in FEEDS]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        tps = sorted(consumer.assignment())  # every partition: a topic may have grown between two records of a shard
        begin, end = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        for tp in tps:
            consumer.seek(tp, begin[tp])
        records_by_sequence: dict[Sequence, list[Record]] = {}
        while any([await consumer.position(tp) < end[tp] for tp in tps]):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    if (record.key or b"").decode(errors="replace") in regencies:
                        _take(records_by_sequence, dict(record.headers), record.value or b"")
        return records_by_sequence
    finally:
        await consumer.stop()


def _take(records_by_sequence: dict[Sequence, list[Record]], headers: dict[str, bytes], value: bytes) -> None:
    try:
        ce = {name[3:]: raw.decode() for name, raw in headers.items() if name.startswith("ce_")}
        place = (ce["type"].split(".")[1], int(ce["shard"]), int(ce["sequence"]))
        record = Record(ce["id"], ce["type"], ce["aggregateid"], int(ce["aggregateversion"]), json.loads(value))
    except (KeyError, ValueError, IndexError):
        return  # a high-water mark, or an unreadable record: a hole, if it stood for an event, shows in the feed
    known = records_by_sequence.setdefault(place, [])
    if record not in known:
        known.append(record)
