"""CloudEvents 1.0 in Kafka binary mode: attributes as `ce_*` headers, the payload as JSON value.

A topic holds events, high-water marks (the published sequences, each second) and, after an accident, unreadable
records. `decode` distinguishes them and never raises.
"""

import zlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from pydantic import ValidationError

from ilp_shared.areas import home_key
from ilp_shared.bus.contract.catalog import EVENTS, SHARDS, domain_of
from ilp_shared.events.base import EventData
from ilp_shared.ids import new_id

Headers = Sequence[tuple[str, bytes]]
_MOST: Final = 2**62
"""No sequence or version comes near this; a record with a higher number is not one of this platform."""
_EXTENSIONS: Final = ("areacode", "facilityid", "policyversion", "traceparent")


def shard_of(key: str) -> int:
    """Return the shard of a key: CRC-32 mod 64, which never changes."""
    return zlib.crc32(key.encode()) % SHARDS


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The record that an event is about, with the version that the change gave it."""

    id: UUID
    version: int
    """Gap-free from 1: the caller holds the row's lock."""
    home_area: str
    """Area at its creation: the regency of it is the key of all its events."""
    area_code: str | None = None
    """Village as of the event; None where it is the home area."""
    facility_id: UUID | None = None
    policy_version: str | None = None
    """Policy that decided, if any."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as a service raises it; the archive adds shard, time recorded and, later, the sequence."""

    data: EventData
    aggregate_id: UUID
    aggregate_version: int
    home_area: str
    """Area of the aggregate at its creation: the regency of it is the key."""
    area_code: str
    occurred_at: datetime
    facility_id: UUID | None = None
    policy_version: str | None = None
    traceparent: str | None = None
    event_id: UUID = field(default_factory=new_id)

    @property
    def key(self) -> str:
        """Kafka key: the regency code of the aggregate's home area."""
        return home_key(self.home_area)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as read from Kafka or the feed.

    `data` is None if `defect` says why the payload cannot be read, and for types that the reader does not handle.
    """

    event_id: UUID
    type: str
    domain: str
    shard: int
    sequence: int
    aggregate_id: UUID
    aggregate_version: int
    occurred_at: datetime
    recorded_at: datetime
    attributes: dict[str, str]
    value: bytes
    data: EventData | None
    defect: str | None = None
    offset: int = -1
    """Kafka's offset of its record; -1 where it came another way."""


@dataclass(frozen=True, slots=True)
class HighWaterMark:
    """Published sequence of each shard of one partition, as of the time of the record."""

    domain: str
    published: dict[int, int]
    through: datetime | None = None
    """Every event recorded up to this instant is published."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record without usable headers. If it replaced an event, the consumer finds the hole and requests a replay."""

    reason: str


def encode(row: dict[str, object]) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the Kafka record of an archive row."""
    attributes = {
        "specversion": "1.0",
        "id": str(row["event_id"]),
        "source": f"/ilp/{domain_of(str(row['type']))}",
        "type": str(row["type"]),
        "time": _instant(row["recorded_at"]),
        "aggregateid": str(row["aggregate_id"]),
        "aggregateversion": str(row["aggregate_version"]),
        "shard": str(row["shard"]),
        "sequence": str(row["sequence"]),
        "areacode": str(row["area_code"]),
        "occurredat": _instant(row["occurred_at"]),
    }
    for name, column in (
        ("facilityid", "facility_id"),
        ("policyversion", "policy_version"),
        ("traceparent", "traceparent"),
    ):
        if row[column] is not None:
            attributes[name] = str(row[column])
    headers = [("content-type", b"application/json")]
    headers += [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return str(row["key"]).encode(), str(row["data"]).encode(), headers


def _instant(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"not an instant: {type(value).__name__}")
    return value.isoformat().replace("+00:00", "Z")


def decode(
    headers: Headers, value: bytes | None, handled: Container[str] = EVENTS, *, offset: int = -1
) -> Event | HighWaterMark | Unreadable:
    """Return what one Kafka record holds; never raises, whatever the bytes are.

    Payloads of known types outside `handled` are not read: such events only move the position.
    """
    try:
        ce = {name[3:]: raw.decode() for name, raw in headers if name.startswith("ce_")}
        event_type = ce["type"]
        domain = domain_of(event_type)
        if event_type.endswith(".head.v1"):
            published = orjson.loads(value or b"")
            through = datetime.fromisoformat(ce["time"]) if "time" in ce else None
            return HighWaterMark(
                domain, dict(_shard_and_sequence(shard, last) for shard, last in published.items()), through
            )
        ignored = event_type in EVENTS and event_type not in handled
        data, defect = (None, None) if ignored else understand(event_type, value)
        shard, sequence = _shard_and_sequence(ce["shard"], ce["sequence"])
        return Event(
            event_id=UUID(ce["id"]),
            type=event_type,
            domain=domain,
            shard=shard,
            sequence=sequence,
            aggregate_id=UUID(ce["aggregateid"]),
            aggregate_version=_within(ce["aggregateversion"], _MOST),
            occurred_at=datetime.fromisoformat(ce["occurredat"]),
            recorded_at=datetime.fromisoformat(ce["time"]),
            attributes={name: ce[name] for name in _EXTENSIONS if name in ce},
            value=value or b"",
            data=data,
            defect=defect,
            offset=offset,
        )
    except (KeyError, ValueError, IndexError, AttributeError, TypeError, UnicodeDecodeError) as error:
        return Unreadable(f"{type(error).__name__} in headers")


def _shard_and_sequence(shard: str | bytes, sequence: str | bytes | int) -> tuple[int, int]:
    return _within(shard, SHARDS - 1), _within(sequence, _MOST)


def _within(number: str | bytes | int, most: int) -> int:
    value = int(number)
    if not 0 <= value <= most:
        raise ValueError("out of range")
    return value


def reach_of(headers: Headers, value: bytes | None) -> dict[int, int]:
    """Return the sequences that a record shows by shard, without reading a payload: an event one, a mark many."""
    ce = dict(headers)
    try:
        if b".head.v" in ce["ce_type"]:
            return dict(_shard_and_sequence(shard, last) for shard, last in orjson.loads(value or b"").items())
        return dict([_shard_and_sequence(ce["ce_shard"], ce["ce_sequence"])])
    except (KeyError, ValueError, AttributeError, TypeError):
        return {}


def understand(event_type: str, value: bytes | None) -> tuple[EventData | None, str | None]:
    """Return a payload validated against the catalogue, or its defect; the defect never repeats content."""
    payload = EVENTS.get(event_type)
    if payload is None:
        return None, f"unknown type {event_type}"
    try:
        return payload.model_validate_json(value or b""), None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return None, f"{first['type']} at /{'/'.join(map(str, first['loc']))}"
