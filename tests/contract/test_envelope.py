"""What goes to Kafka is a CloudEvent by the official SDK's reading, and reading back never fails, whatever is there."""

import json
from datetime import datetime

import orjson
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.bus.contract.catalog import EVENTS, TOPICS, head_type
from ilp_shared.bus.contract.envelope import Event, HighWaterMark, Unreadable, decode, encode, shard_of
from tests.contract.events import archive_rows


@given(archive_rows())
def test_own_round_trip(row: dict[str, object]) -> None:
    key, value, headers = encode(row)
    event = decode(headers, value)
    assert isinstance(event, Event)
    assert event.defect is None
    assert event.data is not None
    assert event.data == EVENTS[event.type].model_validate_json(str(row["data"]))
    assert (event.shard, event.sequence, event.aggregate_version) == (
        row["shard"],
        row["sequence"],
        row["aggregate_version"],
    )
    assert (event.event_id, event.aggregate_id) == (row["event_id"], row["aggregate_id"])
    assert (event.occurred_at, event.recorded_at) == (row["occurred_at"], row["recorded_at"])
    assert event.shard == shard_of(key.decode())


@given(archive_rows())
def test_the_official_library_reads_what_we_write(row: dict[str, object]) -> None:
    key, value, headers = encode(row)
    read = from_binary(KafkaMessage(headers=dict(headers), key=key, value=value), JSONFormat(), CloudEvent)
    assert (read.get_specversion(), read.get_id(), read.get_type()) == ("1.0", str(row["event_id"]), row["type"])
    assert read.get_source() == f"/ilp/{str(row['type']).split('.')[1]}"
    assert read.get_datacontenttype() == "application/json"
    assert read.get_time() == row["recorded_at"]
    assert read.get_data() == json.loads(str(row["data"]))  # orjson would make floats of integers beyond 64 bits
    assert read.get_extension("sequence") == str(row["sequence"])
    assert datetime.fromisoformat(read.get_extension("occurredat")) == row["occurred_at"]


@given(archive_rows())
def test_we_read_what_the_official_library_writes(row: dict[str, object]) -> None:
    key, value, headers = encode(row)
    read = from_binary(KafkaMessage(headers=dict(headers), key=key, value=value), JSONFormat(), CloudEvent)
    written = to_binary(read, JSONFormat())
    again, first = decode(list(written.headers.items()), written.value), decode(headers, value)
    assert isinstance(again, Event)
    assert isinstance(first, Event)
    assert (again.event_id, again.data, again.sequence) == (first.event_id, first.data, first.sequence)


NAMES = ["type", "id", "shard", "sequence", "aggregateid", "aggregateversion", "occurredat", "time", "areacode"]
HEADERS = st.lists(st.tuples(st.sampled_from([f"ce_{name}" for name in NAMES]) | st.text(), st.binary(max_size=60)))


@given(HEADERS, st.none() | st.binary(max_size=200))
def test_reading_never_fails_on_anything(headers: list[tuple[str, bytes]], value: bytes | None) -> None:
    assert isinstance(decode(headers, value), Event | HighWaterMark | Unreadable)


@given(archive_rows(), st.data())
def test_reading_never_fails_on_a_damaged_event(row: dict[str, object], data: st.DataObject) -> None:
    _, value, headers = encode(row)
    place = data.draw(st.integers(0, len(headers) - 1))
    odd = st.binary(max_size=40) | st.sampled_from([b"", b"-1", b"9" * 5000, b"NaN", b"2026-13-01", b"ilp", b"ilp..v1"])
    headers[place] = (headers[place][0], data.draw(odd))
    damaged = data.draw(st.none() | st.just(value) | st.just(value[: len(value) // 2]) | st.just(b"[" * 2000))
    assert isinstance(decode(headers, damaged), Event | HighWaterMark | Unreadable)


@given(archive_rows(), st.binary(max_size=60))
def test_an_event_that_cannot_be_understood_keeps_its_place(row: dict[str, object], junk: bytes) -> None:
    _, _, headers = encode(row)
    event = decode(headers, b"\xff" + junk)
    assert isinstance(event, Event)
    assert (event.sequence, event.data) == (row["sequence"], None)
    assert event.defect


@given(st.sampled_from(sorted(TOPICS)), st.dictionaries(st.integers(0, 63), st.integers(0, 2**62)))
def test_high_water_marks(domain: str, published: dict[int, int]) -> None:
    value = orjson.dumps({str(shard): last for shard, last in published.items()})
    assert decode([("ce_type", head_type(domain).encode())], value) == HighWaterMark(domain, published)
