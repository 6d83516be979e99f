"""The newest of several versions."""

from itertools import permutations
from operator import itemgetter

from ilp_shared.db.copies import newest


def test_the_highest_version_of_each_key_is_the_newest_in_any_order() -> None:
    items = [("a", 1), ("a", 3), ("a", 2), ("b", 1)]
    for order in permutations(items):
        assert newest(order, itemgetter(0), itemgetter(1)) == {"a": ("a", 3), "b": ("b", 1)}


def test_of_equal_versions_the_later_item_counts() -> None:
    items = [("a", 1, "first"), ("a", 1, "second")]
    assert newest(items, itemgetter(0), itemgetter(1)) == {"a": ("a", 1, "second")}
