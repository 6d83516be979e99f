"""What a consumer remembers, against naive oracles: any order, duplication and forgery of deliveries."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.bus.consume import memory
from ilp_shared.bus.consume.contradictions import Contradiction
from ilp_shared.bus.contract.envelope import Event
from tests.unit.shared.records import DOMAIN, record

SHARD = (DOMAIN, 3)


def event(sequence: int, writer: int = 0) -> Event:
    """Return the event that a writer puts under a sequence."""
    return record(SHARD[1], sequence, writer)


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 2_000))
def test_the_last_ids_are_remembered(batches: list[int], first: int) -> None:
    recent: dict[tuple[str, int], bytes] = {}
    last = first
    for size in batches:
        applied = [event(sequence) for sequence in range(last + 1, last + size + 1)]
        recent = memory.trimmed(memory.extended(recent, applied))
        last += size
    ids = recent.get(SHARD, b"")
    assert len(ids) <= 16 * memory.MEMORY
    for sequence in range(max(0, last - 100), last + 5):
        known = first < sequence <= last and sequence > last - memory.MEMORY
        expected = event(sequence).event_id if known else None
        assert memory.applied_id(ids, last, sequence) == expected


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 2)), max_size=40))
def test_another_id_under_a_remembered_sequence_contradicts(deliveries: list[tuple[int, int]]) -> None:
    applied = [event(sequence) for sequence in range(1, 21)]
    recent = memory.extended({}, applied)
    events = [event(*delivery) for delivery in deliveries]
    contradictions = memory.contradicting(events, {SHARD: 20}, recent)
    assert contradictions == [
        (one, event(one.sequence).event_id) for one in events if one.sequence <= 20 and one.event_id.int >> 64
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 20)), max_size=12))
def test_what_the_source_sends_last_is_genuine_however_often_a_stranger_sends(sent: list[tuple[int, int]]) -> None:
    """The source answers every undecided contradiction; records that were read before may be read again."""
    source, offset = 1, 100
    state = Contradiction(applied=event(7, 2).event_id, genuine=None, offset=offset)
    for writer, back in sent:
        offset += 1
        state = state.after(replace(event(7, writer), offset=offset))
        state = state.after(replace(event(7, writer), offset=max(0, offset - back)))
    answers = 0
    while state.genuine is None or state.genuine != event(7, source).event_id:
        offset, answers = offset + 1, answers + 1
        state = state.after(replace(event(7, source), offset=offset))
        assert answers <= 2
    assert state.is_open
    for earlier in range(state.offset + 1):
        assert state.after(replace(event(7, 3), offset=earlier)) == state
    assert not replace(state, applied=event(7, source).event_id).is_open
