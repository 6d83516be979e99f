"""Three-valued logic against every way to fill in what is not known."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import pytest

from ilp_shared.expressions.logic import Truth, all_of, any_of, at_least, opposite

PARTS = [list(parts) for length in range(5) for parts in product((True, False, None), repeat=length)]


def completions(parts: Sequence[Truth]) -> Iterator[tuple[bool, ...]]:
    """Yield every way to fill in the unknown parts."""
    return product(*[(True, False) if part is None else (part,) for part in parts])


def sure(parts: Sequence[Truth], decide: Callable[[Sequence[bool]], bool]) -> Truth:
    """Return what every completion agrees on, else None."""
    [*answers] = {decide(filled) for filled in completions(parts)}
    return answers[0] if len(answers) == 1 else None


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_known_is_what_no_completion_could_change(parts: list[Truth]) -> None:
    assert all_of(parts) == sure(parts, all)
    assert any_of(parts) == sure(parts, any)
    for number in range(1, len(parts) + 2):
        assert at_least(number, parts) == sure(parts, lambda filled, n=number: sum(filled) >= n)  # type: ignore[misc]


@pytest.mark.parametrize(("part", "expected"), [(True, False), (False, True), (None, None)])
def test_the_opposite_of_unknown_is_unknown(part: Truth, expected: Truth) -> None:
    assert opposite(part) is expected
