"""The skip / apply / hole decision against a naive oracle, over any delivery order and duplication."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.bus.consume.high_water_marks import applied_through
from ilp_shared.bus.consume.positions import sift
from ilp_shared.bus.contract.catalog import SHARDS
from ilp_shared.bus.contract.envelope import HighWaterMark
from ilp_shared.bus.kafka import shards_of
from tests.unit.shared.records import record

_deliveries = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 8)), max_size=40)
_positions = st.fixed_dictionaries({("registry", shard): st.integers(0, 8) for shard in range(3)})


@given(_deliveries, _positions)
def test_sift_applies_exactly_what_comes_next(
    deliveries: list[tuple[int, int]], last: dict[tuple[str, int], int]
) -> None:
    new_events, moved, holes = sift([record(*delivery) for delivery in deliveries], last)

    expected, position = [], {shard: last["registry", shard] for shard in range(3)}
    hole = set()
    for shard, sequence in deliveries:
        if sequence == position[shard] + 1:
            position[shard] = sequence
            expected.append((shard, sequence))
        elif sequence > position[shard]:
            hole.add(("registry", shard))
    assert [(e.shard, e.sequence) for e in new_events] == expected
    assert moved == {("registry", s): p for s, p in position.items() if p != last["registry", s]}
    assert holes == hole


@given(st.permutations(list(range(1, 9))), st.integers(1, 4))
def test_redelivery_until_no_hole_applies_every_event_once(order: list[int], rounds: int) -> None:
    last = {("registry", 0): 0}
    applied: list[int] = []
    for _ in range(8 + rounds):
        new_events, moved, _holes = sift([record(0, sequence) for sequence in order], last)
        applied += [event.sequence for event in new_events]
        last.update(moved)
    assert applied == list(range(1, 9))


def test_a_mark_counts_when_all_shards_of_its_partition_are_applied() -> None:
    instant = datetime(2026, 11, 22, tzinfo=UTC)
    mark = HighWaterMark("registry", dict.fromkeys(shards_of(1, 6), 5), instant)
    applied = {("registry", shard): 5 for shard in range(SHARDS)}
    assert applied_through(mark, applied, shards_of(1, 6)) == instant
    assert applied_through(mark, {**applied, ("registry", 7): 4}, shards_of(1, 6)) is None
    assert applied_through(None, applied, shards_of(1, 6)) is None


@pytest.mark.parametrize("partitions", [6, 12, 64])
def test_a_mark_for_another_number_of_partitions_says_nothing(partitions: int) -> None:
    """What is missing in it may be in a partition that is not read yet, and what is too much in one that was grown."""
    mark = HighWaterMark("registry", dict.fromkeys(shards_of(1, partitions), 5), datetime(2026, 11, 22, tzinfo=UTC))
    applied = {("registry", shard): 5 for shard in range(SHARDS)}
    for other in {6, 12, 64} - {partitions}:
        assert applied_through(mark, applied, shards_of(1, other)) is None


@given(st.integers(1, 200))
def test_each_shard_is_in_one_partition(partitions: int) -> None:
    carried = [shard for number in range(partitions) for shard in shards_of(number, partitions)]
    assert sorted(carried) == list(range(SHARDS))
