"""Records that another program put on a topic: read as no event, and never with a place that the bus cannot have.

That reading never raises, and that our own records come back as they were, is in tests/contract/test_envelope.py.
"""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ilp_shared.bus.contract.catalog import SHARDS, TOPICS, head_type
from ilp_shared.bus.contract.envelope import Event, HighWaterMark, Unreadable, decode, encode, reach_of
from tests.contract.events import archive_rows

MOST = 2**62
NUMBERS = st.sampled_from(
    [
        "-1",
        "64",
        "9" * 30,
        "9" * 5000,
        str(MOST),
        str(MOST + 1),
        "1e3",
        "1.5",
        "0x1",
        "1_0",
        " 7 ",
        "",
        "NaN",
        "٣",
        "yes",
    ]
)
VALUES = st.dictionaries(
    st.integers(-5, 99).map(str) | NUMBERS,
    st.integers(-5, 2**64) | st.floats(allow_nan=False) | st.booleans() | st.none(),
)


def possible(places: dict[int, int]) -> bool:
    """Tell whether shards and sequences are such as the bus has."""
    return all(0 <= shard < SHARDS and 0 <= last <= MOST for shard, last in places.items())


@settings(max_examples=40)
@given(archive_rows(), st.sampled_from(["shard", "sequence", "aggregateversion"]), NUMBERS)
def test_an_event_out_of_range_is_nobody_s(row: dict[str, object], name: str, number: str) -> None:
    _, value, headers = encode(row)
    bent = [(key, number.encode() if key == f"ce_{name}" else raw) for key, raw in headers]
    read = decode(bent, value)
    assert isinstance(read, Event | Unreadable)
    if isinstance(read, Event):
        assert possible({read.shard: read.sequence})
        assert 0 <= read.aggregate_version <= MOST
    assert possible(reach_of(bent, value))


@settings(max_examples=300)
@given(st.sampled_from(sorted(TOPICS)), VALUES)
def test_a_head_out_of_range_is_nobody_s(domain: str, published: dict[str, object]) -> None:
    value = json.dumps(published).encode()
    headers = [("ce_type", head_type(domain).encode())]
    read = decode(headers, value)
    assert isinstance(read, HighWaterMark | Unreadable)
    if isinstance(read, HighWaterMark):
        assert possible(read.published)
    assert possible(reach_of(headers, value))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40))), st.none() | st.binary(max_size=300))
def test_reach_of_anything_is_possible(headers: list[tuple[str, bytes]], value: bytes | None) -> None:
    assert possible(reach_of(headers, value))
