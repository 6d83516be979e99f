"""The AsyncAPI 3.0 document of all topics, built from the catalogue. Pure."""

import re
from importlib.resources import files
from typing import Any, Final

import yaml

from ilp_shared.bus.contract.catalog import EVENTS, PARTITIONS, REPLAY_TOPIC, SHARDS, TOPICS, domain_of, head_type
from ilp_shared.events.base import EventData
from ilp_shared.waits import Waits

Json = dict[str, Any]
REPLAY_PAUSE_S: Final = Waits().ask_again_s

_INFO: Final = f"""\
CloudEvents 1.0 in Kafka binary mode: attributes are `ce_*` headers, the value is the payload as JSON.

Key and partitioning: the key is the Kemendagri code of the regency of the aggregate's home area and never changes. Its
shard is crc32(key) mod {SHARDS} (`ce_shard`), its partition shard mod the number of partitions ({PARTITIONS} now, may
grow).

Order: within a shard `ce_sequence` is gap-free from 1 and follows the order of commits; within an aggregate
`ce_aggregateversion` is gap-free from 1. Nothing is promised between shards or topics.

Idempotency: delivery is at least once. A consumer keeps the last sequence of each shard in the transaction of its
effects, skips what is not above it, and applies only the next one; so each event takes effect exactly once.

Replay: a consumer that misses a sequence (a hole, or a high-water mark above its position) writes a request to
`{REPLAY_TOPIC}`; the owner's relay publishes again from its archive above that sequence. Topics may be emptied: the
archives are the source. A request has no key (the topic has one partition) and names its shard, which is
crc32(key) mod {SHARDS} of the events' key. Ask for a shard again only after {REPLAY_PAUSE_S:g} seconds without
progress, because each request makes the relay begin again at `after`. What is above the hole may be dropped: it comes
again.

Codec: producers compress batches with lz4, so a client needs its lz4 codec (Python: `aiokafka[lz4]`; librdkafka and the
Java client bring it). About half of all records are high-water marks: skip them by `ce_type`. Skip a record whose value
is no JSON too: nothing of the platform writes one, and an event that was damaged under way comes again by replay.

Reading from nothing: topics keep three days. Begin with no positions at the earliest offset; the first high-water mark
of a shard shows what is older, and a replay brings it. Readers of little, or without Kafka, use `GET /v1/events` of
each service.

High-water marks: each second the relay sends the published sequence of every shard, as type `ilp.<domain>.head.v1`.

Personal data: no NIK, name, phone, address or free text. PII class `pseudonymous` where there is a random `person_id`,
`none` elsewhere.

Evolution: inside a major version payloads only grow; unknown properties are ignored. A breaking change is a new type.
"""

_HEADERS: Final[dict[str, tuple[str, bool, Json]]] = {
    "ce_specversion": ("CloudEvents version", True, {"const": "1.0"}),
    "ce_id": ("Event id (UUIDv7)", True, {"format": "uuid"}),
    "ce_source": ("Owning service", True, {"pattern": "^/ilp/[a-z]+$"}),
    "ce_type": ("Event type", True, {}),
    "ce_time": ("When it was recorded (UTC)", True, {"format": "date-time"}),
    "ce_occurredat": ("When it happened", True, {"format": "date-time"}),
    "ce_aggregateid": ("What it is about", True, {"format": "uuid"}),
    "ce_aggregateversion": ("Version of the aggregate, gap-free from 1", True, {"pattern": "^[1-9][0-9]*$"}),
    "ce_shard": (f"Shard, 0 to {SHARDS - 1}", True, {"pattern": "^[0-9]+$"}),
    "ce_sequence": ("Sequence within the shard, gap-free from 1", True, {"pattern": "^[1-9][0-9]*$"}),
    "ce_areacode": ("Kemendagri code of the village as of the event", True, {}),
    "ce_facilityid": ("Facility, where there is one", False, {"format": "uuid"}),
    "ce_policyversion": ("Policy that decided, where one did", False, {}),
    "ce_traceparent": ("W3C Trace Context of the command", False, {}),
    "content-type": ("Form of the value", True, {"const": "application/json"}),
}
_SERVERS: Final[Json] = {
    "development": {
        "host": "127.0.0.1:{port}",
        "protocol": "kafka",
        "description": "The broker of `make run`, without TLS and without accounts.",
        "variables": {"port": {"default": "9092", "description": "`kafka` in `ports.json` of the data folder"}},
    },
    "production": {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The cluster that the operator names; topics bear its prefix, if it has one.",
        "variables": {"bootstrap": {"default": "kafka:9092", "description": "as in ILP_<SERVICE>_KAFKA_BOOTSTRAP"}},
    },
}


EXAMPLE: Final[Json] = yaml.safe_load((files(__package__) / "example.yaml").read_text(encoding="utf-8"))
"""A message as a reader sees it: headers and payload."""
_KEY: Final[Json] = {"type": "string", "description": "Regency code of the aggregate's home area, e.g. 13.76"}


def document() -> Json:
    """Return the whole document as plain values, in a stable order."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ILP events",
            "version": "1.0.0",
            "description": f"{_INFO}\nA reader in Python, tested against the platform:\n\n```python\n{_recipe()}```\n",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {**{domain: _channel(domain) for domain in TOPICS}, "replay": _replay_channel()},
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": {"EventHeaders": _header_schema()}},
    }


def _recipe() -> str:
    return (files("ilp_shared") / "bus/contract/reader_recipe.py").read_text(encoding="utf-8")


def schema_path(event_type: str) -> str:
    """Return the path of a type's schema below `shared/schemas`, e.g. `cluster/task-changed.v1.json`."""
    _, domain, name, major = event_type.split(".")
    return f"{domain}/{name}.{major}.json"


def summary_of(data: type[EventData]) -> str:
    """Return the first sentence of an event's docstring."""
    return re.sub(r"\s+", " ", (data.__doc__ or "").strip().split("\n\n")[0])


def _channel(domain: str) -> Json:
    names = [data.__name__ for event_type, data in EVENTS.items() if domain_of(event_type) == domain]
    head = f"{domain.capitalize()}Head"
    return {
        "address": TOPICS[domain],
        "description": f"All events of {domain}, and once a second the high-water marks of its shards.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in [*names, head]},
        "bindings": {"kafka": {"topic": TOPICS[domain], "partitions": PARTITIONS, "bindingVersion": "0.5.0"}},
    }


def _replay_channel() -> Json:
    return {
        "address": REPLAY_TOPIC,
        "description": "Requests of consumers that miss a sequence; every relay serves those of its own domain.",
        "messages": {"ReplayRequested": {"$ref": "#/components/messages/ReplayRequested"}},
        "bindings": {"kafka": {"topic": REPLAY_TOPIC, "bindingVersion": "0.5.0"}},
    }


def _operations() -> Json:
    operations: Json = {}
    for domain in [*TOPICS, "replay"]:
        channel = {"$ref": f"#/channels/{domain}"}
        sender = "consumers that miss a sequence" if domain == "replay" else f"the relay of {domain}, in sequence order"
        reader = "the relays" if domain == "replay" else f"services that keep copies of {domain}"
        operations[f"send-{domain}"] = {"action": "send", "channel": channel, "summary": f"Sent by {sender}."}
        operations[f"receive-{domain}"] = {"action": "receive", "channel": channel, "summary": f"Read by {reader}."}
    return operations


def _messages() -> Json:
    messages = {data.__name__: _message(event_type, data) for event_type, data in EVENTS.items()}
    for domain in TOPICS:
        messages[f"{domain.capitalize()}Head"] = _high_water_mark(domain)
    messages["ReplayRequested"] = {
        "name": "ReplayRequested",
        "summary": "A consumer asks for everything of a shard above a sequence.",
        "contentType": "application/json",
        "x-pii-class": "none",
        "examples": [{"name": "nothing-yet", "payload": {"domain": "screening", "shard": 37, "after": 0}}],
        "payload": {
            "type": "object",
            "required": ["domain", "shard", "after"],
            "properties": {
                "domain": {"enum": list(TOPICS)},
                "shard": {"type": "integer", "minimum": 0, "maximum": SHARDS - 1},
                "after": {"type": "integer", "minimum": 0},
            },
        },
    }
    return messages


def _message(event_type: str, data: type[EventData]) -> Json:
    example = {"examples": [EXAMPLE]} if event_type == EXAMPLE["headers"]["ce_type"] else {}
    return {
        "name": event_type,
        "title": data.__name__,
        "summary": summary_of(data),
        "contentType": "application/json",
        "x-pii-class": "pseudonymous" if "person_id" in data.model_fields else "none",
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/EventHeaders"},
                {"type": "object", "properties": {"ce_type": {"const": event_type}}},
            ]
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema_path(event_type)}"},
        },
        **example,
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
    }


def _high_water_mark(domain: str) -> Json:
    return {
        "name": head_type(domain),
        "summary": f"High-water mark: published sequence of each shard of one partition of {domain}.",
        "contentType": "application/json",
        "x-pii-class": "none",
        "examples": [
            {"name": "two-shards", "headers": {"ce_type": head_type(domain)}, "payload": {"1": 204, "37": 6681}}
        ],
        "headers": {
            "type": "object",
            "required": ["ce_type"],
            "properties": {"ce_type": {"type": "string", "const": head_type(domain)}},
        },
        "payload": {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]+$"},
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
    }


def _header_schema() -> Json:
    return {
        "type": "object",
        "required": [name for name, (_, required, _limits) in _HEADERS.items() if required],
        "properties": {
            name: {"type": "string", "description": text, **limits} for name, (text, _, limits) in _HEADERS.items()
        },
    }
