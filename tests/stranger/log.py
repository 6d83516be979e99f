"""Reads every event of the platform from Kafka by `asyncapi.yaml` alone, and says where the log breaks a promise."""

import json
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, Producer, TopicPartition

SHARDS = 64
REPLAY = "replay"
_HEAD = ".head.v1"
_PATIENCE_S = 120.0
"""How long the relays may take to send again what the log has lost."""
_POLL_S = 1.0


@dataclass(frozen=True)
class Event:
    """One event, as its headers and its value say."""

    id: str
    type: str
    domain: str
    shard: int
    sequence: int
    aggregate: str
    version: int
    occurred_at: str
    data: Mapping[str, Any]


class Log:
    """The events of all topics that were read so far, by domain, shard and sequence."""

    def __init__(self, bootstrap: str, document: Path) -> None:
        content = yaml.safe_load(document.read_text(encoding="utf-8"))
        channels = content["channels"]
        self._replay = channels.pop(REPLAY)["address"]
        self._domains = {channel["address"]: name for name, channel in channels.items()}
        self._producer = Producer({"bootstrap.servers": bootstrap})
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "a-stranger",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        self._partitions = [
            TopicPartition(topic, number, OFFSET_BEGINNING)
            for topic in self._domains
            for number in self._consumer.list_topics(topic, timeout=_PATIENCE_S).topics[topic].partitions
        ]
        self._events: dict[tuple[str, int, int], Event] = {}
        self._published: dict[tuple[str, int], int] = {}
        self.wrong: list[str] = []
        """Broken promises, in words."""

    def read(self) -> list[Event]:
        """Return all events, in the order of each shard; asks the relays for those that the log does not hold."""
        self._consumer.assign(self._partitions)
        try:
            self._read_to_the_end()
            if missing := self._missing():
                self._ask_for(missing)
                self._read_until_whole()
        finally:
            self._consumer.close()
        events = [self._events[place] for place in sorted(self._events)]
        self.wrong += [f"{domain} shard {shard} is incomplete" for domain, shard in self._missing()]
        self.wrong += gaps(events)
        return events

    def _read_to_the_end(self) -> None:
        """Read what each partition holds; another message may come while the last partitions are read."""
        unread = {(partition.topic, partition.partition) for partition in self._partitions}
        until = time.monotonic() + _PATIENCE_S
        while unread and time.monotonic() < until:
            message = self._consumer.poll(_POLL_S)
            if message is not None and not self._take(message):
                unread.discard((str(message.topic()), int(message.partition() or 0)))
        self.wrong += [f"{topic}/{number} does not come to its end" for topic, number in unread]

    def _read_until_whole(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while self._missing() and time.monotonic() < until:
            message = self._consumer.poll(_POLL_S)
            if message is not None:
                self._take(message)

    def _ask_for(self, shards: Iterable[tuple[str, int]]) -> None:
        for domain, shard in shards:
            self._producer.produce(self._replay, json.dumps({"domain": domain, "shard": shard, "after": 0}).encode())
        self._producer.flush(_PATIENCE_S)

    def _missing(self) -> list[tuple[str, int]]:
        """Return the shards of which fewer events are known than their high-water mark says are published."""
        known: defaultdict[tuple[str, int], int] = defaultdict(int)
        for domain, shard, _ in self._events:
            known[domain, shard] += 1
        return sorted(shard for shard, published in self._published.items() if known[shard] < published)

    def _take(self, message: Message) -> bool:
        """Take over an event or high-water marks; False for the end of a partition."""
        error = message.error()
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            return False
        domain = self._domains[str(message.topic())]
        try:
            content = _content(domain, message)
        except (ValueError, KeyError, TypeError, AttributeError):  # not as described: what stood there comes again
            return True
        if isinstance(content, Event):
            self._note(domain, content, message)
        else:
            for shard, published in content.items():
                self._published[domain, shard] = max(published, self._published.get((domain, shard), 0))
        return True

    def _note(self, domain: str, event: Event, message: Message) -> None:
        if zlib.crc32(_bytes(message.key())) % SHARDS != event.shard:
            self.wrong.append(f"{domain} {event.shard}/{event.sequence} is in a shard that its key does not give")
        if self._events.setdefault((domain, event.shard, event.sequence), event) != event:
            self.wrong.append(f"{domain} {event.shard}/{event.sequence} is two events")


def _content(domain: str, message: Message) -> Event | dict[int, int]:
    """Return the event of a record, or the published sequence of each shard; raises for what is neither."""
    headers, value = _headers(message), json.loads(message.value() or b"null")
    if not isinstance(value, dict):
        raise TypeError("no object")
    if headers["ce_type"].endswith(_HEAD):
        return {int(shard): int(published) for shard, published in value.items()}
    return _event(domain, headers, value)


def _headers(message: Message) -> dict[str, str]:
    return {name: value.decode() for name, value in message.headers() or () if isinstance(value, bytes)}


def _bytes(key: str | bytes | None) -> bytes:
    return key.encode() if isinstance(key, str) else key or b""


def _event(domain: str, headers: Mapping[str, str], value: Mapping[str, Any]) -> Event:
    return Event(
        id=headers["ce_id"],
        type=headers["ce_type"],
        domain=domain,
        shard=int(headers["ce_shard"]),
        sequence=int(headers["ce_sequence"]),
        aggregate=headers["ce_aggregateid"],
        version=int(headers["ce_aggregateversion"]),
        occurred_at=headers["ce_occurredat"],
        data=value,
    )


def gaps(events: Iterable[Event]) -> Iterator[str]:
    """Yield the shards and aggregates whose sequences or versions do not run from 1 without a gap."""
    sequences: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    versions: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for event in events:
        sequences[event.domain, f"shard {event.shard}"].add(event.sequence)
        versions[event.domain, event.aggregate].add(event.version)
    for kind, numbered in (("sequences", sequences), ("versions", versions)):
        for (domain, name), numbers in numbered.items():
            if numbers != set(range(1, len(numbers) + 1)):
                yield f"{domain} {name}: {kind} are not 1 to {len(numbers)}"
