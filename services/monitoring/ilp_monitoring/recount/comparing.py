"""Lays two tables beside each other, both ways: missing, extra and wrong values."""

from collections.abc import Callable, Mapping, Sequence

from ilp_monitoring.recount.findings import Finding

Key = tuple[str, ...]


def compare(
    table: str,
    expected: Mapping[Key, Sequence[int]],
    actual: Mapping[Key, Sequence[int]],
    complain: Callable[[Finding], None],
) -> int:
    """Complain about every key whose values differ; returns how many keys were compared.

    A row of zeros equals a row that is not there.
    """
    others = actual.keys() - expected.keys()
    differing = [key for key, right in expected.items() if not _same(right, actual.get(key, ()))]
    differing += [key for key in others if any(actual[key])]
    for key in sorted(differing):
        right, stored = tuple(expected.get(key, ())), tuple(actual.get(key, ()))
        kind = "missing" if not any(stored) else "extra" if not any(right) else "wrong"
        complain(Finding(f"{table}_{kind}", " ".join(key), _written(right), _written(stored)))
    return len(expected) + len(others)


def _same(right: Sequence[int], stored: Sequence[int]) -> bool:
    return tuple(right) == tuple(stored) or not (any(right) or any(stored))


def _written(values: tuple[int, ...]) -> str:
    return "/".join(map(str, values)) if values else "-"
