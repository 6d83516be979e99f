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
    keys = expected.keys() | actual.keys()
    for key in sorted(key for key in keys if not _same(expected.get(key, ()), actual.get(key, ()))):
        right, stored = tuple(expected.get(key, ())), tuple(actual.get(key, ()))
        kind = "missing" if not any(stored) else "extra" if not any(right) else "wrong"
        complain(Finding(f"{table}_{kind}", " ".join(key), _written(right), _written(stored)))
    return len(keys)


def _same(right: Sequence[int], stored: Sequence[int]) -> bool:
    return tuple(right) == tuple(stored) or not (any(right) or any(stored))


def _written(values: tuple[int, ...]) -> str:
    return "/".join(map(str, values)) if values else "-"
