"""The skip / apply / hole decision against a naive oracle, over any delivery order and duplication."""

from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.bus.consume.positions import sift
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
